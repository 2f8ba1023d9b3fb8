"""Build the boundary files of a vintage from the registry packages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd

from opsn_geo.boundaries.builder import passage, sources_md
from opsn_geo.boundaries.builder.layers import communes_layer, communes_of, departements_layer, epci_layer
from opsn_geo.boundaries.builder.repair import restore
from opsn_geo.boundaries.builder.sources import CODES, POLYGONS, Cog, archive, read_cog, read_polygons
from opsn_geo.boundaries.builder.valid_coverage import verify
from opsn_geo.boundaries.builder.write import write_geopackage
from opsn_geo.boundaries.builder.zones import EPSG, slug, zones
from opsn_geo.errors import Fault, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


ALL: Final = "all"


def _silent(_step: str, _detail: str) -> None:
    """Tell nothing."""


def build(
    millesime: int,
    region: str,
    out: Path,
    *,
    cache: Path | None = None,
    archives: Path | None = None,
    tell: Callable[[str, str], None] = _silent,
) -> tuple[Path, ...]:
    """Extract, repair, clean, verify and write the boundaries of a region or of France entire.

    Writes ``<territory>-<millesime>.gpkg`` (one per territory for ``"all"``: each has its legal
    projection), ``passage.csv``, ``passage-former.csv`` and ``SOURCES.md`` into ``out``.

    Parameters
    ----------
    millesime : int
        Vintage of the official geographic code: 2021 or 2026.
    region : str
        Code of a region (``"32"``), or ``"all"``.
    out : Path
        Folder to write to; made when absent.
    cache : Path, optional
        Where downloaded archives are kept; by default the user's cache folder.
    archives : Path, optional
        Folder of archives already downloaded: the network is not used then.
    tell : callable, optional
        Called with a step (``fetch``, ``read``, ``repair``, ``write``) and what it is at.

    Returns
    -------
    tuple of Path
        The boundary files written.

    Raises
    ------
    InputError
        Unknown vintage or region, a missing or altered archive, a hole that no source explains.
    MachineError
        No network, no registry client, GEOS older than 3.14, no right to write.
    """
    if millesime not in POLYGONS:
        expected = ", ".join(map(str, POLYGONS))
        raise InputError([Fault(cause="unknown_vintage", value=str(millesime), expected=expected)])
    cogs = _codes(cache, archives, tell)
    cog = cogs[millesime]
    plan = _plan(cog, region)
    features = {year: _polygons(year, cache, archives, tell) for year in POLYGONS}
    written = []
    for territory, zone in plan.items():
        path = out / f"{territory}-{millesime}.gpkg"
        tell("repair", territory)
        layers = boundaries(millesime, cogs, features, zone, None if region == ALL else region)
        tell("write", path.name)
        write_geopackage(path, layers, millesime)
        written.append(path)
    passage.write(out / "passage.csv", cogs)
    passage.write_former(out / "passage-former.csv", cogs)
    sources_md.write(out)
    return tuple(written)


def boundaries(
    millesime: int,
    cogs: Mapping[int, Cog],
    features: Mapping[int, gpd.GeoDataFrame],
    zone: str,
    region: str | None,
) -> dict[str, gpd.GeoDataFrame]:
    """Make the layers of one territory, in its legal projection, and verify them.

    Parameters
    ----------
    millesime : int
        Vintage wanted.
    cogs, features : mappings by vintage
        Official codes, and polygons as :func:`~opsn_geo.boundaries.builder.sources.read_polygons` gives them.
    zone : str
        Territory of one projection (see :mod:`~opsn_geo.boundaries.builder.zones`).
    region : str, optional
        Code of the region to keep; the whole zone when null.

    Returns
    -------
    dict of str to GeoDataFrame
        ``communes``, ``epci``, ``departements``, as the boundary files hold them.
    """
    here = {year: rows[zones(rows["code"]) == zone].to_crs(EPSG[zone]) for year, rows in features.items()}
    cog = _within(cogs[millesime], zone)
    drawn = restore(here, cogs, cog)
    verify(drawn, f"{zone}-{millesime}")
    halls = [_halls(here[year]) for year in sorted(here, key=lambda year: year != millesime)]
    communes = communes_layer(communes_of(cog, region), drawn, halls)
    return {
        "communes": communes,
        "epci": epci_layer(communes, cog),
        "departements": departements_layer(communes, cog),
    }


def _codes(cache: Path | None, archives: Path | None, tell: Callable[[str, str], None]) -> dict[int, Cog]:
    """Read the official code of every vintage: the passage from one to the next needs them all."""
    cogs = {}
    for year, package in CODES.items():
        tell("fetch", package.file)
        cogs[year] = read_cog(archive(package, cache, archives), year)
    return cogs


def _polygons(
    year: int, cache: Path | None, archives: Path | None, tell: Callable[[str, str], None]
) -> gpd.GeoDataFrame:
    tell("fetch", POLYGONS[year].file)
    return read_polygons(archive(POLYGONS[year], cache, archives))


def _halls(rows: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Give the town halls of the communes (not of the former ones), as the source has them."""
    mairies = rows[rows["kind"] == "COM"].set_index("code")["mairie"]
    return gpd.GeoSeries(mairies, crs=4326)


def _within(cog: Cog, zone: str) -> Cog:
    """Narrow a code to the communes of a zone."""
    here = cog.communes[zones(cog.communes.index.to_series()) == zone]
    return Cog(cog.millesime, here, cog.former, cog.epci, cog.departements, cog.regions)


def _plan(cog: Cog, region: str) -> dict[str, str]:
    """Name the file of each territory asked for, with its zone."""
    if region == ALL:
        return {zone: zone for zone in EPSG}
    codes = cog.communes.index[cog.communes["code_reg"] == region].to_series()
    zone = zones(codes).dropna().unique()
    if len(zone) != 1:
        known = [code for code in cog.regions.index if code in set(cog.communes["code_reg"])]
        raise InputError([Fault(cause="unknown_region", value=region, expected=", ".join([*known, ALL]))])
    return {slug(str(cog.regions.loc[region, "name"])): zone[0]}
