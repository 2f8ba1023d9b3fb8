"""Which part of France is meant: regions, départements and EPCI by code or name."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, NamedTuple

from opsn_geo.errors import Fault, InputError
from opsn_geo.read.validation import nearest
from opsn_geo.read.values import plain

if TYPE_CHECKING:
    import pandas as pd


class Places(NamedTuple):
    """The regions, départements and EPCI of a vintage, each on its code, with ``name``."""

    regions: pd.DataFrame
    departements: pd.DataFrame
    epci: pd.DataFrame


class Chosen(NamedTuple):
    """Codes of the regions, départements and EPCI of a territory."""

    regions: list[str]
    departements: list[str]
    epci: list[str]

    def names(self, places: Places) -> list[str]:
        """Return the names of what is chosen."""
        return [
            str(table.loc[code, "name"]) for table, codes in zip(places, self, strict=True) for code in codes
        ]


def chosen(
    places: Places,
    millesime: int,
    *,
    region: str | None = None,
    departements: Collection[str] = (),
    epci: Collection[str] = (),
    known_only: bool = True,
) -> Chosen:
    """Return the codes of the places that are meant.

    Parameters
    ----------
    places : Places
        What there is in the vintage.
    millesime : int
        The vintage, for faults.
    region : str, optional
        Code or name.
    departements, epci : collection of str
        Codes or names; a département's number may lack its zero.
    known_only : bool
        Whether a place that is not of the vintage is refused, or kept as it is written.

    Raises
    ------
    InputError
        A place is not in the official code of the vintage; each is named, with the nearest name.

    Examples
    --------
    >>> from opsn_geo.boundaries.embedded import places
    >>> chosen(places(2021), 2021, departements=["2", "somme"])
    Chosen(regions=[], departements=['02', '80'], epci=[])
    """
    faults: list[Fault] = []
    asked = ([region] if region else [], departements, epci)
    codes = [
        [_code(str(text), table, millesime, faults) for text in texts]
        for texts, table in zip(asked, places, strict=True)
    ]
    if faults and known_only:
        raise InputError(faults)
    return Chosen(*codes)


def _code(text: str, table: pd.DataFrame, millesime: int, faults: list[Fault]) -> str:
    """Return the code of a place named by its code or name; note a fault where there is none."""
    code = text.strip().upper()
    for candidate in (code, code.zfill(2)):
        if candidate in table.index:
            return candidate
    names = table["name"].map(plain)
    same = table.index[names == plain(text)]
    if len(same) == 1:
        return str(same[0])
    options = same if len(same) else table.index
    faults.append(
        Fault(
            cause="unknown_place",
            value=f"{text} ({millesime})",
            expected=", ".join(options) if len(options) <= _FEW else None,
            nearest=nearest(text, list(table["name"])),
        )
    )
    return text


_FEW = 20  # as many codes as a message can list
