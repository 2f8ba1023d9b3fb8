"""What single communes answered: only those that the study asks for by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from opsn_geo.pipeline.analyses import Analysis, Shared
from opsn_geo.pipeline.analyses.secrecy import NAMED, of_named

if TYPE_CHECKING:
    from opsn_geo.pipeline.load import Inputs

_NEVER: Final = ("meta", "text")
"""Kinds of item that are not shown: their words may tell who wrote them."""


def analysis(inputs: Inputs, shared: Shared) -> Analysis:
    """Return the answers of the communes that the study names; nothing where it names none."""
    del shared
    named, placed = inputs.study.survey.get(NAMED, ()), inputs.respondents
    if inputs.answers is None or placed is None or not named:
        return Analysis()
    mine = placed.loc[of_named(inputs), "code_insee"]
    table = answers_of(inputs.answers, inputs.tables["questionnaire"], mine)
    return Analysis(tables={"reponses": table})


def answers_of(answers: pd.DataFrame, questionnaire: pd.DataFrame, codes: pd.Series) -> pd.DataFrame:
    """Return what some respondents answered, without what may identify them.

    Parameters
    ----------
    answers : DataFrame
        On ``respondent``, as :func:`opsn_geo.read.answers.answers` gives them.
    questionnaire : DataFrame
        The codebook: ``item``, ``choice``, ``kind``. Items of kind ``text`` and ``meta`` are left out, and
        so are single choices without listed choices, since their words may tell who wrote them.
    codes : Series of str
        On ``respondent``: the commune of each of them.

    Returns
    -------
    DataFrame
        ``code_insee``, ``respondent`` (1, 2… within the commune, in the order of the answers: it identifies
        nobody), and the answers, a column for each item or ``item:choice``.

    Examples
    --------
    >>> questionnaire = pd.DataFrame({"item": ["server", "name"], "choice": None,
    ...                               "kind": ["yes_no", "single"]})
    >>> answers = pd.DataFrame({"server": [True, None], "name": ["Ann", "Bob"]}, index=["p", "q"])
    >>> answers_of(answers, questionnaire, pd.Series("02001", index=["p", "q"])).values.tolist()
    [['02001', 1, True], ['02001', 2, None]]
    """
    listed = questionnaire["kind"].ne("single") | questionnaire["choice"].notna()
    items = set(questionnaire.loc[listed & ~questionnaire["kind"].isin(_NEVER), "item"])
    shown = [name for name in answers if str(name).split(":")[0] in items]
    placed = codes.reindex(answers.index).dropna()
    who = pd.DataFrame({"code_insee": placed, "respondent": placed.groupby(placed).cumcount() + 1})
    return who.join(answers[shown]).reset_index(drop=True)
