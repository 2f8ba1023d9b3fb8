"""A study: which territory, which vintage, which tables, as one TOML file says.

The file is checked and built key by key as :data:`opsn_geo.study.keys.KEYS` declares; all faults are listed
at once.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from opsn_geo.catalogue.summaries import Summarised
from opsn_geo.catalogue.survey import DEFAULT_MIN_ANSWERS
from opsn_geo.catalogue.words import Language
from opsn_geo.errors import Fault, InputError
from opsn_geo.study.keys import built, faults, is_file


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
    background : {"", "plan-ign", "osm"}
        Pictures that the HTML maps ask a third party for; none by default.

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
    background: str = ""

    @property
    def stem(self) -> str:
        """Name of the GeoPackage without its ending: people script on it."""
        return f"opsn-{self.territory}-{self.millesime}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundaries:
    """Which communes are studied, and where their boundaries come from.

    One of ``region``, ``departements`` and ``epci`` chooses among the communes; ``file`` replaces the
    embedded boundaries by the user's own (all of its communes when nothing is chosen).
    """

    region: str = ""
    departements: tuple[str, ...] = ()
    epci: tuple[str, ...] = ()
    file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Study(Summarised):
    """Everything a run needs to know, checked but not yet read.

    Parameters
    ----------
    metadata : Metadata
        What every published file says of the study.
    boundaries : Boundaries
        The territory.
    tables : mapping of str to pathlib.Path
        File of each table, found from the folder of the study file.
    columns : mapping of str to mapping of str to str
        For a table, the header in the user's file of each official column that is named otherwise.
    min_answers : int
        Groups of fewer answers are not published.
    survey : mapping of str to list
        How answers are weighted: ``margins``, names of variables, and ``weight_bounds``, least and greatest
        ratio of a weight to its base weight. Whose own are shown: ``named``, codes of communes.
    rasters : mapping of str to pathlib.Path
        Rasters that the user brings: ``population``, people per cell.
    deserts : mapping of str to value
        How large a desert must be, by class of density if asked, and the study it is compared with.
    scenarios : mapping of str to mapping of str to list
        What-if scenarios by name: rows to add to ``memberships`` and ``offers``.
    file : pathlib.Path, optional
        The study file itself, for the manifest.

    Examples
    --------
    >>> study = Study.default()
    >>> study.metadata.territory, study.boundaries.region
    ('hauts-de-france', '32')
    """

    metadata: Metadata
    boundaries: Boundaries
    tables: Mapping[str, Path]
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    min_answers: int = DEFAULT_MIN_ANSWERS
    survey: Mapping[str, list[Any]] = field(default_factory=dict)
    rasters: Mapping[str, Path] = field(default_factory=dict)
    deserts: Mapping[str, Any] = field(default_factory=dict)
    scenarios: Mapping[str, Mapping[str, list[dict[str, str]]]] = field(default_factory=dict)
    file: Path | None = None

    def _summary(self) -> dict[str, object]:
        """Return what ``repr`` and notebooks show."""
        head = self.metadata
        shown = {
            "title": head.title,
            "territory": head.territory,
            "vintage": head.millesime,
            "date": head.date,
        }
        return {**shown, "tables": ", ".join(self.tables)}

    @classmethod
    def default(cls) -> Self:
        """Return the founding study, Hauts-de-France 2021, which the package carries with its data."""
        return cls.from_toml(data_dir() / "demo" / "study.toml")

    @classmethod
    def from_toml(cls, path: Path | str) -> Self:
        """Return the study of a file; paths in it start from its own folder.

        Raises
        ------
        InputError
            The file is missing or is not TOML; a key is unknown, missing or of the wrong kind; a table's
            file does not exist. All such faults at once.
        """
        path = Path(path)
        content = _toml(path)
        wrong = faults(content, path)
        if wrong:
            raise InputError(wrong)
        values = built(content, path.parent)
        named = {"territory_name": values["study"]["territory"]}
        return cls(
            metadata=Metadata(**named | values["study"] | values["map"]),
            boundaries=Boundaries(**values["boundaries"]),
            tables=values["tables"],
            columns=content.get("columns", {}),
            survey=values["survey"],
            rasters=values["rasters"],
            deserts=values["deserts"],
            scenarios={
                scenario["name"]: {table: rows for table, rows in scenario.items() if table != "name"}
                for scenario in content.get("scenarios", [])
            },
            file=path,
            **values["thresholds"],
        )


def data_dir() -> Path:
    """Return the folder of the package's data: in the installed wheel, or beside ``src`` in a clone."""
    package = Path(__file__).parents[1]
    return next(
        place for place in (package / "_data", package.parents[1] / "data") if (place / "boundaries").is_dir()
    )


def _toml(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file; raise one fault where it cannot be read."""
    if not is_file(path):
        raise InputError([Fault(cause="missing_file", file=str(path))])
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise InputError([Fault(cause="not_utf8", file=str(path))]) from None
    except (ValueError, RecursionError) as error:  # also a number or a nesting that Python refuses
        line = re.search(r"line (\d+)", str(error))
        row = int(line[1]) if line else None
        raise InputError([Fault(cause="broken_toml", file=str(path), row=row)]) from None
