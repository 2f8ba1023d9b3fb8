"""Numbers of which some are not known: they stay missing, and so does every sum that they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


def whole_numbers(values: pd.Series) -> pd.Series:
    """Return rounded numbers, as integers where all are known and as floats where some are missing.

    Parameters
    ----------
    values : Series of number
        Counts or inhabitants, such as sums of floats give them.

    Examples
    --------
    >>> import pandas as pd
    >>> whole_numbers(pd.Series([1.0, 2.0])).tolist(), whole_numbers(pd.Series([1.0, None])).tolist()
    ([1, 2], [1.0, nan])
    """
    rounded = values.astype("float64").round()
    return rounded if rounded.isna().any() else rounded.astype(np.int64)
