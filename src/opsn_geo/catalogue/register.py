"""The register: every published table, column and map, declared once.

``tables.toml``, ``columns.toml`` and ``maps.toml`` say what a run publishes, and the comments at their heads
what each key means. Everything that publishes reads it here: GeoPackage, QGIS project, atlas, workbooks, data
package, dictionary, report and documentation. A table or column of the user's own is not in it, and is
published with its name alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, NamedTuple

from opsn_geo.catalogue.palette import BORDERS, PAPER
from opsn_geo.catalogue.words import Language, column_entry, entries, text

__all__ = [
    "Border",
    "Column",
    "Group",
    "Labels",
    "Map",
    "Relation",
    "Table",
    "column",
    "columns",
    "groups",
    "limits",
    "lookups",
    "maps",
    "relations",
    "table",
    "tables",
]

Disclosure = Literal["", "respondents", "answers", "named"]
ColumnKind = Literal["text", "whole", "number", "flag", "day"]
MapKind = Literal["categories", "intervals"]
Scheme = Literal["pretty", "quantiles"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Border:
    """Outline of the features of a layer.

    Parameters
    ----------
    colour : str
        As ``#rrggbb``.
    width : float
        In millimetres.
    """

    colour: str
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Names of the features of a layer on a map.

    Parameters
    ----------
    size : float
        In points.
    largest : int
        Denominator of the smallest scale at which they are shown; 0: at every scale.
    bold : bool
        Whether they are bold.
    colour : str
        As ``#rrggbb``.
    """

    size: float
    largest: int = 0
    bold: bool = False
    colour: str = PAPER["map-departement"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One published layer or table.

    Parameters
    ----------
    name : str
        Name of the CSV file, and of the layer or table in the GeoPackage.
    rests_on : tuple of str
        Input tables, or columns of them (``opsn.seat``), that it is made of.
    row_basis : tuple of str
        Those of them whose basis is measured row by row; all rows rest on the others alike.
    key : tuple of str
        Columns that identify a row; empty where rows have no identifier.
    layer : bool
        Whether its rows have a geometry.
    level : str
        Kind of place that its rows are, for a layer of the territory.
    sheet : tuple of str
        Columns of its sheet in the workbooks, in their order; empty where it has none. Sheets follow the
        order of :func:`tables`.
    spelt_by : str
        Column with the name of each identifier, shown wherever another table refers to this one.
    report : str
        Section of the report that draws on it.
    disclosure : {"", "respondents", "answers", "named"}
        What it holds of the survey: nothing, who answered, counts or estimates of what was answered, or the
        answers of communes that agreed to be named.
    relations : mapping of str to str
        Tables whose rows belong to a row of this one, and the column that holds its key.
    limit : int
        Place among the layers drawn as outlines over every map; 0: it is none of them.
    border : Border, optional
        How its features are outlined.
    labels : Labels, optional
        How its features are named on a map.
    patches : bool
        Whether its outlines are drawn over other maps.
    """

    name: str
    rests_on: tuple[str, ...] = ()
    row_basis: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    layer: bool = False
    level: str = ""
    sheet: tuple[str, ...] = ()
    spelt_by: str = ""
    report: str = ""
    disclosure: Disclosure = ""
    relations: Mapping[str, str] = field(default_factory=dict)
    limit: int = 0
    border: Border | None = None
    labels: Labels | None = None
    patches: bool = False

    @property
    def editable(self) -> bool:
        """Whether its rows are the study's own input, which a person may mend; all else is computed.

        >>> table("adhesions").editable, table("couverture").editable
        (True, False)
        """
        return self.name in tables() and self._entry()["source"] in {"study_rows", "member_lists"}

    def title(self, lang: Language = "fr") -> str:
        """Return what the table is called; a table of the user's own is called by its name.

        >>> table("adhesions").title("en"), table("my_own_table").title("en")
        ('Memberships', 'my_own_table')
        """
        return str(self._entry()["title"][lang]) if self.name in tables() else self.name

    def contents(self, lang: Language = "fr") -> str:
        """Return what the table holds, in a sentence; empty for a table of the user's own."""
        return str(self._entry()["contents"][lang]) if self.name in tables() else ""

    def source(self, lang: Language = "fr") -> str:
        """Return where its values come from; official columns have a source of their own.

        >>> table("couverture").source("en")
        'computed from the study’s offers and memberships'
        """
        return text(f"sources.{self._entry()['source']}", lang) if self.name in tables() else ""

    def _entry(self) -> Mapping[str, Any]:
        return entries(f"tables.{self.name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One published column; its texts are in :mod:`opsn_geo.catalogue.words`.

    Parameters
    ----------
    name : str
        Its name in every table.
    tables : tuple of str
        Layers and tables that hold it.
    kind : {"text", "whole", "number", "flag", "day"}
        What its values are. A whole number may be missing.
    words : str
        Room of the catalogue with the words for its codes.
    refers_to : str
        Table that has a row for each of its identifiers.
    list : bool
        Whether a value holds several identifiers, separated by semicolons.
    official : bool
        Whether its values are official, whatever the source of the table.
    technical : bool
        Whether it serves scripts alone, and is left out of the tables for spreadsheets.
    """

    name: str
    tables: tuple[str, ...] = ()
    kind: ColumnKind = "text"
    words: str = ""
    refers_to: str = ""
    list: bool = False
    official: bool = False
    technical: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """One map: a column of a layer, and how its classes are made.

    Parameters
    ----------
    key : str
        Identifier of the map, in links to the atlas and in the QGIS project.
    group : str
        Key of its :class:`Group`.
    layer, column : str
        What it shows.
    kind : {"categories", "intervals"}
        Whether the column holds codes or numbers.
    scheme : {"pretty", "quantiles"}
        How intervals are cut: at round numbers, or into classes of about equal counts.
    palette : str
        ColorBrewer palette of intervals, or name of the table of colours of categories.
    missing : str
        Entry of ``theme_class`` that says what a missing value means.
    number : str
        Column of the number that stands beside a category.
    unknown : str
        Column of states of services: where its state is unknown, what the map shows is not known either.
    upper : tuple of str
        Columns whose sum is the greatest possible value, where the column holds the one that is certain.
    only : tuple of str, optional
        Column and value of the features that it draws, where a layer holds several maps.
    rests_on : tuple of str
        Inputs that it is made of, as for a table.
    page : str
        Name of the page with this map alone; empty where there is none.
    raster : str
        Raster that this page offers beside it.
    report : str
        Section of the report that shows it.
    """

    key: str
    group: str
    layer: str
    column: str
    kind: MapKind = "intervals"
    scheme: Scheme = "pretty"
    palette: str = "YlGnBu"
    missing: str = "unknown"
    number: str = ""
    unknown: str = ""
    upper: tuple[str, ...] = ()
    only: tuple[str, str] | None = None
    rests_on: tuple[str, ...] = ()
    page: str = ""
    raster: str = ""
    report: str = ""

    @property
    def words(self) -> str:
        """Room of the catalogue with the words for its categories.

        >>> maps()["state"].words
        'state'
        """
        return column(self.column, self.layer).words

    def title(self, lang: Language = "fr") -> str:
        """Return what the map is called.

        >>> maps()["dependence"].title("en")
        'Dependence on one OPSN'
        """
        return text(f"maps.{self.key}.title", lang)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Maps of one subject: a group of layers in QGIS, a menu in the atlas.

    Parameters
    ----------
    key : str
        Identifier of the group.
    opening : tuple of str
        Layers of the QGIS project that open the subject, from top to bottom.
    """

    key: str
    opening: tuple[str, ...] = ()

    def title(self, lang: Language = "fr") -> str:
        """Return what the group is called.

        >>> groups()["deserts"].title()
        'Déserts'
        """
        return text(f"groups.{self.key}.title", lang)

    def headline(self, lang: Language = "fr") -> str:
        """Return the title of the page that opens the subject.

        >>> groups()["deserts"].headline("en")
        'Deserts of digital services'
        """
        return text(f"groups.{self.key}.headline", lang)


class Relation(NamedTuple):
    """Rows of a table that belong to a row of another: the value of ``child_column`` is the parent's key."""

    parent: str
    parent_column: str
    child: str
    child_column: str


@cache
def tables() -> Mapping[str, Table]:
    """Return every published layer and table by its name, in the order of the sheets.

    >>> list(tables())[:3], tables()["couverture"].key
    (['communes', 'epci', 'departements'], ('code_insee', 'service'))
    """
    return {name: _table(name, entry) for name, entry in entries("tables").items()}


def table(name: str) -> Table:
    """Return one table; a table of the user's own has its name and nothing else.

    >>> table("communes").labels.size, table("my_own_table").key
    (7, ())
    """
    return tables().get(name) or Table(name=name)


@cache
def columns() -> Mapping[str, Column]:
    """Return every published column by its name, without what differs in one table.

    >>> columns()["nearest_opsn"].refers_to, columns()["population"].official
    ('opsn', True)
    """
    return {name: column(name) for name in entries("columns") if "." not in name}


@cache
def column(name: str, table: str = "") -> Column:
    """Return one column, as it is in one table; a column of the user's own has its name and nothing else.

    Parameters
    ----------
    name : str
        Name of the column.
    table : str
        Table that holds it, for an entry ``"table.column"`` of the register to count.

    Examples
    --------
    >>> column("state").words, column("my_own_column").words
    ('state', '')
    """
    fields = {
        key: value
        for key, value in column_entry(name, table).items()
        if key not in {"label", "definition", "unit"}
    }
    return Column(name=name, **{**fields, "tables": tuple(fields.get("tables", ()))})


@cache
def maps() -> Mapping[str, Map]:
    """Return every map by its key, in the order of the layers of the QGIS project.

    >>> [each.key for each in maps().values() if each.page]
    ['state', 'desert_stability', 'epci_response']
    """
    return {key: _map(key, entry) for key, entry in entries("maps").items()}


@cache
def groups() -> Mapping[str, Group]:
    """Return every group by its key, in the order of the layers of the QGIS project.

    >>> list(groups())
    ['coverage', 'deserts', 'representativeness', 'data']
    """
    return {key: Group(key=key, opening=tuple(entry["opening"])) for key, entry in entries("groups").items()}


def relations() -> tuple[Relation, ...]:
    """Return which rows belong to which, by parent in the order of :func:`tables`.

    >>> relations()[0]
    Relation(parent='communes', parent_column='code_insee', child='couverture', child_column='code_insee')
    """
    return tuple(
        Relation(each.name, each.key[0], child, child_column)
        for each in tables().values()
        for child, child_column in each.relations.items()
    )


def lookups(names: Iterable[str], table: str = "") -> dict[str, Table]:
    """Return the columns whose identifiers another table spells out, and that table.

    Parameters
    ----------
    names : iterable of str
        Names of columns.
    table : str
        Table that holds them; its own key needs no spelling.

    Examples
    --------
    >>> {name: each.name for name, each in lookups(("service", "state"), "couverture").items()}
    {'service': 'services'}
    """
    referred = {name: tables().get(column(name, table).refers_to) for name in names}
    return {name: each for name, each in referred.items() if each and each.spelt_by and each.name != table}


def limits() -> tuple[str, ...]:
    """Return the layers drawn as outlines over every map, from the top.

    >>> limits()
    ('departements', 'epci')
    """
    chosen = sorted((each for each in tables().values() if each.limit), key=lambda each: each.limit)
    return tuple(each.name for each in chosen)


def _table(name: str, entry: Mapping[str, Any]) -> Table:
    fields = {key: value for key, value in entry.items() if key not in {"title", "contents", "source"}}
    drawn: dict[str, Any] = {}
    if "border" in fields:
        drawn["border"] = Border(colour=BORDERS[name], **fields["border"])
    if "labels" in fields:
        named = {"colour": PAPER[fields["labels"]["colour"]]} if "colour" in fields["labels"] else {}
        drawn["labels"] = Labels(**{**fields["labels"], **named})
    lists = {it: tuple(entry.get(it, ())) for it in ("key", "rests_on", "row_basis", "sheet")}
    return Table(name=name, **{**fields, **drawn, **lists, "patches": "patches" in entry})


def _map(key: str, entry: Mapping[str, Any]) -> Map:
    fields = {name: value for name, value in entry.items() if name != "title"}
    fields["upper"] = tuple(fields.get("upper", ()))
    if "only" in fields:
        ((only_column, value),) = fields["only"].items()
        fields["only"] = (only_column, value)
    return Map(key=key, **{**fields, "rests_on": tuple(entry["rests_on"])})
