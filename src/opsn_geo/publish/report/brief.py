"""The first page: six questions, each answered by a number, a sentence, of whom, on what basis, and links."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from opsn_geo.catalogue.numbers import between, bracket, count, decimal, percent
from opsn_geo.publish import notices
from opsn_geo.publish.report.model import Fact, Facts, Material, say
from opsn_geo.publish.report.places import bundle_specifications
from opsn_geo.publish.report.steps import STEPS, gain, ranked, step_name
from opsn_geo.publish.report.wording import SECTION_INPUTS, item_name, operators, records, say_people

if TYPE_CHECKING:
    from collections.abc import Iterator

_USES: Final = "uses_opsn"
"""Role of the questionnaire: whether the respondent uses an OPSN."""
_SATISFACTION: Final = "satisfaction:"
_MY_EPCI: Final = "atlas.html#level=epci"


def brief(material: Material) -> Facts:
    """Answers to: who is reached or not, who uses and how content, what is wanted, is it sure, next."""
    questions = (_reached, _not_reached, _users, _wanted, _trusted, _next)
    return Facts(items=tuple(fact for answers in questions for fact in answers(material)))


def _of(material: Material, universe: str, section: str, **values: object) -> str:
    """Line that says of whom a sentence speaks, and on what basis."""
    basis = notices.weak_basis(material.metadata, SECTION_INPUTS.get(section, ()))
    words = say(material, universe, **values)
    return f"{words} {say(material, 'on_basis', basis=basis)}" if basis else words


def _links(material: Material, *keys: str) -> tuple[tuple[str, str], ...]:
    """Links of a fact: to sections of this page (``#…``), or to the atlas."""
    words = {"atlas.html": "open_atlas", _MY_EPCI: "find_epci"}
    return tuple((say(material, words.get(it, "open_section")), it) for it in keys)


def _reached(material: Material) -> Iterator[Fact]:
    lang, reach = material.lang, material.figures["reach"].loc["all"]
    people = {"pop": between(reach["covered_pop_share"], reach["possible_pop_share"], lang)}
    yield Fact(
        label=say(material, "ask_covered"),
        value=say(
            material, "of_communes", share=between(reach["covered_share"], reach["possible_share"], lang)
        ),
        note=say_people(
            material, "answer_covered" if reach["unknown"] else "answer_covered_sure", people,
            number=count(len(operators(material)), lang), reached=count(reach["covered"], lang),
            communes=count(reach["communes"], lang), unknown=count(reach["unknown"], lang),
        ),
        universe=_of(material, "of_all_communes", "coverage", communes=count(reach["communes"], lang)),
        links=_links(material, "#coverage", "atlas.html", _MY_EPCI),
    )  # fmt: skip


def _not_reached(material: Material) -> Iterator[Fact]:
    """How many communes no OPSN reaches, for certain and at most; how many lack the services wanted."""
    lang, reach = material.lang, material.figures["reach"].loc["all"]
    low, high = reach["uncovered"], reach["uncovered"] + reach["unknown"]
    number = say(material, "number_of_communes", number=count(high, lang))
    people = {"beyond_pop": count(reach["uncovered_pop"], lang)}
    parts = [
        say_people(material, "answer_nobody_some", people, beyond=count(low, lang))
        if low
        else say(material, "answer_nobody_none")
    ]
    if reach["unknown"]:
        parts.append(say(material, "answer_nobody_unknown", unknown=count(reach["unknown"], lang)))
    is_mapped = "stability" in material.figures and "deserts" in material.layers
    if is_mapped:
        deserts = material.figures["stability"].loc["finding"]
        parts.append(
            say_people(
                material, "answer_lacking_bundle", {"population": count(deserts["population"], lang)},
                lacking=count(deserts["communes"], lang), reached=count(deserts["reached"], lang),
                specifications=count(bundle_specifications(material.tables), lang),
            )
        )  # fmt: skip
    yield Fact(
        label=say(material, "ask_nobody"),
        value=say(material, "range_of", low=count(low, lang), high=number) if low < high else number,
        note=" ".join(parts),
        universe=_of(
            material, "of_all_communes", "deserts" if is_mapped else "coverage",
            communes=count(reach["communes"], lang),
        ),
        links=_links(material, "#deserts" if is_mapped else "#coverage", "atlas.html"),
    )  # fmt: skip


def _rows(material: Material) -> list[dict[str, Any]]:
    """Published estimates of the whole territory."""
    estimates = material.tables.get("estimations")
    if estimates is None:
        return []
    whole = estimates[estimates["domain"].eq("") & estimates["estimate"].notna() & estimates["low"].notna()]
    return records(whole)


def _users(material: Material) -> Iterator[Fact]:
    """What share of communes uses an OPSN, and how content they are; none where nobody was asked."""
    lang, rows = material.lang, _rows(material)
    uses = next((it for it in rows if it["item"] == _USES), None)
    if uses is None:
        return
    ends = bracket(lang, *(decimal(100 * uses[it], lang, 0) for it in ("low", "high")))
    share, raw = percent(uses["estimate"], lang), percent(uses["unweighted"], lang)
    parts = [say(material, "answer_uses", share=share, ends=ends, raw=raw)]
    marks = sorted(
        (it for it in rows if str(it["item"]).startswith(_SATISFACTION) and it["measure"] == "mean"),
        key=lambda it: float(it["estimate"]),
    )
    if marks:
        least, most = marks[0], marks[-1]
        parts.append(
            say(
                material, "answer_content" if least is not most else "answer_content_one",
                least=decimal(least["estimate"], lang, 1), least_name=item_name(material, least["item"]),
                most=decimal(most["estimate"], lang, 1), most_name=item_name(material, most["item"]),
            )
        )  # fmt: skip
    yield Fact(
        label=say(material, "ask_users"),
        value=say(material, "of_communes", share=between(uses["low"], uses["high"], lang)),
        note=" ".join(parts),
        universe=_of(material, "of_answers", "survey", answers=count(uses["answers"], lang)),
        links=_links(material, *_section_of(material, _USES)),
    )


def _wanted(material: Material) -> Iterator[Fact]:
    """The need that most respondents state, and how many others are not distinct from it."""
    needs = [it for it in _rows(material) if str(it["item"]).startswith("need:")]
    needs = [it for it in needs if not str(it["item"]).endswith(":none")]
    if not needs:
        return
    lang, items = material.lang, material.figures["items"]
    best = max(needs, key=lambda it: float(it["estimate"]))
    tied = int(items.loc[items["chart"] == "needed", "may_be_first"].sum()) - 1
    ends = between(best["low"], best["high"], lang)
    yield Fact(
        label=say(material, "ask_wanted"),
        value=item_name(material, str(best["item"])),
        note=say(
            material, "answer_wanted_tied" if tied > 0 else "answer_wanted",
            name=item_name(material, str(best["item"])), share=ends, tied=count(tied, lang),
            estimate=percent(best["estimate"], lang),
        ),
        universe=_of(material, "of_answers", "survey", answers=count(best["answers"], lang)),
        links=_links(material, *_section_of(material, "need"), "#needs"),
    )  # fmt: skip


def _section_of(material: Material, item: str) -> tuple[str, ...]:
    """Address of the section of the survey that a question stands in."""
    from opsn_geo.publish.report.questions import survey_questions  # noqa: PLC0415 - sections import this module

    for number, families in enumerate(survey_questions(material).values(), start=1):
        if any(it.item == item for it in families):
            return (f"#survey-{number}",)
    return ()


def _trusted(material: Material) -> Iterator[Fact]:
    verdict = material.tables.get("verdict")
    if verdict is None or verdict.empty:
        yield Fact(
            label=say(material, "ask_trusted"),
            value=say(material, "no_survey"),
            note=say(material, "no_survey_note"),
        )
        return
    answer = str(verdict.loc[verdict["finding"] == "answer", "text"].iloc[0])
    key = "trust_others"
    if "representativite_globale" in material.tables:
        overall = material.tables["representativite_globale"]
        differs = bool((overall["simulated_q"] < 0.05).any())  # noqa: PLR2004 - the verdict's own level
        key = "trust_no" if differs else "trust_maybe"
    yield Fact(
        label=say(material, "ask_trusted"),
        value=say(material, key),
        note=answer,
        universe=_of(material, "of_survey", "representativeness"),
        links=_links(material, "#representativeness"),
    )


def _next(material: Material) -> Iterator[Fact]:
    firsts = {step: records(ranked(material, step))[0] for step in STEPS if len(ranked(material, step))}
    sentences = []
    for step, row in firsts.items():
        tied = int(row["rank_last"] - row["rank"])
        who, where = step_name(material, row, step)
        key = f"answer_{step}_tied" if tied else f"answer_{step}"
        words = {"who": who, "where": where, "gain": gain(material, row), "number": count(tied + 1)}
        sentences.append(say(material, key, **words))
    if sentences:
        step, row = next(iter(firsts.items()))
        is_alone = row["rank"] == row["rank_last"]
        yield Fact(
            label=say(material, "ask_next"),
            value=step_name(material, row, step)[0] if is_alone else say(material, "no_first_step"),
            note=" ".join(sentences),
            universe=_of(material, "of_steps", "extension"),
            links=_links(material, "#extension"),
        )
