"""The catalogue is whole: each text in each language, with the same values to fill in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import opsn_geo
from opsn_geo import vocabulary

SOURCE = Path(opsn_geo.__file__).parent


def entries(table: dict[str, Any], key: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    for name, entry in table.items():
        if not isinstance(entry, dict):
            pytest.fail(f"{key}{name} is not a table")
        if {"fr", "en"} & entry.keys():
            yield key + name, entry
        else:
            yield from entries(entry, f"{key}{name}.")


def test_every_text_has_both_languages_and_the_same_values() -> None:
    for key, entry in entries(vocabulary._catalogue()):
        assert {"fr", "en"} <= entry.keys(), key
        braces = [sorted(re.findall(r"{(\w*)", entry[lang])) for lang in vocabulary.LANGUAGES]
        assert braces[0] == braces[1], key


def test_every_fault_named_in_the_code_is_in_the_catalogue() -> None:
    named = {
        cause
        for file in SOURCE.rglob("*.py")
        for cause in re.findall(r"Fault\(\s*cause=\"(\w+)\"", file.read_text(encoding="utf-8"))
    }
    assert len(named) > 5
    assert named <= vocabulary._catalogue()["faults"].keys()


def test_every_state_path_and_level_has_its_label() -> None:
    for room, words in (("state", vocabulary.State), ("path", vocabulary.Path), ("level", vocabulary.Level)):
        assert list(vocabulary.texts(room)) == [word.value for word in words if word]


def test_an_absent_entry_is_a_mistake_of_the_program() -> None:
    with pytest.raises(KeyError, match=r"no entry 'state\.nowhere'"):
        vocabulary.text("state.nowhere")
