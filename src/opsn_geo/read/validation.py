"""Text tables to checked tables: columns recognised, values typed, every fault listed at once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import pandas as pd
from rapidfuzz import fuzz, process

from opsn_geo.errors import Fault, InputError
from opsn_geo.read.schema import SCHEMAS, Column, Schema
from opsn_geo.read.tables import table
from opsn_geo.read.values import EXAMPLES, READINGS, UNKNOWN, plain, respelt, slug

MOST_PER_COLUMN: Final = 50
"""Different faults listed of one column of one file; a wrong column would otherwise fill the screen."""
MOST_EXPECTED: Final = 12
"""As many allowed values as a message lists."""


def nearest(value: str, among: Sequence[str], *others: str, least: float = 60) -> str | None:
    """Return the text nearest to a value or to another word for it, if any is near (rapidfuzz, 0 to 100).

    >>> nearest("milesime", ["millesime", "date"]), nearest("xyz", ["millesime"])
    ('millesime', None)
    """
    tries = (
        process.extractOne(word, among, scorer=fuzz.ratio, processor=plain, score_cutoff=least)
        for word in (value, *others)
    )
    return max(filter(None, tries), key=lambda match: match[1], default=(None,))[0]


def grouped(cells: pd.Series) -> Iterator[tuple[Hashable, str | None, int]]:
    """Yield each different value of some cells with the label of its first row and how many rows hold it.

    The most frequent come first. Beyond :data:`MOST_PER_COLUMN` values the others are counted together, with
    no value.

    >>> [*grouped(pd.Series(["NC", "x", "NC"], index=[4, 5, 9]))]
    [(4, 'NC', 2), (5, 'x', 1)]
    """
    counts = cells.value_counts(sort=False).sort_values(ascending=False, kind="stable")
    first = cells.drop_duplicates()
    rows = dict(zip(first, first.index, strict=True))
    for value, count in counts.head(MOST_PER_COLUMN).items():
        yield rows[value], str(value), int(count)
    others = counts.iloc[MOST_PER_COLUMN:]
    if len(others):
        yield rows[others.index[0]], None, int(others.sum())


def guessed(headers: Sequence[str], schema: Schema, given: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return which header of a file stands for which column of a table.

    A header the user maps comes first, then one that bears the column's own name, then the synonyms in
    their order; each header serves once.

    Parameters
    ----------
    headers : sequence of str
        Headers of the file.
    schema : Schema
        The table.
    given : mapping of str to str, optional
        The user's own mapping, from column to header.

    Returns
    -------
    dict
        From column to header, in the order of the table; what has no header is absent.

    Examples
    --------
    >>> guessed(["Opérateur", "Code INSEE", "Commune"], SCHEMAS["memberships"])
    {'opsn': 'Opérateur', 'code': 'Code INSEE', 'name': 'Commune'}
    """
    mapping = {column: header for column, header in (given or {}).items() if header in headers}
    names = [(column.name, column.name) for column in schema.columns]
    synonyms = [(column.name, other) for column in schema.columns for other in column.headers]
    plains: dict[str, str] = {}
    for header in headers:
        plains.setdefault(plain(header), header)
    for column, wanted in [*names, *synonyms]:
        match = plains.get(plain(wanted))
        if column not in mapping and match is not None and match not in mapping.values():
            mapping[column] = match
    return {column.name: mapping[column.name] for column in schema.columns if column.name in mapping}


def fitting(schema: Schema, given: Mapping[str, str] | None = None) -> Callable[[Sequence[str]], int]:
    """Return what counts the columns of a table that a line of cells is a header of.

    >>> fitting(SCHEMAS["memberships"])(["Opérateur", "Code INSEE", "Remarque"])
    2
    """
    return lambda cells: len(guessed([cell for cell in cells if cell], schema, given))


def checked(
    frame: pd.DataFrame, schema: Schema, file: str, mapping: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return a text table checked, its columns typed.

    Parameters
    ----------
    frame : DataFrame
        Text columns on the index ``row``, as :func:`opsn_geo.read.tables.table` gives them.
    schema : Schema
        What the table has to be.
    file : str
        Name of the file, for the faults.
    mapping : mapping of str to str, optional
        The user's mapping, from column to header of the file.

    Returns
    -------
    DataFrame
        The table's columns in its order, typed (``boolean``, ``Int64``, ``Float64``, ``datetime64[s]``,
        ``str``), then the file's other columns as text, on the same index. A missing cell is missing, or
        the column's default.

    Raises
    ------
    InputError
        A column or a value is missing, wrong or repeated; all faults are listed, up to
        :data:`MOST_PER_COLUMN` in a column.

    Examples
    --------
    >>> frame = pd.DataFrame({"Id": ["adico"], "Nom": ["Adico"], "ETP": ["12,5"]}, dtype="str")
    >>> checked(frame, SCHEMAS["opsn"], "opsn.csv")[["opsn", "staff", "list_complete"]].iloc[0].to_dict()
    {'opsn': 'adico', 'staff': 12.5, 'list_complete': False}
    """
    headers = list(frame.columns)
    mapping = mapping or {}
    faults = list(_mapping_faults(headers, schema, file, mapping))
    header_of = guessed(headers, schema, mapping)
    typed: dict[str, pd.Series] = {}
    for column in schema.columns:
        if column.name not in header_of and column.required:
            near = nearest(
                column.name,
                [header for header in headers if header not in header_of.values()],
                *column.headers,
            )
            faults.append(Fault(cause="missing_column", file=file, column=column.name, nearest=near))
        texts = frame[header_of[column.name]] if column.name in header_of else _absent(frame.index)
        if column.default is not None:
            texts = texts.fillna(column.default)
        typed[column.name] = typed_cells(texts, column)
        if column.name in header_of:
            faults.extend(_value_faults(texts, typed[column.name], column, file, header_of[column.name]))
    others = frame.drop(columns=list(header_of.values())).drop(columns=list(typed), errors="ignore")
    result = pd.DataFrame(typed, index=frame.index).join(others)
    faults.extend(_key_faults(result, schema, file))
    if faults:
        raise InputError(faults)
    return result


def _absent(index: pd.Index) -> pd.Series:
    """Return a column of which every cell is missing."""
    return pd.Series(pd.NA, index=index, dtype="str")


def typed_cells(texts: pd.Series, column: Column) -> pd.Series:
    """Return a column's cells, typed; those that cannot be read are missing."""
    if not column.allowed:
        return READINGS[column.kind](texts)
    spellings = {plain(other): value for value, others in column.allowed.items() for other in others}
    spellings |= {plain(value): value for value in column.allowed}
    return respelt(texts, lambda text: spellings.get(plain(text)))


def _mapping_faults(
    headers: Sequence[str], schema: Schema, file: str, mapping: Mapping[str, str]
) -> Iterator[Fault]:
    """Yield what the user's mapping names that is neither in the table nor in the file."""
    names = [column.name for column in schema.columns]
    for column, header in mapping.items():
        if column not in names:
            yield Fault(cause="unknown_column", file=file, column=column, nearest=nearest(column, names))
        elif header not in headers:
            yield Fault(cause="missing_header", file=file, column=header, nearest=nearest(header, headers))


def _value_faults(
    texts: pd.Series, typed: pd.Series, column: Column, file: str, header: str
) -> Iterator[Fault]:
    """Yield the cells of a column that are empty but required, or cannot be read."""
    unread = texts.notna() & typed.isna()
    unknown = respelt(texts.where(unread), plain).isin(UNKNOWN)
    wrong = unread & ~unknown
    empty = (texts.isna() | unknown) & column.required
    expected = " | ".join(column.allowed) or EXAMPLES.get(column.kind)
    place = Fault(cause="wrong_value", file=file, column=header, expected=expected)
    for row, value, count in grouped(texts[(wrong | empty) & texts.notna()]):
        near = nearest(value, list(column.allowed)) if column.allowed and value else None
        yield replace(place, row=line_number(row), value=value, nearest=near, count=count)
    blank = texts.index[empty & texts.isna()]
    if len(blank):
        yield replace(place, cause="empty_cell", row=line_number(blank[0]), count=len(blank))


def _key_faults(frame: pd.DataFrame, schema: Schema, file: str) -> Iterator[Fault]:
    """Yield the rows that repeat the key of an earlier one."""
    if not schema.key:
        return
    keys = frame[list(schema.key)]
    repeated = keys[keys.duplicated() & keys[schema.key[0]].notna()]
    values = [", ".join(part for part in row if isinstance(part, str)) for row in repeated.to_numpy()]
    for row, value, count in grouped(pd.Series(values, index=repeated.index, dtype="str")):
        yield Fault(
            cause="repeated_key", file=file, row=line_number(row), column=", ".join(schema.key), value=value,
            count=count,
        )  # fmt: skip


def line_number(row: Hashable) -> int | str:
    """Return an index label as a line number, or as it is in a frame that has other labels."""
    return int(str(row)) if str(row).isdigit() else str(row)


def related(tables: Mapping[str, pd.DataFrame], files: Mapping[str, str]) -> dict[str, pd.DataFrame]:
    """Return tables of which every OPSN and service is in its own table; full names become short ones.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Checked tables by name. A table that is absent is not checked against.
    files : mapping of str to str
        File of each table, for the faults.

    Returns
    -------
    dict of str to DataFrame
        The same tables, where a reference spelt as the full name of its target is replaced by the key.

    Raises
    ------
    InputError
        A reference has no target; all are listed with the nearest.

    Examples
    --------
    >>> opsn = pd.DataFrame({"opsn": ["cdg59"], "name": ["Centre de gestion du Nord"]})
    >>> memberships = pd.DataFrame({"opsn": ["centre-de-gestion-du-nord"], "services": ["*"]})
    >>> related({"opsn": opsn, "memberships": memberships}, {})["memberships"]["opsn"].tolist()
    ['cdg59']
    """
    faults: list[Fault] = []
    result = dict(tables)
    for name, column, target in _references(tables):
        keys = _keys(tables[target], SCHEMAS[target].key[0])
        cells = tables[name][column]
        faults.extend(_reference_faults(cells, keys, files.get(name, name), column))
        spelt = respelt(cells, partial(_respelt, keys))
        result[name] = result[name].assign(**{column: spelt})
    if faults:
        raise InputError(faults)
    return result


def _references(tables: Mapping[str, pd.DataFrame]) -> Iterator[tuple[str, str, str]]:
    """Yield table, column and target of every reference that can be checked."""
    for name in [name for name in SCHEMAS if name in tables]:
        for column in SCHEMAS[name].columns:
            target = column.refers_to
            if target in tables and target is not None and column.name in tables[name]:
                yield name, column.name, target


def _respelt(keys: Mapping[str, str], text: str) -> str:
    """Return names joined by ``;`` as their keys."""
    return ";".join(keys.get(name, name) for name in text.split(";"))


def _keys(target: pd.DataFrame, key: str) -> dict[str, str]:
    """Return the key of each key of a table, and of each short form of a full name."""
    names = target.get("name", target[key])
    return {**dict(zip(names.map(slug), target[key], strict=True)), **{own: own for own in target[key]}}


def _reference_faults(cells: pd.Series, keys: Mapping[str, str], file: str, column: str) -> Iterator[Fault]:
    """Yield the references of a column that have no target."""
    parts = cells.dropna().str.split(";").explode()
    missing = parts[~parts.isin([*keys, "*", ""])]
    own = sorted(set(keys.values()))
    expected = ", ".join(own) if len(own) <= MOST_EXPECTED else None
    for row, value, count in grouped(missing):
        near = nearest(value, list(keys)) if value else None
        yield Fault(
            cause="unknown_reference", file=file, row=line_number(row), column=column, value=value,
            expected=None if near else expected, nearest=keys[near] if near else None, count=count,
        )  # fmt: skip


def checked_tables(
    files: Mapping[str, Path], mappings: Mapping[str, Mapping[str, str]] | None = None
) -> dict[str, pd.DataFrame]:
    """Return every table of a study that has a schema, checked, also how they refer to one another.

    Parameters
    ----------
    files : mapping of str to Path
        File of each table, by its name in :data:`~opsn_geo.read.schema.SCHEMAS`; others are left alone.
    mappings : mapping of str to mapping, optional
        The user's mapping of each table, from column to header.

    Returns
    -------
    dict of str to DataFrame
        Checked tables, in the order of ``files``.

    Raises
    ------
    InputError
        Anything is wrong in any of them; all faults of all files at once.
    """
    faults: list[Fault] = []
    tables: dict[str, pd.DataFrame] = {}
    for name in [name for name in files if name in SCHEMAS]:
        file = files[name]
        try:
            schema, mapping = SCHEMAS[name], (mappings or {}).get(name)
            read = table(file, fit=fitting(schema, mapping))
            tables[name] = checked(read, schema, str(file), mapping)
        except InputError as error:
            faults.extend(error.faults)
    try:
        tables = related(tables, {name: str(file) for name, file in files.items()})
    except InputError as error:
        faults.extend(error.faults)
    if faults:
        raise InputError(faults)
    return tables
