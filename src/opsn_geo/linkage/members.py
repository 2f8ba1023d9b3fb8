"""Memberships, offers and OPSN: every body that a study's tables name, to its official code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd

from opsn_geo.boundaries.territory import Territory
from opsn_geo.catalogue.states import Level
from opsn_geo.linkage.bodies import find_bodies
from opsn_geo.linkage.causes import Cause, How
from opsn_geo.linkage.codes import departement_code, identifier
from opsn_geo.linkage.communes import link_communes
from opsn_geo.linkage.gazetteer import Gazetteer
from opsn_geo.linkage.result import Linked, column
from opsn_geo.read.values import respelt

ADDED: Final = ("code_read", "official_name", "how", "score", "share", "event")
"""Columns that a linked member or offer gets; ``code`` becomes the official one."""

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
    known: Gazetteer | None = None,
) -> Linked:
    """Link each membership's member, whatever its level, to its official code.

    Parameters
    ----------
    memberships : DataFrame
        opsn, level, code, name, services, since, until, and whatever else; see
        :data:`opsn_geo.read.schema.MEMBERSHIPS`.
    territory, passage, corrections, vintage, known
        As for :func:`~opsn_geo.linkage.communes.link_communes`; corrections may give any level's code.

    Returns
    -------
    Linked
        ``linked``: the same columns, ``code`` being official at its level (as read for other bodies, which
        lie in no layer: they are linked as ``unplaced``), and :data:`ADDED`. ``rejected``: also the
        memberships that end before they begin, and those that repeat an earlier one in everything.
    """
    rows = memberships.reset_index(drop=True)
    early = pd.Series(data=False, index=rows.index)
    if {"since", "until"} <= set(rows.columns):
        early = rows["until"] < rows["since"]
    key = ["opsn", "level", "code", "services", "since", "until"]
    sound = _link_levels(rows[~early], territory, passage, corrections, vintage, known)
    return _labelled(
        memberships, _without_repeats(sound, key), rows[early].assign(cause=str(Cause.WRONG_DATES))
    )


def link_offers(
    offers: pd.DataFrame, territory: Territory, passage: pd.DataFrame, *, vintage: int | None = None
) -> Linked:
    """Link the perimeter of each offer to its official code.

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
    found = _link_levels(rows, territory, passage, None, vintage, None)
    return _labelled(offers, _without_repeats(found, ["opsn", "service", "level", "code"]), rows.iloc[:0])


def mended_opsn(opsn: pd.DataFrame) -> pd.DataFrame:
    """Mend the codes of the OPSN table: seat, SIREN, home and served départements.

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
            departement_code(it) or it.strip() for it in text.replace(",", ";").split(";") if it.strip()
        )

    readings = {
        "seat": lambda it: identifier(it)[1],
        "siren": lambda it: identifier(it)[1],
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
    known: Gazetteer | None,
) -> Linked:
    """Link the rows of each level in its own way."""
    parts = [_unplaced(rows.iloc[:0])]
    for level in Level:
        part = rows[rows["level"] == level.value]
        if part.empty:
            continue
        if level is Level.COMMUNE:
            found = link_communes(
                part, territory, passage, corrections=corrections, vintage=vintage, known=known
            )
            linked = found.linked.rename(columns={"code": "code_read", "code_insee": "code"})
            parts.append(Linked(linked, found.rejected))
        elif level is Level.OTHER:
            parts.append(_unplaced(part))
        else:
            parts.append(_link_bodies(part, level, territory, corrections))
    linked = pd.concat([it.linked for it in parts]).astype(_TEXTS)
    return Linked(linked.sort_index(kind="stable"), pd.concat([it.rejected for it in parts]))


def _unplaced(rows: pd.DataFrame) -> Linked:
    """Keep bodies that lie in no layer: they are members, but reach no commune by themselves."""
    added = {"official_name": None, "how": str(How.UNPLACED), "score": None, "share": 1.0, "event": ""}
    return Linked(rows.assign(code_read=column(rows, "code").to_numpy(), **added), rows.iloc[:0])


def _link_bodies(
    rows: pd.DataFrame, level: Level, territory: Territory, corrections: pd.DataFrame | None
) -> Linked:
    """Link EPCI, départements or régions."""
    asked = pd.DataFrame({"code": column(rows, "code"), "name": column(rows, "name")})
    meant = _corrected(asked, corrections)
    asked = asked.assign(code=meant.fillna(asked["code"]))
    found = find_bodies(asked, level.value, territory).set_axis(rows.index)
    decided = meant.notna().to_numpy() & found["code"].notna()
    found.loc[decided, "how"] = str(How.CORRECTION)
    done = found["code"].notna()
    added = found.loc[done, ["code", "official_name", "how", "score"]].assign(share=1.0, event="")
    linked = rows[done].assign(code_read=column(rows, "code").set_axis(rows.index)[done])
    return Linked(
        linked.drop(columns="code").join(added),
        rows[~done].join(found.loc[~done, ["cause", "candidates"]]),
    )


def _corrected(asked: pd.DataFrame, corrections: pd.DataFrame | None) -> pd.Series:
    """Give the code that a correction puts in the place of a row's name or code."""
    if corrections is None or corrections.empty:
        return pd.Series(index=asked.index, dtype="str")
    meant = corrections.drop_duplicates("found").set_index("found")["code"]
    return asked["name"].map(meant).fillna(asked["code"].map(meant)).astype("str")


def _without_repeats(found: Linked, key: Sequence[str]) -> Linked:
    """Reject the rows that say nothing but what an earlier row said."""
    columns = [name for name in key if name in found.linked.columns]
    named = found.linked[columns].assign(name=found.linked.get("name", ""))
    named["name"] = named["name"].where(found.linked["code"].isna(), "")
    repeats = named.duplicated().groupby(found.linked.index).transform("all")
    gone = found.linked[repeats].rename(columns={"code": "official_code", "code_read": "code"})
    gone = gone.loc[
        ~gone.index.duplicated(), [it for it in gone.columns if it not in {*ADDED, "official_code"}]
    ]
    rejected = pd.concat([found.rejected, gone.assign(cause=str(Cause.DUPLICATE))])
    return Linked(found.linked[~repeats], rejected)


def _labelled(read: pd.DataFrame, found: Linked, more: pd.DataFrame) -> Linked:
    """Put the labels of the rows read back on what was linked and rejected."""
    rejected = pd.concat([found.rejected, more]).sort_index(kind="stable")
    rejected = rejected.reindex(columns=[*read.columns, "cause", "candidates"])
    kinds = {"cause": "str", "candidates": "str"}
    parts = (found.linked, rejected.astype(kinds))
    linked, rejected = (
        part.set_axis(read.index.take(part.index.to_numpy(dtype="int64")), axis=0) for part in parts
    )
    first = [*read.columns, *(name for name in ADDED if name not in read.columns)]
    return Linked(linked.reindex(columns=first), rejected)
