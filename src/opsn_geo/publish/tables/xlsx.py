"""The sheets as an Excel workbook (XLSX), which XlsxWriter writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from xlsxwriter import Workbook
from xlsxwriter.url import Url
from xlsxwriter.utility import xl_rowcol_to_cell

from opsn_geo.catalogue.palette import HEADER, PAPER
from opsn_geo.publish.tables.sheets import Kind, Sheet, is_missing, quoted, sheet_titles, text_sheet
from opsn_geo.study import Metadata

if TYPE_CHECKING:
    import pandas as pd
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from opsn_geo.catalogue.words import Language

_CELL: Final = {"font_color": PAPER["text"], "valign": "top"}
_TEXT: Final = _CELL | {"num_format": "@", "align": "left", "indent": 1}  # apart from a number at its left
_LOOKS: Final[dict[Kind, dict[str, Any]]] = {
    "text": _TEXT,
    "prose": _TEXT | {"text_wrap": True},
    "day": _CELL | {"num_format": "yyyy-mm-dd"},
    "whole": _CELL | {"num_format": "#,##0"},
    "share": _CELL | {"num_format": "0.0%"},
    "decimal": _CELL | {"num_format": "#,##0.0"},
    "fine": _CELL | {"num_format": "#,##0.000"},
    "link": _TEXT | {"font_color": PAPER["accent"], "underline": 1},
    "heading": _TEXT | {"bold": True},
    "header": _TEXT | {"bold": True, "text_wrap": True, "bg_color": HEADER, "bottom": 1},
    "key": _TEXT | {"font_color": PAPER["quiet"], "font_size": 9},
}
_LINE: Final = 15
"""Points in a line of text."""
_A4: Final = 9
_UNPRINTED: Final = dict.fromkeys(range(32), "\ufffd")


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
    title = metadata.title.translate(_UNPRINTED)
    with Workbook(file, {"in_memory": True}) as book:  # a workbook in memory has no times of files in it
        created = datetime.combine(metadata.date, time(), UTC)
        book.set_properties({"title": title, "author": "opsn-geo", "created": created})
        book.set_custom_property("Language", metadata.language)
        looks = {kind: book.add_format(look) for kind, look in _LOOKS.items()}
        for sheet in sheets:
            page = book.add_worksheet(sheet.title)
            _fill(page, sheet, looks)
            _lay_out(page, sheet, title)
    return file


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


def _fill(page: Worksheet, sheet: Sheet, looks: Mapping[Kind, Format]) -> None:
    """Write the cells of a sheet, each by its type, never by what its text resembles."""
    for row, column, value, kind in _cells(sheet):
        look = looks[kind]
        if kind == "day":
            page.write_datetime(row, column, datetime.fromisoformat(str(value)), look)
        elif not isinstance(value, str):
            page.write_number(row, column, value, look)
        elif kind == "link":
            page.write_url(row, column, _url(sheet.links[xl_rowcol_to_cell(row, column)], value), look)
        elif value.startswith("<r>") and value.endswith("</r>"):
            # XlsxWriter would take it for runs of text already in XML: given as runs, it is escaped
            page.write_rich_string(row, column, value[0], value[1], value[2:], look)
        else:
            page.write_string(row, column, value, look)


def _cells(sheet: Sheet) -> Iterator[tuple[int, int, str | float, Kind]]:
    """Yield what is not missing: what the sheet is about, headers, keys, values; days as text."""
    for row, heads in enumerate(sheet.heads()):
        yield from ((row, column, text, kind) for column, (text, kind) in enumerate(heads) if text)
    for column, kinds in enumerate(sheet.kinds):
        values = sheet.frame.iloc[:, column]
        shown = values.dt.strftime("%Y-%m-%d") if kinds == "day" else values
        each = repeat(kinds, len(shown)) if isinstance(kinds, str) else kinds
        for row, (value, kind) in enumerate(zip(shown.tolist(), each, strict=True), start=sheet.head):
            if not is_missing(value):
                yield row, column, value, kind


def _lay_out(page: Worksheet, sheet: Sheet, title: str) -> None:
    """Set the widths and heights, what stays in view, the filters and how the sheet is printed."""
    last_row, last_column = sheet.head + len(sheet.frame) - 1, len(sheet.kinds) - 1
    for column, width in enumerate(sheet.widths):
        page.set_column(column, column, width)
    for row, lines in enumerate(sheet.heights()):
        if lines > 1:
            page.set_row(row, _LINE * lines)
    page.freeze_panes(sheet.head, sheet.frozen)
    if sheet.filtered:
        page.autofilter(sheet.head - 1, 0, last_row, last_column)
        page.print_area(0, 0, last_row, last_column)
        page.repeat_columns(0, max(sheet.frozen, 1) - 1)
        page.repeat_rows(1 if sheet.about or sheet.back else 0, sheet.head - 1)
    page.set_landscape()
    page.set_paper(_A4)
    page.fit_to_pages(sheet.pages_across, 0)
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    page.set_footer(f"&L{_printed(title)[:120]}&C{_printed(sheet.title)}&R&P / &N")


def _printed(text: str) -> str:
    """Return a text for a footer, where ``&`` opens a code and ``&G`` asks for a picture.

    >>> _printed("R&D, R&G")
    'R&&D, R&& G'
    """
    return text.replace("&G", "& G").replace("&", "&&")


class _FileBeside(Url):
    """A file beside the workbook; its path keeps slashes, which every system reads."""

    def _target(self) -> str:
        return super()._target().replace("\\", "/")


def _url(target: str, text: str) -> Any:  # noqa: ANN401 - XlsxWriter takes its own links, but declares texts
    """Return the link to the first cell of a sheet, or to a file beside the workbook, under a text."""
    inside = target.startswith("#")
    url = Url(f"internal:{quoted(target[1:])}!A1") if inside else _FileBeside(f"external:{target}")
    url.text = text
    return url
