"""Pages ready to print, on A3 and A4: of each map theme, and atlases with a page for each place.

Where things stand is a share of the paper, in two arrangements (wide and tall), which QGIS works out anew
when the paper is changed: nothing is left off the page.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from textwrap import wrap
from typing import TYPE_CHECKING, Final, NamedTuple

from markupsafe import Markup

from opsn_geo import __version__
from opsn_geo.catalogue.register import table
from opsn_geo.catalogue.words import Language, label, text
from opsn_geo.publish.classes import legend_unit
from opsn_geo.publish.notices import basis_warning, date_written
from opsn_geo.publish.qgis.layers import ProjectLayer
from opsn_geo.publish.qgis.map_themes import MapTheme
from opsn_geo.publish.qgis.style import rules
from opsn_geo.publish.qgis.xml import as_it_is, literal, quoted, render

if TYPE_CHECKING:
    from pyproj import CRS

    from opsn_geo.study import Metadata

Extent = tuple[float, float, float, float]

_LONG: Final = 62  # characters of a title that fit across the page in large type
_LEGEND_WIDTH: Final = 34  # characters of a legend's line
_BREAK: Final = "¶"  # where a legend breaks a line
_SHARES: Final = (
    ("covered_share", "covered_possible_share"), ("covered_pop_share", "covered_pop_possible_share"),
    ("response_share", ""),
)  # fmt: skip
"""Key figures of a place: a share, and the greatest possible one."""


class Length(NamedTuple):
    """A length on a page: millimetres, and shares of the paper's width and height."""

    mm: float
    of_width: float = 0
    of_height: float = 0

    def on(self, width: float, height: float) -> float:
        """Return its millimetres on a paper.

        >>> Length(-24, 1).on(420, 297)
        396
        """
        return self.mm + self.of_width * width + self.of_height * height

    @property
    def expression(self) -> str:
        """Expression of QGIS that works it out on the paper that the page has then."""
        return f"{self.mm} + {self.of_width} * @layout_pagewidth + {self.of_height} * @layout_pageheight"


class Box(NamedTuple):
    """Where an item of a page stands, from the upper left corner."""

    x: Length
    y: Length
    width: Length
    height: Length


class Frame(NamedTuple):
    """Where an item stands on one paper, and the element by which QGIS finds its place on any."""

    x: float
    y: float
    width: float
    height: float
    follow: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A size of paper (mm), and the sizes of type on it (points)."""

    name: str
    width: float
    height: float
    title: float
    long_title: float
    subtitle: float
    legend: float
    warning: float
    small: float


PAPERS: Final = (
    Paper(
        name="A3", width=420, height=297, title=26, long_title=18, subtitle=14, legend=11, warning=11, small=8
    ),
    Paper(
        name="A4", width=210, height=297, title=15, long_title=11, subtitle=10, legend=7.5, warning=8, small=6
    ),
)

_mm, _whole = Length, Length(0, 1)
_WIDE: Final = {
    "title": Box(_mm(12), _mm(9), _mm(-24, 1), _mm(13)),
    "subtitle": Box(_mm(12), _mm(22), _mm(-24, 1), _mm(9)),
    "map": Box(_mm(12), _mm(36), _mm(-128, 1), _mm(-60, 0, 1)),
    "legend": Box(_mm(-108, 1), _mm(36), _mm(96), _mm(130)),
    "figures": Box(_mm(-108, 1), _mm(118), _mm(96), _mm(92)),
    "warning": Box(_mm(-108, 1), _mm(-82, 0, 1), _mm(96), _mm(24)),
    "scale": Box(_mm(-108, 1), _mm(-57, 0, 1), _mm(70), _mm(14)),
    "ratio": Box(_mm(-108, 1), _mm(-42, 0, 1), _mm(70), _mm(5)),
    "note": Box(_mm(-108, 1), _mm(-36, 0, 1), _mm(74), _mm(12)),
    "north": Box(_mm(-32, 1), _mm(-56, 0, 1), _mm(18), _mm(27)),
    "sources": Box(_mm(12), _mm(-21, 0, 1), _mm(-24, 1), _mm(9)),
    "made": Box(_mm(12), _mm(-11, 0, 1), _mm(-24, 1), _mm(6)),
}
_TALL: Final = {
    "title": Box(_mm(10), _mm(8), _mm(-20, 1), _mm(8)),
    "subtitle": Box(_mm(10), _mm(16), _mm(-20, 1), _mm(7)),
    "map": Box(_mm(10), _mm(25), _mm(-20, 1), _mm(-25, 0, 0.6)),
    "legend": Box(_mm(10), _mm(2, 0, 0.6), _mm(110), _mm(70)),
    "figures": Box(_mm(6, 0.6), _mm(2, 0, 0.6), _mm(-16, 0.4), _mm(-60, 0, 0.4)),
    "warning": Box(_mm(10), _mm(-56, 0, 1), _mm(-16, 0.6), _mm(23)),
    "scale": Box(_mm(6, 0.6), _mm(-57, 0, 1), _mm(56), _mm(12)),
    "ratio": Box(_mm(6, 0.6), _mm(-44, 0, 1), _mm(50), _mm(4)),
    "note": Box(_mm(6, 0.6), _mm(-39, 0, 1), _mm(52), _mm(8)),
    "north": Box(_mm(-24, 1), _mm(-56, 0, 1), _mm(14), _mm(21)),
    "sources": Box(_mm(10), _mm(-31, 0, 1), _mm(-20, 1), _mm(12)),
    "made": Box(_mm(10), _mm(-18, 0, 1), _mm(-20, 1), _mm(8)),
}
_PROPERTIES: Final = {
    "x": "dataDefinedPositionX", "y": "dataDefinedPositionY",
    "width": "dataDefinedWidth", "height": "dataDefinedHeight",
}  # fmt: skip


@cache
def frames(paper: Paper) -> dict[str, Frame]:
    """Return where each item stands on a paper."""
    wide = paper.width > paper.height
    made = {}
    for name, box in (_WIDE if wide else _TALL).items():
        x, y, across, down = (length.on(paper.width, paper.height) for length in box)
        made[name] = Frame(x, y, across, down, _follow(name))
    return made


@cache
def _follow(name: str) -> Markup:
    """Return the element with the expressions that place an item on any paper."""
    expressions = {
        _PROPERTIES[side]: _either(one.expression, other.expression)
        for side, one, other in zip(Box._fields, _WIDE[name], _TALL[name], strict=True)
        # legends, scale bars and pictures have the size of what they show
        if side in {"x", "y"} or name not in {"legend", "scale", "north"}
    }
    return Markup(render("follow.xml.jinja", expressions=expressions))  # noqa: S704 - a template of ours


def _either(wide: str, tall: str) -> str:
    return f"if(@layout_pagewidth > @layout_pageheight, {wide}, {tall})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Places that an atlas has a page of each: the layer of their outlines, and its key."""

    layer: ProjectLayer
    key: str


class LegendLayer(NamedTuple):
    """A layer in a legend: its title, and the words of its classes where they say more than the class."""

    layer: ProjectLayer
    title: str
    labels: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a page says and shows: a map theme, or what the canvas shows; with ``place``, one for each place.

    Texts are evaluated by QGIS (``[% … %]``); what comes from data in them is as it is.
    """

    key: str
    name: str
    paper: Paper
    theme: str
    place: Place | None
    title: str
    title_size: float
    subtitle: str
    extent: Extent
    legend_title: str
    legend: Sequence[LegendLayer]
    figures: str
    note: str
    warning: str
    ratio: str
    sources: str
    made: str
    wrap: str = _BREAK

    @property
    def frames(self) -> dict[str, Frame]:
        """Where its items stand."""
        return frames(self.paper)

    @property
    def north(self) -> str:
        """Picture of the arrow, in base 64."""
        return _north()


def pages(themes: Sequence[MapTheme], view: Extent, metadata: Metadata, crs: CRS) -> list[Page]:
    """Return a page on each paper of every map theme."""
    lang = metadata.language
    made = []
    for theme in themes:
        counted = any(layer.counted for layer in theme.layers)
        for paper in PAPERS:
            page = _page(theme.key, theme.name, paper, theme.subjects, view, metadata, crs)
            made.append(
                replace(
                    page,
                    theme=theme.name,
                    title=as_it_is(theme.title),
                    title_size=paper.title if len(theme.title) <= _LONG else paper.long_title,
                    legend=_legend(theme.layers, lang),
                    note=_note(theme.layers, lang) if counted else "",
                )
            )
    return made


def _note(layers: Sequence[ProjectLayer], lang: Language) -> str:
    """Return what the numbers in a legend count, and which points are nowhere on the map."""
    unplaced = [
        f"[% {literal(text('geopackage.unplaced', lang))} || aggregate(layer:={literal(layer.key)}, "
        "aggregate:='concatenate', expression:=\"name\", filter:=$geometry IS NULL, concatenator:=', ') %]"
        for layer in layers
        if layer.content.shape == "point" and layer.content.has("name") and layer.content.unplaced
    ]
    return " ".join([text("geopackage.count_note", lang), *unplaced])


def atlases(layers: Sequence[ProjectLayer], view: Extent, metadata: Metadata, crs: CRS) -> list[Page]:
    """Return the pages that show what the canvas shows: of the territory, each département and each EPCI."""
    lang = metadata.language
    shown = [layer for layer in layers if layer.group != "data"]
    by_key = {layer.key: layer for layer in layers}
    places = [
        Place(layer=layer, key=table(layer.content.name).key[0])
        for layer in layers
        if layer.group == "limits" and layer.content.has("name", table(layer.content.name).key[0])
    ]
    general = [text("geopackage.official", lang), text("geopackage.study_tables", lang)]
    made = []
    for place in (None, *places):
        level = table(place.layer.content.name).level if place else "territory"
        for paper in PAPERS:
            name = text(f"geopackage.atlas_{level}", lang)
            page = _page(f"atlas-{level}", name, paper, shown, view, metadata, crs)
            where = "attribute(@atlas_feature, 'name') || ' – ' || " if place else ""
            made.append(
                replace(
                    page,
                    place=place,
                    title=f"[% {_TITLE} %]",
                    title_size=paper.long_title,
                    subtitle=f"[% {where}{literal(page.subtitle)} %]",
                    legend=_legend(shown, lang, place),
                    figures=_figures(place, by_key, lang) if place else "",
                    note=text("geopackage.count_note", lang),
                    sources=as_it_is(_sources(general, lang)),
                )
            )
    return made


# What the canvas shows, outlines aside.
_TITLE: Final = (
    "array_to_string(array_foreach(array_filter(item_variables('map')['map_layer_ids'], "
    "not regexp_match(@element, '^opsn_geo_(limits|patches|deserts)_')), "
    "layer_property(@element, 'name')), ' – ')"
)


_SCALE: Final = "round(item_variables('map')['map_scale'], -3)"


def _page(
    key: str,
    name: str,
    paper: Paper,
    subjects: Sequence[ProjectLayer],
    view: Extent,
    metadata: Metadata,
    crs: CRS,
) -> Page:
    """Return what every page has: its name, its extent, its sources and what it rests on."""
    lang = metadata.language
    frame = frames(paper)["map"]
    sources = [text("geopackage.official", lang), *(_source(layer, lang) for layer in subjects)]
    made = text(
        "geopackage.made",
        lang,
        title=metadata.title,
        date=date_written(metadata),
        crs=crs.name,
        version=__version__,
    )
    form = "dd/MM/yyyy" if lang == "fr" else "yyyy-MM-dd"
    today = f"{literal(text('geopackage.printed', lang))} || format_date(now(), '{form}')"
    return Page(
        key=f"{key}/{paper.name}",
        name=f"{name} – {paper.name}",
        paper=paper,
        theme="",
        place=None,
        title="",
        title_size=paper.title,
        subtitle=as_it_is(f"{metadata.territory_name} – {metadata.millesime}"),
        extent=fitted(view, frame.width / frame.height),
        legend_title=text("geopackage.legend", lang),
        legend=(),
        figures="",
        note="",
        warning=as_it_is(basis_warning(metadata, {name for each in subjects for name in each.rests_on})),
        ratio=f"[% {literal(text('geopackage.ratio', lang))} || {_written(_SCALE, 0, lang)} %]",
        sources=as_it_is(_sources(sources, lang)),
        made=f"{as_it_is(made)} – [% {today} %]",
    )


def _sources(sources: Sequence[str], lang: Language) -> str:
    licence = text("geopackage.licence", lang)
    return text("geopackage.sources", lang, sources=" ; ".join(dict.fromkeys(sources)), licence=licence)


def fitted(view: Extent, ratio: float) -> Extent:
    """Return a view widened about its middle until its width is ``ratio`` times its height.

    >>> fitted((0, 0, 10, 10), 2)
    (-5.0, 0.0, 15.0, 10.0)
    """
    west, south, east, north = view
    width, height = max(east - west, ratio * (north - south)), max(north - south, (east - west) / ratio)
    x, y = (west + east) / 2, (south + north) / 2
    return (x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def _legend(layers: Sequence[ProjectLayer], lang: Language, place: Place | None = None) -> list[LegendLayer]:
    """Return the layers of a legend: the principal map, what stands over it, the limits."""
    limits = [layer for layer in layers if layer.group == "limits"]
    subjects = [layer for layer in layers if layer.group != "limits"]
    entries = []
    for layer in (*reversed(subjects), *limits):
        unit = legend_unit(layer.theme.column, lang) if layer.theme else ""
        title = f"{layer.title} ({unit})" if unit else layer.title
        labels = _labels(layer, lang, place) if layer.counted else []
        entries.append(LegendLayer(layer, _BREAK.join(wrap(title, _LEGEND_WIDTH)), labels))
    return entries


def _labels(layer: ProjectLayer, lang: Language, place: Place | None) -> list[str]:
    """Return the words of each class with the number of its features, counted when the page is drawn.

    QGIS's own counts wait for a task that a page exported at once does not wait for.
    """
    if layer.theme is None:
        return []
    near = ""
    if place is not None:
        if not layer.content.has(place.key) or layer.content.name == place.layer.content.name:
            return []  # what it counts is not of one place
        near = f" AND {quoted(place.key)} = {_value(place.key)}"
    if layer.content.shape == "point":
        near += " AND $geometry IS NOT NULL"
    counted = (
        f"aggregate(layer:={literal(layer.key)}, aggregate:='count', expression:=1, filter:=({{}}){near})"
    )
    return [
        f"{as_it_is(rule.label)} [% '(' || {_written(counted.format(rule.filter), 0, lang)} || ')' %]"
        for rule in rules(layer.content, replace(layer.theme, only=None), lang)
    ]


def _figures(place: Place, layers: Mapping[str, ProjectLayer], lang: Language) -> str:
    """Return the key figures of a place and the share of its communes that each service reaches."""
    content = place.layer.content
    lines = [
        f"{literal(_stated(label(name, lang, content.name)))} || {_number(_value(name), 0, lang)}"
        for name in ("communes", "population", "area_km2")
        if content.has(name)
    ]
    lines += [
        f"{literal(_stated(label(name, lang, content.name)))} || "
        f"{_range(_value(name), _value(most) if most and content.has(most) else _value(name), lang)}"
        for name, most in _SHARES
        if content.has(name)
    ]
    parts, services = layers.get("opsn_geo_data_couverture_parts"), layers.get("opsn_geo_data_services")
    if parts is not None and services is not None:
        name = f"attribute(get_feature({literal(services.key)}, 'service', \"service\"), 'name')"
        shares = _range('"covered_share"', '"covered_possible_share"', lang)
        level = table(content.name).level
        listed = (
            f"array_to_string(aggregate(layer:={literal(parts.key)}, aggregate:='array_agg', "
            f'expression:={name} || {literal(_stated(""))} || {shares}, filter:="level" = {literal(level)} '
            f"AND \"code\" = {_value(place.key)}), ' ; ')"
        )
        lines += [f"'\\n' || {literal(text('geopackage.services_reached', lang))}", listed]
    return f"[% {' || char(10) || '.join(lines)} %]".replace("'\\n'", "char(10)")


def _stated(words: str) -> str:
    return f"{words} : "


def _value(column: str) -> str:
    return f"attribute(@atlas_feature, {literal(column)})"


def _number(value: str, decimals: int, lang: Language) -> str:
    unknown = literal(text("theme_class.unknown", lang))
    return f"coalesce({_written(value, decimals, lang)}, {unknown})"


def _written(value: str, decimals: int, lang: Language) -> str:
    """Return the expression that writes a number as the language does, whatever that of the desk."""
    return f"format_number({value}, {decimals}, '{lang}')"


def _range(least: str, most: str, lang: Language) -> str:
    """Return the expression that writes a share, from the certain to the possible one."""
    low, high = (_number(f"100 * {value}", 0, lang) for value in (least, most))
    between = literal(text("theme_class.between", lang, lower="", upper=""))
    return f"if({low} = {high}, {low}, {low} || {between} || {high}) || ' %'"


def _source(layer: ProjectLayer, lang: Language) -> str:
    """Return where what a layer shows comes from: its theme's column, or what its content is made of."""
    sources = {column.name: column.source for column in layer.content.columns}
    if layer.theme:
        return sources[layer.theme.column]
    return next(reversed(sources.values()), table("communes").source(lang))


@cache
def _north() -> str:
    return base64.b64encode(render("north.svg.jinja").strip().encode()).decode()
