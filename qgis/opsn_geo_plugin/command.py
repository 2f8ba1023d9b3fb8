"""Call the installed opsn-geo, show what it says, and stop it when the user does."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import threading
from pathlib import Path

from qgis.core import QgsProcessingException
from qgis.PyQt.QtCore import QLocale

_STEPS = 4  # lines that a run writes as it goes


def french():
    """Return whether the desk is in French."""
    return QLocale().name().startswith("fr")


def said(words):
    """Return one of two texts, French and English, by the language of the desk."""
    return words[0] if french() else words[1]


def command():
    """Return the words that start opsn-geo: those kept at installation, else those of the path."""
    kept = Path(__file__).with_name("command.json")
    if kept.is_file():
        return json.loads(kept.read_text(encoding="utf-8"))
    found = shutil.which("opsn-geo")
    if found is None:
        raise QgsProcessingException(
            said(
                (
                    (
                        "Le programme opsn-geo n’est pas installé. Installez-le, puis "
                        "lancez « opsn-geo qgis-plugin "
                        "--install »."
                    ),
                    (
                        "The program opsn-geo is not installed. Install it, then run "
                        "“opsn-geo qgis-plugin --install”."
                    ),
                )
            )
        )
    return [found]


def call(arguments, feedback):
    """Run opsn-geo to its end; return its exit code and what it printed.

    Its messages appear as they come. When the user cancels, it is stopped; it leaves no half-written file.
    """
    environment = dict(os.environ)
    if environment.pop("PYTHONHOME", None):  # QGIS's own Python, not that of opsn-geo
        environment.pop("PYTHONPATH", None)
    words = [*command(), "--lang", "fr" if french() else "en", *map(str, arguments)]
    feedback.pushCommandInfo(" ".join(words))
    process = subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        encoding="utf-8",
        errors="replace",
        env=environment,
    )
    lines, printed = queue.Queue(), []
    readers = [
        threading.Thread(target=_read, args=(process.stderr, lines.put), daemon=True),
        threading.Thread(target=_read, args=(process.stdout, printed.append), daemon=True),
    ]
    for reader in readers:
        reader.start()
    steps = 0
    while process.poll() is None or any(reader.is_alive() for reader in readers) or not lines.empty():
        if feedback.isCanceled() and process.poll() is None:
            process.terminate()
        try:
            feedback.pushInfo(lines.get(timeout=0.1))
        except queue.Empty:
            continue
        steps += 1
        feedback.setProgress(min(95, 100 * steps / _STEPS))
    if feedback.isCanceled():
        raise QgsProcessingException(said(("Arrêté.", "Cancelled.")))
    return process.returncode, printed


def _read(stream, put):
    for line in stream:
        put(line.rstrip("\n"))
