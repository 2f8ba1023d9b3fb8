"""A user's own variables: linked like any table, levels or amounts, every fault listed."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsn_geo.boundaries.territory import Territory
from opsn_geo.errors import InputError
from opsn_geo.linkage.passage import empty_passage
from opsn_geo.linkage.variables import MOST_LEVELS, commune_variables, link_variables, variable_names


@pytest.fixture(scope="module")
def place(shared_toy: Territory) -> Territory:
    """Give the toy territory with a postal code by département, so that no INSEE code looks like one."""
    communes = shared_toy.communes
    names = communes["name"].mask(communes.index == "80002", "Beauval")
    return replace(
        shared_toy, communes=communes.assign(postal_codes=communes["code_dep"] + "000", name=names)
    )


def table(**columns: list[str | None]) -> pd.DataFrame:
    frame = pd.DataFrame(columns, dtype="str")
    return frame.set_index(pd.RangeIndex(2, len(frame) + 2, name="row"))


def test_every_row_is_linked_or_rejected_with_its_cause(place: Territory) -> None:
    rows = table(
        code=["80001", None, "80005", "80005", "80006", "80006", "80999", None],
        name=[None, "Mairie de Beauval", None, None, None, None, None, "Nowhere"],
        zone=["rural", "town", "rural", "rural", "rural", "town", "town", "town"],
    )
    linked, rejected = link_variables(rows, place, empty_passage())
    assert linked["code_insee"].to_dict() == {2: "80001", 3: "80002", 4: "80005"}
    assert rejected["cause"].to_dict() == {
        5: "duplicate", 6: "conflict", 7: "conflict", 8: "unknown_code", 9: "unknown_name",
    }  # fmt: skip
    assert list(rejected.loc[7, ["code", "zone"]]) == ["80006", "town"]
    assert sorted([*linked.index, *rejected.index]) == list(rows.index)


def test_rows_that_each_tell_something_else_of_a_commune_do_not_complete_one_another(
    place: Territory,
) -> None:
    rows = table(code=["80001", "80001"], zone=["rural", None], network=[None, "yes"])
    linked, rejected = link_variables(rows, place, empty_passage())
    assert linked.empty
    assert rejected["cause"].tolist() == ["conflict", "conflict"]


def test_variables_lie_on_the_communes_of_the_study_and_are_missing_where_not_told(place: Territory) -> None:
    rows = table(code=["80001", "76013"], zone=["rural", "town"])
    found = commune_variables(link_variables(rows, place, empty_passage()).linked, ["zone"], place)
    assert len(found) == 12
    assert found["zone"].dropna().to_dict() == {"80001": "rural"}


def test_amounts_are_numbers_and_codes_are_not(place: Territory) -> None:
    codes = [code for code in place.communes.index if not code.startswith("76")]
    rows = table(
        code=codes,
        income=[f"{i},5" for i in range(12)],
        few=[str(i % 3) for i in range(12)],
        coded=[f"{i:02d}" for i in range(12)],
        mixed=[*map(str, range(11)), "ten"],
    )
    names = variable_names(rows)
    found = commune_variables(link_variables(rows, place, empty_passage()).linked, names, place)
    assert found.dtypes.astype(str).to_dict() == {
        "income": "Float64", "few": "str", "coded": "str", "mixed": "str",
    }  # fmt: skip
    assert found["income"].tolist() == [i + 0.5 for i in range(12)]


def test_all_faults_of_the_columns_are_told_at_once(place: Territory) -> None:
    communes = pd.concat([place.communes] * 10)
    communes = communes.set_axis(pd.Index([f"{i:05d}" for i in range(len(communes))], name="code_insee"))
    rows = pd.DataFrame({"code_insee": communes.index, "remark": communes.index, "size_band": "x"})
    wide = Territory(
        communes=communes, epci=place.epci, departements=place.departements, millesime=2021, name="t"
    )
    with pytest.raises(InputError, match="too many different values") as caught:
        commune_variables(rows, ["remark", "size_band"], wide, "v.csv")
    assert [(fault.cause, fault.column, fault.value) for fault in caught.value.faults] == [
        ("taken_variable", "size_band", None), ("many_levels", "remark", "120"),
    ]  # fmt: skip
    assert caught.value.faults[1].expected == f"≤ {MOST_LEVELS}"
    with pytest.raises(InputError, match="no column but those that identify the commune"):
        commune_variables(rows, [], place, "v.csv")


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.tuples(st.sampled_from(["80001", "80002", "60003", "1"]), st.sampled_from("ab")), max_size=8)
)
def test_linked_and_rejected_are_all_that_was_read(place: Territory, rows: list[tuple[str, str]]) -> None:
    frame = table(code=[code for code, _ in rows], zone=[zone for _, zone in rows])
    linked, rejected = link_variables(frame, place, empty_passage())
    assert sorted([*linked.index, *rejected.index]) == frame.index.tolist()
    assert not linked["code_insee"].duplicated().any()
    zones_of = {code: {zone for other, zone in rows if other == code} for code, _ in rows if code != "1"}
    assert set(linked["code_insee"]) == {code for code, zones in zones_of.items() if len(zones) == 1}
