"""Representativeness: who answered, what the answers are worth, and where nobody spoke."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from opsn_geo.catalogue.states import Level
from opsn_geo.catalogue.words import Language, texts
from opsn_geo.errors import InputError
from opsn_geo.measure.coverage.ladder import summary
from opsn_geo.measure.survey.estimates import item_frame
from opsn_geo.measure.survey.populations import (
    answers_by_body,
    bodies_of,
    body_estimates,
    epci_profile,
    epci_response,
)
from opsn_geo.measure.survey.profile import LIMIT, membership
from opsn_geo.measure.survey.survey import STRATA, Survey, headline_items, survey
from opsn_geo.measure.survey.verdict import bodies_said
from opsn_geo.pipeline.analyses import Analysis, Shared

if TYPE_CHECKING:
    from opsn_geo.boundaries.territory import Territory
    from opsn_geo.pipeline.load import Inputs

USER = "uses_opsn"
"""Item that says who uses an OPSN, and parts adherents from others."""
STRUCTURE = "structure"
"""Item that tells the kind of body a respondent answers for."""
BAND = "population_band"
"""Item that tells the size of a respondent's body, where it was asked."""
RANKED = ("service_used", "need")
_SMALL = ("lt_500", "500_1999")
_NO_CHOICE = "none"


def analysis(inputs: Inputs, shared: Shared) -> Analysis:
    """Tell whether the survey of a study can speak for its territory; nothing where no commune answered."""
    answers, placed = inputs.answers, inputs.respondents
    if answers is None or placed is None:
        return Analysis()
    territory, book = inputs.territory, inputs.tables["questionnaire"]
    inside = territory.communes["inside"].to_numpy(dtype=bool)
    communes = territory.communes[inside]
    bodies = bodies_of(placed, answers.get(STRUCTURE))
    of_commune = bodies["body"].eq(Level.COMMUNE)
    bodies["code"] = bodies["code"].where(~of_commune | bodies["code"].isin(communes.index))
    codes = bodies.loc[of_commune, "code"].reindex(answers.index)
    if codes.isna().all():
        return Analysis()
    singles = book[book["kind"].eq("single")].dropna(subset=["choice"])
    choices: dict[str, Sequence[str]] = {
        str(it): list(part) for it, part in singles.groupby("item")["choice"]
    }
    values = item_frame(answers, choices)
    figures = inputs.tables.get("published_figures", pd.DataFrame(columns=_FIGURES))
    headline, thresholds, labels = headline_items(answers, figures, choices)
    listed = {
        name: [
            it for it in map(str, values) if it.startswith(f"{name}:") and not it.endswith(f":{_NO_CHOICE}")
        ]
        for name in RANKED
    }
    lang, asked = inputs.study.metadata.language, inputs.study.survey
    named = {**_labels(book), **labels, **_places(territory)}
    found = _weighted(
        inputs,
        communes,
        codes,
        values,
        shared.touching[inside][:, inside],
        member=answers[USER] if USER in answers else _nobody(answers.index),
        headline=headline,
        thresholds=thresholds,
        small_answers=_small(answers, codes, communes["population"]),
        labels=named,
        ranked={name: items for name, items in listed.items() if items},
        reference=_national(figures),
        added=_added(inputs, shared).loc[communes.index],
        margins=asked.get("margins", STRATA),
        weight_bounds=asked.get("weight_bounds"),
        lang=lang,
        min_answers=inputs.study.min_answers,
    )
    others = _others(inputs, bodies, values, {Level.COMMUNE.value: len(communes)})
    told = bodies_said(others["repondants"].set_index("body"), _kinds(named, lang), lang)
    verdict = found.tables["verdict"]
    headlines = verdict["finding"].eq("headline")
    tables = {name: _labelled(it, named) for name, it in {**found.tables, **others}.items()}
    communes_columns = found.columns["communes"].drop(columns="respondents")  # so few that they tell who
    return Analysis(
        columns={**found.columns, "communes": communes_columns},
        layers={"silences": found.silences},
        tables={
            **tables,
            "verdict": pd.concat([verdict[~headlines], told, verdict[headlines]], ignore_index=True),
        },
    )


def _weighted(inputs: Inputs, *args: Any, **options: Any) -> Survey:  # noqa: ANN401
    """Carry the survey; where no weights reproduce its margins, say in which file they are asked for."""
    try:
        return survey(*args, **options)
    except InputError as error:
        file = str(inputs.study.file or "")
        raise InputError(replace(fault, file=file) for fault in error.faults) from None


def _added(inputs: Inputs, shared: Shared) -> pd.DataFrame:
    """Give what is known of communes besides the territory itself: membership, and the user's variables."""
    known = membership(summary(shared.coverage)["state"]).rename("membership").to_frame()
    return known.join(inputs.tables["variables"]) if "variables" in inputs.tables else known


def _others(
    inputs: Inputs, bodies: pd.DataFrame, values: pd.DataFrame, units: Mapping[str, int]
) -> dict[str, pd.DataFrame]:
    """Tell of the bodies that are no commune, each kind for itself."""
    territory = inputs.territory
    held = {**units, Level.EPCI.value: len(territory.epci)}
    communes = territory.communes[territory.communes["inside"]]
    epci = epci_profile(territory.epci, communes, bodies.loc[bodies["body"].eq(Level.EPCI), "code"])
    tables = {
        "repondants": answers_by_body(bodies, held).reset_index(),
        "estimations_autres": body_estimates(values, bodies, held, inputs.study.min_answers),
    }
    return {**tables, "representativite_epci": epci_response(epci)} if epci["responded"].any() else tables


def _places(territory: Territory) -> dict[str, str]:
    """Name the levels of variables that are places."""
    known = {"siren_epci": territory.epci["name"], "code_dep": territory.departements["name"]}
    return {f"{it}={code}": str(name) for it, names in known.items() for code, name in names.items()}


def _kinds(labels: Mapping[str, str], lang: Language) -> dict[str, str]:
    """Name the kinds of body as the questionnaire does."""
    asked = {
        name.removeprefix(f"{STRUCTURE}:"): it for name, it in labels.items() if name.startswith(STRUCTURE)
    }
    return {**texts("level", lang), **asked}


def _nobody(index: pd.Index) -> pd.Series:
    """Say of nobody whether they use an OPSN: the survey did not ask."""
    return pd.Series(pd.NA, index=index, dtype="boolean")


def _small(answers: pd.DataFrame, codes: pd.Series, population: pd.Series) -> int:
    """Count the answers from bodies below 2,000 inhabitants: as they say, else by the commune they are in."""
    if BAND in answers:
        return int(answers[BAND].isin(_SMALL).sum())
    return int(codes.map(population).lt(LIMIT).sum())


_FIGURES = ("figure", "label", "value", "table", "measure", "item", "choice", "group")


def _labels(book: pd.DataFrame) -> dict[str, str]:
    """Name each item by the label of its choice or of its question."""
    names = book["item"].str.cat(book["choice"].fillna(""), sep=":").str.removesuffix(":")
    return dict(zip(names, book["label"].fillna(names), strict=True))


def _labelled(table: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """Put the label of each item behind it, in a table that has items."""
    if "item" in table:
        table.insert(list(table).index("item") + 1, "label", table["item"].map(labels).astype("str"))
    return table


def _national(figures: pd.DataFrame) -> pd.Series:
    """Rebuild the national values that a study publishes as gaps: ``<figure>_national_gap``."""
    rows = figures.dropna(subset=["value"])
    published = {str(name): float(it) for name, it in zip(rows["figure"], rows["value"], strict=True)}
    items = figures.set_index("figure")["item"]
    ending = "_national_gap"
    found = {
        items[name]: published[name] - gap
        for name, gap in (
            (it.removesuffix(ending), gap) for it, gap in published.items() if it.endswith(ending)
        )
        if name in published
    }
    return pd.Series(found, dtype=float)
