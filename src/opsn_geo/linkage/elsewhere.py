"""Communes and EPCI of France that a study leaves out: to name one is no mistake, but it is not studied."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import pandas as pd

from opsn_geo.boundaries.embedded import official_bodies, official_communes, vintages
from opsn_geo.catalogue.states import Level

if TYPE_CHECKING:
    from opsn_geo.boundaries.territory import Territory


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """The communes and EPCI of a vintage that are not of a territory.

    Parameters
    ----------
    communes : DataFrame
        On ``code_insee``: name, code_dep, code_reg, siren.
    epci : DataFrame
        On ``siren_epci``: name.
    regions : Series of str
        Name of each region of France, those of the territory included, on ``code_reg``.
    """

    communes: pd.DataFrame
    epci: pd.DataFrame
    regions: pd.Series[str]


def elsewhere(territory: Territory) -> Elsewhere:
    """Return the communes and EPCI of France that a territory leaves out, of its vintage.

    None are known of a vintage that does not come with the package.

    Examples
    --------
    >>> from opsn_geo.boundaries.embedded import embedded
    >>> aisne = embedded(millesime=2021, departements=["02"])
    >>> elsewhere(aisne).communes.loc["80021", "name"], "02691" in elsewhere(aisne).communes.index
    ('Amiens', False)
    """
    communes, epci, regions = _official(territory.millesime)
    return Elsewhere(
        communes=communes[~communes.index.isin(territory.communes.index)],
        epci=epci[~epci.index.isin(territory.epci.index)],
        regions=regions,
    )


@lru_cache(maxsize=2)
def _official(millesime: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series[str]]:
    """Return the communes, EPCI and names of regions of a vintage; none where it is not embedded."""
    if millesime not in vintages():
        nothing = pd.DataFrame(columns=["name", "code_dep", "code_reg", "siren"], dtype="str")
        return nothing, nothing, pd.Series(dtype="str")
    return (
        official_communes(millesime)[["name", "code_dep", "code_reg", "siren"]],
        official_bodies(millesime, Level.EPCI)[["name"]],
        official_bodies(millesime, Level.REGION)["name"],
    )
