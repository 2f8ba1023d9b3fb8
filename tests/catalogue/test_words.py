"""The catalogue is whole: each text in each language, with the same values to fill in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import opsn_geo
from opsn_geo.catalogue import words as vocabulary
from opsn_geo.catalogue.states import Level, MembershipPath, State

SOURCE = Path(opsn_geo.__file__).parent


STRUCTURED = ("tables", "columns", "maps", "groups", "study_keys")


def entries(table: dict[str, Any], key: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    for name, entry in table.items():
        if not isinstance(entry, dict):
            if not key.startswith(STRUCTURED):
                pytest.fail(f"{key}{name} is not a table")
        elif {"fr", "en"} & entry.keys():
            yield key + name, entry
        else:
            yield from entries(entry, f"{key}{name}.")


def test_every_text_has_both_languages_and_the_same_values() -> None:
    for key, entry in entries(vocabulary.catalogue()):
        assert {"fr", "en"} <= entry.keys(), key
        braces = [sorted(re.findall(r"{(\w*)(?!:\||\w)", entry[lang])) for lang in vocabulary.LANGUAGES]
        assert set(braces[0]) == set(braces[1]), key
        counted = [set(re.findall(r"{(\w+):\|", entry[lang])) for lang in vocabulary.LANGUAGES]
        assert all(it <= set(braces[0]) for it in counted), key


@pytest.mark.parametrize(
    ("lang", "row", "rows"),
    [("fr", "1 ligne rejetée", "2 lignes rejetées"), ("en", "1 row rejected", "2 rows rejected")],
)
def test_a_noun_agrees_with_its_number(lang: vocabulary.Language, row: str, rows: str) -> None:
    known = dict.fromkeys(["title", "communes", "epci", "reached", "atlas", "gpkg"], 5)
    assert row in vocabulary.text("summary.run", lang, notice="", unknown=5, **known, rejects=1)
    assert rows in vocabulary.text("summary.run", lang, notice="", unknown=5, **known, rejects=2)
    assert ("0 ligne rejetée" if lang == "fr" else "0 rows") in vocabulary.text(
        "summary.run", lang, notice="", unknown=5, **known, rejects=0
    )
    many = vocabulary.text("report.figures_apart", lang, number="1\u202f204" if lang == "fr" else "1,204")
    assert "204" in many
    assert "204" not in vocabulary.text("report.figures_apart", lang, number=1)


def test_every_fault_named_in_the_code_is_in_the_catalogue() -> None:
    named = {
        cause
        for file in SOURCE.rglob("*.py")
        for cause in re.findall(r"Fault\(\s*cause=\"(\w+)\"", file.read_text(encoding="utf-8"))
    }
    assert len(named) > 5
    assert named <= vocabulary.entries("faults").keys()


def test_every_state_path_and_level_has_its_label() -> None:
    for room, words in (("state", State), ("path", MembershipPath), ("level", Level)):
        assert list(vocabulary.texts(room)) == [word.value for word in words if word]


def test_an_absent_entry_is_a_mistake_of_the_program() -> None:
    with pytest.raises(KeyError, match=r"no entry 'state\.nowhere'"):
        vocabulary.text("state.nowhere")
