"""From what users bring to checked tables: every fault collected, raised once."""

from __future__ import annotations

from opsn_geo.read.boundaries import Territory, available, embedded, within
from opsn_geo.read.check import checked, checked_tables, guessed
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
    "embedded",
    "guessed",
    "table",
    "within",
]
