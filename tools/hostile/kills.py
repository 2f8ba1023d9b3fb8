"""Runs that are stopped at random and at aimed moments: the folder of results is then whole, old or new.

``python -m hostile.kills --count 200`` places the results of one run of a small study over those of another,
kills that at a random moment or at one of its moves, lets the next command begin, and compares every file
with both results, hidden files included. ``--runs 20`` stops so many whole runs, by kill, Ctrl-C and SIGTERM
in turn. ``--disk 20`` runs the study on as many small disks of growing size (on Linux, as root: it mounts
them). ``--pairs 20`` places both results at once. Each prints how many folders were old, new or mixed.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Final

from hostile import fuzz
from opsn_geo.publish.staging import recover

PLACE: Final = """
import os, shutil, sys
from pathlib import Path
from opsn_geo.publish.staging import staged
made, out, moment = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
count, move = 0, Path.replace
def replace(file, target):
    global count
    count += 1
    if count == moment:
        os.kill(os.getpid(), 9)
    return move(file, target)
Path.replace = replace
print("begun", flush=True)
with staged(out) as aside:
    shutil.copytree(made, aside, dirs_exist_ok=True)
"""
"""Places finished results, and kills itself at one of its moves."""
MINE: Final = "notes.txt"
"""A file of the user's own, beside the results."""
STOPS: Final = (signal.SIGKILL, signal.SIGINT, signal.SIGTERM)


def content(folder: Path) -> dict[str, str]:
    """Return the checksum of every file of a folder, hidden ones included."""
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def command(study: Path, out: Path) -> list[str]:
    """Return the command that runs a study."""
    return [sys.executable, "-m", "opsn_geo", "run", str(study), "--out", str(out), "--quiet"]


class Scene:
    """Two results of a small study, and a folder in which one lies."""

    def __init__(self, folder: Path) -> None:
        self.old, self.new, self.out = folder / "old", folder / "new", folder / "out"
        for name, day in (("old", "2021-02-01"), ("new", "2021-03-01")):
            (folder / f"study-{name}").mkdir()
            study = fuzz.write_study(folder / f"study-{name}", "csv")
            study.write_text(study.read_text(encoding="utf-8").replace("2021-02-01", day), encoding="utf-8")
            subprocess.run(command(study, folder / name), check=True, stderr=subprocess.DEVNULL)
        self.study = folder / "study-new" / "study.toml"
        (self.old / MINE).write_text("mine")
        self.before = content(self.old)
        self.after = {**self.before, **content(self.new)}

    def reset(self, out: Path | None = None) -> None:
        """Put the old results back."""
        out = out or self.out
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(self.old, out, dirs_exist_ok=True)

    def outcome(self, out: Path | None = None) -> str:
        """Return whether a folder is old or new as a whole, after the next command has begun."""
        out = out or self.out
        recover(out)
        there = content(out)
        return "old" if there == self.before else "new" if there == self.after else "mixed"


def killed_placing(scene: Scene, count: int, chance: random.Random) -> Counter[str]:
    """Return what became of the folder where results are placed, in so many kills."""
    outcomes: Counter[str] = Counter()
    n_moves = 1 + len(content(scene.old)) + len(content(scene.new))
    for number in range(count):
        scene.reset()
        moment = chance.randrange(1, n_moves) if number % 2 else 0
        started = [sys.executable, "-c", PLACE, str(scene.new), str(scene.out), str(moment)]
        with subprocess.Popen(started, stdout=subprocess.PIPE) as process:
            if not moment and process.stdout is not None:
                process.stdout.readline()
                time.sleep(chance.random() * 0.1)
                process.kill()
            how = "killed" if process.wait() < 0 else "ended"
        outcomes[f"{how}, {scene.outcome()}"] += 1
    return outcomes


def stopped_runs(scene: Scene, count: int, chance: random.Random) -> Counter[str]:
    """Return what became of the folder of whole runs, stopped at a random moment."""
    outcomes: Counter[str] = Counter()
    start = time.monotonic()
    subprocess.run(command(scene.study, scene.new), check=True, stderr=subprocess.DEVNULL)
    lasts = time.monotonic() - start
    for number in range(count):
        scene.reset()
        with subprocess.Popen(command(scene.study, scene.out), stderr=subprocess.DEVNULL) as process:
            time.sleep(lasts * (0.2 + 0.8 * chance.random()))
            process.send_signal(STOPS[number % len(STOPS)])
            code = process.wait()
        outcomes[f"code {code}, {scene.outcome()}"] += 1
    return outcomes


def at_once(scene: Scene, count: int) -> Counter[str]:
    """Return what became of the folder where both results are placed at the same time."""
    outcomes: Counter[str] = Counter()
    for _ in range(count):
        scene.reset()
        both = [
            subprocess.Popen(
                [sys.executable, "-c", PLACE, str(made), str(scene.out), "0"], stdout=subprocess.DEVNULL
            )
            for made in (scene.old, scene.new)
        ]
        codes = sorted(process.wait() for process in both)
        outcomes[f"codes {codes}, {scene.outcome()}"] += 1
    return outcomes


def full_disks(scene: Scene, count: int) -> Counter[str]:
    """Return what became of the folder of runs on disks of growing size."""
    outcomes: Counter[str] = Counter()
    size = sum(file.stat().st_size for file in scene.old.rglob("*") if file.is_file())
    for number in range(count):
        room = int(size * (1.2 + 1.4 * number / count))
        disk = scene.out.with_name("disk")
        disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={room}", "tmpfs", str(disk)], check=True)  # noqa: S607
        try:
            scene.reset(disk / "out")
            done = subprocess.run(
                command(scene.study, disk / "out"), check=False, capture_output=True, text=True
            )
            broke = ", traceback" if "Traceback" in done.stderr else ""
            outcomes[f"code {done.returncode}, {scene.outcome(disk / 'out')}{broke}"] += 1
        finally:
            subprocess.run(["umount", str(disk)], check=True)  # noqa: S607
            disk.rmdir()
    return outcomes


def main() -> None:
    """Print what became of folders of which the writing was stopped."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=200)
    options.add_argument("--runs", type=int, default=0)
    options.add_argument("--disk", type=int, default=0)
    options.add_argument("--pairs", type=int, default=0)
    options.add_argument("--seed", type=int, default=1)
    asked = options.parse_args()
    chance, mixed = random.Random(asked.seed), 0
    with tempfile.TemporaryDirectory() as folder:
        scene = Scene(Path(folder))
        for title, outcomes in (
            ("results placed", killed_placing(scene, asked.count, chance)),
            ("whole runs", stopped_runs(scene, asked.runs, chance) if asked.runs else Counter[str]()),
            ("two at once", at_once(scene, asked.pairs)),
            ("small disks", full_disks(scene, asked.disk)),
        ):
            print(f"{title}: {dict(sorted(outcomes.items()))}")
            mixed += sum(n for outcome, n in outcomes.items() if "mixed" in outcome or "traceback" in outcome)
    sys.exit(bool(mixed))


if __name__ == "__main__":
    main()
