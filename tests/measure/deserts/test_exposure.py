from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from opsn_geo.measure.deserts.exposure import exposure, means


@pytest.fixture
def zones() -> gpd.GeoDataFrame:
    boxes = [shapely.box(0, 0, 300, 400), shapely.box(300, 0, 400, 400), shapely.box(900, 900, 950, 950)]
    return gpd.GeoDataFrame(geometry=boxes, index=pd.Index(["a", "b", "void"], name="code_insee"), crs=2154)


PEOPLE = np.array([[10.0, 30.0], [0.0, 0.0]])
SEAT = pd.DataFrame({"x": [100.0], "y": [300.0]})


def test_means_weigh_people_exactly_and_zones_cut_cells(zones: gpd.GeoDataFrame) -> None:
    sums = exposure([(PEOPLE, (0, 0, 400, 400))], zones.crs.to_wkt(), zones, {"metres": SEAT})
    found = means(sums, zones.index.to_series())
    # The 30 people 200 m away live in a cell that the two zones share by halves.
    assert found.loc["a"].tolist() == pytest.approx([25.0, 15 * 200 / 25])
    assert found.loc["b"].tolist() == pytest.approx([15.0, 200.0])
    assert found.loc["void", "grid_population"] == 0
    assert np.isnan(found.loc["void", "metres"])
    both = means(sums, pd.Series("all", index=zones.index))
    assert both.loc["all"].tolist() == pytest.approx([40.0, 30 * 200 / 40])


def test_blocks_add_up_to_the_whole(zones: gpd.GeoDataFrame) -> None:
    people = np.random.default_rng(0).poisson(3, (8, 8)).astype(float)
    crs, targets = zones.crs.to_wkt(), {"metres": SEAT}
    whole = exposure([(people, (0, 0, 400, 400))], crs, zones, targets)
    parts = [
        (people[4 * r : 4 * r + 4, 4 * c : 4 * c + 4], (200 * c, 200 - 200 * r, 200 * c + 200, 400 - 200 * r))
        for r in range(2)
        for c in range(2)
    ]
    pd.testing.assert_frame_equal(exposure(parts, crs, zones, targets), whole)


def test_without_a_point_there_is_no_distance(zones: gpd.GeoDataFrame) -> None:
    blocks = [(PEOPLE, (0, 0, 400, 400))]
    nowhere = SEAT.assign(x=np.nan)
    found = means(exposure(blocks, zones.crs.to_wkt(), zones, {"metres": nowhere}), zones.index.to_series())
    assert found["grid_population"].tolist() == pytest.approx([25.0, 15.0, 0.0])
    assert found["metres"].isna().all()


def test_a_grid_in_another_projection_still_measures_in_metres() -> None:
    target = gpd.GeoSeries([shapely.Point(600_000, 6_900_000)], crs=2154)
    at = target.to_crs(3035).iloc[0]
    zone = gpd.GeoDataFrame(
        geometry=[shapely.box(599_000, 6_899_000, 601_000, 6_901_000)], index=["a"], crs=2154
    )
    people = np.array([[4.0], [0.0]])
    bounds = (at.x - 100, at.y - 100, at.x + 100, at.y + 300)
    crs = gpd.GeoSeries([], crs=3035).crs.to_wkt()
    points = pd.DataFrame({"x": target.x, "y": target.y})
    found = means(exposure([(people, bounds)], crs, zone, {"metres": points}), pd.Series(["a"], index=["a"]))
    assert found.loc["a"].tolist() == pytest.approx([4.0, 200.0], abs=0.5)


FRANCE = """
import sys
import geopandas as gpd, numpy as np, pandas as pd, rasterio, shapely
from pathlib import Path
from rasterio.transform import from_origin
from opsn_geo.measure.deserts.exposure import exposure, means
from opsn_geo.read.population_raster import check_population, population_blocks

file, rng = Path(sys.argv[1]), np.random.default_rng(0)
left, bottom, top, side = 100_000, 6_050_000, 7_150_000, 5_500
place = {"width": side, "height": side, "crs": 2154, "transform": from_origin(left, top, 200, 200)}
kind = {"driver": "GTiff", "count": 1, "dtype": "float32"}
kind |= {"tiled": True, "blockxsize": 512, "blockysize": 512}
with rasterio.open(file, "w", **kind, **place) as target:
    for _, window in target.block_windows(1):
        people = rng.poisson(0.3, (window.height, window.width))
        target.write(people.astype("float32"), 1, window=window)

corners = [(left + 6_000 * x, bottom + 6_000 * y) for x in range(183) for y in range(183)]
zones = gpd.GeoDataFrame(geometry=[shapely.box(x, y, x + 6_000, y + 6_000) for x, y in corners], crs=2154)
halls = pd.DataFrame(rng.uniform([left, bottom], [left + 1_100_000, top], (35_000, 2)), columns=["x", "y"])
crs = check_population(file, zones)
found = means(exposure(population_blocks(file, zones), crs, zones, {"m": halls}), zones.index.to_series())
assert found["m"].notna().all()
# the peak of this program alone: that of getrusage begins with the memory of the process that started it
status = Path("/proc/self/status").read_text().splitlines()
sys.stdout.write(next(line.split()[1] for line in status if line.startswith("VmHWM")))
"""


@pytest.mark.slow
def test_france_at_200_m_fits_in_a_gigabyte(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FRANCE, tmp_path / "p.tif"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 1_000_000  # kilobytes
