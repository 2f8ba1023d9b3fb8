"""Every file of a small study, spoilt at random and checked: what is wrong is refused, and nothing breaks.

``python -m hostile.fuzz --count 10000`` tries so many files, of all formats in turn, on two processes, and
prints how many were sound, refused and broken; ``--seconds 3600`` stops after so long. What breaks is kept in
the folder ``--keep``, to become a case of the tests. The same seeds give the same files.
"""

from __future__ import annotations

import argparse
import io
import json
import multiprocessing
import random
import re
import shutil
import sys
import tempfile
import time
import tomllib
import traceback
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely

from opsn_geo.boundaries.user_files import territory as territory_of
from opsn_geo.catalogue.words import LANGUAGES
from opsn_geo.errors import InputError
from opsn_geo.pipeline.check import check
from opsn_geo.read.tables import table
from opsn_geo.study import Study

TABLES: Final = {
    "opsn": "opsn,name,list_complete\nalpha,Alpha,true\nbeta,Beta,false\n",
    "services": "service,name\ndpd,Délégué\nsig,Cartes\n",
    "offers": "opsn,service,level,code\nalpha,dpd,departement,80\nbeta,sig,epci,200000438\n",
    "memberships": "opsn,level,code,name,since\nalpha,commune,80001,,2020-01-01\nalpha,commune,,Toy-80006,\n"
    "alpha,epci,200000172,,01/02/2020\nbeta,commune,60003,,2022-01-01\nbeta,commune,60099,,\n",
    "questionnaire": "column,item,choice,kind\ntown,commune_code,,text\ncloud,cloud,,yes_no\n"
    "tool – agenda,tool,agenda,multiple\ntool – video,tool,video,multiple\n",
    "answers": "town,cloud,tool – agenda,tool – video\n80001,oui,x,\n80002,non,,x\n60003,oui,x,x\n60004,,x,\n"
    "80005,oui,,x\n60007,non,x,\n60011,oui,,\n60012,oui,x,\n",
    "variables": "code,zone\n80001,town\n60003,land\n",
}
STUDY: Final = """
[study]
title = "Toy"
territory = "toy"
millesime = 2100
date = 2021-02-01
language = "{lang}"

[boundaries]
file = "communes{ending}"

[tables]
{tables}
"""
SURVEY: Final = """
[thresholds]
min_answers = 5

[survey]
margins = ["zone"]
weight_bounds = [0.2, 5]
"""
WITHOUT_SURVEY: Final = ("opsn", "services", "offers", "memberships")
"""Tables of the study that is quicker to check, in which all but the survey is spoilt."""
DRIVERS: Final = {".gpkg": "GPKG", ".geojson": "GeoJSON", ".shp": "ESRI Shapefile", ".fgb": "FlatGeobuf"}
FORMATS: Final = (
    "toml",
    "csv",
    "xlsx",
    "ods",
    "table.parquet",
    *(it[1:] for it in DRIVERS),
    "parquet",
    "shapes",
    "tif",
)
PART: Final = 50
"""Seeds that a process takes at a time."""
SLOW: Final = 20.0
"""Seconds of processor time after which a check counts as slow."""
ODD: Final = tomllib.loads(Path(__file__).with_name("odd.toml").read_text(encoding="utf-8"))
"""Cells, values and sections of a study file, parts of a workbook: what broke something somewhere."""
CELLS: Final = (*ODD["cells"], "é" * 50, "x" * 5000)
SQUARES: Final = {
    "80001": "172", "80002": "172", "60003": "438", "60004": "438", "80005": "172", "80006": "172",
    "60007": "438", "60008": "438", "80009": "172", "80010": "172", "60011": "545", "60012": "545",
}  # fmt: skip
"""Communes of the small study, row by row from the south-west, and the end of the SIREN of their EPCI."""


def territory() -> gpd.GeoDataFrame:
    """Return twelve square communes of three EPCI and two départements."""
    squares = [
        shapely.box(x, y, x + 1000, y + 1000)
        for x, y in ((600_000 + 1000 * (i % 4), 6_900_000 + 1000 * (i // 4)) for i in range(12))
    ]
    return gpd.GeoDataFrame(
        {
            "code_insee": list(SQUARES),
            "name": [f"Toy-{code}" for code in SQUARES],
            "siren_epci": [f"200000{end}" for end in SQUARES.values()],
            "population": [100 * int(code[2:]) for code in SQUARES],
        },
        geometry=squares,
        crs=2154,
    )


def write_study(folder: Path, kind: str, *, has_survey: bool = True) -> Path:
    """Write the small study, its tables and boundaries in one of :data:`FORMATS`; return its file."""
    ending = {"xlsx": ".xlsx", "ods": ".ods", "table.parquet": ".parquet"}.get(kind, ".csv")
    names = list(TABLES if has_survey else WITHOUT_SURVEY)
    for name in names:
        file = folder / f"{name}{ending}"
        frame = pd.read_csv(io.StringIO(TABLES[name]), dtype=str)
        if ending == ".csv":
            file.write_text(TABLES[name], encoding="utf-8")
        elif ending == ".parquet":
            frame.to_parquet(file)
        else:
            engine: Any = "odf" if ending == ".ods" else "xlsxwriter"
            frame.to_excel(file, index=False, engine=engine)
    drawn = f".{kind}" if f".{kind}" in {*DRIVERS, ".parquet"} else ".gpkg"
    write_shapes(territory(), folder / f"communes{drawn}")
    listed = "\n".join(f'{name} = "{name}{ending}"' for name in names)
    content = STUDY.format(lang="fr", ending=drawn, tables=listed) + (SURVEY if has_survey else "")
    if kind == "tif":
        write_people(folder / "people.tif")
        content += '\n[rasters]\npopulation = "people.tif"\n'
    (folder / "study.toml").write_text(content, encoding="utf-8")
    return folder / "study.toml"


def write_people(file: Path) -> None:
    """Write a raster of ten people in each cell of 100 m."""
    place = rasterio.transform.from_origin(600_000, 6_903_000, 100, 100)
    shape = {
        "count": 1,
        "dtype": "float32",
        "height": 30,
        "width": 40,
        "compress": "deflate",
        "blockysize": 8,
    }
    with rasterio.open(file, "w", driver="GTiff", crs=2154, transform=place, **shape) as target:
        target.write(np.full((30, 40), 10, dtype="float32"), 1)


def write_shapes(frame: gpd.GeoDataFrame, file: Path) -> None:
    """Write boundaries in the format of a file's name."""
    if file.suffix == ".parquet":
        frame.to_parquet(file)
    else:
        frame.to_file(file, driver=DRIVERS[file.suffix])


def spoil_bytes(content: bytes, chance: random.Random) -> bytes:
    """Return bytes changed in one to a few places: flipped, cut, repeated, inserted, moved."""
    spoilt = bytearray(content)
    for _ in range(chance.choice((1, 1, 1, 2, 4, 16))):
        if not spoilt:
            break
        place, length = chance.randrange(len(spoilt)), chance.choice((1, 1, 2, 8, 64))
        what = chance.randrange(6)
        if what == 0:
            spoilt[place] ^= 1 << chance.randrange(8)
        elif what == 1:
            del spoilt[place : place + length]
        elif what == 2:
            spoilt[place:place] = spoilt[place : place + length]
        elif what == 3:
            spoilt[place : place + length] = chance.randbytes(length)
        elif what == 4:
            spoilt[place : place + length] = chance.choice((b"\x00", b"\xff")) * length
        else:
            del spoilt[chance.randrange(place + 1) + len(spoilt) // 2 :]
    return bytes(spoilt)


def spoil_cells(content: str, chance: random.Random) -> str:
    """Return a CSV text of which some cells, lines or columns are odd, missing or repeated."""
    rows = [line.split(",") for line in content.splitlines()]
    for _ in range(chance.choice((1, 1, 2, 3))):
        if not rows:
            break
        row = chance.randrange(len(rows))
        what = chance.randrange(8)
        column = chance.randrange(max(1, len(rows[row])))
        if what <= 2:
            rows[row][column : column + 1] = [chance.choice(CELLS)]
        elif what == 3:
            rows = [[*cells[:column], *cells[column + 1 :]] for cells in rows]
        elif what == 4:
            value = chance.choice(CELLS)
            rows = [rows[0], *([*cells[:column], value, *cells[column + 1 :]] for cells in rows[1:])]
        elif what == 5:
            rows.insert(row, list(rows[row]))
        elif what == 6:
            del rows[row]
        else:
            rows = rows[: row + 1]
    return "\n".join(",".join(cells) for cells in rows) + chance.choice(("\n", "", '"', "\n\n;;;\n"))


def spoil_toml(content: str, chance: random.Random) -> str:
    """Return a study file of which some values, keys or lines are odd, missing or repeated."""
    lines = content.splitlines()
    for _ in range(chance.choice((1, 1, 2, 3))):
        place = chance.randrange(len(lines))
        key = lines[place].partition("=")[0]
        what = chance.randrange(6)
        if what <= 2 and "=" in lines[place]:
            lines[place] = f"{key}= {chance.choice(ODD['values'])}"
        elif what == 3:
            del lines[place]
        elif what == 4:
            lines.append(chance.choice(ODD["sections"]))
        else:
            lines.insert(place, chance.choice(lines))
    return "\n".join(lines)


def spoil_archive(content: bytes, chance: random.Random) -> bytes:
    """Return a workbook of which one part is spoilt inside the archive, so that the archive is sound."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as archive,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as spoilt,
    ):
        parts = [part for part in archive.namelist() if part.endswith(".xml")]
        chosen = chance.choice([*parts, *(it for it in parts if re.search(r"sheet|content|Strings", it))])
        for name in archive.namelist():
            part = archive.read(name)
            if name != chosen:
                spoilt.writestr(name, part)
            elif chance.random() < 0.7:
                text = part.decode("utf-8", errors="replace")
                found = list(re.finditer(r'(?<=>)[^<>]+(?=<)|(?<=")[^"<>]*(?=")', text))
                place = chance.choice(found)
                value = chance.choice((*CELLS, *ODD["parts"]))
                value = re.sub('[\x00-\x08\x0b-\x1f<&"]', "", value)
                spoilt.writestr(name, f"{text[: place.start()]}{value}{text[place.end() :]}")
            else:
                spoilt.writestr(name, spoil_bytes(part, chance))
    return made.getvalue()


def spoil_shapes(frame: gpd.GeoDataFrame, chance: random.Random) -> gpd.GeoDataFrame:
    """Return boundaries of which some outlines, codes, columns or the projection are odd."""
    x, y = 600_000, 6_900_000
    with np.errstate(invalid="ignore"):
        unfinished = shapely.Polygon([(x, y), (x + 9, np.nan), (x, y + 9)])
    shapes = [
        None, shapely.Polygon(), shapely.Point(x, y), shapely.LineString([(x, y), (x + 1, y)]), unfinished,
        shapely.Polygon([(x, y), (x + 1000, y + 1000), (x + 1000, y), (x, y + 1000)]),
        shapely.MultiPolygon(), shapely.GeometryCollection([shapely.box(x, y, x + 5, y + 5)]),
        shapely.force_3d(shapely.box(x, y, x + 1000, y + 1000), 5.0), shapely.box(x, y, x + 1500, y + 1000),
        shapely.box(0, 0, 0, 0), shapely.box(-1e300, -1e300, 1e300, 1e300),
        shapely.box(x, y, x + 1e-9, y + 1e-9),
        shapely.box(x, y, x + 4000, y + 3000).difference(shapely.box(x + 1, y + 1, x + 3999, y + 2999)),
    ]  # fmt: skip
    for _ in range(chance.choice((1, 1, 2, 3))):
        what, row = chance.randrange(7), chance.randrange(len(frame))
        names = [name for name in frame.columns if name != frame.geometry.name]
        if what <= 2 or not names:
            drawn = list(frame.geometry)
            drawn[row] = chance.choice(shapes)
            frame = frame.set_geometry(gpd.GeoSeries(drawn, index=frame.index, crs=frame.crs))
        elif what == 3:
            column = chance.choice(names)
            cells = frame[column].astype("object").tolist()
            cells[row] = chance.choice((None, np.nan, -5, 1e300, *CELLS))
            frame = frame.assign(
                **{column: pd.Series([None if it is None else str(it) for it in cells], frame.index)}
            )
        elif what == 4:
            frame = frame.drop(columns=chance.choice(names))
        elif what == 5:
            frame = pd.concat([frame, frame.iloc[[row]]], ignore_index=True)
        else:
            frame = frame.set_crs(
                chance.choice((4326, 3857, 2154, 32631, 2972, 27572, 4978)), allow_override=True
            )
    return frame


def spoilt(folder: Path, kind: str, chance: random.Random) -> Path:
    """Spoil one file of a small study, by the ways of its format; return it."""
    study = folder / "study.toml"
    name = chance.choice(sorted(set(TABLES) & {file.stem for file in folder.iterdir()}))
    file = study
    if kind == "toml":
        content = study.read_text(encoding="utf-8")
        if chance.random() < 0.8:
            study.write_text(spoil_toml(content, chance), encoding="utf-8", errors="replace")
        else:
            study.write_bytes(spoil_bytes(content.encode(), chance))
    elif kind == "csv":
        file = folder / f"{name}.csv"
        content = TABLES[name]
        if chance.random() < 0.7:
            file.write_text(spoil_cells(content, chance), encoding="utf-8", errors="replace")
        else:
            file.write_bytes(spoil_bytes(content.encode(), chance))
    elif kind in {"xlsx", "ods"}:
        file = folder / f"{name}.{kind}"
        spoil = spoil_archive if chance.random() < 0.7 else spoil_bytes
        file.write_bytes(spoil(file.read_bytes(), chance))
    elif kind == "table.parquet":
        file = folder / f"{name}.parquet"
        if chance.random() < 0.5:
            cells = spoil_cells(TABLES[name], chance)
            try:
                frame = pd.read_csv(io.StringIO(cells), dtype=str, on_bad_lines="skip")
                frame.to_parquet(file)
            except Exception:  # noqa: BLE001 - what pandas itself cannot read or write is no case
                file.write_bytes(spoil_bytes(file.read_bytes(), chance))
        else:
            file.write_bytes(spoil_bytes(file.read_bytes(), chance))
    elif kind == "shapes":
        (folder / "communes.gpkg").unlink()
        file = folder / "communes.gpkg"
        write_shapes(spoil_shapes(territory(), chance), file)
    else:
        files = sorted(folder.glob("people.tif" if kind == "tif" else "communes.*"))
        file = chance.choice(files)
        file.write_bytes(spoil_bytes(file.read_bytes(), chance))
    return file


def read(file: Path) -> None:
    """Read one spoilt file as a check does: what refuses it here is one fault there, among sound files."""
    if file.name.startswith("communes."):
        territory_of(Study.from_toml(file.with_name("study.toml")))
    elif file.stem in TABLES and file.suffix != ".csv":
        table(file)


def tried(study: Path, first: Path | None = None) -> str:
    """Return what a check makes of a study: sound, refused, or the traceback where it breaks.

    Where a file is given it is read first: if that refuses it, the sound rest of the study is left out.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            if first is not None:
                read(first)
            report = check(Study.from_toml(study))
            for lang in LANGUAGES:
                report.text(lang)
            json.dumps(report.as_record("fr"), default=str)
        except InputError as error:
            for lang in LANGUAGES:
                error.text(lang)
            return "refused"
        except BaseException as error:  # a reader may even panic
            if isinstance(error, KeyboardInterrupt):
                raise
            return traceback.format_exc()
    return "sound" if report.sound else "refused"


def attempt(seed: int, kind: str, template: Path, folder: Path) -> str:
    """Return what a check makes of the study of a template, one file of it spoilt by a seed."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(template, folder)
    file = spoilt(folder, kind, random.Random(f"{kind} {seed}"))
    return tried(folder / "study.toml", first=None if seed % 10 == 0 else file)


def templates(folder: Path) -> dict[tuple[str, bool], Path]:
    """Write the small study in each format, without and with a survey, and return where each lies."""
    made = {}
    for kind in FORMATS:
        for has_survey in (False, True):
            made[kind, has_survey] = folder / f"{kind}-{has_survey}"
            made[kind, has_survey].mkdir()
            write_study(made[kind, has_survey], kind, has_survey=has_survey)
    return made


def outcomes(seeds: Sequence[int], keep: Path | None) -> Counter[tuple[str, str]]:
    """Return how many seeds were sound, refused or broken, by format; what is broken is kept."""
    counts: Counter[tuple[str, str]] = Counter()
    with tempfile.TemporaryDirectory() as place:
        made = templates(Path(place))
        for seed in seeds:
            kind = FORMATS[seed % len(FORMATS)]
            template = made[kind, seed % 4 == 0]
            folder = Path(place, "spoilt")
            start = time.process_time()
            outcome = attempt(seed, kind, template, folder)
            if outcome not in {"sound", "refused"}:
                if keep is not None:
                    shutil.copytree(folder, keep / f"{kind}-{seed}", dirs_exist_ok=True)
                    (keep / f"{kind}-{seed}" / "traceback.txt").write_text(outcome, encoding="utf-8")
                outcome = "broken"
            elif time.process_time() - start > SLOW:
                outcome = "slow"
            counts[kind, outcome] += 1
    return counts


def batched(parts: Sequence[range], size: int) -> Iterator[Sequence[range]]:
    """Yield some parts at a time."""
    for place in range(0, len(parts), size):
        yield parts[place : place + size]


def main() -> None:
    """Print what became of so many spoilt files, by format."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=1000)
    options.add_argument("--seconds", type=float, default=float("inf"))
    options.add_argument("--first", type=int, default=0, help="the first seed")
    options.add_argument("--processes", type=int, default=2)
    options.add_argument("--keep", type=Path, help="folder for what breaks")
    asked = options.parse_args()
    start, counts = time.monotonic(), Counter[tuple[str, str]]()
    seeds = range(asked.first, asked.first + asked.count)
    parts = [seeds[place : place + PART] for place in range(0, len(seeds), PART)]
    with ProcessPoolExecutor(asked.processes, multiprocessing.get_context("spawn")) as pool:
        for part in batched(parts, asked.processes):
            for done in pool.map(outcomes, part, [asked.keep] * len(part)):
                counts += done
            if time.monotonic() - start > asked.seconds:
                break
    for kind in FORMATS:
        shown = ", ".join(f"{n} {outcome}" for (of, outcome), n in sorted(counts.items()) if of == kind)
        print(f"{kind:14} {shown}")
    total = Counter[str]()
    for (_, outcome), n in counts.items():
        total[outcome] += n
    print(f"{total.total()} files in {time.monotonic() - start:.0f} s: {dict(total)}")
    sys.exit(bool(total["broken"]))


if __name__ == "__main__":
    main()
