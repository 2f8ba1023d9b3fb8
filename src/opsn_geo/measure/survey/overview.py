"""The survey in figures: which items come first, which gaps are established, who answered too little.

These are computed from the tables that are published, withheld cells left out, and only gathered for the
report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Collection

LEVEL: Final = 0.05
"""q from which a difference between respondents and territory counts as one."""
DISCOVERY_RATE: Final = 0.10
"""Share of false discoveries that is accepted among the gaps called established."""
BALANCED: Final = 0.1
"""Standardised difference up to which a level counts as balanced."""


def leading_items(
    estimations: pd.DataFrame, scales: Collection[str], rankings: pd.DataFrame, most: int = 12
) -> pd.DataFrame:
    """Items of the whole survey with the greatest estimates, and whether any of them may be first.

    Parameters
    ----------
    estimations : DataFrame
        ``item``, ``measure``, ``domain`` (empty: all respondents), ``estimate``, ``low``, ``high`` and any
        other column; rows without an interval are withheld, and left out.
    scales : collection of str
        Items that are answered on a scale.
    rankings : DataFrame
        ``family``, ``domain`` (empty: the whole territory), ``item``, ``rank_best``: which of a family may
        be first, by :func:`opsn_geo.measure.survey.comparison.rankings`.
    most : int
        Items kept of those that many choose from; of scales, all are kept.

    Returns
    -------
    DataFrame
        The rows by ``chart``, then falling estimate: ``scales`` (statements of a scale that are ranked among
        themselves), ``marks`` (other scales: different questions, which have no order), ``used``, ``needed``.
        ``may_be_first``: no other item of the family is surely greater; missing for ``marks``. Choices that
        name no service (``none``) are left out.

    Examples
    --------
    >>> table = pd.DataFrame({"item": ["need:a", "need:b", "need:c"], "measure": "share", "domain": "",
    ...     "estimate": [0.3, 0.2, 0.1], "low": [0.25, 0.15, 0.05], "high": [0.35, 0.26, 0.15]})
    >>> ranks = pd.DataFrame({"family": "need", "domain": "", "item": table["item"], "rank_best": [1, 1, 3]})
    >>> leading_items(table, [], ranks)["may_be_first"].tolist()
    [True, True, False]
    """
    rows = estimations[estimations["domain"].isin([""]) & estimations["low"].notna()]
    # not str.partition: where there is no row, it gives no column
    family = rows["item"].str.replace(":.*", "", regex=True)
    named = ~rows["item"].str.endswith(":none") & (rows["measure"] == "share")
    whole = rankings[rankings["domain"].isin([""])]
    on_scale = family.isin([*scales]) & (rows["measure"] == "mean")
    is_ranked = family.isin(set(whole["family"]))
    charts = {
        "scales": rows[on_scale & is_ranked],
        "marks": rows[on_scale & ~is_ranked],
        "used": rows[(family == "service_used") & named],
        "needed": rows[(family == "need") & named],
    }
    best = whole.drop_duplicates("item").set_index("item")["rank_best"]
    parts = []
    for chart, part in charts.items():
        ordered = part.sort_values("estimate", ascending=False, kind="stable")
        ordered = ordered if chart in {"scales", "marks"} else ordered.head(most)
        first = ordered["item"].map(best)
        may_be_first = first.eq(1).astype("boolean").mask(first.isna())
        parts.append(ordered.assign(chart=chart, may_be_first=may_be_first))
    return pd.concat(parts, ignore_index=True)


def clearest_gaps(influence: pd.DataFrame, most: int = 14) -> pd.DataFrame:
    """Gaps between adherents and others that stand out most from chance, once like is compared with like.

    Gaps that were not published, or that the comparison itself is made to cancel, are left out; by rising
    ``adjusted_p``, then item. ``established``: ``adjusted_q`` is at most :data:`DISCOVERY_RATE`.

    >>> gaps = pd.DataFrame({"item": ["a", "b"], "gap_low": [0.1, None], "adjusted_low": 0.1,
    ...                      "adjusted_p": 0.01, "adjusted_q": 0.02})
    >>> clearest_gaps(gaps)[["item", "established"]].to_numpy().tolist()
    [['a', True]]
    """
    published = influence.dropna(subset=["gap_low", "adjusted_low", "adjusted_p"])
    ranked = published.sort_values(["adjusted_p", "item"], kind="stable").head(most)
    return ranked.assign(established=ranked["adjusted_q"] <= DISCOVERY_RATE)


def established_gaps(influence: pd.DataFrame) -> pd.DataFrame:
    """Number of gaps that are established, as they are and once like is compared with like.

    Returns
    -------
    DataFrame
        One row, ``all``: ``tests`` (comparisons made), ``gap`` and ``adjusted`` (their q is at most
        :data:`DISCOVERY_RATE`; a missing q is not), ``by_chance`` (:data:`LEVEL` × tests, what p alone would
        give where there is no gap at all).

    Examples
    --------
    >>> gaps = pd.DataFrame({"gap_q": [0.01, None], "adjusted_q": [0.2, None], "tests": 40})
    >>> established_gaps(gaps).loc["all"].tolist()
    [40.0, 1.0, 0.0, 2.0]
    """
    tests = int(influence["tests"].fillna(0).max()) if len(influence) else 0
    return pd.DataFrame(
        {
            "tests": tests,
            "gap": int((influence["gap_q"] <= DISCOVERY_RATE).sum()),
            "adjusted": int((influence["adjusted_q"] <= DISCOVERY_RATE).sum()),
            "by_chance": LEVEL * tests,
        },
        index=pd.Index(["all"], name="group"),
    )


def departures(response: pd.DataFrame) -> pd.Series:
    """Whether each level answered too little, too much, or as chance would have it.

    Parameters
    ----------
    response : DataFrame
        ``q``, ``sample_share``, ``territory_share``; a missing q is no evidence of a difference.

    Returns
    -------
    Series of str
        ``too_few``, ``too_many`` (q below :data:`LEVEL`) or ``as_chance``.

    Examples
    --------
    >>> rows = pd.DataFrame({"q": [0.01, 0.2, None], "sample_share": 0.2, "territory_share": 0.5})
    >>> departures(rows).tolist()
    ['too_few', 'as_chance', 'as_chance']
    """
    fewer = response["sample_share"] < response["territory_share"]
    codes = np.where(response["q"] < LEVEL, np.where(fewer, "too_few", "too_many"), "as_chance")
    return pd.Series(codes, index=response.index, name="departure")


def balance(profiles: pd.DataFrame) -> pd.DataFrame:
    """Number of levels, and of those balanced after weighting: difference at most :data:`BALANCED`.

    >>> balance(pd.DataFrame({"weighted_difference": [0.05, -0.2, None]})).loc["all"].tolist()
    [3, 1]
    """
    balanced = profiles["weighted_difference"].abs() <= BALANCED
    return pd.DataFrame({"levels": len(profiles), "balanced": int(balanced.sum())}, index=["all"])


def first_items(rankings: pd.DataFrame, most: int = 3) -> pd.DataFrame:
    """Items that come first in each group and family of items, and how many others may be first as well.

    Parameters
    ----------
    rankings : DataFrame
        ``family``, ``domain`` (the group; empty: the whole, left out), ``item``, ``rank``,
        ``rank_best`` (best rank that the intervals
        allow), ``estimate`` (missing: withheld, and left out).
    most : int
        Items kept of each group.

    Returns
    -------
    DataFrame
        By family and group, then rank: the rows kept, ``may_be_first`` (items of the group whose best rank
        is 1), ``items`` (how many are ranked) and ``has_withheld`` (an item withheld ranks above one of the
        rows kept, or as high as one that comes before another).

    Examples
    --------
    >>> table = pd.DataFrame({"family": "need", "domain": "02", "item": ["b", "a"], "rank": [2, 1],
    ...                       "rank_best": [1, 1], "estimate": [0.2, 0.3]})
    >>> first_items(table, most=1)[["item", "may_be_first", "items"]].to_numpy().tolist()
    [['a', 2, 2]]
    >>> first_items(table.assign(rank=[5, 3]))["has_withheld"].tolist()
    [True, True]
    """
    ranked = rankings[rankings["estimate"].notna() & rankings["domain"].ne("")]
    ranked = ranked.sort_values(["family", "domain", "rank"], kind="stable", ignore_index=True)
    group = [ranked["family"], ranked["domain"]]
    kept = ranked.groupby(group).cumcount() < most
    # equal shares have one rank, and the next counts them all: a gap in the ranks is an item withheld
    skips = kept & ranked["rank"].ne(ranked.groupby(["family", "domain"])["rank"].rank(method="min"))
    return ranked.assign(
        may_be_first=(ranked["rank_best"] == 1).groupby(group).transform("sum"),
        items=ranked.groupby(group)["item"].transform("size"),
        has_withheld=skips.groupby(group).transform("any"),
    )[kept]
