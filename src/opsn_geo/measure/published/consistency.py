"""Whether the figures that a study publishes can be true together: checks that need nothing but the figures.

Each check takes the published figures and gives its findings, one row each, with the numbers that make them;
none where nothing is wrong. A published number stands for every number that rounds to it: only what no such
number can mend is told.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from opsn_geo.catalogue.numbers import decimal
from opsn_geo.catalogue.words import Language, text
from opsn_geo.measure.published.figures import ANSWERS, told_texts

if TYPE_CHECKING:
    from collections.abc import Iterable

COLUMNS: Final = ("check", "subject", "severity", "evidence", "where", "expected", "found")
CONTRADICTION: Final = "contradiction"
"""Both cannot be true."""
WARNING: Final = "warning"
"""Both may be true, but not what they are taken to mean."""
RESPONDENT: Final = "respondent"
"""Item whose number of different values is the number of respondents."""
_SAME: Final = ["table", "item", "choice", "group"]
_NOISE: Final = 1e-9


def published_range(figures: pd.DataFrame) -> pd.DataFrame:
    """Give the least and the greatest number that each published one stands for.

    A number rounded to `precision` stands for all within half of it; a whole count is exact; one with the
    ``comparison`` ``gt`` or ``lt`` has a single end.

    Parameters
    ----------
    figures : DataFrame
        ``value``, ``unit``, ``precision`` (1 where missing), ``comparison`` (``eq`` where missing).

    Returns
    -------
    DataFrame
        On the same index: ``least``, ``greatest``, in the unit of the figure.

    Examples
    --------
    >>> figures = pd.DataFrame({"value": [18, 80, 25], "unit": ["share", "count", "share"],
    ...                         "precision": 1, "comparison": ["eq", "eq", "gt"]})
    >>> published_range(figures).values.tolist()
    [[17.5, 18.5], [80.0, 80.0], [25.0, inf]]
    """
    value, step = (figures[it].astype("Float64").astype(float) for it in ("value", "precision"))
    step = step.fillna(1)
    half = (step / 2).mask((figures["unit"] == "count") & (step <= 1), 0.0)
    above, below = figures["comparison"] == "gt", figures["comparison"] == "lt"
    return pd.DataFrame(
        {
            "least": (value - half).mask(above, value).mask(below, -np.inf),
            "greatest": (value + half).mask(below, value).mask(above, np.inf),
        }
    )


def parts_and_wholes(figures: pd.DataFrame, lang: Language = "fr") -> pd.DataFrame:
    """Find parts that do not sum to their whole.

    Parameters
    ----------
    figures : DataFrame
        Published figures, with ``part_of``: the figure that the parts which name it make up together.
        Percentages of a figure that is no percentage make up 100.
    lang : {"fr", "en"}
        Language of the evidence.

    Returns
    -------
    DataFrame
        :data:`COLUMNS`, a contradiction for each whole that no rounding lets its parts make up.

    Notes
    -----
    Σ least ≤ whole ≤ Σ greatest must hold for some number that the whole stands for.

    Examples
    --------
    >>> figures = pd.DataFrame({"figure": ["all", "offered", "missing"], "value": [31, 26, 4],
    ...                         "unit": "count", "part_of": [None, "all", "all"]})
    >>> print(parts_and_wholes(figures, "en")["evidence"].item())
    offered (26) + missing (4) = 30, not 31 (all): 1 is missing.
    """
    known = ranged(figures)
    found = []
    for whole, parts in known[known["part_of"].isin(known.index)].groupby("part_of", sort=False):
        target: Any = known.loc[str(whole)]
        percents = parts["unit"].eq("share").all() and target["unit"] != "share"
        value, least, greatest = (
            100.0 if percents else float(target[it]) for it in ("value", "least", "greatest")
        )
        if least - _NOISE <= parts["greatest"].sum() and parts["least"].sum() <= greatest + _NOISE:
            continue
        total = parts["value"].sum()
        listed = " + ".join(f"{it.label} ({shown(it.value, lang)})" for it in parts.itertuples())
        key = "parts_missing" if total < value else "parts_over"
        said = text(
            f"consistency.{key}", lang, parts=listed, found=shown(total, lang), whole=target["label"],
            expected=shown(value, lang), gap=shown(abs(value - total), lang),
        )  # fmt: skip
        subject = [str(whole), *parts.index]
        found.append(
            finding("parts", subject, CONTRADICTION, said, known.loc[subject, "where"], value, total, lang)
        )
    return findings(found)


def implied_bases(figures: pd.DataFrame, lang: Language = "fr") -> pd.DataFrame:
    """Find percentages whose base is not the one they are said to have.

    A count and a percentage of the same thing imply a base: count / percentage. It must hold the base that
    the study states or, where it states none, the number of respondents.

    Parameters
    ----------
    figures : DataFrame
        Published figures with their recipe; ``base`` missing where the study states none.
    lang : {"fr", "en"}
        Language of the evidence.

    Returns
    -------
    DataFrame
        :data:`COLUMNS`, a contradiction for each such percentage.

    Notes
    -----
    Base between 100 × least count / greatest percentage and 100 × greatest count / least percentage, akin to
    the test of granularity that Brown and Heathers (2017) make on means.

    Examples
    --------
    >>> figures = pd.DataFrame({"figure": ["n", "attacked", "rate"], "value": [488, 80, 18],
    ...     "unit": ["count", "count", "share"], "measure": ["distinct", "count", "share"],
    ...     "table": "answers", "item": ["respondent", "attack", "attack"], "choice": ["", "yes", "yes"]})
    >>> print(implied_bases(figures, "en")["evidence"].item())
    attacked: 80; rate: 18%. So the base is 433 to 457 answers, not 488.
    """
    known = ranged(figures)
    counts, shares = (known[known["measure"] == it].reset_index() for it in ("count", "share"))
    pairs = shares.merge(counts, on=_SAME, suffixes=("", "_count"), validate="m:1")
    everyone = np.where((pairs["table"] == ANSWERS) & (pairs["group"] == ""), respondents(known), np.nan)
    stated = pairs["base"].fillna(pairs["base_count"]).fillna(pd.Series(everyone, pairs.index))
    least = np.ceil(100 * pairs["least_count"] / pairs["greatest"])
    greatest = np.floor(100 * pairs["greatest_count"] / pairs["least"])
    wrong = pairs.assign(stated=stated, low=least, high=greatest)[(stated < least) | (stated > greatest)]
    found = []
    for it in wrong.to_dict("records"):
        ends = {name: shown(it[name], lang) for name in ("low", "high", "stated", "value", "value_count")}
        said = text("consistency.base", lang, label=it["label"], label_count=it["label_count"], **ends)
        implied = text("consistency.between", lang, **ends)
        found.append(
            finding("base", [it["figure"]], CONTRADICTION, said, [it["where"]], it["stated"], implied, lang)
        )
    return findings(found)


def respondents_and_units(figures: pd.DataFrame, lang: Language = "fr") -> pd.DataFrame:
    """Find more respondents than units that they answer for: several answered for one.

    Parameters
    ----------
    figures : DataFrame
        Published figures with their recipe: units are what ``distinct`` counts in the answers, other than
        respondents, of a ``group``; the respondents of the group are those of its own share or count.
    lang : {"fr", "en"}
        Language of the evidence.

    Returns
    -------
    DataFrame
        :data:`COLUMNS`, a warning for each such number of units: a percentage of respondents is then none of
        units.

    Examples
    --------
    >>> figures = pd.DataFrame({"figure": ["n", "communes", "mairies"], "value": [488, 376, 87],
    ...     "unit": ["count", "count", "share"], "measure": ["distinct", "distinct", "share"],
    ...     "table": "answers", "item": ["respondent", "name", "structure"],
    ...     "choice": ["", "", "mairie"], "group": ["", "structure=mairie", ""]})
    >>> print(respondents_and_units(figures, "en")["evidence"].item())
    mairies: 423 to 427 people; communes: 376. So several people answered for the same unit.
    """
    found = []
    for it in people_of_units(ranged(figures)).query("people_least > value").to_dict("records"):
        low, high, units = (shown(it[name], lang) for name in ("people_least", "people_greatest", "value"))
        said = text(
            "consistency.units",
            lang,
            label=it["people_label"],
            unit=it["label"],
            low=low,
            high=high,
            units=units,
        )
        told = text("consistency.between", lang, low=low, high=high)
        found.append(finding("units", [it["figure"]], WARNING, said, [it["where"]], it["value"], told, lang))
    return findings(found)


def people_of_units(known: pd.DataFrame) -> pd.DataFrame:
    """Say how many people answered for the units of each group, by :func:`ranged` figures.

    Returns
    -------
    DataFrame
        One row per figure that counts units: ``figure``, ``label``, ``value`` (units), ``group``, ``where``,
        ``total`` (respondents in all), ``people_label``, ``people_least`` and ``people_greatest``; units
        whose people are not published are left out.
    """
    total = respondents(known)
    mine = known[(known["table"] == ANSWERS) & (known["group"] == "")]
    counted = known[(known["table"] == ANSWERS) & (known["measure"] == "distinct")]
    units = counted[counted["item"] != RESPONDENT]
    people = mine[mine["measure"].isin(["count", "share"])].assign(
        group=lambda it: it["item"] + "=" + it["choice"],
        factor=lambda it: np.where(it["measure"] == "share", it["base"].fillna(total) / 100, 1.0),
    )
    everyone = counted[(counted["item"] == RESPONDENT) & (counted["group"] == "")].assign(factor=1.0)
    people = pd.concat([people, everyone]).drop_duplicates("group")
    told = pd.DataFrame(
        {
            "group": people["group"],
            "people_label": people["label"],
            "people_least": np.ceil(people["least"] * people["factor"] - _NOISE),
            "people_greatest": np.floor(people["greatest"] * people["factor"] + _NOISE),
        }
    )
    columns = ["figure", "label", "value", "group", "where"]
    return units.reset_index()[columns].assign(total=total).merge(told, on="group", validate="m:1")


def narrow_gaps(gaps: pd.DataFrame, lang: Language = "fr", confidence: float = 0.95) -> pd.DataFrame:
    """Find gaps within their margin of error.

    A study that publishes K gaps has K chances to be deceived: the margin is that which holds for all of them
    together (Dunn, 1961; Bonferroni's inequality).

    Parameters
    ----------
    gaps : DataFrame
        All gaps published: ``figure``, ``label``, ``value`` (points), ``where``, ``low`` and ``high``
        (interval of the recomputed gap, in points), ``members`` and ``others`` (its bases). Those without an
        interval cannot be judged.
    lang : {"fr", "en"}
        Language of the evidence.
    confidence : float
        Level of the intervals given, and of the joint margin.

    Returns
    -------
    DataFrame
        :data:`COLUMNS`, a warning for each gap that is no larger than its joint margin.

    Notes
    -----
    Joint margin = half the interval × z(1 - α / 2K) / z(1 - α / 2).

    Examples
    --------
    >>> gaps = pd.DataFrame({"figure": ["a", "b"], "label": ["A", "B"], "value": [7, 21], "where": "III",
    ...     "low": [0.6, 12.0], "high": [13.4, 30.0], "members": 351, "others": 137})
    >>> narrow_gaps(gaps, "en")[["subject", "expected", "found"]].values.tolist()
    [['a', '> 7.3', '7']]
    """
    tail = 1 - confidence
    normal = NormalDist()
    wider = normal.inv_cdf(1 - tail / 2 / max(len(gaps), 1)) / normal.inv_cdf(1 - tail / 2)
    margin = (gaps["high"] - gaps["low"]) / 2
    narrow = gaps.assign(margin=margin, joint=margin * wider)[gaps["value"].abs() <= margin * wider]
    found = []
    for it in narrow.to_dict("records"):
        sizes = {name: shown(it[name], lang) for name in ("value", "margin", "joint", "members", "others")}
        level = shown(100 * confidence, lang)
        said = text("consistency.gap", lang, label=it["label"], count=len(gaps), level=level, **sizes)
        found.append(
            finding(
                "gap", [it["figure"]], WARNING, said, [it["where"]], f"> {sizes['joint']}", it["value"], lang
            )
        )
    return findings(found)


def findings(rows: Iterable[dict[str, str]]) -> pd.DataFrame:
    """Lay findings out as a table of text, with its columns even where there is none."""
    return pd.DataFrame(list(rows), columns=list(COLUMNS), dtype="str")


def shown(value: object, lang: Language = "fr") -> str:
    """Write a number as its language does, to one decimal where it has any; a text stays as it is.

    >>> shown(6.41, "fr"), shown(3789.0, "en"), shown("SIG")
    ('6,4', '3,789', 'SIG')
    """
    if not isinstance(value, int | float | np.number):
        return str(value)
    return decimal(value, lang, 1, trim=True)


def finding(
    check: str,
    subject: Iterable[str],
    severity: str,
    evidence: str,
    where: Iterable[str],
    expected: object,
    found: object,
    lang: Language,
) -> dict[str, str]:
    """Make a finding: its subjects joined by ``;``, and each place once."""
    places = dict.fromkeys(filter(None, where))
    values = [check, ";".join(subject), severity, evidence, " ; ".join(places)]
    return dict(zip(COLUMNS, [*values, shown(expected, lang), shown(found, lang)], strict=True))


def ranged(figures: pd.DataFrame) -> pd.DataFrame:
    """Give figures on their name, complete in the columns that the checks read, with what they stand for.

    Returns
    -------
    DataFrame
        On ``figure``: texts (empty where missing; the label is then the name), numbers as floats, and
        ``least`` and ``greatest`` of :func:`published_range`.
    """
    texts = [*_SAME, "label", "unit", "measure", "comparison", "where", "part_of"]
    named = figures.set_index("figure")
    known = told_texts(named, texts)
    known["label"] = known["label"].where(known["label"] != "", known.index.to_series())
    numbers = named.reindex(columns=["value", "base", "precision"]).astype("Float64").astype(float)
    known = known.join(numbers)
    return known.join(published_range(known))


def respondents(known: pd.DataFrame) -> float:
    """Find the published number of respondents in :func:`ranged` figures; missing where there is none."""
    mine = known[(known["table"] == ANSWERS) & (known["item"] == RESPONDENT) & (known["group"] == "")]
    return float(mine.loc[mine["measure"] == "distinct", "value"].max())
