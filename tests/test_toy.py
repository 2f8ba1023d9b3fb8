"""The toy territory is what its drawing says: other tests lean on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

if TYPE_CHECKING:
    from opsn_geo.boundaries.territory import Territory


def test_areas_and_populations_are_known_by_hand(toy: Territory) -> None:
    assert toy.inside["population"].sum() == 7_800
    assert toy.communes["area_km2"].tolist() == [1.0] * 13
    assert toy.epci["communes"].tolist() == [6, 4, 3]
    assert toy.epci["communes_inside"].tolist() == [6, 4, 2]
    assert toy.epci["crosses_border"].tolist() == [False, False, True]
    assert toy.departements["communes"].to_dict() == {"60": 6, "80": 6}


def test_it_is_a_valid_coverage(toy: Territory) -> None:
    assert shapely.coverage_is_valid(toy.communes.geometry.to_numpy())
