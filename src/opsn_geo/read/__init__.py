"""From what users bring to checked tables: every fault collected, raised once."""

from __future__ import annotations

from opsn_geo.read.answers import answers
from opsn_geo.read.registers import designations, perimeters
from opsn_geo.read.schema import SCHEMAS
from opsn_geo.read.tables import table
from opsn_geo.read.validation import checked, checked_tables, guessed

__all__ = [
    "SCHEMAS",
    "answers",
    "checked",
    "checked_tables",
    "designations",
    "guessed",
    "perimeters",
    "table",
]
