"""The survey: who answered, with what weight, what it says, and whether it can be believed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd

from opsn_geo.chapters import Chapter
from opsn_geo.measure.contiguity import contiguity
from opsn_geo.measure.coverage import Coverage
from opsn_geo.measure.estimates import item_frame
from opsn_geo.measure.survey import LIMIT, headline_items, survey
from opsn_geo.prepare import Prepared

USER: Final = "uses_opsn"
"""Item that says who uses an OPSN, and parts adherents from others."""
RANKED: Final = {"service_used": "service_used:", "need": "need:", "opsn_used": "opsn_used:"}


def chapter(prepared: Prepared, known: Coverage) -> Chapter:
    """Tell what the answers are worth, and what they say; a study without answers adds nothing."""
    del known  # the answers are judged by themselves
    answers, respondents = prepared.answers, prepared.respondents
    if answers is None or respondents is None or USER not in answers:
        return Chapter()
    communes = prepared.territory.inside
    codes = respondents["code_insee"].reindex(answers.index)
    codes = codes.where(codes.isin(communes.index))
    book = prepared.tables["questionnaire"]
    rows = book[book["kind"] == "single"]
    single: dict[str, Sequence[str]] = {str(it): list(part) for it, part in rows.groupby("item")["choice"]}
    values = item_frame(answers, single)
    headline, thresholds, labels = headline_items(
        answers, prepared.tables.get("published_figures", _NO_FIGURES), single
    )
    found = survey(
        communes,
        codes,
        values,
        contiguity(communes.geometry),
        member=answers[USER],
        headline=headline,
        thresholds=thresholds,
        small_answers=int(codes.map(communes["population"]).lt(LIMIT).sum()),
        labels=_labels(book)
        | labels
        | {f"siren_epci={it}": n for it, n in prepared.territory.epci["name"].items()},
        ranked={
            name: [it for it in map(str, values) if it.startswith(start)] for name, start in RANKED.items()
        },
        reference=pd.Series(dtype=float),
        lang=prepared.study.metadata.language,
        min_answers=prepared.study.min_answers,
    )
    return Chapter(columns=found.columns, layers={"silences": found.silences}, tables=found.tables)


_NO_FIGURES: Final = pd.DataFrame(
    columns=["figure", "label", "table", "measure", "item", "choice", "group"], dtype="str"
)


def _labels(book: pd.DataFrame) -> dict[str, str]:
    """Name each item and choice as the questionnaire does."""
    names = book["item"] + (":" + book["choice"]).where(book["choice"].fillna("") != "", "")
    return dict(zip(names, book["label"].fillna(book["column"]), strict=True))
