"""A study: which territory, which vintage, which tables, as one TOML file says.

The file is checked and built key by key as :data:`opsn_geo.study.keys.KEYS` declares; all faults are listed
at once.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from opsn_geo.catalogue.basis import Counted, weakest_of
from opsn_geo.catalogue.census import CENSUS, MAYOTTE
from opsn_geo.catalogue.summaries import Summarised
from opsn_geo.catalogue.survey import DEFAULT_MIN_ANSWERS, GROUPED
from opsn_geo.catalogue.words import Language
from opsn_geo.errors import Fault, InputError
from opsn_geo.study.keys import KEYS, built, faults, is_file, option_faults

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd


_MOST_BYTES: Final = 1_000_000
"""Bytes of a study file: thousands of scenarios stay below."""
_DEEP: Final = re.compile(r"(?<![\w\"'-])(?:[\w\"'-]++[ \t]*+\.[ \t]*+){64}")
"""A key of so many parts would take tomllib time and memory by their square."""


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
    basis : mapping of str to str
        What the rows of a table rest on where they do not say so themselves, by table.
    counted : tuple of Counted
        What the rows of the tables rest on, once they are read.
    contact : str
        Who answers for the study.
    census : int, optional
        Census that populations come from; none where the boundaries are the user's own.
    background : {"", "plan-ign", "osm"}
        Pictures that the HTML maps ask a third party for; none by default.
    respondents : {"grouped", "public"}
        Whether who answered the survey is published in groups only, or commune by commune.

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
    basis: Mapping[str, str] = field(default_factory=dict)
    counted: tuple[Counted, ...] = ()
    contact: str = ""
    census: int | None = None
    background: str = ""
    respondents: str = GROUPED

    @property
    def stem(self) -> str:
        """Name of the GeoPackage without its ending: people script on it."""
        return f"opsn-{self.territory}-{self.millesime}"

    def resting_on(self, basis: str, names: Collection[str] | None = None) -> tuple[Counted, ...]:
        """Return the inputs that rest on this basis, in whole or in part: among some names, or all.

        A name is a table or a column of one, ``offers`` or ``opsn.seat``; a column without a basis of its own
        rests on what the rows of its table do.

        >>> metadata = Metadata(title="t", territory="toy", territory_name="Toy", millesime=2021,
        ...                     date=dt.date(2021, 2, 1),
        ...                     counted=(Counted("memberships", "", "simulated", 9, 9),))
        >>> [rows.table for rows in metadata.resting_on("simulated")], metadata.weakest(["memberships"])
        (['memberships'], 'simulated')
        """
        return tuple(rows for rows in self._rows_of(names) if rows.basis == basis)

    def weakest(self, names: Collection[str]) -> str:
        """Return the weakest basis of some inputs; that of a fact where the study has none of them."""
        return weakest_of([rows.basis for rows in self._rows_of(names)])

    def _rows_of(self, names: Collection[str] | None) -> Iterator[Counted]:
        """Yield the counts of the inputs of some names, or of all."""
        for rows in self.counted:
            columns = (
                () if rows.column else [name for name in names or () if name.startswith(f"{rows.table}.")]
            )
            if names is None or rows.name in names or columns:
                yield rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundaries:
    """Which communes are studied, and where their boundaries come from.

    One of ``region``, ``departements`` and ``epci`` chooses among the communes; ``file`` replaces the
    embedded boundaries by the user's own (all of its communes when nothing is chosen), and so do ``layers``:
    GeoDataFrames named ``communes`` and, if there are any, ``epci`` and ``departements``.
    """

    region: str = ""
    departements: tuple[str, ...] = ()
    epci: tuple[str, ...] = ()
    file: Path | None = None
    repair: Literal["", "clean", "replace"] = ""
    levels: tuple[str, ...] = ()
    layers: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict, compare=False, repr=False)

    def census(self, millesime: int) -> int | None:
        """Return the census of the embedded populations; none where the boundaries are the user's own.

        >>> Boundaries(region="32").census(2021), Boundaries(file=Path("a.gpkg")).census(2021)
        (2019, None)
        """
        if self.file is not None or self.layers:
            return None
        is_mayotte = self.region in {"06", "Mayotte"} or self.departements == ("976",)
        return MAYOTTE if is_mayotte else CENSUS.get(millesime)


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
    constants : mapping of str to mapping of str to str
        For a table, the value of a column in the rows that hold none.
    sheets : mapping of str to str
        For a table that is a workbook, its sheet; where it is not given it is sought.
    header_rows : mapping of str to int
        For a table, the line of its header; where it is not given it is sought.
    min_answers : int
        Groups of fewer answers are not published.
    survey : mapping of str to value
        How answers are weighted: ``margins``, names of variables, and ``weight_bounds``, least and greatest
        ratio of a weight to its base weight. How far it is shown who answered: ``respondents``. Whose own
        answers are shown: ``named``, codes of communes. Whether answers that were not finished count:
        ``unfinished``.
    rasters : mapping of str to pathlib.Path
        Rasters that the user brings: ``population``, people per cell.
    deserts : mapping of str to value
        How large a desert must be, by class of density if asked, and the study it is compared with.
    scenarios : mapping of str to mapping of str to list
        What-if scenarios by name: rows to add to ``memberships`` and ``offers``.
    file : pathlib.Path, optional
        The study file itself, for the manifest.
    sha256 : str
        Checksum of the study file as it was read.
    frames : mapping of str to DataFrame
        The tables of a study that has no files, see :meth:`from_frames`.

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
    constants: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sheets: Mapping[str, str] = field(default_factory=dict)
    header_rows: Mapping[str, int] = field(default_factory=dict)
    min_answers: int = DEFAULT_MIN_ANSWERS
    survey: Mapping[str, Any] = field(default_factory=dict)
    rasters: Mapping[str, Path] = field(default_factory=dict)
    deserts: Mapping[str, Any] = field(default_factory=dict)
    scenarios: Mapping[str, Mapping[str, list[dict[str, str]]]] = field(default_factory=dict)
    file: Path | None = None
    sha256: str = ""
    frames: Mapping[str, pd.DataFrame] = field(default_factory=dict, compare=False)

    def _summary(self) -> dict[str, object]:
        """Return what ``repr`` and notebooks show."""
        head = self.metadata
        shown = {
            "title": head.title,
            "territory": head.territory,
            "vintage": head.millesime,
            "date": head.date,
        }
        return {**shown, "tables": ", ".join(self.sources)}

    @property
    def sources(self) -> dict[str, str]:
        """What faults call each table: its file, or the name of its frame."""
        return {name: str(file) for name, file in self.tables.items()} | {name: name for name in self.frames}

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
        content, sha256 = _toml(path)
        wrong = faults(content, path)
        if wrong:
            raise InputError(wrong)
        values = built(content, path.parent)
        boundaries = Boundaries(**values["boundaries"])
        named = {
            "territory_name": values["study"]["territory"],
            "census": boundaries.census(values["study"]["millesime"]),
            "respondents": values["survey"].get("respondents", GROUPED),
        }
        return cls(
            metadata=Metadata(**named | values["study"] | {"basis": values["basis"]} | values["map"]),
            boundaries=boundaries,
            tables=values["tables"],
            columns=content.get("columns", {}),
            constants=content.get("constants", {}),
            sheets=content.get("sheets", {}),
            header_rows=content.get("header_rows", {}),
            survey=values["survey"],
            rasters=values["rasters"],
            deserts=values["deserts"],
            scenarios={
                scenario["name"]: {table: rows for table, rows in scenario.items() if table != "name"}
                for scenario in content.get("scenarios", [])
            },
            file=path,
            sha256=sha256,
            **values["thresholds"],
        )

    @classmethod
    def from_frames(
        cls,
        metadata: Metadata,
        communes: gpd.GeoDataFrame,
        tables: Mapping[str, pd.DataFrame],
        *,
        epci: gpd.GeoDataFrame | None = None,
        departements: gpd.GeoDataFrame | None = None,
        min_answers: int = DEFAULT_MIN_ANSWERS,
        survey: Mapping[str, Any] | None = None,
        deserts: Mapping[str, Any] | None = None,
        scenarios: Mapping[str, Mapping[str, list[dict[str, str]]]] | None = None,
    ) -> Self:
        """Return a study of frames: no file is read, and all that takes a study takes it.

        Parameters
        ----------
        metadata : Metadata
            Title, territory, vintage and date.
        communes : GeoDataFrame
            In any projection: INSEE codes as the index or in a column, ``name``, ``population``,
            ``siren_epci``; columns may bear the names of the files that are recognised.
        tables : mapping of str to DataFrame
            ``opsn``, ``services``, ``offers``, ``memberships`` and, where there are any, ``answers`` with
            their ``questionnaire``, ``variables``, ``corrections``… What a CSV may omit, a frame may omit.
        epci, departements : GeoDataFrame, optional
            By their codes; by default made of the communes.
        min_answers : int
            Groups of fewer answers are not published.
        survey, deserts, scenarios : mapping, optional
            As in :class:`Study`.

        Returns
        -------
        Study
            Its frames are read, checked and linked by ``opsn_geo.load``, as files are.

        Raises
        ------
        InputError
            An option or a table is unknown, missing or wrong. What is wrong inside the frames
            ``opsn_geo.check`` lists, and ``opsn_geo.load`` raises, all at once.

        Examples
        --------
        >>> import geopandas as gpd, pandas as pd, shapely
        >>> squares = [shapely.box(600_000 + x, 6_900_000, 601_000 + x, 6_901_000) for x in (0, 1000)]
        >>> communes = gpd.GeoDataFrame(
        ...     {"name": ["Abbécourt", "Achery"], "population": [500, 600], "siren_epci": "200071785"},
        ...     geometry=squares, crs=2154, index=pd.Index(["02001", "02002"], name="code_insee"))
        >>> tables = {"opsn": pd.DataFrame({"opsn": ["adica"]}),
        ...           "services": pd.DataFrame({"service": ["dpd"]}),
        ...           "offers": pd.DataFrame({"opsn": ["adica"], "service": "dpd", "level": "epci",
        ...                                   "code": "200071785"}),
        ...           "memberships": pd.DataFrame({"opsn": ["adica"], "name": "Achery"})}
        >>> head = Metadata(title="Two communes", territory="two", territory_name="Two", millesime=2021,
        ...                 date=dt.date(2021, 2, 1))
        >>> import opsn_geo
        >>> inputs = opsn_geo.load(Study.from_frames(head, communes, tables))
        >>> inputs.tables["memberships"][["opsn", "code"]].to_numpy().tolist()
        [['adica', '02002']]
        """
        layers = {"communes": communes, "epci": epci, "departements": departements}
        options = {
            "study": {name: value for name, value in asdict(metadata).items() if name in KEYS["study"]},
            "map": {"background": metadata.background} if metadata.background else {},
            "basis": metadata.basis,
            "thresholds": {"min_answers": min_answers},
            "survey": survey or {},
            "deserts": deserts or {},
            "scenarios": [{"name": name, **rows} for name, rows in (scenarios or {}).items()],
        }
        wrong = option_faults(options, tables)
        if wrong:
            raise InputError(wrong)
        return cls(
            metadata=replace(metadata, respondents=(survey or {}).get("respondents", GROUPED)),
            boundaries=Boundaries(
                layers={
                    name: layer for name, layer in layers.items() if name == "communes" or layer is not None
                }
            ),
            tables={},
            min_answers=min_answers,
            survey=survey or {},
            deserts=deserts or {},
            scenarios=scenarios or {},
            frames=dict(tables),
        )


def data_dir() -> Path:
    """Return the folder of the package's data: in the installed wheel, or beside ``src`` in a clone."""
    package = Path(__file__).parents[1]
    return next(
        place for place in (package / "_data", package.parents[1] / "data") if (place / "boundaries").is_dir()
    )


def _toml(path: Path) -> tuple[dict[str, Any], str]:
    """Return the content of a TOML file and its checksum; raise one fault where it cannot be read."""
    if not is_file(path):
        raise InputError([Fault(cause="missing_file", file=str(path))])
    if path.stat().st_size > _MOST_BYTES:
        raise InputError(
            [
                Fault(
                    cause="above_bytes",
                    file=str(path),
                    value=str(path.stat().st_size),
                    expected=f"≤ {_MOST_BYTES}",
                )
            ]
        )
    read = path.read_bytes()
    try:
        content = read.decode("utf-8-sig")
        deep = _DEEP.search(content)
        if deep is not None:
            line_number = content.count("\n", 0, deep.start()) + 1
            raise InputError([Fault(cause="broken_toml", file=str(path), row=line_number)])
        return tomllib.loads(content), hashlib.sha256(read).hexdigest()
    except UnicodeDecodeError:
        raise InputError([Fault(cause="not_utf8", file=str(path))]) from None
    except (ValueError, RecursionError) as error:  # also a number or a nesting that Python refuses
        line = re.search(r"line (\d+)", str(error))
        row = int(line[1]) if line else None
        raise InputError([Fault(cause="broken_toml", file=str(path), row=row)]) from None
