"""The sheets as an Excel workbook (XLSX).

Written by hand, by joining texts, as each different value of a column is worded once. The elements are those
of ECMA-376, part 1 (SpreadsheetML).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

from opsn_geo.catalogue.palette import HEADER, PAPER
from opsn_geo.publish.tables import zipped
from opsn_geo.publish.tables.sheets import (
    Kind,
    Sheet,
    cells,
    column_letters,
    quoted,
    sheet_titles,
    text_sheet,
)
from opsn_geo.study import Metadata

if TYPE_CHECKING:
    import pandas as pd

    from opsn_geo.catalogue.words import Language

_DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATED: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_STYLES: Final[dict[str, tuple[int, int, int, int, bool]]] = {
    # number format, font, fill, border, whether the text wraps
    "text": (49, 0, 0, 0, False),
    "prose": (49, 0, 0, 0, True),
    "day": (164, 0, 0, 0, False),
    "whole": (3, 0, 0, 0, False),
    "share": (165, 0, 0, 0, False),
    "decimal": (166, 0, 0, 0, False),
    "fine": (167, 0, 0, 0, False),
    "link": (49, 3, 0, 0, False),
    "heading": (49, 1, 0, 0, False),
    "header": (49, 1, 2, 1, True),
    "key": (49, 2, 0, 0, False),
}
_AS_TEXT: Final = 49
_INDENT: Final = ' horizontal="left" indent="1"'
"""Keeps a text apart from the number at its left."""
_NUMBER_FORMATS: Final = {164: "yyyy-mm-dd", 165: "0.0%", 166: "#,##0.0", 167: "#,##0.000"}
_INDEX: Final = {name: number for number, name in enumerate(_STYLES)}
_ESCAPED: Final = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_EPOCH: Final = date(1899, 12, 30).toordinal()
"""Day from which workbooks count days."""
_LINE: Final = 15
"""Points in a line of text."""
_CORE: Final = """<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"\
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"\
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>{title}</dc:title>\
<dc:creator>opsn-geo</dc:creator><dc:language>{language}</dc:language>\
<dcterms:created xsi:type="dcterms:W3CDTF">{day}T00:00:00Z</dcterms:created>\
<dcterms:modified xsi:type="dcterms:W3CDTF">{day}T00:00:00Z</dcterms:modified></cp:coreProperties>
"""


def write(file: Path, sheets: Sequence[Sheet], metadata: Metadata) -> Path:
    """Write the sheets as an Excel workbook: typed cells, heads and names that stay in view, filters, links.

    Every text is a string of the workbook: none is ever run as a formula, and only the links of a sheet are
    links. The same sheets give the same bytes.

    Parameters
    ----------
    file : Path
        Where to write.
    sheets : sequence of Sheet
        As :func:`opsn_geo.publish.tables.workbook.sheets` gives them.
    metadata : Metadata
        Title, language and day for the properties of the file.
    """
    strings: dict[str, int] = {}
    members = {
        "xl/workbook.xml": _workbook(sheets),
        "xl/_rels/workbook.xml.rels": _workbook_relations(len(sheets)),
        "xl/styles.xml": _styles(),
        "docProps/core.xml": _core(metadata),
        "_rels/.rels": _relations(
            ("officeDocument", "xl/workbook.xml", ""), ("metadata/core-properties", "docProps/core.xml", "")
        ),
    }
    for number, sheet in enumerate(sheets, start=1):
        members[f"xl/worksheets/sheet{number}.xml"] = _worksheet(sheet, strings, metadata)
        outside = [target for target in sheet.links.values() if not target.startswith("#")]
        if outside:
            members[f"xl/worksheets/_rels/sheet{number}.xml.rels"] = _relations(
                *(("hyperlink", target, "External") for target in outside)
            )
    members["xl/sharedStrings.xml"] = _shared_strings(strings)
    members = {"[Content_Types].xml": _content_types(len(sheets)), **members}
    return zipped.write(file, {name: (_DECLARATION + xml).encode() for name, xml in members.items()})


def write_texts(file: Path, frames: Mapping[str, pd.DataFrame], lang: Language = "fr") -> Path:
    """Write frames of texts as the sheets of a workbook, by their titles.

    Parameters
    ----------
    file : Path
        Where to write.
    frames : mapping of str to DataFrame
        Columns of dtype ``str``.
    lang : {"fr", "en"}
        Language of the workbook.
    """
    titles = sheet_titles(list(frames))
    sheets = [text_sheet(title, frame) for title, frame in zip(titles, frames.values(), strict=True)]
    return write(file, sheets, _head(file.stem, lang))


def _head(title: str, lang: Language) -> Metadata:
    """Return the properties of a workbook that is not of a study; its day is always the same."""
    return Metadata(
        title=title, territory="list", territory_name="", millesime=0, date=date(2000, 1, 1), language=lang
    )


def _worksheet(sheet: Sheet, strings: dict[str, int], metadata: Metadata) -> str:
    """Return one sheet; its texts are added to those that the sheets share."""
    numbers = "".join(
        f'<col min="{number}" max="{number}" width="{width + 0.7}" customWidth="1"/>'
        for number, width in enumerate(sheet.widths, start=1)
    )
    rows = "".join(_rows(sheet, strings))
    last = f"{column_letters(len(sheet.kinds))}{sheet.head + len(sheet.frame)}"
    at = f"{column_letters(sheet.frozen + 1)}{sheet.head + 1}"
    pane = "bottomRight" if sheet.frozen else "bottomLeft"
    across = f' xSplit="{sheet.frozen}"' if sheet.frozen else ""
    view = (
        f'<pane{across} ySplit="{sheet.head}" topLeftCell="{at}" activePane="{pane}" state="frozen"/>'
        f'<selection pane="{pane}" activeCell="{at}" sqref="{at}"/>'
    )
    filtered = f'<autoFilter ref="A{sheet.head}:{last}"/>' if sheet.filtered else ""
    foot = escape(f"&L{metadata.title.replace('&', '&&')[:120]}&C{sheet.title.replace('&', '&&')}&R&P / &N")
    return (
        f'<worksheet xmlns="{_MAIN}" xmlns:r="{_RELATED}">'
        '<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
        f'<sheetViews><sheetView workbookViewId="0">{view}</sheetView></sheetViews>'
        f'<sheetFormatPr defaultRowHeight="{_LINE}"/><cols>{numbers}</cols><sheetData>{rows}</sheetData>'
        f"{filtered}{_hyperlinks(sheet)}"
        '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.6" header="0.3" footer="0.3"/>'
        f'<pageSetup paperSize="9" orientation="landscape" fitToWidth="{sheet.pages_across}" '
        'fitToHeight="0"/>'
        f"<headerFooter><oddFooter>{foot}</oddFooter></headerFooter></worksheet>"
    )


def _rows(sheet: Sheet, strings: dict[str, int]) -> Iterator[str]:
    """Yield the rows of a sheet: what it is about, headers, keys, values."""

    def cell(value: object, kind: Kind) -> str:
        style = _INDEX[kind]
        if kind == "day":
            serial = date.fromisoformat(str(value)).toordinal() - _EPOCH
            return f'<c s="{style}"><v>{serial}</v></c>'
        if isinstance(value, str):
            index = strings.setdefault(value, len(strings))
            return f'<c s="{style}" t="s"><v>{index}</v></c>'
        return f'<c s="{style}"><v>{value}</v></c>'

    heights = sheet.heights()
    above = [[(text, kind) for text, kind in row] for row in sheet.heads()]
    for row, lines in zip(above, heights, strict=False):
        yield _row((cell(text, kind) if text else "<c/>" for text, kind in row), lines)
    columns = [
        cells(sheet.frame.iloc[:, number], kind, cell, "<c/>") for number, kind in enumerate(sheet.kinds)
    ]
    for written, lines in zip(zip(*columns, strict=True), heights[sheet.head :], strict=True):
        yield _row(written, lines)


def _row(written: Iterator[str] | tuple[str, ...], lines: int) -> str:
    height = f' ht="{_LINE * lines}" customHeight="1"' if lines > 1 else ""
    return f"<row{height}>{''.join(written)}</row>"


def _hyperlinks(sheet: Sheet) -> str:
    """Return the links of a sheet: to a cell of another sheet, or to a file beside the workbook."""
    written, outside = [], 0
    for address, target in sheet.links.items():
        if target.startswith("#"):
            written.append(f"<hyperlink ref={quoteattr(address)} location={quoteattr(place(target))}/>")
        else:
            outside += 1
            written.append(f'<hyperlink ref={quoteattr(address)} r:id="rId{outside}"/>')
    return f"<hyperlinks>{''.join(written)}</hyperlinks>" if written else ""


def place(target: str) -> str:
    """Return the first cell of the sheet that a link goes to.

    >>> place("#L'EPCI")
    "'L''EPCI'!A1"
    """
    return f"{quoted(target[1:])}!A1"


def _workbook(sheets: Sequence[Sheet]) -> str:
    listed = "".join(
        f'<sheet name={quoteattr(sheet.title)} sheetId="{number}" r:id="rId{number}"/>'
        for number, sheet in enumerate(sheets, start=1)
    )
    names = []
    for number, sheet in enumerate(sheets):
        at = f"{quoted(sheet.title)}!"
        if sheet.filtered:
            last = f"${column_letters(len(sheet.kinds))}${sheet.head + len(sheet.frame)}"
            names.append(
                f'<definedName name="_xlnm._FilterDatabase" localSheetId="{number}" hidden="1">'
                f"{escape(at)}$A${sheet.head}:{last}</definedName>"
            )
            names.append(
                f'<definedName name="_xlnm.Print_Area" localSheetId="{number}">'
                f"{escape(at)}$A$1:{last}</definedName>"
            )
            columns = f"{at}$A:${column_letters(max(sheet.frozen, 1))},"
            names.append(
                f'<definedName name="_xlnm.Print_Titles" localSheetId="{number}">'
                f"{escape(columns)}{escape(at)}$2:${sheet.head}</definedName>"
            )
    return (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATED}"><bookViews><workbookView/></bookViews>'
        f"<sheets>{listed}</sheets><definedNames>{''.join(names)}</definedNames></workbook>"
    )


def _styles() -> str:
    formats = "".join(
        f'<numFmt numFmtId="{number}" formatCode={quoteattr(code)}/>'
        for number, code in _NUMBER_FORMATS.items()
    )
    font = '<font>{}<sz val="{}"/><color rgb="FF{}"/><name val="Calibri"/><family val="2"/></font>'
    ink, quiet, accent = (PAPER[name].strip("#").upper() for name in ("text", "quiet", "accent"))
    fonts = "".join(
        (
            font.format("", 11, ink),
            font.format("<b/>", 11, ink),
            font.format("", 9, quiet),
            font.format("<u/>", 11, accent),
        )
    )
    colour = HEADER.strip("#").upper()
    fill = f'<fill><patternFill patternType="solid"><fgColor rgb="FF{colour}"/></patternFill></fill>'
    border = (
        '<border><left/><right/><top/><bottom style="thin"><color auto="1"/></bottom><diagonal/></border>'
    )
    formatted = "".join(
        f'<xf numFmtId="{number}" fontId="{font_}" fillId="{fill_}" borderId="{border_}" xfId="0" '
        'applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1">'
        f'<alignment vertical="top" wrapText="{int(wraps)}"{_INDENT if number == _AS_TEXT else ""}/></xf>'
        for number, font_, fill_, border_, wraps in _STYLES.values()
    )
    return (
        f'<styleSheet xmlns="{_MAIN}"><numFmts count="{len(_NUMBER_FORMATS)}">{formats}</numFmts>'
        f'<fonts count="4">{fonts}</fonts><fills count="3"><fill><patternFill patternType="none"/></fill>'
        f'<fill><patternFill patternType="gray125"/></fill>{fill}</fills>'
        '<borders count="2"><border><left/><right/><top/><bottom/><diagonal/></border>'
        f"{border}</borders>"
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        f'<cellXfs count="{len(_STYLES)}">{formatted}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )


def _shared_strings(strings: dict[str, int]) -> str:
    items = "".join(f'<si><t xml:space="preserve">{plain(text)}</t></si>' for text in strings)
    return f'<sst xmlns="{_MAIN}" uniqueCount="{len(strings)}">{items}</sst>'


def plain(text: str) -> str:
    """Return a text for a cell; what the format would read as a code of a character is kept as it is.

    >>> plain("a < b _x0041_ _x")
    'a &lt; b _x005F_x0041_ _x'
    """
    return escape(_ESCAPED.sub("_x005F_", text))


def _core(metadata: Metadata) -> str:
    title = escape(metadata.title, {chr(code): "\ufffd" for code in range(32)})
    return _CORE.format(title=title, language=metadata.language, day=metadata.date.isoformat())


def _workbook_relations(sheets: int) -> str:
    kinds = [("worksheet", f"worksheets/sheet{number}.xml", "") for number in range(1, sheets + 1)]
    return _relations(*kinds, ("styles", "styles.xml", ""), ("sharedStrings", "sharedStrings.xml", ""))


def _relations(*relations: tuple[str, str, str]) -> str:
    """Return the relations of a part: the kind, the target and the mode of each."""
    written = []
    for number, (kind, target, mode) in enumerate(relations, start=1):
        family = f"{_PACKAGE}/relationships" if kind.startswith("metadata/") else _RELATED
        outside = f' TargetMode="{mode}"' if mode else ""
        written.append(
            f'<Relationship Id="rId{number}" Type="{family}/{kind}" Target={quoteattr(target)}{outside}/>'
        )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{"".join(written)}</Relationships>'


def _content_types(sheets: int) -> str:
    base = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "xl/workbook.xml": f"{base}.sheet.main+xml",
        **{f"xl/worksheets/sheet{number}.xml": f"{base}.worksheet+xml" for number in range(1, sheets + 1)},
        "xl/styles.xml": f"{base}.styles+xml",
        "xl/sharedStrings.xml": f"{base}.sharedStrings+xml",
        "docProps/core.xml": "application/vnd.openxmlformats-package.core-properties+xml",
    }
    written = "".join(f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in parts.items())
    return (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{written}</Types>'
    )
