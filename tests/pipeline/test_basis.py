"""What rows rest on, from end to end: the founding_measured study, and a study of lists alone."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pandas as pd

from opsn_geo.catalogue.basis import BASES, ranks
from opsn_geo.pipeline.init import init_study
from opsn_geo.pipeline.run import Results, run
from opsn_geo.study import Study

if TYPE_CHECKING:
    from pathlib import Path

DRAWN_OR_CHOSEN = re.compile(r"simul|suppos[ée]|assumed|tir[ée]e?s? au sort", re.IGNORECASE)


def test_the_inputs_of_the_founding_study_are_counted_by_basis(founding_measured: Results) -> None:
    table = founding_measured.tables["fondements"].reset_index()
    counts = table.pivot_table("rows_count", "input", "basis", fill_value=0)
    assert counts.loc["offers", ["study", "assumed"]].tolist() == [12, 70]
    assert counts.loc["memberships", "simulated"] == 2699
    assert counts.loc["answers", "simulated"] == 488
    assert counts.loc[["opsn.legal_form", "opsn.seat", "opsn.departements"], "assumed"].tolist() == [9, 9, 9]
    assert counts.loc["boundaries", "fact"] == 3838
    assert (counts.sum(axis=1) <= table.groupby("input")["total_count"].max()).all()


def test_every_published_row_has_a_basis_no_stronger_than_its_inputs(founding_measured: Results) -> None:
    without = {"rejets", "fondements"}
    frames = {**founding_measured.layers, **founding_measured.tables}
    assert {name for name, frame in frames.items() if "basis" not in frame} == without
    for name in frames.keys() - without:
        known = frames[name]["basis"].dropna()
        assert set(known) <= set(BASES), name
    members = founding_measured.tables["couverture"].query("state == 'member'")
    assert set(members["basis"]) == {"simulated"}
    assert (ranks(founding_measured.tables["couverture"]["basis"].dropna()) >= BASES.index("assumed")).all()
    assert set(founding_measured.layers["opsn"]["basis"]) == {"assumed"}
    assert set(founding_measured.tables["panorama_affirmations"]["verdict"]) <= {"agrees", "not_judged"}


def test_a_study_of_lists_alone_has_no_word_of_simulation_anywhere(tmp_path: Path) -> None:
    init_study(tmp_path / "study", millesime=2021, epci=["200071785"])
    for file in (tmp_path / "study").glob("*.csv"):
        rows = pd.read_csv(file, dtype=str, keep_default_na=False)
        rows.drop(columns=[it for it in rows if "basis" in it]).to_csv(file, index=False)
    results = run(Study.from_toml(tmp_path / "study" / "study.toml"), tmp_path / "out")
    assert set(results.layers["communes"]["basis"].dropna()) == {"list"}
    texts = {file.name: file.read_text("utf-8-sig") for file in (tmp_path / "out").rglob("*.csv")}
    for name in ("manifest.json", "datapackage.json", "rapport.html"):
        texts[name] = (tmp_path / "out" / name).read_text("utf-8")
    with closing(sqlite3.connect(next((tmp_path / "out").glob("*.gpkg")))) as base:
        described = base.execute("SELECT identifier, description FROM gpkg_contents").fetchall()
        styles = base.execute("SELECT styleQML FROM layer_styles").fetchall()
        project = bytes.fromhex(base.execute("SELECT content FROM qgis_projects").fetchone()[0].decode())
    texts |= {"layers": str(described), "styles": str(styles)}
    assert project[:2] == b"PK"
    found = {name: DRAWN_OR_CHOSEN.findall(text) for name, text in texts.items()}
    assert not {name: words for name, words in found.items() if words}
    for page in ("atlas.html", "couverture.html"):
        assert '<p class="notice"><strong>' not in (tmp_path / "out" / page).read_text("utf-8")
