"""How layers and tables look and read in QGIS: classes as rules, labels, fields, forms, map tips."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final, NamedTuple

from opsn_geo.catalogue import register
from opsn_geo.catalogue.basis import COLUMN as BASIS
from opsn_geo.catalogue.palette import BORDERS, PAPER
from opsn_geo.catalogue.register import Border, Labels, table
from opsn_geo.catalogue.states import State
from opsn_geo.catalogue.words import Language, label, text
from opsn_geo.publish.classes import legend_unit
from opsn_geo.publish.geopackage.content import Column, Content
from opsn_geo.publish.geopackage.former import OURS
from opsn_geo.publish.qgis.xml import as_it_is, evaluated, literal, quoted, render
from opsn_geo.publish.themes import Class, Theme

_DECIMALS: Final = {"m": 0, "km2": 2, "p": 4, "q": 4, "value": 4}
"""Decimals that are shown of a number, by the end of its column's name."""
_SHOWN_UNITS: Final = {"m", "km²"}
"""Units that stand beside a column's name; others are in the name, or in its definition."""


class Lookup(NamedTuple):
    """Layer of the project in which the words for a column's values stand, its fields, and a title.

    The title says what is shown, where the column's own label speaks of a code; otherwise it is empty.
    """

    layer: str
    key: str
    value: str
    title: str = ""


class Rule(NamedTuple):
    """One class as QGIS draws it: its features, its legend, and which symbol of the templates."""

    key: str
    filter: str
    label: str
    symbol: str
    colour: str


class Field(NamedTuple):
    """One column in a form and in the table of attributes.

    ``decimals`` are those shown of a number; ``constraint`` is an expression that what is typed must meet.
    """

    name: str
    place: int
    alias: str
    widget: str
    choices: Mapping[str, str]
    lookup: Lookup | None
    decimals: int
    editable: bool
    constraint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerStyle:
    """All that makes a layer or table look and read as it should; without a theme polygons are outlined.

    ``labelled`` says whether features bear their name on the map, ``displaced`` whether points that share a
    place are drawn in a ring, each with its name. A form has a tab for each of ``tabs`` (title, fields) and
    of ``relations`` (identifier, title).
    """

    content: Content
    theme: Theme | None
    rules: Sequence[Rule]
    border: Border
    labels: Labels
    labelled: bool
    displaced: bool
    row_number: str
    fields: Sequence[Field]
    tabs: Mapping[str, Sequence[Field]]
    relations: Sequence[tuple[str, str]]
    headline: str
    map_tip: str


def styles(content: Content, themes: Iterable[Theme], lang: Language) -> dict[str, str]:
    """Return every named style of a layer or table; the first is its default.

    Parameters
    ----------
    content : Content
        Layer or table styled.
    themes : iterable of Theme
        All themes; those of other layers are passed over.
    lang : {"fr", "en"}
        Language of legends and names.

    Returns
    -------
    dict of str to str
        QML by the style's name: a theme's title, and the plain outline of a polygon layer; for a table,
        one style with its aliases and value maps.
    """
    own = sorted((theme for theme in themes if theme.layer == content.name), key=lambda t: not t.default)
    named: dict[str, Theme | None] = {theme.title: theme for theme in own}
    if content.shape is None or table(content.name).border or not own:
        named[text("geopackage.outline" if content.shape else "geopackage.table", lang)] = None
    return {
        name: render("style.qml.jinja", ours=OURS, style=layer_style(content, theme, lang))
        for name, theme in named.items()
    }


def layer_style(
    content: Content,
    theme: Theme | None,
    lang: Language,
    *,
    relations: Sequence[tuple[str, str]] = (),
    lookups: Mapping[str, Lookup] | None = None,
    labelled: bool = True,
) -> LayerStyle:
    """Return how a layer or table looks and reads.

    Parameters
    ----------
    content : Content
        Layer or table styled.
    theme : Theme or None
        Classes that it shows; None for plain outlines.
    lang : {"fr", "en"}
        Language of legends, forms and map tips.
    relations : sequence of (str, str)
        Identifier and title of the relations of a project that have a tab in the form.
    lookups : mapping of str to Lookup, optional
        By column, where in the project the words for its values stand.
    labelled : bool
        Whether features may bear their name on the map; where the register has no labels they never do.
    """
    named = content.shape is not None and content.has("name")
    fields = [
        _field(column, place, content.name, lookups or {}, lang)
        for place, column in enumerate(content.columns, start=1)
    ]
    return LayerStyle(
        content=content,
        theme=theme,
        rules=rules(content, theme, lang) if theme else (),
        border=table(content.name).border or Border(colour=BORDERS["epci"], width=0.2),
        labels=table(content.name).labels or Labels(size=9),
        labelled=labelled and named and table(content.name).labels is not None,
        displaced=named and content.shape == "point",
        row_number=text("columns.fid.label", lang),
        fields=fields,
        tabs=_tabs(content, fields, lang),
        relations=relations,
        headline=_headline(content),
        map_tip=_map_tip(content, theme, lang),
    )


def rules(content: Content, theme: Theme, lang: Language) -> list[Rule]:
    """Return a rule for each class, and one for what the theme leaves out, so that no feature is lost."""
    if theme.only:
        scope = f"({quoted(theme.only[0])} = {literal(theme.only[1])})"
    else:
        scope = quoted("inside") if content.has("inside") else ""
    symbols = {"point": ("disc", "diamond"), "line": ("line", "line")}
    plain, hatched = symbols.get(content.shape or "", ("fill", "hatched_fill"))
    made = [
        Rule(
            key=str(place),
            filter=f"({condition(theme, entry)})" + (f" AND {scope}" if scope else ""),
            label=entry.label,
            symbol=hatched if entry.hatched else plain,
            colour=entry.colour,
        )
        for place, entry in enumerate(theme.classes)
    ]
    if theme.unsure_count:  # drawn over the class of the certain value
        unsure = text("atlas.unsure", lang)
        made.append(Rule("unsure", unsure_condition(theme), unsure, "hatching", PAPER["field"]))
    if scope:
        label = text("theme_class.other" if theme.only else "theme_class.outside", lang)
        symbol = "no_fill" if theme.only else "fill"
        made.append(Rule("rest", f"NOT coalesce({scope}, false)", label, symbol, PAPER["outside"]))
    return made


def condition(theme: Theme, entry: Class) -> str:
    r"""Return the expression that is true for the features of one class.

    >>> theme = Theme(key="k", group="coverage", layer="l", column="path", title="t", kind="categories",
    ...               classes=())
    >>> condition(theme, Class(label="", colour="", value="epci"))
    '"path" = \'epci\''
    >>> condition(theme, Class(label="", colour="", hatched=True))
    '"path" IS NULL'
    """
    # An empty text, which means none, is written as null.
    none = theme.kind == "categories" and any(each.value == "" for each in theme.classes)
    field = shown_value(theme, f"coalesce({quoted(theme.column)}, '')" if none else "")
    if entry.hatched:
        # The word "unknown" is a class of its own only where the data hold it.
        spelt_out = theme.kind == "categories" and entry.value
        return f"{field} IS NULL" + (f" OR {field} = {literal(State.UNKNOWN.value)}" if spelt_out else "")
    if theme.kind == "categories":
        return f"{field} = {literal(entry.value or '')}"
    # The last interval has no upper end: rounding its bound must not leave the largest value out.
    last = next(each for each in reversed(theme.classes) if not each.hatched)
    ends = [f"{field} > {entry.lower!r}"] if entry.lower is not None else []
    ends += [f"{field} <= {entry.upper!r}"] if entry is not last else []
    return " AND ".join(ends) or f"{field} IS NOT NULL"


def unsure_condition(theme: Theme) -> str:
    r"""Return the expression that is true for features whose greatest possible value lies in a higher class.

    >>> classes = (Class(label="", colour="", upper=0.5), Class(label="", colour="", lower=0.5, upper=1.0))
    >>> unsure_condition(Theme(key="k", group="coverage", layer="l", column="covered_share", title="t",
    ...     kind="intervals", classes=classes, upper=("covered_possible_share",)))
    '("covered_share" <= 0.5 AND coalesce("covered_possible_share" > 0.5, true))'
    """
    greatest = " + ".join(map(quoted, theme.upper))
    ends = [entry.upper for entry in theme.classes if not entry.hatched][:-1]
    return " OR ".join(
        f"({shown_value(theme)} <= {end!r} AND coalesce({greatest} > {end!r}, true))" for end in ends
    )


def shown_value(theme: Theme, value: str = "") -> str:
    r"""Return the expression of what a theme shows, by default its column: null where that is not known.

    >>> shown_value(Theme(key="k", group="coverage", layer="l", column="path", title="t", kind="categories",
    ...                   classes=(), unknown="state"))
    'if(coalesce("state", \'unknown\') = \'unknown\', NULL, "path")'
    """
    value = value or quoted(theme.column)
    if not theme.unknown:
        return value
    unknown = literal(State.UNKNOWN.value)
    return f"if(coalesce({quoted(theme.unknown)}, {unknown}) = {unknown}, NULL, {value})"


def _field(column: Column, place: int, layer: str, lookups: Mapping[str, Lookup], lang: Language) -> Field:
    """Return a column as a form shows it: words in place of values where there are some."""
    lookup, choices = lookups.get(column.name), column.choices
    if column.sql == "BOOLEAN" and not choices:  # a box to tick would show what is not known as no
        choices = {"true": text("truth.yes", lang), "false": text("truth.no", lang)}
    if choices:
        widget = "ValueMap"
    elif lookup:
        widget = "ValueRelation"
    else:
        widget = {"DATE": "DateTime", "REAL": "Range"}.get(column.sql, "TextEdit")
    alias = lookup.title if lookup and lookup.title else column.alias
    given = register.column(column.name, layer)
    declared = register.table(layer)
    # What is computed, and what rows are known by, is not for typing: the next run writes it anew.
    editable = (given.official or declared.editable) and column.name not in (*declared.key, "row")
    return Field(
        name=column.name,
        place=place,
        alias=f"{alias} ({column.unit})" if column.unit in _SHOWN_UNITS else alias,
        widget=widget,
        choices=choices,
        lookup=lookup,
        decimals=_DECIMALS.get(column.name.rpartition("_")[2], 3),
        editable=editable and column.sql != "REAL",
        constraint=f"{quoted(column.name)} >= 0" if editable and column.sql == "INTEGER" else "",
    )


def _tabs(content: Content, fields: Sequence[Field], lang: Language) -> dict[str, list[Field]]:
    """Return the tabs of a form: what a feature is, and what was measured; a table needs but one."""
    if content.shape is None:
        return {content.title: list(fields)} if fields else {}
    official = {column.name for column in content.columns if column.official}
    tabs = {
        text("geopackage.identity", lang): [field for field in fields if field.name in official],
        text("geopackage.measures", lang): [field for field in fields if field.name not in official],
    }
    return {title: shown for title, shown in tabs.items() if shown}


def _headline(content: Content) -> str:
    """Return the expression that stands for a feature in lists: its name, or the first words it has."""
    if content.has("service", "state"):
        return f"represent_value({quoted('state')}) || ' : ' || represent_value({quoted('service')})"
    if content.has("label", "answer"):
        return f"{quoted('label')} || ' : ' || {quoted('answer')}"
    first = content.columns[0].name if content.columns else "fid"
    return quoted("name" if content.has("name") else first)


def _map_tip(content: Content, theme: Theme | None, lang: Language) -> str:
    """Return the HTML of a map tip: a feature's name and the value shown, in words and percents."""
    head = f"<b>{evaluated(_headline(content))}</b>"
    basis = ""
    if content.has(BASIS):
        words = escape(label(BASIS, lang))
        basis = f"<br>{words}: {evaluated(f'represent_value({quoted(BASIS)})')}"
    if theme is None:
        return head + basis
    field = quoted(theme.column)
    shown = f"represent_value({field})" if theme.kind == "categories" else _written(theme, field, lang)
    if theme.unsure_count:  # from the certain value to the greatest possible one
        greatest = _written(theme, f"({' + '.join(map(quoted, theme.upper))})", lang)
        most = literal(text("theme_class.between", lang, lower="", upper=""))
        shown = f"if({shown} = {greatest}, {shown}, {shown} || {most} || {greatest})"
    unknown = literal(text("theme_class.unknown", lang))
    value = evaluated(f"coalesce({shown_value(theme, shown)}, {unknown})")
    return f"{head}<br>{escape(as_it_is(theme.title))}: {value}{basis}"


def _written(theme: Theme, number: str, lang: Language) -> str:
    """Return the expression that writes a number of a theme with its unit."""
    if theme.unit == "%":
        return f"format_number(100 * {number}, 1) || ' %'"
    if legend_unit(theme.column, lang) == "km":
        return f"format_number({number} / 1000, 1) || ' km'"
    return f"{number} || {literal(' ' + theme.unit)}"
