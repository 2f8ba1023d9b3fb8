"""Errors are told to the person who can mend them."""

from __future__ import annotations

import pytest

from opsn_geo.errors import Fault, InputError, MachineError, RejectedRowsError


def test_a_fault_says_place_finding_expectation_nearest_and_remedy() -> None:
    fault = Fault(
        cause="wrong_key",
        file="study.toml",
        column="study.millesime",
        value="vingt",
        expected="expected.year",
    )
    assert fault.text("en") == (
        "study.toml, key “study.millesime”, value “vingt”: this value does not fit. "
        "Expected: a year, such as 2021. Replace it in the study file."
    )
    assert "Attendu : une année, comme 2021." in fault.text("fr")


def test_a_value_from_a_file_stays_on_one_line_and_is_cut() -> None:
    said = Fault(cause="unknown_key", column="a\nb\x1b[31m" + "x" * 500).text("en")
    assert "\n" not in said
    assert "\x1b" not in said
    assert len(said) < 300


def test_every_fault_is_told_at_once() -> None:
    faults = [Fault(cause="missing_file", file=name) for name in ("a.csv", "b.csv")]
    with pytest.raises(InputError, match=r"(?s)a\.csv: this file.*b\.csv: this file") as caught:
        raise InputError(faults)
    assert caught.value.text("fr").count("n’existe pas") == 2


def test_exit_codes_are_the_contract() -> None:
    assert [error.exit_code for error in (RejectedRowsError, InputError, MachineError)] == [1, 2, 3]


def test_a_record_keeps_the_cause_for_machines() -> None:
    record = Fault(cause="missing_file", file="a.csv").as_record("en")
    assert record["cause"] == "missing_file"
    assert str(record["message"]).startswith("a.csv: ")
