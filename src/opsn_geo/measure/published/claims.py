"""Whether what a study asserts holds: lists, a representative sample, a territory wholly covered.

As the checks of :mod:`opsn_geo.measure.published.consistency`: each gives its findings
with the numbers that make them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from opsn_geo.catalogue.states import State
from opsn_geo.catalogue.words import Language, text, texts
from opsn_geo.measure.coverage.shares import bounds
from opsn_geo.measure.distributions import hypergeometric_p
from opsn_geo.measure.published.consistency import (
    CONTRADICTION,
    WARNING,
    finding,
    findings,
    people_of_units,
    ranged,
    respondents,
    shown,
)
from opsn_geo.measure.published.figures import ANSWERS, told_texts
from opsn_geo.measure.survey.response import SIZE_BANDS, banded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from opsn_geo.measure.coverage.evidence import Coverage

BAND: Final = "population_band"
"""Item that tells the size of a respondent's body, by the levels of ``SIZE_BANDS``."""
REPRESENTATIVE: Final = "survey_representative"
WHOLE: Final = "whole_territory_covered"
"""Lists of the statements that hold a claim."""
RISK: Final = 0.001
"""A claim is not called refuted for what chance does more often than this."""


def contradictory_lists(
    statements: pd.DataFrame, names: Mapping[str, str] | None = None, lang: Language = "fr"
) -> pd.DataFrame:
    """Find things that stand in two lists which cannot both be right.

    Parameters
    ----------
    statements : DataFrame
        ``list``, ``kind`` and ``item`` (what is listed), ``code_dep`` (missing: everywhere), ``where``, and
        ``says``: what being in the list says of it, as ``offered=no``; missing where that is nothing which
        another list could deny.
    names : mapping of str to str, optional
        Names of the items.
    lang : {"fr", "en"}
        Language of the evidence.

    Returns
    -------
    DataFrame
        The columns of findings, a contradiction for each item of which the same is said to be two things.

    Examples
    --------
    >>> statements = pd.DataFrame({"list": ["rare", "missing", "missing"], "item": ["sig", "sig", "ads"],
    ...     "kind": "service", "says": ["offered=yes", "offered=no", "offered=no"]})
    >>> print(contradictory_lists(statements, {"sig": "GIS"}, "en")["evidence"].item())
    GIS stands in “rare” and in “missing”, which exclude each other.
    """
    told = told_texts(statements, ["list", "kind", "item", "code_dep", "says", "where"])
    told = told[told["says"] != ""].assign(of=lambda it: it["says"].str.split("=").str[0])
    labels = texts("stated_list", lang)
    same = ["kind", "item", "code_dep", "of"]
    denied = told[told.groupby(same)["says"].transform("nunique") > 1]
    found = []
    for (_, item, _, _), rows in denied.groupby(same, sort=False):
        quoted = rows["list"].map(lambda it: text("consistency.quoted", lang, it=labels.get(it, it)))
        sides = quoted.groupby(rows["says"], sort=False).agg(lambda it: ", ".join(dict.fromkeys(it)))
        one, other = sides.iloc[0], ", ".join(sides.iloc[1:])
        called = (names or {}).get(str(item), str(item))
        said = text("consistency.lists", lang, item=called, one=one, other=other)
        found.append(finding("lists", [str(item)], CONTRADICTION, said, rows["where"], one, other, lang))
    return findings(found)


def size_bands(
    figures: pd.DataFrame, statements: pd.DataFrame, population: pd.Series, lang: Language = "fr"
) -> pd.DataFrame:
    """Hold the claim that a survey is representative against the sizes that its own figures tell.

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
    lang : {"fr", "en"}
        Language of the evidence.

    Returns
    -------
    DataFrame
        The columns of findings, a contradiction for each share that fewer than 1 draw in 1,000 would give.

    Notes
    -----
    Exact two-sided hypergeometric test (Fisher, 1935) of n units drawn from N, K of which are of those sizes.

    Examples
    --------
    >>> figures = pd.DataFrame({"figure": ["n", "small"], "label": ["People", "Small"], "value": [500, 67],
    ...     "unit": ["count", "share"], "measure": ["distinct", "share"], "table": "answers",
    ...     "item": ["respondent", "population_band"], "choice": ["", "lt_500|500_1999"]})
    >>> said = size_bands(figures, pd.DataFrame({"list": ["survey_representative"]}),
    ...                   pd.Series([900] * 860 + [5000] * 140), "en")
    >>> said[["subject", "expected", "found"]].values.tolist()
    [['survey_representative', '86%', '67.5%']]
    """
    claims, known = _claims(statements, REPRESENTATIVE), ranged(figures)
    mine = known[known["table"].eq(ANSWERS) & known["measure"].eq("share") & known["item"].eq(BAND)]
    bands, found = banded(population, SIZE_BANDS), []
    for it in mine.to_dict("records") if len(claims) else ():
        drawn, least, greatest = _of_units(it, known)
        alike = int(bands.isin(it["choice"].split("|")).sum())
        share = alike / len(bands)
        nearest = min(max(share, least), greatest)
        if _chance(nearest, drawn, alike, len(bands)) < RISK:
            percents = {"nearest": nearest, "share": share, "rate": drawn / len(bands)}
            values = {name: 100 * part for name, part in percents.items()}
            values |= {"value": it["value"], "drawn": drawn, "units": len(bands), "once": 1 / RISK}
            told = {name: shown(value, lang) for name, value in values.items()}
            said = text("consistency.sizes", lang, label=it["label"], **told)
            expected, seen = (
                text("consistency.percent", lang, it=told[name]) for name in ("share", "nearest")
            )
            where = [*claims["where"], it["where"]]
            found.append(finding("sizes", [REPRESENTATIVE], CONTRADICTION, said, where, expected, seen, lang))
    return findings(found)


def whole_territory(
    statements: pd.DataFrame, coverage: Coverage, inside: NDArray[np.bool_], lang: Language = "fr"
) -> pd.DataFrame:
    """Hold the claim that a whole territory is covered against perimeters, memberships and each service.

    Parameters
    ----------
    statements : DataFrame
        ``list`` and ``where``; nothing is checked unless the list ``whole_territory_covered`` is stated.
    coverage : Coverage
        What is known of each commune and service.
    inside : array of bool, shape (places,)
        Communes of the territory.
    lang : {"fr", "en"}
        Language of the evidence.

    Returns
    -------
    DataFrame
        The columns of findings: a contradiction where an offered service is not offered everywhere, or
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
    >>> whole_territory(claim, known, np.array([True, True]), "en")[["severity", "found"]].values.tolist()
    [['contradiction', '100% by perimeter, 50 to 50% by membership, 1 of 1 services offered everywhere']]
    """
    claims = _claims(statements, WHOLE)
    offered = bounds(coverage, State.OFFERED)[0][inside]
    somewhere = offered.any(axis=0)
    offered = offered[:, somewhere]
    member, possible = (it[inside][:, somewhere] for it in bounds(coverage))
    if claims.empty or member.all():
        return findings([])
    most = int(member.mean(axis=0).argmax()) if somewhere.any() else 0
    values = {
        "perimeter": 100 * offered.any(axis=1).mean(),
        "low": 100 * member.any(axis=1).mean(),
        "high": 100 * possible.any(axis=1).mean(),
        "everywhere": offered.all(axis=0).sum(),
        "reached": member.all(axis=0).sum(),
        "services": offered.shape[1],
        "best": 100 * member[:, most].mean(),
        "best_high": 100 * possible[:, most].mean(),
    }
    told = {name: shown(value, lang) for name, value in values.items()}
    refuted = not offered.all() or not possible.any(axis=1).all()
    said, seen, whole = (
        text(f"consistency.{it}", lang, **told) for it in ("territory", "reach", "everybody")
    )
    severity = CONTRADICTION if refuted else WARNING
    return findings([finding("territory", [WHOLE], severity, said, claims["where"], whole, seen, lang)])


def _claims(statements: pd.DataFrame, claim: str) -> pd.DataFrame:
    """Take the statements of one claim."""
    told = told_texts(statements, ["list", "where"])
    return told[told["list"] == claim]


def _of_units(share: Mapping[Any, Any], known: pd.DataFrame) -> tuple[int, float, float]:
    """Bring a share of respondents to the units they answer for: how many these are, and the share's ends."""
    least, greatest = share["least"] / 100, share["greatest"] / 100
    units = people_of_units(known)
    own = units[units["group"].isin([share["group"]]) | (share["group"] == "")]
    if own.empty:
        base = share["base"] if pd.notna(share["base"]) else respondents(known)
        return int(base), least, greatest
    one = own.iloc[0]
    if share["group"] == "":
        part = one["people_least"] / one["total"]
        least, greatest = max(0.0, (least - (1 - part)) / part), min(1.0, greatest / part)
    return int(one["value"]), least, greatest


def _chance(share: float, drawn: int, alike: int, units: int) -> float:
    """Give the chance that a random draw of units lies as far from the territory as a share does."""
    drawn = min(drawn, units)
    count = min(max(round(share * drawn), drawn + alike - units, 0), alike, drawn)
    return float(hypergeometric_p(np.array([count]), units, np.array([alike]), np.array([drawn]))[0])
