"""Make the inputs that R and the package both measure: 300 made-up communes on a grid of 15 by 20.

Run it from this folder, then reference.R: `python inputs.py && Rscript reference.R`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

ROWS, COLUMNS = 15, 20


def make() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give communes, on rows then columns of the grid, and the respondents of some of them."""
    rng = np.random.default_rng(20210201)
    count = ROWS * COLUMNS
    communes = pd.DataFrame(
        {
            "code": [f"{it:05d}" for it in range(count)],
            "dep": rng.choice(["02", "59", "80"], count, p=[0.3, 0.5, 0.2]),
            "size": rng.choice(["large", "medium", "small"], count, p=[0.1, 0.3, 0.6]),
        }
    )
    chance = communes["size"].map({"small": 0.12, "medium": 0.3, "large": 0.7})
    communes["responded"] = rng.random(count) < chance
    answering = communes[communes["responded"]]
    people = answering.loc[answering.index.repeat(rng.choice([1, 1, 1, 2, 3], len(answering)))]
    people = people.reset_index(drop=True).drop(columns="responded")
    base = people["size"].map({"small": 0.4, "medium": 0.6, "large": 0.8})
    people["member"] = rng.random(len(people)) < base
    people["used"] = (rng.random(len(people)) < 0.3 + 0.3 * people["member"]).astype("Int64")
    people["score"] = pd.Series(rng.normal(5 + people["member"], 2)).round().clip(0, 10).astype("Int64")
    people.loc[rng.random(len(people)) < 0.1, "used"] = pd.NA
    people.loc[rng.random(len(people)) < 0.1, "score"] = pd.NA
    return communes, people


if __name__ == "__main__":
    here = Path(__file__).parent
    for name, frame in zip(("communes", "people"), make(), strict=True):
        frame.to_csv(here / f"{name}.csv", index=False, lineterminator="\n")
