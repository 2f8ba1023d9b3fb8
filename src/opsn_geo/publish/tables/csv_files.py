"""Tables as CSV: for programs, in UTF-8 with commas and dots; for spreadsheets, as a language writes them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv

from opsn_geo.catalogue import register
from opsn_geo.publish.geopackage.content import describe
from opsn_geo.publish.tables import readable

if TYPE_CHECKING:
    from opsn_geo.study import Metadata

_FORMULA: Final = r"^([=+\-@\t\r])"
_SPECIAL: Final = '[",\r\n]'


def flat(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return flat tables: every column holds truth values, numbers, days or text.

    An index that has a name becomes the first columns; one without is dropped. Missing values stay missing.

    Examples
    --------
    >>> communes = pd.DataFrame({"answered": [True, None]}, index=pd.Index(["02001", "02002"], name="code"))
    >>> {name: str(kind) for name, kind in flat({"communes": communes})["communes"].dtypes.items()}
    {'code': 'str', 'answered': 'boolean'}
    """
    return {
        name: pd.DataFrame({str(column): _plain(values) for column, values in _unindexed(frame).items()})
        for name, frame in tables.items()
    }


def harmless(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    r"""Return texts of which a spreadsheet runs none as a formula: a leading apostrophe makes it plain text.

    Examples
    --------
    >>> harmless(pa.chunked_array([["=1+1", "-", "\tx", "Lille", None]])).to_pylist()
    ["'=1+1", "'-", "'\tx", 'Lille', None]
    """
    if not pc.any(pc.match_substring_regex(texts.unique(), _FORMULA)).as_py():
        return texts
    return pc.replace_substring_regex(texts, _FORMULA, r"'\1")


def write(folder: Path, tables: Mapping[str, pd.DataFrame]) -> list[Path]:
    """Write each table, laid flat by :func:`flat`, as ``folder/<name>.csv``.

    Missing values and empty texts are empty cells; truth values are ``true`` and ``false``; days are
    ``2021-02-01``; numbers have as few digits as give the same number back; :func:`harmless` applies to
    every text. A table whose texts hold a comma, a quote or a line end has all its texts in quotes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return [_write(folder / f"{name}.csv", frame) for name, frame in tables.items()]


def write_readable(
    folder: Path, names: Iterable[str], tables: Mapping[str, pd.DataFrame], metadata: Metadata
) -> list[Path]:
    """Write some tables as ``folder/<name>.csv`` for spreadsheets, in the words of the study's language.

    Headers and values are those of the workbooks. A byte order mark says that the text is UTF-8; in French
    columns are separated by semicolons and decimals by commas, as French spreadsheets expect. Technical
    columns are left out, and :func:`harmless` applies to every text.

    Parameters
    ----------
    folder : Path
        Where to write.
    names : iterable of str
        Tables to write.
    tables : mapping of str to DataFrame
        Every table of the run, flat.
    metadata : Metadata
        The study.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return [_write_readable(folder / f"{name}.csv", name, tables, metadata) for name in names]


def _write_readable(file: Path, name: str, tables: Mapping[str, pd.DataFrame], metadata: Metadata) -> Path:
    lang, frame = metadata.language, tables[name]
    frame = frame[[column for column in frame if not register.column(str(column), name).technical]]
    frame = readable.named(name, frame, tables, lang)
    columns = describe(name, frame, metadata).columns
    values = [readable.worded(frame[column.name], column, lang) for column in columns]
    cells = [_cells(pa.chunked_array([pa.array(each, from_pandas=True)])).combine_chunks() for each in values]
    if lang == "fr":
        cells = [_with_comma(each) if pa.types.is_floating(each.type) else each for each in cells]
    separator = ";" if lang == "fr" else ","
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        heads = [readable.header(column, name) for column in columns]
        csv.writer(stream, delimiter=separator, lineterminator="\n").writerow(heads)
    options = pcsv.WriteOptions(include_header=False, delimiter=separator, quoting_style="needed")
    with file.open("ab") as stream:
        pcsv.write_csv(pa.table(cells, names=[column.name for column in columns]), stream, options)
    return file


def _with_comma(numbers: pa.Array) -> pa.Array:
    return pc.replace_substring(numbers.cast(pa.string()), ".", ",")


def write_for_spreadsheets(file: Path, frame: pd.DataFrame) -> Path:
    """Write texts as a CSV that French spreadsheets open rightly: semicolons, a byte-order mark.

    :func:`harmless` applies to every cell; the file takes its place when it is whole.
    """
    cells = [
        harmless(pa.chunked_array([pa.array(frame[name], pa.string(), from_pandas=True)])).to_pylist()
        for name in frame
    ]
    part = file.with_name(f".{file.name}.part")
    with part.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
        writer.writerow(frame.columns)
        writer.writerows(zip(*cells, strict=True))
    return part.replace(file)


def _write(file: Path, frame: pd.DataFrame) -> Path:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    columns = [_cells(column).combine_chunks() for column in table.columns]  # empty chunks come out as noise
    special = any(
        pc.any(pc.match_substring_regex(column.unique(), _SPECIAL)).as_py()
        for column in columns
        if _is_text(column)
    )
    options = pcsv.WriteOptions(include_header=False, quoting_style="needed" if special else "none")
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerow(frame.columns)
    with file.open("ab") as stream:
        pcsv.write_csv(pa.table(columns, names=list(frame.columns)), stream, options)
    return file


def _cells(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the values of a column as CSV holds them."""
    if pa.types.is_timestamp(column.type):
        return column.cast(pa.date32())
    return harmless(column) if _is_text(column) else column


def _is_text(column: pa.ChunkedArray) -> bool:
    return bool(pa.types.is_string(column.type) or pa.types.is_large_string(column.type))


def _unindexed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.reset_index(drop=frame.index.names[0] is None)


def _plain(values: pd.Series) -> pd.Series:
    """Return a column in one of the plain types; an object column of truth values is one of truth values."""
    kinds = pd.api.types
    if kinds.is_numeric_dtype(values) or kinds.is_datetime64_any_dtype(values):
        return values
    if kinds.is_object_dtype(values) and kinds.infer_dtype(values, skipna=True) == "boolean":
        return values.astype("boolean")
    return values if values.dtype == "str" else values.astype("str").where(values.notna(), None)
