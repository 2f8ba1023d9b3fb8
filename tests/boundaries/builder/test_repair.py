from __future__ import annotations

import geopandas as gpd
import pandas as pd
from shapely.geometry import box

from opsn_geo.boundaries.builder.repair import repaired, restore, witnesses
from opsn_geo.boundaries.builder.sources import Cog

A, B, C = (box(i * 1000, 0, (i + 1) * 1000, 1000) for i in range(3))
NONE = pd.DataFrame()


def _cog(millesime: int, actual: str, former: dict[str, str] | None = None) -> Cog:
    communes = pd.DataFrame(index=list(actual))
    return Cog(millesime, communes, pd.Series(former or {}, dtype=object), NONE, NONE, NONE)


def _features(*rows: tuple[str, str, str | None, object]) -> gpd.GeoDataFrame:
    columns = ["code", "kind", "parent", "geometry"]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry="geometry", crs=2154)


def _restore(own: gpd.GeoDataFrame, other: gpd.GeoDataFrame, cog: Cog, born: Cog) -> gpd.GeoDataFrame:
    cogs = {cog.millesime: cog, born.millesime: born}
    return restore({cog.millesime: own, born.millesime: other}, cogs, cog)


def test_a_sliver_is_drawn_from_the_other_edition() -> None:
    own = _features(("A", "COM", None, A), ("B", "COM", None, box(1500, 0, 1501, 1)), ("C", "COM", None, C))
    other = _features(*[(c, "COM", None, g) for c, g in zip("ABC", (A, B, C), strict=True)])
    done = _restore(own, other, _cog(2021, "ABC"), _cog(2026, "ABC"))
    assert done.area.to_dict() == {"A": 1e6, "B": 1e6, "C": 1e6}
    assert done["repair"].dropna().to_dict() == {"B": "drawn with B of the 2026 edition"}


def test_a_merged_commune_gets_the_ground_it_lacks() -> None:
    own = _features(("A", "COM", None, A), ("C", "COM", None, C))
    other = _features(*[(c, "COM", None, g) for c, g in zip("ABC", (A, B, C), strict=True)])
    done = _restore(own, other, _cog(2026, "AC", {"B": "A"}), _cog(2021, "ABC"))
    assert done.area.to_dict() == {"A": 2e6, "C": 1e6}
    assert done["repair"].dropna().to_dict() == {"A": "completed with B of the 2021 edition"}


def test_a_restored_commune_takes_its_ground_back() -> None:
    own = _features(("A", "COM", None, A.union(B)), ("B", "COM", None, None))
    other = _features(("A", "COM", None, A.union(B)), ("A", "COMD", "A", A), ("B", "COMD", "A", B))
    done = _restore(own, other, _cog(2026, "AB"), _cog(2021, "A", {"B": "A"}))
    assert done.area.to_dict() == {"A": 1e6, "B": 1e6}
    assert done["repair"].to_dict() == {
        "A": "reduced by B, drawn from the 2021 edition",
        "B": "drawn with B of the 2021 edition",
    }


def test_the_own_delegated_communes_are_the_last_witness() -> None:
    own = _features(("A", "COM", None, A), ("B", "COMD", "A", B), ("C", "COM", None, C))
    other = _features(("A", "COM", None, A), ("C", "COM", None, C))
    done = _restore(own, other, _cog(2026, "AC", {"B": "A"}), _cog(2021, "AC"))
    assert done["repair"].dropna().to_dict() == {"A": "completed with B of the 2026 edition"}


def test_sound_outlines_are_left_as_they_are() -> None:
    own = _features(*[(c, "COM", None, g) for c, g in zip("AB", (A, B), strict=True)])
    other = _features(("A", "COM", None, A.buffer(30, join_style="mitre")), ("B", "COM", None, B))
    done = _restore(own, other, _cog(2021, "AB"), _cog(2026, "AB"))
    assert done["repair"].isna().all()
    assert done.area.to_dict() == {"A": 1e6, "B": 1e6}


def test_a_commune_that_was_several_bears_no_witness_to_one_of_them() -> None:
    later = _features(("A", "COM", None, A.union(B)))
    assert witnesses(later, _cog(2026, "A", {"B": "A"}), _cog(2021, "AB")).empty


def test_a_witness_of_a_place_nobody_has_is_left_aside() -> None:
    communes = gpd.GeoDataFrame(geometry=gpd.GeoSeries([A], ["A"], crs=2154))
    evidence = _features(("C", "COM", None, C)).assign(owner="C")
    assert repaired(communes, {"elsewhere": evidence}).area.to_dict() == {"A": 1e6}
