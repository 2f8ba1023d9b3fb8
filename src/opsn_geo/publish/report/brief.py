"""The first page: five questions of a planner, answered from the same frames as the sections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from opsn_geo.catalogue.numbers import between, count
from opsn_geo.publish.report.model import Fact, Facts, Material, say
from opsn_geo.publish.report.places import stability_counts, standing
from opsn_geo.publish.report.steps import STEPS, chosen, step_name
from opsn_geo.publish.report.words import by_place, operators, records

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMED: Final = 6


def brief(material: Material) -> Facts:
    """Answer: who is covered, by whom, where nobody is, can the survey be trusted, where next."""
    makers = (_covered, _by_whom, _nowhere, _trusted, _next)
    return Facts(items=tuple(fact for it in makers for fact in it(material)))


def _covered(material: Material) -> Iterator[Fact]:
    lang, found = material.lang, standing(material.inside)
    yield Fact(
        label=say(material, "ask_covered"),
        value=say(material, "of_communes", share=between(found["share"], found["possible"], lang)),
        note=say(
            material, "answer_covered" if found["unknown"] else "answer_covered_sure",
            reached=count(found["reached"], lang), communes=count(found["communes"], lang),
            pop=between(found["pop_share"], found["pop_possible"], lang),
            unknown=count(found["unknown"], lang),
        ),
        link="coverage",
    )  # fmt: skip


def _by_whom(material: Material) -> Iterator[Fact]:
    """Say how many operators offer how many services, which nobody offers, and who reaches most."""
    lang, found, reached = material.lang, operators(material), by_place(material.inside)
    names = material.services
    offered = set(material.tables["offres"]["service"]) if "offres" in material.tables else set()
    lacking = [name for slug, name in names.items() if slug not in offered]
    parts = [
        say(material, "answer_whom", offered=len(names) - len(lacking), services=len(names)),
    ]
    if lacking:
        listed = ", ".join(lacking[:_NAMED]) + ("…" if len(lacking) > _NAMED else "")
        parts.append(say(material, "answer_lacking", services=listed))
    if reached:
        best = max(reached, key=lambda it: reached[it])
        name = found["name"].get(best, best) if "name" in found else best
        parts.append(say(material, "answer_widest", name=name, communes=count(reached[best], lang)))
    yield Fact(
        label=say(material, "ask_whom"),
        value=say(material, "number_of_opsn", number=count(len(found), lang)),
        note=" ".join(parts),
        link="territory",
    )


def _nowhere(material: Material) -> Iterator[Fact]:
    lang, inside = material.lang, material.inside
    if "stability_verdict" not in inside or "deserts" not in material.layers:
        return
    found = stability_counts(inside).loc["finding"]
    beyond = standing(inside)
    key = "answer_nobody" if beyond["beyond"] else "answer_nowhere"
    yield Fact(
        label=say(material, "ask_nowhere"),
        value=say(material, "number_of_communes", number=count(found["communes"], lang)),
        note=say(
            material, key, population=count(found["population"], lang),
            beyond=count(beyond["beyond"], lang), beyond_pop=count(beyond["beyond_pop"], lang),
        ),
        link="deserts",
    )  # fmt: skip


def _trusted(material: Material) -> Iterator[Fact]:
    verdict = material.tables.get("verdict")
    if verdict is None or verdict.empty:
        yield Fact(
            label=say(material, "ask_trusted"),
            value=say(material, "no_survey"),
            note=say(material, "no_survey_note"),
        )
        return
    overall = material.tables["representativite_globale"]
    apart = bool((overall["simulated_q"] < 0.05).any())  # noqa: PLR2004 - the verdict's own level
    yield Fact(
        label=say(material, "ask_trusted"),
        value=say(material, "trust_no" if apart else "trust_maybe"),
        note=str(verdict.loc[verdict["finding"] == "answer", "text"].iloc[0]),
        link="representativeness",
    )


def _next(material: Material) -> Iterator[Fact]:
    found = material.tables.get("extension")
    if found is None or found.empty:
        return
    lang, told = material.lang, []
    for step in STEPS:
        best = chosen(found, step)
        if len(best):
            row = records(best)[0]
            who, where = step_name(material, row, step)
            told.append(
                say(material, f"answer_{step}", who=who, where=where, gain=count(row["gain_pop"], lang))
            )
    wanted = _most_wanted(material)
    if told:
        first = chosen(found, STEPS[0])
        row = records(first if len(first) else chosen(found, STEPS[1]))[0]
        yield Fact(
            label=say(material, "ask_next"),
            value=step_name(material, row, STEPS[0] if len(first) else STEPS[1])[0],
            note=" ".join([*told, *wanted]),
            link="extension",
        )


def _most_wanted(material: Material) -> list[str]:
    """Name the need that most respondents state."""
    found = material.tables.get("estimations")
    if found is None:
        return []
    asked = found[found["item"].str.startswith("need:") & found["domain"].eq("") & found["estimate"].notna()]
    asked = asked[~asked["item"].str.endswith(":none")]
    if asked.empty:
        return []
    best = records(asked.sort_values("estimate", kind="stable").tail(1))[0]
    name = material.services.get(str(best["item"]).partition(":")[2], str(best["item"]))
    ends = between(best["low"], best["high"], material.lang)
    return [say(material, "answer_wanted", name=name, share=ends)] if pd.notna(best["low"]) else []
