"""First items of a group: a podium is whole only where no withheld item stands on it."""

import numpy as np
import pandas as pd
import pytest

from opsn_geo.measure.survey.overview import first_items


@pytest.mark.parametrize(
    ("ranks", "published", "has_withheld"),
    [
        ([1, 2, 3, 4, 5], [1, 2, 3], False),
        ([1, 1, 3, 4], [1, 1, 3, 4], False),
        ([1, 1, 3, 4], [1, 3, 4], True),
        ([1, 2, 3, 4, 5], [3, 4, 5], True),
        ([1, 2, 3, 4], [1, 2, 4], True),
        ([1, 2, 3], [1, 2], False),
    ],
)
def test_ranks_that_skip_one_show_that_an_item_is_withheld(
    ranks: list[int], published: list[int], *, has_withheld: bool
) -> None:
    shown = [*published, *[np.nan] * (len(ranks) - len(published))]
    items = [f"need:{it}" for it in range(len(shown))]
    # a withheld item has neither share nor rank
    table = pd.DataFrame({
        "family": "need", "domain": "80", "item": items, "rank": shown, "rank_best": 1, "estimate": shown
    })  # fmt: skip
    first = first_items(table)
    assert first["has_withheld"].tolist() == [has_withheld] * min(len(published), 3)
