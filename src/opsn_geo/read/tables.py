"""Any table that a user brings, as text: CSV of any usual encoding, XLSX, ODS, Parquet.

Nothing is typed here: a code that Excel turned into a number comes out as the text that Excel shows, and
the rooms that know what the column means mend it.
"""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import pandas as pd

from opsn_geo.errors import Fault, InputError
from opsn_geo.read.limits import CELL, check_size, limit
from opsn_geo.read.old_workbooks import check_xls
from opsn_geo.read.parquet import parquet_table
from opsn_geo.read.workbooks import check_ods, check_xlsx

SPREADSHEETS: Final = frozenset({".xlsx", ".xlsm", ".xls", ".ods"})
"""Endings of workbooks, read by calamine."""

SEPARATORS: Final = (";", ",", "\t", "|")
"""Separators tried for a text file, the likeliest in France first."""

_MISSING: Final = frozenset({"", "#N/A", "#N/D", "NULL", "\\N"})
_INVISIBLE: Final = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060\x00"))
_HEAD: Final = 1 << 20
"""Characters of a text file by which its separator is chosen."""
_HEAD_LINES: Final = 30
_TOTAL: Final = re.compile(r"(?:sous[- ])?total\b|nombre d", re.IGNORECASE)
_TOTAL_CELLS: Final = 3
_Fit = Callable[[Sequence[str]], int]


def table(
    path: Path | str,
    *,
    sheet: str | None = None,
    header_row: int | None = None,
    fit: Callable[[Sequence[str]], int] | None = None,
) -> pd.DataFrame:
    r"""Return a table as text, whatever its format.

    Parameters
    ----------
    path : Path or str
        A CSV (UTF-8 with or without BOM, UTF-16, cp1252; separated by ``;``, ``,``, tab or ``|``), a
        workbook (XLSX, XLS, ODS) or a Parquet file. The ending decides; all else is read as CSV.
    sheet : str, optional
        Sheet of a workbook; by default the first one that holds anything, or whose header fits.
    header_row : int, optional
        Line of the header as a spreadsheet numbers it, the last of them where it takes two; by default it is
        sought.
    fit : callable, optional
        Returns how many columns a line of cells is a header of. The header is then the line of the first
        thirty that fits best, below whatever title, or two lines of which the upper one names groups of
        columns, and lines of totals are left out: ``attrs["totals"]`` lists them.

    Returns
    -------
    DataFrame
        Columns of dtype ``str``, cells without surrounding blanks, empty cells as missing values. The index
        ``row`` is the line as a spreadsheet numbers it: the header is line 1 unless title lines stand above
        it, and blank lines are left out but counted. A header that repeats is preceded by the group above it
        (``Entry – Date``) or gets `` (2)``, one that is empty is that above it or ``column 4``.

    Raises
    ------
    InputError
        The file is missing, unreadable or empty, or lines hold more cells than the header; all such lines
        are listed.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "members.csv")
    ...     _ = file.write_bytes("Code;Nom\n02001;Abbécourt\n\n02002; Achery \n".encode("cp1252"))
    ...     table(file)["Nom"].to_dict()
    {2: 'Abbécourt', 4: 'Achery'}
    """
    path = Path(path)
    if not path.is_file():
        raise InputError([Fault(cause="missing_file", file=str(path))])
    check_size(path, bytes=path.stat().st_size)
    ending = path.suffix.lower()
    rows: Sequence[Sequence[object]]
    swallowed: list[int] = []
    try:
        if ending in SPREADSHEETS:
            rows = _workbook_rows(path, sheet, fit)
        elif ending in {".parquet", ".pq"}:
            rows = _parquet_rows(path)
        else:
            rows, swallowed = _text_rows(decoded(path.read_bytes(), str(path)), str(path))
    except (InputError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # readers raise their own kinds, and the panic of one is no Exception
        raise InputError([Fault(cause="unreadable_file", file=str(path), value=str(error))]) from error
    frame = _framed(rows, str(path), fit, header_row, ragged=ending in SPREADSHEETS)
    frame.attrs["swallowed"] = swallowed
    return frame


def decoded(content: bytes, file: str = "") -> str:
    r"""Return the text of a file's bytes: by its BOM, as UTF-8, else as cp1252.

    Text that was encoded twice (``AbbÃ©court``) is decoded twice.

    Raises
    ------
    InputError
        The bytes are in none of these encodings.

    Examples
    --------
    >>> decoded("Abbécourt".encode("cp1252")), decoded("\ufeffAbbécourt".encode("utf-16-le"))
    ('Abbécourt', 'Abbécourt')
    >>> decoded("AbbÃ©court".encode())
    'Abbécourt'
    """
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return content.decode("utf-16", errors="replace")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return _encoded_once(content.decode(encoding))
        except UnicodeDecodeError:
            continue
    raise InputError([Fault(cause="unknown_encoding", file=file)])


def _encoded_once(text: str) -> str:
    """Return a text without its second encoding: only text encoded twice survives the way back whole."""
    if "Ã" not in text:
        return text
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return text


def _text_rows(text: str, file: str) -> tuple[list[list[str]], list[int]]:
    """Return the rows of cells of a text file, by the separator that fits it best, and the swallowing ones.

    Where a quote is not closed, one cell holds whole lines that follow: those are rows that are not read.
    """
    csv.field_size_limit(CELL)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines, rows = _lines(text), list[list[str]]()
    if re.match(r"(?i)sep=.(\n|\Z)", text):
        delimiter = next(lines)[len("sep=")]
        rows.append([])
    else:
        delimiter = separator(text)
    rows += _counted(csv.reader(lines, delimiter=delimiter), file)
    if text.count("\n") <= len(rows):
        return rows, []
    width = max(map(len, rows))
    return rows, [
        number
        for number, row in enumerate(rows, start=1)
        if any(line.count(delimiter) == width - 1 > 0 for cell in row for line in cell.split("\n")[1:])
    ]


def _lines(text: str) -> Iterator[str]:
    """Yield the lines of a text with their ends, without the copy, four times as large, of a stream."""
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end


def _counted(rows: Iterable[list[str]], file: str) -> Iterator[list[str]]:
    """Yield rows as long as there are not too many of them, nor of their cells."""
    n_cells = n_rows = 0
    try:
        for n_rows, row in enumerate(rows, start=1):
            n_cells += len(row)
            if n_rows % 10_000 == 1 or len(row) > limit("columns"):
                check_size(file, rows=n_rows, columns=len(row), cells=n_cells)
            yield row
    except csv.Error as error:  # a cell is too long
        fault = Fault(cause="long_cell", file=file, row=n_rows + 1, expected=f"≤ {CELL}")
        raise InputError([fault]) from error
    check_size(file, cells=n_cells)


def separator(text: str) -> str:
    r"""Return the separator of a text file: it cuts most of the first lines into the same number of cells.

    >>> separator("Nom, en toutes lettres;Code\nAchery;02002\n"), separator("nom\nAchery\n")
    (';', ';')
    """

    def fitness(candidate: str) -> tuple[float, int]:
        reader = csv.reader(_lines(text[:_HEAD]), delimiter=candidate)
        widths: list[int] = []
        with suppress(csv.Error):  # a line that this separator does not cut may be too long for a cell
            widths += (len(cells) for cells in itertools.islice(reader, 200) if any(cells))
        width = max(set(widths), key=widths.count, default=0)
        return (widths.count(width) / len(widths), width) if width > 1 else (0.0, 0)

    return max(SEPARATORS, key=fitness)


def _workbook_rows(path: Path, sheet: str | None, fit: _Fit | None) -> Sequence[Sequence[object]]:
    """Return the rows of one sheet of a workbook, blank ones included: of the first that fits, if any."""
    from python_calamine import CalamineWorkbook, SheetVisibleEnum  # noqa: PLC0415 - only when there is one

    if path.suffix.lower() in {".xlsx", ".xlsm"}:
        check_xlsx(path)
    elif path.suffix.lower() == ".ods":
        check_ods(path)
    else:
        check_xls(path)
    with CalamineWorkbook.from_path(str(path)) as workbook:
        visible = [
            about.name for about in workbook.sheets_metadata if about.visible == SheetVisibleEnum.Visible
        ]
        if sheet is not None and sheet not in workbook.sheet_names:
            expected = ", ".join(workbook.sheet_names)
            raise InputError([Fault(cause="missing_sheet", file=str(path), value=sheet, expected=expected)])
        first: Sequence[Sequence[object]] = []
        for name in [sheet] if sheet is not None else visible:
            held = workbook.get_sheet_by_name(name)
            size = {"rows": held.total_height, "columns": held.total_width}
            check_size(path, **size, cells=held.total_height * held.total_width)
            rows = held.to_python(skip_empty_area=False)
            texts = [[as_text(cell) for cell in row] for row in rows[:_HEAD_LINES]]
            if rows and (fit is None or sheet is not None or max(map(fit, texts)) > 1):
                return rows
            first = first or rows
    return first


def _parquet_rows(path: Path) -> Sequence[Sequence[object]]:
    """Return a Parquet file as a header and rows."""
    frame = parquet_table(path).to_pandas()
    cells = frame.astype(object).where(frame.notna(), None)
    return [list(frame.columns), *cells.to_numpy().tolist()]


def _framed(
    rows: Sequence[Sequence[object]], file: str, fit: _Fit | None, header_row: int | None, *, ragged: bool
) -> pd.DataFrame:
    """Return rows under their header: the line given, the one that fits best, or the first of several cells.

    The lines of a spreadsheet are ragged: a cell beyond the header is a remark, where in a text file it is a
    separator that no quotes protect.
    """
    texts = [[as_text(cell) for cell in row] for row in rows]
    filled = [sum(map(bool, row)) for row in texts]
    if not any(filled):
        raise InputError([Fault(cause="empty_file", file=file)])
    if header_row is not None and not (0 < header_row <= len(texts) and filled[header_row - 1]):
        expected = f"1 – {len(texts)}"
        raise InputError(
            [Fault(cause="missing_header_row", file=file, value=str(header_row), expected=expected)]
        )
    head = _header_line(texts, filled, fit) if header_row is None else header_row - 1
    header = _headers(_below(texts[head - 1] if head else [], texts[head], fit))
    if ragged:
        widest = max(len(_headers(row)) for row in texts[head:])
        header = _headers([*header, *[""] * (widest - len(header))], widest)
    long = [i for i in range(head + 1, len(texts)) if any(texts[i][len(header) :])]
    if long:
        first = long[0]
        value = " ".join(texts[first][len(header) :])
        raise InputError(
            [Fault(cause="too_many_cells", file=file, row=first + 1, value=value, count=len(long))]
        )
    kept = [i for i in range(head + 1, len(texts)) if filled[i]]
    totals = [i for i in kept if fit is not None and _is_total(texts[i], filled[i], len(header))]
    kept = [i for i in kept if i not in set(totals)]
    body = [
        [None if cell in _MISSING else cell for cell in (texts[i] + [""] * len(header))[: len(header)]]
        for i in kept
    ]
    index = pd.Index([i + 1 for i in kept], name="row", dtype="int64")
    frame = pd.DataFrame(body, index=index, columns=header, dtype="str")
    frame.attrs["totals"] = [i + 1 for i in totals]
    return frame


def _header_line(texts: Sequence[list[str]], filled: Sequence[int], fit: _Fit | None) -> int:
    """Return the line of the header, the lower one where two lines together fit best."""
    first = next((i for i, n in enumerate(filled) if n > 1), filled.index(1) if 1 in filled else 0)
    if fit is None:
        return first
    lines = range(min(_HEAD_LINES, len(texts)))
    fits = [fit(texts[i]) if filled[i] > 1 else 0 for i in lines]
    best = fits.index(max(fits)) if max(fits) > 0 else first
    both = [fit(_below(texts[i], texts[i + 1], fit)) if i in {best - 1, best} else 0 for i in lines[:-1]]
    return both.index(max(both)) + 1 if max(both, default=0) > fits[best] else best


def _below(groups: list[str], header: list[str], fit: _Fit | None = None) -> list[str]:
    """Return a line of headers completed by the line above it, if that one names groups of columns.

    The group comes before a header that repeats, or that fits only with its group.

    >>> _below(["SIREN", "Entry", "", "Exit"], ["", "Date", "Act", "Date"])
    ['SIREN', 'Entry – Date', 'Act', 'Exit – Date']
    >>> _below(["List of members"], ["Name", "", "Name"])
    ['Name', '', 'Name']
    """
    if sum(map(bool, groups)) <= 1:
        return header
    above = (groups + [""] * len(header))[: max(len(header), len(groups))]
    names = header + [""] * (len(above) - len(header))
    group, joined = "", []
    for upper, name in zip(above, names, strict=True):
        group = upper or group
        both = f"{group} – {name}"
        needed = names.count(name) > 1 or (fit is not None and fit([both]) > fit([name]))
        joined.append(both if name and group and needed else name or upper)
    return joined


def _is_total(cells: Sequence[str], n_filled: int, n_columns: int) -> bool:
    """Return whether a line holds a total: its first filled cell begins so, and most others are empty."""
    first = next(cell for cell in cells if cell)
    return bool(_TOTAL.match(first)) and (n_filled <= _TOTAL_CELLS or 2 * n_filled <= n_columns)


def _headers(cells: Iterable[str], least: int = 0) -> list[str]:
    """Return a name for each column, each once: trailing empty headers go, repeats are numbered."""
    names = list(cells)
    while len(names) > least and not names[-1]:
        names.pop()
    seen: dict[str, int] = {}
    for i, name in enumerate(names):
        seen[name] = seen.get(name, 0) + 1
        if not name:
            names[i] = f"column {i + 1}"
        elif seen[name] > 1:
            names[i] = f"{name} ({seen[name]})"
    return names


def as_text(cell: object) -> str:
    """Return a cell as the text a spreadsheet shows: whole numbers without decimals, ISO dates, no odd blank.

    >>> as_text(2001.0), as_text(0.5), as_text(None), as_text(" Le\u202fNouvion ")
    ('2001', '0.5', '', 'Le Nouvion')
    """
    if isinstance(cell, str):
        return cell if not cell or cell.isalnum() else " ".join(cell.translate(_INVISIBLE).split())
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    return str(cell)
