"""The legal metric projection of each territory of France: areas and distances are measured in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pandas as pd

METROPOLE: Final = 2154
"""RGF93 / Lambert-93, of metropolitan France."""

LEGAL: Final = {
    "971": 5490,  # Guadeloupe: RGAF09 / UTM zone 20N
    "972": 5490,  # Martinique
    "973": 2972,  # Guyane: RGFG95 / UTM zone 22N
    "974": 2975,  # La Réunion: RGR92 / UTM zone 40S
    "975": 4467,  # Saint-Pierre-et-Miquelon: RGSPM06 / UTM zone 21N
    "976": 4471,  # Mayotte: RGM04 / UTM zone 38S
    "977": 5490,  # Saint-Barthélemy
    "978": 5490,  # Saint-Martin
    "987": 3297,  # French Polynesia: RGPF / UTM zone 6S
    "988": 3163,  # New Caledonia: RGNC91-93 / Lambert New Caledonia
}
"""EPSG code of each territory overseas, by the code of its département or collectivity."""


def legal_epsg(code_dep: pd.Series[str]) -> pd.Series[int]:
    """Return the EPSG code of the legal projection of each département.

    Examples
    --------
    >>> import pandas as pd
    >>> legal_epsg(pd.Series(["02", "2A", "974"])).tolist()
    [2154, 2154, 2975]
    """
    codes: pd.Series[int] = code_dep.map(LEGAL).fillna(METROPOLE).astype("int64")
    return codes
