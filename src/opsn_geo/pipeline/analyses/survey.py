"""Representativeness: who answered, what the answers are worth, and where nobody answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pandas as pd

from opsn_geo.catalogue.survey import GROUPED
from opsn_geo.errors import InputError
from opsn_geo.measure.coverage.ladder import summary
from opsn_geo.measure.published.recipes import chosen
from opsn_geo.measure.survey.figures import headline_claims, headline_items, national_values
from opsn_geo.measure.survey.populations import other_bodies
from opsn_geo.measure.survey.profile import membership
from opsn_geo.measure.survey.survey import (
    STRATA,
    Items,
    Sample,
    WeightingPlan,
    survey,
)
from opsn_geo.measure.survey.verdict import body_findings, finding
from opsn_geo.pipeline.analyses import Analysis, Shared
from opsn_geo.pipeline.analyses.secrecy import BAND, STRUCTURE, single_choices
from opsn_geo.pipeline.labels import item_labels

if TYPE_CHECKING:
    from opsn_geo.pipeline.load import Inputs

USER: Final = "uses_opsn"
"""Item that says who uses an OPSN, and separates adherents from others."""
PROFILE: Final = (STRUCTURE, BAND, "departement", "role", "agents")
"""Items that describe who answers: no effect of an OPSN is to be looked for in them."""
RANKED: Final = ("service_used", "need")
"""Items whose choices are ranked by département."""
_SMALL: Final = ("lt_500", "500_1999")
_NO_CHOICE: Final = "none"
_FIGURES: Final = ("figure", "label", "value", "table", "measure", "item", "choice", "group")


def analysis(inputs: Inputs, shared: Shared) -> Analysis:
    """Return whether the survey of a study can speak for its territory.

    Where no commune answered, only the results of the other bodies; nothing where no answer could be linked.
    """
    answers, secrecy = inputs.answers, shared.secrecy
    if answers is None or secrecy is None or secrecy.bodies["body"].isna().all():
        return Analysis()
    territory, asked = inputs.territory, inputs.study.survey
    inside = territory.communes["inside"].to_numpy(dtype=bool)
    communes = territory.communes[inside]
    codes, choices = secrecy.communes, single_choices(inputs.tables["questionnaire"])
    values, labels = secrecy.items, item_labels(inputs)
    grouped = inputs.study.metadata.respondents == GROUPED
    others = other_bodies(
        secrecy.bodies,
        values,
        communes,
        territory.epci,
        inputs.study.min_answers,
        secrecy.published,
        grouped=grouped,
    )
    of_others = body_findings(others["repondants"].set_index("body"))
    if codes.isna().all():
        first = pd.DataFrame([finding("answer", "no_commune")])
        tables = {name: _labelled(table, labels) for name, table in others.items()}
        return Analysis(tables={**tables, "verdict": pd.concat([first, of_others], ignore_index=True)})
    described = membership(summary(shared.coverage)["state"]).rename("membership").to_frame()
    if "variables" in inputs.tables:
        described = described.join(inputs.tables["variables"])
    sample = Sample(
        communes=communes,
        codes=codes,
        answers=values,
        variables=described.loc[communes.index],
        neighbours=shared.touching[inside][:, inside],
        small_answers=int(answers[BAND].isin(_SMALL).sum()) if BAND in answers else None,
        named=codes[~codes.index.isin(secrecy.unnamed)].dropna().unique(),
        grouped=grouped,
    )
    plan = WeightingPlan(margins=asked.get("margins", STRATA), bounds=_bounds(asked.get("weight_bounds")))
    items = _items(inputs, answers, sample.answers, choices)
    try:
        results = survey(
            sample, items, plan, min_answers=inputs.study.min_answers, published=secrecy.published
        )
    except InputError as error:  # no weights reproduce the margins: name the file they are asked for in
        file = str(inputs.study.file or "")
        raise InputError(replace(fault, file=file) for fault in error.faults) from None
    verdict = results.tables["verdict"]
    headlines = verdict["finding"].eq("headline")
    tables = {name: _labelled(table, labels) for name, table in {**results.tables, **others}.items()}
    columns = dict(results.columns)
    if "communes" in columns:  # so few respondents per commune that their number may identify them
        columns["communes"] = columns["communes"].drop(columns="respondents")
    return Analysis(
        columns=columns,
        layers={} if results.silences is None else {"silences": results.silences},
        tables={
            **tables,
            "verdict": pd.concat([verdict[~headlines], of_others, verdict[headlines]], ignore_index=True),
        },
    )


def _items(
    inputs: Inputs, answers: pd.DataFrame, values: pd.DataFrame, choices: dict[str, list[str]]
) -> Items:
    """Return what is done with which items: those of the published figures are judged."""
    figures = inputs.tables.get("published_figures", pd.DataFrame(columns=_FIGURES))
    headline, claims = headline_items(answers, figures, choices), headline_claims(figures)
    claims = claims.loc[claims.index.intersection(headline.columns)]
    ranked = {
        question: [
            name
            for name in map(str, values)
            if name.startswith(f"{question}:") and name != f"{question}:{_NO_CHOICE}"
        ]
        for question in RANKED
    }
    kinds = inputs.tables["questionnaire"].drop_duplicates("item").set_index("item")["kind"]
    for question in kinds.index[kinds == "scale"]:
        statements = [name for name in map(str, values) if name.startswith(f"{question}:")]
        if len(statements) > 1:
            ranked[str(question)] = statements
    return Items(
        member=answers.get(USER),
        headline=headline,
        thresholds=claims["threshold"],
        claims=claims,
        asked=_asked(inputs.tables["questionnaire"], figures, answers, [str(item) for item in headline]),
        ranked={question: items for question, items in ranked.items() if items},
        reference=national_values(figures),
        profile=PROFILE,
    )


def _asked(
    questionnaire: pd.DataFrame, figures: pd.DataFrame, answers: pd.DataFrame, headline: list[str]
) -> pd.DataFrame:
    """Return who was asked each headline figure that the questionnaire asks of some only."""
    if "asked_if" not in questionnaire:
        return pd.DataFrame(index=answers.index)
    conditions = (
        questionnaire.dropna(subset=["asked_if"]).drop_duplicates("item").set_index("item")["asked_if"]
    )
    items = figures.set_index("figure")["item"].reindex(headline)
    asked = {}
    for figure, condition in items.map(conditions).dropna().items():
        question, _, choice = str(condition).partition("=")
        asked[str(figure)] = chosen(answers, question, choice)
    return pd.DataFrame(asked, index=answers.index)


def _labelled(table: pd.DataFrame, labels: dict[str, str]) -> pd.DataFrame:
    """Return a table with the label of each item behind it, if it has items."""
    if "item" in table:
        table.insert(list(table).index("item") + 1, "label", table["item"].map(labels).astype("str"))
    return table


def _bounds(asked: Sequence[float] | None) -> tuple[float, float] | None:
    """Return the least and the greatest ratio of a weight that a study asks for, if it does."""
    return None if asked is None else (float(asked[0]), float(asked[1]))
