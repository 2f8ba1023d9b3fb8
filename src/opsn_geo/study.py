"""A study: which territory, which vintage, which tables, told in one TOML file.

The file's shape is checked key by key against :data:`_SHAPE`; every fault is told at once.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from typing import Any, Final, Self

from opsn_geo.errors import Fault, InputError
from opsn_geo.vocabulary import LANGUAGES, Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What every published file says of itself.

    Parameters
    ----------
    title : str
        Title of the study.
    territory, territory_name : str
        Slug used in file names, and name as people write it.
    millesime : int
        Vintage year of the official geographic code.
    date : datetime.date
        Day at which memberships are measured.
    language : {"fr", "en"}
        Language of what is published.
    simulated : tuple of str
        Tables that hold simulated data; every output says so.
    contact : str
        Who answers for the study.

    Examples
    --------
    >>> Metadata(title="t", territory="toy", territory_name="Toy", millesime=2021,
    ...          date=dt.date(2021, 2, 1)).stem
    'opsn-toy-2021'
    """

    title: str
    territory: str
    territory_name: str
    millesime: int
    date: dt.date
    language: Language = "fr"
    simulated: tuple[str, ...] = ()
    contact: str = ""

    @property
    def stem(self) -> str:
        """Name of the GeoPackage without its ending: people script on it."""
        return f"opsn-{self.territory}-{self.millesime}"
