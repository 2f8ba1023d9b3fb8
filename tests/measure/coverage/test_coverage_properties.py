"""The array against loops that follow the definitions word by word, on random membership graphs."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsn_geo.catalogue.basis import BASES
from opsn_geo.measure.coverage.evidence import coverage
from opsn_geo.measure.coverage.ladder import couverture, states, summary
from opsn_geo.measure.coverage.shares import decomposition, service_shares, shares

if TYPE_CHECKING:
    from random import Random

DAY = date(2021, 2, 1)
SERVICES, OPERATORS = ("dpd", "acte", "sig"), ("alpha", "beta", "gamma")
COMMUNES = pd.DataFrame(
    {
        "siren_epci": ["E1", "E1", "E2", "E2", None, "E3"],
        "code_dep": ["01", "01", "01", "02", "02", "02"],
        "code_reg": "32",
        "population": [100, 200, 300, 400, 500, 0],
        "area_km2": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
    },
    index=pd.Index([f"c{it}" for it in range(6)], name="code_insee"),
)
CODES = {
    "commune": [*COMMUNES.index, "elsewhere"],
    "epci": ["E1", "E2", "E3"],
    "departement": ["01", "02", "99"],
    "region": ["32"],
    "other": ["x"],
}
PLACES = [(level, code) for level, codes in CODES.items() for code in codes]
Row = dict[str, object]

offers = st.lists(
    st.tuples(st.sampled_from(OPERATORS), st.sampled_from(SERVICES), st.sampled_from(PLACES)), max_size=10
)
days = st.none() | st.dates(date(2018, 1, 1), date(2023, 1, 1))
members = st.lists(
    st.tuples(
        st.sampled_from(OPERATORS), st.sampled_from(PLACES), st.booleans(),
        st.sampled_from(["", "*", "dpd", "acte;sig"]), days, days,
        st.sampled_from(["register", "list", "assumed"]),
    ),
    max_size=12,
)  # fmt: skip
uses = st.lists(
    st.tuples(
        st.sampled_from(list(COMMUNES.index)), st.sampled_from(["", *OPERATORS]), st.sampled_from(SERVICES)
    ),
    max_size=3,
)
complete = st.tuples(*(st.booleans() for _ in OPERATORS))


def tables(offer_rows: list, member_rows: list, lists: tuple[bool, ...]) -> dict[str, pd.DataFrame]:
    return {
        "communes": COMMUNES,
        "services": pd.DataFrame({"service": SERVICES}),
        "opsn": pd.DataFrame({"opsn": OPERATORS, "list_complete": lists}),
        "offers": pd.DataFrame(
            [(o, s, *place) for o, s, place in offer_rows], columns=["opsn", "service", "level", "code"]
        ),
        "memberships": pd.DataFrame(
            [(o, *place, *rest) for o, place, *rest in member_rows],
            columns=["opsn", "level", "code", "reaches_communes", "services", "since", "until", "basis"],
        ),
    }


UNDER = {
    commune: {"commune": commune, "epci": row.siren_epci, "departement": row.code_dep, "region": row.code_reg}
    for commune, row in zip(COMMUNES.index, COMMUNES.itertuples(), strict=True)
}


def lies_under(commune: str, level: str, code: str) -> bool:
    return UNDER[commune].get(level) == code


def by_hand(
    commune: str, service: str, *, offer_rows: list, member_rows: list, use_rows: list, lists: tuple
) -> Row:
    offering = {o for o, s, place in offer_rows if s == service and lies_under(commune, *place)}
    reaching = [
        row for row in member_rows
        if row[0] in offering and lies_under(commune, *row[1]) and (row[2] or row[1][0] == "commune")
        and (row[3] in {"", "*"} or service in row[3].split(";"))
        and (row[4] is None or row[4] <= DAY) and (row[5] is None or row[5] >= DAY)
    ]  # fmt: skip
    using = [o for c, o, s in use_rows if c == commune and s == service]
    unlisted = any(o in offering and not full for o, full in zip(OPERATORS, lists, strict=True))
    named = {row[0] for row in reaching} | {o for o in using if o}
    concerned = named if reaching or using else offering
    paths = {{"commune": "direct"}.get(row[1][0], row[1][0]) for row in reaching}
    dated = [row[4] for row in reaching if row[4] is not None]
    of_operator = [[row[6] for row in member_rows if row[0] == o] for o in offering]
    absent = [basis for rows in of_operator for basis in rows or [row[6] for row in member_rows] or ["list"]]
    reached = [row[6] for row in reaching] + ["list"] * bool(using or reaching)
    resting = reached if using or reaching else ["list", *absent] if offering else ["list"]
    rung = "unknown" if unlisted else "offered" if offering else "not_offered"
    return {
        "state": "used" if using else "member" if reaching else rung,
        "path": "several" if len(paths) > 1 else next(iter(paths), ""),
        "opsn": ";".join(o for o in OPERATORS if o in concerned),
        "opsn_count": len(concerned),
        "since": pd.Timestamp(min(dated)) if dated else None,
        "basis": max(resting, key=BASES.index),
    }


@pytest.mark.slow
@settings(max_examples=1000, deadline=None)
@given(offers, members, uses, complete)
def test_the_array_agrees_with_the_definitions(
    offer_rows: list, member_rows: list, use_rows: list, lists: tuple
) -> None:
    used = pd.DataFrame(use_rows, columns=["code_insee", "opsn", "service"])
    known = coverage(**tables(offer_rows, member_rows, lists), uses=used, date=DAY)
    table = couverture(known).astype({"since": object}).replace({"since": {pd.NaT: None}})
    given_rows = {"offer_rows": offer_rows, "member_rows": member_rows, "use_rows": use_rows, "lists": lists}
    for row in table.to_dict("records"):
        place = row.pop("code_insee"), row.pop("service")
        row["since"] = None if pd.isna(row["since"]) else row["since"]
        assert row == by_hand(*place, **given_rows), place


@settings(max_examples=150, deadline=None)
@given(offers, members, st.data())
def test_hiding_half_of_the_members_never_loses_the_true_share(
    offer_rows: list, member_rows: list, data: st.DataObject
) -> None:
    hidden = data.draw(st.sets(st.integers(0, max(len(member_rows) - 1, 0)), max_size=len(member_rows) // 2))
    kept = [row for it, row in enumerate(member_rows) if it not in hidden]
    touched = {member_rows[it][0] for it in hidden if it < len(member_rows)}
    truth = coverage(**tables(offer_rows, member_rows, (True,) * 3), date=DAY)
    seen = coverage(**tables(offer_rows, kept, tuple(o not in touched for o in OPERATORS)), date=DAY)
    for measure in (shares, service_shares):
        true, interval = (measure(it, COMMUNES, COMMUNES["code_dep"]) for it in (truth, seen))
        for name in ("covered", "covered_pop", "covered_area"):
            share = true[f"{name}_share"]
            assert (interval[f"{name}_share"] <= share + 1e-12).all()
            assert (share <= interval[f"{name}_possible_share"] + 1e-12).all()


@settings(max_examples=100, deadline=None)
@given(offers, members)
def test_each_path_counted_and_the_overlap_taken_away_makes_the_whole(
    offer_rows: list, member_rows: list
) -> None:
    known = coverage(**tables(offer_rows, member_rows, (True,) * 3), date=DAY)
    found = decomposition(known, COMMUNES, COMMUNES["code_dep"])
    for unit in ("count", "pop"):
        paths = sum(found[f"{it}_{unit}"] for it in ("direct", "epci", "departement", "region"))
        assert (paths - found[f"overlap_{unit}"] == found[f"covered_{unit}"]).all()
    assert found["covered_count"].sum() == (summary(known)["opsn_count"] > 0).sum()


@settings(max_examples=100, deadline=None)
@given(offers, members, st.randoms(use_true_random=False))
def test_the_order_of_rows_is_irrelevant(offer_rows: list, member_rows: list, random: Random) -> None:
    mixed = list(member_rows), list(offer_rows)
    for rows in mixed:
        random.shuffle(rows)
    first = states(coverage(**tables(offer_rows, member_rows, (True, False, True)), date=DAY))
    second = states(coverage(**tables(mixed[1], mixed[0], (True, False, True)), date=DAY))
    pd.testing.assert_frame_equal(first, second)
