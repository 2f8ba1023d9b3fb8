"""The map of the house that CONTRIBUTING draws is that of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "opsn_geo"
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PLACES = re.findall(r"^\| .+ \| `([\w/.]+)` \| `(\w+)` \|$", CONTRIBUTING, re.MULTILINE)


def test_twelve_questions_are_answered() -> None:
    assert len(PLACES) == 12


@pytest.mark.parametrize(("file", "name"), PLACES, ids=[name for _, name in PLACES])
def test_what_is_looked_for_is_where_the_table_says(file: str, name: str) -> None:
    assert re.search(rf"\b{name}\b", (PACKAGE / file).read_text(encoding="utf-8"))


def test_every_room_is_in_the_table() -> None:
    rooms = {
        path.stem
        for path in PACKAGE.iterdir()
        if (path.is_dir() or path.suffix == ".py") and not path.name.startswith("_")
    }
    named = set(re.findall(r"^\| `(\w+)[/`]", CONTRIBUTING, re.MULTILINE))
    assert rooms - named == set()
