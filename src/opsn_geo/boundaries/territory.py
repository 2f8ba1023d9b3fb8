"""Where a study takes place: communes, EPCI and départements of one vintage in one metric projection.

Embedded boundaries become a :class:`Territory` in :mod:`opsn_geo.boundaries.embedded`, files that users bring
in :mod:`opsn_geo.boundaries.user_files`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd

from opsn_geo.catalogue.summaries import Summarised
from opsn_geo.errors import Fault, InputError
from opsn_geo.read.vectors import layer as read_layer

if TYPE_CHECKING:
    import geopandas as gpd

KEYS: Final = {"communes": "code_insee", "epci": "siren_epci", "departements": "code_dep"}
"""Layers of a boundary file and the code that each is indexed by."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Territory(Summarised):
    """Where a study takes place: three layers of one vintage, in one metric projection.

    Parameters
    ----------
    communes : GeoDataFrame
        On ``code_insee``: name, code_dep, code_reg, siren_epci, siren, population, postal_codes, mairie_x,
        mairie_y, inside, area_km2, geometry. ``inside`` is false for the communes beyond the border that an
        EPCI of the territory reaches, so that no EPCI is cut.
    epci : GeoDataFrame
        On ``siren_epci``: name, nature, communes, communes_inside, population, population_inside,
        crosses_border, area_km2, geometry.
    departements : GeoDataFrame
        On ``code_dep``: name, code_reg, chef_lieu, communes, population, area_km2, geometry.
    millesime : int
        Vintage year of the official geographic code.
    name : str
        Slug of the territory, used in file names.
    """

    communes: gpd.GeoDataFrame
    epci: gpd.GeoDataFrame
    departements: gpd.GeoDataFrame
    millesime: int
    name: str

    def _summary(self) -> dict[str, object]:
        """Return what ``repr`` and notebooks show."""
        layers = {layer: len(getattr(self, layer)) for layer in KEYS}
        return {"name": self.name, "vintage": self.millesime, **layers}

    @property
    def crs(self) -> object:
        """Projection of the three layers, in metres."""
        return self.communes.crs

    @property
    def inside(self) -> gpd.GeoDataFrame:
        """The communes of the territory proper, without those beyond its border."""
        return self.communes[self.communes["inside"]]


def read_set(file: Path, *, name: str, millesime: int) -> Territory:
    """Read a boundary set in the project's own form.

    Parameters
    ----------
    file : Path
        A GeoPackage with the layers communes, epci and departements.
    name, millesime
        What the file's name says: its territory and vintage.

    Returns
    -------
    Territory
        With ``area_km2`` computed from the geometries.

    Raises
    ------
    InputError
        The file is missing or cannot be read.
    """
    if not file.is_file():
        raise InputError([Fault(cause="missing_file", file=str(file))])
    try:
        layers = {layer: _layer(file, layer, key) for layer, key in KEYS.items()}
    except KeyError as error:
        raise InputError([Fault(cause="unreadable_file", file=str(file), value=str(error))]) from error
    return Territory(**layers, millesime=millesime, name=name)


def _layer(file: Path, layer: str, key: str) -> gpd.GeoDataFrame:
    """Read one layer on its code, with its areas."""
    frame = read_layer(file, layer, use_arrow=True).set_index(key)
    return frame.assign(area_km2=frame.area / 1e6)


def within(
    territory: Territory,
    *,
    departements: Collection[str] = (),
    epci: Collection[str] = (),
    name: str | None = None,
) -> Territory:
    """Restrict a territory to some départements or EPCI.

    Communes outside them stay, with ``inside`` false, where an EPCI of the restricted territory reaches them.

    Parameters
    ----------
    territory : Territory
        The whole.
    departements, epci : collection of str
        Codes to keep; a commune in any of them is inside.
    name : str, optional
        Slug of the part; by default that of the whole.

    Returns
    -------
    Territory
        The départements that hold a commune inside, the EPCI that do, their communes, and the counts and
        populations inside of each EPCI counted anew.

    Raises
    ------
    InputError
        A code is not in the territory; all such codes are named.
    """
    communes = territory.communes
    wanted = {"departements": departements, "epci": epci}
    lost = [
        code
        for layer, codes in wanted.items()
        for code in codes
        if code not in getattr(territory, layer).index
    ]
    if lost:
        raise InputError(Fault(cause="unknown_territory", value=code) for code in lost)
    chosen = communes["code_dep"].isin(departements) | communes["siren_epci"].isin(epci)
    inside = communes["inside"] & chosen
    reached = set(communes.loc[inside, "siren_epci"].dropna())
    kept = communes[inside | communes["siren_epci"].isin(reached)]
    kept = kept.assign(inside=inside[kept.index])
    departements_kept = territory.departements.index.isin(kept.loc[kept["inside"], "code_dep"])
    return replace(
        territory,
        communes=kept,
        epci=counted(territory.epci[territory.epci.index.isin(reached)], kept),
        departements=territory.departements[departements_kept],
        name=name or territory.name,
    )


def counted(epci: gpd.GeoDataFrame, communes: pd.DataFrame) -> gpd.GeoDataFrame:
    """Count the communes and people of each EPCI, all of them and those inside the territory.

    Parameters
    ----------
    epci : GeoDataFrame
        On ``siren_epci``.
    communes : DataFrame
        Every commune of these EPCI: siren_epci, population, inside.

    Returns
    -------
    GeoDataFrame
        The same with ``communes``, ``population``, ``communes_inside``, ``population_inside`` and
        ``crosses_border`` (some of its communes are not inside). A population is missing where that of a
        commune is.
    """

    def counts(part: pd.DataFrame) -> pd.DataFrame:
        by = part.groupby("siren_epci")["population"]
        # the people of an EPCI are not known where those of one of its communes are not
        table = pd.DataFrame({"communes": by.size(), "population": by.sum(skipna=False)})
        return table.reindex(epci.index, fill_value=0).astype({"communes": "int64"})

    sums = counts(communes).join(counts(communes[communes["inside"]]).add_suffix("_inside"))
    return epci.assign(**sums, crosses_border=sums["communes_inside"] < sums["communes"])
