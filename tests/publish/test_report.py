from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from opsn_geo.catalogue.words import text, texts
from opsn_geo.measure.survey.representativeness import overall_table, standardised_differences
from opsn_geo.measure.survey.response import response_tables
from opsn_geo.pipeline.analyses.overview import overview
from opsn_geo.publish import report
from opsn_geo.publish.report.charts import panel as laid_out
from opsn_geo.publish.report.model import (
    Chart,
    Facts,
    Maps,
    Material,
    Prose,
    Report,
    Section,
    Table,
)
from opsn_geo.publish.report.survey import representativeness
from opsn_geo.publish.report.wording import questionnaire_words, service_words
from opsn_geo.publish.themes import themes_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from .conftest import Published

HOSTILE = """<script>alert("x")</script> & 'y'"""
SPACE = "\u202f"


def material(given: Published, **changes: object) -> Material:
    parts = {
        "layers": given.layers,
        "tables": given.tables,
        "figures": overview(given.layers, given.tables),
        "metadata": given.metadata,
        "themes": given.themes,
        "counts": {"memberships_read": 3, "memberships_linked": 2, "memberships_rejected": 1},
        "rejects": pd.DataFrame({"table": ["memberships"], "cause": ["unknown_code"]}),
        "questionnaire": questionnaire_words(None),
        "services": service_words(given.tables["services"], "name", given.metadata.language),
        "min_answers": 5,
    }
    return Material(**{**parts, **changes})


@pytest.fixture
def studied(published: Callable[..., Published]) -> Callable[..., Published]:
    """Give the toy run with what a report needs, and names that try to break its page."""

    def made(lang: str = "fr") -> Published:
        given = published(lang)
        epci = given.layers["epci"].assign(
            name=[HOSTILE, "B", "C"],
            covered_possible_share=1.0,
            covered_pop_share=[0.5, 0.25, 1.0],
            covered_pop_possible_share=1.0,
            crosses_border=[False, False, True],
        )
        communes = given.layers["communes"]
        communes = communes.assign(opsn=np.where(communes["opsn_count"].fillna(0) > 0, "a", ""))
        layers = {**given.layers, "communes": communes, "epci": epci}
        services = pd.DataFrame(
            {"service": ["dpd", "sig"], "name": ["Délégué", HOSTILE], "name_en": ["Officer", HOSTILE],
             "family": "Données", "family_en": "Data"}
        )  # fmt: skip
        offers = pd.DataFrame({"opsn": ["a"], "service": ["dpd"]})
        tables = {**given.tables, "services": services, "offres": offers}
        return given._replace(layers=layers, tables=tables, themes=themes_for(layers, lang))  # type: ignore[arg-type]

    return made


def blocks(section: Section) -> Iterator[object]:
    yield from section.blocks
    for part in section.parts:
        yield from part.blocks


def section(made: Report, key: str) -> Section:
    return next(it for it in made.sections if it.key == key)


def tables(made: Report) -> Iterator[Table]:
    for it in (block for each in made.sections for block in blocks(each)):
        if isinstance(it, Table):
            yield it
        elif isinstance(it, Chart):
            yield it.table


def test_shares_by_service_are_those_of_the_couverture(studied: Callable[..., Published]) -> None:
    given = studied()
    ladder = next(
        it for it in blocks(section(report.report(material(given)), "coverage")) if isinstance(it, Chart)
    )
    # of 12 communes inside, every one is a member for dpd and unknown for sig
    assert {row[0]: row[1] for row in ladder.table.rows} == {
        "Délégué": f"100{SPACE}%",
        HOSTILE: f"0 à 100{SPACE}%",
    }
    dpd = next(row for panel in ladder.panels for row in panel.rows if row.label == ("Délégué",))
    assert [(it.at, it.width, it.hatched) for it in dpd.parts] == [(0.0, 100.0, False)]


def test_bars_fill_the_whole_width(studied: Callable[..., Published]) -> None:
    made = report.report(material(studied()))
    for chart in (it for it in blocks(section(made, "coverage")) if isinstance(it, Chart)):
        for row in (row for panel in chart.panels for row in panel.rows):
            assert sum(it.width for it in row.parts) == pytest.approx(100)


def test_the_first_page_counts_communes_inside_only(studied: Callable[..., Published]) -> None:
    given = studied()
    covered = report.report(material(given)).facts.items[0]
    inside = given.layers["communes"].query("inside")
    known = inside["state"].isin(["used", "member"])
    unknown = inside["state"].isna() | inside["state"].eq("unknown")
    assert (known.sum(), unknown.sum(), len(inside)) == (8, 2, 12)
    assert covered.value == f"67 à 83{SPACE}% des communes"
    assert "8 communes sur 12" in covered.note
    assert "Pour 2 autres" in covered.note


def test_a_study_without_answers_says_what_it_leaves_out(studied: Callable[..., Published]) -> None:
    made = report.report(material(studied()))
    assert [it.key for it in made.sections] == ["territory", "operators", "coverage", "method"]
    left_out = ("deserts", "representativeness", "survey", "influence", "needs", "extension", "figures",
                "contradictions")  # fmt: skip
    said = texts("report", "fr")
    assert made.left_out == tuple(said[f"without_{it}"] for it in left_out)
    assert said["no_survey"] in [it.value for it in made.facts.items]


def test_a_study_where_nothing_is_known_is_still_told(studied: Callable[..., Published]) -> None:
    given = studied()
    communes = given.layers["communes"].assign(state="unknown", path=None, opsn=None, opsn_count=0)
    cells = given.tables["couverture"].iloc[:0]
    bare = given._replace(
        layers={**given.layers, "communes": communes},
        tables={**given.tables, "couverture": cells, "adhesions": given.tables["adhesions"].iloc[:0]},
    )
    made = report.report(material(bare))
    assert made.facts.items[0].value == f"0 à 100{SPACE}% des communes"
    assert report.page(made).count("<h2") == 6


def test_hostile_names_stay_text(studied: Callable[..., Published]) -> None:
    given = studied()
    page = report.page(report.report(material(given)))
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert") >= 2
    addresses = set(re.findall(r"""(?:src|href)\s*=\s*["']([^#"'][^"']*)""", page))
    assert {
        it for it in addresses if not re.fullmatch(r"tables/\w+\.csv|atlas\.html(#level=epci)?", it)
    } == set()
    assert "url(" not in page.replace("url(#hatch)", "")
    styles = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    assert len(styles) == 1
    assert 'content: "Toy l\\27 \\ab  \\3c b\\3e ' in styles[0]


def test_same_inputs_same_bytes(studied: Callable[..., Published], tmp_path: Path) -> None:
    for name in ("one.html", "two.html"):
        given = studied()
        gathered = report.gathered(
            given.layers, given.tables, given.metadata, given.themes,
            figures=overview(given.layers, given.tables), counts={}, rejects=given.tables["rejets"],
        )  # fmt: skip
        report.write(tmp_path / name, gathered)
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("fr", ["L’essentiel", "Qui est atteint", "adhésion en vigueur"]),
        ("en", ["In brief", "Who is reached", "member"]),
    ],
)
def test_a_report_speaks_one_language(studied: Callable[..., Published], lang: str, words: list[str]) -> None:
    page = report.page(report.report(material(studied(lang))))
    assert f'<html lang="{lang}">' in page
    for word in words:
        assert word in page
    other = texts("report", "en" if lang == "fr" else "fr")
    assert other["coverage_text"] not in page


def test_simulated_tables_are_named_at_the_top_and_in_their_sections(
    studied: Callable[..., Published],
) -> None:
    given = studied()
    made = report.report(material(given))
    assert "les adhésions" in made.notice
    assert "les adhésions" in section(made, "coverage").note
    assert "les adhésions" in section(made, "operators").note
    assert section(made, "territory").note == ""  # communes and populations are facts
    assert section(made, "method").note == ""
    real = material(given, metadata=dataclasses.replace(given.metadata, counted=()))
    assert report.report(real).notice == ""
    assert not any(it.note for it in report.report(real).sections)


def test_rejected_rows_are_counted_by_cause(studied: Callable[..., Published]) -> None:
    rejects = pd.DataFrame(
        {"table": ["memberships"] * 3, "cause": ["mismatch", "unknown_code", "unknown_code"]}
    )
    made = report.report(material(studied(), rejects=rejects))
    shown = [it for it in blocks(section(made, "method")) if isinstance(it, Table)]
    causes = texts("cause", "fr")
    assert [row[:3] for row in shown[-1].rows] == [
        (causes["unknown_code"], "les adhésions", "2"),
        (causes["mismatch"], "les adhésions", "1"),
    ]


def test_maps_have_the_colours_and_counts_of_their_theme(studied: Callable[..., Published]) -> None:
    given = studied()
    maps = next(
        it for it in blocks(section(report.report(material(given)), "coverage")) if isinstance(it, Maps)
    )
    drawn, theme = maps.items[0], next(it for it in given.themes if it.key == "state")
    assert [it.colour for it in drawn.legend] == [it.colour for it in theme.classes]
    assert [(it.colour, it.hatched) for it in drawn.shapes] == [
        (it.colour, it.hatched) for it in theme.classes if it.count
    ]
    assert (drawn.width, drawn.height) == (640, 480)


def test_a_map_covers_its_territory(studied: Callable[..., Published]) -> None:
    """Put the areas of all paths together: as much as 12 squares of 160 units."""
    maps = next(
        it for it in blocks(section(report.report(material(studied())), "coverage")) if isinstance(it, Maps)
    )
    total = 0.0
    for shape in maps.items[0].shapes:
        for ring in shape.path.split("z")[:-1]:
            steps = np.array(re.findall(r"-?\d+", ring), dtype=float).reshape(-1, 2).cumsum(axis=0)
            x, y = steps.T
            total += (x * np.roll(y, -1) - y * np.roll(x, -1)).sum() / 2
    assert abs(total) == pytest.approx(12 * 160**2, rel=1e-3)


def figures_table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "figure": ["users_share", "attacked", "staff"], "label": ["Utilisent", "Attaquées", "Agents"],
            "value": [72.0, 18.0, 15.0], "unit": ["share", "share", "mean"], "precision": [1.0, 1.0, 0.1],
            "comparison": "eq", "base": [488.0, 488.0, np.nan], "recomputed": [71.6, 18.0, np.nan],
            "recomputed_base": [488.0, 444.0, np.nan], "low": [68.0, 15.0, np.nan],
            "high": [75.0, 22.0, np.nan], "difference": [-0.4, 0.0, np.nan],
            "status": ["agrees", "inconsistent", "not_computable"],
            "note": ["", "Incohérent : 80 sur 444.", "Colonne vide."],
        }
    )  # fmt: skip


def test_published_stands_beside_recomputed(studied: Callable[..., Published]) -> None:
    given = studied()
    wrong = pd.DataFrame(
        {"check": ["base"], "subject": ["attacked"], "severity": ["contradiction"],
         "evidence": ["80 sur 444"], "quote": ["80, soit 18 %"],
         "where": ["III"], "expected": ["488"], "found": ["444"], "basis": "study"}
    )  # fmt: skip
    with_figures = given._replace(tables={**given.tables, "figures": figures_table(), "incoherences": wrong})
    made = report.report(material(with_figures))
    facts, apart, agreed = list(blocks(section(made, "figures")))[1:]
    assert isinstance(facts, Facts)
    assert [it.value for it in facts.items] == ["1", "0", "1", "1"]
    assert isinstance(apart, Table)
    assert isinstance(agreed, Table)
    assert agreed.rows == (
        ("Utilisent", f"72{SPACE}%", "488", f"72{SPACE}%", "488", "[68\u00a0;\u00a075]", "0", "concorde"),
    )
    assert [row[-1] for row in apart.rows] == ["Incohérent : 80 sur 444.", "non recalculable. Colonne vide."]
    assert apart.rows[1][1:7] == ("15,0", "–", "–", "–", "–", "–")
    listed = [it for it in blocks(section(made, "contradictions")) if isinstance(it, Table)]
    assert listed[0].rows == (("80 sur 444", "« 80, soit 18 % »", "contradiction", "étude", "III"),)


@pytest.mark.parametrize(
    ("note", "words"), [("few_answers", "non publié (petit groupe)"), ("no_answer", "non recalculable")]
)
def test_a_figure_withheld_for_a_small_group_is_not_called_impossible_to_compute(
    studied: Callable[..., Published], note: str, words: str
) -> None:
    given, why = studied(), text(f"figure_note.{note}", "fr")
    withheld = figures_table().iloc[2:].assign(note=why)
    made = report.report(material(given._replace(tables={**given.tables, "figures": withheld})))
    listed = [it for it in blocks(section(made, "figures")) if isinstance(it, Table)]
    assert [row[-1] for row in listed[0].rows] == [f"{words}. {why}"]


def test_no_line_of_a_label_ends_before_its_question_mark_or_within_a_word() -> None:
    labels = ("Quels outils de travail avez-vous ?", "De combien de postes disposez-vous, et où ?")
    made = laid_out("", [(label, "", (), ()) for label in labels])
    assert [row.label for row in made.rows] == [
        ("Quels outils de travail", "avez-vous\u00a0?"),
        ("De combien de postes", "disposez-vous, et où\u00a0?"),
    ]


def test_a_published_bound_is_shown_as_the_study_writes_it(studied: Callable[..., Published]) -> None:
    given = studied()
    bound = figures_table().iloc[:1].assign(comparison="gt", difference=2.0, status="by_construction")
    made = report.report(material(given._replace(tables={**given.tables, "figures": bound})))
    facts, agreed = list(blocks(section(made, "figures")))[1:]
    assert isinstance(facts, Facts)
    assert isinstance(agreed, Table)
    assert agreed.rows[0][1] == f"> 72{SPACE}%"
    assert agreed.rows[0][-2:] == ("–", "concorde par construction")
    assert [it.value for it in facts.items][:2] == ["0", "1"]


def test_no_inconsistency_is_said(studied: Callable[..., Published]) -> None:
    given = studied()
    none = pd.DataFrame(
        columns=["check", "subject", "severity", "quote", "evidence", "where", "expected", "found"]
    )
    made = report.report(material(given._replace(tables={**given.tables, "incoherences": none})))
    told = next(it for it in blocks(section(made, "contradictions")) if isinstance(it, Prose))
    assert told.paragraphs == (texts("report", "fr")["contradictions_none"],)


def survey_tables() -> dict[str, pd.DataFrame]:
    estimations = pd.DataFrame(
        {
            "item": ["need:dpd", "need:sig", "need:none", "score", "need:dpd"],
            "measure": ["share", "share", "share", "mean", "share"], "answers": [40, 40, 40, 38, 12],
            "unweighted": [0.5, 0.3, 0.1, 6.0, 0.6], "estimate": [0.45, 0.2, 0.1, 5.9, 0.6],
            "low": [0.4, 0.1, 0.05, 5.5, 0.5], "high": [0.5, 0.3, 0.2, 6.3, 0.7],
            "domain": ["", "", "", "", "80"],
        }
    )  # fmt: skip
    influence = pd.DataFrame(
        {
            "item": ["need:dpd", "hidden", "score"], "measure": ["share", "share", "mean"],
            "members": 30, "others": 10,
            "member_mean": [0.5, np.nan, 6.0], "other_mean": [0.3, np.nan, 5.0], "gap": [0.2, np.nan, 1.0],
            "gap_low": [0.1, np.nan, 0.2], "gap_high": [0.3, np.nan, 1.8], "gap_q": [0.01, np.nan, 0.2],
            "adjusted": [0.15, np.nan, 0.9], "adjusted_low": [0.05, np.nan, 0.1],
            "adjusted_high": [0.25, np.nan, 1.7], "adjusted_p": [0.001, np.nan, 0.03],
            "adjusted_q": [0.02, np.nan, 0.3], "tests": 2,
        }
    )  # fmt: skip
    ranks = pd.DataFrame({"family": "need", "domain": "", "item": ["need:dpd", "need:sig"], "rank": [1, 2],
                          "rank_best": [1, 2], "estimate": [0.45, 0.2]})  # fmt: skip
    return {"estimations": estimations, "influence": influence, "classements": ranks}


def test_estimates_and_gaps_are_those_of_the_tables(studied: Callable[..., Published]) -> None:
    given = studied()
    questions = pd.DataFrame(
        {"column": ["Need – DPD", "Need – SIG", "Score?"], "item": ["need", "need", "score"],
         "choice": ["dpd", "sig", None],
         "kind": ["multiple", "multiple", "scale"], "label": ["DPD", "SIG", "Score"]}
    )  # fmt: skip
    full = given._replace(tables={**given.tables, **survey_tables()})
    made = report.report(
        material(
            full, questionnaire=questionnaire_words(questions),
            figures=overview(full.layers, full.tables, questions),
        )
    )  # fmt: skip
    answers = section(made, "survey-1")
    needed, marks, own_gaps = (it for it in blocks(answers) if isinstance(it, Chart))
    assert [row.value for row in marks.panels[0].rows] == ["5,9 [5,5\u00a0;\u00a06,3]"]
    assert [" ".join(row.label) for row in needed.panels[0].rows] == ["Délégué", HOSTILE]
    # weighted with the interval, then unweighted
    assert [(it.at, it.low, it.high, it.series) for it in needed.panels[0].rows[0].marks] == [
        (90, 80, 100, 0),
        (100, None, None, 1),
    ]
    assert needed.title == f"« Délégué » arrive en tête : 45{SPACE}% [40\u00a0;\u00a050] des communes"
    assert needed.reading.endswith(f"50{SPACE}% des 40 réponses sans pondération.")
    assert needed.universe == "communes du territoire ; 40 réponses, de communes seulement."
    assert needed.table.rows[0][1:5] == ("40", f"50{SPACE}%", f"45{SPACE}%", "[40\u00a0;\u00a050]")
    assert own_gaps.title.endswith("un écart reste établi pour Délégué")
    gaps = next(it for it in blocks(section(made, "influence")) if isinstance(it, Chart))
    assert [panel.title for panel in gaps.panels] == ["Need"]
    assert gaps.panels[0].rows[0].value == "+15 points"
    assert gaps.table.rows[0][1:] == (
        f"50{SPACE}%", f"30{SPACE}%", "+20", "[10\u00a0;\u00a030]", "+15", "[5\u00a0;\u00a025]", "oui",
    )  # fmt: skip
    assert [row[-1] for row in gaps.table.rows] == ["oui", "non"]
    assert [row[0] for row in gaps.table.rows] == ["Need – Délégué", "Score"]


def test_every_row_of_a_table_fills_its_columns(studied: Callable[..., Published]) -> None:
    given = studied()
    full = given._replace(tables={**given.tables, **survey_tables(), "figures": figures_table()})
    found = list(tables(report.report(material(full))))
    assert len(found) >= 8
    for table in found:
        assert {len(row) for row in table.rows} <= {len(table.heads)}, table.caption
        assert max(table.texts) < len(table.heads), table.caption


def test_added_variables_and_other_bodies_are_told_with_the_communes(
    studied: Callable[..., Published],
) -> None:
    given = studied()
    units = pd.DataFrame(
        {
            "membership": ["member", "member", None, None],
            "zone": [HOSTILE, None, HOSTILE, None],
            "siren_epci": ["1", "2", "3", "4"],
            "responded": [True, True, False, False],
        }
    )
    profiles = standardised_differences(units, ["membership", "zone"], pd.Series([2.0, 2.0]))
    said = pd.DataFrame(
        {"finding": ["answer", "bodies"], "subject": ["", "epci"], "text": ["Non.", "EPCI : 2 sur 3."]}
    )
    given.tables.update(
        representativite=response_tables(units, ["membership", "zone", "siren_epci"]),
        profils=profiles, verdict=said.assign(verdict=None),
        representativite_globale=overall_table(response_tables(units, ["zone"]), draws=9).reset_index(),
    )  # fmt: skip
    made = section(report.report(material(given)), "representativeness")
    told = [it for it in blocks(made) if isinstance(it, Table)]
    assert [it.heads[0] for it in told] == ["Adhésion connue à un OPSN", "Zone"]
    assert [row[0] for row in told[0].rows] == [
        "Communes qu’une adhésion atteint", "Communes dont on ne sait si une adhésion les atteint",
    ]  # fmt: skip
    assert [row[0] for row in told[1].rows] == [HOSTILE, "non renseigné"]
    prose = next(it for it in blocks(made) if isinstance(it, Prose))
    assert prose.items == ("EPCI : 2 sur 3.",)


def with_deserts(given: Published, **cells: object) -> Published:
    """Give the toy run deserts of the bundle: 80001 and 80002 lack it, of which a membership reaches one."""
    communes = given.layers["communes"]
    verdicts = np.where(communes.index.isin(["80001", "80002"]), "finding", "never")
    states = (
        communes["state"].mask(communes.index == "80001", "unknown").mask(communes.index == "80002", "member")
    )
    communes = communes.assign(stability_verdict=verdicts, state=states, services_missing=1)
    row = {
        "service": "bouquet", "name": "Élincourt", "communes": 2, "population": 300, "area_km2": 2.0,
        "departements_touched": "60;80", "nearest_covered": "80005", "nearest_covered_m": 500.0,
        "farthest_m": 95_000.0, "certainty": "sure",
    }  # fmt: skip
    layer = gpd.GeoDataFrame([{**row, **cells}], geometry=[communes.geometry.iloc[0]], crs=communes.crs)
    grid = pd.DataFrame({"service": ["bouquet"] * 198})
    return given._replace(
        layers={**given.layers, "communes": communes, "deserts": layer},
        tables={**given.tables, "specifications": grid},
    )


def test_to_lack_the_bundle_is_not_to_be_without_an_operator(studied: Callable[..., Published]) -> None:
    given = with_deserts(studied())
    nobody = report.report(material(given)).facts.items[1]
    # two that no OPSN reaches, three of which nothing is known (one of them has no state at all)
    assert nobody.value == "2 à 5 communes"
    assert "Pour 3 communes, on ne sait pas" in nobody.note
    assert "manque à 2 communes" in nobody.note
    assert "198 hypothèses" in nobody.note
    assert "une adhésion en atteint 1," in nobody.note


@pytest.mark.parametrize(
    ("communes", "name"),
    [(2, "D’un seul tenant dans : Oise et Somme (plus grande ville : Élincourt)"), (1, "Autour d’Élincourt")],
)
def test_a_desert_across_departements_bears_their_names_and_says_how_far_it_goes(
    studied: Callable[..., Published], communes: int, name: str
) -> None:
    given = with_deserts(studied(), communes=communes)
    departements = given.layers["departements"]
    departements = departements.assign(
        name=["Oise" if code == "60" else "Somme" for code in departements.index]
    )
    made = report.report(material(given._replace(layers={**given.layers, "departements": departements})))
    patches = next(
        it for it in blocks(section(made, "deserts")) if isinstance(it, Table) and "km²" in it.heads
    )
    assert patches.rows[0][0] == name
    assert patches.rows[0][-1] == "95,0\u00a0km"


def test_a_line_under_each_figure_names_what_it_rests_on(studied: Callable[..., Published]) -> None:
    made = report.report(material(studied()))
    territory, coverage = section(made, "territory"), section(made, "coverage")
    tables = [it for it in blocks(territory) if isinstance(it, Table)]
    assert "Fondement : fait officiel" in tables[0].source  # communes and populations
    shares = [it for it in blocks(coverage) if isinstance(it, Table)]
    assert shares
    assert all("Fondement : simulé – les adhésions" in it.source for it in shares)
    pictures = [picture for it in blocks(coverage) if isinstance(it, Maps) for picture in it.items]
    assert all("Fondement : simulé" in it.source for it in pictures)


def test_what_is_assumed_of_an_operator_is_marked_where_it_is_shown(
    studied: Callable[..., Published],
) -> None:
    given = studied()
    opsn = given.layers["opsn"].assign(legal_form="epa", legal_form_basis="assumed")
    offers = pd.DataFrame({"opsn": opsn.index[:1], "service": "dpd", "basis": "assumed"})
    changed = given._replace(layers={**given.layers, "opsn": opsn}, tables={**given.tables, "offres": offers})
    made = report.report(material(changed))
    table = next(it for it in blocks(section(made, "operators")) if isinstance(it, Table))
    assert table.rows[0][1] == "établissement public administratif (supposé)"
    assert table.rows[0][2].endswith("(supposé)")


@pytest.mark.parametrize(
    ("least_p", "sentence"),
    [
        (0.527, "c’est ce que donne le hasard (p ≥ 0,52), et aucune n’est plus grande qu’il ne l’explique"),
        (0.05, "1 est plus grande que le hasard ne l’explique (p ≤ 0,05)"),
    ],
)
def test_clusters_without_an_answer_are_chance_unless_one_is_larger(
    studied: Callable[..., Published], least_p: float, sentence: str
) -> None:
    given = studied()
    clusters = gpd.GeoDataFrame(
        {"name": ["Élincourt", "B"], "communes": [3, 2], "population": [900, 100], "p": [least_p, 0.9]},
        geometry=[given.layers["communes"].geometry.iloc[0]] * 2,
        crs=given.layers["communes"].crs,
    )
    given.tables["verdict"] = pd.DataFrame({"finding": ["answer"], "text": ["Non."]})
    layers = {**given.layers, "silences": clusters}
    made = representativeness(material(given._replace(layers=layers)))
    assert made is not None
    words = next(
        it.paragraphs[0] for it in blocks(made) if isinstance(it, Prose) and "Non." not in it.paragraphs
    )
    assert words.startswith(
        "2 zones d’une ou de plusieurs communes voisines, 5 communes en tout, n’ont donné aucune réponse"
    )
    assert sentence in words
    assert ("ce que donne le hasard" in words) is (least_p > 0.05)
    assert words.endswith("La plus peuplée s’étend autour d’Élincourt : 3 communes, 900 habitants.")


@pytest.mark.parametrize(("refuted", "end"), [(0, "aucune n’est démentie"), (2, "2 sont démenties")])
def test_no_refuted_conclusion_is_none_and_not_a_number(
    studied: Callable[..., Published], refuted: int, end: str
) -> None:
    judged = pd.DataFrame({
        "finding": ["answer", *["headline"] * (2 + refuted)], "text": "…",
        "verdict": ["", "holds", "holds", *["refuted"] * refuted],
        "published": None, "published_inside": None,
    })  # fmt: skip
    given = studied()
    made = representativeness(material(given._replace(tables={**given.tables, "verdict": judged})))
    assert made is not None
    words = [it.paragraphs for it in blocks(made) if isinstance(it, Prose)][1][0]
    assert f"2 tiennent, 0 est fragile, 0 reste indécise et {end}" in words


def test_all_that_reach_as_many_communes_are_named_together(studied: Callable[..., Published]) -> None:
    given = studied()
    for reached, words in (([3, 1], "A"), ([3, 3], "A et B")):
        made = material(given)
        operators = pd.DataFrame({"communes": reached}, index=["A", "B"])
        made = dataclasses.replace(made, figures={**made.figures, "operators": operators})
        prose = next(it for it in blocks(section(report.report(made), "operators")) if isinstance(it, Prose))
        assert (
            f"D’après les adhésions connues, le plus de communes (3) est atteint par {words}."
            in prose.paragraphs[0]
        )


def test_inputs_are_named_in_words_where_their_rows_are_counted(studied: Callable[..., Published]) -> None:
    made = material(studied())
    read, rejected = [it for it in blocks(section(report.report(made), "method")) if isinstance(it, Table)][
        -2:
    ]
    assert read.rows == (("les adhésions", "3", "2", "1"),)
    assert rejected.rows[0][1] == "les adhésions"


@pytest.mark.parametrize(
    ("lang", "spelled"),
    [
        ("fr", ["opérateur public de services numériques (OPSN)", "coopération intercommunale (EPCI)"]),
        ("en", ["public operator of digital services (OPSN)", "intercommunal bodies (EPCI)"]),
    ],
)
def test_an_abbreviation_is_spelled_out_where_it_is_first_used(
    studied: Callable[..., Published], lang: str, spelled: list[str]
) -> None:
    page = report.page(report.report(material(studied(lang))))
    body = page.partition("<h1>")[2]
    for words in spelled:
        short = words.rpartition("(")[2].rstrip(")")
        assert body.index(words) + len(words) - len(short) - 1 == body.index(short)


def test_a_question_without_words_in_the_language_of_the_report_is_quoted_as_it_was_put() -> None:
    asked = pd.DataFrame(
        {"column": ["Quels besoins ? – SIG", "Quels besoins ? – DPD", "Note ?"],
         "item": ["need", "need", "score"], "choice": ["sig", "dpd", None],
         "kind": ["multiple", "multiple", "scale"], "label": ["GIS", "DPO", "Note ?"]}
    )  # fmt: skip
    need, score = questionnaire_words(asked, "en").families
    assert (need.question, need.lang, score.lang) == ("Quels besoins ?", "fr", "fr")
    need, _ = questionnaire_words(asked.assign(question_en="Which needs?"), "en").families
    assert (need.question, need.lang) == ("Which needs?", "")
    need, _ = questionnaire_words(asked, "fr").families
    assert (need.question, need.lang) == ("Quels besoins ?", "")
