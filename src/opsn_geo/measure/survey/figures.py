"""Published figures as items of a survey: what is judged, claimed, and set beside the nation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from opsn_geo.measure.survey.estimates import item_frame


def headline_items(
    answers: pd.DataFrame, figures: pd.DataFrame, choices: Mapping[str, Sequence[str]]
) -> pd.DataFrame:
    """Return the items of a study's published shares and means, so that each can be judged.

    Parameters
    ----------
    answers : DataFrame
        Typed answers.
    figures : DataFrame
        Published figures: ``figure``, ``table``, ``measure``, ``item``, ``choice`` (several joined by
        ``|``), ``group``. Those on answers, of measure ``share`` or ``mean``, without a group.
    choices : mapping of str to sequence of str
        Choices of each single-choice item.

    Returns
    -------
    DataFrame
        One column per figure. Figures of items that were not asked are left out.

    Examples
    --------
    >>> answers = pd.DataFrame({"support": ["epci", "no", None]})
    >>> figures = pd.DataFrame([("support", "answers", "share", "support", "epci|own", None)],
    ...     columns=["figure", "table", "measure", "item", "choice", "group"])
    >>> headline_items(answers, figures, {"support": ["epci", "own", "no"]})["support"].tolist()
    [True, False, <NA>]
    """
    frame = item_frame(answers, choices)
    items = {}
    for recipe in figures[judged_figures(figures)].fillna({"choice": ""}).to_dict("records"):
        parts = [_answered(frame, recipe["item"], choice) for choice in str(recipe["choice"]).split("|")]
        asked = [part for part in parts if part is not None]
        if len(asked) == len(parts):
            # several choices are one item: yes where any of them is
            items[recipe["figure"]] = pd.concat(asked, axis=1).max(axis=1)
    return pd.DataFrame(items, index=answers.index)


def headline_claims(figures: pd.DataFrame) -> pd.DataFrame:
    """Return what a study publishes of each headline figure, and concludes from it.

    Parameters
    ----------
    figures : DataFrame
        Published figures: ``figure``, ``value``, ``unit``, ``precision``, ``comparison``, and ``claim``:
        ``above=50`` or ``below=5``, in the unit of the figure; missing where the study concludes nothing. A
        figure whose gap to the nation is published (``<name>_national_gap``) is claimed to lie on the side of
        that gap, beyond what rounding may move the nation.

    Returns
    -------
    DataFrame
        On ``figure``: ``side``, ``threshold``, ``published``, ``published_least`` and
        ``published_greatest``; shares between 0 and 1.

    Examples
    --------
    >>> figures = pd.DataFrame({"figure": ["users"], "value": [72], "unit": ["share"], "claim": ["above=50"]})
    >>> headline_claims(figures)[["side", "threshold", "published"]].to_dict("index")
    {'users': {'side': 'above', 'threshold': 0.5, 'published': 0.72}}
    """
    rows = figures.set_index("figure").reindex(
        columns=["value", "unit", "precision", "comparison", "claim", "item"]
    )
    factor = rows["unit"].eq("share").map({True: 100.0, False: 1.0})
    value, step = (rows[column].astype("Float64").astype(float) for column in ("value", "precision"))
    half = step.fillna(1.0) / 2
    claim = rows["claim"].astype("string").str.extract(r"^(above|below)=(-?[0-9.]+)$")
    least, greatest = value - half, value + half
    least = least.mask(rows["comparison"].eq("gt"), value).mask(rows["comparison"].eq("lt"), -np.inf)
    greatest = greatest.mask(rows["comparison"].eq("gt"), np.inf).mask(rows["comparison"].eq("lt"), value)
    claims = pd.DataFrame(
        {
            "side": claim[0].astype(object).where(claim[0].notna(), None),
            "threshold": claim[1].astype("Float64").astype(float) / factor,
            "published": value / factor,
            "published_least": least / factor,
            "published_greatest": greatest / factor,
        }
    )
    national = national_values(figures.reindex(columns=[*{*figures.columns, "item"}]))
    reference, margin = (rows["item"].map(national[column]) for column in ("reference", "reference_margin"))
    has_gap = (rows.index.astype(str) + "_national_gap").isin(rows.index)
    is_deduced = claims["threshold"].isna() & reference.notna() & has_gap
    is_below = value < reference
    claims["side"] = claims["side"].mask(is_deduced, is_below.map({True: "below", False: "above"}))
    nearest = (reference - margin).where(is_below, reference + margin)
    return claims.assign(threshold=claims["threshold"].where(~is_deduced, nearest))


def judged_figures(figures: pd.DataFrame) -> pd.Series:
    """Return which published figures have a conclusion to judge: shares and means of all answers."""
    whole = figures["table"].eq("answers") & figures["group"].fillna("").eq("")
    return whole & figures["measure"].isin(["share", "mean"])


def national_values(figures: pd.DataFrame) -> pd.DataFrame:
    """Return the national value of each item that a study publishes as a gap to its own, and its rounding.

    Parameters
    ----------
    figures : DataFrame
        Published figures: ``figure``, ``value``, ``precision`` (1 where missing), ``item``. The figure
        ``<name>_national_gap`` is that of ``<name>`` less the national value.

    Returns
    -------
    DataFrame
        By item: ``reference``, deduced from the two, and ``reference_margin``, the sum of half their steps.

    Examples
    --------
    >>> figures = pd.DataFrame({"figure": ["mean", "mean_national_gap"], "value": [6.0, -0.5],
    ...                         "precision": 0.1, "item": ["score", None]})
    >>> national_values(figures).round(6).to_dict("index")
    {'score': {'reference': 6.5, 'reference_margin': 0.1}}
    """
    ending = "_national_gap"
    rows = figures.dropna(subset=["value"]).set_index("figure")
    precision = rows["precision"] if "precision" in rows else pd.Series(1.0, rows.index)
    half = precision.astype("Float64").astype(float).fillna(1.0) / 2
    is_gap = rows.index.str.endswith(ending)
    gaps = pd.DataFrame({"gap": rows["value"], "half": half})[is_gap].astype(float)
    gaps.index = gaps.index.str.removesuffix(ending)
    own = rows.loc[rows.index.intersection(gaps.index)]
    gaps = gaps.loc[own.index]
    return pd.DataFrame(
        {
            "reference": (own["value"].astype(float) - gaps["gap"]).to_numpy(),
            "reference_margin": (half[own.index] + gaps["half"]).to_numpy(),
        },
        index=pd.Index(own["item"], name="item"),
    )


def headline_name(figure: str) -> str:
    """Return the name of the item behind a figure, among all items.

    >>> headline_name("attacked")
    'figure=attacked'
    """
    return f"figure={figure}"


def _answered(frame: pd.DataFrame, item: str, choice: str) -> pd.Series | None:
    """Return one item: its choice, or for a yes or no question itself or its contrary; None if not asked."""
    if choice in {"yes", "no"} and item in frame:
        return frame[item] if choice == "yes" else ~frame[item]
    return frame.get(f"{item}:{choice}" if choice else item)
