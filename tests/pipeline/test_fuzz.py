"""Files spoilt at random are refused with a message, or read: nothing breaks."""

from __future__ import annotations

import os
from pathlib import Path

from hostile import fuzz

SEEDS = range(int(os.environ.get("OPSN_GEO_FUZZ", "36")))
"""Three files of each format; as many as one likes on request."""


def test_no_spoilt_file_breaks_a_check(tmp_path: Path) -> None:
    counts = fuzz.outcomes(SEEDS, tmp_path)
    kept = [file.read_text(encoding="utf-8") for file in tmp_path.glob("*/traceback.txt")]
    assert kept == []
    assert counts.total() == len(SEEDS)
    assert {kind for kind, _ in counts} == set(fuzz.FORMATS)
