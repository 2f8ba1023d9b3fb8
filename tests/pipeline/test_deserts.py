"""What a study may ask of the analysis of deserts: thresholds, classes, other readings, staff, people."""

from __future__ import annotations

import io
import sqlite3
import zipfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio
from rasterio.transform import from_origin

from opsn_geo.catalogue.words import label, text
from opsn_geo.measure.coverage.ladder import couverture
from opsn_geo.measure.deserts.lacking import BUNDLE
from opsn_geo.pipeline import run as pipeline
from opsn_geo.pipeline.analyses import Analysis, deserts, shared_measures
from opsn_geo.pipeline.load import Inputs, load
from opsn_geo.publish.geopackage.content import describe, flatten
from opsn_geo.publish.themes import themes_for
from opsn_geo.read.population_raster import PopulationGrid
from opsn_geo.study import Boundaries, Study


def somme(**changes: object) -> Study:
    return replace(Study.default(), boundaries=Boundaries(departements=("80",)), **changes)


@pytest.fixture(scope="module")
def inputs() -> Inputs:
    return load(somme())


@pytest.fixture(scope="module")
def plain(inputs: Inputs) -> Analysis:
    return deserts.analysis(inputs, shared_measures(inputs))


def analysis(inputs: Inputs, **keys: object) -> Analysis:
    asked = replace(inputs, study=replace(inputs.study, deserts=keys))
    return deserts.analysis(asked, shared_measures(asked))


def test_thresholds_of_the_study_leave_small_deserts_out(inputs: Inputs, plain: Analysis) -> None:
    found = analysis(inputs, min_communes=3, min_population=2_000).layers["deserts"]
    every = plain.layers["deserts"]
    expected = every[(every["communes"] >= 3) & (every["population"] >= 2_000)]
    assert 0 < len(found) < len(every)
    assert "urban" not in found
    pd.testing.assert_frame_equal(
        pd.DataFrame(found.drop(columns="geometry")), pd.DataFrame(expected.drop(columns="geometry"))
    )


def test_towns_and_countryside_are_apart_with_thresholds_of_their_own(inputs: Inputs) -> None:
    communes = inputs.territory.communes
    urban = communes["population"] / communes["area_km2"] >= 300
    keys = {"urban_density": 300, "min_communes": 2, "urban_min_communes": 1, "urban_min_population": 1_500}
    made = analysis(inputs, **keys)
    found = made.layers["deserts"]
    towns = urban[found.index.str.rsplit("-", n=1).str[1]].to_numpy()
    assert found["urban"].tolist() == towns.tolist()
    column = next(
        it for it in describe("deserts", flatten(found), inputs.study.metadata).columns if it.name == "urban"
    )
    assert (column.sql, column.alias) == ("BOOLEAN", "Urbain")
    assert column.definition
    assert column.source
    assert 0 < towns.sum() < len(found)
    assert (found.loc[~towns, "communes"] >= 2).all()
    assert (found.loc[towns, "population"] >= 1_500).all()
    assert found.loc[towns, "communes"].min() == 1
    inside = communes[urban & communes["inside"]]
    dpd = found[towns & (found["service"] == "acte").to_numpy()]
    assert dpd["communes"].sum() <= len(inside)
    assert set(made.tables["specifications"]["contiguity"]) == {"queen", "rook", "queen 2", "queen alike"}


def test_a_register_of_use_is_another_reading_of_its_services(inputs: Inputs, plain: Analysis) -> None:
    member = couverture(shared_measures(inputs).coverage).query("service == 'dpd' and state == 'member'")[
        "code_insee"
    ]
    uses = pd.DataFrame({"code_insee": member.head(3), "opsn": "", "service": "dpd", "basis": "register"})
    used = replace(inputs, tables={**inputs.tables, "uses": uses})
    grid = deserts.analysis(used, shared_measures(used)).tables["specifications"]
    assert set(grid["reading"]) == {"member", "used"}
    assert set(plain.tables["specifications"]["reading"]) == {"member"}
    sums = grid.pivot_table("communes", ["service", "certainty"], "reading", aggfunc="sum")
    others = sums.drop(index=["dpd", BUNDLE], level="service")
    assert (others["used"] == others["member"]).all()
    assert sums.loc[("dpd", "possible"), "used"] > sums.loc[("dpd", "possible"), "member"]
    assert sums.loc[("dpd", "sure"), "used"] == sums.loc[("dpd", "sure"), "member"]


def test_a_study_of_another_vintage_is_another_reading(inputs: Inputs, tmp_path: Path) -> None:
    demo = Study.default().file
    assert demo is not None
    other = demo.read_text(encoding="utf-8").replace("millesime = 2021", "millesime = 2026")
    for name, file in Study.default().tables.items():
        other = other.replace(f'{name} = "{file.name}"', f'{name} = "{file.as_posix()}"')
    (tmp_path / "2026.toml").write_text(other, encoding="utf-8")
    asked = load(replace(inputs.study, deserts={"compare": tmp_path / "2026.toml"}))
    grid = deserts.analysis(asked, shared_measures(asked)).tables["specifications"]
    assert set(grid["reading"]) == {"member", "member 2026"}
    sums = grid.query("certainty == 'sure' and service != 'bouquet'")
    counts = sums.pivot_table("communes", "service", "reading", aggfunc="sum")
    # The same list of members five years on: only communes that merged with unlike ones may differ.
    assert ((counts["member"] - counts["member 2026"]).abs() <= 0.05 * counts["member"].clip(lower=20)).all()


def test_staff_gives_scores_a_theme_and_a_raster(tmp_path: Path) -> None:
    study = somme()
    opsn = pd.read_csv(study.tables["opsn"], dtype="str")
    opsn.assign(staff=opsn["staff"].mask(opsn["opsn"].isin(["adico"]), "30")).to_csv(
        tmp_path / "opsn.csv", index=False
    )
    staffed = replace(study, tables={**study.tables, "opsn": tmp_path / "opsn.csv"})
    results = pipeline.run(staffed, tmp_path / "out")
    communes = results.layers["communes"]
    assert communes["access_score"].notna().equals(communes["inside"])
    assert (communes["access_score"] > 0).any()
    assert communes["access_unknown_count"].max() > 0
    assert "access" in {theme.key for theme in themes_for(results.layers)}
    with rasterio.open(tmp_path / "out" / "rasters" / "access_score.tif") as source:
        values = source.read(1, masked=True).compressed()
    scores = communes.loc[communes["inside"], "access_score"].to_numpy(dtype=np.float32)
    assert set(values) <= set(scores)
    assert values.max() == scores.max()
    with closing(sqlite3.connect(tmp_path / "out" / f"{staffed.metadata.stem}.gpkg")) as database:
        (content,) = database.execute("SELECT content FROM qgis_projects").fetchone()
    with zipfile.ZipFile(io.BytesIO(bytes.fromhex(content.decode()))) as project:
        assert text("rasters.access_score") in project.read(project.namelist()[0]).decode()


def test_no_people_no_table(plain: Analysis) -> None:
    assert "accessibilite_ponderee" not in plain.tables


def test_a_population_raster_weighs_distances_and_access(inputs: Inputs, tmp_path: Path) -> None:
    communes = inputs.territory.communes
    west, south, east, north = communes.total_bounds
    place = from_origin(west, north, 2_000, 2_000)
    shape = (int((north - south) // 2_000) + 1, int((east - west) // 2_000) + 1)
    people = np.random.default_rng(1).poisson(5, shape).astype("float32")
    with rasterio.open(
        tmp_path / "p.tif", "w", driver="GTiff", count=1, dtype="float32", height=shape[0], width=shape[1],
        crs=2154, transform=place,
    ) as target:  # fmt: skip
        target.write(people, 1)
    opsn = inputs.tables["opsn"]
    staffed = {**inputs.tables, "opsn": opsn.assign(staff=30.0)}
    asked = replace(inputs, tables=staffed, population=PopulationGrid(tmp_path / "p.tif", communes))
    made = deserts.analysis(asked, shared_measures(asked))
    found = made.tables["accessibilite_ponderee"].set_index(["level", "code"])
    assert found.loc["commune"].index.equals(inputs.territory.inside.index.rename("code"))
    assert found.loc["departement"].index.tolist() == ["80"]
    by_commune, scores = found.loc["commune"], made.columns["communes"]["access_score"]
    populated = by_commune["grid_population"] > 0
    np.testing.assert_allclose(
        by_commune["access_score_mean"][populated], scores[by_commune.index[populated]]
    )
    inside = by_commune[populated]
    expected = np.average(inside["distance_opsn_mean_m"], weights=inside["grid_population"])
    assert found.loc[("departement", "80"), "distance_opsn_mean_m"] == pytest.approx(expected)
    assert inside["distance_member_mean_m"].between(0, 50_000).all()
    assert all(label(name) != name for name in made.tables["accessibilite_ponderee"])
