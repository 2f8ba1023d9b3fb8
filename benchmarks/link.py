"""Time the linking of a long, dirty list: 100,000 rows on one territory; fails beyond three seconds.

Run it from a clone: ``python benchmarks/link.py``.
"""

from __future__ import annotations

import time

import numpy as np
import pandas as pd

from opsn_geo.boundaries.embedded import embedded
from opsn_geo.boundaries.territory import Territory
from opsn_geo.linkage import link_communes
from opsn_geo.linkage.passage import empty_passage

BY_CODE, IN_CAPITALS, WITH_SLIP = (0, 1), 4, 5
ROWS = 100_000
MOST_SECONDS = 3.0


def dirty_list(territory: Territory, rows: int = ROWS, seed: int = 20210201) -> pd.DataFrame:
    """Make a list as accountants keep them: a third by code, a third by name and département, some slips."""
    random = np.random.default_rng(seed)
    picked = territory.communes.iloc[random.integers(len(territory.communes), size=rows)]
    names, codes, kind = picked["name"].to_numpy(), picked.index.to_numpy(), random.integers(6, size=rows)
    typed = [
        _slip(name, random) if k == WITH_SLIP else name.upper() if k == IN_CAPITALS else name
        for name, k in zip(names, kind, strict=True)
    ]
    return pd.DataFrame(
        {
            "code": pd.Series(np.where(np.isin(kind, BY_CODE), codes, None), dtype="str").str.lstrip("0"),
            "name": pd.Series(typed, dtype="str").where(kind > 0),
            "code_dep": picked["code_dep"].to_numpy(),
            "truth": codes,
        }
    )


def _slip(name: str, random: np.random.Generator) -> str:
    """Leave one letter of a name out."""
    at = int(random.integers(1, max(2, len(name))))
    return name[:at] + name[at + 1 :]


def main() -> None:
    """Time the link and print what came out."""
    territory = embedded(millesime=2021, region="32")
    frame = dirty_list(territory)
    start = time.perf_counter()
    linked, rejected = link_communes(frame, territory, empty_passage())
    seconds = time.perf_counter() - start
    wrong = int((linked["code_insee"] != linked["truth"]).sum())
    print(f"{ROWS:,} rows in {seconds:.2f} s: {len(linked):,} linked ({wrong} wrong)")
    print(f"{len(rejected):,} rejected")
    print(linked["how"].value_counts().to_dict(), rejected["cause"].value_counts().to_dict())
    if seconds > MOST_SECONDS:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
