"""Populations of a stated census, in the communes of a year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from opsn_geo.boundaries.builder.passage import passage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opsn_geo.boundaries.builder.sources import Cog


COUNTED_IN: Final = {2021: 2021, 2022: 2021, 2023: 2022, 2024: 2024, 2025: 2024, 2026: 2026}
"""Year of the code whose package holds the census of each vintage. INSEE publishes a census in the communes
of the year before it comes into force; the populations of communes that merged since are then summed. No
package holds that of 2018, in force in 2021, nor that of 2021, in force in 2024, whole: there, the census
that is published in the communes of the vintage itself stands in its place."""


def populations(cogs: Mapping[int, Cog], year: int) -> pd.Series[int]:
    """Return the population of each commune of a year, carried from the communes it was counted in.

    A commune split since the census shares its people as the later package does: the sum stays.
    """
    counted, wanted = cogs[COUNTED_IN[year]], cogs[year]
    people = counted.communes["population"]
    if counted.millesime == wanted.millesime:
        return people
    moves = passage(counted, wanted).set_index("code_from")
    stayed = people[~people.index.isin(moves.index)]
    moved = people.reindex(moves.index).to_numpy() * moves["population_share"]
    carried = pd.concat([stayed, moved.round().set_axis(moves["code_to"])])
    summed: pd.Series[int] = carried.groupby(level=0).sum().astype("int64")
    return summed.reindex(wanted.communes.index)
