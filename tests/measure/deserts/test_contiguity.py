from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from opsn_geo.boundaries.embedded import embedded
from opsn_geo.boundaries.territory import Territory
from opsn_geo.errors import InputError
from opsn_geo.measure.deserts.contiguity import contiguity, on_border


def neighbours(areas: gpd.GeoSeries, **options: object) -> dict[str, set[str]]:
    matrix = contiguity(areas, **options).toarray()
    return {code: set(areas.index[row]) for code, row in zip(areas.index, matrix, strict=True)}


def series(**shapes: shapely.Geometry) -> gpd.GeoSeries:
    return gpd.GeoSeries(list(shapes.values()), index=list(shapes), crs=2154)


def test_toy_neighbours_are_those_of_the_drawing(toy: Territory) -> None:
    queen, rook = neighbours(toy.communes.geometry), neighbours(toy.communes.geometry, rule="rook")
    assert queen["80001"] == {"80002", "80005", "80006"}
    assert rook["80001"] == {"80002", "80005"}
    assert queen["76013"] == {"60012", "60008"}
    assert rook["76013"] == {"60012"}


def test_an_island_touches_nobody() -> None:
    found = neighbours(series(a=shapely.box(0, 0, 1, 1), island=shapely.box(9, 9, 10, 10)))
    assert found == {"a": set(), "island": set()}


def test_an_enclave_touches_only_what_surrounds_it() -> None:
    inner = shapely.box(1, 1, 2, 2)
    ring = shapely.box(0, 0, 3, 3).difference(inner)
    for rule in ("queen", "rook"):
        found = neighbours(series(ring=ring, inner=inner, far=shapely.box(3, 0, 4, 3)), rule=rule)
        assert found["inner"] == {"ring"}
        assert found["ring"] == {"inner", "far"}


def test_a_commune_in_two_parts_joins_both_sides() -> None:
    twin = shapely.MultiPolygon([shapely.box(1, 0, 2, 1), shapely.box(5, 0, 6, 1)])
    found = neighbours(series(west=shapely.box(0, 0, 1, 1), twin=twin, east=shapely.box(6, 0, 7, 1)))
    assert found["twin"] == {"west", "east"}
    assert found["west"] == {"twin"}


def test_a_missing_geometry_touches_nobody_and_keeps_its_place() -> None:
    areas = series(a=shapely.box(0, 0, 1, 1), b=shapely.box(1, 0, 2, 1), none=shapely.Polygon())
    assert neighbours(areas) == {"a": {"b"}, "b": {"a"}, "none": set()}
    assert on_border(areas).to_dict() == {"a": True, "b": True, "none": False}
    assert contiguity(areas.iloc[2:]).shape == (1, 1)


def test_order_two_reaches_over_one_commune() -> None:
    areas = gpd.GeoSeries([shapely.box(x, 0, x + 1, 1) for x in range(4)])
    reached = contiguity(areas, order=2).toarray()
    assert reached[0].tolist() == [False, True, True, False]
    assert (reached == reached.T).all()


def test_overlapping_communes_are_all_named() -> None:
    areas = series(a=shapely.box(0, 0, 2, 1), b=shapely.box(1, 0, 3, 1), c=shapely.box(3, 0, 4, 1))
    with pytest.raises(InputError, match="overlaps a neighbour") as refused:
        contiguity(areas)
    assert [fault.value for fault in refused.value.faults] == ["a", "b"]


def test_the_open_border_is_where_no_other_commune_is(toy: Territory) -> None:
    closed = on_border(toy.communes.geometry)
    assert set(closed.index[~closed]) == {"80006", "60007"}


@pytest.mark.parametrize("rule", ["queen", "rook"])
def test_hauts_de_france_agrees_with_geometry_itself(rule: str) -> None:
    areas = embedded(millesime=2021, region="32").communes.geometry
    one, other = areas.sindex.query(areas, predicate="intersects")
    if rule == "rook":
        shared = shapely.intersection(areas.to_numpy()[one], areas.to_numpy()[other])
        one, other = one[shapely.length(shared) > 0], other[shapely.length(shared) > 0]
    expected = {(a, b) for a, b in zip(one.tolist(), other.tolist(), strict=True) if a != b}
    assert (
        set(zip(*(axis.tolist() for axis in np.nonzero(contiguity(areas, rule=rule).toarray())), strict=True))
        == expected
    )
