"""Description of each layer and table: title, abstract, columns and the words for their codes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import pandas as pd

from opsn_geo.catalogue import register
from opsn_geo.catalogue.basis import COLUMN as BASIS
from opsn_geo.catalogue.census import POPULATIONS
from opsn_geo.catalogue.words import Language, definition, label, text, texts, unit
from opsn_geo.publish.notices import basis_warning, census_note, response_notice

if TYPE_CHECKING:
    from opsn_geo.study import Metadata

Shape = Literal["polygon", "point", "line"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its name in the file, what readers see, and its ``choices`` (value to label).

    ``words`` names the list of choices, which columns may share.
    """

    name: str
    sql: str
    alias: str
    definition: str
    unit: str
    source: str
    choices: Mapping[str, str]
    words: str = ""
    official: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """One layer or table, and the inputs that it is made of; ``shape`` is None for a table without geometry.

    ``unplaced`` features of a layer have no geometry, and are nowhere on a map.
    """

    name: str
    title: str
    abstract: str
    columns: tuple[Column, ...]
    shape: Shape | None = None
    bounds: tuple[float, float, float, float] | None = None
    rests_on: tuple[str, ...] = ()
    unplaced: int = 0

    def has(self, *names: str) -> bool:
        """Whether the content has all these columns."""
        return set(names) <= {column.name for column in self.columns}


def flatten(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with a named index as its first columns; an index without a name is dropped.

    An empty text is null, as every other value that is not there.

    Raises
    ------
    ValueError
        Two columns differ at most by case, or one is called ``fid``: databases could not hold them.

    Examples
    --------
    >>> flat = flatten(pd.DataFrame({"opsn": [""]}, index=pd.Index(["02001"], name="code_insee")))
    >>> flat.columns.tolist(), flat["opsn"].isna().tolist()
    (['code_insee', 'opsn'], [True])
    """
    named = [name for name in frame.index.names if name is not None]
    flat = frame.drop(columns=[name for name in named if name in frame.columns]).reset_index(drop=not named)
    names = [str(name).lower() for name in flat.columns]
    clashing = sorted({name for name in names if names.count(name) > 1 or name == "fid"})
    if clashing:
        raise ValueError(f"a GeoPackage cannot hold these columns: {clashing}")
    empty = {str(name): values.mask(values.eq("")) for name, values in flat.items() if _is_text(values)}
    return flat.assign(**empty)


def _is_text(values: pd.Series) -> bool:
    """Whether a column of a flat frame holds texts, and an empty one among them."""
    return sql_type(values) == "TEXT" and bool(values.eq("").any())


def describe(name: str, frame: pd.DataFrame, metadata: Metadata) -> Content:
    """Return the description of a flat frame, in the language of the study.

    Parameters
    ----------
    name : str
        Name of the layer or table; one the catalogue does not know keeps it as its title.
    frame : pandas.DataFrame or geopandas.GeoDataFrame
        Flat frame, as :func:`flatten` gives it.
    metadata : Metadata
        Study it belongs to: language, territory, vintage, what is simulated.

    Returns
    -------
    Content
        One :class:`Column` per column, the geometry aside; no two share an alias.

    Examples
    --------
    >>> import datetime as dt
    >>> from opsn_geo.study import Metadata
    >>> about = Metadata(title="t", territory="toy", territory_name="Toy", millesime=2021,
    ...                  date=dt.date(2021, 2, 1))
    >>> describe("communes", pd.DataFrame({"code_insee": ["02001"]}), about).columns[0].alias
    'Code INSEE'
    """
    lang = metadata.language
    spatial = hasattr(frame, "geom_type")
    attributes = frame.drop(columns=frame.geometry.name) if spatial else frame
    table = register.table(name)
    columns = [_column(str(each), attributes[each], table, metadata) for each in attributes]
    says_who = table.disclosure == "respondents" or (table.disclosure and table.layer)
    subject = f"{table.contents(lang)} {response_notice(metadata) if says_who else ''}".rstrip()
    return Content(
        name=name,
        title=table.title(lang),
        abstract=abstract(subject, metadata, table.rests_on),
        columns=tuple(_with_own_alias(columns)),
        shape=_shape(frame) if spatial else None,
        bounds=_bounds(frame) if spatial and len(frame) else None,
        rests_on=table.rests_on,
        unplaced=int(frame.geometry.isna().sum()) if spatial else 0,
    )


def abstract(subject: str, metadata: Metadata, rests_on: Collection[str] | None = None) -> str:
    """Return what a content is, of which territory, vintage and day, and what in it is simulated or assumed.

    Without ``rests_on`` it is of all inputs.
    """
    lang = metadata.language
    about = {"territory": metadata.territory_name, "millesime": metadata.millesime}
    scope = text("geopackage.scope", lang, **about, date=metadata.date.isoformat())
    parts = (basis_warning(metadata, rests_on), subject, scope, census_note(metadata))
    return " ".join(part for part in parts if part)


def dictionary(contents: Iterable[Content], lang: Language = "fr") -> pd.DataFrame:
    """Return every column of every content: its name, meaning and source.

    Parameters
    ----------
    contents : iterable of Content
        Layers and tables described.
    lang : {"fr", "en"}
        Language in which the choices of a column are introduced.

    Returns
    -------
    pandas.DataFrame
        Columns ``layer, column, alias, unit, definition, source``, one row per column described.
    """
    rows = [
        (content.name, column.name, column.alias, column.unit, _with_choices(column, lang), column.source)
        for content in contents
        for column in content.columns
    ]
    return pd.DataFrame(rows, columns=["layer", "column", "alias", "unit", "definition", "source"])


def _column(name: str, values: pd.Series, table: register.Table, metadata: Metadata) -> Column:
    lang = metadata.language
    declared = register.column(name, table.name)
    words, choices = declared.words, texts(declared.words, lang) if declared.words else {}
    present = set(values.dropna().unique()) if words else set()
    if words == register.column(BASIS).words:  # the kinds that a table does not have are no choice in it
        choices = {code: word for code, word in choices.items() if code in present}
    if words and not present <= {*choices, ""}:  # a user's own values
        words, choices = "", {}
    return Column(
        name=name,
        sql=sql_type(values),
        alias=_alias(name, table, metadata),
        definition=definition(name, lang, table.name),
        unit=unit(name, lang, table.name),
        source=text("geopackage.official", lang) if declared.official else table.source(lang),
        choices=choices,
        words=words,
        official=declared.official,
    )


def _alias(name: str, table: register.Table, metadata: Metadata) -> str:
    """Return the label of a column; that of an official population says of which census."""
    plain = label(name, metadata.language, table.name)
    if name not in POPULATIONS or metadata.census is None:
        return plain
    return text("census.label", metadata.language, label=plain, year=metadata.census)


def sql_type(values: pd.Series) -> str:
    """Return the GeoPackage type of a column: codes and all that is no number or date are text.

    >>> [sql_type(pd.Series(values)) for values in ([1], [1.5], [True], ["02001"])]
    ['INTEGER', 'REAL', 'BOOLEAN', 'TEXT']
    """
    kinds = pd.api.types
    if kinds.is_bool_dtype(values):
        return "BOOLEAN"
    if kinds.is_integer_dtype(values):
        return "INTEGER"
    if kinds.is_float_dtype(values):
        return "REAL"
    return "DATE" if kinds.is_datetime64_any_dtype(values) else "TEXT"


def _with_own_alias(columns: list[Column]) -> list[Column]:
    """Return columns with different aliases, as GeoPackage wants: a shared one gets the column's name."""
    aliases = [column.alias for column in columns]
    return [
        replace(column, alias=f"{column.alias} ({column.name})")
        if aliases.count(column.alias) > 1
        else column
        for column in columns
    ]


def _with_choices(column: Column, lang: Language) -> str:
    if not column.choices:
        return column.definition
    listed = "; ".join(f"{value or '∅'} = {label}" for value, label in column.choices.items())
    return " ".join(
        part for part in (column.definition, text("geopackage.choices", lang, choices=listed)) if part
    )


def _shape(frame: pd.DataFrame) -> Shape:
    kinds = "".join(frame.geom_type.dropna().unique())
    return "point" if "Point" in kinds else "line" if "Line" in kinds else "polygon"


def _bounds(frame: pd.DataFrame) -> tuple[float, float, float, float]:
    west, south, east, north = map(float, frame.total_bounds)
    return west, south, east, north
