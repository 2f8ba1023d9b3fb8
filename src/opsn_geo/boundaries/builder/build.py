"""Remake the embedded files: every commune of France, its outlines and its codes, year by year."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pandas as pd

from opsn_geo.boundaries.builder import passage, sources_md
from opsn_geo.boundaries.builder.populations import populations
from opsn_geo.boundaries.builder.sources import (
    CODES,
    NAMES,
    POLYGONS,
    Cog,
    archive,
    read_cog,
    read_names,
    read_polygons,
)
from opsn_geo.boundaries.builder.write import write_outlines, write_table
from opsn_geo.boundaries.builder.years import outlines
from opsn_geo.boundaries.zones import EPSG, zones

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

COMMUNES: Final = [
    *("millesime", "code_insee", "name", "code_dep", "code_reg", "siren_epci", "siren", "population"),
    "postal_codes",
]
BODIES: Final = ["millesime", "level", "code", "name", "nature", "code_reg", "chef_lieu"]


def _silent(_step: str, _detail: str) -> None:
    """Report nothing."""


def build(
    out: Path,
    *,
    cache: Path | None = None,
    archives: Path | None = None,
    report: Callable[[str, str], None] = _silent,
) -> tuple[Path, ...]:
    """Extract, repair, clean, verify and write the boundaries of all of France, for every year.

    Writes the outlines of each territory (``metropole.parquet``, ``guadeloupe.parquet``, …: each in its
    legal projection), ``communes.parquet`` and ``bodies.parquet`` (codes, names and populations of every
    year), ``passage.csv``, ``passage-former.csv`` and ``SOURCES.md``.

    Parameters
    ----------
    out : Path
        Folder to write to; made when absent.
    cache : Path, optional
        Where downloaded archives are kept; by default the user's cache folder.
    archives : Path, optional
        Folder of archives already downloaded: the network is not used then.
    report : callable, optional
        Called with a step (``fetch``, ``repair``, ``write``) and what it is at.

    Returns
    -------
    tuple of Path
        The files written.

    Raises
    ------
    InputError
        A missing or altered archive, a hole that no source explains.
    MachineError
        No network, no registry client, GEOS older than 3.14, no right to write.
    """
    cogs = {}
    for year, package in CODES.items():
        report("fetch", package.file)
        cogs[year] = read_cog(archive(package, cache, archives), year)
    features = {}
    for year, package in POLYGONS.items():
        report("fetch", package.file)
        features[year] = read_polygons(archive(package, cache, archives))
    written = []
    for zone, epsg in EPSG.items():
        here = {year: _of_zone(cog, zone) for year, cog in cogs.items()}
        if any(cog.communes.empty for cog in here.values()):
            continue
        report("repair", zone)
        projected = {year: rows[zones(rows["code"]) == zone].to_crs(epsg) for year, rows in features.items()}
        drawn = outlines(projected, here, zone)
        report("write", f"{zone}.parquet")
        written.append(write_outlines(out / f"{zone}.parquet", drawn))
    written.append(write_table(out / "communes.parquet", communes_table(cogs), by="millesime"))
    written.append(write_table(out / "bodies.parquet", bodies_table(cogs), by="millesime"))
    passage.write(out / "passage.csv", cogs)
    names: dict[str, str] = {}
    for package in NAMES.values():
        report("fetch", package.file)
        names |= dict(read_names(archive(package, cache, archives)))
    passage.write_former(out / "passage-former.csv", cogs, names)
    sources_md.write(out)
    return (*written, *(out / name for name in ("passage.csv", "passage-former.csv", "SOURCES.md")))


def _of_zone(cog: Cog, zone: str) -> Cog:
    """Return a code narrowed to the communes of a zone."""
    return replace(cog, communes=cog.communes[zones(cog.communes.index.to_series()) == zone])


def communes_table(cogs: Mapping[int, Cog]) -> pd.DataFrame:
    """Return the communes of every year that have outlines, with the populations of its census."""
    tables = []
    for year, cog in cogs.items():
        drawn = cog.communes[zones(cog.communes.index.to_series()).notna()]
        people = populations(cogs, year).reindex(drawn.index)
        table = drawn.assign(population=people, millesime=year).rename_axis("code_insee")
        tables.append(table.reset_index()[COMMUNES])
    return pd.concat(tables, ignore_index=True)


def bodies_table(cogs: Mapping[int, Cog]) -> pd.DataFrame:
    """Return the EPCI, départements and regions of every year that have communes with outlines."""
    tables = []
    for year, cog in cogs.items():
        drawn = cog.communes[zones(cog.communes.index.to_series()).notna()]
        levels = {"epci": (cog.epci, "siren_epci"), "departement": (cog.departements, "code_dep"),
                  "region": (cog.regions, "code_reg")}  # fmt: skip
        for level, (table, key) in levels.items():
            here = table[table.index.isin(drawn[key])].rename_axis("code").reset_index()
            tables.append(here.assign(level=level, millesime=year).reindex(columns=BODIES))
    return pd.concat(tables, ignore_index=True)
