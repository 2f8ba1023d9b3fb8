"""The kinds of published columns: those that the register declares, whatever missing values made of them."""

from __future__ import annotations

from typing import Final, TypeVar

import pandas as pd

from opsn_geo.catalogue.register import column

_TRUTHS: Final = {"true": True, "false": False}
"""Truth values as users' tables spell them."""
_Frame = TypeVar("_Frame", bound=pd.DataFrame)


def as_declared(frame: _Frame, table: str) -> _Frame:
    """Return a table or layer whose columns have the kinds that the register declares.

    Whole numbers are integers and flags are truth values, also where some are missing or texts; columns that
    hold something else, or that the register does not have, are left alone.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
        Any table.
    table : str
        Its published name.

    Examples
    --------
    >>> frame = pd.DataFrame({"opsn_count": [2.0, None], "responded": [True, None], "covered_share": 0.5})
    >>> as_declared(frame, "communes").dtypes.astype(str).to_dict()
    {'opsn_count': 'Int64', 'responded': 'boolean', 'covered_share': 'float64'}
    """
    kinds = pd.api.types
    columns: dict[str, pd.Series] = {}
    for name, values in frame.items():
        declared = column(str(name), table).kind
        if declared == "whole" and kinds.is_float_dtype(values) and values.dropna().mod(1).eq(0).all():
            columns[str(name)] = values.astype("Int64" if values.isna().any() else "int64")
        if declared == "flag" and kinds.infer_dtype(values, skipna=True) == "boolean":
            columns[str(name)] = values.astype("boolean" if values.isna().any() else "bool")
        elif declared == "flag" and set(values.dropna()) <= set(_TRUTHS):
            columns[str(name)] = values.map(_TRUTHS).astype("boolean")
    return frame.assign(**columns) if columns else frame
