"""Names to codes: alike, alike but for small words, the beginning of one, or nearly alike; never by guess."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from opsn_geo.linkage.causes import Cause, How

SLIPS: Final = ((5, 1), (9, 2))
"""Letters from which one, then two slips (a letter more, less, other, or two swapped) are forgiven."""

SHOWN: Final = 3
"""Candidates shown with a rejected name."""

PLAUSIBLE: Final = 65
"""Least likeness (rapidfuzz's ratio, 0 to 100) of a candidate shown: what is less alike helps nobody."""

MOST_SHOWN: Final = 1000
"""Distinct rejected names for which candidates are sought: more than anyone reads."""

_RESULT: Final = ("code", "how", "score", "cause", "candidates")


def match_names(wanted: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """Return the code that each name means.

    The steps, each for the names that the former left: the same key; the same key without articles and
    small words; the whole words that begin just one name of the département; one slip in a name of five
    letters or more, two from nine on, in the same département. Several codes at one step, and a postal code
    that fits several or none of them, make the name ambiguous.

    Parameters
    ----------
    wanted : DataFrame
        key, loose, code_dep (missing: all départements are searched, but not for near names
        unless there is only one), postal_code (may be missing).
    names : DataFrame
        Those of a :class:`~opsn_geo.linkage.gazetteer.Gazetteer`, or any table of its columns.

    Returns
    -------
    DataFrame
        On ``wanted``'s index: code, how (:class:`~opsn_geo.linkage.causes.How`), score (0 to 100, rapidfuzz's
        ratio of the loose keys), cause (:class:`~opsn_geo.linkage.causes.Cause`, missing where a code was
        found), candidates (names and codes, best first).

    Examples
    --------
    >>> names = pd.DataFrame({"code": ["02691", "02692"], "name": ["Saint-Quentin", "Saint-Rémy"],
    ...     "key": ["saint quentin", "saint remy"], "loose": ["saint quentin", "saint remy"],
    ...     "code_dep": "02", "postal_codes": "02100", "rank": 0})
    >>> wanted = pd.DataFrame({"key": ["saint quentin", "saint quantin", "saint"], "code_dep": "02",
    ...     "loose": ["saint quentin", "saint quantin", "saint"], "postal_code": None})
    >>> match_names(wanted, names)[["code", "how", "cause"]].values.tolist()
    [['02691', 'name', nan], ['02691', 'fuzzy', nan], [nan, nan, 'ambiguous_name']]
    """
    forms = ["key", "loose", "code_dep", "postal_code"]
    distinct = wanted[forms].drop_duplicates().reset_index(drop=True)
    kinds = {"code": "str", "how": "str", "score": "Float64", "cause": "str", "candidates": "str"}
    result = pd.DataFrame({name: pd.Series(index=distinct.index, dtype=kind) for name, kind in kinds.items()})
    names = names.dropna(subset=["key", "loose"])
    left = distinct[distinct["key"].notna() & distinct["key"].ne("")]
    for step in (_same_key, _same_loose, _beginning, _near):
        if left.empty:
            break
        decided = step(left, names)
        result.loc[decided.index] = decided[list(_RESULT)]
        left = left.drop(decided.index)
    unknown = _unknown(left, names)
    result.loc[unknown.index] = unknown[list(_RESULT)]
    placed = wanted[forms].merge(distinct.reset_index(names="form"), on=forms, how="left", validate="m:1")
    matched: pd.DataFrame = result.loc[placed["form"]].set_axis(wanted.index)
    return matched


def _same_key(wanted: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """Return the codes of names that are the same."""
    return _decided(_hits(wanted, names, "key"), How.NAME)


def _same_loose(wanted: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """Return the codes of names that are the same but for articles and small words."""
    return _decided(_hits(wanted, names, "loose"), How.NAME)


def _beginning(wanted: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """Return the codes of longer names that begin with the words given; a guess, so for review."""
    words = names["loose"].str.split(" ")
    starts = [[" ".join(parts[:n]) for n in range(1, len(parts))] for parts in words]
    longer = names.assign(whole=names["loose"], loose=pd.Series(starts, index=names.index, dtype="object"))
    longer = longer.explode("loose").dropna(subset=["loose"]).astype({"loose": "str"})
    located = wanted[_located(wanted, names) & wanted["loose"].str.len().ge(SLIPS[0][0])]
    return _decided(_hits(located, longer, "loose", whole="whole"), How.FUZZY)


def _located(wanted: pd.DataFrame, names: pd.DataFrame) -> pd.Series:
    """Return which names have a département, or need none because there is only one."""
    return wanted["code_dep"].notna() | (len(names["code_dep"].unique()) <= 1)


def _hits(wanted: pd.DataFrame, names: pd.DataFrame, on: str, whole: str = "loose") -> pd.DataFrame:
    """Return every pair of a wanted name and a listed one that agree, in the département if one is given."""
    listed = names[[*dict.fromkeys([on, "code", "name", "code_dep", "postal_codes", "rank", whole])]]
    left = wanted.reset_index(names="form")[
        [*dict.fromkeys(["form", on, "loose", "code_dep", "postal_code"])]
    ]
    pairs = left.merge(listed, on=on, suffixes=("", "_listed"), how="inner")
    pairs = pairs[pairs["code_dep"].isna() | (pairs["code_dep"] == pairs["code_dep_listed"])]
    official = f"{whole}_listed" if f"{whole}_listed" in pairs else whole
    pairs["score"] = process.cpdist(
        pairs["loose"].tolist(), pairs[official].tolist(), scorer=fuzz.ratio, dtype=np.float64
    )
    return pairs[pairs["rank"] == pairs.groupby("form")["rank"].transform("min")]


def _decided(pairs: pd.DataFrame, how: How) -> pd.DataFrame:
    """Return the one code of each wanted name, or the one its postal code chooses, or the cause ambiguous."""
    pairs = pairs.drop_duplicates(["form", "code"])
    zips = (";" + pairs["postal_codes"].fillna("") + ";").tolist()
    given = pairs["postal_code"].fillna("-").tolist()
    agrees = pd.Series([f";{a};" in z for a, z in zip(given, zips, strict=True)], index=pairs.index)
    count = pairs.groupby("form")["code"].transform("size")
    alone = agrees & (agrees.astype("int64").groupby(pairs["form"]).transform("sum") == 1)
    single = pairs[count == 1].assign(how=str(how))
    helped = pairs[(count > 1) & alone].assign(
        how=str(How.FUZZY if how is How.FUZZY else How.NAME_AND_POSTAL)
    )
    decided = pd.concat([single, helped]).set_index("form").assign(cause=None, candidates=None)
    rest = pairs[~pairs["form"].isin(decided.index)]
    labels = rest["name"] + " (" + rest["code"] + ")"
    candidates = labels.groupby(rest["form"]).agg(lambda several: ", ".join(several.head(2 * SHOWN)))
    ambiguous = pd.DataFrame({"candidates": candidates}).assign(
        code=None, how=None, score=None, cause=str(Cause.AMBIGUOUS_NAME)
    )
    return pd.concat([part[list(_RESULT)].astype(object) for part in (decided, ambiguous)])


def _near(wanted: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """Return the codes of names that differ by a slip or two, one département at a time."""
    located = wanted[_located(wanted, names)]
    groups = [
        _nearest(part, names[names["code_dep"] == code] if isinstance(code, str) else names)
        for code, part in located.groupby("code_dep", dropna=False)
    ]
    empty = pd.DataFrame(
        columns=["form", "loose", "code", "name", "code_dep", "postal_codes", "postal_code", "score"]
    )
    return _decided(pd.concat([empty, *groups]) if groups else empty, How.FUZZY)


def _nearest(wanted: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """Return the names at the least distance from each wanted one, if it is small enough."""
    if names.empty:
        return names.assign(form=0, score=0.0, postal_code="").iloc[:0]
    most = SLIPS[-1][1]
    distances = process.cdist(
        wanted["loose"].tolist(), names["loose"].tolist(), scorer=OSA.distance, score_cutoff=most,
        dtype=np.uint8, workers=-1,
    )  # fmt: skip
    length = wanted["loose"].str.len().to_numpy()
    allowed = np.select([length >= least for least, _ in SLIPS[::-1]], [n for _, n in SLIPS[::-1]], 0)
    best = distances.min(axis=1)
    rows, columns = np.nonzero((distances == best[:, None]) & (best <= allowed)[:, None])
    pairs = names.iloc[columns].assign(
        form=wanted.index.to_numpy()[rows], postal_code=wanted["postal_code"].to_numpy()[rows]
    )
    typed = wanted["loose"].to_numpy()[rows].tolist()
    scores = process.cpdist(typed, pairs["loose"].tolist(), scorer=fuzz.ratio, dtype=np.float64)
    pairs = pairs.assign(score=scores)
    # Of a name of today and a former one that are as near, the one of today is meant.
    return pairs[pairs["rank"] == pairs.groupby("form")["rank"].transform("min")]


def _unknown(wanted: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """Return the names left as unknown, with the nearest ones of their département."""
    shown = pd.Series(pd.NA, index=wanted.index, dtype="str")
    for code, part in wanted.head(MOST_SHOWN).groupby("code_dep", dropna=False):
        listed = names[names["code_dep"] == code] if isinstance(code, str) else names
        if not listed.empty:
            scores = process.cdist(
                part["loose"].tolist(),
                listed["loose"].tolist(),
                scorer=fuzz.ratio,
                dtype=np.uint8,
                workers=-1,
            )
            best = np.argsort(-scores.astype(np.int16), axis=1, kind="stable")[:, :SHOWN]
            labels = (listed["name"] + " (" + listed["code"] + ")").to_numpy()
            likely = np.take_along_axis(scores, best, axis=1) >= PLAUSIBLE
            shown[part.index] = [
                ", ".join(dict.fromkeys(labels[row[kept]])) or None
                for row, kept in zip(best, likely, strict=True)
            ]
    return pd.DataFrame({"candidates": shown}).assign(
        code=None, how=None, score=None, cause=str(Cause.UNKNOWN_NAME)
    )
