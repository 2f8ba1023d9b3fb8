"""Memberships, offers and OPSN: every body that a study's tables name, to its official code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd

from opsn_geo.boundaries.territory import Territory
from opsn_geo.catalogue.states import Level
from opsn_geo.linkage.bodies import find_bodies
from opsn_geo.linkage.causes import Cause, How
from opsn_geo.linkage.codes import departement_code, identifier, identifiers
from opsn_geo.linkage.communes import link_communes
from opsn_geo.linkage.elsewhere import elsewhere
from opsn_geo.linkage.gazetteer import Gazetteer
from opsn_geo.linkage.names import official_names
from opsn_geo.linkage.result import Linked, column
from opsn_geo.read.values import plain, respelt

ADDED: Final = ("code_read", "official_name", "how", "score", "share", "event")
"""Columns that a linked member or offer gets; ``code`` becomes the official one."""

_OF_LEVEL: Final = {
    Level.EPCI: r"^(?:la |l )?(?:cc|ca|cu|c [cau]|cdc|communaute|com com|comcom|cte(?: de)? cnes"
    r"|agglomeration|agglo|metropole)\b|\b(?:agglo|agglomeration|metropole|communaute)$",
    Level.DEPARTEMENT: r"^(?:le )?(?:departement|conseil departemental|conseil general|cd)\b",
    Level.REGION: r"^(?:la )?(?:region|conseil regional)\b",
    Level.OTHER: r"^(?:le )?(?:ccas|cias|syndicat|sivu|sivom|sdis|petr|pole|office|smictom|sictom|ehpad)\b",
}
"""How the plain names of bodies that are no commune begin or end."""
_NOTHING_UNKNOWN: Final = (str(Cause.DUPLICATE), str(Cause.SET_ASIDE), str(Cause.OUTSIDE_TERRITORY))
_TEXTS: Final = {
    "code": "str",
    "code_read": "str",
    "official_name": "str",
    "how": "str",
    "event": "str",
    "score": "Float64",
}


def link_members(
    memberships: pd.DataFrame,
    territory: Territory,
    passage: pd.DataFrame,
    *,
    corrections: pd.DataFrame | None = None,
    vintage: int | None = None,
    gazetteer: Gazetteer | None = None,
) -> Linked:
    """Return each membership with the official code of its member, whatever its level.

    Parameters
    ----------
    memberships : DataFrame
        opsn, level, code, name, services, since, until, and whatever else; see
        :data:`opsn_geo.read.schema.MEMBERSHIPS`. Where the level is missing it is that of :func:`level_of`.
    territory, passage, corrections, vintage, gazetteer
        As for :func:`~opsn_geo.linkage.communes.link_communes`; corrections may give any level's code.

    Returns
    -------
    Linked
        ``linked``: the same columns, ``code`` being official at its level (as read for other bodies, which
        lie in no layer: they are linked as ``unplaced``), and :data:`ADDED`. ``rejected``: also the
        memberships that end before they begin, and those that repeat an earlier one in everything.
    """
    rows = memberships.reset_index(drop=True)
    rows = rows.assign(level=rows["level"].fillna(level_of(rows, territory)))
    early = pd.Series(data=False, index=rows.index)
    if {"since", "until"} <= set(rows.columns):
        early = rows["until"] < rows["since"]
    key = ["opsn", "level", "code", "services", "since", "until"]
    dated = _link_levels(rows[~early], territory, passage, corrections, vintage, gazetteer)
    return _labelled(
        memberships, _without_repeats(dated, key), rows[early].assign(cause=str(Cause.WRONG_DATES))
    )


def link_listed(
    rows: pd.DataFrame,
    territory: Territory,
    passage: pd.DataFrame,
    *,
    corrections: pd.DataFrame | None = None,
) -> Linked:
    """Return each row of any list with the official code of the body that it names, also where it repeats.

    Parameters
    ----------
    rows : DataFrame
        level, code, name, and code_dep and postal_code if there are any. Where the level is missing it is
        that of :func:`level_of`.
    territory, passage, corrections
        As for :func:`link_members`.
    """
    numbered = rows.reset_index(drop=True)
    numbered = numbered.assign(level=numbered["level"].fillna(level_of(numbered, territory)))
    links = _link_levels(numbered, territory, passage, corrections, None, None)
    return _labelled(rows, links, numbered.iloc[:0])


def level_of(rows: pd.DataFrame, territory: Territory) -> pd.Series[str]:
    """Return the level of each row by its code and name: a commune's where nothing says otherwise.

    Parameters
    ----------
    rows : DataFrame
        ``code`` and ``name``, either may be absent.
    territory : Territory
        A SIREN of its EPCI is an EPCI's.

    Returns
    -------
    Series of str
        Values of :class:`~opsn_geo.catalogue.states.Level` on the same index.

    Examples
    --------
    >>> from opsn_geo.boundaries.territory import Territory
    >>> epci = pd.DataFrame({"name": ["CA du Beauvaisis"]}, index=["200067999"])
    >>> territory = Territory(communes=epci, epci=epci, departements=epci, millesime=2021, name="toy")
    >>> rows = pd.DataFrame({"code": [None, "200 067 999", None, None, "02001"],
    ...     "name": ["CC du Vimeu", None, "CCAS de Lens", "Amiens", "Fougères Agglo"]})
    >>> level_of(rows, territory).tolist()
    ['epci', 'epci', 'other', 'commune', 'commune']
    """
    read = identifiers(column(rows, "code")).set_axis(rows.index)
    names = respelt(column(rows, "name"), plain).set_axis(rows.index)
    level = pd.Series(Level.COMMUNE.value, index=rows.index, dtype="str")
    for own, pattern in _OF_LEVEL.items():
        level = level.mask(names.str.contains(pattern, regex=True).fillna(value=False), own.value)
    # A commune may be called Le Syndicat.
    level = level.mask(names.isin(set(official_names(territory.communes).map(plain))), Level.COMMUNE.value)
    siren = read["value"].where(read["kind"].eq("siren")).fillna("")
    epci = {*territory.epci.index, *elsewhere(territory).epci.index}
    level = level.mask(
        siren.str.startswith("21") | read["kind"].isin(["insee", "mended"]), Level.COMMUNE.value
    )
    level = level.mask(siren.str.startswith("22"), Level.DEPARTEMENT.value)
    level = level.mask(siren.str.startswith("23"), Level.REGION.value)
    return level.mask(siren.isin(epci), Level.EPCI.value)


def link_offers(
    offers: pd.DataFrame, territory: Territory, passage: pd.DataFrame, *, vintage: int | None = None
) -> Linked:
    """Return each offer with the official code of its perimeter.

    Parameters
    ----------
    offers : DataFrame
        opsn, service, level, code; see :data:`opsn_geo.read.schema.OFFERS`.
    territory, passage, vintage
        As for :func:`~opsn_geo.linkage.communes.link_communes`.

    Returns
    -------
    Linked
        As :func:`link_members`; an offer that repeats an earlier one is rejected.
    """
    rows = offers.reset_index(drop=True)
    perimeters = _link_levels(rows, territory, passage, None, vintage, None)
    return _labelled(
        offers, _without_repeats(perimeters, ["opsn", "service", "level", "code"]), rows.iloc[:0]
    )


def unlinked_members(links: Linked) -> pd.Series[int]:
    """Return how many rows of each operator's list name a member that is not known.

    A row that repeats another, that the corrections set aside or whose member lies outside the territory
    leaves no member of the territory unknown.

    Parameters
    ----------
    links : Linked
        Result of :func:`link_members`.

    Returns
    -------
    Series of int
        On ``opsn``, the operators with such rows only, in alphabetical order.

    Examples
    --------
    >>> rejected = pd.DataFrame({"opsn": ["a", "a", "b"],
    ...     "cause": ["unknown_name", "duplicate", "outside_territory"]})
    >>> unlinked_members(Linked(rejected.iloc[:0], rejected)).to_dict()
    {'a': 1}
    """
    rejected = links.rejected
    unknown = rejected[~rejected["cause"].isin(_NOTHING_UNKNOWN)]
    return unknown.groupby("opsn").size()


def mended_opsn(opsn: pd.DataFrame) -> pd.DataFrame:
    """Return the OPSN table with its codes mended: seat, SIREN, home and served départements.

    Parameters
    ----------
    opsn : DataFrame
        See :data:`opsn_geo.read.schema.OPSN`. A seat may lie outside the territory.

    Returns
    -------
    DataFrame
        The same, where ``seat`` has five characters, ``siren`` nine digits, ``home_departement`` two or
        three, and ``departements`` such codes joined by ``;``. A code that cannot be read is left as it is.

    Examples
    --------
    >>> opsn = pd.DataFrame({"seat": ["2408"], "departements": ["2; 60"], "siren": ["210 200 010"]})
    >>> mended_opsn(opsn).loc[0].tolist()
    ['02408', '02;60', '210200010']
    """

    def departements(text: str) -> str:
        return ";".join(
            departement_code(part) or part.strip()
            for part in text.replace(",", ";").split(";")
            if part.strip()
        )

    readings = {
        "seat": lambda text: identifier(text)[1],
        "siren": lambda text: identifier(text)[1],
        "home_departement": departements,
        "departements": departements,
    }
    present = {name: reading for name, reading in readings.items() if name in opsn.columns}
    return opsn.assign(**{name: respelt(opsn[name], reading) for name, reading in present.items()})


def _link_levels(
    rows: pd.DataFrame,
    territory: Territory,
    passage: pd.DataFrame,
    corrections: pd.DataFrame | None,
    vintage: int | None,
    gazetteer: Gazetteer | None,
) -> Linked:
    """Return the rows of all levels, each level linked in its own way."""
    parts = [_unplaced(rows.iloc[:0])]
    for level in Level:
        part = rows[rows["level"] == level.value]
        if part.empty:
            continue
        if level is Level.COMMUNE:
            communes = link_communes(
                part, territory, passage, corrections=corrections, vintage=vintage, gazetteer=gazetteer
            )
            linked = communes.linked.rename(columns={"code": "code_read", "code_insee": "code"})
            parts.append(Linked(linked, communes.rejected))
        elif level is Level.OTHER:
            parts.append(_unplaced(part))
        else:
            parts.append(_link_bodies(part, level, territory, corrections))
    linked = pd.concat([part.linked for part in parts]).astype(_TEXTS)
    return Linked(linked.sort_index(kind="stable"), pd.concat([part.rejected for part in parts]))


def _unplaced(rows: pd.DataFrame) -> Linked:
    """Return bodies that lie in no layer: they are members, but reach no commune by themselves."""
    added = {"official_name": None, "how": str(How.UNPLACED), "score": None, "share": 1.0, "event": ""}
    return Linked(rows.assign(code_read=column(rows, "code").to_numpy(), **added), rows.iloc[:0])


def _link_bodies(
    rows: pd.DataFrame, level: Level, territory: Territory, corrections: pd.DataFrame | None
) -> Linked:
    """Return EPCI, départements or régions with their official codes."""
    identifiers = pd.DataFrame({"code": column(rows, "code"), "name": column(rows, "name")})
    corrected = _corrected(identifiers, corrections)
    identifiers = identifiers.assign(code=corrected.fillna(identifiers["code"]))
    bodies = find_bodies(identifiers, level.value, territory).set_axis(rows.index)
    is_linked = bodies["code"].notna()
    bodies.loc[corrected.notna().to_numpy() & is_linked, "how"] = str(How.CORRECTION)
    added = bodies.loc[is_linked, ["code", "official_name", "how", "score"]].assign(share=1.0, event="")
    linked = rows[is_linked].assign(code_read=column(rows, "code").set_axis(rows.index)[is_linked])
    return Linked(
        linked.drop(columns="code").join(added),
        rows[~is_linked].join(bodies.loc[~is_linked, ["cause", "candidates"]]),
    )


def _corrected(identifiers: pd.DataFrame, corrections: pd.DataFrame | None) -> pd.Series:
    """Return the code that a correction puts in the place of a row's name or code."""
    if corrections is None or corrections.empty:
        return pd.Series(index=identifiers.index, dtype="str")
    codes = corrections.drop_duplicates("found").set_index("found")["code"]
    return identifiers["name"].map(codes).fillna(identifiers["code"].map(codes)).astype("str")


def _without_repeats(links: Linked, key: Sequence[str]) -> Linked:
    """Return the rows with those rejected that repeat an earlier one."""
    linked = links.linked
    # A body without a code is identified by its name.
    compared = linked[[name for name in key if name in linked.columns]].assign(name=linked.get("name", ""))
    compared["name"] = compared["name"].where(linked["code"].isna(), "")
    is_repeat = compared.duplicated().groupby(linked.index).transform("all")
    repeats = linked[is_repeat].rename(columns={"code": "official_code", "code_read": "code"})
    repeats = repeats[~repeats.index.duplicated()].drop(columns=[*ADDED, "official_code"], errors="ignore")
    rejected = pd.concat([links.rejected, repeats.assign(cause=str(Cause.DUPLICATE))])
    return Linked(linked[~is_repeat], rejected)


def _labelled(read: pd.DataFrame, links: Linked, misdated: pd.DataFrame) -> Linked:
    """Return what was linked and rejected under the labels of the rows read."""
    rejected = pd.concat([links.rejected, misdated]).sort_index(kind="stable")
    rejected = rejected.reindex(columns=[*read.columns, "cause", "candidates"])
    kinds = {"cause": "str", "candidates": "str"}
    parts = (links.linked, rejected.astype(kinds))
    linked, rejected = (
        part.set_axis(read.index.take(part.index.to_numpy(dtype="int64")), axis=0) for part in parts
    )
    first = [*read.columns, *(name for name in ADDED if name not in read.columns)]
    return Linked(linked.reindex(columns=first), rejected)
