"""The precision of published numbers: digits that say something, and none that come from the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

DIGITS: Final = 10
"""Significant digits that a published number keeps."""
NOISE: Final = 1e-10
"""Numbers nearer to zero than this are zero, except probabilities."""

_COORDINATES: Final = frozenset({"mairie_x", "mairie_y", "x", "y"})
_PROBABILITIES: Final = frozenset({"p", "q"})
_Frame = TypeVar("_Frame", bound=pd.DataFrame)


def rounded(frame: _Frame) -> _Frame:
    """Return a table or layer whose numbers hold no noise of floating-point arithmetic.

    The last digits of a float depend on the processor and on the order of sums. What is published is rounded
    to :data:`DIGITS` significant digits, far beyond what data of this kind can tell, so that the same inputs
    give the same bytes. Numbers below :data:`NOISE` in absolute value are zero, never ``-0.0``; columns of
    probabilities (a part of their name is ``p`` or ``q``) keep theirs, as small ones mean something.
    Geometries, coordinates, whole numbers and texts are left alone.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
        Any table.

    Returns
    -------
    DataFrame or GeoDataFrame
        The same columns and types on the same index.

    Examples
    --------
    >>> frame = pd.DataFrame({"gap": [0.1 + 0.2, -1e-17, None], "gap_p": [2 / 3, 1e-17, 1.0]})
    >>> rounded(frame).to_dict("list")
    {'gap': [0.3, 0.0, nan], 'gap_p': [0.6666666667, 1e-17, 1.0]}
    """
    columns: dict[str, pd.Series] = {}
    for name, values in frame.items():
        if pd.api.types.is_float_dtype(values) and name not in _COORDINATES:
            is_probability = not _PROBABILITIES.isdisjoint(str(name).split("_"))
            numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
            kept = significant(numbers, noise=0 if is_probability else NOISE)
            columns[str(name)] = pd.Series(kept, index=values.index).astype(values.dtype)
    return frame.assign(**columns)


def significant(values: NDArray[np.float64], *, noise: float = NOISE) -> NDArray[np.float64]:
    """Return numbers with :data:`DIGITS` significant digits; those below some noise are zero.

    >>> significant(np.array([1234567.8912345, -1e-17, np.nan])).tolist()
    [1234567.891, 0.0, nan]
    """
    distinct, place = np.unique(values, return_inverse=True)
    # Through text, as only so each result is the float nearest to its decimal, and is written as such.
    kept = np.array([float(f"{value:.{DIGITS}g}") for value in distinct.tolist()], dtype=np.float64)
    return np.where(np.abs(kept) < noise, 0.0, kept)[place] + 0.0  # -0.0 + 0.0 is 0.0
