from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.transform import from_origin

from opsn_geo.boundaries.territory import Territory
from opsn_geo.errors import InputError
from opsn_geo.pipeline.check import check
from opsn_geo.read import limits
from opsn_geo.read.population_raster import check_population, population_blocks
from opsn_geo.study import Study

HERE = from_origin(600_000, 6_903_000, 200, 200)


def write(file: Path, people: np.ndarray, place: Affine | None = HERE, crs: int | None = 2154) -> Path:
    shape = {"height": people.shape[0], "width": people.shape[1]}
    kind = {"driver": "GTiff", "count": 1, "dtype": "float32", "nodata": -200}
    with rasterio.open(file, "w", **kind, **shape, crs=crs, transform=place) as target:
        target.write(people.astype("float32"), 1)
    return file


def test_only_what_lies_over_the_territory_is_read(toy: Territory, tmp_path: Path) -> None:
    wide = from_origin(600_000 - 200 * 700, 6_903_000 + 200 * 700, 200, 200)
    people = np.ones((1_415, 1_425))
    people[700, 700:704] = [7, -200, np.nan, -3]
    blocks = list(population_blocks(write(tmp_path / "p.tif", people, wide), toy.communes))
    assert sum(block.size for block, _ in blocks) == 15 * 25
    ((block, bounds),) = blocks
    assert bounds == (600_000, 6_900_000, 605_000, 6_903_000)
    assert block[0, :5].tolist() == [7, 0, 0, 0, 1]


def test_a_large_raster_comes_in_blocks_that_fit_together(toy: Territory, tmp_path: Path) -> None:
    fine = from_origin(600_000, 6_903_000, 5, 5)
    people = np.arange(600 * 1_000).reshape(600, 1_000) % 97
    blocks = list(population_blocks(write(tmp_path / "p.tif", people, fine), toy.communes))
    assert len(blocks) == 4
    assert sum(block.sum() for block, _ in blocks) == people.sum()
    assert blocks[1][1][0] == blocks[0][1][2]


def test_emptiness_is_not_handed_on(toy: Territory, tmp_path: Path) -> None:
    assert list(population_blocks(write(tmp_path / "p.tif", np.zeros((15, 25))), toy.communes)) == []


@pytest.mark.parametrize(
    ("place", "crs", "words"),
    [
        (HERE, None, "no projection"),
        (HERE * Affine.rotation(10), 2154, "not north up"),
        (from_origin(0, 6_000_000, 200, 200), 2154, "does not lie over the territory"),
    ],
)
def test_a_raster_that_cannot_serve_is_refused(
    toy: Territory, tmp_path: Path, place: Affine, crs: int | None, words: str
) -> None:
    file = write(tmp_path / "p.tif", np.ones((15, 25)), place, crs)
    with pytest.raises(InputError, match=words):
        check_population(file, toy.communes)


def test_a_file_that_is_no_raster_is_refused(toy: Territory, tmp_path: Path) -> None:
    (tmp_path / "p.tif").write_text("people;where", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read"):
        check_population(tmp_path / "p.tif", toy.communes)
    with pytest.raises(InputError, match="does not exist"):
        check_population(tmp_path / "q.tif", toy.communes)


def test_a_raster_that_names_another_file_is_refused(toy: Territory, tmp_path: Path) -> None:
    true = write(tmp_path / "true.tif", np.ones((15, 25)))
    check_population(true, toy.communes)
    virtual = tmp_path / "virtual.tif"
    virtual.write_text(
        '<VRTDataset rasterXSize="25" rasterYSize="15"><SRS>EPSG:2154</SRS>'
        "<GeoTransform>600000, 200, 0, 6903000, 0, -200</GeoTransform>"
        '<VRTRasterBand dataType="Float32" band="1"><SimpleSource>'
        f"<SourceFilename>{true}</SourceFilename><SourceBand>1</SourceBand>"
        "</SimpleSource></VRTRasterBand></VRTDataset>",
        encoding="utf-8",
    )
    with pytest.raises(InputError, match="cannot be read"):
        check_population(virtual, toy.communes)


def test_check_tells_of_the_raster_among_all_faults(tmp_path: Path) -> None:
    demo = Study.default()
    assert demo.file is not None
    content = demo.file.read_text(encoding="utf-8")
    for name, file in demo.tables.items():
        content = content.replace(f'{name} = "{file.name}"', f'{name} = "{file.as_posix()}"')
    write(tmp_path / "far.tif", np.ones((2, 2)), from_origin(0, 0, 200, 200))
    (tmp_path / "study.toml").write_text(content + '\n[rasters]\npopulation = "far.tif"\n', encoding="utf-8")
    report = check(Study.from_toml(tmp_path / "study.toml"))
    assert [fault.cause for fault in report.faults] == ["raster_elsewhere"]


def test_a_raster_that_breaks_off_has_endless_people_or_too_many_cells_is_refused(
    toy: Territory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "p.tif", np.ones((15, 25)))
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(InputError, match="cannot be read"):
        check_population(file, toy.communes)
    with pytest.raises(InputError, match="inf"):
        check_population(write(tmp_path / "q.tif", np.full((15, 25), np.inf)), toy.communes)
    monkeypatch.setitem(limits.LIMITS, "raster_cells", 300)
    with pytest.raises(InputError, match="would not fit in memory"):
        check_population(write(tmp_path / "r.tif", np.ones((15, 25))), toy.communes)
