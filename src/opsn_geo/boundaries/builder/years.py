"""The outlines of every year: those of an edition, or those of 2021 carried to a year without an edition.

A commune that merged is the union of its parts in 2021; one that was restored takes its ground from the
2026 edition, cut out of the commune that held it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from opsn_geo.boundaries.builder.repair import area_known, owners, repaired, restore, witnesses
from opsn_geo.boundaries.builder.valid_coverage import verify
from opsn_geo.boundaries.coverage import clean, dissolve, multipolygons

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from opsn_geo.boundaries.builder.sources import Cog

TOWN_HALL_M = 200.0
OUTLINES = ["code_insee", "code_dep", "first", "last", "mairie_x", "mairie_y", "repair", "geometry"]


def outlines(
    features: Mapping[int, gpd.GeoDataFrame], cogs: Mapping[int, Cog], name: str
) -> gpd.GeoDataFrame:
    """Return the outlines of one territory in all years, each once for the years in which it holds.

    Parameters
    ----------
    features : mapping of int to GeoDataFrame
        Polygons of each edition in one metric projection, as read.
    cogs : mapping of int to Cog
        The codes of every year, of this territory alone.
    name : str
        What the territory is called in faults.

    Returns
    -------
    GeoDataFrame
        ``code_insee``, ``code_dep``, ``first`` and ``last`` (years from and to which the row holds),
        ``mairie_x``, ``mairie_y``, ``repair``, ``geometry`` (MultiPolygon in normal form); rows of the
        latest edition last, by code.

    Raises
    ------
    InputError
        The communes of a year are no valid coverage, or have a hole that no source explains.
    """
    every = []
    for year, drawn in _years(features, cogs):
        verify(drawn, f"{name}-{year}")
        own = max(edition for edition in features if edition <= year)
        editions = [own, *(edition for edition in features if edition != own)]
        points = town_halls(drawn.geometry, [_halls(features[edition]) for edition in editions])
        every.append(
            gpd.GeoDataFrame(
                {
                    "code_insee": drawn.index,
                    "year": year,
                    "mairie_x": points.x.round(1).to_numpy(),
                    "mairie_y": points.y.round(1).to_numpy(),
                    "repair": drawn["repair"].to_numpy(),
                },
                geometry=multipolygons(drawn.geometry).to_numpy(),
                crs=drawn.crs,
            )
        )
    return _spans(pd.concat(every, ignore_index=True), max(features))


def _years(
    features: Mapping[int, gpd.GeoDataFrame], cogs: Mapping[int, Cog]
) -> Iterator[tuple[int, gpd.GeoDataFrame]]:
    """Yield each year with its communes drawn: restored from its edition, or carried from the one before."""
    base, drawn = min(cogs), gpd.GeoDataFrame()
    for year, cog in sorted(cogs.items()):
        if year in features:
            base, drawn = year, restore(features, cogs, cog)
            yield year, drawn
        elif cog.communes.index.equals(cogs[base].communes.index):
            yield year, drawn
        else:
            yield year, carried(drawn, features, cogs, base, year)


def carried(
    drawn: gpd.GeoDataFrame,
    features: Mapping[int, gpd.GeoDataFrame],
    cogs: Mapping[int, Cog],
    base: int,
    year: int,
) -> gpd.GeoDataFrame:
    """Return the communes of a year without an edition, made from those of an earlier one.

    Parameters
    ----------
    drawn : GeoDataFrame
        The communes of the year ``base``, as :func:`~opsn_geo.boundaries.builder.repair.restore` gives them.
    features, cogs
        As for :func:`outlines`.
    base, year : int
        The year of ``drawn`` and the year wanted.
    """
    cog = cogs[year]
    heirs = drawn.assign(owner=owners(drawn.index.to_series(), cog))
    united = gpd.GeoDataFrame(geometry=dissolve(heirs, "owner").reindex(cog.communes.index), crs=drawn.crs)
    editions = [*(edition for edition in features if edition > year), base]
    sources = {
        f"the {edition} edition": witnesses(features[edition], cogs[edition], cog) for edition in editions
    }
    restored = cog.communes.index[united.geometry.isna()]
    # Only restored communes are drawn anew: of the others, an edition of another year says nothing better.
    needed = {name: rows[rows["owner"].isin(restored)] for name, rows in sources.items()}
    done = repaired(united, needed)
    if len(restored):  # a union of a valid coverage is one already
        done["geometry"] = clean(done.geometry)
    done["repair"] = done["repair"].where(done["repair"].notna(), drawn["repair"].reindex(done.index))
    areas = pd.concat([area_known(rows) for rows in needed.values()], axis=1).max(axis=1)
    return done.assign(area_known=areas.reindex(done.index))


def town_halls(polygons: gpd.GeoSeries, editions: Sequence[gpd.GeoSeries]) -> gpd.GeoSeries:
    """Return each commune's town hall from the first edition that puts it in or near the commune, else null.

    The source places some town halls in a namesake far away: a point more than 200 m (to which the
    outlines are generalised) from its commune is not believed.

    >>> here = gpd.GeoSeries([shapely.box(0, 0, 9, 9)], ["A"], crs=2154)
    >>> far, near = (gpd.GeoSeries([shapely.Point(x, 5)], ["A"], crs=2154) for x in (5000, 5))
    >>> town_halls(here, [far, near]).x.tolist()
    [5.0]
    """
    halls = gpd.GeoSeries(None, polygons.index, polygons.crs)
    for edition in editions:
        points = edition.reindex(polygons.index).to_crs(polygons.crs)
        believed = shapely.dwithin(polygons.to_numpy(), points.to_numpy(), TOWN_HALL_M)
        halls = halls.where(halls.notna(), points.where(believed, None))
    return halls


def _halls(rows: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Return the town halls of the communes (not of the former ones), as the source has them."""
    mairies = rows[rows["kind"] == "COM"].set_index("code")["mairie"]
    return gpd.GeoSeries(mairies, crs=4326)


def _spans(every: gpd.GeoDataFrame, latest: int) -> gpd.GeoDataFrame:
    """Return one row for each run of years in which a commune's row is the same."""
    shown = every.assign(wkb=shapely.to_wkb(every.geometry.to_numpy())).sort_values(["code_insee", "year"])
    before = shown.groupby("code_insee").shift()
    order = {year: position for position, year in enumerate(sorted(every["year"].unique()))}
    same = shown["year"].map(order).eq(before["year"].map(order) + 1)
    for column in ("wkb", "mairie_x", "mairie_y", "repair"):
        same &= shown[column].eq(before[column]) | (shown[column].isna() & before[column].isna())
    runs = shown.groupby((~same).cumsum().to_numpy())["year"].agg(first="min", last="max")
    kept = shown[~same].assign(first=runs["first"].to_numpy(), last=runs["last"].to_numpy())
    kept["code_dep"] = np.where(
        kept["code_insee"].str[:2] == "97", kept["code_insee"].str[:3], kept["code_insee"].str[:2]
    )
    kept["newest"] = kept["last"].eq(latest)
    return kept.sort_values(["newest", "code_dep", "code_insee", "first"], ignore_index=True)[OUTLINES]
