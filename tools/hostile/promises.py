"""What the package promises of itself, held against it: same bytes, no connection, free licences.

``python -m hostile.promises`` runs a small study under other hash seeds, locales, time zones and working
folders, on one core and from Python, and compares every file; traces a run (``strace``, on Linux) and lists
whatever it connects to; and reads the licence of every distribution that the package needs. It ends with 1
where a promise is broken. No database of known vulnerabilities can be asked without the network: that is left
to whoever has it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from hostile import fuzz
from hostile.kills import command, content

FREE: Final = re.compile(r"\b(0BSD|Apache|BSD|CC0|ISC|MIT|Mozilla|MPL|PSF|Python Software Foundation|Zlib)\b")
"""Licences that what is needed may have: one may use, change and pass on what they cover, with MIT code."""
FROM_PYTHON: Final = """
import sys
import opsn_geo
from opsn_geo.study import Study
opsn_geo.run(Study.from_toml(sys.argv[1]), sys.argv[2])
"""


def licences(name: str = "opsn-geo") -> dict[str, str]:
    """Return the licence of every distribution that one needs, by its name."""
    declared: dict[str, str] = {}
    wanted = [name]
    while wanted:
        known_as = re.sub(r"[-_.]+", "-", wanted.pop()).lower()
        if known_as in declared:
            continue
        try:
            about = distribution(known_as)
        except PackageNotFoundError:  # needed on another system
            continue
        given = about.metadata.get_all
        classes = [it.split(" :: ")[-1] for it in given("Classifier") or [] if it.startswith("License")]
        text = "; ".join([*(given("License-Expression") or []), *classes]) or "; ".join(
            given("License") or []
        )
        if not text.strip():  # some declare none but carry the text
            files = [file for file in about.files or [] if re.search(r"licen[cs]e", file.name, re.IGNORECASE)]
            text = " ".join(file.read_text(encoding="utf-8")[:200] for file in files)
        declared[known_as] = " ".join(text.split())[:100]
        needs = [it for it in about.requires or [] if "extra ==" not in it]
        wanted += [match[0] for it in needs if (match := re.match(r"[\w.-]+", it))]
    return declared


def connections(study: Path, out: Path) -> list[str]:
    """Return the lines of a trace of a run in which it connects or sends to anywhere but its own machine."""
    trace = out.with_name("trace")
    calls = "trace=connect,sendto,sendmsg,sendmmsg"
    subprocess.run(["strace", "-f", "-qq", "-o", trace, "-e", calls, *command(study, out)], check=True)  # noqa: S607
    lines = trace.read_text(errors="replace").splitlines()
    return [line for line in lines if re.search(r"sa_family=AF_INET6?\b", line)]


def variants(study: Path, out: Path) -> Iterator[tuple[str, list[str], dict[str, str], Path | None]]:
    """Yield ways to run a study that may not change a byte: title, command, environment, working folder."""
    run = command(study, out)
    for seed in ("1", "4242"):
        yield f"hash seed {seed}", run, {"PYTHONHASHSEED": seed}, None
    yield "locale C", run, {"LC_ALL": "C", "LANG": "C"}, None
    yield "another time zone", run, {"TZ": "Pacific/Noumea"}, None
    yield "four threads of linear algebra", run, {"OPENBLAS_NUM_THREADS": "4"}, None
    yield "another working folder", run, {}, study.parent
    yield "from Python", [sys.executable, "-c", FROM_PYTHON, str(study), str(out)], {}, None
    if shutil.which("taskset"):
        yield "one core", ["taskset", "-c", "0", *run], {}, None


def differing(folder: Path) -> dict[str, list[str]]:
    """Return the files that differ from those of an ordinary run, by the way they were made."""
    study = fuzz.write_study(folder, "csv")
    out = folder / "ordinary"
    subprocess.run(command(study, out), check=True, stderr=subprocess.DEVNULL)
    expected, differences = content(out), {}
    for title, run, environment, place in variants(study, folder / "other"):
        subprocess.run(
            run, check=True, stderr=subprocess.DEVNULL, env={**os.environ, **environment}, cwd=place
        )
        there = content(folder / "other")
        names = sorted(expected.keys() | there.keys())
        differences[title] = [name for name in names if expected.get(name) != there.get(name)]
        shutil.rmtree(folder / "other")
    return differences


def main() -> None:
    """Print each promise and whether it is kept."""
    declared = licences()
    broken = {name: text for name, text in declared.items() if not FREE.search(text)}
    print(f"licences: {len(declared)} distributions, of which not free: {broken or 'none'}")
    with tempfile.TemporaryDirectory() as folder:
        for title, names in differing(Path(folder)).items():
            print(f"same bytes, {title}: {names or 'yes'}")
            broken |= dict.fromkeys(names, title)
        if shutil.which("strace"):
            asked = connections(Path(folder) / "study.toml", Path(folder) / "traced")
            print(f"connections: {asked or 'none'}")
            broken |= dict.fromkeys(asked, "connection")
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
