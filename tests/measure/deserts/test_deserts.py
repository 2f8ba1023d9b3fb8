from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from opsn_geo.boundaries.territory import Territory
from opsn_geo.catalogue.words import Language, label
from opsn_geo.measure.deserts.clusters import local_join_counts
from opsn_geo.measure.deserts.contiguity import alike, contiguity
from opsn_geo.measure.deserts.lacking import below, bundle, cumulative
from opsn_geo.measure.deserts.patches import Certainty, Thresholds, deserts, members
from opsn_geo.measure.deserts.stability import stability


def lacking(communes: pd.DataFrame, *codes: str, unknown: tuple[str, ...] = ()) -> pd.DataFrame:
    frame = pd.DataFrame({"dpd": communes.index.isin(codes)}, index=communes.index, dtype="boolean")
    frame.loc[list(unknown), "dpd"] = pd.NA
    return frame


def patches(found: pd.DataFrame) -> dict[str, set[str]]:
    return {desert: set(rows["code_insee"]) for desert, rows in found.groupby("desert")}


def test_each_rung_asks_for_its_state() -> None:
    states = ["not_offered", "offered", "member", "used", "unknown"]
    coverage = pd.DataFrame({"code_insee": list("abcde"), "service": "dpd", "state": states})
    found = {rung: below(coverage, pd.Index(list("abcdef")), rung)["dpd"].tolist() for rung in states[1:4]}
    assert found == {
        "offered": [True, False, False, False, pd.NA, pd.NA],
        "member": [True, True, False, False, pd.NA, pd.NA],
        "used": [True, True, pd.NA, False, pd.NA, pd.NA],
    }


def test_a_commune_told_twice_is_refused() -> None:
    twice = pd.DataFrame({"code_insee": ["a", "a"], "service": "dpd", "state": ["offered", "member"]})
    with pytest.raises(ValueError, match="duplicate"):
        below(twice, pd.Index(["a"]))


def test_a_state_that_is_none_of_the_ladder_is_refused() -> None:
    strange = pd.DataFrame({"code_insee": ["a"], "service": "dpd", "state": ["Member"]})
    with pytest.raises(ValueError, match="'Member' is not a valid State"):
        below(strange, pd.Index(["a"]))


def test_communes_that_touch_at_a_corner_are_one_desert_for_a_queen_only(toy: Territory) -> None:
    frame = lacking(toy.communes, "80001", "80006", "60004")
    queen = members(frame, contiguity(toy.communes.geometry), toy.communes)
    rook = members(frame, contiguity(toy.communes.geometry, rule="rook"), toy.communes)
    assert patches(queen) == {"dpd-80006": {"80001", "80006"}, "dpd-60004": {"60004"}}
    assert patches(rook) == {"dpd-80001": {"80001"}, "dpd-80006": {"80006"}, "dpd-60004": {"60004"}}


def test_a_ring_tolerance_joins_over_a_covered_commune(toy: Territory) -> None:
    frame = lacking(toy.communes, "80001", "60003")
    joined = members(frame, contiguity(toy.communes.geometry, order=2), toy.communes)
    assert patches(joined) == {"dpd-60003": {"80001", "60003"}}


def test_beyond_the_border_is_no_desert(toy: Territory) -> None:
    found = members(lacking(toy.communes, "76013"), contiguity(toy.communes.geometry), toy.communes)
    assert found.empty


def test_unknown_communes_enter_possible_deserts_only(toy: Territory) -> None:
    frame, touching = lacking(toy.communes, "80001", unknown=("80002",)), contiguity(toy.communes.geometry)
    assert patches(members(frame, touching, toy.communes)) == {"dpd-80001": {"80001"}}
    possible = members(frame, touching, toy.communes, certainty="possible")
    assert patches(possible) == {"dpd-80002": {"80001", "80002"}}
    assert set(possible["certainty"]) == {"possible"}


@pytest.mark.parametrize(
    ("thresholds", "kept"),
    [
        (Thresholds(communes=2), {"dpd-80002"}),
        (Thresholds(communes=3), set()),
        (Thresholds(population=300), {"dpd-80002", "dpd-60012"}),
        (Thresholds(population=301), {"dpd-60012"}),
        (Thresholds(area_km2=2), {"dpd-80002"}),
    ],
)
def test_thresholds_include_their_bound(toy: Territory, thresholds: Thresholds, kept: set[str]) -> None:
    frame = lacking(toy.communes, "80001", "80002", "60012")
    found = members(frame, contiguity(toy.communes.geometry), toy.communes, thresholds=thresholds)
    assert set(found["desert"]) == kept


def test_a_class_splits_deserts(toy: Territory) -> None:
    frame, touching = lacking(toy.communes, "80001", "80002"), contiguity(toy.communes.geometry)
    classes = toy.communes["population"].gt(100)
    found = members(frame, alike(touching, classes), toy.communes)
    assert set(found["desert"]) == {"dpd-80001", "dpd-80002"}


def test_frames_of_other_communes_are_refused(toy: Territory) -> None:
    frame, touching = lacking(toy.communes), contiguity(toy.communes.geometry)
    with pytest.raises(ValueError, match="the same communes in the same order"):
        members(frame.iloc[::-1], touching, toy.communes)
    with pytest.raises(ValueError, match="the same communes in the same order"):
        members(frame, touching[:3, :3], toy.communes)


def test_every_desert_is_described(toy: Territory) -> None:
    communes, touching = toy.communes, contiguity(toy.communes.geometry)
    frame = lacking(communes, "80001", "80002", "60003", "60012", unknown=("76013",))
    needs = pd.DataFrame(
        {"code_insee": ["80001", "80002", "60012"], "service": "dpd", "yes": [4, 2, 1], "base": [8, 8, 4]}
    )
    seats = pd.Series({"adico": "60004", "far": "10387"})
    found = deserts(members(frame, touching, communes), communes, frame, touching, seats=seats, needs=needs)
    assert found.index.tolist() == ["dpd-60012", "dpd-60003"]
    first = found.loc["dpd-60003"]
    assert first.drop("geometry").to_dict() == {
        "service": "dpd", "certainty": "sure", "name": "Toy-60003", "communes": 3, "population": 600,
        "area_km2": 3.0, "edge": True, "epci_touched": "200000172;200000438", "departements_touched": "60;80",
        "nearest_covered": "60004", "nearest_covered_m": 1000.0, "farthest_m": 1000.0,
        "nearest_opsn": "adico", "nearest_opsn_m": 1000.0, "need_count": 6, "need_base": 16,
        "need_share": pytest.approx(6 / 16), "need_hidden": "",
    } | {"nearest_covered": first["nearest_covered"]}  # fmt: skip
    assert first["nearest_covered"] in {"60004", "80005", "80006", "60007"}
    assert first.geometry.equals(shapely.box(600_000, 6_900_000, 603_000, 6_901_000))
    assert found.geom_type.unique().tolist() == ["MultiPolygon"]
    assert found.loc["dpd-60012", ["need_count", "need_base", "need_share"]].isna().all()
    assert found["communes"].sum() == 4
    assert found.crs == communes.crs


def test_a_service_nobody_offers_has_no_nearest(toy: Territory) -> None:
    frame, touching = lacking(toy.communes, *toy.communes.index), contiguity(toy.communes.geometry)
    found = deserts(members(frame, touching, toy.communes), toy.communes, frame, touching)
    assert found["communes"].tolist() == [12]
    assert (
        found[["nearest_covered", "nearest_covered_m", "farthest_m", "nearest_opsn_m"]].isna().all(axis=None)
    )


def test_no_desert_makes_an_empty_layer(toy: Territory) -> None:
    frame, touching = lacking(toy.communes), contiguity(toy.communes.geometry)
    needs = pd.DataFrame({"code_insee": ["80001"], "service": "dpd", "yes": [2], "base": [3]})
    found = deserts(members(frame, touching, toy.communes), toy.communes, frame, touching, needs=needs)
    assert found.empty
    assert {"service", "nearest_covered_m", "need_share", "edge", "geometry"} <= set(found.columns)


def test_the_edge_is_where_nothing_is_known() -> None:
    squares = {f"{x}{y}": shapely.box(x, y, x + 1, y + 1) for x in range(5) for y in range(5)}
    communes = gpd.GeoDataFrame(
        {"name": list(squares), "code_dep": "80", "siren_epci": "2", "population": 1, "area_km2": 1.0},
        geometry=list(squares.values()), index=pd.Index(squares, name="code_insee"), crs=2154,
    )  # fmt: skip
    communes["inside"] = [x in "123" and y in "123" for x, y in communes.index]
    touching = contiguity(communes.geometry)

    def edge(*codes: str, unknown: tuple[str, ...] = ()) -> bool:
        frame = lacking(communes, *codes, unknown=unknown)
        return bool(deserts(members(frame, touching, communes), communes, frame, touching)["edge"].iloc[0])

    assert not edge("22")
    assert not edge("11")  # its neighbours outside are supplied, and known
    assert edge("11", unknown=("00",))
    assert not edge("11", unknown=("12",))  # unknown, but of the study itself
    assert not edge("22", unknown=("00",))


def test_a_bundle_weighs_services_by_need() -> None:
    frame = pd.DataFrame(
        {"a": [True, True, False], "b": [False, True, False], "c": [None, None, None]}, dtype="boolean"
    )
    need = pd.Series({"a": 1.0, "b": 1.0, "c": 2.0})
    assert bundle(frame, need).tolist() == [pd.NA, True, pd.NA]
    assert bundle(frame, need, least=1.0).tolist() == [False, pd.NA, False]
    assert bundle(frame[["a", "b"]], least=1.0).tolist() == [False, True, False]
    assert bundle(frame, need[["b"]]).tolist() == [False, True, False]
    tenths = pd.DataFrame([[True] * 3 + [False] * 7], columns=list("abcdefghij"), dtype="boolean")
    assert bundle(tenths, least=0.3).tolist() == [True]


def test_missing_services_are_counted_between_two_ends() -> None:
    frame = pd.DataFrame({"a": [True, None], "b": [None, False]}, index=["x", "y"], dtype="boolean")
    assert cumulative(frame).to_dict("index") == {
        "x": {"services_missing": 1, "services_missing_possible": 2},
        "y": {"services_missing": 0, "services_missing_possible": 1},
    }


Study = tuple[pd.DataFrame, pd.DataFrame, sparse.csr_array]
STATES = st.sampled_from(["not_offered", "offered", "member", "used", "unknown"])


@st.composite
def studies(draw: st.DrawFn) -> Study:
    size = draw(st.integers(1, 12))
    codes = pd.Index([f"{place:05d}" for place in range(size)], name="code_insee")
    people = draw(st.lists(st.integers(0, 5), min_size=size, max_size=size))
    inside = draw(st.lists(st.booleans(), min_size=size, max_size=size))
    communes = pd.DataFrame({"population": people, "area_km2": 1.0, "inside": inside}, index=codes)
    pairs = draw(st.sets(st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)), max_size=20))
    matrix = np.zeros((size, size), dtype=bool)
    for one, other in pairs:
        matrix[one, other] = matrix[other, one] = one != other
    states = draw(st.lists(STATES, min_size=size, max_size=size))
    return (
        communes,
        pd.DataFrame({"code_insee": codes, "service": "dpd", "state": states}),
        sparse.csr_array(matrix),
    )


@given(
    study=studies(), place=st.integers(0, 11), rung=st.sampled_from(["offered", "member", "used"]),
    certainty=st.sampled_from(["sure", "possible"]), least=st.integers(1, 4), people=st.integers(0, 9),
)  # fmt: skip
def test_a_membership_more_never_puts_a_commune_in_a_desert(
    study: Study, place: int, rung: str, certainty: Certainty, least: int, people: int
) -> None:
    communes, coverage, touching = study
    place %= len(communes)
    richer = coverage.copy()
    if richer.loc[place, "state"] != "used":
        richer.loc[place, "state"] = "member"

    def deserted(table: pd.DataFrame) -> dict[str, set[str]]:
        found = members(
            below(table, communes.index, rung), touching, communes, certainty=certainty,
            thresholds=Thresholds(communes=least, population=people),
        )  # fmt: skip
        return patches(found)

    before, after = deserted(coverage), deserted(richer)
    assert set().union(*after.values()) <= set().union(*before.values())
    assert all(any(patch <= whole for whole in before.values()) for patch in after.values())


@given(study=studies())
def test_deserts_partition_the_communes_below(study: Study) -> None:
    communes, coverage, touching = study
    frame = below(coverage, communes.index)
    found = patches(members(frame, touching, communes))
    expected = set(communes.index[frame["dpd"].fillna(value=False).astype(bool) & communes["inside"]])
    assert sorted(code for patch in found.values() for code in patch) == sorted(expected)
    whole = touching.toarray()
    for patch in found.values():
        places = communes.index.get_indexer(sorted(patch))
        outside = communes.index.get_indexer(sorted(expected - patch))
        assert not whole[np.ix_(places, outside)].any()
        graph = sparse.csr_array(whole[np.ix_(places, places)])
        assert sparse.csgraph.connected_components(graph)[0] == 1


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_column_has_a_label(toy: Territory, lang: Language) -> None:
    frame, touching = lacking(toy.communes, "80001"), contiguity(toy.communes.geometry)
    needs = pd.DataFrame({"code_insee": ["80001"], "service": "dpd", "yes": [2], "base": [3]})
    inside = members(frame, touching, toy.communes)
    layer = deserts(inside, toy.communes, frame, touching, needs=needs).reset_index()
    grid = stability({"member": frame}, {"queen": touching}, toy.communes)
    frames = [inside, layer.drop(columns="geometry"), cumulative(frame), *grid]
    frames += [local_join_counts(frame["dpd"], touching)[["q_value", "cluster"]]]
    columns = {column for table in frames for column in table.columns}
    assert {column for column in columns if label(column, lang) == column} == set()
