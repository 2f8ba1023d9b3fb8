"""Representativeness: who answered, what the answers are worth, and where nobody spoke."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from opsn_geo.chapters import Chapter
from opsn_geo.measure.contiguity import contiguity
from opsn_geo.measure.estimates import item_frame
from opsn_geo.measure.response import answers_by_body
from opsn_geo.measure.survey import headline_items, survey
from opsn_geo.vocabulary import Level

if TYPE_CHECKING:
    from opsn_geo.prepare import Prepared

RANKED = ("service_used", "need")
_SMALL = ("lt_500", "500_1999")
_NO_CHOICE = "none"


def chapter(prepared: Prepared) -> Chapter:
    """Tell whether the survey of a study can speak for its territory; nothing where no commune answered."""
    answers, placed = prepared.answers, prepared.respondents
    if answers is None or placed is None or not placed["level"].eq(Level.COMMUNE).any():
        return Chapter()
    territory, book = prepared.territory, prepared.tables["questionnaire"]
    communes = territory.communes[territory.communes["inside"]]
    mine = placed.loc[placed["level"].eq(Level.COMMUNE), "code_insee"]
    codes = mine[mine.isin(communes.index)].reindex(answers.index)
    choices = book[book["kind"].eq("single")].dropna(subset=["choice"]).groupby("item")["choice"].agg(list)
    values = item_frame(answers, choices.to_dict())
    figures = prepared.tables.get("published_figures", pd.DataFrame(columns=_FIGURES))
    headline, thresholds, labels = headline_items(answers, figures, choices.to_dict())
    listed = {name: [it for it in values if it.startswith(f"{name}:") and not it.endswith(f":{_NO_CHOICE}")]
              for name in RANKED}  # fmt: skip
    found = survey(
        communes,
        codes,
        values,
        contiguity(communes.geometry),
        member=answers["uses_opsn"],
        headline=headline,
        thresholds=thresholds,
        small_answers=int(answers["population_band"].isin(_SMALL).sum()),
        labels={**_labels(book), **labels},
        ranked={name: items for name, items in listed.items() if items},
        reference=_national(figures),
        lang=prepared.study.metadata.language,
        min_answers=prepared.study.min_answers,
    )
    bodies = placed.assign(
        code=placed["siren_epci"].where(placed["level"].eq(Level.EPCI), placed["code_insee"])
    )
    known = {Level.COMMUNE.value: len(communes), Level.EPCI.value: len(territory.epci)}
    return Chapter(
        columns=found.columns,
        layers={"silences": found.silences},
        tables={**found.tables, "repondants": answers_by_body(bodies, known).reset_index()},
    )


_FIGURES = ("figure", "label", "value", "table", "measure", "item", "choice", "group")


def _labels(book: pd.DataFrame) -> dict[str, str]:
    """Name each item by the label of its choice or of its question."""
    names = book["item"].str.cat(book["choice"].fillna(""), sep=":").str.removesuffix(":")
    return dict(zip(names, book["label"].fillna(names), strict=True))


def _national(figures: pd.DataFrame) -> pd.Series:
    """Rebuild the national values that a study publishes as gaps: ``<figure>_national_gap``."""
    published = figures.dropna(subset=["value"]).set_index("figure")["value"].astype(float)
    ending = "_national_gap"
    gaps = published[published.index.str.endswith(ending)].rename(lambda it: it.removesuffix(ending))
    items = figures.set_index("figure")["item"]
    found = {items[name]: published[name] - gap for name, gap in gaps.items() if name in published.index}
    return pd.Series(found, dtype=float)
