"""What may be published of the answers of a study, decided once for all of its tables together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from opsn_geo.catalogue.states import Level
from opsn_geo.catalogue.survey import GROUPED
from opsn_geo.measure.disclosure import FEW, MOST, SHOWN, shown
from opsn_geo.measure.published.figures import RECIPE, publishable
from opsn_geo.measure.survey.estimates import item_frame
from opsn_geo.measure.survey.populations import bodies_of, body_groups
from opsn_geo.measure.survey.survey import commune_groups

if TYPE_CHECKING:
    from opsn_geo.pipeline.load import Inputs

STRUCTURE: Final = "structure"
"""Item with the kind of body a respondent answers for."""
BAND: Final = "population_band"
"""Item with the size of a respondent's body, where it was asked."""
NAMED: Final = "named"
"""Key of the study file that lists the communes whose own answers are published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrecy:
    """What may be published of the answers.

    Parameters
    ----------
    bodies : DataFrame
        On ``respondent``: the kind of body that each answers for, and its code.
    communes : Series of str
        On ``respondent``: the commune of the study that each answers for; missing for the others.
    items : DataFrame
        On ``respondent``: what is asked, as booleans and numbers.
    unnamed : Index
        Respondents whose own answers are not published.
    groups : DataFrame of bool
        On `unnamed`: the groups that tables are about, the most useful first: ``""`` (all communes), ``all``
        (all who answered), the départements, the kinds of body.
    published : DataFrame of str
        Items × groups, as :func:`opsn_geo.measure.disclosure.shown`.
    figures : Series of str
        On ``figure``: the same of each published figure.
    """

    bodies: pd.DataFrame
    communes: pd.Series
    items: pd.DataFrame
    unnamed: pd.Index
    groups: pd.DataFrame
    published: pd.DataFrame
    figures: pd.Series

    def shares(self) -> pd.Series:
        """Return the share or mean of each item, missing where none may be published.

        It is that of all who answered, else of the communes; 0 or 1 where only a class may be.
        """
        shares = pd.Series(np.nan, index=self.items.columns, dtype="float64")
        for group, members in (("all", self.items), ("", self.items[self.communes.notna()])):
            codes = self.published[group].reindex(shares.index)
            own = members.astype("Float64").mean().astype("float64").where(codes.eq(SHOWN))
            shares = shares.fillna(own.mask(codes.eq(FEW), 0.0).mask(codes.eq(MOST), 1.0))
        return shares


def secrecy(inputs: Inputs) -> Secrecy | None:
    """Return what may be published of the answers of a study; None where there are none."""
    answers, placed = inputs.answers, inputs.respondents
    if answers is None or placed is None or answers.empty:
        return None
    communes = inputs.territory.communes
    inside = communes.index[communes["inside"].astype(bool)]
    bodies = bodies_of(placed, answers.get(STRUCTURE)).reindex(answers.index)
    of_commune = bodies["body"].eq(Level.COMMUNE)
    bodies["code"] = bodies["code"].where(~of_commune | bodies["code"].isin(inside))
    own = bodies["code"].where(of_commune)
    of_territory = commune_groups(own.map(communes["code_dep"]))
    everybody = pd.DataFrame({"all": True}, index=answers.index)
    groups = pd.concat(
        [of_territory[[""]], everybody, of_territory.drop(columns=""), body_groups(bodies["body"])], axis=1
    )
    unnamed = answers.index[~of_named(inputs).reindex(answers.index, fill_value=False)]
    items = item_frame(answers, single_choices(inputs.tables["questionnaire"]))
    figures = inputs.tables.get("published_figures", pd.DataFrame(columns=["figure", *RECIPE]))
    least = inputs.study.min_answers
    return Secrecy(
        bodies=bodies,
        communes=own,
        items=items,
        unnamed=unnamed,
        groups=groups.loc[unnamed],
        published=shown(items.loc[unnamed], groups.loc[unnamed], least),
        figures=publishable(
            figures,
            answers.loc[unnamed],
            groups.loc[unnamed],
            items.loc[unnamed],
            least,
            who_answered(inputs),
        ),
    )


def who_answered(inputs: Inputs) -> tuple[str, ...]:
    """Return the items that say who answered, where the study makes that public; else none."""
    return () if inputs.study.metadata.respondents == GROUPED else (STRUCTURE, BAND)


def of_named(inputs: Inputs) -> pd.Series:
    """Return which respondents speak for a commune whose own answers the study publishes."""
    placed, named = inputs.respondents, inputs.study.survey.get(NAMED, ())
    if placed is None:
        return pd.Series(dtype=bool)
    return placed["level"].eq(Level.COMMUNE) & placed["code_insee"].isin(named)


def single_choices(questionnaire: pd.DataFrame) -> dict[str, list[str]]:
    """Return the choices of each single-choice item."""
    singles = questionnaire[questionnaire["kind"].eq("single")].dropna(subset=["choice"])
    return {str(item): list(choices) for item, choices in singles.groupby("item")["choice"]}
