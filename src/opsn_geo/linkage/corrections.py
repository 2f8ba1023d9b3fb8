"""Corrections that a person gives: what a name or a code of a list means; and those still to be given."""

from __future__ import annotations

from typing import Final

import pandas as pd

from opsn_geo.catalogue.words import Language, text
from opsn_geo.linkage.causes import Cause
from opsn_geo.linkage.result import Linked, column
from opsn_geo.read.values import plain

TO_FILL: Final = "?"
"""Code of a correction that nobody has filled in yet: it corrects nothing."""

_NOTHING_TO_CORRECT: Final = frozenset(
    map(
        str,
        (Cause.SET_ASIDE, Cause.OUTSIDE_TERRITORY, Cause.NO_IDENTIFIER, Cause.DUPLICATE, Cause.WRONG_DATES),
    )
)


def filled(corrections: pd.DataFrame) -> pd.DataFrame:
    """Return the corrections that are given, without those still to be filled in.

    >>> rows = pd.DataFrame({"found": ["Lile", "Rion"], "code": ["59350", "?"]})
    >>> filled(rows)["found"].tolist()
    ['Lile']
    """
    return corrections[~corrections["code"].str.strip().eq(TO_FILL).fillna(value=False)]


def to_fill(links: Linked, existing: pd.DataFrame, lang: Language = "fr") -> pd.DataFrame:
    """Return a correction to fill in for each name or code that was not linked, or by a guess.

    Parameters
    ----------
    links : Linked
        Rows with ``code``, ``name`` as they were read, linked at any level.
    existing : DataFrame
        ``found``: what has a correction already, filled in or not.
    lang : {"fr", "en"}
        Language of the comments.

    Returns
    -------
    DataFrame
        ``found``, ``code`` (:data:`TO_FILL`) and ``comment``: the cause and the candidates, or what it was
        read as; each text once, the rejected first, in the order of the list.

    Examples
    --------
    >>> rejected = pd.DataFrame({"code": None, "name": ["Lile"], "cause": "unknown_name",
    ...     "candidates": "Lille (59350)"})
    >>> nothing = rejected.iloc[:0].assign(how="", score=1.0, official_name="", code_read="")
    >>> to_fill(Linked(nothing, rejected), pd.DataFrame({"found": []}), "en").loc[0].tolist()
    ['Lile', '?', 'name unknown in the territory: Lille (59350)']
    """
    rejected = links.rejected[~links.rejected["cause"].isin(_NOTHING_TO_CORRECT)]
    guesses = links.review[~links.review.index.duplicated()].sort_index()
    texts = [
        *column(rejected, "name").fillna(column(rejected, "code")),
        *column(guesses, "name").fillna(column(guesses, "code_read")),
    ]
    colon = text("place.colon", lang)
    comments = [
        text(f"cause.{cause}", lang)
        + (f"{colon}{candidates}" if isinstance(candidates, str) and candidates else "")
        for cause, candidates in zip(rejected["cause"], rejected["candidates"], strict=True)
    ]
    comments += [
        text("linked_list.guess", lang, name=name, code=code, score=round(score))
        for name, code, score in zip(guesses["official_name"], guesses["code"], guesses["score"], strict=True)
    ]
    rows = pd.DataFrame({"found": texts, "code": TO_FILL, "comment": comments}, dtype="str")
    rows = rows.dropna(subset=["found"]).drop_duplicates("found")
    there = {plain(found) for found in existing["found"].dropna()}
    return rows[[plain(found) not in there for found in rows["found"]]].reset_index(drop=True)
