"""The chapters of a study: what each topic adds to the layers and tables that are published.

A chapter takes a prepared study and what all chapters rest on, and calls pure measures; it computes nothing
itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from opsn_geo.measure import coverage as measured
from opsn_geo.measure.contiguity import Contacts, contacts
from opsn_geo.prepare import Prepared

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from scipy import sparse

__all__ = ["Chapter", "Common", "common", "coverage_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """What a topic adds.

    Parameters
    ----------
    columns : mapping of str to DataFrame
        For a layer of the territory, the columns to join to it, on its index.
    layers : mapping of str to GeoDataFrame
        Layers of its own.
    tables : mapping of str to DataFrame
        Tables of its own.
    """

    columns: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    layers: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """What several chapters rest on, measured once.

    Parameters
    ----------
    coverage : Coverage
        Of all communes.
    contacts : Contacts
        Which communes touch, by each rule, and which have a border that none shares.
    """

    coverage: measured.Coverage
    contacts: Contacts

    @property
    def touching(self) -> sparse.csr_array:
        """Queen contiguity of all communes."""
        return self.contacts.queen


def common(prepared: Prepared) -> Common:
    """Measure what several chapters of a prepared study rest on."""
    return Common(coverage=coverage_of(prepared), contacts=contacts(prepared.territory.communes.geometry))


def coverage_of(prepared: Prepared, tables: Mapping[str, pd.DataFrame] | None = None) -> measured.Coverage:
    """Give the coverage of a prepared study, or of the same communes with other tables.

    Registers are evidence of use; answers are not: what one commune answered must not be read off a map.
    """
    chosen = tables or prepared.tables
    listed = {name: chosen[name] for name in ("services", "opsn", "offers", "memberships")}
    return measured.coverage(
        prepared.territory.communes, **listed, uses=chosen.get("uses"), date=prepared.study.metadata.date
    )
