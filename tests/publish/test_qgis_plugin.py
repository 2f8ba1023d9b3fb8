"""The plugin's algorithms in real QGIS, on a study of one EPCI."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from opsn_geo.qgis_plugin import NAME, install, plugin_dir, write_zip

pytestmark = pytest.mark.qgis

PROBE = Path(__file__).with_name("probe_plugin.py")
DEBIAN_PYTHON = "/usr/bin/python3"  # the one that Debian's QGIS binds to
STUDY = """
[study]
title = "Toy"
territory = "toy"
territory_name = "Toy"
millesime = 2021
date = 2021-02-01

[boundaries]
epci = ["200018083"]

[tables]
opsn = "opsn.csv"
services = "services.csv"
offers = "offers.csv"
memberships = "memberships.csv"
"""
TABLES = {
    "opsn": "opsn,name,legal_form,seat,list_complete\na,A,association,,true\n",
    "services": "service,name,family\ndpd,DPD,data\nsig,SIG,data\n",
    "offers": "opsn,service,level,code\na,dpd,departement,62\n",
    "memberships": "opsn,level,code,services\na,commune,62268,*\n",
}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    if subprocess.run([DEBIAN_PYTHON, "-c", "import qgis.core"], check=False, capture_output=True).returncode:
        if os.environ.get("CI") == "true":
            pytest.fail("CI needs QGIS (python3-qgis)")
        pytest.skip("QGIS (python3-qgis) is not installed")
    folder = tmp_path_factory.mktemp("plugin d’été")
    install(folder / "plugins")
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    for name, content in TABLES.items():
        (folder / f"{name}.csv").write_text(content, encoding="utf-8")
    (folder / "list.csv").write_text("nom,n\nDesvres,1\nSainte-Trifouille,2\n", encoding="utf-8")
    paths = (folder / "plugins", folder / "study.toml", folder / "list.csv", folder)
    done = subprocess.run(
        [DEBIAN_PYTHON, PROBE, *paths], check=False, capture_output=True, text=True, timeout=500
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout[done.stdout.index("{") :])
    return answer


def test_the_toolbox_holds_the_algorithms(report: dict[str, Any]) -> None:
    names = {"check", "run", "link", "coverage", "deserts"}
    assert set(report["algorithms"]) == {f"opsn_geo:{name}" for name in names}


def test_a_sound_study_is_checked_and_run_to_a_geopackage(report: dict[str, Any]) -> None:
    assert (report["check"]["SOUND"], report["check"]["FAULTS"]) == (True, 0)
    assert report["run"]["GEOPACKAGE"].endswith("results/opsn-toy-2021.gpkg")


def test_names_of_a_table_are_linked_to_their_codes(report: dict[str, Any]) -> None:
    linked = report["link"]
    assert linked["rows"] == 2
    assert "62268" in linked["values"][0]
    assert "62268" not in linked["values"][1]


def test_a_service_gives_its_coverage_and_its_deserts(report: dict[str, Any]) -> None:
    coverage = report["coverage"]
    state = coverage["fields"].index("state")
    assert coverage["rows"] == 31
    assert {row[state] for row in coverage["values"]} <= {"member", "offered"}
    assert report["deserts"]["rows"] >= 1


def test_a_run_that_is_cancelled_stops_and_writes_nothing(report: dict[str, Any]) -> None:
    assert report["stopped"]
    assert not Path(report["run"]["FOLDER"]).with_name("stopped").joinpath("manifest.json").exists()


def test_the_zip_holds_the_plugin_and_no_command_of_one_desk(tmp_path: Path) -> None:
    shutil.unpack_archive(write_zip(tmp_path / "plugin.zip"), tmp_path)
    parts = {file.name for file in (tmp_path / NAME).iterdir()}
    assert parts == {file.name for file in plugin_dir().glob("*.*")}
    assert {"metadata.txt", "__init__.py"} <= parts
    assert "command.json" not in parts
