"""The result of linking: the rows linked and the rows rejected, together all the rows read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import pandas as pd

from opsn_geo.catalogue.summaries import html_table, line
from opsn_geo.linkage.causes import How

REJECT_COLUMNS: Final = ("cause", "candidates")
"""Columns that a rejected row gets: a :class:`~opsn_geo.linkage.causes.Cause`, and the nearest candidates."""

BESIDE: Final = (
    "level", "official_code", "official_name", "how", "score", "share", "cause", "candidates",
)  # fmt: skip
"""Columns that :meth:`Linked.beside` puts beside those of a list."""
_KINDS: Final = {**dict.fromkeys(BESIDE, "str"), "score": "Float64", "share": "float64"}

LISTED: Final = ("table", "row", "code", "name", "cause", "candidates")
"""Columns of the rejected rows of several tables."""


class Linked(NamedTuple):
    """The result of linking a table.

    Parameters
    ----------
    linked : DataFrame
        The rows that were linked, with what they were linked to; a row stands several times where its
        commune was split, with shares that add up to 1.
    rejected : DataFrame
        The rows that were not, as they were read, with ``cause`` and ``candidates``.

    Every row read is in exactly one of the two, under its label of the table read.
    """

    linked: pd.DataFrame
    rejected: pd.DataFrame

    def _summary(self) -> dict[str, object]:
        """Return what ``repr`` and notebooks show."""
        return {
            "linked": self.linked.index.nunique(),
            "rejected": self.rejected.index.nunique(),
            "to review": self.review.index.nunique(),
        }

    def __repr__(self) -> str:
        """Return one short line."""
        return line("Linked", self._summary())

    def _repr_html_(self) -> str:
        """Return a small table, for notebooks."""
        return html_table("Linked", self._summary())

    @property
    def review(self) -> pd.DataFrame:
        """The rows linked by a guess, the least sure first: someone should look at them."""
        return self.linked[self.linked["how"] == str(How.FUZZY)].sort_values("score", kind="stable")

    def beside(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of a frame in their order, each with what it was linked to or why it was not.

        Parameters
        ----------
        frame : DataFrame
            The rows that were linked, with different labels.

        Returns
        -------
        DataFrame
            The columns of the frame and :data:`BESIDE`; a row stands several times where its commune was
            split. A frame's own column of such a name gets `` (read)``.

        Examples
        --------
        >>> rows = pd.DataFrame({"name": ["Lile", "Arras"]})
        >>> rejected = rows[:1].assign(cause="unknown_name", candidates="Lille (59350)")
        >>> linked = rows[1:].assign(code_insee="62041", official_name="Arras", how="name")
        >>> Linked(linked, rejected).beside(rows)[["name", "official_code", "cause"]].to_numpy().tolist()
        [['Lile', nan, 'unknown_name'], ['Arras', '62041', nan]]
        """
        code = "code_insee" if "code_insee" in self.linked else "code"
        linked = self.linked.drop(columns="official_code", errors="ignore")
        linked = linked.rename(columns={code: "official_code"})
        parts = [part.reindex(columns=list(BESIDE)).astype(_KINDS) for part in (linked, self.rejected)]
        own = frame.rename(columns={name: f"{name} (read)" for name in BESIDE})
        return own.join(pd.concat(parts))


def column(frame: pd.DataFrame, name: str | None) -> pd.Series[str]:
    """Return a column as text on positions 0, 1, 2…; one that is absent is all missing.

    >>> column(pd.DataFrame({"a": [2001]}, index=[7]), "a").to_dict()
    {0: '2001'}
    """
    if name is None or name not in frame.columns:
        return pd.Series(index=pd.RangeIndex(len(frame)), dtype="str")
    cells = frame[name]
    texts = cells.astype("object").where(cells.notna(), None).reset_index(drop=True)
    bare = texts.map(str, na_action="ignore").astype("str").str.strip()
    return bare.mask(bare.eq("").fillna(value=False))


def kept(frame: pd.DataFrame, positions: pd.Index, added: Sequence[str]) -> pd.DataFrame:
    """Return rows of a frame by position; its columns that would be overwritten get `` (read)``."""
    taken = frame.take(positions.to_numpy())
    return taken.rename(columns={name: f"{name} (read)" for name in added if name in frame.columns})


def rejects(links: Mapping[str, Linked], lines: Mapping[str, pd.Series] | None = None) -> pd.DataFrame:
    """Return the rejected rows of several tables, one table below the other.

    Parameters
    ----------
    links : mapping of str to Linked
        The result of linking each table.
    lines : mapping of str to Series of int, optional
        For tables that have another index than the lines of their file, the line of each label.

    Returns
    -------
    DataFrame
        :data:`LISTED` as text, in the order of the tables; ``row`` is the line in the file.

    Examples
    --------
    >>> rejected = pd.DataFrame({"name": ["Lile"], "cause": "unknown_name", "candidates": ""}, index=[4])
    >>> rejects({"memberships": Linked(rejected.iloc[:0], rejected)}).loc[0].tolist()
    ['memberships', '4', nan, 'Lile', 'unknown_name', '']
    """
    parts = [pd.DataFrame(columns=list(LISTED))]
    for name, (_, rejected) in links.items():
        rows: pd.Index | pd.Series = rejected.index
        if lines is not None and name in lines:
            rows = lines[name].reindex(rejected.index)
        codes, names = ("commune_code", "commune_name") if name == "answers" else ("code", "name")
        parts.append(
            pd.DataFrame(
                {
                    "table": name, "row": rows.astype("str").to_numpy(), "code": column(rejected, codes),
                    "name": column(rejected, names), "cause": column(rejected, "cause"),
                    "candidates": rejected["candidates"].to_numpy(),
                }
            )
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True).astype("str")
