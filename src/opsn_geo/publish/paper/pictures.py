"""Charts and maps of the report as pictures that stand alone: SVG with its title, legend and source.

A chart of the report is drawn in percent of a page whose width is not known; here its width is fixed, labels
stand at the left of the bars, and colours are written out. All texts are escaped.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

from opsn_geo.catalogue.palette import PAPER
from opsn_geo.publish.report.model import PUBLISHED

if TYPE_CHECKING:
    from opsn_geo.publish.report.model import Chart, Curve, Key, Mark, Picture, Row

WIDTH: Final = 960
"""Units across a picture."""
_LABELS: Final = 350
_VALUES: Final = 150
_LINE: Final = 19
_SIZE: Final = 15
_FONT: Final = "Libertinus Serif, Source Serif 4, Georgia, serif"
_LABEL_LENGTH: Final = 50
_TITLE_LENGTH: Final = 92
_LEGEND_COLUMN: Final = 312
_PATTERNS: Final = (
    '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><rect width="6" height="6" fill="{outside}"/>'
    '<rect width="2.4" height="6" fill="{field}"/></pattern><pattern id="unsure" width="6" height="6" '
    'patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="1.6" height="6" fill="{field}"/></pattern></defs>'
).format(outside=PAPER["outside"], field=PAPER["field"])


def chart(block: Chart, *, titled: bool = True, source: str = "") -> str:
    """Return a chart of rows as SVG: labels at the left, bars or marks, values at the right.

    Parameters
    ----------
    block : Chart
        The chart of the report.
    titled : bool
        Whether its title is drawn; a page that has it as text leaves it out.
    source : str
        Line under the chart.
    """
    drawn: list[str] = []
    y = _title(drawn, block.title) if titled else 0
    y = _legend(drawn, block.legend, y)
    for panel in block.panels:
        if panel.title:
            y += _LINE + 4
            drawn.append(_text(0, y - 5, panel.title, weight="bold"))
        drawn_rows, top = list(_rows(panel.rows, y)), y
        y += sum(height for _, height in drawn_rows)
        drawn += [
            f'<line x1="{_at(at)}" x2="{_at(at)}" y1="{top}" y2="{y}" stroke="{PAPER["edge"]}"/>'
            for at, _ in block.ticks
        ]
        drawn += [
            f'<line x1="{_at(at)}" x2="{_at(at)}" y1="{top}" y2="{y}" stroke="{PAPER["quiet"]}"'
            f"{'' if kind == 'zero' else ' stroke-dasharray=' + quoteattr('4 3')}/>"
            for at, kind in block.lines
        ]
        drawn += [row for row, _ in drawn_rows]
    y += _LINE
    drawn += [
        _text(_at(at), y - 4, label, anchor="middle", colour=PAPER["quiet"], size=13)
        for at, label in block.ticks
    ]
    y = _source(drawn, source, y)
    return _svg(drawn, WIDTH, y + 4, block.title, block.summary)


def curve(block: Curve, *, titled: bool = True, source: str = "") -> str:
    """Return a rising line as SVG, with its axes."""
    drawn: list[str] = []
    top = (_title(drawn, block.title) if titled else 0) + 12
    left, across, down = 60, WIDTH - 90, 240
    for at, label in block.up:
        y = top + down * (1 - at / 100)
        drawn.append(f'<line x1="{left}" x2="{left + across}" y1="{y}" y2="{y}" stroke="{PAPER["edge"]}"/>')
        drawn.append(_text(left - 8, y + 5, label, anchor="end", colour=PAPER["quiet"], size=13))
    points = [(left + across * x / 100, top + down * (1 - y / 100)) for x, y in block.points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    drawn.append(f'<polyline points="{path}" fill="none" stroke="{PAPER["first"]}" stroke-width="2.5"/>')
    drawn += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{PAPER["first"]}"/>' for x, y in points[1:]]
    drawn += [
        _text(
            left + across * at / 100, top + down + 20, label, anchor="middle", colour=PAPER["quiet"], size=13
        )
        for at, label in block.across
    ]
    y = _source(drawn, source, top + down + 26)
    return _svg(drawn, WIDTH, y + 4, block.title, block.summary)


def picture(block: Picture, outline: str, *, titled: bool = True, source: str = "") -> str:
    """Return a map as SVG: areas by class, borders and names of the départements, legend below.

    Parameters
    ----------
    block : Picture
        The map of the report.
    outline : str
        Path of the borders that all maps share; empty where the map needs none.
    titled : bool
        Whether its title is drawn.
    source : str
        Line under the map.
    """
    drawn: list[str] = []
    top = _title(drawn, block.title, 62) if titled else 0
    hatched = [
        f'<path d="{shape.path}" fill="url(#unsure)"/>' if shape.unsure else "" for shape in block.shapes
    ]
    areas = "".join(
        f'<path d="{shape.path}" fill="{_fill(shape.colour, hatched=shape.hatched)}" '
        f'stroke="{PAPER["page"]}" stroke-width="0.7"/>{over}'
        for shape, over in zip(block.shapes, hatched, strict=True)
    )
    borders = f'<path d="{outline}" fill="none" stroke="{PAPER["map-departement"]}" stroke-width="1.3"/>'
    halo = f' stroke="{PAPER["map-halo"]}" stroke-width="3.5" stroke-opacity="0.85"'
    names = "".join(
        f'<text x="{x}" y="{y}" text-anchor="middle" font-size="17" fill="{PAPER["map-label"]}"{stroke}>'
        f"{escape(name)}</text>"
        for x, y, name in block.names
        for stroke in (halo, "")  # not every program draws the outline of a letter below it
    )
    drawn.append(f'<g transform="translate(4 {top + 4})">{areas}{borders if outline else ""}{names}</g>')
    width = block.width + 8
    y = _legend(drawn, block.legend, top + block.height + 10, width=width)
    y = _source(drawn, source, y, length=round(width / 7.2))
    return _svg(drawn, width, y + 4, block.title, block.summary)


def _rows(rows: Iterable[Row], y: float) -> Iterator[tuple[str, float]]:
    """Yield the rows of a panel one below the other, and the height of each."""
    for row in rows:
        lines = textwrap.wrap(" ".join(row.label), _LABEL_LENGTH) or [""]
        height = _LINE * len(lines) + 3
        middle = y + height / 2
        parts = [_text(0, y + _LINE * number + 15, line) for number, line in enumerate(lines)]
        parts.append(_text(WIDTH, middle + 5, row.value, anchor="end", weight="bold"))
        parts += [
            f'<rect x="{_at(part.at)}" y="{middle - 7}" width="{_across(part.width)}" height="14" '
            f'fill="{_fill(part.colour, hatched=part.hatched)}" '
            f'stroke="{PAPER["field"]}" stroke-width="0.5"/>'
            for part in row.parts
        ]
        parts += [_mark(mark, middle) for mark in row.marks]
        yield "".join(parts), height
        y += height


def _mark(mark: Mark, y: float) -> str:
    """Return a point, round or diamond by its series, and its interval."""
    colour, y = PAPER["second" if mark.series else "first"], y + mark.dy
    drawn = ""
    if mark.low is not None and mark.high is not None:
        drawn = (
            f'<line x1="{_at(mark.low)}" x2="{_at(mark.high)}" y1="{y}" y2="{y}" stroke="{colour}" '
            'stroke-width="2.4" stroke-opacity="0.55"/>'
        )
    return drawn + _point(_at(mark.at), y, mark.series)


def _point(x: float, y: float, series: int) -> str:
    if series == PUBLISHED:
        line = f"M{x:.1f} {y - 9:.1f}v18"
        return f'<path d="{line}" stroke="{PAPER["text"]}" stroke-width="2" stroke-dasharray="4 2"/>'
    if series:
        path = f"M{x:.1f} {y - 6:.1f}l6 6 -6 6 -6 -6z"
        return f'<path d="{path}" fill="{PAPER["second"]}" stroke="{PAPER["page"]}"/>'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{PAPER["first"]}" stroke="{PAPER["page"]}"/>'


def _legend(drawn: list[str], keys: Iterable[Key], y: float, width: float = WIDTH) -> float:
    """Add a legend in columns, and return where it ends."""
    entries = list(keys)
    longest = max((len(key.label) for key in entries), default=0)
    columns = max(1, int(width // max(_LEGEND_COLUMN, 8.2 * longest + 40)))
    step = width / columns
    tallest = y
    for number, key in enumerate(entries):
        x, top = step * (number % columns), y + (number // columns) * (_LINE + 3)
        if key.series is None:
            fill = "url(#unsure)" if key.unsure else _fill(key.colour, hatched=key.hatched)
            drawn.append(
                f'<rect x="{x}" y="{top + 3}" width="22" height="14" fill="{fill}" stroke="{PAPER["field"]}" '
                'stroke-width="0.7"/>'
            )
        else:
            drawn.append(_point(x + 11, top + 10, key.series))
        drawn.append(_text(x + 30, top + 15, key.label))
        tallest = max(tallest, top + _LINE + 5)
    return tallest


def _title(drawn: list[str], title: str, length: int = _TITLE_LENGTH) -> float:
    lines = textwrap.wrap(title, length)
    drawn += [_text(0, 20 + 23 * number, line, size=19, weight="bold") for number, line in enumerate(lines)]
    return 23.0 * len(lines) + 8


def _source(drawn: list[str], source: str, y: float, length: int = 140) -> float:
    for line in textwrap.wrap(source, length):
        y += 16
        drawn.append(_text(0, y, line, size=12, colour=PAPER["quiet"]))
    return y


def _text(
    x: float,
    y: float,
    words: str,
    *,
    anchor: str = "start",
    size: int = _SIZE,
    weight: str = "",
    colour: str = "",
) -> str:
    bold = f' font-weight="{weight}"' if weight else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}"{bold} '
        f'fill="{colour or PAPER["text"]}">{escape(words)}</text>'
    )


def _svg(drawn: list[str], width: float, height: float, title: str, summary: str) -> str:
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family={quoteattr(_FONT)}>'
        f"<title>{escape(title)}</title><desc>{escape(summary)}</desc>{_PATTERNS}"
        f'<rect width="100%" height="100%" fill="{PAPER["page"]}"/>{"".join(drawn)}</svg>'
    )


def _fill(colour: str, *, hatched: bool) -> str:
    return "url(#hatch)" if hatched else colour


def _across(percent: float) -> float:
    return round(percent * (WIDTH - _LABELS - _VALUES) / 100, 1)


def _at(percent: float) -> float:
    """Return where a percent of the width of bars stands."""
    return _LABELS + _across(percent)
