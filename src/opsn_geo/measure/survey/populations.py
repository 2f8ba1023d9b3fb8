"""Answers of other bodies than communes: each kind is a population of its own, never mixed with communes.

The EPCI of a territory are all known, so that the share of them that answered has an exact interval and
their answers an error. Nobody knows how many CCAS or syndicats there are: their answers describe those who
gave them, and no interval pretends otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from opsn_geo.catalogue.states import Level
from opsn_geo.measure.disclosure import DEFAULT_MIN_ANSWERS, codes_of, shown, withheld
from opsn_geo.measure.survey.design import plain_design
from opsn_geo.measure.survey.estimates import estimates
from opsn_geo.measure.survey.participation import OF_THEIR_PEOPLE, joined_levels
from opsn_geo.measure.survey.response import answers_by_commune, banded, clopper_pearson, response_tables

if TYPE_CHECKING:
    from collections.abc import Mapping

TERRITORY: Final = "territory"
"""Scope of what speaks for all bodies of a kind in the territory."""
ANSWERS: Final = "answers"
"""Scope of what describes only those who answered: nobody knows how many bodies there are."""
EPCI_BANDS: Final = {"lt_15000": 0, "15000_49999": 15_000, "50000_249999": 50_000, "ge_250000": 250_000}
"""Bands of inhabitants of an EPCI, by their lower bound: the least that the law asks of a communauté de
communes (15,000), a communauté d'agglomération (50,000) and a communauté urbaine (250,000)."""
MAIRIES: Final = ("mairie", "commune")
"""What the staff of a commune may say they answer for."""
EPCI_VARIABLES: Final = ("code_dep", "epci_size")

_FIGURES: Final = ("se", "low", "high")


def bodies_of(placed: pd.DataFrame, structure: pd.Series | None = None) -> pd.DataFrame:
    """Return for which kind of body each respondent answers, and which one.

    Parameters
    ----------
    placed : DataFrame
        On ``respondent``: ``level``, ``code_insee`` and ``siren_epci``
        (:func:`opsn_geo.linkage.answers.link_answers`).
    structure : Series of str, optional
        On ``respondent``: the kind of body they say they answer for, if they were asked. It comes before the
        place: a CCAS that names its commune is not the commune.

    Returns
    -------
    DataFrame
        On the index of `placed`: ``body`` (commune, epci, or as they say) and ``code`` (``code_insee`` of a
        commune, ``siren_epci`` of an EPCI found by its name, else missing).

    Examples
    --------
    >>> placed = pd.DataFrame({"level": ["commune", "commune", "epci"],
    ...                        "code_insee": ["02001", "02001", None],
    ...                        "siren_epci": ["1", "1", "1"]})
    >>> bodies_of(placed, pd.Series(["mairie", "ccas", "epci"])).values.tolist()
    [['commune', '02001'], ['ccas', nan], ['epci', '1']]
    """
    own_words = pd.Series(pd.NA, index=placed.index, dtype="str")
    if structure is not None:
        own_words = structure.reindex(placed.index).astype("str")
    own_words = own_words.where(~own_words.isin(MAIRIES), Level.COMMUNE.value)
    body = own_words.fillna(placed["level"].astype("str"))
    codes = {Level.COMMUNE.value: "code_insee", Level.EPCI.value: "siren_epci"}
    code = pd.Series(pd.NA, index=placed.index, dtype="str")
    for level, column in codes.items():
        code = code.mask(body.eq(level) & placed["level"].eq(level), placed[column])
    return pd.DataFrame({"body": body, "code": code})


def answers_by_body(bodies: pd.DataFrame, units: Mapping[str, int]) -> pd.DataFrame:
    """Return the answers by kind of body, and the share of bodies that answered where it is known.

    Parameters
    ----------
    bodies : DataFrame
        One row per respondent: ``body`` (commune, epci, ccas, syndicat…) and ``code``, missing where it is
        not known.
    units : mapping of str to int
        Bodies of each kind in the territory, where their number is known.

    Returns
    -------
    DataFrame
        On ``body``, those of `units` and of `bodies`: ``answers``; ``unplaced`` (answers without a code);
        ``answered`` (distinct bodies; missing where none has a code), ``units``,
        ``response_share`` = answered / units with its exact interval (Clopper and Pearson, 1934)
        ``response_low_share`` and ``response_high_share``, missing where either is; ``scope``:
        ``territory`` where both are known, else ``answers``.
        Where some are unplaced, the share is at least this.

    Examples
    --------
    >>> bodies = pd.DataFrame({"body": ["epci", "epci", "ccas"], "code": ["1", "2", None]})
    >>> found = answers_by_body(bodies, {"epci": 4})
    >>> found[["answers", "response_share", "scope"]].values.tolist()
    [[1, <NA>, 'answers'], [2, 0.5, 'territory']]
    """
    codes = bodies.groupby("body")["code"]
    counted = pd.DataFrame({"answers": codes.size(), "unplaced": codes.size() - codes.count()})
    counted["answered"] = codes.nunique().astype("Int64")
    counted = counted.reindex(counted.index.union(list(units)).rename("body"), fill_value=0)
    # answers without a code may be of one body or of many
    none_placed = counted["unplaced"].eq(counted["answers"]) & counted["answers"].gt(0)
    counted["answered"] = counted["answered"].mask(none_placed)
    counted["units"] = pd.Series(dict(units), dtype="Int64").reindex(counted.index)
    in_number = counted["answered"].notna() & counted["units"].gt(0).fillna(value=False)
    answered, total = (
        counted[name].where(in_number, 1).to_numpy(dtype=np.int64) for name in ("answered", "units")
    )
    low, high = clopper_pearson(answered, total)
    rates = {"response_share": answered / total, "response_low_share": low, "response_high_share": high}
    for name, rate in rates.items():
        counted[name] = pd.Series(rate, index=counted.index, dtype="Float64").where(in_number)
    return counted.assign(scope=in_number.map({True: TERRITORY, False: ANSWERS}))


def epci_profile(epci: pd.DataFrame, communes: pd.DataFrame, codes: pd.Series) -> pd.DataFrame:
    """Return what is known of each EPCI of the territory, and whether it answered.

    Parameters
    ----------
    epci : DataFrame
        On ``siren_epci``: ``population``, of all its communes.
    communes : DataFrame
        Communes of the study: ``siren_epci``, ``code_dep``, ``population``.
    codes : Series of str
        ``siren_epci`` of each respondent who answers for one.

    Returns
    -------
    DataFrame
        On ``siren_epci``: ``population``; ``code_dep``, where most of its inhabitants in the study live
        (missing where populations that are not known leave it open);
        ``epci_size`` (:data:`EPCI_BANDS`); ``respondents`` and ``responded``.

    Raises
    ------
    ValueError
        A code is none of the EPCI.

    Examples
    --------
    >>> epci = pd.DataFrame({"population": [16_000, 900]}, index=["1", "2"])
    >>> communes = pd.DataFrame({"siren_epci": ["1", "1", "2"], "code_dep": ["02", "60", "60"],
    ...                          "population": [9_000, 7_000, 900]})
    >>> epci_profile(epci, communes, pd.Series(["2"])).values.tolist()
    [[16000, '02', '15000_49999', 0, False], [900, '60', 'lt_15000', 1, True]]
    """
    by = communes.groupby(["siren_epci", "code_dep"], sort=True)["population"]
    living = by.sum(skipna=False).reset_index()
    # of an EPCI in several départements, most people live where all are counted, or nobody knows where
    several = living["siren_epci"].duplicated(keep=False)
    unknown = living["population"].isna().groupby(living["siren_epci"]).transform("any") & several
    living = living[~unknown].sort_values("population", ascending=False, kind="stable")
    most = living.drop_duplicates("siren_epci")
    return pd.DataFrame(
        {
            "population": epci["population"],
            "code_dep": most.set_index("siren_epci")["code_dep"].reindex(epci.index),
            "epci_size": banded(epci["population"], EPCI_BANDS),
        }
    ).join(answers_by_commune(codes, epci.index))


def epci_response(units: pd.DataFrame) -> pd.DataFrame:
    """Return which EPCI answered, by département and by size, as for communes.

    Parameters
    ----------
    units : DataFrame
        :func:`epci_profile`.

    Returns
    -------
    DataFrame
        As :func:`opsn_geo.measure.survey.response.response_tables`.

    Examples
    --------
    >>> units = pd.DataFrame({"code_dep": ["02", "60"], "epci_size": "lt_15000", "responded": [True, False]})
    >>> epci_response(units)[["variable", "level", "answered", "units"]].values.tolist()
    [['code_dep', '02', 1, 1], ['code_dep', '60', 0, 1], ['epci_size', 'lt_15000', 1, 2]]
    """
    return response_tables(units, EPCI_VARIABLES)


def other_bodies(
    bodies: pd.DataFrame,
    values: pd.DataFrame,
    communes: pd.DataFrame,
    epci: pd.DataFrame,
    min_answers: int = DEFAULT_MIN_ANSWERS,
    published: pd.DataFrame | None = None,
    *,
    grouped: bool = False,
) -> dict[str, pd.DataFrame]:
    """Return the tables on all bodies that answered, and on what those that are no commune answered.

    Parameters
    ----------
    bodies : DataFrame
        On ``respondent``: :func:`bodies_of`.
    values : DataFrame
        On ``respondent``: boolean and numeric items.
    communes, epci : DataFrame
        As for :func:`epci_profile`.
    min_answers : int
        Fewest answers on either side of what is published.
    published : DataFrame of str, optional
        As for :func:`body_estimates`.
    grouped : bool
        Whether who answered is published in groups only: levels of few EPCI on either side are joined.

    Returns
    -------
    dict of str to DataFrame
        ``repondants`` (:func:`answers_by_body`), ``estimations_autres`` (:func:`body_estimates`) and, where
        an EPCI answered, ``representativite_epci`` (:func:`epci_response`).

    Examples
    --------
    >>> bodies = pd.DataFrame({"body": ["commune", "ccas"], "code": ["02001", None]})
    >>> communes = pd.DataFrame({"siren_epci": ["1"], "code_dep": "02", "population": 900}, index=["02001"])
    >>> epci = pd.DataFrame({"population": [900]}, index=["1"])
    >>> tables = other_bodies(bodies, pd.DataFrame({"used": [True, False]}), communes, epci)
    >>> tables["repondants"][["body", "answers"]].values.tolist()
    [['ccas', 1], ['commune', 1], ['epci', 0]]
    """
    units = {Level.COMMUNE.value: len(communes), Level.EPCI.value: len(epci)}
    tables = {
        "repondants": answers_by_body(bodies, units).reset_index(),
        "estimations_autres": body_estimates(values, bodies, units, min_answers, published),
    }
    profile = epci_profile(epci, communes, bodies.loc[bodies["body"].eq(Level.EPCI), "code"])
    if profile["responded"].any():
        described = joined_levels(profile, EPCI_VARIABLES, min_answers) if grouped else profile
        response = epci_response(described)
        tables["representativite_epci"] = (
            response.drop(columns=list(OF_THEIR_PEOPLE)) if grouped else response
        )
    return tables


def body_estimates(
    values: pd.DataFrame,
    bodies: pd.DataFrame,
    units: Mapping[str, int],
    min_answers: int = DEFAULT_MIN_ANSWERS,
    published: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the shares and means of each kind of body but communes, unweighted.

    Where all bodies of a kind are known, every one that answered counts alike (several respondents of one
    share its weight) and the error is that of as many drawn at random from them, without replacement. This
    takes those who answered for a random draw, which nothing but the response rate speaks to. Elsewhere
    there is no error to give: the value describes those who answered.

    Parameters
    ----------
    values : DataFrame
        On ``respondent``: boolean and numeric items.
    bodies : DataFrame
        On ``respondent``: ``body`` and ``code``, as for :func:`answers_by_body`.
    units : mapping of str to int
        Bodies of each kind in the territory, where their number is known.
    min_answers : int
        Fewest answers on either side of what is published.
    published : DataFrame of str, optional
        What may be published of each item in each group (:func:`opsn_geo.measure.disclosure.shown`), the
        kinds of body by :func:`body_name`; found here where nothing else is published.

    Returns
    -------
    DataFrame
        ``body``, ``scope``, ``item``, ``measure``, ``answers``, ``units``, ``unweighted``, ``se``, ``low``,
        ``high`` and ``hidden``: a row that must not be published is blank. Items that nobody of a kind
        answered are left out.

    Examples
    --------
    >>> codes = [*"abcdefghijklmno", *[None] * 15]
    >>> bodies = pd.DataFrame({"body": ["epci"] * 15 + ["ccas"] * 15, "code": codes})
    >>> values = pd.DataFrame({"used": [True, True, True, False, False] * 6})
    >>> found = body_estimates(values, bodies, {"epci": 30})
    >>> found[["body", "scope", "unweighted", "se"]].round(4).values.tolist()
    [['ccas', 'answers', 0.6, nan], ['epci', 'territory', 0.6, 0.0926]]
    """
    others = bodies[bodies["body"] != Level.COMMUNE.value]
    counted = answers_by_body(others, units).to_dict("index")
    parts = [
        _of_body(values.loc[part.index], part["code"], counted[body]["scope"], counted[body]["units"]).assign(
            body=body
        )
        for body, part in others.groupby("body")
    ]
    fields = ["body", "scope", "item", "measure", "answers", "units", "unweighted", *_FIGURES]
    stacked = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=fields)
    stacked = stacked.astype({"answers": "int64", "units": "Int64", **dict.fromkeys(_FIGURES, "Float64")})
    if published is None:
        published = shown(values, body_groups(bodies["body"]), min_answers)
    rows = stacked[stacked["answers"] > 0][fields].reset_index(drop=True)
    return withheld(rows, codes_of(published, rows["item"], rows["body"].map(body_name)), ["answers"])


def body_groups(bodies: pd.Series) -> pd.DataFrame:
    """Return the groups of respondents that answered for one kind of body, but communes; the largest first.

    >>> body_groups(pd.Series(["commune", "epci"])).to_dict("list")
    {'body=epci': [False, True]}
    """
    kinds = bodies[bodies.ne(Level.COMMUNE)].value_counts().index
    return pd.DataFrame({body_name(kind): bodies.eq(kind).astype(bool) for kind in kinds}, index=bodies.index)


def body_name(kind: str) -> str:
    """Return the name of the group of those who answered for a kind of body.

    >>> body_name("epci")
    'body=epci'
    """
    return f"body={kind}"


def _of_body(values: pd.DataFrame, codes: pd.Series, scope: str, units: int) -> pd.DataFrame:
    """Return the estimates of one kind of body; without a known population, each respondent stands alone."""
    in_number = scope == TERRITORY
    alone = pd.Series(codes.index.astype(str), index=codes.index)
    design = plain_design(codes if in_number else alone, units if in_number else len(codes))
    estimated = estimates(values.loc[design.weights.index], design)
    estimated["unweighted"] = estimated["estimate"]
    if not in_number:
        estimated[[*_FIGURES]] = np.nan
    total = pd.Series([units if in_number else None] * len(estimated), index=estimated.index, dtype="Int64")
    return estimated.assign(scope=scope, units=total)
