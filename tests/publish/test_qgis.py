"""What real QGIS, GDAL and R find in the file: on the toy territory, and on the founding study."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import warnings
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from opsn_geo.catalogue.register import groups
from opsn_geo.catalogue.words import text
from opsn_geo.publish.geopackage import write as geopackage
from opsn_geo.publish.rasters.write import distance, grid_over, write_raster, write_rasters
from opsn_geo.publish.themes import themes_for

pytestmark = pytest.mark.qgis

PROBE = Path(__file__).with_name("probe_qgis.py")
DEBIAN_PYTHON = "/usr/bin/python3"  # the one that Debian's QGIS and GDAL bind to
RASTERS = ("distance_member_m", "distance_opsn_m")
GROUPS = {group.title(): group for group in groups().values()}
OPENINGS = ("Couverture", "Déserts", "Représentativité", "Données")
Report = dict[str, Any]


def ran(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*map(str, command)], capture_output=True, text=True, check=False, timeout=600)


def needed(what: str, *command: str) -> None:
    """Skip without a tool on a desk; fail without it in CI."""
    if shutil.which(command[0]) and ran(*command).returncode == 0:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI needs {what}")
    pytest.skip(f"{what} is not installed")


@pytest.fixture(scope="module", params=["toy", pytest.param("study", marks=pytest.mark.slow)])
def moved(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Write a file, move its folder, and make both read-only."""
    home = tmp_path_factory.mktemp("home")
    if request.param == "toy":
        toy = request.getfixturevalue("published_toy")
        near = home / "rasters" / "distance_opsn_m.tif"
        communes = toy.layers["communes"]
        grid = grid_over(communes, 100)
        write_raster(near, distance(grid, communes.centroid.head(1)), grid, toy.metadata, near.stem)
        file = geopackage.write(home / "opsn-toy-2021.gpkg", *toy, rasters=[near])
    else:
        results = request.getfixturevalue("founding_published")
        metadata = results.inputs.study.metadata
        themes = themes_for(results.layers, metadata.language)
        rasters = [home / "rasters" / f"{it}.tif" for it in RASTERS]
        assert set(write_rasters(home / "rasters", results.layers, metadata)) == set(RASTERS)
        file = geopackage.write(
            home / f"{metadata.stem}.gpkg", results.layers, results.tables, metadata, themes, rasters=rasters
        )
    folder = tmp_path_factory.mktemp("elsewhere") / "dossier d’été"
    shutil.move(home, folder)
    (folder / file.name).chmod(0o444)
    folder.chmod(0o555)
    yield folder / file.name
    folder.chmod(0o755)


@pytest.fixture(scope="module")
def pictures(moved: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp(moved.stem)


@pytest.fixture(scope="module")
def report(moved: Path, pictures: Path) -> Report:
    needed("QGIS (python3-qgis)", DEBIAN_PYTHON, "-c", "import qgis.core")
    done = ran(DEBIAN_PYTHON, PROBE, moved, pictures)
    assert done.returncode == 0, done.stderr
    answer: Report = json.loads(done.stdout[done.stdout.index("{") :])
    return answer


def pixels(file: str) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.open(file) as picture:
            return picture.read()


def test_every_layer_and_table_opens(report: Report) -> None:
    assert {"communes", "epci", "departements", "opsn", "services", "couverture", "dictionnaire"} <= set(
        report["layers"]
    )
    assert all(layer["valid"] for layer in report["layers"].values())
    assert {layer["crs"] for layer in report["layers"].values() if layer["renderer"]} == {"EPSG:2154"}


def test_each_layer_has_its_default_style(report: Report) -> None:
    drawn = [layer for layer in report["layers"].values() if layer["renderer"]]
    assert {layer["renderer"] for layer in drawn} <= {"RuleRenderer", "pointDisplacement"}
    assert all(label for layer in drawn for label in layer["legend"])
    assert report["layers"]["departements"]["labels"]


def test_no_feature_is_outside_all_classes(report: Report) -> None:
    assert not [key for key, layer in report["project_layers"].items() if layer["undrawn"]]
    assert not [name for name, layer in report["layers"].items() if layer["undrawn"]]


def test_every_field_has_an_alias_and_states_have_words(report: Report) -> None:
    shown = report["layers"] | report["project_layers"]
    aliases = {(key, field): alias for key, it in shown.items() for field, alias in it["aliases"].items()}
    assert not [place for place, alias in aliases.items() if not alias]
    assert "ValueMap" in report["layers"]["communes"]["values"]


def test_metadata_show_in_the_properties_of_each_layer(report: Report) -> None:
    for layer in report["layers"].values():
        assert layer["title"]
        assert "Licence Ouverte" in layer["licences"][0]
        assert "services publics numériques" in layer["keywords"]


def test_the_project_opens_whole_in_another_folder_read_only(report: Report, moved: Path) -> None:
    assert report["opened"]
    assert report["invalid"] == []
    assert report["messages"] == []
    assert {str(moved.parent), *report["folders"]} - {str(moved.parent / "rasters")} == {str(moved.parent)}
    assert report["crs"] == "EPSG:2154"
    assert report["groups"][0] == "Limites"
    assert report["groups"][1] == "Couverture"
    assert report["groups"][-1] == "Données"


def test_the_view_holds_the_territory(report: Report) -> None:
    west, south, east, north = report["view"]
    assert 0 < east - west < 400_000
    assert 0 < north - south < 400_000
    assert report["themes"]


def test_rasters_are_shown_in_their_own_style(report: Report, moved: Path) -> None:
    expected = {file.stem for file in (moved.parent / "rasters").glob("*.tif")}
    titles = {text(f"rasters.{it}") for it in expected}
    names = {raster["title"] for raster in report["rasters"].values()}
    assert {name.rpartition(" (")[0] for name in names} == titles
    assert all(name.endswith((" (simulé)", " (supposé)")) for name in names)
    assert {raster["renderer"] for raster in report["rasters"].values()} == {"singlebandpseudocolor"}
    for key, raster in report["rasters"].items():
        assert len(raster["legend"]) > 1
        title = raster["title"].rpartition(" (")[0]
        assert report["layouts"][f"Déserts – {title} – A4"]["entries"][key] == raster["legend"]
        assert all(label.endswith(("km", "km au plus")) for label in raster["legend"])


def test_the_form_of_a_commune_shows_its_services(report: Report) -> None:
    assert all(valid for valid, _ in report["relations"].values())
    commune = report["project_layers"]["opsn_geo_state"]
    assert commune["tabs"][:3] == ["Identité", "Mesures", "Services de la commune"]
    assert "opsn_geo_state__opsn_geo_data_couverture" in commune["related"]
    services = report["children"]["opsn_geo_state__opsn_geo_data_couverture"]
    assert len(services) >= 2
    assert all(" : " in words for words in services)
    assert any(words.startswith(("adhésion en vigueur : ", "situation inconnue : ")) for words in services)
    assert report["children"]["opsn_geo_limits_epci__opsn_geo_state"]


def test_the_form_of_a_commune_shows_its_answers_only_if_it_is_named(report: Report, moved: Path) -> None:
    answers = {key: words for key, words in report["children"].items() if "reponses" in key}
    assert bool(answers) == ("toy" in moved.name)
    assert all(words == ["Un serveur ? : oui"] for words in answers.values())


def test_every_form_finds_its_relations_and_every_tip_its_words(report: Report, moved: Path) -> None:
    related = [key for layer in report["project_layers"].values() for key in layer["related"]]
    assert sorted(related) == sorted(report["relations"])
    tips = {key: layer["tip"] for key, layer in report["project_layers"].items() if layer["features"]}
    assert not [key for key, tip in tips.items() if not tip.startswith("<b>") or "[% replace" in tip]
    on_lists_alone = "toy" in moved.name  # nothing assumed nor simulated: no basis to warn of
    assert tips["opsn_geo_epci_covered"].endswith("%") == on_lists_alone
    assert ("%<br>" in tips["opsn_geo_epci_covered"]) != on_lists_alone


def test_names_are_text_in_tips_and_no_html(report: Report, moved: Path) -> None:
    tips = [layer["tip"] for layer in report["project_layers"].values()]
    assert not [tip for tip in tips if "O&O" in tip]
    assert any("&lt;b>O&amp;O&lt;/b>" in tip for tip in tips) == ("toy" in moved.name)


def test_four_map_themes_open_the_subjects(report: Report, moved: Path) -> None:
    has_survey = "toy" not in moved.name
    expected = {name for name in OPENINGS if has_survey or name != "Représentativité"}
    assert {name for name in report["themes"] if " – " not in name} == expected
    shown = {name: set(report["themes"][name]["drawn"]) for name in expected}
    limits = {"opsn_geo_limits_departements", "opsn_geo_limits_epci"}
    assert shown["Couverture"] == limits | {"opsn_geo_state", "opsn_geo_opsn_form"}
    assert shown["Données"] == limits | {"opsn_geo_data_communes", "opsn_geo_data_opsn"}
    if has_survey:
        assert shown["Déserts"] == limits | {"opsn_geo_desert_stability", "opsn_geo_patches_deserts"}
        assert shown["Représentativité"] == limits | {"opsn_geo_epci_response", "opsn_geo_patches_silences"}


def test_choosing_a_theme_switches_on_its_layers_and_no_other(report: Report) -> None:
    for name, theme in report["themes"].items():
        assert sorted(theme["switched_on"]) == sorted(theme["drawn"]), name


def test_each_theme_draws_a_picture_of_its_own(report: Report) -> None:
    drawn = {name: pixels(theme["picture"]) for name, theme in report["themes"].items()}
    assert all(theme["errors"] == [] for theme in report["themes"].values())
    for name, picture in drawn.items():
        inked = (picture[:3] < 250).any(axis=0).mean()
        assert inked > 0.005, name
        assert len(np.unique(picture[:3].reshape(3, -1).T, axis=0)) > 20, name
    shown = {name: sorted(theme["drawn"]) for name, theme in report["themes"].items()}
    pairs = [pair for pair in combinations(drawn, 2) if shown[pair[0]] != shown[pair[1]]]
    assert [pair for pair in pairs if np.array_equal(drawn[pair[0]], drawn[pair[1]])] == []
    assert len({tuple(keys) for keys in shown.values()}) >= 3


def test_each_theme_has_a_page_on_a3_and_on_a4(report: Report) -> None:
    papers = {"A3": [420, 297], "A4": [210, 297]}
    expected = {f"{theme} – {paper}" for theme in report["themes"] for paper in papers}
    assert expected <= set(report["layouts"])
    for name in expected:
        theme, _, paper = name.rpartition(" – ")
        page = report["layouts"][name]
        title = theme.split(" – ", 1)[-1] if " – " in theme else GROUPS[theme].headline()
        assert page["follows"] == theme
        assert not [entry for entries in page["entries"].values() for entry in entries if "Band" in entry]
        assert [page["pdf"][0], page["png"][0]] == [0, 0]
        assert page["size"] == papers[paper]
        assert title in page["texts"]
        page_text = "\n".join(page["shown"])
        assert all(
            word in page_text for word in ("IGN", "INSEE", "01/02/2021", "page tirée le", "Échelle 1:")
        )
        assert "SIMULÉES" in page_text or "Supposés" in page_text
        if paper == "A4":
            assert (pixels(page["png"][1])[:3] < 250).any(axis=0).mean() > 0.02
    for theme in (name for name in report["themes"] if " – " not in name):
        assert Path(report["layouts"][f"{theme} – A3"]["pdf"][1]).read_bytes().startswith(b"%PDF")


def test_the_counts_of_a_legend_are_counted_when_it_is_drawn(report: Report) -> None:
    page = report["layouts"]["Couverture – A4"]
    numbers = [
        int(re.sub(r"\D", "", words.rpartition("(")[2])) for words in page["entries"]["opsn_geo_state"]
    ]
    assert sum(numbers) == report["project_layers"]["opsn_geo_state"]["features"]


def test_everything_stays_on_the_page_when_the_paper_is_changed(report: Report) -> None:
    items = report["resized"]
    assert {"map", "title", "legend", "warning", "scale", "north", "sources"} <= set(items)
    for name, (x, y, width, height) in items.items():
        assert x >= 0, name
        assert y >= 0, name
        assert (x + (0 if name == "legend" else width), y + (0 if name == "legend" else height)) < (
            211,
            298,
        ), name


def test_each_service_has_a_theme_on_communes_and_the_study_on_epci(report: Report, moved: Path) -> None:
    services, toy = report["services"], "toy" in moved.name
    assert services["invalid"] == []
    on_communes = [name for name in services["themes"] if name.endswith(", par commune")]
    on_epci = [name for name in services["themes"] if name.endswith(", par EPCI")]
    assert [len(on_communes), len(on_epci)] == ([2, 0] if toy else [31, 31])
    communes = [count for key, count in services["features"].items() if "services_communes" in key]
    assert set(communes) == {13 if toy else 3789}
    assert len(services["layouts"]) == 6


def test_a_page_of_the_canvas_shows_a_service_in_one_departement(report: Report) -> None:
    services = report["services"]
    shown = services["shown"]
    assert shown["title"].startswith(services["chosen"])
    assert shown["subtitle"].startswith(services["place"])
    assert not [words for words in shown.values() if "[%" in words and "% 1 + 1 %]" not in words]
    assert "Part des communes couvertes : " in shown["figures"]


def test_the_scale_bar_fits_at_every_scale(report: Report) -> None:
    for name, page in report["layouts"].items():
        assert 15 < min(page["scales"]) <= max(page["scales"]) < (76 if name.endswith("A3") else 60), name


def test_distances_are_measured_in_kilometres(report: Report) -> None:
    assert report["unit"] == "km"


def test_no_name_is_evaluated_as_an_expression(report: Report, moved: Path) -> None:
    shown = [line for page in report["layouts"].values() for line in page["shown"]]
    entries = [
        entry
        for page in report["layouts"].values()
        for entries in page["entries"].values()
        for entry in entries
    ]
    if "toy" in moved.name:
        assert all(any("% 1 + 1 %]" in it for it in texts) for texts in (shown, entries))
    assert not [it for it in [*shown, *entries] if " % 2" in it]


def test_gdals_own_checker_is_content(moved: Path) -> None:
    needed("GDAL for Python (python3-gdal)", DEBIAN_PYTHON, "-c", "import osgeo_utils.samples.validate_gpkg")
    done = ran(DEBIAN_PYTHON, "-m", "osgeo_utils.samples.validate_gpkg", "-k", moved)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_gdal_of_debian_reads_it_without_a_warning(moved: Path) -> None:
    needed("GDAL (gdal-bin)", "ogrinfo", "--version")
    done = ran("ogrinfo", "-ro", "-so", moved, "communes")
    assert done.returncode == 0
    assert done.stderr == ""
    assert "code_insee: String" in done.stdout
    assert "domain name=state" in done.stdout


def test_r_reads_it(moved: Path) -> None:
    needed("R with sf (r-cran-sf)", "Rscript", "-e", "library(sf)")
    read = "x <- sf::st_read(commandArgs(TRUE)[1], 'communes', quiet = TRUE)"
    script = f"{read}; cat(class(x$code_insee), sf::st_crs(x)$epsg)"
    done = ran("Rscript", "-e", script, moved)
    assert done.stdout == "character 2154", done.stderr
