"""The census that the populations of the embedded boundaries come from."""

from __future__ import annotations

from typing import Final

CENSUS: Final = {2021: 2019, 2022: 2019, 2023: 2020, 2024: 2022, 2025: 2022, 2026: 2023}
"""Year of the census of each vintage: the one in force on 1 January, but for 2021 and 2024, whose own census
no source at hand holds whole."""
MAYOTTE: Final = 2017
"""Census of Mayotte in every vintage."""
POPULATIONS: Final = frozenset({"population", "population_inside"})
"""Columns of official populations: their label says of which census."""
