"""What single communes answered: only those that the study asks for by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

import pandas as pd

from opsn_geo.catalogue.numbers import decimal
from opsn_geo.catalogue.states import Level
from opsn_geo.catalogue.words import Language, text
from opsn_geo.pipeline.analyses import Analysis, Shared

if TYPE_CHECKING:
    from opsn_geo.pipeline.load import Inputs

NAMED: Final = "named"
"""Key of the study file that lists the communes."""
_NEVER: Final = ("meta", "text")
"""Kinds of item that are not shown: their words may tell who wrote them."""
_COLUMNS: Final = ("code_insee", "respondent", "item", "label", "answer")


def analysis(inputs: Inputs, shared: Shared) -> Analysis:
    """List the answers of the communes that the study names; nothing where it names none."""
    del shared
    named, placed = inputs.study.survey.get(NAMED, ()), inputs.respondents
    if inputs.answers is None or placed is None or not named:
        return Analysis()
    mine = placed["level"].eq(Level.COMMUNE) & placed["code_insee"].isin(named)
    return Analysis(
        tables={
            "reponses": replies(
                inputs.answers,
                inputs.tables["questionnaire"],
                placed.loc[mine, "code_insee"],
                inputs.study.metadata.language,
            )
        }
    )


def replies(
    answers: pd.DataFrame, questionnaire: pd.DataFrame, codes: pd.Series, lang: Language = "fr"
) -> pd.DataFrame:
    """Write out, question by question, what some respondents answered.

    Parameters
    ----------
    answers : DataFrame
        On ``respondent``, as :func:`opsn_geo.read.answers.answers` gives them.
    questionnaire : DataFrame
        The codebook: ``column``, ``item``, ``choice``, ``kind``, ``label``. Items of kind ``text`` and
        ``meta`` are left out, since their words may tell who wrote them.
    codes : Series of str
        On ``respondent``: the commune of each of them.
    lang : {"fr", "en"}
        Language of yes and no, and of decimal signs.

    Returns
    -------
    DataFrame
        ``code_insee``, ``respondent`` (1, 2… within the commune, in the order of the answers: it identifies
        nobody), ``item``, ``label`` (the question), ``answer`` (in words; the choices ticked, with a comma
        between them). By commune and respondent, in the order of the questionnaire; a question that was not
        answered has no row.

    Examples
    --------
    >>> book = pd.DataFrame({"column": ["Do you have a server?", "You need – maps", "You need – mail"],
    ...     "item": ["server", "need", "need"], "choice": [None, "sig", "mail"],
    ...     "kind": ["yes_no", "multiple", "multiple"], "label": [None, "Maps", "Mail"]})
    >>> answers = pd.DataFrame({"server": [True, None], "need:sig": [True, None], "need:mail": [True, None]},
    ...     index=["p", "q"], dtype="boolean")
    >>> found = replies(answers, book, pd.Series("02001", index=["p", "q"]), "en")
    >>> found[["label", "answer"]].values.tolist()
    [['Do you have a server?', 'yes'], ['You need', 'Maps, Mail']]
    """
    placed = codes.reindex(answers.index).dropna().rename_axis(None)
    who = pd.DataFrame({"code_insee": placed, "respondent": placed.groupby(placed).cumcount() + 1})
    parts = [
        who.assign(item=item, label=question, answer=told, place=place)
        for place, (item, question, told) in enumerate(_told(answers.loc[placed.index], questionnaire, lang))
    ]
    if not parts:
        return pd.DataFrame(columns=list(_COLUMNS), dtype="str").astype({"respondent": "int64"})
    found = pd.concat(parts).dropna(subset="answer").sort_values(["code_insee", "respondent", "place"])
    return found[list(_COLUMNS)].astype({"answer": "str"}).reset_index(drop=True)


def _told(
    answers: pd.DataFrame, questionnaire: pd.DataFrame, lang: Language
) -> Iterator[tuple[str, str, pd.Series]]:
    """Give each item with its question and what every respondent answered to it, in words.

    A single choice without listed choices is free text, and left out as such.
    """
    asked = questionnaire[~questionnaire["kind"].isin(_NEVER)].astype(object)
    asked = asked.assign(label=asked["label"].fillna(asked["choice"]))
    for (name, kind), rows in asked.groupby(["item", "kind"], sort=False):
        item, headers = str(name), [*map(str, rows["column"].unique())]
        if kind == "multiple":
            named = dict(zip(f"{item}:" + rows["choice"], rows["label"], strict=True))
            yield item, _shared(headers), _ticked(answers[list(named)], list(named.values()), lang)
        elif kind == "scale":
            for header, choice in zip(rows["column"], rows["choice"].fillna(""), strict=True):
                statement = f"{item}:{choice}".removesuffix(":")
                yield statement, header, _numbers(answers[statement], lang)
        elif kind == "number":
            yield item, headers[0], _numbers(answers[item], lang)
        elif kind == "yes_no":
            words = {True: text("reply.yes", lang), False: text("reply.no", lang)}
            yield item, headers[0], answers[item].map(words)
        elif rows["choice"].notna().any():
            labels = dict(zip(rows["choice"], rows["label"], strict=True))
            yield item, headers[0], answers[item].map(labels).fillna(answers[item])


def _shared(headers: Sequence[str]) -> str:
    """Give the question that the headers of its choices begin with."""
    return headers[0].rsplit(" – ", 1)[0] if len(headers) > 1 else headers[0]


def _ticked(choices: pd.DataFrame, labels: Sequence[str], lang: Language) -> pd.Series:
    """Join the labels of what each respondent ticked; missing where they ticked and refused nothing."""
    none = text("reply.nothing", lang)
    told = [
        ", ".join(label for label, it in zip(labels, row, strict=True) if it) or none
        for row in choices.fillna(value=False).to_numpy(dtype=bool)
    ]
    return pd.Series(told, choices.index, dtype=object).where(choices.notna().any(axis=1))


def _numbers(values: pd.Series, lang: Language) -> pd.Series:
    """Write numbers as the language does; what is missing stays missing."""
    told = [decimal(it, lang, 6, trim=True) for it in values.dropna()]
    return pd.Series(told, values.index[values.notna()], dtype=object).reindex(values.index)
