"""SIMULATED answers: each margin holds exactly; who gives which answer is drawn, plausibly.

Larger and keener structures tick more; a user ticks a service the likelier if a membership carries it to
its commune. Nobody is asked what the questionnaire would not ask, and patience runs out along it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from demo import margins as m
from demo.draw import apportion, scores, sizes, take

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Booleans = NDArray[np.bool_]
    Floats = NDArray[np.float64]

REFUSALS = ("no", "none", "unchanged")


class Context(NamedTuple):
    """What the draws of every question share, row by row of the respondents."""

    rng: np.random.Generator
    margins: pd.DataFrame
    codebook: pd.DataFrame
    leaning: Floats
    patience: Floats
    carried: pd.DataFrame
    operators: pd.DataFrame


def simulate(
    rng: np.random.Generator,
    people: pd.DataFrame,
    reach: pd.DataFrame,
    *,
    offers: pd.DataFrame,
    codebook: pd.DataFrame,
    margins: pd.DataFrame,
) -> pd.DataFrame:
    """Answer every question of the codebook that says nothing of who the respondent is.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of every draw.
    people : DataFrame
        Who answers, of :func:`demo.respondents.draw_respondents`.
    reach : DataFrame
        `code_insee`, `opsn`, `service`: what memberships carry where.
    offers, codebook : DataFrame
        Study tables, as text.
    margins : DataFrame
        What must hold, of :func:`demo.margins.read_margins`.

    Returns
    -------
    DataFrame
        `people` and a column per question: a slug or ``""`` for one choice, a truth per ``item:choice`` for
        several, a nullable whole number for a scale (``item`` or ``item:choice``) or a number.
    """
    size = np.log(people["population"].to_numpy(dtype=float))
    keen, patience = rng.normal(size=(2, len(people)))
    leaning = 0.35 * (size - size.mean()) / size.std() + 0.5 * keen
    context = Context(
        rng,
        margins,
        codebook,
        leaning,
        patience,
        _carried(people, reach, offers),
        _operators(people, reach, offers),
    )
    frame = people.copy()
    for item, questions in codebook.groupby("item", sort=False):
        kind = questions["kind"].iloc[0]
        if item in frame or kind not in HANDLERS:
            continue
        asked = m.matches(frame, questions["asked_if"].iloc[0])
        limits = margins.loc[margins["measure"].eq("answered") & margins["item"].eq(item), "value"]
        count = int(limits.iloc[0]) if len(limits) else int(asked.sum())
        answered = np.zeros(len(frame), bool)
        answered[take(rng, asked * np.exp(0.8 * patience), count)] = True
        columns = HANDLERS[kind](context, frame, str(item), answered)
        frame = pd.concat([frame, pd.DataFrame(columns, index=frame.index)], axis=1)
    return frame


def _carried(people: pd.DataFrame, reach: pd.DataFrame, offers: pd.DataFrame) -> pd.DataFrame:
    """Weigh each service for each respondent: 1 carried to it, little if offered there only, least else."""
    pairs = pd.crosstab(reach["code_insee"], reach["service"]).gt(0)
    near = pd.crosstab(offers["code"], offers["service"]).gt(0)
    carried = pairs.reindex(people["code_insee"], fill_value=False).to_numpy()
    offered = near.reindex(people["departement"], fill_value=False)[pairs.columns].to_numpy()
    return pd.DataFrame(np.where(carried, 1.0, np.where(offered, 2e-3, 1e-6)), people.index, pairs.columns)


def _operators(people: pd.DataFrame, reach: pd.DataFrame, offers: pd.DataFrame) -> pd.DataFrame:
    """Say which operators each respondent would name: those that reach it, else the widest near it."""
    pairs = pd.crosstab(reach["code_insee"], reach["opsn"]).gt(0)
    named = pairs.reindex(people["code_insee"], fill_value=False).set_axis(people.index)
    widest = pd.crosstab(offers["code"], offers["opsn"]).idxmax(axis=1)
    fallback = people["departement"].map(widest).to_numpy()[:, None] == named.columns.to_numpy()
    told = named.to_numpy() | (fallback & ~named.any(axis=1).to_numpy()[:, None])
    return pd.DataFrame(told, people.index, named.columns)


def _one(context: Context, frame: pd.DataFrame, item: str, answered: Booleans) -> dict[str, object]:
    """Deal the choices of one answer, each as often as its share says."""
    rows = context.margins[context.margins["item"].eq(item) & context.margins["measure"].eq("share")]
    shares = rows[~rows["choice"].str.contains("|", regex=False)].set_index("choice")["value"]
    if len(shares) == 1:
        other = {"yes": "no", "no": "yes"}[str(shares.index[0])]
        shares = pd.concat([shares, pd.Series({other: 100 - shares.iloc[0]})])
    counts = dict(zip(shares.index, apportion(shares.to_numpy(), int(answered.sum())), strict=True))
    lean = context.leaning
    if item == "uses_opsn":
        lean = 0.5 * lean + 1.2 * np.log1p(context.carried.eq(1.0).sum(axis=1).to_numpy())
    free, given = answered.copy(), np.full(len(frame), "", dtype=object)
    for choice, count in counts.items():
        weight = np.exp(-lean if choice in REFUSALS else lean) * free
        chosen = take(context.rng, weight, int(count))
        given[chosen], free[chosen] = choice, False
    return {item: given}


def _several(context: Context, frame: pd.DataFrame, item: str, answered: Booleans) -> dict[str, object]:
    """Tick each choice as often as its shares say; who ticks nothing ticks "none" where it stands.

    Where there is no "none", the most frequent choice, drawn last, goes to those who have ticked nothing.
    """
    choices = context.codebook.loc[context.codebook["item"].eq(item), "choice"].tolist()
    if item == "opsn_used":
        return {f"{item}:{c}": answered & context.operators[c].to_numpy() for c in choices}
    rows = context.margins[context.margins["item"].eq(item) & context.margins["measure"].eq("share")]
    ticks = pd.DataFrame(data=False, index=frame.index, columns=choices)
    order = rows.groupby("choice")["value"].max().sort_values(kind="stable").index
    for choice in order:
        weight = np.exp(context.leaning) * _taste(context, frame, item, choice)
        if choice == order[-1] and "none" not in choices:
            weight = weight * np.where(ticks.any(axis=1), 1.0, 1e9)
        ticks[choice] = _tick(context.rng, frame, rows[rows["choice"].eq(choice)], answered, weight)
    if "none" in choices:
        ticks["none"] = answered & ~ticks.any(axis=1)
    return {f"{item}:{choice}": ticks[choice].to_numpy() for choice in choices}


def _taste(context: Context, frame: pd.DataFrame, item: str, choice: str) -> Floats | float:
    """Weigh a service: used where a membership carries it, needed rather where it is not used."""
    if item == "service_used":
        return context.carried[choice].to_numpy() if choice in context.carried else 1.0
    if item == "need" and f"service_used:{choice}" in frame:
        return np.where(frame[f"service_used:{choice}"], 0.25, 1.0)
    return 1.0


def _tick(
    rng: np.random.Generator, frame: pd.DataFrame, rows: pd.DataFrame, answered: Booleans, weight: Floats
) -> Booleans:
    """Tick one choice: first in the groups that have a share of their own, then elsewhere up to the whole."""
    ticked, free = np.zeros(len(frame), bool), answered.copy()
    for group, value in rows.loc[rows["group"].ne(""), ["group", "value"]].itertuples(index=False):
        held = answered & m.matches(frame, group)
        ticked[take(rng, weight * held, round(value / 100 * int(held.sum())))] = True
        free &= ~held
    for value in rows.loc[rows["group"].eq(""), "value"] if free.any() else ():
        left = round(value / 100 * int(answered.sum())) - int(ticked.sum())
        ticked[take(rng, weight * free, left)] = True
    return ticked


def _scale(context: Context, frame: pd.DataFrame, item: str, answered: Booleans) -> dict[str, object]:
    """Give scores from 0 to 10 with the mean of each statement."""
    given: dict[str, object] = {}
    for choice in context.codebook.loc[context.codebook["item"].eq(item), "choice"]:
        column = pd.array([pd.NA] * len(frame), dtype="Int64")
        column[answered] = scores(
            context.rng, context.leaning[answered], m.value(context.margins, "mean", item, choice)
        )
        given[f"{item}:{choice}" if choice else item] = column
    return given


def _number(context: Context, frame: pd.DataFrame, item: str, answered: Booleans) -> dict[str, object]:
    """Give sizes that grow with the population: in a mairie with the published share and median."""
    below = next(
        c for c in context.margins.loc[context.margins["item"].eq(item), "choice"] if c.startswith("<")
    )
    latent = np.log(frame["population"].to_numpy(dtype=float)) + 0.6 * context.rng.normal(size=len(frame))
    column = pd.array([pd.NA] * len(frame), dtype="Int64")
    mairie = answered & frame["structure"].eq("mairie").to_numpy()
    share = m.value(context.margins, "share", item, below) / 100
    median = m.value(context.margins, "median", item)
    column[mairie] = sizes(latent[mairie], float(below[1:]), share, median)
    other = answered & ~mairie
    column[other] = np.rint(np.exp(1.2 + 0.25 * latent[other])).astype(np.int64)
    return {item: column}


HANDLERS: dict[str, Callable[[Context, pd.DataFrame, str, Booleans], dict[str, object]]] = {
    "single": _one,
    "yes_no": _one,
    "multiple": _several,
    "scale": _scale,
    "number": _number,
}
