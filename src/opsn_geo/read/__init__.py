"""From what users bring to checked tables: every fault collected, raised once."""

from __future__ import annotations

from opsn_geo.read.boundaries import Territory, available, embedded, within
from opsn_geo.read.check import checked, checked_tables, guessed
from opsn_geo.read.recognised import territory, user_boundaries
from opsn_geo.read.registers import designations, perimeters
from opsn_geo.read.schema import SCHEMAS
from opsn_geo.read.survey import answers
from opsn_geo.read.tables import table

__all__ = [
    "SCHEMAS",
    "Territory",
    "answers",
    "available",
    "checked",
    "checked_tables",
    "designations",
    "embedded",
    "guessed",
    "perimeters",
    "table",
    "territory",
    "user_boundaries",
    "within",
]
