"""What each published row rests on: its own basis where it is measured, and the inputs of its whole table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

import pandas as pd

from opsn_geo.catalogue.basis import COLUMN, Basis, weakest
from opsn_geo.catalogue.register import table

if TYPE_CHECKING:
    from opsn_geo.study import Study

_MEMBERSHIP: Final = "membership"
"""Variable that answers may be weighted by, which memberships and offers make."""
_Frame = TypeVar("_Frame", bound=pd.DataFrame)


def with_basis(name: str, frame: _Frame, study: Study) -> _Frame:
    """Return a published table or layer with the column ``basis``, if the register declares what it rests on.

    A row rests on the weakest of what was measured with it and of what its table rests on.

    Examples
    --------
    >>> from opsn_geo import Study, load
    >>> study = load(Study.default()).study
    >>> with_basis("panorama_formes", pd.DataFrame({"opsn_count": [3]}), study)["basis"].tolist()
    ['assumed']
    """
    declared = table(name)
    if not declared.rests_on:
        return frame
    names = {*declared.rests_on} - {*declared.row_basis}
    if "answers" in names and _MEMBERSHIP in study.survey.get("margins", ()):
        names |= {"memberships", "offers"}
    measured = frame[COLUMN] if COLUMN in frame else pd.Series(index=frame.index, dtype="str")
    basis = weakest(measured, study.metadata.weakest(names))
    if "inside" in frame:  # of a commune beyond the border only what is official is published
        basis = basis.where(frame["inside"], Basis.FACT.value)
    return frame.assign(**{COLUMN: basis})


def counted_table(study: Study) -> pd.DataFrame:
    """Return how many rows and cells of the inputs rest on what: on ``input`` and ``basis``, counts."""
    rows = [(counted.name, counted.basis, counted.rows, counted.total) for counted in study.metadata.counted]
    return pd.DataFrame(rows, columns=["input", "basis", "rows_count", "total_count"]).set_index(
        ["input", "basis"]
    )
