"""A study of frames is the same as a study of files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

import opsn_geo
from opsn_geo.errors import Fault, InputError
from opsn_geo.pipeline.check import check
from opsn_geo.pipeline.load import load
from opsn_geo.pipeline.run import measure
from opsn_geo.study import Metadata, Study

if TYPE_CHECKING:
    from opsn_geo.boundaries.territory import Territory

Tables = dict[str, pd.DataFrame]


def test_frames_give_what_the_same_data_give_as_files(
    tmp_path: Path, toy_study: Study, toy_tables: Tables, filed: Callable[[Path, Tables], Study]
) -> None:
    from_frames, from_files = measure(load(toy_study)), measure(load(filed(tmp_path, toy_tables)))
    assert list(from_frames.tables) == list(from_files.tables)
    for name, table in from_files.tables.items():
        if name != "rejets":
            made = from_frames.tables[name].reset_index(drop=True)
            pd.testing.assert_frame_equal(made, table.reset_index(drop=True), obj=name)
    for name, layer in from_files.layers.items():
        pd.testing.assert_frame_equal(
            pd.DataFrame(from_frames.layers[name].drop(columns="geometry")),
            pd.DataFrame(layer.drop(columns="geometry")),
            check_dtype=False,
            obj=name,
        )
    rejected = from_frames.rejects[["table", "row", "code", "cause"]].to_numpy().tolist()
    assert rejected == [["memberships", "3", "60099", "outside_territory"]]
    assert from_files.rejects["row"].tolist() == ["5"]
    states = from_frames.layers["communes"]["state"].value_counts().to_dict()
    assert states == {"member": 6, "unknown": 4, "not_offered": 2}


def test_a_study_of_frames_is_carried_from_end_to_end(tmp_path: Path, toy_study: Study) -> None:
    results = opsn_geo.run(toy_study, tmp_path)
    assert (tmp_path / "atlas.html").is_file()
    assert gpd.read_file(tmp_path / "opsn-toy-2021.gpkg", layer="communes")["inside"].sum() == 12
    (fault,) = results.reject_faults()
    assert fault.text("en").startswith("memberships, row labelled “3”, value “60099”: this row could not")


def test_communes_alone_are_enough_with_codes_in_the_index_or_in_a_column(
    toy: Territory, toy_head: Metadata, toy_tables: Tables
) -> None:
    inside = toy.communes[toy.communes["inside"]][["name", "siren_epci", "population", "geometry"]]
    columns = {"name": "NOM", "siren_epci": "SIREN_EPCI", "code_insee": "INSEE_COM"}
    as_ign = inside.reset_index().rename(columns=columns).to_crs(4326)
    for communes in (inside, inside.rename_axis(None), as_ign):
        inputs = load(Study.from_frames(toy_head, communes, toy_tables))
        assert inputs.territory.communes.index.tolist() == sorted(inside.index)
        assert inputs.territory.epci.index.tolist() == ["200000172", "200000438", "200000545"]
        assert inputs.territory.communes.crs.to_epsg() == 2154
        assert len(inputs.tables["memberships"]) == 3


def faults(study: Study) -> list[Fault]:
    """Return the faults of a study, which check and load must agree on."""
    with pytest.raises(InputError) as raised:
        load(study)
    report = check(study)
    assert report.faults == tuple(dict.fromkeys(raised.value.faults))
    return list(report.faults)


def test_codes_and_outlines_alone_are_completed_as_those_of_a_file_are(
    toy_head: Metadata, toy_tables: Tables
) -> None:
    squares = [box(710_000 + x, 6_940_000, 711_000 + x, 6_941_000) for x in (0, 1000)]
    codes = pd.Index(["02001", "02002"], name="code_insee")
    communes = gpd.GeoDataFrame(geometry=squares, crs=2154, index=codes)
    members = pd.DataFrame({"opsn": ["alpha"], "name": ["Achery"]})
    offers = pd.DataFrame({"opsn": ["alpha"], "service": "dpd", "level": "epci", "code": "200071785"})
    tables = {name: toy_tables[name] for name in ("opsn", "services")}
    study = Study.from_frames(toy_head, communes, {**tables, "memberships": members, "offers": offers})
    inputs = load(study)
    assert inputs.tables["memberships"]["code"].tolist() == ["02002"]
    place = inputs.territory
    assert place.communes[["name", "postal_codes"]].to_numpy().tolist() == [
        ["Abbécourt", "02300"],
        ["Achery", "02800"],
    ]
    assert place.epci["name"].to_dict() == {"200071785": "CA Chauny Tergnier La Fère"}
    assert place.departements["name"].to_dict() == {"02": "Aisne"}


def test_all_that_is_wrong_in_frames_comes_at_once_with_frame_label_column_and_value(
    toy: Territory, toy_head: Metadata, toy_tables: Tables
) -> None:
    offers = toy_tables["offers"].drop(columns="service").assign(level=["departement", "canton"])
    memberships = toy_tables["memberships"].assign(opsn="alhpa").set_axis(["a", "b", "c", "d"])
    answers = toy_tables["answers"].assign(cloud="perhaps")
    spoilt = {**toy_tables, "offers": offers, "memberships": memberships, "answers": answers}
    communes = toy.communes.drop(columns="geometry")
    found = faults(Study.from_frames(toy_head, communes, spoilt))
    assert {(it.cause, it.file, it.label, it.column) for it in found} >= {
        ("frame_column", "offers", None, "service"),
        ("wrong_value", "offers", 1, "level"),
        ("unknown_reference", "memberships", "a", "opsn"),
        ("wrong_answer", "answers", "r0", "cloud"),
        ("frame_projection", "communes", None, None),
    }
    assert all(it.row is None for it in found)


@pytest.mark.parametrize(
    ("spoil", "cause", "column"),
    [
        (lambda it: it.reset_index(drop=True), "frame_column", "code_insee"),
        (lambda it: it.set_axis([f"x{row}" for row in range(13)]), "wrong_code", "code_insee"),
        (lambda it: it.rename({"80002": "80001"}), "repeated_label", None),
        (lambda it: it.set_crs(None, allow_override=True), "frame_projection", None),
        (lambda _: None, "no_frame", None),
    ],
)
def test_communes_that_cannot_be_studied_are_named(
    toy: Territory,
    toy_head: Metadata,
    toy_tables: Tables,
    spoil: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame],
    cause: str,
    column: str | None,
) -> None:
    study = Study.from_frames(toy_head, spoil(toy.communes), toy_tables)
    first = faults(study)[0]
    assert (first.cause, first.file, first.column) == (cause, "communes", column)


def test_a_table_or_an_option_that_no_study_has_is_refused_at_once(
    toy: Territory, toy_head: Metadata, toy_tables: Tables
) -> None:
    wrong = {"ofers" if name == "offers" else name: frame for name, frame in toy_tables.items()}
    head = replace(toy_head, territory="../toy")
    with pytest.raises(InputError) as raised:
        Study.from_frames(head, toy.communes, wrong, survey={"margin": ["code_dep"]}, min_answers=0)
    assert {(it.cause, it.column) for it in raised.value.faults} == {
        ("wrong_key", "study.territory"),
        ("wrong_key", "thresholds.min_answers"),
        ("unknown_key", "survey.margin"),
        ("unknown_key", "tables.ofers"),
        ("missing_key", "tables.offers"),
    }


def test_a_study_of_frames_shows_itself_shortly(toy_study: Study) -> None:
    assert repr(toy_study) == (
        "<Study: title Toy, territory toy, vintage 2021, date 2021-02-01, tables opsn, services, offers, "
        "memberships, questionnaire, answers, variables>"
    )
