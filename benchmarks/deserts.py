"""How long deserts take: every service of Hauts-de-France, and contiguity of any coverage given.

python benchmarks/deserts.py [communes.gpkg | communes.parquet]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd

from opsn_geo.measure.deserts.contiguity import contacts, contiguity
from opsn_geo.measure.deserts.lacking import lacking
from opsn_geo.measure.deserts.patches import deserts, members
from opsn_geo.measure.deserts.stability import stability
from opsn_geo.pipeline.analyses import coverage_of
from opsn_geo.pipeline.load import load
from opsn_geo.study import Study


@contextmanager
def timed(what: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    print(f"{time.perf_counter() - start:7.3f} s  {what}")


def hauts_de_france() -> None:
    inputs = load(Study.default())
    communes, known = inputs.territory.communes, coverage_of(inputs)
    for _ in range(2):  # the first round pays for imports
        with timed(f"deserts of {len(known.services)} services, contiguity included"):
            touching, _, border = contacts(communes.geometry)
            below = lacking(known)
            found = members(below, touching, communes)
        with timed("  describing them, outlines included"):
            layer = deserts(found, communes, below, touching, border=border)
    print(f"{len(layer)} deserts, {len(found)} communes in them")
    with timed("stability on the default grid"):
        readings = {"member": below, "used": lacking(known, "used")}
        stability(readings, {"queen": touching}, communes)


def given(file: Path) -> None:
    read = gpd.read_parquet if file.suffix == ".parquet" else gpd.read_file
    areas = read(file).geometry
    for rule in ("queen", "rook"):
        with timed(f"{rule} contiguity of {len(areas)} areas"):
            contiguity(areas, rule=rule)


if __name__ == "__main__":
    if sys.argv[1:]:
        given(Path(sys.argv[1]))
    else:
        hauts_de_france()
