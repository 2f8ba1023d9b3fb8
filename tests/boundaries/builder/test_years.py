from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import Point, box

from opsn_geo.boundaries.builder.populations import COUNTED_IN, populations
from opsn_geo.boundaries.builder.sources import Cog
from opsn_geo.boundaries.builder.years import outlines

A, B, C, D = (box(i * 1000, 0, (i + 1) * 1000, 1000) for i in range(4))
NONE = pd.DataFrame()


def code(year: int, people: dict[str, int], former: dict[str, str] | None = None) -> Cog:
    communes = pd.DataFrame(
        {"population": people.values(), "name": list(people), "code_dep": "02"}, index=list(people)
    )
    return Cog(year, communes, pd.Series(former or {}, dtype=object), NONE, NONE, NONE)


def edition(**shapes: object) -> gpd.GeoDataFrame:
    rows = pd.DataFrame({"code": list(shapes), "kind": "COM", "parent": None, "mairie": Point(3, 49)})
    return gpd.GeoDataFrame(rows, geometry=list(shapes.values()), crs=2154)


@pytest.fixture
def codes() -> dict[int, Cog]:
    """A and B merge in 2023; D, a part of C in 2021, is restored in 2024."""
    return {
        2021: code(2021, {"A": 10, "B": 20, "C": 40}, {"D": "C"}),
        2022: code(2022, {"A": 11, "B": 21, "C": 41}, {"D": "C"}),
        2023: code(2023, {"A": 33, "C": 42}, {"B": "A", "D": "C"}),
        2024: code(2024, {"A": 34, "C": 30, "D": 10}, {"B": "A"}),
        2025: code(2025, {"A": 35, "C": 31, "D": 11}, {"B": "A"}),
        2026: code(2026, {"A": 36, "C": 32, "D": 12}, {"B": "A"}),
    }


def test_merged_communes_are_united_and_restored_ones_cut_out(codes: dict[int, Cog]) -> None:
    features = {2021: edition(A=A, B=B, C=C.union(D)), 2026: edition(A=A.union(B), C=C, D=D)}
    drawn = outlines(features, codes, "toy")
    km2 = {
        year: rows.set_index("code_insee").area.div(1e6).to_dict()
        for year in codes
        if len(rows := drawn[drawn["first"].le(year) & drawn["last"].ge(year)])
    }
    assert km2[2021] == km2[2022] == {"A": 1, "B": 1, "C": 2}
    assert km2[2023] == {"A": 2, "C": 2}
    assert km2[2024] == km2[2025] == km2[2026] == {"A": 2, "C": 1, "D": 1}
    notes = drawn[drawn["first"].eq(2024)].set_index("code_insee")["repair"]
    assert notes.to_dict() == {
        "C": "reduced by D, drawn from the 2026 edition",
        "D": "drawn with D of the 2026 edition",
    }


def test_populations_are_summed_over_mergers_and_shared_over_splits(codes: dict[int, Cog]) -> None:
    assert COUNTED_IN[2023] == 2022
    assert COUNTED_IN[2025] == 2024
    assert populations(codes, 2021).to_dict() == {"A": 10, "B": 20, "C": 40}
    assert populations(codes, 2022).to_dict() == {"A": 10, "B": 20, "C": 40}
    assert populations(codes, 2023).to_dict() == {"A": 32, "C": 41}
    split = codes | {2025: code(2025, {"A": 35, "C": 30, "D": 10, "E": 10}, {"B": "A"})}
    split[2024] = code(2024, {"A": 34, "C": 40, "D": 9}, {"B": "A", "E": "C"})
    assert populations(split, 2025).to_dict() == {"A": 34, "C": 30, "D": 9, "E": 10}
