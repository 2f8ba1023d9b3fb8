"""Each sentence of the report, on data where it is true, and changed or gone where it would be false."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from string import Formatter
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import pytest

from opsn_geo.catalogue.words import texts
from opsn_geo.pipeline.run import published
from opsn_geo.publish import report
from opsn_geo.publish.report.brief import brief
from opsn_geo.publish.report.checks import contradictions, figures, method
from opsn_geo.publish.report.comparison import influence
from opsn_geo.publish.report.model import Material
from opsn_geo.publish.report.needs import needs
from opsn_geo.publish.report.panorama import operators_section
from opsn_geo.publish.report.places import coverage, deserts, territory
from opsn_geo.publish.report.questions import survey_sections
from opsn_geo.publish.report.survey import representativeness
from opsn_geo.publish.report.wording import questionnaire_words, service_words

if TYPE_CHECKING:
    from opsn_geo.pipeline.run import Results

Change = Callable[[Material], Material]
Made = Callable[[Material], object]

PARTS: Final = frozenset({
    "marked", "points", "range_of", "missing_band", "number_of_opsn", "number_of_communes",
    "of_communes", "than_others", "numbers_table", "published_no", "source_layer", "map_summary", "way",
    "on_basis", "around", "across", "published_table", "response_table", "other_bodies_table",
    "of_all_communes", "of_answers", "headlines_some_refuted", "complete", "incomplete",
    "title_one_share", "adhesion_table", "extension_table", "figures_apart", "figures_agree",
    "reading_communes", "reading_epci", "reading_departements",
})  # fmt: skip
"""Parts of sentences, and captions, which hold a name or a number and claim nothing else."""
CLAIMS: Final = frozenset({
    "answer_nobody_none", "trust_no", "trust_maybe", "trust_others", "no_survey", "no_survey_note",
    "no_first_step", "staff_unknown", "rare_here_text", "epci_across",
    "headlines_none_refuted", "headlines_refuted", "headlines_outside", "headlines_fragile",
    "headlines_open", "as_chance", "too_few", "too_many", "ranked_alone", "gaps_none",
    "cell_needed_not_offered", "cell_needed_single", "contradictions_none", "no_rejects",
    "ranking_withheld",
})  # fmt: skip
"""Sentences without a number that may be false."""
CELLS: Final = ("too_few", "too_many", "as_chance")
"""Cells of a table, whose words other sentences may hold."""
EXPLAINED: Final = ("head_", "word_", "meaning_", "without_", "limit_")
"""How the keys begin of heads, of words and their meaning, of limits that hold for any data."""
ABOUT_THE_STUDY: Final = frozenset({"footer", "made_with", "sources", "contact", "simulated_text"})
"""Sentences on the files of the study, which the tests of the notices try."""


def edited(frames: Mapping[str, pd.DataFrame], name: str, **cells: object) -> dict[str, pd.DataFrame]:
    """Return frames, one of which has other columns."""
    return {**frames, name: frames[name].assign(**cells)}  # type: ignore[arg-type]


def figure(name: str, **cells: object) -> Change:
    return lambda it: replace(it, figures=edited(it.figures, name, **cells))


def table(name: str, **cells: object) -> Change:
    return lambda it: replace(it, tables=edited(it.tables, name, **cells))


def layer(name: str, **cells: object) -> Change:
    return lambda it: replace(it, layers=edited(it.layers, name, **cells))  # type: ignore[arg-type]


def rows(kind: str, name: str, chosen: Callable[[pd.DataFrame], object]) -> Change:
    def change(it: Material) -> Material:
        frames = getattr(it, kind)
        return replace(it, **{kind: {**frames, name: chosen(frames[name])}})

    return change


def together(*changes: Change) -> Change:
    def change(it: Material) -> Material:
        for each in changes:
            it = each(it)
        return it

    return change


def without(*names: str) -> Change:
    return lambda it: replace(
        it,
        tables={name: frame for name, frame in it.tables.items() if name not in names},
        figures={name: frame for name, frame in it.figures.items() if name not in names},
    )


def moved(it: Material) -> Material:
    """Return the study with every number of its figures and tables moved a little."""

    def other(frame: pd.DataFrame) -> pd.DataFrame:
        numbers = frame.select_dtypes("number").columns.difference(["precision", "difference"])
        whole = [name for name in numbers if pd.api.types.is_integer_dtype(frame[name])]
        changes = {name: frame[name] + 1000 if name in whole else frame[name] * 0.9 for name in numbers}
        return frame.assign(**changes)

    kept = {"first_items", "items"}
    return replace(
        it,
        figures={name: frame if name in kept else other(frame) for name, frame in it.figures.items()},
        tables={name: other(frame) for name, frame in it.tables.items()},
        layers={
            name: other(frame) if name in {"deserts", "silences"} else frame  # type: ignore[misc]
            for name, frame in it.layers.items()
        },
    )


def asked_if(condition: str) -> Change:
    """Return the study where each question was put on a condition, or on none."""

    def change(it: Material) -> Material:
        families = tuple(family._replace(asked_if=condition) for family in it.questionnaire.families)
        return replace(it, questionnaire=it.questionnaire._replace(families=families))

    return change


NAN: Final = np.nan
KNOWN: Final = figure("reach", unknown=0, possible_share=0.8, possible_pop_share=0.8)
UNCOUNTED: Final = together(
    figure("reach", covered_pop_share=NAN, possible_pop_share=NAN, uncovered_pop=NAN),
    figure("departements", population=NAN),
    figure("stability", population=NAN),
    figure("uncovered_epci", uncovered_pop=NAN),
    layer("silences", population=NAN),
    layer("deserts", population=NAN),
)
BEYOND: Final = figure("reach", uncovered=5, uncovered_pop=100)


def alone(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rankings where nothing may be first but the first."""
    first = frame["rank"].eq(1) if "rank" in frame else ~frame.duplicated("chart")
    column = "rank_best" if "rank_best" in frame and "rank" in frame else "may_be_first"
    return frame.assign(**{column: np.where(first, 1, 2) if column == "rank_best" else first})


def headlines(verdict: str, *, inside: bool) -> Change:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        judged = frame["finding"].eq("headline")
        return frame.assign(
            verdict=frame["verdict"].where(~judged, verdict),
            published_inside=frame["published_inside"].where(~judged, inside),
        )

    return rows("tables", "verdict", change)


def spread(low: float, high: float) -> Change:
    """Return estimates with wider or narrower intervals around each value."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        most = np.where(frame["measure"].eq("share"), 1.0, 10.0)
        ends = np.minimum(frame["estimate"] * high, most)
        return frame.assign(low=frame["estimate"] * low, high=ends)

    return rows("tables", "estimations", change)


VARIANTS: Final[Mapping[str, tuple[Change, tuple[Made, ...]]]] = {
    "as it is": (lambda it: it, (report.report,)),
    "moved": (moved, (report.report,)),
    "known": (KNOWN, (brief, coverage)),
    "known, uncounted": (together(KNOWN, UNCOUNTED), (brief, coverage)),
    "uncounted": (UNCOUNTED, (brief, territory, coverage, deserts, representativeness)),
    "beyond": (BEYOND, (brief,)),
    "beyond, uncounted": (together(BEYOND, UNCOUNTED), (brief,)),
    "all tied": (together(spread(0.1, 9), figure("steps", rank=1, rank_last=10)), (brief, survey_sections)),
    "none tied": (
        together(
            spread(0.999, 1.001),
            rows("figures", "items", alone),
            figure("first_items", may_be_first=1, has_withheld=False),
        ),
        (brief, survey_sections),
    ),
    "one statement": (
        rows(
            "tables",
            "estimations",
            lambda it: it[
                ~it["item"].str.startswith("satisfaction:") | it["item"].eq("satisfaction:savings")
            ],
        ),
        (brief,),
    ),
    "nobody refutes": (
        together(
            table("representativite_globale", simulated_q=0.9),
            headlines("holds", inside=True),
            layer("silences", p=0.01),
            figure("departures", departure="as_chance"),
        ),
        (brief, representativeness),
    ),
    "refuted": (
        together(headlines("refuted", inside=False), figure("departures", departure="too_few")),
        (representativeness,),
    ),
    "open": (
        together(headlines("open", inside=False), figure("departures", departure="too_many")),
        (representativeness,),
    ),
    "large, uncounted": (together(layer("silences", p=0.01), UNCOUNTED), (representativeness,)),
    "other bodies": (without("representativite_globale"), (brief,)),
    "no survey": (without("verdict", "estimations"), (brief,)),
    "staffed": (
        rows("tables", "panorama_opsn", lambda it: it.assign(staff=range(2, 2 + len(it)))),
        (operators_section,),
    ),
    "at home": (
        rows("tables", "panorama_opsn", lambda it: it.assign(outside_home=None)),
        (operators_section,),
    ),
    "founded": (rows("tables", "panorama_opsn", lambda it: it.assign(basis="fact")), (operators_section,)),
    "common": (
        together(
            rows("tables", "panorama_services", lambda it: it.assign(rare_here=False)),
            layer("epci", crosses_border=False),
            layer("opsn", list_complete=True),
            figure("departements", epci=18),
        ),
        (operators_section, territory),
    ),
    "no list": (layer("opsn", list_complete=False), (operators_section,)),
    "all gaps": (figure("compared", established=True), (survey_sections,)),
    "no gap": (figure("compared", established=False), (survey_sections,)),
    "needs elsewhere": (
        table("besoins", needed_not_offered=False, needed_single=False, little_used=False),
        (needs, contradictions),
    ),
    "coherent": (
        together(
            rows("tables", "incoherences", lambda it: it.iloc[:0]),
            rows("tables", "figures", lambda it: it.iloc[1:].assign(status="agrees")),
            lambda it: replace(it, rejects=pd.DataFrame({"table": ["offers"], "cause": ["unknown_code"]})),
        ),
        (figures, contradictions, method),
    ),
    "fewer": (
        together(
            rows("tables", "panorama_opsn", lambda it: it.iloc[1:]),
            rows("tables", "offres", lambda it: it.iloc[:1]),
            rows("tables", "panorama_formes", lambda it: it.iloc[:1]),
            rows("tables", "panorama_totaux", lambda it: it.assign(value=it["value"] * 2)),
            table("panorama_departements", opsn_offering_count=1, opsn_offering="adico"),
            rows("tables", "specifications", lambda it: it[it["service"].ne("bouquet")]),
            rows("tables", "services", lambda it: it.iloc[1:]),
            rows("figures", "gaps", lambda it: it.iloc[:5]),
        ),
        (operators_section, deserts, influence),
    ),
    "all first": (figure("items", may_be_first=True), (survey_sections,)),
    "few answers": (
        rows("tables", "estimations", lambda it: it[~it["item"].str.contains("_")]),
        (survey_sections,),
    ),
    "asked of all": (asked_if(""), (survey_sections,)),
    "asked of some": (asked_if("uses_opsn=yes"), (survey_sections,)),
    "none comes first": (
        rows(
            "tables",
            "estimations",
            lambda it: it.assign(
                **{
                    name: it[name].mask(it["item"].str.endswith(":none"), 0.99)
                    for name in ("estimate", "low", "high")
                }
            ),
        ),
        (survey_sections,),
    ),
    "unpublished": (without("published"), (survey_sections,)),
    "no median": (
        rows("tables", "estimations", lambda it: it.drop(columns="median")),
        (survey_sections,),
    ),
}
"""Studies: the founding one, and what becomes of it where something is otherwise; what is made of each."""

CASES: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("as it is", "known"): ("answer_covered", "answer_nobody_unknown", "coverage_unsure"),
    ("uncounted", "known, uncounted"): ("answer_covered_uncounted", "coverage_unsure_uncounted"),
    ("known", "as it is"): ("answer_covered_sure", "coverage_sure"),
    ("known, uncounted", "uncounted"): ("answer_covered_sure_uncounted", "coverage_sure_uncounted"),
    ("as it is", "beyond"): ("answer_nobody_none",),
    ("beyond", "as it is"): ("answer_nobody_some",),
    ("beyond, uncounted", "uncounted"): ("answer_nobody_some_uncounted",),
    ("as it is", "uncounted"): (
        "answer_lacking_bundle", "shares_epci", "territory_text", "patches_table", "silences_chance",
    ),
    ("uncounted", "as it is"): (
        "answer_lacking_bundle_uncounted", "shares_epci_uncounted", "territory_text_uncounted",
        "patches_table_uncounted", "silences_chance_uncounted",
    ),
    ("as it is", "all tied"): (
        "answer_wanted_tied", "answer_adhesion", "answer_extension", "title_first_share",
        "title_tied_share", "title_tied_mean", "title_from_to_yes", "title_from_to_mean", "title_one_mean",
    ),
    ("all tied", "as it is"): ("answer_adhesion_tied", "answer_extension_tied", "no_first_step"),
    ("as it is", "none tied"): ("ranked_tied", "may_be_first", "no_ranking", "ranking_withheld"),
    ("none tied", "as it is"): ("answer_wanted", "title_first_mean", "first_alone"),
    ("as it is", "all first"): ("ranked_alone",),
    ("as it is", "one statement"): ("answer_content",),
    ("one statement", "as it is"): ("answer_content_one",),
    ("as it is", "nobody refutes"): (
        "trust_no", "headlines", "headlines_published", "headlines_outside", "headlines_fragile",
        "headlines_open", "too_many",
    ),
    ("nobody refutes", "as it is"): ("trust_maybe", "silences_large"),
    ("large, uncounted", "uncounted"): ("silences_large_uncounted",),
    ("as it is", "refuted"): ("headlines_none_refuted", "as_chance"),
    ("refuted", "as it is"): ("headlines_refuted",),
    ("refuted", "open"): ("too_few",),
    ("other bodies", "as it is"): ("trust_others",),
    ("no survey", "as it is"): ("no_survey", "no_survey_note"),
    ("as it is", "fewer"): (
        "answer_whom", "answer_lacking", "services_per_opsn", "legal_forms", "operators_map",
        "reading_operators_map", "stability_text", "missing_table", "influence_summary",
    ),
    ("as it is", "few answers"): ("first_drawn", "universe_some", "title_same_choices"),
    ("as it is", "staffed"): ("staff_unknown",),
    ("staffed", "as it is"): ("staff",),
    ("as it is", "at home"): ("outside_home_assumed",),
    ("founded", "as it is"): ("outside_home",),
    ("as it is", "common"): ("rare_here_text", "crossing", "epci_across"),
    ("as it is", "unpublished"): ("reading_published",),
    ("asked of some", "asked of all"): ("axis_share",),
    ("as it is", "no gap"): ("gaps_established",),
    ("as it is", "all gaps"): ("gaps_none",),
    ("as it is", "needs elsewhere"): (
        "cell_needed_not_offered", "cell_needed_single", "lists_other",
    ),
    ("as it is", "coherent"): ("figures_text", "figures_constructed", "contradictions_text", "no_rejects"),
    ("coherent", "as it is"): ("contradictions_none", "rejects_table"),
    ("as it is", "no median"): ("amount_median",),
    ("no median", "as it is"): ("amount_mean",),
    ("as it is", "moved"): (
        "answer_widest", "answer_uses", "services_by_operator", "reading_services_by_operator",
        "operators_by_service", "reading_operators_by_service", "ladder_summary", "love_summary",
        "influence_found", "reading_ladder", "reading_love", "reading_share", "reading_mark",
        "universe_if", "universe_all", "universe_gaps", "reading_gap", "reference", "curve_summary",
        "title_one_yes",
    ),
}  # fmt: skip
"""Sentences by the study that says them, and one where they would be false."""


def words_of(content: object) -> Iterator[str]:
    """Yield every text of a report, or of a part of it."""
    if isinstance(content, str):
        yield content
    elif is_dataclass(content):
        for each in fields(content):
            yield from words_of(getattr(content, each.name))
    elif isinstance(content, tuple | list):
        for each in content:
            yield from words_of(each)


def said(template: str, content: list[str]) -> set[str]:
    """Return what a report says with a template: each text from its first fixed words to its last."""
    fixed: list[tuple[str, ...]] = []
    for literal, _, spec, _ in Formatter().parse(template):
        fixed += [(literal,)] if literal.strip(" (:.,;") else []
        if spec and spec.startswith("|"):  # a noun, singular or plural
            fixed.append(tuple(each.rpartition("}")[2] for each in spec[1:].split("|")))
    is_closed = template.endswith(fixed[-1][0])
    found = set()
    for text in content:
        at, start = 0, -1
        for nouns in fixed:
            places = [(place, place + len(noun)) for noun in nouns if (place := text.find(noun, at)) >= 0]
            if not places:
                break
            start, at = (min(places)[0] if start < 0 else start), min(places)[1]
        else:
            found.add(text[0 if template.startswith("{") else start : at if is_closed else len(text)])
    return found


@pytest.fixture(scope="module")
def contents(results: Results) -> dict[str, list[str]]:
    """Return every text of what is made of each study."""
    worded, inputs = published(results), results.inputs
    base = Material(
        layers=worded.layers,
        tables=worded.tables,
        figures=worded.figures,
        metadata=inputs.study.metadata,
        themes=(),
        counts=inputs.counts,
        rejects=results.rejects,
        questionnaire=questionnaire_words(inputs.tables["questionnaire"]),
        services=service_words(worded.tables["services"], "name", "fr"),
        min_answers=inputs.study.min_answers,
    )
    return {
        name: [text for made in sections for text in words_of(made(change(base)))]
        for name, (change, sections) in VARIANTS.items()
    }


@pytest.mark.parametrize(
    ("key", "true", "false"), [(key, *studies) for studies, keys in CASES.items() for key in keys]
)
def test_a_sentence_is_made_where_it_is_true_and_not_where_it_is_false(
    contents: dict[str, list[str]], key: str, true: str, false: str
) -> None:
    template = texts("report", "fr")[key]
    shown, otherwise = (
        {template} & set(contents[study]) if key in CELLS else said(template, contents[study])
        for study in (true, false)
    )
    assert shown
    assert shown.isdisjoint(otherwise)


def test_every_sentence_of_the_report_has_its_case() -> None:
    templates = texts("report", "fr")
    claims = {
        key
        for key, template in templates.items()
        if ("{" in template or key in CLAIMS) and not key.startswith(EXPLAINED)
    }
    cases = [key for keys in CASES.values() for key in keys]
    assert len(cases) == len(set(cases))
    assert claims - PARTS - ABOUT_THE_STUDY == set(cases)


def test_shares_of_some_communes_are_not_read_as_those_of_all(contents: dict[str, list[str]]) -> None:
    read = {
        study: [it for it in contents[study] if " des communes" in it and " réponses sans pondération" in it]
        for study in ("asked of all", "asked of some")
    }
    assert read["asked of all"]
    assert not any(" des communes concernées après" in it for it in read["asked of all"])
    assert all(" des communes concernées après" in it for it in read["asked of some"])


def test_who_ticks_none_of_several_choices_is_no_winner(contents: dict[str, list[str]]) -> None:
    for study in ("as it is", "none comes first"):
        first = [it for it in contents[study] if " arrive en tête" in it or " après pondération" in it]
        assert first
        assert not [it for it in first if it.startswith(("« Aucun »", "« Aucune »"))]


def test_a_choice_has_the_name_of_its_question_and_not_of_a_service(contents: dict[str, list[str]]) -> None:
    assert "Ouverture de données publiques" in contents["as it is"]


def test_a_published_value_has_the_decimals_it_was_published_with(contents: dict[str, list[str]]) -> None:
    assert said(texts("report", "fr")["reading_published"], contents["as it is"]) >= {"L’étude publie : 4."}


def test_the_table_by_departement_alone_is_not_called_other_questions(
    contents: dict[str, list[str]],
) -> None:
    listed = contents["as it is"]
    podium = listed.index(texts("report", "fr")["podium_service_used"])
    titles = {"Par département", "Les autres questions de cette partie"}
    assert [it for it in listed[:podium] if it in titles][-1] == "Par département"
