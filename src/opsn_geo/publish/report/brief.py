"""The first page: five questions of a planner, answered from the same frames as the sections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from opsn_geo.catalogue.numbers import between, count
from opsn_geo.catalogue.words import enumerated
from opsn_geo.publish.report.model import Fact, Facts, Material, say
from opsn_geo.publish.report.places import bundle_specifications
from opsn_geo.publish.report.steps import STEPS, gain, ranked, step_name
from opsn_geo.publish.report.wording import operators, records, say_people

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMED: Final = 6


def brief(material: Material) -> Facts:
    """Answers to: who is covered, by whom, where nobody comes, what lacks, what the survey is worth, next."""
    questions = (_covered, _by_whom, _nobody, _lacking, _trusted, _next)
    return Facts(items=tuple(fact for answers in questions for fact in answers(material)))


def _covered(material: Material) -> Iterator[Fact]:
    lang, reach = material.lang, material.figures["reach"].loc["all"]
    yield Fact(
        label=say(material, "ask_covered"),
        value=say(
            material, "of_communes", share=between(reach["covered_share"], reach["possible_share"], lang)
        ),
        note=say_people(
            material, "answer_covered" if reach["unknown"] else "answer_covered_sure",
            {"pop": between(reach["covered_pop_share"], reach["possible_pop_share"], lang)},
            reached=count(reach["covered"], lang), communes=count(reach["communes"], lang),
            unknown=count(reach["unknown"], lang),
        ),
        link="coverage",
    )  # fmt: skip


def _by_whom(material: Material) -> Iterator[Fact]:
    """How many operators offer how many services, which nobody offers, and who reaches most communes."""
    lang, opsn = material.lang, operators(material)
    reached = material.figures["operators"]["communes"]
    names = material.services
    offered = set(material.tables["offres"]["service"]) if "offres" in material.tables else set()
    lacking = [name for slug, name in names.items() if slug not in offered]
    parts = [
        say(material, "answer_whom", offered=len(names) - len(lacking), services=len(names)),
    ]
    if lacking:
        listed = enumerated(lacking, lang, _NAMED)
        parts.append(say(material, "answer_lacking", services=listed))
    if len(reached):
        widest = reached.index[reached == reached.max()].astype(str)
        named = enumerated((str(opsn["name"].get(it, it)) if "name" in opsn else it for it in widest), lang)
        communes = count(reached.max(), lang)
        parts.append(say(material, "answer_widest", name=named, communes=communes))
    yield Fact(
        label=say(material, "ask_whom"),
        value=say(material, "number_of_opsn", number=count(len(opsn), lang)),
        note=" ".join(parts),
        link="territory",
    )


def _nobody(material: Material) -> Iterator[Fact]:
    """How many communes no OPSN reaches: for certain, and at most."""
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
    yield Fact(
        label=say(material, "ask_nobody"),
        value=say(material, "range_of", low=count(low, lang), high=number) if low < high else number,
        note=" ".join(parts),
        link="coverage",
    )


def _lacking(material: Material) -> Iterator[Fact]:
    """How many communes lack the bundle of services, however it is counted; how many of them are reached."""
    lang = material.lang
    if "stability" not in material.figures or "deserts" not in material.layers:
        return
    deserts = material.figures["stability"].loc["finding"]
    yield Fact(
        label=say(material, "ask_lacking"),
        value=say(material, "number_of_communes", number=count(deserts["communes"], lang)),
        note=say_people(
            material,
            "answer_lacking_bundle",
            {"population": count(deserts["population"], lang)},
            reached=count(deserts["reached"], lang),
            specifications=count(bundle_specifications(material.tables), lang),
        ),
        link="deserts",
    )


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
    if "representativite_globale" not in material.tables:
        yield Fact(
            label=say(material, "ask_trusted"),
            value=say(material, "trust_others"),
            note=answer,
            link="representativeness",
        )
        return
    overall = material.tables["representativite_globale"]
    differs = bool((overall["simulated_q"] < 0.05).any())  # noqa: PLR2004 - the verdict's own level
    yield Fact(
        label=say(material, "ask_trusted"),
        value=say(material, "trust_no" if differs else "trust_maybe"),
        note=answer,
        link="representativeness",
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
            note=" ".join([*sentences, *_most_wanted(material)]),
            link="extension",
        )


def _most_wanted(material: Material) -> list[str]:
    """Sentence on the need that most respondents state; none without estimates."""
    estimates = material.tables.get("estimations")
    if estimates is None:
        return []
    whole = estimates[estimates["domain"].eq("") & estimates["estimate"].notna()]
    needs = whole[whole["item"].str.startswith("need:") & ~whole["item"].str.endswith(":none")]
    if needs.empty:
        return []
    best = records(needs.sort_values("estimate", kind="stable").tail(1))[0]
    if pd.isna(best["low"]):
        return []
    name = material.services.get(str(best["item"]).partition(":")[2], str(best["item"]))
    ends = between(best["low"], best["high"], material.lang)
    items = material.figures["items"]
    tied = int(items.loc[items["chart"] == "needed", "may_be_first"].sum()) - 1
    key = "answer_wanted_tied" if tied > 0 else "answer_wanted"
    return [say(material, key, name=name, share=ends, tied=count(tied, material.lang))]
