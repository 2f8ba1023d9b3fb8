"""Tables for spreadsheets and scripts: CSV in UTF-8, comma, dot, one header line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def harmless(frame: pd.DataFrame) -> pd.DataFrame:
    """Make text that a spreadsheet would run as a formula plain text again, by a leading apostrophe.

    Numbers, dates and truth values are left as they are.

    Examples
    --------
    >>> harmless(pd.DataFrame({"name": ["=1+1", "Lille"], "gap": [-1, 2]}))
        name  gap
    0  '=1+1   -1
    1  Lille    2
    """
    texts = {str(name): frame[name].astype("str") for name in frame.select_dtypes(["object", "str"])}
    risky = {name: it.str.startswith(_FORMULA).fillna(value=False) for name, it in texts.items()}
    return frame.assign(
        **{name: texts[name].mask(where, "'" + texts[name]) for name, where in risky.items() if where.any()}
    )


def write(folder: Path, tables: Mapping[str, pd.DataFrame]) -> list[Path]:
    """Write each table as ``folder/<name>.csv``; an index that has a name becomes the first columns.

    Missing values are empty cells; truth values are ``true`` and ``false``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, frame in tables.items():
        flat = frame.reset_index() if frame.index.names[0] is not None else frame
        truths = flat.select_dtypes(["bool", "boolean"]).columns
        flat = flat.assign(**{it: flat[it].map({True: "true", False: "false"}) for it in truths})
        file = folder / f"{name}.csv"
        harmless(pd.DataFrame(flat)).to_csv(file, index=False, lineterminator="\n", encoding="utf-8")
        files.append(file)
    return files
