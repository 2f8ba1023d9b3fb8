"""Representativeness: who answered, what the answers are worth, and where nobody spoke."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from opsn_geo.chapters import Chapter, Common
from opsn_geo.measure.estimates import item_frame
from opsn_geo.measure.response import answers_by_body
from opsn_geo.measure.survey import LIMIT, headline_items, survey
from opsn_geo.vocabulary import Level

if TYPE_CHECKING:
    from opsn_geo.prepare import Prepared

USER = "uses_opsn"
"""Item that says who uses an OPSN, and parts adherents from others."""
BAND = "population_band"
"""Item that tells the size of a respondent's body, where it was asked."""
RANKED = ("service_used", "need")
_SMALL = ("lt_500", "500_1999")
_NO_CHOICE = "none"


def chapter(prepared: Prepared, shared: Common) -> Chapter:
    """Tell whether the survey of a study can speak for its territory; nothing where no commune answered."""
    answers, placed = prepared.answers, prepared.respondents
    if answers is None or placed is None or not placed["level"].eq(Level.COMMUNE).any():
        return Chapter()
    territory, book = prepared.territory, prepared.tables["questionnaire"]
    inside = territory.communes["inside"].to_numpy(dtype=bool)
    communes = territory.communes[inside]
    mine = placed.loc[placed["level"].eq(Level.COMMUNE), "code_insee"]
    codes = mine[mine.isin(communes.index)].reindex(answers.index)
    singles = book[book["kind"].eq("single")].dropna(subset=["choice"])
    choices: dict[str, Sequence[str]] = {
        str(it): list(part) for it, part in singles.groupby("item")["choice"]
    }
    values = item_frame(answers, choices)
    figures = prepared.tables.get("published_figures", pd.DataFrame(columns=_FIGURES))
    headline, thresholds, labels = headline_items(answers, figures, choices)
    listed = {
        name: [
            it for it in map(str, values) if it.startswith(f"{name}:") and not it.endswith(f":{_NO_CHOICE}")
        ]
        for name in RANKED
    }
    found = survey(
        communes,
        codes,
        values,
        shared.touching[inside][:, inside],
        member=answers[USER] if USER in answers else _nobody(answers.index),
        headline=headline,
        thresholds=thresholds,
        small_answers=_small(answers, codes, communes["population"]),
        labels={**_labels(book), **labels},
        ranked={name: items for name, items in listed.items() if items},
        reference=_national(figures),
        lang=prepared.study.metadata.language,
        min_answers=prepared.study.min_answers,
    )
    bodies = placed.assign(
        code=placed["siren_epci"].where(placed["level"].eq(Level.EPCI), placed["code_insee"])
    )
    counted = {Level.COMMUNE.value: len(communes), Level.EPCI.value: len(territory.epci)}
    communes_columns = found.columns["communes"].drop(columns="respondents")  # so few that they tell who
    return Chapter(
        columns={**found.columns, "communes": communes_columns},
        layers={"silences": found.silences},
        tables={**found.tables, "repondants": answers_by_body(bodies, counted).reset_index()},
    )


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
