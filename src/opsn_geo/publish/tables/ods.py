"""The sheets as an OpenDocument spreadsheet (ODS).

Written by hand, by joining texts, as each different value of a column is worded once; the writers there are
build a tree of objects, or go cell by cell. The elements are those of OpenDocument 1.3, part 3.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import pandas as pd

from opsn_geo.catalogue.palette import HEADER
from opsn_geo.publish.tables import zipped

if TYPE_CHECKING:
    from opsn_geo.publish.tables.sheets import Kind, Sheet
    from opsn_geo.study import Metadata

_MIME: Final = "application/vnd.oasis.opendocument.spreadsheet"
_SPACES: Final = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in {
        "office": "office", "table": "table", "text": "text", "style": "style", "config": "config",
        "fo": "xsl-fo-compatible", "number": "datastyle", "meta": "meta", "manifest": "manifest",
    }.items()
) + ' xmlns:dc="http://purl.org/dc/elements/1.1/" office:version="1.3"'  # fmt: skip
_DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NUMBER: Final = (
    '<number:number number:decimal-places="{0}" number:min-decimal-places="{0}" '
    'number:min-integer-digits="1"{1}/>'
)
_GROUPED: Final = ' number:grouping="true"'
_NUMBERS: Final = (
    f'<number:number-style style:name="n-whole">{_NUMBER.format(0, _GROUPED)}</number:number-style>'
    f'<number:number-style style:name="n-decimal">{_NUMBER.format(3, _GROUPED)}</number:number-style>'
    f'<number:percentage-style style:name="n-share">{_NUMBER.format(1, "")}<number:text>%</number:text>'
    "</number:percentage-style>"
    '<number:date-style style:name="n-day"><number:year number:style="long"/><number:text>-</number:text>'
    '<number:month number:style="long"/><number:text>-</number:text><number:day number:style="long"/>'
    "</number:date-style>"
    '<number:boolean-style style:name="n-flag"><number:boolean/></number:boolean-style>'
    '<number:text-style style:name="n-text"><number:text-content/></number:text-style>'
)
_CELL: Final = (
    '<style:style style:name="{0}" style:family="table-cell" style:data-style-name="n-{1}">'
    '<style:table-cell-properties style:vertical-align="top"{2}/>{3}</style:style>'
)
_WRAP: Final = ' fo:wrap-option="wrap"'
_STYLES: Final = "".join(
    [
        _NUMBERS,
        *(_CELL.format(kind, kind, "", "") for kind in ("text", "flag", "day", "whole", "share", "decimal")),
        _CELL.format("prose", "text", _WRAP, ""),
        _CELL.format(
            "header", "text", f' fo:background-color="{HEADER}"{_WRAP}',
            '<style:text-properties fo:font-weight="bold"/>',
        ),
    ]
)  # fmt: skip
_CM_PER_CHARACTER: Final = 0.21
_EMPTY: Final = "<table:table-cell/>"
_TEXT: Final = '<table:table-cell office:value-type="string">{}</table:table-cell>'
_TYPES: Final[dict[Kind, str]] = {"whole": "float", "decimal": "float", "share": "percentage"}


def write(file: Path, sheets: Sequence[Sheet], metadata: Metadata) -> Path:
    """Write the sheets as an OpenDocument spreadsheet: typed cells, a header that stays in view, filters.

    Text is never a formula in this format. The same sheets give the same bytes.

    Parameters
    ----------
    file : Path
        Where to write.
    sheets : sequence of Sheet
        As :func:`opsn_geo.publish.tables.sheets.sheets` gives them.
    metadata : Metadata
        Title, language and day for the properties of the file.
    """
    members = {
        "META-INF/manifest.xml": _manifest(),
        "content.xml": _content(sheets),
        "settings.xml": _settings(sheets),
        "meta.xml": _meta(metadata),
    }
    return zipped.write(
        file,
        {
            "mimetype": _MIME.encode(),
            **{name: (_DECLARATION + xml).encode() for name, xml in members.items()},
        },
    )


def paragraphs(content: str) -> str:
    r"""Return the paragraphs of a text: one per line; runs of spaces and tabs are elements of their own.

    >>> paragraphs("a < b\n  c\t")
    '<text:p>a &lt; b</text:p><text:p><text:s text:c="2"/>c<text:tab/></text:p>'
    """
    marked = re.sub(r"(?m)^ +| {2,}| +$", lambda run: f'<text:s text:c="{len(run[0])}"/>', escape(content))
    return "".join(f"<text:p>{line}</text:p>" for line in marked.replace("\t", "<text:tab/>").split("\n"))


def _content(sheets: Sequence[Sheet]) -> str:
    widths = sorted({width for sheet in sheets for width in sheet.widths})
    columns = "".join(
        f'<style:style style:name="w{width}" style:family="table-column">'
        f'<style:table-column-properties style:column-width="{width * _CM_PER_CHARACTER:.2f}cm"/>'
        "</style:style>"
        for width in widths
    )
    filters = "".join(
        f'<table:database-range table:name="filter{number}" table:display-filter-buttons="true" '
        f"table:target-range-address={quoteattr(_address(sheet))}/>"
        for number, sheet in enumerate(sheets)
        if sheet.filtered
    )
    return (
        f"<office:document-content {_SPACES}><office:automatic-styles>{_STYLES}{columns}"
        f"</office:automatic-styles><office:body><office:spreadsheet>{''.join(map(_table, sheets))}"
        f"<table:database-ranges>{filters}</table:database-ranges></office:spreadsheet></office:body>"
        "</office:document-content>"
    )


def _table(sheet: Sheet) -> str:
    columns = "".join(
        f'<table:table-column table:style-name="w{width}" table:default-cell-style-name="{kind}"/>'
        for width, kind in zip(sheet.widths, sheet.kinds, strict=True)
    )
    header = "".join(
        _TEXT.replace(" ", ' table:style-name="header" ', 1).format(paragraphs(str(column)))
        for column in sheet.frame
    )
    cells = [_cells(values, kind) for (_, values), kind in zip(sheet.frame.items(), sheet.kinds, strict=True)]
    rows = "".join(f"<table:table-row>{''.join(row)}</table:table-row>" for row in zip(*cells, strict=True))
    return (
        f"<table:table table:name={quoteattr(sheet.title)}>{columns}<table:table-header-rows>"
        f"<table:table-row>{header}</table:table-row></table:table-header-rows>{rows}</table:table>"
    )


def _cells(values: pd.Series, kind: Kind) -> list[str]:
    """Return the cell of each value; each different value is written once."""
    if kind == "day":
        values = values.dt.strftime("%Y-%m-%d")
    codes, different = pd.factorize(values)
    written = np.array([*(_cell(value, kind) for value in different.tolist()), _EMPTY], dtype=object)
    cells: list[str] = written[codes].tolist()
    return cells


def _cell(value: object, kind: Kind) -> str:
    """Return one cell; a truth value is written as text too, where some readers look for it."""
    if kind in {"text", "prose"}:
        return _TEXT.format(paragraphs(str(value))) if value else _EMPTY
    if kind == "day":
        return f'<table:table-cell office:value-type="date" office:date-value="{value}"/>'
    if kind == "flag":
        word = str(value).upper()
        cell = f'office:value-type="boolean" office:boolean-value="{word.lower()}"'
        return f"<table:table-cell {cell}><text:p>{word}</text:p></table:table-cell>"
    if not isfinite(float(str(value))):
        return _EMPTY
    return f'<table:table-cell office:value-type="{_TYPES[kind]}" office:value="{value}"/>'


def _address(sheet: Sheet) -> str:
    """Return the range of a sheet with its header, such as ``'EPCI'.A1:'EPCI'.B3``."""
    name = "'" + sheet.title.replace("'", "''") + "'"
    column, number = "", sheet.frame.shape[1]
    while number:
        number, letter = divmod(number - 1, 26)
        column = chr(ord("A") + letter) + column
    return f"{name}.A1:{name}.{column}{len(sheet.frame) + 1}"


def _settings(sheets: Sequence[Sheet]) -> str:
    """Return the settings that keep the header row of every sheet in view."""
    frozen = {"VerticalSplitMode": 2, "VerticalSplitPosition": 1, "ActiveSplitRange": 2, "PositionBottom": 1}
    items = "".join(
        f'<config:config-item config:name="{name}" config:type="{"int" if "Position" in name else "short"}">'
        f"{value}</config:config-item>"
        for name, value in frozen.items()
    )
    entries = "".join(
        f"<config:config-item-map-entry config:name={quoteattr(sheet.title)}>{items}"
        "</config:config-item-map-entry>"
        for sheet in sheets
    )
    return (
        f"<office:document-settings {_SPACES}><office:settings>"
        '<config:config-item-set config:name="ooo:view-settings">'
        '<config:config-item-map-indexed config:name="Views"><config:config-item-map-entry>'
        '<config:config-item config:name="ViewId" config:type="string">view1</config:config-item>'
        f'<config:config-item-map-named config:name="Tables">{entries}</config:config-item-map-named>'
        "</config:config-item-map-entry></config:config-item-map-indexed></config:config-item-set>"
        "</office:settings></office:document-settings>"
    )


def _meta(metadata: Metadata) -> str:
    title = escape(metadata.title, {chr(code): "\ufffd" for code in range(32)})
    day = f"{metadata.date.isoformat()}T00:00:00"
    return (
        f"<office:document-meta {_SPACES}><office:meta><meta:generator>opsn-geo</meta:generator>"
        f"<dc:title>{title}</dc:title><dc:language>{metadata.language}</dc:language>"
        f"<meta:creation-date>{day}</meta:creation-date><dc:date>{day}</dc:date>"
        "</office:meta></office:document-meta>"
    )


def _manifest() -> str:
    files = "".join(
        f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="text/xml"/>'
        for name in ("content.xml", "settings.xml", "meta.xml")
    )
    return (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" '
        f'manifest:version="1.3"><manifest:file-entry manifest:full-path="/" manifest:media-type="{_MIME}"/>'
        f"{files}</manifest:manifest>"
    )
