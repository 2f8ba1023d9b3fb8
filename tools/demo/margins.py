"""The margins that the simulated answers keep: those the study publishes, and those assumed beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

KEY = ["measure", "item", "choice", "group"]


def read_margins(published: Path, assumed: Path) -> pd.DataFrame:
    """Read what is published of the answers and what is assumed; an assumption yields no published value.

    Returns
    -------
    DataFrame
        `measure`, `item`, `choice`, `group`, `value`; one row per margin of the answers. A published value
        that is only bounded (`comparison` is not ``eq``) is left to the assumption.
    """
    facts = pd.read_csv(published, dtype=str, keep_default_na=False)
    facts = facts[facts["table"].eq("answers") & facts["comparison"].eq("eq")]
    both = pd.concat([facts, pd.read_csv(assumed, dtype=str, keep_default_na=False)])
    return both.assign(value=both["value"].astype(float))[[*KEY, "value"]].drop_duplicates(
        KEY, ignore_index=True
    )


def value(margins: pd.DataFrame, measure: str, item: str, choice: str = "") -> float:
    """Look one margin of everybody up."""
    found = margins[margins["measure"].eq(measure) & margins["item"].eq(item) & margins["choice"].eq(choice)]
    return float(found["value"].iloc[0])


def matches(frame: pd.DataFrame, group: str) -> NDArray[np.bool_]:
    """Say which rows a group holds: ``item=a|b;item=c`` reads "item is a or b, and item is c".

    >>> people = pd.DataFrame({"role": ["it", "other", "it"], "dep": ["02", "02", "80"]})
    >>> matches(people, "role=it|other;dep=02").tolist()
    [True, True, False]
    """
    held = np.ones(len(frame), dtype=bool)
    for condition in filter(None, group.split(";")):
        item, _, choices = condition.partition("=")
        held &= frame[item].isin(choices.split("|")).to_numpy()
    return held
