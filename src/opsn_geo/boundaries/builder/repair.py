"""Trust no polygon: find the places that a vintage's polygons lack, and take them from where they are known.

A *witness* is the polygon of a commune or former commune in any version of the source, with the commune
of this vintage to which the place belongs. Where the inner point of a witness lies in no commune of this
vintage, the place is missing: its commune gets the part of the witness that nobody covers. A commune
without any polygon takes its witnesses even from a neighbour that still holds the place it left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from opsn_geo.boundaries.coverage import clean, has_ground

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opsn_geo.boundaries.builder.sources import Cog

_SLIVER_SHARE: Final = 0.01  # an own polygon below this share of its witnesses is no evidence of its own


def owners(codes: pd.Series[str], cog: Cog) -> pd.Series[str]:
    """Return the commune of a vintage to which each code of any vintage belongs, or null.

    >>> from opsn_geo.boundaries.builder.sources import Cog
    >>> here, former = pd.DataFrame(index=["A"]), pd.Series({"B": "A"})
    >>> cog = Cog(2026, here, former, here, here, here)
    >>> owners(pd.Series(["A", "B", "C"]), cog).fillna("?").tolist()
    ['A', 'A', '?']
    """
    return codes.where(codes.isin(cog.communes.index), codes.map(cog.former))


def witnesses(features: gpd.GeoDataFrame, born: Cog, cog: Cog) -> gpd.GeoDataFrame:
    """Return the polygons that bear witness to one commune each, with that commune as ``owner``.

    Parameters
    ----------
    features : GeoDataFrame
        ``code``, ``kind``, ``parent``, ``geometry`` of one version, in a metric projection.
    born, cog : Cog
        Codes of the vintage of ``features``, and of the vintage that is to be made whole.

    Returns
    -------
    GeoDataFrame
        A commune that is one commune in both vintages stands whole. Where it is several in the other, its
        delegated and associated communes stand in its place. A vintage bears witness to itself by them only.
    """
    evidence = features.assign(owner=owners(features["code"], cog))
    is_commune = evidence["kind"] == "COM"
    whole = evidence["parent"].fillna(evidence["code"])
    merged = owners(cog.communes.index.to_series(), born).value_counts()
    mixed = (evidence["owner"].groupby(whole).transform("nunique") > 1) | whole.isin(merged.index[merged > 1])
    keep = ~is_commune if born.millesime == cog.millesime else is_commune ^ mixed
    return evidence[keep & evidence["owner"].notna() & has_ground(evidence.geometry)]


def repaired(communes: gpd.GeoDataFrame, sources: Mapping[str, gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Return the communes of a vintage completed from the witnesses of each source, in the order given.

    Parameters
    ----------
    communes : GeoDataFrame
        Index ``code_insee``, metric projection, geometry null where the source has none.
    sources : mapping of str to GeoDataFrame
        Witnesses (column ``owner``) by the words that name their source.

    Returns
    -------
    GeoDataFrame
        Same index, ``geometry`` completed, ``repair`` (what was done and from which source, else null).
    """
    done = communes.assign(repair="")
    for source, evidence in sources.items():
        done = _fill(_without_slivers(done, evidence), evidence, source)
        done = _carve(done, evidence, source)
    done["repair"] = done["repair"].str.removesuffix("; ").replace("", None)
    return done


def _without_slivers(communes: gpd.GeoDataFrame, evidence: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return communes without the polygons that are slivers of what their witnesses show."""
    believed = communes.geometry.area >= _SLIVER_SHARE * area_known(evidence).reindex(communes.index).fillna(
        0
    )
    return communes.assign(geometry=communes.geometry.where(has_ground(communes.geometry) & believed, None))


def area_known(evidence: gpd.GeoDataFrame) -> pd.Series[float]:
    """Return the sum of the areas that the witnesses give to each commune."""
    area: pd.Series[float] = evidence.geometry.area.groupby(evidence["owner"]).sum()
    return area


def _fill(communes: gpd.GeoDataFrame, evidence: gpd.GeoDataFrame, source: str) -> gpd.GeoDataFrame:
    """Return communes with the parts of its witnesses whose inner point lies in no commune."""
    covered = communes.geometry[has_ground(communes.geometry)].to_numpy()
    tree = shapely.STRtree(covered)
    hit = tree.query(shapely.point_on_surface(evidence.geometry.to_numpy()), predicate="intersects")[0]
    lacking = evidence[~np.isin(np.arange(len(evidence)), hit)]
    pieces = [shapely.difference(g, shapely.union_all(covered[tree.query(g)])) for g in lacking.geometry]
    return _joined(communes, lacking.assign(geometry=pieces), source)


def _joined(communes: gpd.GeoDataFrame, pieces: gpd.GeoDataFrame, source: str) -> gpd.GeoDataFrame:
    """Return communes united with their pieces, and the repair; a piece of an unknown commune is left."""
    for owner, group in pieces.groupby("owner"):
        if owner not in communes.index:
            continue
        before = communes.geometry[owner]
        parts = [*group.geometry, before] if before is not None else [*group.geometry]
        communes.loc[[owner], "geometry"] = gpd.GeoSeries([shapely.union_all(parts)], [owner], communes.crs)
        what = "completed" if before is not None else "drawn"
        communes.loc[owner, "repair"] += f"{what} with {', '.join(sorted(set(group['code'])))} of {source}; "
    return communes


def _carve(communes: gpd.GeoDataFrame, evidence: gpd.GeoDataFrame, source: str) -> gpd.GeoDataFrame:
    """Return communes where those without polygon are drawn, on ground taken from who holds it."""
    bare = communes.index[~has_ground(communes.geometry)]
    place = evidence[evidence["owner"].isin(bare)]
    if place.empty:
        return communes
    index, held = place.sindex.query(communes.geometry, predicate="overlaps")
    index_in, held_in = place.sindex.query(communes.geometry, predicate="contains")
    pairs = pd.Series([*held, *held_in], [*index, *index_in]).groupby(level=0)
    for row, taken in pairs:
        left = shapely.difference(communes.geometry.iloc[row], shapely.union_all(place.geometry.iloc[taken]))
        shrunk = shapely.area(left) < 0.99 * communes.geometry.iloc[row].area
        if shrunk:
            code = communes.index[row]
            communes.loc[[code], "geometry"] = gpd.GeoSeries([left], [code], communes.crs)
            gone = ", ".join(sorted(set(place["owner"].iloc[taken])))
            communes.loc[code, "repair"] += f"reduced by {gone}, drawn from {source}; "
    return _joined(communes, place, source)


def restore(features: Mapping[int, gpd.GeoDataFrame], cogs: Mapping[int, Cog], cog: Cog) -> gpd.GeoDataFrame:
    """Return the communes of a vintage made whole: its own polygons, cleaned, completed by other versions.

    Parameters
    ----------
    features : mapping of int to GeoDataFrame
        Polygons of each vintage in one metric projection, as read.
    cogs : mapping of int to Cog
        Codes of each of these vintages.
    cog : Cog
        Codes of the vintage and territory to make whole.

    Returns
    -------
    GeoDataFrame
        Index ``code_insee``; ``geometry``, ``repair``, and ``area_known``, the largest area in m² that any
        version bears witness to (null where none does).
    """
    own = features[cog.millesime]
    outlines = own[own["kind"] == "COM"].set_index("code").geometry.reindex(cog.communes.index)
    communes = gpd.GeoDataFrame(geometry=clean(outlines), crs=own.crs)
    others = [year for year in features if year != cog.millesime]
    sources = {
        f"the {year} edition": witnesses(features[year], cogs[year], cog) for year in [*others, cog.millesime]
    }
    done = repaired(communes, sources)
    done["geometry"] = clean(done.geometry)
    evidence = pd.concat([area_known(source) for source in sources.values()], axis=1).max(axis=1)
    return done.assign(area_known=evidence.reindex(done.index))
