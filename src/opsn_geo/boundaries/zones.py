"""The territories, each in its legal metric projection."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from opsn_geo.boundaries import crs

if TYPE_CHECKING:
    import pandas as pd

METROPOLE: Final = "metropole"
OVERSEAS: Final = {
    "971": "guadeloupe",
    "972": "martinique",
    "973": "guyane",
    "974": "la-reunion",
    "976": "mayotte",
}
EPSG: Final = {METROPOLE: crs.METROPOLE} | {name: crs.LEGAL[code] for code, name in OVERSEAS.items()}


def zones(codes: pd.Series[str]) -> pd.Series[str]:
    """Name the territory of each commune code; null for the collectivities that no source draws.

    >>> import pandas as pd
    >>> zones(pd.Series(["02001", "2A004", "97411", "98735"])).fillna("none").tolist()
    ['metropole', 'metropole', 'la-reunion', 'none']
    """
    overseas = codes.str[:3].map(OVERSEAS)
    return overseas.where(codes.str[:2].isin(["97", "98"]), METROPOLE)


def slug(name: str) -> str:
    """Write a territory's name for a file.

    >>> slug("Provence-Alpes-Côte d'Azur")
    'provence-alpes-cote-d-azur'
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
