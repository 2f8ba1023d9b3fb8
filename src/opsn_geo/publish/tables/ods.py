"""The sheets as an OpenDocument spreadsheet (ODS).

Written by hand, by joining texts, as each different value of a column is worded once; the writers there are
build a tree of objects, or go cell by cell. The elements are those of OpenDocument 1.3, part 3.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

from opsn_geo.catalogue.palette import HEADER, PAPER
from opsn_geo.publish.tables import zipped
from opsn_geo.publish.tables.sheets import cells, column_letters, quoted

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
) + (
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xlink="http://www.w3.org/1999/xlink"'
    ' office:version="1.3"'
)  # fmt: skip
_DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NUMBER: Final = (
    '<number:number number:decimal-places="{0}" number:min-decimal-places="{0}" '
    'number:min-integer-digits="1"{1}/>'
)
_GROUPED: Final = ' number:grouping="true"'
_NUMBERS: Final = (
    f'<number:number-style style:name="n-whole">{_NUMBER.format(0, _GROUPED)}</number:number-style>'
    f'<number:number-style style:name="n-decimal">{_NUMBER.format(1, _GROUPED)}</number:number-style>'
    f'<number:number-style style:name="n-fine">{_NUMBER.format(3, _GROUPED)}</number:number-style>'
    f'<number:percentage-style style:name="n-share">{_NUMBER.format(1, "")}<number:text>%</number:text>'
    "</number:percentage-style>"
    '<number:date-style style:name="n-day"><number:year number:style="long"/><number:text>-</number:text>'
    '<number:month number:style="long"/><number:text>-</number:text><number:day number:style="long"/>'
    "</number:date-style>"
    '<number:text-style style:name="n-text"><number:text-content/></number:text-style>'
)
_CELL: Final = (
    '<style:style style:name="{0}" style:family="table-cell" style:data-style-name="n-{1}">'
    '<style:table-cell-properties style:vertical-align="top"{2}/>{4}'
    "<style:text-properties {3}/></style:style>"
)
_WRAP: Final = ' fo:wrap-option="wrap"'
_BOLD: Final = 'fo:font-weight="bold"'
_INDENT: Final = '<style:paragraph-properties fo:text-align="start" fo:margin-left="0.15cm"/>'
"""Keeps a text apart from the number at its left."""
_STYLES: Final = "".join(
    [
        _NUMBERS,
        *(_CELL.format(kind, kind, "", "", "") for kind in ("day", "whole", "share", "decimal", "fine")),
        _CELL.format("text", "text", "", "", _INDENT),
        _CELL.format("prose", "text", _WRAP, "", _INDENT),
        _CELL.format("heading", "text", "", _BOLD, _INDENT),
        _CELL.format("header", "text", f' fo:background-color="{HEADER}"{_WRAP}', _BOLD, _INDENT),
        _CELL.format("key", "text", "", f'fo:font-size="9pt" fo:color="{PAPER["quiet"]}"', _INDENT),
        _CELL.format("link", "text", "", f'fo:color="{PAPER["accent"]}"', _INDENT),
    ]
)
_CM_PER_CHARACTER: Final = 0.21
_CM_PER_LINE: Final = 0.46
_EMPTY: Final = "<table:table-cell/>"
_TYPES: Final[dict[Kind, str]] = {
    "whole": "float", "decimal": "float", "fine": "float", "share": "percentage",
}  # fmt: skip


def write(file: Path, sheets: Sequence[Sheet], metadata: Metadata) -> Path:
    """Write the sheets as an OpenDocument spreadsheet: typed cells, heads that stay in view, filters, links.

    Text is never a formula in this format. The same sheets give the same bytes.

    Parameters
    ----------
    file : Path
        Where to write.
    sheets : sequence of Sheet
        As :func:`opsn_geo.publish.tables.workbook.sheets` gives them.
    metadata : Metadata
        Title, language and day for the properties of the file.
    """
    members = {
        "META-INF/manifest.xml": _manifest(),
        "content.xml": _content(sheets),
        "styles.xml": _page_styles(sheets),
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
    heights = sorted({lines for sheet in sheets for lines in sheet.heights()})
    rows = "".join(
        f'<style:style style:name="h{lines}" style:family="table-row"><style:table-row-properties '
        f'style:row-height="{lines * _CM_PER_LINE:.2f}cm" style:use-optimal-row-height="true"/></style:style>'
        for lines in heights
    )
    tables = "".join(
        f'<style:style style:name="t{pages}" style:family="table" style:master-page-name="p{pages}"/>'
        for pages in sorted({sheet.pages_across for sheet in sheets})
    )
    filters = "".join(
        f'<table:database-range table:name="filter{number}" table:display-filter-buttons="true" '
        f"table:target-range-address={quoteattr(_address(sheet, first=sheet.head))}/>"
        for number, sheet in enumerate(sheets)
        if sheet.filtered
    )
    return (
        f"<office:document-content {_SPACES}><office:automatic-styles>{_STYLES}{columns}{rows}{tables}"
        f"</office:automatic-styles><office:body><office:spreadsheet>{''.join(map(_table, sheets))}"
        f"<table:database-ranges>{filters}</table:database-ranges></office:spreadsheet></office:body>"
        "</office:document-content>"
    )


def _table(sheet: Sheet) -> str:
    columns = [
        f'<table:table-column table:style-name="w{width}" '
        f'table:default-cell-style-name="{kind if isinstance(kind, str) else "text"}"/>'
        for width, kind in zip(sheet.widths, sheet.kinds, strict=True)
    ]
    named, others = "".join(columns[: sheet.frozen]), "".join(columns[sheet.frozen :])
    if named:
        named = f"<table:table-header-columns>{named}</table:table-header-columns>"
    heights = sheet.heights()
    above = [
        [_cell(text, kind, styled=True) if text else _EMPTY for text, kind in row] for row in sheet.heads()
    ]
    values = [
        cells(sheet.frame.iloc[:, number], kind, partial(_cell, styled=not isinstance(kind, str)), _EMPTY)
        for number, kind in enumerate(sheet.kinds)
    ]
    rows = [*above, *(list(row) for row in zip(*values, strict=True))]
    for address, target in sheet.links.items():
        column, row = _position(address)
        rows[row][column] = _linked(rows[row][column], target)
    written = [
        f'<table:table-row table:style-name="h{lines}">{"".join(row)}</table:table-row>'
        for row, lines in zip(rows, heights, strict=True)
    ]
    head = sheet.head
    return (
        f'<table:table table:name={quoteattr(sheet.title)} table:style-name="t{sheet.pages_across}" '
        f"table:print-ranges={quoteattr(_address(sheet, first=1))}>{named}{others}"
        f"<table:table-header-rows>{''.join(written[:head])}</table:table-header-rows>"
        f"{''.join(written[head:])}</table:table>"
    )


def _cell(value: object, kind: Kind, *, styled: bool = False) -> str:
    """Return one cell; its style is that of its column, or its own."""
    style = f' table:style-name="{kind}"' if styled else ""
    if kind == "day":
        return f'<table:table-cell{style} office:value-type="date" office:date-value="{value}"/>'
    if kind in _TYPES:
        return f'<table:table-cell{style} office:value-type="{_TYPES[kind]}" office:value="{value}"/>'
    return f'<table:table-cell{style} office:value-type="string">{paragraphs(str(value))}</table:table-cell>'


def _linked(cell: str, target: str) -> str:
    """Return a cell of one line whose text leads to a sheet, or to a file beside the workbook."""
    place = f"#{quoted(target[1:])}.A1" if target.startswith("#") else f"../{target}"
    opened = f'<text:p><text:a xlink:type="simple" xlink:href={quoteattr(place)}>'
    return cell.replace("<text:p>", opened, 1).replace("</text:p>", "</text:a></text:p>", 1)


def _position(address: str) -> tuple[int, int]:
    """Return the column and the row of a cell, counted from nought.

    >>> _position("A1"), _position("B12")
    ((0, 0), (1, 11))
    """
    return ord(address[0]) - ord("A"), int(address[1:]) - 1


def _address(sheet: Sheet, first: int) -> str:
    """Return the range of a sheet from a row on, such as ``'EPCI'.A3:'EPCI'.B5``."""
    name, column = quoted(sheet.title), column_letters(len(sheet.kinds))
    return f"{name}.A{first}:{name}.{column}{sheet.head + len(sheet.frame)}"


def _page_styles(sheets: Sequence[Sheet]) -> str:
    """Return how the sheets are printed: A4 in landscape, so many pages across, numbered."""
    pages = sorted({sheet.pages_across for sheet in sheets})
    layouts = "".join(
        f'<style:page-layout style:name="l{number}"><style:page-layout-properties fo:page-width="29.7cm" '
        'fo:page-height="21cm" style:print-orientation="landscape" fo:margin="1cm" '
        f'style:scale-to-X="{number}" style:scale-to-Y="0"/>'
        '<style:header-style/><style:footer-style><style:header-footer-properties fo:min-height="0.6cm"/>'
        "</style:footer-style></style:page-layout>"
        for number in pages
    )  # fmt: skip
    masters = "".join(
        f'<style:master-page style:name="p{number}" style:page-layout-name="l{number}">'
        '<style:header style:display="false"/><style:footer><text:p><text:sheet-name>–</text:sheet-name>'
        " – <text:page-number>1</text:page-number> / <text:page-count>1</text:page-count></text:p>"
        "</style:footer></style:master-page>"
        for number in pages
    )
    return (
        f"<office:document-styles {_SPACES}><office:automatic-styles>{layouts}</office:automatic-styles>"
        f"<office:master-styles>{masters}</office:master-styles></office:document-styles>"
    )


def _settings(sheets: Sequence[Sheet]) -> str:
    """Return the settings that keep the headers and the names of every sheet in view."""
    entries = "".join(
        f"<config:config-item-map-entry config:name={quoteattr(sheet.title)}>{_frozen(sheet)}"
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


def _frozen(sheet: Sheet) -> str:
    across = {
        "HorizontalSplitMode": 2,
        "HorizontalSplitPosition": sheet.frozen,
        "PositionRight": sheet.frozen,
    }
    down = {"VerticalSplitMode": 2, "VerticalSplitPosition": sheet.head, "PositionBottom": sheet.head}
    items = {**(across if sheet.frozen else {}), **down, "ActiveSplitRange": 3 if sheet.frozen else 2}
    return "".join(
        f'<config:config-item config:name="{name}" config:type="{"int" if "Position" in name else "short"}">'
        f"{value}</config:config-item>"
        for name, value in items.items()
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
        for name in ("content.xml", "styles.xml", "settings.xml", "meta.xml")
    )
    return (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" '
        f'manifest:version="1.3"><manifest:file-entry manifest:full-path="/" manifest:media-type="{_MIME}"/>'
        f"{files}</manifest:manifest>"
    )
