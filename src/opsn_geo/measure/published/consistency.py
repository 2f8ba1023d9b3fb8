"""Whether what a study publishes can be true: its figures against each other, its claims against the data.

Each check returns its findings, one row each: codes, and the numbers that make them; none where nothing is
wrong. The sentences are made when results are published. A published number stands for every number that
rounds to it: a finding is what no such number can explain. How grave it is follows from what the study
writes: a contradiction quotes it, a warning reserves, an imprecise wording is only that. What is simulated
contradicts nobody.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from opsn_geo.catalogue.basis import BASES, Basis
from opsn_geo.catalogue.states import State
from opsn_geo.measure.coverage.shares import bounds
from opsn_geo.measure.distributions import hypergeometric_p
from opsn_geo.measure.published.recipes import ANSWERS, as_texts
from opsn_geo.measure.survey.response import SIZE_BANDS, banded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from opsn_geo.measure.coverage.evidence import Coverage

COLUMNS: Final = ("check", "subject", "severity", "quote", "where", "values")
"""Which check; the figures or claims it is about, joined by ``;``; how grave; what the study writes, word for
word; where; and the numbers and texts that the evidence is made of, by name."""
_RESTS_ON: Final = {
    "parts": ("published_figures", "statements"),
    "lists": ("statements",),
    "base": ("published_figures",),
    "units": ("published_figures",),
    "gap": ("published_figures", "answers"),
    "gap, published": ("published_figures",),
    "sizes": ("published_figures", "statements", "boundaries", "answers"),
    "sizes, open": ("published_figures", "statements", "boundaries"),
    "sizes, refuted": ("published_figures", "statements", "boundaries"),
    "territory": ("statements", "offers", "memberships", "cnil", "banatic"),
    "territory, published": ("statements",),
}
"""Inputs that each check rests on, by its reading where there are several."""
CONTRADICTION: Final = "contradiction"
"""What the study writes cannot all be true; always with the sentences quoted."""
WARNING: Final = "warning"
"""It may be true, but not what it is taken to mean; or no sentence is quoted that it would contradict."""
IMPRECISE: Final = "imprecise"
"""The wording leaves open what would decide it, as a list that does not claim to be whole."""
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
_NOWHERE: Final = "offered=no"
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


def parts_and_wholes(figures: pd.DataFrame, statements: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the parts that do not sum to their whole.

    Parameters
    ----------
    figures : DataFrame
        Published figures, with ``part_of``: the figure that the parts which name it make up together.
        Percentages of a figure that is no percentage make up 100.
    statements : DataFrame, optional
        ``list`` and ``exhaustive``: a figure that counts a list which is not exhaustive may count more.

    Returns
    -------
    DataFrame
        :data:`COLUMNS`, a contradiction for each whole that no rounding lets its parts make up; imprecise
        where too little is named, and one of the parts counts a list that does not claim to be whole.

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
    ranges, open_lists = with_ranges(figures), _open_lists(statements)
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
        short = parts["greatest"].sum() < least
        counts_open_list = parts["group"].str.removeprefix("list=").isin(open_lists).any()
        severity = IMPRECISE if short and counts_open_list else CONTRADICTION
        rows.append(finding("parts", subject, severity, ranges.loc[subject], values))
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
        :data:`COLUMNS`, for each such percentage a contradiction where the study states its base, a warning
        where it only leaves the reader to think of all respondents.

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
    own_base = wrong[["base", "base_count"]].notna().any(axis=1)
    return findings(
        finding(
            "base",
            [pair["figure"]],
            CONTRADICTION if is_stated else WARNING,
            ranges.loc[[pair["figure"]]],
            {name: pair[name] for name in names},
        )
        for pair, is_stated in zip(wrong.to_dict("records"), own_base, strict=True)
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
    ranges = with_ranges(figures)
    several = people_of_units(ranges).query("people_least > value")
    return findings(
        finding(
            "units",
            [row["figure"]],
            WARNING,
            ranges.loc[[row["figure"]]],
            {name: row[column] for name, column in names.items()},
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
        All gaps published: ``figure``, ``label``, ``value`` (points), ``where``, ``quote``, ``margin`` (half
        of its interval, in points; missing: it cannot be judged), ``members`` and ``others`` (its bases).
        See :func:`gap_margins`.
    confidence : float
        Level of the margins given, and of the joint margin.

    Returns
    -------
    DataFrame
        :data:`COLUMNS`, a warning for each gap that is no larger than its joint margin.

    Notes
    -----
    Joint margin = margin × z(1 - α / 2K) / z(1 - α / 2).

    Examples
    --------
    >>> gaps = pd.DataFrame({"figure": ["a", "b"], "label": ["A", "B"], "value": [7, 21], "where": "III",
    ...     "margin": [6.4, 9.0], "members": 351, "others": 137})
    >>> found = narrow_gaps(gaps)
    >>> found["subject"].item(), found["values"].item()["value"], round(found["values"].item()["joint"], 1)
    ('a', 7, 7.3)
    """
    tail = 1 - confidence
    normal = NormalDist()
    wider = normal.inv_cdf(1 - tail / 2 / max(len(gaps), 1)) / normal.inv_cdf(1 - tail / 2)
    joint = gaps["margin"] * wider
    narrow = gaps.assign(joint=joint)[gaps["value"].abs() <= joint]
    names = ["label", "value", "margin", "joint", "members", "others"]
    rows = []
    for gap in narrow.to_dict("records"):
        values = {name: gap[name] for name in names} | {"count": len(gaps), "level": 100 * confidence}
        values |= {"reading": gap.get("reading", "")}
        sources = pd.DataFrame({name: [gap.get(name, "")] for name in ("where", "quote")})
        rows.append(finding("gap", [gap["figure"]], WARNING, sources, values))
    return findings(rows)


def gap_margins(figures: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Return the margin of each published gap by what is published of its two sides alone.

    Parameters
    ----------
    figures : DataFrame
        Published figures with their recipe. The sides of a gap are the shares of the same item and choice
        in the groups ``by=yes`` and ``by=no``; their bases the published count of ``by=yes``, and what it
        leaves of all respondents.
    confidence : float
        Level of the margins.

    Returns
    -------
    DataFrame
        On ``figure``, the gaps: ``margin`` in points, ``members`` and ``others``; missing where the study
        does not publish both shares, or their bases.

    Notes
    -----
    z √(p₁ (1 - p₁) / n₁ + p₀ (1 - p₀) / n₀): people drawn at random, each by itself.

    Examples
    --------
    >>> figures = pd.DataFrame({"figure": ["n", "users", "gap", "yes", "no"], "value": [488, 351, 7, 17, 10],
    ...     "unit": ["count", "count", "points", "share", "share"], "table": "answers",
    ...     "measure": ["distinct", "count", "gap", "share", "share"],
    ...     "item": ["respondent", "member", "tool", "tool", "tool"], "choice": ["", "yes", "", "", ""],
    ...     "group": ["", "", "", "member=yes", "member=no"], "by": ["", "", "member", "", ""]})
    >>> gap_margins(figures).round(2).loc["gap"].tolist()
    [6.38, 351.0, 137.0]
    """
    ranges = with_ranges(figures)
    mine = ranges[ranges["table"] == ANSWERS]
    counts = mine[mine["measure"].eq("count") & mine["choice"].eq("yes") & mine["group"].eq("")]
    members = counts.drop_duplicates("item").set_index("item")["value"]
    shares = mine[mine["measure"] == "share"].drop_duplicates(["item", "choice", "group"])
    by_side = shares.set_index(["item", "choice", "group"])["value"] / 100
    gaps = mine[mine["measure"] == "gap"]
    bases = pd.DataFrame({"members": gaps["by"].map(members).astype(float)}, index=gaps.index)
    bases["others"] = respondents(ranges) - bases["members"]
    variance = pd.Series(0.0, index=gaps.index)
    for side, base in (("yes", "members"), ("no", "others")):
        keys = pd.MultiIndex.from_arrays([gaps["item"], gaps["choice"], gaps["by"] + f"={side}"])
        share = by_side.reindex(keys).set_axis(gaps.index)
        variance += share * (1 - share) / bases[base]
    margin = 100 * NormalDist().inv_cdf((1 + confidence) / 2) * np.sqrt(variance)
    return bases.assign(margin=margin)[["margin", "members", "others"]].rename_axis("figure")


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
    texts = as_texts(statements, ["list", "kind", "item", "code_dep", "says", "where", "quote"])
    texts = texts[texts["says"] != ""]
    # "offered=no" and "offered=yes" speak of the same thing, "offered"
    same = ["kind", "item", "code_dep", "property"]
    texts["property"] = texts["says"].str.split("=").str[0]
    denied = texts[texts.groupby(same)["says"].transform("nunique") > 1]
    rows = []
    for (_, item, _, _), group in denied.groupby(same, sort=False):
        one, *other = (list(dict.fromkeys(lists)) for _, lists in group.groupby("says", sort=False)["list"])
        values = {"item": str(item), "one": one, "other": other}
        rows.append(finding("lists", [str(item)], CONTRADICTION, group, values))
    return findings(rows)


def size_bands(
    figures: pd.DataFrame,
    statements: pd.DataFrame,
    population: pd.Series,
    answered: pd.Series | None = None,
    *,
    simulated: bool = False,
) -> pd.DataFrame:
    """Return whether sizes refute that a survey is representative: those published, those of who answered.

    A share of respondents is no share of units (communes): several people answer for one, and some for none.
    It leaves a range, from the fewest small units that agree with every published figure to the most. The
    claim is refuted by what is published only if even the number in that range which suits it best is
    further from the territory than chance allows; who answered may refute it where what is published cannot.

    Parameters
    ----------
    figures : DataFrame
        Published figures with their recipe: the shares of item ``population_band``, whose choices are
        levels of :data:`~opsn_geo.measure.survey.response.SIZE_BANDS`, and the number of units that answered.
    statements : DataFrame
        ``list``, ``where`` and ``quote``; nothing is checked unless ``survey_representative`` is stated.
    population : Series of number
        Inhabitants of each commune of the territory; where one is missing, nothing is checked.
    answered : Series of bool, optional
        On the index of `population`, whether a commune answered, where the answers are at hand.
    simulated : bool
        The answers were drawn: they show the method, and convict nobody.

    Returns
    -------
    DataFrame
        :data:`COLUMNS`, one finding per such share: a contradiction where fewer than 1 draw in 1,000 would
        give it, by what is published or by the answers; a warning where simulated answers do, or where no
        answers are at hand and what is published does not decide.

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
    >>> values["share"], values["fewest"], values["most"], values["reading"]
    (86.0, 333, 337, 'refuted')
    """
    claims, ranges = _claims(statements, REPRESENTATIVE), with_ranges(figures)
    mine = ranges[ranges["table"].eq(ANSWERS) & ranges["measure"].eq("share") & ranges["item"].eq(BAND)]
    bands, rows = banded(population, SIZE_BANDS), []
    checked = len(claims) > 0 and bands.notna().all()
    for figure in mine.reset_index().to_dict("records") if checked else ():
        drawn, fewest, most = _small_units(figure, ranges)
        is_small = bands.isin(figure["choice"].split("|"))
        alike, units = int(is_small.sum()), len(bands)
        nearest = min(max(round(alike / units * drawn), fewest), most)
        values = {"label": figure["label"], "value": figure["value"], "drawn": drawn, "units": units}
        values |= {"share": 100 * alike / units, "rate": 100 * drawn / units}
        values |= {"fewest": fewest, "most": most}
        values |= {"fewest_share": 100 * fewest / drawn, "most_share": 100 * most / drawn}
        reading, severity = "", WARNING
        if (chance := _chance(nearest, drawn, alike, units)) < RISK:
            reading, severity = "refuted", CONTRADICTION
            values |= {"p": chance}
        elif answered is not None and answered.any():
            own = answered.reindex(bands.index, fill_value=False).astype(bool)
            n_answered, n_small = int(own.sum()), int((own & is_small).sum())
            if (chance := _chance(n_small, n_answered, alike, units)) < RISK:
                reading = "simulated" if simulated else "answers"
                severity = WARNING if simulated else CONTRADICTION
                values |= {"small": n_small, "answered": n_answered, "p": chance}
                values |= {"small_share": 100 * n_small / n_answered}
        elif min(_chance(number, drawn, alike, units) for number in (fewest, most)) < RISK:
            reading = "open"
        if reading:
            sources = pd.concat([claims, ranges.loc[[figure["figure"]]]])
            rows.append(finding("sizes", [REPRESENTATIVE], severity, sources, {**values, "reading": reading}))
    return findings(rows)


def whole_territory(statements: pd.DataFrame, coverage: Coverage, inside: NDArray[np.bool_]) -> pd.DataFrame:
    """Return whether perimeters, memberships or a service refute that a whole territory is covered.

    Offers and memberships that are assumed or simulated, in whole or in part, judge no study: what it
    publishes is then all that counts.

    Parameters
    ----------
    statements : DataFrame
        ``list`` and ``where``; nothing is checked unless the list ``whole_territory_covered`` is stated.
        ``item`` and ``says``: what the study itself calls offered nowhere (``offered=no``).
    coverage : Coverage
        What is known of each commune and service, and on what basis.
    inside : array of bool, shape (places,)
        Communes of the territory.

    Returns
    -------
    DataFrame
        :data:`COLUMNS`: a contradiction where an offered service is not offered everywhere, or
        memberships are known not to reach everywhere; a warning where it is only not known that they do. By
        what is published alone (``reading`` is ``published``), a warning where the study names services that
        are offered nowhere, else an imprecise wording.

    Notes
    -----
    Shares of communes, as intervals [known, possible] of :func:`opsn_geo.measure.coverage.shares.bounds`.

    Examples
    --------
    >>> from opsn_geo.measure.coverage.evidence import Coverage
    >>> known = Coverage(places=pd.Index(["a", "b"]), services=pd.Index(["dpd"]), opsn=pd.Index(["x"]),
    ...     evidence=np.array([[[3], [1]], [[0], [0]]], np.uint8), incomplete=np.array([False, False]),
    ...     since=np.full((2, 1), np.datetime64("NaT")), basis=np.zeros((2, 1), np.int8))
    >>> claim = pd.DataFrame({"list": ["whole_territory_covered"], "quote": ["the whole territory"]})
    >>> found = whole_territory(claim, known, np.array([True, True]))
    >>> found["severity"].item(), found["values"].item()["perimeter"], found["values"].item()["low"]
    ('contradiction', 100.0, 50.0)
    """
    claims = _claims(statements, WHOLE)
    if not claims.empty and (coverage.basis[inside] >= BASES.index(Basis.ASSUMED)).any():
        return _published_territory(statements, claims)
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
    return findings([finding("territory", [WHOLE], severity, claims, values)])


def rests_on(check: str, values: Mapping[str, object]) -> tuple[str, ...]:
    """Return the inputs that a finding rests on.

    >>> rests_on("territory", {"reading": "published"}), rests_on("lists", {})
    (('statements',), ('statements',))
    """
    return _RESTS_ON.get(f"{check}, {values.get('reading')}", _RESTS_ON[check])


def _published_territory(statements: pd.DataFrame, claims: pd.DataFrame) -> pd.DataFrame:
    """Return what a study's own statements say of its claim of a territory wholly covered."""
    texts = as_texts(statements, ["kind", "item", "says", "where", "quote"])
    denied = texts[(texts["says"] == _NOWHERE) & (texts["kind"] == "service")]
    values = {"reading": "published", "services": list(dict.fromkeys(denied["item"]))}
    severity = IMPRECISE if denied.empty else WARNING
    return findings([finding("territory", [WHOLE], severity, pd.concat([claims, denied]), values)])


def findings(rows: Iterable[dict[str, object]]) -> pd.DataFrame:
    """Return findings as a table, with its columns even where there is none."""
    table = pd.DataFrame(list(rows), columns=list(COLUMNS), dtype=object)
    return table.astype(dict.fromkeys(COLUMNS[:-1], "str"))


def finding(
    check: str, subject: Iterable[str], severity: str, sources: pd.DataFrame, values: Mapping[str, object]
) -> dict[str, object]:
    """Return one finding: its subjects joined by ``;``, each place and each sentence of `sources` once.

    Nothing is called a contradiction without the sentence that it contradicts.
    """
    places, quotes = (
        list(dict.fromkeys(filter(None, sources[name]))) if name in sources else []
        for name in ("where", "quote")
    )
    graded = WARNING if severity == CONTRADICTION and not quotes else severity
    row = [check, ";".join(subject), graded, " … ".join(quotes), " ; ".join(places), dict(values)]
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
    complete = as_texts(
        named, [*_SAME, "label", "unit", "measure", "comparison", "where", "quote", "part_of", "by"]
    )
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
    texts = as_texts(statements, ["list", "where", "quote"])
    return texts[texts["list"] == claim]


def _open_lists(statements: pd.DataFrame | None) -> list[str]:
    """Return the lists of a study that do not claim to be whole."""
    if statements is None or "exhaustive" not in statements:
        return []
    whole = statements["exhaustive"].fillna(value=False).astype(bool).groupby(statements["list"]).all()
    return [str(name) for name in whole.index[~whole]]


def _small_units(share: Mapping[Any, Any], ranges: pd.DataFrame) -> tuple[int, int, int]:
    """Return how many units answered, and the fewest and the most of them that a share may leave small.

    Each unit has a respondent at least, and all respondents of a unit are of its size.
    """
    people = float(share["base"]) if pd.notna(share["base"]) else respondents(ranges)
    units = people_of_units(ranges)
    own = units[units["group"].isin([share["group"]]) | (share["group"] == "")]
    first = None if own.empty else own.iloc[0]
    if first is not None and share["group"]:
        people = first["people_greatest"]
    small_least, small_greatest = (
        rounded(share[end] * people / 100 + sign * _ROUNDING)
        for end, rounded, sign in (("least", np.ceil, -1), ("greatest", np.floor, 1))
    )
    if first is None:
        return int(people), int(small_least), int(small_greatest)
    n_units, in_units = int(first["value"]), first["people_greatest"]
    # as many as possible of the small respondents, or as few, answer for these units and not for other bodies
    fewest = max(n_units - in_units + max(0.0, small_least + in_units - people), 0.0)
    most = min(small_greatest, n_units if small_greatest >= first["people_least"] else n_units - 1)
    return n_units, int(min(fewest, n_units)), int(most)


def _chance(small: int, drawn: int, alike: int, units: int) -> float:
    """Return the chance that a random draw lies as far from the territory as one with so many small units."""
    drawn = min(drawn, units)
    count = min(max(small, drawn + alike - units, 0), alike, drawn)
    return float(hypergeometric_p(np.array([count]), units, np.array([alike]), np.array([drawn]))[0])
