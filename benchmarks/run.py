"""How long a study takes from command to results: in two processes, as on the command line, or in one.

``python benchmarks/run.py [STUDY.toml]``: the best of three runs of each, on an idle machine.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from time import perf_counter

TWICE = [sys.executable, "-m", "opsn_geo", "run", "--quiet", "--out"]
ALONE = [
    sys.executable,
    "-c",
    "import sys; from opsn_geo import *; run(*map(Study.from_toml, sys.argv[2:]), out=sys.argv[1])",
]


def main() -> None:
    for name, command in {"two processes": TWICE, "one process": ALONE}.items():
        seconds = []
        for _ in range(3):
            with tempfile.TemporaryDirectory() as folder:
                start = perf_counter()
                subprocess.run([*command, folder, *sys.argv[1:2]], check=True)
                seconds.append(perf_counter() - start)
        print(f"{name}: {min(seconds):.2f} s")


if __name__ == "__main__":
    main()
