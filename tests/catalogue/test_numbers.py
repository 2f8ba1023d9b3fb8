"""Each kind of number is written in one way, whoever writes it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from opsn_geo.catalogue import numbers
from opsn_geo.catalogue.words import LANGUAGES, Language


@pytest.mark.parametrize("missing", [None, pd.NA, float("nan"), np.nan, float("inf")])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_missing_number_of_any_kind_is_a_dash(missing: object, lang: Language) -> None:
    for write in (numbers.count, numbers.decimal, numbers.percent, numbers.signed, numbers.distance):
        assert write(missing, lang) == "–"
    assert numbers.between(missing, missing, lang) == "–"
    assert numbers.interval(0.1, missing, lang) == "–"


def test_separators_and_signs_are_those_of_the_language() -> None:
    assert numbers.decimal(-1234567.25, "fr", 2) == "−1\u202f234\u202f567,25"
    assert numbers.decimal(-1234567.25, "en", 2) == "−1,234,567.25"
    assert numbers.percent(-0.0349, "fr", 1) == "−3,5\u202f%"
    assert numbers.distance(12345.6, "en") == "12.3\u00a0km"


def test_nothing_is_minus_nought() -> None:
    assert [write(-0.0004, "en") for write in (numbers.count, numbers.decimal, numbers.signed)] == [
        "0",
        "0.0",
        "0",
    ]
    assert numbers.percent(-0.0004, "en") == "0%"


def test_trimming_leaves_the_zeros_of_whole_numbers() -> None:
    trimmed = [numbers.decimal(value, "en", 2, trim=True) for value in (100.0, 1200.5, 0.25, 0.0)]
    assert trimmed == ["100", "1,200.5", "0.25", "0"]
    assert numbers.decimal(100, "en", 0, trim=True) == "100"


@pytest.mark.parametrize("length", np.geomspace(1e-4, 1e7, 200))
def test_a_round_step_is_1_2_or_5_times_a_power_of_ten_and_close(length: float) -> None:
    down, near, up = (numbers.round_step(length, to) for to in ("down", "nearest", "up"))
    assert down <= length * (1 + 1e-9)
    assert length <= up * (1 + 1e-9)
    assert down <= near <= up
    assert up / down <= 2.5 * (1 + 1e-9)
    assert {f"{step:e}"[0] for step in (down, near, up)} <= {"1", "2", "5"}


@pytest.mark.parametrize("power", range(-4, 7))
def test_a_round_length_is_its_own_step(power: int) -> None:
    for step in (1, 2, 5):
        length = float(f"{step}e{power}")
        assert {numbers.round_step(length, to) for to in ("down", "nearest", "up")} == {length}


def test_signs_are_plain_data() -> None:
    assert json.loads(json.dumps(numbers.signs("fr")))["group"] == "\u202f"
