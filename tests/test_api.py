"""The public functions: what a CSV may omit a frame may omit, and whatever is wrong is named at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point

import opsn_geo
from opsn_geo.boundaries.territory import Territory
from opsn_geo.errors import Fault, InputError
from opsn_geo.measure.coverage.evidence import Coverage

DAY = date(2021, 2, 1)
SERVICES = pd.DataFrame({"service": ["dpd", "sig"]})
OPSN = pd.DataFrame({"opsn": ["numa"], "list_complete": [True]})
OFFERS = pd.DataFrame({"opsn": "numa", "service": ["dpd", "sig"], "level": "region", "code": "32"})
MEMBERSHIPS = pd.DataFrame({"opsn": "numa", "level": ["epci", "commune"], "code": ["200000172", "60003"]})


@pytest.fixture
def communes(toy: Territory) -> gpd.GeoDataFrame:
    return toy.communes


def covered(communes: pd.DataFrame, **changed: object) -> Coverage:
    frames = {"services": SERVICES, "opsn": OPSN, "offers": OFFERS, "memberships": MEMBERSHIPS, **changed}
    return opsn_geo.coverage(communes, **frames, date=DAY)


def faults(act: Callable[[], object]) -> list[Fault]:
    with pytest.raises(InputError) as caught:
        act()
    assert all(fault.text("fr") != fault.text("en") for fault in caught.value.faults)
    return list(caught.value.faults)


def causes(act: Callable[[], object]) -> list[tuple[str, str | None]]:
    return [(fault.cause, fault.column) for fault in faults(act)]


def test_two_memberships_in_their_shortest_form_reach_seven_communes(communes: gpd.GeoDataFrame) -> None:
    table = covered(communes).table()
    members = table[(table["service"] == "dpd") & (table["state"] == "member")]
    assert members["code_insee"].tolist() == ["60003", "80001", "80002", "80005", "80006", "80009", "80010"]
    assert set(members["basis"]) == {"list"}


def test_a_frame_and_the_file_of_it_give_the_same(communes: gpd.GeoDataFrame) -> None:
    typed = MEMBERSHIPS.assign(
        services=[["dpd", "sig"], ["sig"]],
        since=pd.to_datetime(["2019-01-01", None]),
        until=[None, date(2020, 1, 1)],
        reaches_communes=[True, False],
    )
    written = MEMBERSHIPS.assign(
        services=["dpd;sig", "sig"], since=["01/01/2019", None], until=[None, "2020-01-01"],
        reaches_communes=["oui", "non"],
    )  # fmt: skip
    pd.testing.assert_frame_equal(
        covered(communes, memberships=typed).table(), covered(communes, memberships=written).table()
    )


def test_tables_may_be_indexed_by_their_key_and_codes_may_be_categories(communes: gpd.GeoDataFrame) -> None:
    known = covered(
        communes.astype({"siren_epci": "category"}),
        services=SERVICES.set_index("service"),
        opsn=OPSN.set_index("opsn"),
        memberships=MEMBERSHIPS.astype("category"),
    )
    pd.testing.assert_frame_equal(known.table(), covered(communes).table())


def test_a_column_of_communes_is_needed_only_where_a_level_uses_it(communes: gpd.GeoDataFrame) -> None:
    direct = MEMBERSHIPS[MEMBERSHIPS["level"] == "commune"]
    assert (
        covered(communes.drop(columns="siren_epci"), memberships=direct).table()["state"].eq("member").sum()
        == 2
    )
    assert causes(lambda: covered(communes.drop(columns="siren_epci"))) == [("frame_column", "siren_epci")]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (
            {"services": SERVICES.rename(columns={"service": "servise"})},
            ("services", "frame_column", "service"),
        ),
        ({"opsn": OPSN.drop(columns="opsn")}, ("opsn", "frame_column", "opsn")),
        ({"offers": OFFERS.drop(columns="level")}, ("offers", "frame_column", "level")),
        ({"memberships": MEMBERSHIPS.drop(columns="opsn")}, ("memberships", "frame_column", "opsn")),
        ({"memberships": MEMBERSHIPS.drop(columns="code")}, ("memberships", "empty_cell", "code")),
        ({"memberships": MEMBERSHIPS.assign(level="canton")}, ("memberships", "wrong_value", "level")),
        ({"memberships": MEMBERSHIPS.assign(since="hier")}, ("memberships", "wrong_value", "since")),
        ({"memberships": MEMBERSHIPS.assign(opsn="nuna")}, ("memberships", "unknown_reference", "opsn")),
        (
            {"memberships": MEMBERSHIPS.assign(services="dpo")},
            ("memberships", "unknown_reference", "services"),
        ),
        ({"memberships": MEMBERSHIPS.assign(code=[200000172, 2001])}, ("memberships", "wrong_code", "code")),
        (
            {"memberships": MEMBERSHIPS.assign(code=["200070993", "02001"])},
            ("memberships", "no_code_found", "code"),
        ),
        ({"memberships": pd.concat([MEMBERSHIPS] * 2)}, ("memberships", "repeated_label", None)),
        ({"memberships": MEMBERSHIPS[["opsn", "code", "code"]]}, ("memberships", "repeated_column", "code")),
        ({"memberships": [1, 2]}, ("memberships", "no_frame", None)),
        ({"services": pd.concat([SERVICES] * 2, ignore_index=True)}, ("services", "repeated_key", "service")),
        ({"uses": pd.DataFrame({"service": ["dpd"]})}, ("uses", "frame_column", "code_insee")),
        (
            {"uses": pd.DataFrame({"code_insee": ["80001"], "service": ["dpo"]})},
            ("uses", "unknown_reference", "service"),
        ),
    ],
)
def test_what_is_wrong_with_a_table_of_coverage_is_named(
    communes: gpd.GeoDataFrame, changed: dict[str, Any], expected: tuple[str, str, str | None]
) -> None:
    named = [
        (fault.file, fault.cause, fault.column) for fault in faults(lambda: covered(communes, **changed))
    ]
    assert expected in named


def with_codes(communes: gpd.GeoDataFrame, codes: object) -> gpd.GeoDataFrame:
    return communes.set_axis(pd.Index(codes))  # type: ignore[call-overload,no-any-return]


WRONG_COMMUNES: dict[str, tuple[Callable[[gpd.GeoDataFrame], object], str, str | None]] = {
    "numbers for codes": (lambda it: with_codes(it, range(len(it))), "frame_index", None),
    "codes as a column": (lambda it: it.reset_index(), "frame_index", None),
    "a code without its zero": (lambda it: with_codes(it, ["1001", *it.index[1:]]), "wrong_code", None),
    "a commune twice": (lambda it: with_codes(it, [it.index[1], *it.index[1:]]), "repeated_label", None),
    "a column twice": (lambda it: pd.concat([it, it[["name"]]], axis=1), "repeated_column", "name"),
    "no frame": (lambda it: it.to_dict(), "no_frame", None),
    "départements as numbers": (lambda it: it.assign(code_dep=2), "wrong_code", "code_dep"),
    "people as words": (lambda it: it.assign(population="many"), "wrong_value", "population"),
    "fewer people than none": (lambda it: it.assign(population=-1), "wrong_value", "population"),
}
FUNCTIONS: dict[str, Callable[[Any, Any], object]] = {
    "coverage": lambda _, it: covered(it),
    "shares": opsn_geo.shares,
    "deserts": opsn_geo.deserts,
    "extension": opsn_geo.extension,
    "nearest": lambda _, it: opsn_geo.nearest(it, gpd.GeoDataFrame(geometry=[Point(0, 0)], crs=2154)),
}


@pytest.mark.parametrize("wrong", WRONG_COMMUNES)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_is_wrong_with_communes_is_named_by_each_function(
    communes: gpd.GeoDataFrame, function: str, wrong: str
) -> None:
    change, cause, column = WRONG_COMMUNES[wrong]
    known = covered(communes)
    found = faults(lambda: FUNCTIONS[function](known, change(communes)))
    assert ("communes", cause, column) in [(fault.file, fault.cause, fault.column) for fault in found]


@pytest.mark.parametrize("function", ["deserts", "nearest"])
@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda it: it.to_crs(4326), "not_metric"),
        (lambda it: it.set_crs(None, allow_override=True), "frame_projection"),
        (lambda it: pd.DataFrame(it.drop(columns="geometry")), "frame_projection"),
    ],
    ids=["degrees", "no projection", "no geometry"],
)
def test_degrees_are_named(
    communes: gpd.GeoDataFrame, function: str, change: Callable[[gpd.GeoDataFrame], object], cause: str
) -> None:
    known = covered(communes)
    assert (cause, None) in causes(lambda: FUNCTIONS[function](known, change(communes)))


@pytest.mark.parametrize("function", ["shares", "deserts", "extension"])
def test_communes_without_population_or_with_another_extent_are_named(
    communes: gpd.GeoDataFrame, function: str
) -> None:
    known = covered(communes)
    people = causes(lambda: FUNCTIONS[function](known, communes.drop(columns="population")))
    assert people == [("frame_column", "population")]
    few = faults(lambda: FUNCTIONS[function](known, communes.iloc[1:]))
    assert [(fault.cause, fault.label) for fault in few] == [("absent_commune", "60003")]


def test_all_faults_of_all_frames_come_at_once(communes: gpd.GeoDataFrame) -> None:
    found = faults(
        lambda: covered(
            communes.assign(code_dep=1),
            offers=OFFERS.assign(level="bassin"),
            memberships=MEMBERSHIPS.drop(columns="opsn"),
        )
    )
    assert {fault.file for fault in found} == {"communes", "offers", "memberships"}
    level = next(fault for fault in found if fault.file == "offers")
    assert (level.label, level.value, level.expected) == (
        0,
        "bassin",
        "commune | epci | departement | region | other",
    )


def test_shares_by_a_column_equal_those_by_a_series_in_any_order(communes: gpd.GeoDataFrame) -> None:
    known = covered(communes)
    cantons = pd.Series({"80001": "west", "60003": "east", "60004": "east"}, name="canton")
    by_series = opsn_geo.shares(known, communes, by=cantons.iloc[::-1])
    by_column = opsn_geo.shares(
        known, communes.assign(canton=cantons).sample(frac=1, random_state=1), by="canton"
    )
    pd.testing.assert_frame_equal(by_series, by_column)
    assert by_series["covered_pop_share"].to_dict() == {"east": 300 / 700, "west": 1.0}


def test_shares_by_service_have_one_row_for_each(communes: gpd.GeoDataFrame) -> None:
    table = opsn_geo.shares(covered(communes), communes, by="code_dep", by_service=True)
    assert table.index.names == ["code_dep", "service"]
    assert table.loc[("80", "sig"), "covered_share"] == 1


def test_ground_is_measured_on_the_geometry_and_unknown_without_it(communes: gpd.GeoDataFrame) -> None:
    known = covered(communes)
    bare = communes.drop(columns="area_km2")
    assert opsn_geo.shares(known, bare).loc["all", "area_km2"] == pytest.approx(13)
    flat = opsn_geo.shares(known, pd.DataFrame(bare.drop(columns="geometry"))).loc["all"]
    assert np.isnan(flat["covered_area_share"])
    assert flat["covered_share"] == pytest.approx(7 / 13)


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("cantons", ("frame_column", "canton")),
        (pd.Series(["x"], index=[2001]), ("frame_index", None)),
        (pd.Series(["x", "y"], index=["80001", "80001"]), ("repeated_label", None)),
        (3, ("no_frame", None)),
    ],
    ids=["no such column", "other labels", "repeated labels", "neither"],
)
@pytest.mark.parametrize("function", [opsn_geo.shares, opsn_geo.extension])
def test_a_wrong_grouping_is_named(
    communes: gpd.GeoDataFrame, function: Callable[..., object], by: object, expected: tuple[str, str | None]
) -> None:
    known = covered(communes)
    fault = faults(lambda: function(known, communes.assign(canton="A"), by=by))[0]
    assert (fault.cause, fault.nearest) == expected


@pytest.mark.parametrize(
    ("act", "nearest"),
    [
        (lambda known, it: opsn_geo.shares(known, it, at_least="membre"), "member"),
        (lambda known, it: opsn_geo.deserts(known, it, at_least="offer"), "offered"),
        (lambda known, it: opsn_geo.deserts(known, it, certainty="possibly"), "possible"),
        (lambda known, it: opsn_geo.deserts(known, it, services=["dpo"]), "dpd"),
        (lambda known, it: opsn_geo.extension(known, it, services=["sigg"]), "sig"),
        (lambda known, it: opsn_geo.extension(known, it, step="adhesions"), "adhesion"),
    ],
)
def test_a_wrong_choice_is_named_with_the_nearest(
    communes: gpd.GeoDataFrame, act: Callable[[Coverage, gpd.GeoDataFrame], object], nearest: str
) -> None:
    known = covered(communes)
    found = faults(lambda: act(known, communes))
    assert [(fault.cause, fault.nearest) for fault in found] == [("wrong_argument", nearest)]


def test_deserts_of_a_coverage_equal_those_of_its_table(communes: gpd.GeoDataFrame) -> None:
    known = covered(communes)
    whole = opsn_geo.deserts(known, communes, services=["dpd"])
    assert whole.index.tolist() == ["dpd-60012"]
    assert whole.loc["dpd-60012", ["communes", "population"]].tolist() == [5, 400 + 700 + 800 + 1100 + 1200]
    assert whole.crs == communes.crs
    pd.testing.assert_frame_equal(whole, opsn_geo.deserts(known.table(), communes, services=["dpd"]))
    assert opsn_geo.deserts(known, communes, services=["dpd"], min_communes=6).empty


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda it: it.drop(columns="state"), ("frame_column", "state")),
        (lambda it: it.assign(state="covered"), ("wrong_value", "state")),
        (lambda it: pd.concat([it, it], ignore_index=True), ("repeated_key", "code_insee, service")),
    ],
)
def test_a_wrong_table_of_states_is_named(
    communes: gpd.GeoDataFrame, change: Callable[[pd.DataFrame], pd.DataFrame], expected: tuple[str, str]
) -> None:
    table = covered(communes).table()
    assert causes(lambda: opsn_geo.deserts(change(table), communes))[0] == expected


def test_the_nearest_point_is_found_in_whatever_projection(communes: gpd.GeoDataFrame) -> None:
    seats = gpd.GeoDataFrame(geometry=[Point(600_500, 6_900_500), Point(603_500, 6_902_500)], crs=2154)
    near = opsn_geo.nearest(communes, seats.set_axis(["west", "east"]))
    assert near.loc["80001"].to_dict() == {"nearest": "west", "distance_m": 0.0}
    assert near.loc["60008"].to_dict() == {"nearest": "east", "distance_m": 1000.0}
    degrees = opsn_geo.nearest(communes, seats.set_axis(["west", "east"]).to_crs(4326))
    assert degrees["nearest"].equals(near["nearest"])
    assert causes(lambda: opsn_geo.nearest(communes, seats.set_axis(["a", "a"]))) == [
        ("repeated_label", None)
    ]


def test_the_best_next_adhesion_is_the_epci_of_most_people_without(communes: gpd.GeoDataFrame) -> None:
    steps = opsn_geo.extension(covered(communes), communes, most=1, services=["dpd"])
    assert steps[["siren_epci", "gain_pop"]].to_numpy().tolist() == [["200000545", 1100 + 1200]]
    unknown = communes.assign(population=communes["population"].where(communes.index != "60011"))
    assert [
        (it.cause, it.label) for it in faults(lambda: opsn_geo.extension(covered(communes), unknown))
    ] == [("empty_cell", "60011")]


LIST = pd.DataFrame(
    {"Commune": ["Aubigny", "BELLICOURT", "Nowhere"], "agents": [3, 4, 5]}, index=["x", "y", "z"]
)


@pytest.fixture
def named(toy: Territory) -> Territory:
    names = toy.communes["name"].replace({"Toy-80001": "Aubigny", "Toy-60003": "Bellicourt"})
    return replace(toy, communes=toy.communes.assign(name=names))


def test_a_frame_is_linked_by_whatever_header_says_commune(named: Territory) -> None:
    found = opsn_geo.link(LIST, named)
    assert found.linked["code_insee"].to_dict() == {"x": "80001", "y": "60003"}
    assert found.rejected["cause"].to_dict() == {"z": "unknown_name"}
    assert found.review.empty
    pd.testing.assert_frame_equal(opsn_geo.link(LIST, named, name="Commune").linked, found.linked)


def test_a_vintage_stands_for_all_of_france_when_linking() -> None:
    rows = pd.DataFrame(
        {"Commune": ["Sarzeau", "Saint-Denis", "Saint-Denis"], "CP": ["56370", "97400", None]}
    )
    beside = opsn_geo.link(rows, 2021, postal="CP").beside(rows)
    assert beside["official_code"].fillna("").tolist() == ["56240", "97411", ""]
    assert beside["cause"].tolist()[2] == "ambiguous_name"
    with pytest.raises(InputError, match="2010"):
        opsn_geo.link(rows, 2010)


def test_a_frame_with_levels_is_linked_at_each_level(named: Territory) -> None:
    rows = pd.DataFrame({"level": ["interco", "mairie"], "membre": ["CC B", "Aubigny"]})
    assert opsn_geo.link(rows, named).linked["code"].tolist() == ["200000438", "80001"]


def test_a_correction_decides(named: Territory) -> None:
    corrections = pd.DataFrame({"found": ["Nowhere"], "code": ["80002"]})
    assert opsn_geo.link(LIST, named, corrections=corrections).linked.loc["z", "code_insee"] == "80002"


@pytest.mark.parametrize(
    ("frame", "options", "expected"),
    [
        (LIST.rename(columns={"Commune": "lieu"}), {}, ("frame_column", "code | name")),
        (LIST, {"name": "Comune"}, ("frame_column", "Comune")),
        (pd.concat([LIST, LIST]), {}, ("repeated_label", None)),
        (LIST.assign(level="canton"), {}, ("wrong_value", "level")),
        (LIST, {"corrections": LIST}, ("frame_column", "found")),
    ],
    ids=["no code or name", "no such column", "repeated labels", "unknown level", "corrections of nothing"],
)
def test_what_keeps_a_frame_from_being_linked_is_named(
    named: Territory, frame: pd.DataFrame, options: dict[str, Any], expected: tuple[str, str | None]
) -> None:
    assert expected in causes(lambda: opsn_geo.link(frame, named, **options))


def test_a_territory_is_needed_to_link() -> None:
    assert causes(lambda: opsn_geo.link(LIST, "hauts-de-france")) == [("wrong_argument", None)]  # type: ignore[arg-type]


@pytest.mark.parametrize("column", ["population", "name", "inside", "state"])
def test_any_column_makes_a_map_to_which_one_can_add(communes: gpd.GeoDataFrame, column: str) -> None:
    layer = communes.assign(state="member")
    drawn = opsn_geo.theme_map(layer, column, title="A <title>", lang="en").add_child(folium.Marker([49, 2]))
    page = drawn.get_root().render()
    assert "opsnGeo.atlasLayer(" in page
    assert "<title>A <title>" not in page


@pytest.mark.parametrize(
    ("change", "column", "options", "expected"),
    [
        (lambda it: it, "populatoin", {}, ("frame_column", "population")),
        (lambda it: it.assign(empty=None), "empty", {}, ("empty_column", None)),
        (lambda it: pd.DataFrame(it.drop(columns="geometry")), "population", {}, ("frame_projection", None)),
        (lambda it: it, "population", {"lang": "de"}, ("wrong_argument", None)),
        (lambda it: it, "population", {"scheme": "quantile"}, ("wrong_argument", "quantiles")),
        (lambda it: it, "population", {"background": "google"}, ("wrong_argument", None)),
    ],
)  # fmt: skip
def test_what_keeps_a_map_from_being_drawn_is_named(
    communes: gpd.GeoDataFrame,
    change: Callable[[gpd.GeoDataFrame], Any],
    column: str,
    options: dict[str, Any],
    expected: tuple[str, str | None],
) -> None:
    layer = change(communes)
    fault = faults(lambda: opsn_geo.theme_map(layer, column, **options))[0]
    assert (fault.cause, fault.nearest) == expected
