"""Tables open in a spreadsheet without running anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from opsn_geo.publish.tables import harmless, write

if TYPE_CHECKING:
    from pathlib import Path


def test_a_formula_becomes_text_and_a_number_stays() -> None:
    frame = pd.DataFrame(
        {
            "name": ["=HYPERLINK(1)", "+33", "@x", "-1+1", "Lille", None, "\tx"],
            "gap": [-1.5, 2, 3, 4, 5, 6, 7],
        }
    )
    told = harmless(frame)
    assert told["name"].tolist()[:5] == ["'=HYPERLINK(1)", "'+33", "'@x", "'-1+1", "Lille"]
    assert pd.isna(told["name"].iloc[5])
    assert told["name"].iloc[6] == "'\tx"
    assert told["gap"].tolist() == frame["gap"].tolist()


def test_a_named_index_is_written_first_and_absence_is_empty(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"inside": pd.array([True, None], "boolean"), "share": [0.5, None]},
        index=pd.Index(["02001", "02002"], name="code_insee"),
    )
    (file,) = write(tmp_path, {"communes": frame})
    assert file.read_text(encoding="utf-8") == "code_insee,inside,share\n02001,true,0.5\n02002,,\n"


def test_an_unnamed_index_is_left_out(tmp_path: Path) -> None:
    (file,) = write(tmp_path, {"t": pd.DataFrame({"a": [1]}, index=[7])})
    assert file.read_bytes() == b"a\n1\n"
