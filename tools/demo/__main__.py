"""Remake the simulated tables of the founding study: ``python -m demo``, run in ``tools/``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from demo import generate

parser = argparse.ArgumentParser(prog="demo", description=__doc__)
parser.add_argument("--out", type=Path, default=Path("demo"), help="folder to write in")
parser.add_argument("--seed", type=int, default=2021, help="seed of every draw")
asked = parser.parse_args()
for file in generate(asked.out, asked.seed):
    sys.stdout.write(f"{file}\n")
