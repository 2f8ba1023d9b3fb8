"""What a row or a figure rests on, from an official source to a drawn value; and the weakest of several.

This is the one definition of the kinds of basis (in French *fondement*) and of their order. Every row that is
read has one; what is computed from several rows takes the weakest, and shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from opsn_geo.catalogue.words import Language, text

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "BASES",
    "COLUMN",
    "DEFAULTS",
    "Basis",
    "Counted",
    "basis_label",
    "counted",
    "default_basis",
    "names",
    "ranks",
    "weakest",
    "weakest_by",
    "weakest_of",
]


class Basis(StrEnum):
    """Kinds of basis, from the strongest to the weakest.

    >>> [basis.value for basis in Basis]
    ['fact', 'study', 'register', 'list', 'assumed', 'simulated']
    """

    FACT = "fact"
    STUDY = "study"
    REGISTER = "register"
    LIST = "list"
    ASSUMED = "assumed"
    SIMULATED = "simulated"


BASES: Final = tuple(basis.value for basis in Basis)
_RANKS: Final = {basis: rank for rank, basis in enumerate(BASES)}
"""The codes, from the strongest to the weakest; a rank is a position here."""

COLUMN: Final = "basis"
"""Column of every table that says what its rows rest on; ``x_basis`` says it of the column ``x`` alone."""

DEFAULTS: Final[Mapping[str, Basis]] = {
    "boundaries": Basis.FACT,
    "published_figures": Basis.STUDY,
    "statements": Basis.STUDY,
    "cnil": Basis.REGISTER,
    "banatic": Basis.REGISTER,
}
"""Basis of the rows of a table where nothing else is stated; a table that is not here is a user's list."""


class Counted(NamedTuple):
    """How many rows of a table, or cells of one of its columns, rest on a basis.

    ``column`` is empty where whole rows are counted, ``total`` is the number of all rows of the table.
    """

    table: str
    column: str
    basis: str
    rows: int
    total: int

    @property
    def name(self) -> str:
        """Name of what is counted: ``offers``, or ``opsn.seat`` for a column.

        >>> Counted("opsn", "seat", "assumed", 9, 9).name
        'opsn.seat'
        """
        return f"{self.table}.{self.column}" if self.column else self.table


def default_basis(table: str, declared: Mapping[str, str] | None = None) -> str:
    """Return the basis of the rows of a table that do not state theirs.

    Parameters
    ----------
    table : str
        Name of the table in a study.
    declared : mapping of str to str, optional
        What the study states of its tables.

    Examples
    --------
    >>> default_basis("memberships"), default_basis("memberships", {"memberships": "simulated"})
    ('list', 'simulated')
    """
    return str((declared or {}).get(table, DEFAULTS.get(table, Basis.LIST).value))


def ranks(bases: pd.Series | pd.Index | NDArray[Any] | list[str]) -> NDArray[np.int8]:
    """Return the rank of each basis, 0 for the strongest; -1 where there is none.

    >>> ranks(["fact", "simulated", ""]).tolist()
    [0, 5, -1]
    """
    if isinstance(bases, list):
        return np.array([_RANKS.get(basis, -1) for basis in bases], dtype=np.int8)
    return pd.Index(BASES).get_indexer(pd.Index(bases)).astype(np.int8)


def names(ranked: NDArray[np.integer]) -> pd.api.extensions.ExtensionArray:
    """Return the basis of each rank; missing where it is -1.

    >>> list(names(np.array([3, 0])))
    ['list', 'fact']
    """
    words = pd.array([*BASES, None], dtype="str")
    return words.take(np.asarray(ranked, np.intp).ravel())


def weakest(*bases: pd.Series | str) -> pd.Series:
    """Return the weakest of several bases, row by row.

    Parameters
    ----------
    *bases : Series of str or str
        At least one Series; all Series have the same index. A text counts for every row, a missing value
        for none.

    Returns
    -------
    Series of str
        On the same index; missing where no basis is given.

    Examples
    --------
    >>> weakest(pd.Series(["fact", "list", None]), pd.Series(["study", "assumed", None])).tolist()
    ['study', 'assumed', nan]
    >>> weakest(pd.Series(["fact", "simulated"]), "list").tolist()
    ['list', 'simulated']
    """
    index = next(each.index for each in bases if isinstance(each, pd.Series))
    ranked = np.full(len(index), -1, np.int8)
    for each in bases:
        same = ranks(each) if isinstance(each, pd.Series) else ranks([each])
        ranked = np.maximum(ranked, same)
    return pd.Series(names(ranked), index=index, dtype="str")


def weakest_of(bases: pd.Series | list[str], otherwise: str = Basis.FACT.value) -> str:
    """Return the weakest of all rows; ``otherwise`` where there are none.

    >>> weakest_of(["study", "assumed", "fact"]), weakest_of([])
    ('assumed', 'fact')
    """
    worst = int(ranks(bases).max(initial=-1))
    return BASES[worst] if worst >= 0 else otherwise


def weakest_by(bases: pd.Series, groups: pd.Series) -> pd.Series:
    """Return the weakest of the rows of each group, as :func:`weakest_of` does, on the groups.

    >>> weakest_by(pd.Series(["list", "assumed", "fact"]), pd.Series(["a", "a", "b"])).to_dict()
    {'a': 'assumed', 'b': 'fact'}
    """
    worst = pd.Series(ranks(bases), index=bases.index).groupby(groups).max().clip(lower=0)
    return pd.Series(names(worst.to_numpy()), index=worst.index, dtype="str")


def counted(tables: Mapping[str, pd.DataFrame]) -> tuple[Counted, ...]:
    """Return how many rows of each table rest on what, and cells of its columns with a basis of their own.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Tables by name; those without a column ``basis`` are left out.

    Returns
    -------
    tuple of Counted
        By table in their order, then by column, from the strongest basis to the weakest.

    Examples
    --------
    >>> opsn = pd.DataFrame({"basis": ["study", "study"], "seat_basis": ["assumed", None]})
    >>> for each in counted({"opsn": opsn}):
    ...     print(tuple(each))
    ('opsn', '', 'study', 2, 2)
    ('opsn', 'seat', 'assumed', 1, 2)
    """
    return tuple(
        Counted(name, column.removesuffix(COLUMN).removesuffix("_"), str(basis), int(number), len(table))
        for name, table in tables.items()
        if COLUMN in table
        for column in [COLUMN, *(str(name) for name in table if str(name).endswith(f"_{COLUMN}"))]
        for basis, number in table[column].value_counts().reindex(BASES).dropna().items()
    )


def basis_label(basis: str, lang: Language = "fr") -> str:
    """Return the word for a basis.

    >>> basis_label("assumed"), basis_label("assumed", "en")
    ('supposé', 'assumed')
    """
    return text(f"basis.{basis}", lang)
