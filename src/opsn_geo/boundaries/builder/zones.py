"""The territories, each in its legal metric projection."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

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
EPSG: Final = {
    METROPOLE: 2154,  # RGF93 / Lambert-93
    "guadeloupe": 5490,  # RGAF09 / UTM zone 20N
    "martinique": 5490,
    "guyane": 2972,  # RGFG95 / UTM zone 22N
    "la-reunion": 2975,  # RGR92 / UTM zone 40S
    "mayotte": 4471,  # RGM04 / UTM zone 38S
}


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
