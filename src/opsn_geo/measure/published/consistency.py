"""Whether what a study publishes can be true: its figures against each other, its claims against the data.

Each check returns its findings, one row each: codes, and the numbers that make them; none where nothing is
wrong. The sentences are made when results are published. A published number stands for every number that
rounds to it: a finding is what no such number can explain.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from opsn_geo.catalogue.states import State
from opsn_geo.measure.coverage.shares import bounds
from opsn_geo.measure.distributions import hypergeometric_p
from opsn_geo.measure.published.recipes import ANSWERS, as_texts
from opsn_geo.measure.survey.response import SIZE_BANDS, banded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from opsn_geo.measure.coverage.evidence import Coverage

COLUMNS: Final = ("check", "subject", "severity", "where", "values")
"""Which check; the figures or claims it is about, joined by ``;``; how grave; where the study says so; and
the numbers and texts that the evidence is made of, by name."""
CONTRADICTION: Final = "contradiction"
"""Both cannot be true."""
WARNING: Final = "warning"
"""Both may be true, but not what they are taken to mean."""
RESPONDENT: Final = "respondent"
"""Item whose number of different values is the number of respondents."""
BAND: Final = "population_band"
"""Item with the size of a respondent's body, by the levels of ``SIZE_BANDS``."""
REPRESENTATIVE: Final = "survey_representative"
"""List of the statements that holds the claim of a representative survey."""
WHOLE: Final = "whole_territory_covered"
"""List of the statements that holds the claim of a territory wholly covered."""
RISK: Final = 0.001
"""A claim is not called refuted for what chance does more often than this."""
_SAME: Final = ["table", "item", "choice", "group"]
_ROUNDING: Final = 1e-9


def published_range(figures: pd.DataFrame) -> pd.DataFrame:
    """Return the least and the greatest number that each published one stands for.

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
    value, step = (figures[name].astype("Float64").astype(float) for name in ("value", "precision"))
    step = step.fillna(1)
    half = (step / 2).mask((figures["unit"] == "count") & (step <= 1), 0.0)
    above, below = figures["comparison"] == "gt", figures["comparison"] == "lt"
    return pd.DataFrame(
        {
            "least": (value - half).mask(above, value).mask(below, -np.inf),
            "greatest": (value + half).mask(below, value).mask(above, np.inf),
        }
    )


def parts_and_wholes(figures: pd.DataFrame) -> pd.DataFrame:
    """Return the parts that do not sum to their whole.

    Parameters
    ----------
    figures : DataFrame
        Published figures, with ``part_of``: the figure that the parts which name it make up together.
        Percentages of a figure that is no percentage make up 100.

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
    >>> parts_and_wholes(figures)["values"].item()
    {'parts': [('offered', 26.0), ('missing', 4.0)], 'total': 30.0, 'whole': 'all', 'value': 31.0}
    """
    ranges = with_ranges(figures)
    rows = []
    for name, parts in ranges[ranges["part_of"].isin(ranges.index)].groupby("part_of", sort=False):
        whole: Any = ranges.loc[str(name)]
        if parts["unit"].eq("share").all() and whole["unit"] != "share":
            value = least = greatest = 100.0  # percentages of a count make up 100
        else:
            value, least, greatest = (float(whole[column]) for column in ("value", "least", "greatest"))
        if least - _ROUNDING <= parts["greatest"].sum() and parts["least"].sum() <= greatest + _ROUNDING:
            continue
        subject = [str(name), *parts.index]
        values = {
            "parts": [
                (str(label), float(number))
                for label, number in zip(parts["label"], parts["value"], strict=True)
            ],
            "total": float(parts["value"].sum()),
            "whole": str(whole["label"]),
            "value": value,
        }
        rows.append(finding("parts", subject, CONTRADICTION, ranges.loc[subject, "where"], values))
    return findings(rows)


def implied_bases(figures: pd.DataFrame) -> pd.DataFrame:
    """Return the percentages whose base is not the one they are said to have.

    A count and a percentage of the same thing imply a base: count / percentage. It must hold the base that
    the study states or, where it states none, the number of respondents.

    Parameters
    ----------
    figures : DataFrame
        Published figures with their recipe; ``base`` missing where the study states none.

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
    >>> values = implied_bases(figures)["values"].item()
    >>> values["low"], values["high"], values["stated"]
    (433.0, 457.0, 488.0)
    """
    ranges = with_ranges(figures)
    counts, shares = (ranges[ranges["measure"] == name].reset_index() for name in ("count", "share"))
    pairs = shares.merge(counts, on=_SAME, suffixes=("", "_count"), validate="m:1")
    everyone = np.where((pairs["table"] == ANSWERS) & (pairs["group"] == ""), respondents(ranges), np.nan)
    stated = pairs["base"].fillna(pairs["base_count"]).fillna(pd.Series(everyone, pairs.index))
    least = np.ceil(100 * pairs["least_count"] / pairs["greatest"])
    greatest = np.floor(100 * pairs["greatest_count"] / pairs["least"])
    wrong = pairs.assign(stated=stated, low=least, high=greatest)[(stated < least) | (stated > greatest)]
    names = ["label", "value", "label_count", "value_count", "low", "high", "stated"]
    return findings(
        finding("base", [pair["figure"]], CONTRADICTION, [pair["where"]], {it: pair[it] for it in names})
        for pair in wrong.to_dict("records")
    )


def respondents_and_units(figures: pd.DataFrame) -> pd.DataFrame:
    """Return the units that have more respondents than units: several answered for one.

    Parameters
    ----------
    figures : DataFrame
        Published figures with their recipe: units are what ``distinct`` counts in the answers, other than
        respondents, of a ``group``; the respondents of the group are those of its own share or count.

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
    >>> values = respondents_and_units(figures)["values"].item()
    >>> values["low"], values["high"], values["units"]
    (423.0, 427.0, 376.0)
    """
    names = {"label": "people_label", "unit": "label", "low": "people_least", "high": "people_greatest"}
    names["units"] = "value"
    several = people_of_units(with_ranges(figures)).query("people_least > value")
    return findings(
        finding(
            "units", [row["figure"]], WARNING, [row["where"]], {name: row[it] for name, it in names.items()}
        )
        for row in several.to_dict("records")
    )


def people_of_units(ranges: pd.DataFrame) -> pd.DataFrame:
    """Return how many people answered for the units of each group, by :func:`with_ranges` figures.

    Returns
    -------
    DataFrame
        One row per figure that counts units: ``figure``, ``label``, ``value`` (units), ``group``, ``where``,
        ``total`` (respondents in all), ``people_label``, ``people_least`` and ``people_greatest``; units
        whose people are not published are left out.
    """
    total = respondents(ranges)
    mine = ranges[(ranges["table"] == ANSWERS) & (ranges["group"] == "")]
    counted = ranges[(ranges["table"] == ANSWERS) & (ranges["measure"] == "distinct")]
    units = counted[counted["item"] != RESPONDENT]
    people = mine[mine["measure"].isin(["count", "share"])].assign(
        group=lambda rows: rows["item"] + "=" + rows["choice"],
        factor=lambda rows: np.where(rows["measure"] == "share", rows["base"].fillna(total) / 100, 1.0),
    )
    everyone = counted[(counted["item"] == RESPONDENT) & (counted["group"] == "")].assign(factor=1.0)
    people = pd.concat([people, everyone]).drop_duplicates("group")
    by_group = pd.DataFrame(
        {
            "group": people["group"],
            "people_label": people["label"],
            "people_least": np.ceil(people["least"] * people["factor"] - _ROUNDING),
            "people_greatest": np.floor(people["greatest"] * people["factor"] + _ROUNDING),
        }
    )
    columns = ["figure", "label", "value", "group", "where"]
    return units.reset_index()[columns].assign(total=total).merge(by_group, on="group", validate="m:1")


def narrow_gaps(gaps: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Return the gaps within their margin of error.

    A study that publishes K gaps has K chances to be deceived: the margin is that which holds for all of them
    together (Dunn, 1961; Bonferroni's inequality).

    Parameters
    ----------
    gaps : DataFrame
        All gaps published: ``figure``, ``label``, ``value`` (points), ``where``, ``low`` and ``high``
        (interval of the recomputed gap, in points), ``members`` and ``others`` (its bases). Those without an
        interval cannot be judged.
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
    >>> found = narrow_gaps(gaps)
    >>> found["subject"].item(), found["values"].item()["value"], round(found["values"].item()["joint"], 1)
    ('a', 7, 7.3)
    """
    tail = 1 - confidence
    normal = NormalDist()
    wider = normal.inv_cdf(1 - tail / 2 / max(len(gaps), 1)) / normal.inv_cdf(1 - tail / 2)
    margin = (gaps["high"] - gaps["low"]) / 2
    narrow = gaps.assign(margin=margin, joint=margin * wider)[gaps["value"].abs() <= margin * wider]
    names = ["label", "value", "margin", "joint", "members", "others"]
    rows = []
    for gap in narrow.to_dict("records"):
        values = {it: gap[it] for it in names} | {"count": len(gaps), "level": 100 * confidence}
        rows.append(finding("gap", [gap["figure"]], WARNING, [gap["where"]], values))
    return findings(rows)


def contradictory_lists(statements: pd.DataFrame) -> pd.DataFrame:
    """Return the things that stand in two lists which cannot both be right.

    Parameters
    ----------
    statements : DataFrame
        ``list``, ``kind`` and ``item`` (what is listed), ``code_dep`` (missing: everywhere), ``where``, and
        ``says``: what being in the list says of it, as ``offered=no``; missing where that is nothing which
        another list could deny.

    Returns
    -------
    DataFrame
        :data:`COLUMNS`, a contradiction for each item of which one thing is said to be two.

    Examples
    --------
    >>> statements = pd.DataFrame({"list": ["rare", "missing", "missing"], "item": ["sig", "sig", "ads"],
    ...     "kind": "service", "says": ["offered=yes", "offered=no", "offered=no"]})
    >>> contradictory_lists(statements)["values"].item()
    {'item': 'sig', 'one': ['rare'], 'other': [['missing']]}
    """
    texts = as_texts(statements, ["list", "kind", "item", "code_dep", "says", "where"])
    texts = texts[texts["says"] != ""]
    # "offered=no" and "offered=yes" speak of the same thing, "offered"
    same = ["kind", "item", "code_dep", "property"]
    texts["property"] = texts["says"].str.split("=").str[0]
    denied = texts[texts.groupby(same)["says"].transform("nunique") > 1]
    rows = []
    for (_, item, _, _), group in denied.groupby(same, sort=False):
        one, *other = (list(dict.fromkeys(lists)) for _, lists in group.groupby("says", sort=False)["list"])
        values = {"item": str(item), "one": one, "other": other}
        rows.append(finding("lists", [str(item)], CONTRADICTION, group["where"], values))
    return findings(rows)


def size_bands(figures: pd.DataFrame, statements: pd.DataFrame, population: pd.Series) -> pd.DataFrame:
    """Return whether the sizes that a survey's own figures show refute that it is representative.

    A share of all respondents is first brought to those of the units (communes) that answered: the reading
    most in favour of the claim, in which as many as possible, or as few, of the small bodies are communes.

    Parameters
    ----------
    figures : DataFrame
        Published figures with their recipe: the shares of item ``population_band``, whose choices are
        levels of :data:`~opsn_geo.measure.survey.response.SIZE_BANDS`, and the number of units that answered.
    statements : DataFrame
        ``list`` and ``where``; nothing is checked unless the list ``survey_representative`` is stated.
    population : Series of int
        Inhabitants of each commune of the territory.

    Returns
    -------
    DataFrame
        :data:`COLUMNS`, a contradiction for each share that fewer than 1 draw in 1,000 would give.

    Notes
    -----
    Exact two-sided hypergeometric test (Fisher, 1935) of n units drawn from N, K of which are of those sizes.

    Examples
    --------
    >>> figures = pd.DataFrame({"figure": ["n", "small"], "label": ["People", "Small"], "value": [500, 67],
    ...     "unit": ["count", "share"], "measure": ["distinct", "share"], "table": "answers",
    ...     "item": ["respondent", "population_band"], "choice": ["", "lt_500|500_1999"]})
    >>> claim = pd.DataFrame({"list": ["survey_representative"]})
    >>> values = size_bands(figures, claim, pd.Series([900] * 860 + [5000] * 140))["values"].item()
    >>> values["share"], values["nearest"]
    (86.0, 67.5)
    """
    claims, ranges = _claims(statements, REPRESENTATIVE), with_ranges(figures)
    mine = ranges[ranges["table"].eq(ANSWERS) & ranges["measure"].eq("share") & ranges["item"].eq(BAND)]
    bands, rows = banded(population, SIZE_BANDS), []
    for figure in mine.to_dict("records") if len(claims) else ():
        drawn, least, greatest = _share_of_units(figure, ranges)
        alike = int(bands.isin(figure["choice"].split("|")).sum())
        share = alike / len(bands)
        # of all shares that the figure may stand for, the one most in favour of the claim
        nearest = min(max(share, least), greatest)
        if _chance(nearest, drawn, alike, len(bands)) < RISK:
            percents = {"nearest": nearest, "share": share, "rate": drawn / len(bands)}
            values = {name: 100 * part for name, part in percents.items()}
            values |= {"label": figure["label"], "value": figure["value"], "drawn": drawn}
            values |= {"units": len(bands), "once": 1 / RISK}
            where = [*claims["where"], figure["where"]]
            rows.append(finding("sizes", [REPRESENTATIVE], CONTRADICTION, where, values))
    return findings(rows)


def whole_territory(statements: pd.DataFrame, coverage: Coverage, inside: NDArray[np.bool_]) -> pd.DataFrame:
    """Return whether perimeters, memberships or a service refute that a whole territory is covered.

    Parameters
    ----------
    statements : DataFrame
        ``list`` and ``where``; nothing is checked unless the list ``whole_territory_covered`` is stated.
    coverage : Coverage
        What is known of each commune and service.
    inside : array of bool, shape (places,)
        Communes of the territory.

    Returns
    -------
    DataFrame
        :data:`COLUMNS`: a contradiction where an offered service is not offered everywhere, or
        memberships are known not to reach everywhere; a warning where it is only not known that they do.

    Notes
    -----
    Shares of communes, as intervals [known, possible] of :func:`opsn_geo.measure.coverage.shares.bounds`.

    Examples
    --------
    >>> from opsn_geo.measure.coverage.evidence import Coverage
    >>> known = Coverage(places=pd.Index(["a", "b"]), services=pd.Index(["dpd"]), opsn=pd.Index(["x"]),
    ...     evidence=np.array([[[3], [1]], [[0], [0]]], np.uint8), incomplete=np.array([False, False]),
    ...     since=np.full((2, 1), np.datetime64("NaT")), proof=np.zeros((2, 1), np.uint8))
    >>> claim = pd.DataFrame({"list": ["whole_territory_covered"]})
    >>> found = whole_territory(claim, known, np.array([True, True]))
    >>> found["severity"].item(), found["values"].item()["perimeter"], found["values"].item()["low"]
    ('contradiction', 100.0, 50.0)
    """
    claims = _claims(statements, WHOLE)
    offered = bounds(coverage, State.OFFERED)[0][inside]
    # a service that nobody offers anywhere is not claimed to cover the territory
    somewhere = offered.any(axis=0)
    offered = offered[:, somewhere]
    member, possible = (states[inside][:, somewhere] for states in bounds(coverage))
    if claims.empty or member.all():
        return findings([])
    most = int(member.mean(axis=0).argmax()) if somewhere.any() else 0
    values = {
        "perimeter": 100 * float(offered.any(axis=1).mean()),
        "low": 100 * float(member.any(axis=1).mean()),
        "high": 100 * float(possible.any(axis=1).mean()),
        "everywhere": int(offered.all(axis=0).sum()),
        "reached": int(member.all(axis=0).sum()),
        "services": offered.shape[1],
        "best": 100 * float(member[:, most].mean()),
        "best_high": 100 * float(possible[:, most].mean()),
    }
    refuted = not offered.all() or not possible.any(axis=1).all()
    severity = CONTRADICTION if refuted else WARNING
    return findings([finding("territory", [WHOLE], severity, claims["where"], values)])


def findings(rows: Iterable[dict[str, object]]) -> pd.DataFrame:
    """Return findings as a table, with its columns even where there is none."""
    table = pd.DataFrame(list(rows), columns=list(COLUMNS), dtype=object)
    return table.astype(dict.fromkeys(COLUMNS[:-1], "str"))


def finding(
    check: str, subject: Iterable[str], severity: str, where: Iterable[str], values: Mapping[str, object]
) -> dict[str, object]:
    """Return one finding: its subjects joined by ``;``, and each place once."""
    places = dict.fromkeys(filter(None, where))
    row = [check, ";".join(subject), severity, " ; ".join(places), dict(values)]
    return dict(zip(COLUMNS, row, strict=True))


def with_ranges(figures: pd.DataFrame) -> pd.DataFrame:
    """Return figures on their name, complete in the columns that the checks read, with what they stand for.

    Returns
    -------
    DataFrame
        On ``figure``: texts (empty where missing; the label is then the name), numbers as floats, and
        ``least`` and ``greatest`` of :func:`published_range`.
    """
    named = figures.set_index("figure")
    complete = as_texts(named, [*_SAME, "label", "unit", "measure", "comparison", "where", "part_of"])
    complete["label"] = complete["label"].where(complete["label"] != "", complete.index.to_series())
    numbers = named.reindex(columns=["value", "base", "precision"]).astype("Float64").astype(float)
    complete = complete.join(numbers)
    return complete.join(published_range(complete))


def respondents(ranges: pd.DataFrame) -> float:
    """Return the published number of respondents in :func:`with_ranges` figures; missing where none is."""
    mine = ranges[(ranges["table"] == ANSWERS) & (ranges["item"] == RESPONDENT) & (ranges["group"] == "")]
    return float(mine.loc[mine["measure"] == "distinct", "value"].max())


def _claims(statements: pd.DataFrame, claim: str) -> pd.DataFrame:
    """Return the statements of one claim."""
    texts = as_texts(statements, ["list", "where"])
    return texts[texts["list"] == claim]


def _share_of_units(share: Mapping[Any, Any], ranges: pd.DataFrame) -> tuple[int, float, float]:
    """Return the number of units that respondents answer for, and the ends of a share brought to units."""
    least, greatest = share["least"] / 100, share["greatest"] / 100
    units = people_of_units(ranges)
    own = units[units["group"].isin([share["group"]]) | (share["group"] == "")]
    if own.empty:
        base = share["base"] if pd.notna(share["base"]) else respondents(ranges)
        return int(base), least, greatest
    first = own.iloc[0]
    if share["group"] == "":
        # the units are a part of all respondents: the others may all be of those sizes, or none of them
        part = first["people_least"] / first["total"]
        least, greatest = max(0.0, (least - (1 - part)) / part), min(1.0, greatest / part)
    return int(first["value"]), least, greatest


def _chance(share: float, drawn: int, alike: int, units: int) -> float:
    """Return the chance that a random draw of units lies as far from the territory as a share does."""
    drawn = min(drawn, units)
    count = min(max(round(share * drawn), drawn + alike - units, 0), alike, drawn)
    return float(hypergeometric_p(np.array([count]), units, np.array([alike]), np.array([drawn]))[0])
