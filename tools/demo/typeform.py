"""Answers laid out as Typeform exports them: questions as headers, labels as cells, UTC dates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray


def token(rng: np.random.Generator, count: int, length: int) -> list[str]:
    """Draw distinct-looking identifiers in lower-case hexadecimal.

    >>> token(np.random.default_rng(1), 1, 4)
    ['78cf']
    """
    digits = np.array(list("0123456789abcdef"))[rng.integers(0, 16, size=(count, length))]
    return ["".join(row) for row in digits]


def export(answers: pd.DataFrame, codebook: pd.DataFrame) -> pd.DataFrame:
    """Lay answers out, one column per header of the codebook, in its order.

    Parameters
    ----------
    answers : DataFrame
        Columns by item (one choice, scale, number, text) or by ``item:choice`` (several, scales).
    codebook : DataFrame
        `column`, `item`, `choice`, `kind`, `label`; one row per choice.

    Returns
    -------
    DataFrame
        Text throughout; an answer not given is empty.
    """
    cells = {}
    for (column, kind), rows in codebook.groupby(["column", "kind"], sort=False):
        item, choice, label = rows.iloc[0][["item", "choice", "label"]]
        given = answers[f"{item}:{choice}" if choice and kind != "single" else item]
        cells[column] = _cells(given, str(kind), dict(zip(rows["choice"], rows["label"], strict=True)), label)
    return pd.DataFrame(cells)


def _cells(given: pd.Series, kind: str, labels: dict[str, str], label: str) -> NDArray[np.object_]:
    """Write one column's answers as the tool shows them."""
    if kind == "single":
        return given.map({"": "", **labels}).to_numpy(dtype=object)
    if kind == "multiple":
        return np.where(given, label, "")
    if kind == "yes_no":
        return given.map({"": "", "yes": "1", "no": "0"}).to_numpy(dtype=object)
    return given.astype("string").fillna("").to_numpy(dtype=object)
