"""Styles of QGIS (QML) from themes: classes as rules, labels, aliases, value maps, map tips, form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Final, NamedTuple

from opsn_geo.catalogue.words import Language, State, text
from opsn_geo.publish.classes import legend_unit
from opsn_geo.publish.geopackage.content import OFFICIAL, Content
from opsn_geo.publish.qgis import symbol as qgis_symbol
from opsn_geo.publish.qgis.xml import (
    VERSION,
    Element,
    document,
    element,
    identifier,
    literal,
    nested,
    option,
    quoted,
    rgba,
)
from opsn_geo.publish.themes import Class, Theme, legend_label


class Links(NamedTuple):
    """What a layer of a project is tied to.

    ``relations`` (identifier, title) each have a tab in the form; ``lookups`` tell, for a column, the layer
    and the fields (key, value) in which its words stand.
    """

    relations: Sequence[tuple[str, str]] = ()
    lookups: Mapping[str, tuple[str, str, str]] = {}


UNTIED: Final = Links()


class Labels(NamedTuple):
    """How the features of a layer are named on the map, and from which scale on."""

    size: float
    largest: int = 0
    bold: bool = False
    colour: str = "#2b2b2b"


class Border(NamedTuple):
    """Colour and width (mm) of a layer drawn as outlines."""

    colour: str
    width: float


LABELS: Final = {
    "communes": Labels(size=7, largest=150_000),
    "epci": Labels(size=8, largest=500_000, colour="#4a4a4a"),
    "departements": Labels(size=11, largest=3_000_000, bold=True),
    "opsn": Labels(size=9, bold=True, largest=3_000_000),
}
BORDERS: Final = {
    "communes": Border("#9a9a9a", 0.1),
    "epci": Border("#6e6e6e", 0.2),
    "departements": Border("#1f1f1f", 0.5),
    "deserts": Border("#1d4e89", 0.5),
    "silences": Border("#a1156b", 0.6),
}
_PLAIN: Final = Border("#6e6e6e", 0.2)


def styles(content: Content, themes: Iterable[Theme], lang: Language) -> dict[str, str]:
    """Make every named style of a layer or table; the first is its default.

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
    if content.shape is None or content.name in BORDERS or not own:
        named[text("geopackage.outline" if content.shape else "geopackage.table", lang)] = None
    return {name: document(qml(content, theme, lang)).decode() for name, theme in named.items()}


def qml(content: Content, theme: Theme | None, lang: Language) -> Element:
    """Make one style; without a theme, polygons are outlined."""
    root = element("qgis", version=VERSION, styleCategories="AllStyleCategories")
    dress(root, content, theme, lang)
    return root


def dress(
    root: Element,
    content: Content,
    theme: Theme | None,
    lang: Language,
    links: Links = UNTIED,
    *,
    named: bool = True,
) -> None:
    """Put into a style or a project's layer all that makes it look and read as it should.

    ``named`` says whether features bear their name on the map.
    """
    if content.shape is not None:
        root.append(renderer(content, theme, lang))
        _append_labels(root, content, named=named)
    root.append(_widgets(content, links))
    aliases = nested(root, "aliases")
    for place, (name, alias) in enumerate([("fid", text("columns.fid", lang)), *_aliases(content)]):
        nested(aliases, "alias", field=name, name=alias, index=place)
    hidden = nested(nested(root, "attributetableconfig"), "columns")
    nested(hidden, "column", type="field", name="fid", hidden=1, width=-1)
    nested(root, "editorlayout", "tablayout")
    root.append(_form(content, lang, links.relations))
    nested(root, "previewExpression", _headline(content))
    nested(root, "mapTip", _map_tip(content, theme, lang))
    if content.shape is not None:
        nested(root, "layerGeometryType", {"point": 0, "line": 1, "polygon": 2}[content.shape])


def renderer(content: Content, theme: Theme | None, lang: Language) -> Element:
    """Draw each class of a theme by a rule of its own, so that no value, missing or not, is left out."""
    if theme is None:
        border = BORDERS.get(content.name, _PLAIN)
        root = element("renderer-v2", type="singleSymbol", symbollevels=0, enableorderby=0, forceraster=0)
        plain = {"point": qgis_symbol.marker, "line": qgis_symbol.line}.get(content.shape or "")
        symbol = plain("0", border.colour) if plain else qgis_symbol.outline("0", border.colour, border.width)
        nested(root, "symbols").append(symbol)
        return _apart(root, content) if content.shape == "point" and content.has("name") else root
    root = element("renderer-v2", type="RuleRenderer", symbollevels=0, enableorderby=0, forceraster=0)
    rules = nested(root, "rules", key=identifier("rules", theme.key))
    symbols = nested(root, "symbols")
    scope = _scope(content, theme)
    within = f" AND {scope}" if scope else ""
    for place, entry in enumerate(theme.classes):
        nested(
            rules, "rule", filter=f"({condition(theme, entry)}){within}", label=legend_label(entry, lang),
            symbol=place, key=identifier("rule", theme.key, str(place)),
        )  # fmt: skip
        symbols.append(_symbol(content, str(place), entry))
    if scope:
        name = str(len(theme.classes))
        nested(
            rules, "rule", filter=f"NOT coalesce({scope}, false)", symbol=name,
            key=identifier("rule", theme.key, "rest"),
            label=text("theme_class.other" if theme.only else "theme_class.outside", lang),
        )  # fmt: skip
        symbols.append(qgis_symbol.unseen(name) if theme.only else qgis_symbol.fill(name, "#e4e4e4"))
    return _apart(root, content) if content.shape == "point" and content.has("name") else root


def _scope(content: Content, theme: Theme) -> str:
    """Write the expression that is true for the features a theme speaks of; empty where it is all."""
    if theme.only:
        return f"({quoted(theme.only[0])} = {literal(theme.only[1])})"
    return quoted("inside") if content.has("inside") else ""


def _apart(rules: Element, content: Content) -> Element:
    """Draw points that share a place in a ring, each with its name: seats are often in one town."""
    chosen = LABELS.get(content.name, Labels(size=9))
    root = element(
        "renderer-v2", type="pointDisplacement", placement=0, tolerance=4, toleranceUnit="MM",
        circleWidth=0.3, circleColor=rgba("#6e6e6e"), circleRadiusAddition=0, labelAttributeName="name",
        labelDistanceFactor=0.5, labelColor=rgba(chosen.colour), maxLabelScaleDenominator=chosen.largest,
    )  # fmt: skip
    nested(root, "labelFontProperties", description=qgis_symbol.font(chosen.size, bold=chosen.bold), style="")
    root.append(qgis_symbol.marker("centerSymbol", "#6e6e6e", size=1))
    root.append(rules)
    return root


def condition(theme: Theme, entry: Class) -> str:
    r"""Write the expression that is true for the features of one class.

    >>> theme = Theme(key="k", group="coverage", layer="l", column="path", title="t", kind="categories",
    ...               classes=())
    >>> condition(theme, Class(label="", colour="", value="epci"))
    '"path" = \'epci\''
    >>> condition(theme, Class(label="", colour="", hatched=True))
    '"path" IS NULL'
    """
    field = quoted(theme.column)
    if entry.hatched:
        listed = (
            f" OR {field} = {literal(State.UNKNOWN.value)}"
            if theme.kind == "categories" and entry.value
            else ""
        )
        return f"{field} IS NULL{listed}"
    if theme.kind == "categories":
        return f"{field} = {literal(entry.value or '')}"
    last = next(each for each in reversed(theme.classes) if not each.hatched)
    ends = [f"{field} > {entry.lower!r}"] if entry.lower is not None else []
    ends += [f"{field} <= {entry.upper!r}"] if entry is not last else []
    return " AND ".join(ends) or f"{field} IS NOT NULL"


def _symbol(content: Content, name: str, entry: Class) -> Element:
    if content.shape == "point":
        return qgis_symbol.marker(name, entry.colour, hatched=entry.hatched)
    if content.shape == "line":
        return qgis_symbol.line(name, entry.colour)
    return qgis_symbol.fill(name, entry.colour, hatched=entry.hatched)


def _append_labels(root: Element, content: Content, *, named: bool) -> None:
    """Name features; points bear their names in their ring, and here only keep other names off them."""
    chosen = LABELS.get(content.name)
    shown = named and chosen is not None and content.has("name") and content.shape is not None
    root.set("labelsEnabled", str(int(shown)))
    if chosen is not None and content.shape is not None and shown:
        root.append(
            qgis_symbol.labelling(
                "name",
                content.shape,
                size=chosen.size,
                colour=chosen.colour,
                bold=chosen.bold,
                largest=chosen.largest,
            )
        )


def _widgets(content: Content, links: Links) -> Element:
    """Show words for values; hide the row number that only databases need."""
    root = element("fieldConfiguration")
    nested(nested(root, "field", name="fid"), "editWidget", type="Hidden")
    for column in content.columns:
        widget = nested(nested(root, "field", name=column.name), "editWidget", type=_widget_type(column.sql))
        config: Mapping[str, object] = {}
        if column.choices:
            widget.set("type", "ValueMap")
            config = {"map": [{label: value} for value, label in column.choices.items()]}
        elif column.name in links.lookups:
            widget.set("type", "ValueRelation")
            layer, key, value = links.lookups[column.name]
            config = {"Layer": layer, "Key": key, "Value": value, "AllowNull": True, "AllowMulti": False}
        if config:
            nested(widget, "config").append(option(config))
    return root


def _widget_type(sql: str) -> str:
    return {"BOOLEAN": "CheckBox", "DATE": "DateTime"}.get(sql, "TextEdit")


def _aliases(content: Content) -> list[tuple[str, str]]:
    """Give each column the alias its reader sees, with its unit."""
    return [
        (column.name, f"{column.alias} ({column.unit})" if column.unit else column.alias)
        for column in content.columns
    ]


def _form(content: Content, lang: Language, relations: Sequence[tuple[str, str]]) -> Element:
    """Lay the form out in tabs: who it is, what was measured, what is related; a table needs but one."""
    root = element("attributeEditorForm")
    places = {column.name: place for place, column in enumerate(content.columns, start=1)}
    tabs = {
        text("geopackage.identity", lang): [name for name in places if name in OFFICIAL],
        text("geopackage.measures", lang): [name for name in places if name not in OFFICIAL],
    }
    for title, fields in (tabs if content.shape else {content.title: list(places)}).items():
        tab = _tab(root, title) if fields else root
        for name in fields:
            nested(tab, "attributeEditorField", name=name, index=places[name], showLabel=1)
    for key, title in relations:
        editor = nested(
            _tab(root, title), "attributeEditorRelation", name=key, relation=key, showLabel=0, label="",
            relationWidgetTypeId="relation_editor", nmRelationId="", forceSuppressFormPopup=1,
        )  # fmt: skip
        nested(editor, "editor_configuration").append(
            option({"buttons": "NoButton", "show_first_feature": False})
        )
    return root


def _tab(root: Element, title: str) -> Element:
    return nested(
        root, "attributeEditorContainer", name=title, showLabel=1, groupBox=0, columnCount=1,
        visibilityExpressionEnabled=0, visibilityExpression="",
    )  # fmt: skip


def _headline(content: Content) -> str:
    """Choose what stands for a feature in lists: its name, or the first words it has."""
    if content.has("service", "state"):
        return f"represent_value({quoted('state')}) || ' : ' || represent_value({quoted('service')})"
    if content.has("label", "answer"):
        return f"{quoted('label')} || ' : ' || {quoted('answer')}"
    first = content.columns[0].name if content.columns else "fid"
    return quoted("name" if content.has("name") else first)


def _map_tip(content: Content, theme: Theme | None, lang: Language) -> str:
    """Say a feature's name and the value shown, in words and percents."""
    head = f"<b>[% {_headline(content)} %]</b>"
    if theme is None:
        return head
    field = quoted(theme.column)
    if theme.kind == "categories":
        shown = f"represent_value({field})"
    elif theme.unit == "%":
        shown = f"format_number(100 * {field}, 1) || ' %'"
    elif legend_unit(theme.column, lang) == "km":
        shown = f"format_number({field} / 1000, 1) || ' km'"
    else:
        shown = f"{field} || ' {theme.unit}'"
    unknown = literal(text("theme_class.unknown", lang))
    return f"{head}<br>{escape(theme.title)}: [% coalesce({shown}, {unknown}) %]"
