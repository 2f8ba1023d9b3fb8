from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsn_geo.boundaries.builder.passage import former, passage, passages
from opsn_geo.boundaries.builder.sources import Cog
from opsn_geo.errors import InputError

NONE = pd.DataFrame()


def _cog(millesime: int, people: dict[str, int], former: dict[str, str] | None = None, **names: str) -> Cog:
    index = list(people)
    named = [names.get(f"c{code}", code) for code in index]
    deps = [code[:2] for code in index]
    communes = pd.DataFrame({"name": named, "code_dep": deps, "population": people.values()}, index=index)
    return Cog(millesime, communes, pd.Series(former or {}, dtype=object), NONE, NONE, NONE)


def _rows(before: Cog, after: Cog) -> list[tuple[str, str, str, float]]:
    links = passage(before, after)[["code_from", "code_to", "event", "population_share"]]
    return list(links.itertuples(index=False, name=None))


def test_what_does_not_change_has_no_row() -> None:
    same = {"02001": 10}
    assert _rows(_cog(2021, same), _cog(2022, same)) == []


def test_a_merged_commune_leads_to_its_heir() -> None:
    after = _cog(2022, {"02001": 15}, {"02002": "02001"}, c02001="Both")
    rows = _rows(_cog(2021, {"02001": 10, "02002": 5}), after)
    assert rows == [("02001", "02001", "renamed", 1.0), ("02002", "02001", "merged", 1.0)]


def test_a_split_commune_shares_its_people() -> None:
    before = _cog(2021, {"02001": 100}, {"02002": "02001"})
    rows = _rows(before, _cog(2022, {"02001": 60, "02002": 20}))
    assert rows == [("02001", "02001", "split", 0.75), ("02001", "02002", "restored", 0.25)]


def test_the_same_ground_under_another_code() -> None:
    before = _cog(2021, {"02001": 1, "02003": 1}, {"02002": "02001"})
    after = _cog(2022, {"02002": 1, "60003": 1}, {"02001": "02002", "02003": "60003"})
    rows = _rows(before, after)
    assert rows == [("02001", "02002", "moved_seat", 1.0), ("02003", "60003", "moved_departement", 1.0)]


def test_a_commune_that_nothing_leads_from_is_refused() -> None:
    with pytest.raises(InputError, match=r"02002.*does not say what became"):
        passage(_cog(2021, {"02001": 1, "02002": 1}), _cog(2022, {"02001": 1}))


@given(st.lists(st.integers(0, 9999), min_size=2, max_size=9))
def test_shares_sum_to_one_whatever_the_people(people: list[int]) -> None:
    codes = [f"0200{i}" for i in range(len(people))]
    before = _cog(2021, {codes[0]: 1}, dict.fromkeys(codes[1:], codes[0]))
    shares = passage(before, _cog(2022, dict(zip(codes, people, strict=True))))
    assert shares["population_share"].sum() == pytest.approx(1, abs=1e-9)
    assert shares["population_share"].between(0, 1).all()


def test_the_whole_way_and_each_step_are_given() -> None:
    cogs = {year: _cog(year, {"02001": 1}, c02001=str(year)) for year in (2021, 2022, 2023)}
    steps = passages(cogs)[["millesime_from", "millesime_to"]]
    assert steps.to_numpy().tolist() == [[2021, 2023], [2021, 2022], [2022, 2023]]


def test_former_communes_and_seats_keep_their_names() -> None:
    cog = _cog(2021, {"02001": 1, "02004": 1}, {"02002": "02001", "02003": "02001"}, c02001="New")
    kept = replace(cog, former_names=pd.Series({"02001": "Seat", "02002": "Old", "02004": "02004"}))
    rows = former(kept, {"02003": "Older"})[["code_from", "name_from", "code_to", "name_to", "event"]]
    assert list(rows.itertuples(index=False, name=None)) == [
        ("02001", "Seat", "02001", "New", "former"),
        ("02002", "Old", "02001", "New", "former"),
        ("02003", "Older", "02001", "New", "former"),
    ]
