"""Frames that a user brings to checked tables, by the same rules as files.

A frame is first written as the text table that a file of it would give, then checked by the schema of
:mod:`opsn_geo.read.schema`: a column that a CSV may omit, a frame may omit. Faults bear the name of the frame
and the label of the row.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from opsn_geo.catalogue.states import Level
from opsn_geo.errors import Fault, InputError, attempt
from opsn_geo.read.schema import BASIS, SCHEMAS, Column, Schema
from opsn_geo.read.tables import as_text
from opsn_geo.read.validation import MOST_PER_COLUMN, checked, nearest, related
from opsn_geo.read.values import EXAMPLES

if TYPE_CHECKING:
    from pyproj import CRS

USES: Final = Schema(
    name="uses",
    columns=(
        Column(name="code_insee", required=True, headers=("code", "insee")),
        Column(name="opsn", kind="slug"),
        Column(name="service", kind="slug", required=True),
        BASIS,
    ),
)
"""Services that communes are known to use."""

CODE_FORMS: Final[Mapping[str, tuple[str, str]]] = {
    "code_insee": (r"\d[\dAB]\d{3}", "02001 | 2A004"),
    "siren_epci": (r"\d{9}", "200071785"),
    "code_dep": (r"\d[\dAB]|97\d|98\d", "02 | 2A | 971"),
    "code_reg": (r"\d{2}", "32"),
}
"""Form of each official code, and examples."""

LEVEL_CODES: Final = {
    Level.COMMUNE.value: "code_insee",
    Level.EPCI.value: "siren_epci",
    Level.DEPARTEMENT.value: "code_dep",
    Level.REGION.value: "code_reg",
}
"""Column of communes that holds the code of each level."""


def text_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the text table of a frame, as :func:`opsn_geo.read.tables.table` reads it from a file.

    Parameters
    ----------
    frame : DataFrame
        Columns of any kind. A named index whose name is no column becomes the first column. Geometries are
        left out; lists become texts joined by ``;``.

    Returns
    -------
    DataFrame
        Columns of dtype ``str`` on the index of `frame`; empty cells are missing.

    Examples
    --------
    >>> frame = pd.DataFrame({"code": [2001], "services": [["dpd", "sig"]], "reaches_communes": [True]})
    >>> text_table(frame).loc[0].tolist()
    ['2001', 'dpd;sig', 'true']
    """
    labels = frame.index.to_frame() if frame.index.names != [None] else frame.iloc[:, :0]
    columns = frame.join(labels[labels.columns.difference(frame.columns)]).items()
    texts = {
        str(name): [_text(cell) for cell in np.asarray(cells, object)]
        for name, cells in columns
        if str(cells.dtype) != "geometry"
    }
    return pd.DataFrame(texts, index=frame.index, dtype="str")


def _text(cell: object) -> str | None:
    """Return the text of one cell; nothing where it is missing or blank."""
    if isinstance(cell, (list, tuple, set, frozenset, np.ndarray)):
        return ";".join(map(as_text, sorted(cell) if isinstance(cell, (set, frozenset)) else cell)) or None
    return None if pd.isna(cell) else as_text(cell) or None  # type: ignore[call-overload]


def frame_text(frame: pd.DataFrame, name: str, schema: Schema | None = None) -> pd.DataFrame:
    """Return a frame as a text table, as :func:`text_table`; raise what keeps it from being read at all.

    Parameters
    ----------
    frame : DataFrame
        Any index of unique labels.
    name : str
        Name of the frame, for the faults.
    schema : Schema, optional
        What the table has to be. One of named things may omit their names: the key stands for them.

    Returns
    -------
    DataFrame
        Columns of dtype ``str`` on the index of `frame`.

    Raises
    ------
    InputError
        It is no frame, or a label or a column repeats.
    """
    faults = list(shape_faults(frame, name))
    if faults:
        raise InputError(faults)
    texts = text_table(frame)
    if schema is not None and schema.key:
        (key, *_), nameable = schema.key, any(column.name == "name" for column in schema.columns)
        if nameable and key in texts and "name" not in texts:
            texts["name"] = texts[key]
    return texts


def of_frame(fault: Fault, schema: Schema | None = None) -> Fault:
    """Return a fault of a table as one of a frame: rows have labels, and a column is missing from the frame.

    The schema is by default that of the table the fault names.

    >>> fault = of_frame(Fault(cause="missing_column", file="opsn", column="name", nearest="nom"))
    >>> print(fault.text("en"))
    opsn, column “name”: this frame lacks this column. Nearest: “nom”. Add it or rename one.
    """
    if fault.row is not None:
        fault = replace(fault, label=fault.row, row=None)
    if fault.cause != "missing_column":
        return fault
    schema = schema or SCHEMAS.get(fault.file)
    columns = schema.columns if schema else ()
    column = next((column for column in columns if column.name == fault.column), None)
    expected = (" | ".join(column.allowed) or EXAMPLES.get(column.kind)) if column else None
    return replace(fault, cause="frame_column", expected=expected)


def checked_frame(frame: pd.DataFrame, schema: Schema, name: str) -> pd.DataFrame:
    """Check a frame by a schema and type its columns; see :func:`opsn_geo.read.validation.checked`.

    Parameters
    ----------
    frame : DataFrame
        Any index of unique labels. A table of named things may omit their names: the key stands for them.
    schema : Schema
        What the table has to be.
    name : str
        Name of the frame, for the faults.

    Returns
    -------
    DataFrame
        Typed columns on the same index.

    Raises
    ------
    InputError
        It is no frame; a label or a column repeats; a column or a value is missing, wrong or repeated. All
        faults at once.

    Examples
    --------
    >>> memberships = pd.DataFrame({"opsn": ["adico"], "code": ["60057"]})
    >>> checked = checked_frame(memberships, SCHEMAS["memberships"], "memberships")
    >>> checked[["level", "services"]].loc[0].tolist()
    ['commune', '*']
    """
    texts = frame_text(frame, name, schema)
    try:
        return checked(texts, schema, name)
    except InputError as error:
        raise InputError(of_frame(fault, schema) for fault in error.faults) from None


def checked_frames(frames: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Check frames by the schemas of their names, and how they refer to one another.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        By names of :data:`opsn_geo.read.schema.SCHEMAS`.

    Returns
    -------
    dict of str to DataFrame
        Typed frames in the same order.

    Raises
    ------
    InputError
        Anything is wrong in any of them; all faults at once.

    Examples
    --------
    >>> opsn = pd.DataFrame({"opsn": ["adico"]})
    >>> memberships = pd.DataFrame({"opsn": ["adicoo"], "code": ["60057"]})
    >>> try:
    ...     checked_frames({"opsn": opsn, "memberships": memberships})
    ... except InputError as error:
    ...     [(fault.file, fault.label, fault.value, fault.nearest) for fault in error.faults]
    [('memberships', 0, 'adicoo', 'adico')]
    """
    faults: list[Fault] = []
    tables: dict[str, pd.DataFrame] = {}
    for name, frame in frames.items():
        table = attempt(faults, checked_frame, frame, SCHEMAS[name], name)
        if table is not None:
            tables[name] = table
    tables = attempt(faults, related, tables, {}) or tables
    if faults:
        raise InputError(map(of_frame, faults))
    return tables


def shape_faults(frame: pd.DataFrame | pd.Series, name: str, kind: type = pd.DataFrame) -> Iterator[Fault]:
    """Yield what keeps a frame from being read at all: it is none, or its labels or columns repeat."""
    if not isinstance(frame, kind):
        expected = "pandas.Series" if kind is pd.Series else "pandas.DataFrame"
        yield Fault(cause="no_frame", file=name, value=type(frame).__name__, expected=expected)
        return
    repeated = frame.index[frame.index.duplicated()].unique()
    yield from (
        Fault(cause="repeated_label", file=name, label=_label(label)) for label in repeated[:MOST_PER_COLUMN]
    )
    if isinstance(frame, pd.DataFrame):
        twice = frame.columns[frame.columns.duplicated()].unique()
        yield from (Fault(cause="repeated_column", file=name, column=str(column)) for column in twice)


def _label(label: Hashable) -> int | str:
    """Write the label of a row for a fault."""
    return int(label) if isinstance(label, (int, np.integer)) else str(label)


def checked_communes(
    communes: pd.DataFrame,
    *,
    codes: Collection[str] = (),
    numbers: Collection[str] = (),
    geometry: bool = False,
    name: str = "communes",
) -> pd.DataFrame:
    """Check a frame of communes, and complete what can be completed.

    Parameters
    ----------
    communes : DataFrame or GeoDataFrame
        On ``code_insee``, as text.
    codes : collection of str
        Columns of :data:`CODE_FORMS` that are needed; a cell may be missing.
    numbers : collection of str
        Columns of numbers that are needed; a cell may be missing, not negative.
    geometry : bool
        Whether areas in a metric projection are needed.
    name : str
        Name of the frame, for the faults.

    Returns
    -------
    DataFrame or GeoDataFrame
        The same, codes as text, numbers as floats, with ``inside`` (true where the frame has none),
        ``area_km2`` (measured where there is a geometry in metres, else missing) and ``name`` (the code where
        the frame has none).

    Raises
    ------
    InputError
        The index is not one of unique INSEE codes, a column is missing, a value is wrong, or the coordinates
        are degrees. All faults at once.

    Examples
    --------
    >>> communes = pd.DataFrame({"population": [10]}, index=pd.Index(["02001"], name="code_insee"))
    >>> checked_communes(communes, numbers=["population"])[["name", "inside"]].to_dict("index")["02001"]
    {'name': '02001', 'inside': True}
    """
    faults = list(shape_faults(communes, name))
    if faults:
        raise InputError(faults)
    faults += _index_faults(communes, name)
    columns: dict[str, pd.Series] = {}
    for column in [code for code in CODE_FORMS if code in communes or code in codes]:
        if column in communes:
            columns[column] = text_table(communes[[column]].rename_axis(None))[column]
            faults += _form_faults(columns[column], column, name)
    for column in [number for number in ("population", "area_km2") if number in communes]:
        columns[column] = pd.to_numeric(communes[column], errors="coerce").astype("float64")
        wrong = communes[column].notna() & ~columns[column].ge(0)
        faults += _cell_faults(communes.loc[wrong, column], column, name, "wrong_value", "expected.amount")
    needed = [column for column in (*codes, *numbers) if column not in communes]
    faults += [
        Fault(
            cause="frame_column",
            file=name,
            column=column,
            nearest=nearest(column, [str(c) for c in communes.columns]),
        )
        for column in needed
    ]
    if geometry:
        faults += projection_faults(communes, name)
    if faults:
        raise InputError(faults)
    return _completed(communes.assign(**columns).rename_axis("code_insee"))


def _completed(communes: pd.DataFrame) -> pd.DataFrame:
    """Add the columns that can be known from the others."""
    crs, inside = getattr(communes, "crs", None), communes.get("inside", default=True)
    if "area_km2" not in communes:
        metric = crs is not None and crs.is_projected
        communes = communes.assign(area_km2=communes.area / 1e6 if metric else np.nan)
    if "name" not in communes:
        communes = communes.assign(name=communes.index.astype("str"))
    return communes.assign(inside=inside).astype({"inside": "bool"})


def _index_faults(communes: pd.DataFrame, name: str) -> Iterator[Fault]:
    """Yield the labels that are no INSEE code; only the first where none is."""
    form, example = CODE_FORMS["code_insee"]
    wrong = [label for label in communes.index if not (isinstance(label, str) and re.fullmatch(form, label))]
    if len(wrong) == len(communes) and len(communes):
        near = nearest("code_insee", [str(column) for column in communes.columns], "code", "insee")
        yield Fault(
            cause="frame_index",
            file=name,
            label=_label(wrong[0]),
            expected=f"code_insee ({example})",
            nearest=near,
        )
        return
    for label in wrong[:MOST_PER_COLUMN]:
        yield Fault(cause="wrong_code", file=name, label=_label(label), value=str(label), expected=example)


def _form_faults(codes: pd.Series, column: str, name: str) -> Iterator[Fault]:
    """Yield the cells that have not the form of their code."""
    form, example = CODE_FORMS[column]
    wrong = codes.notna() & ~codes.str.fullmatch(form).fillna(value=False).astype(bool)
    yield from _cell_faults(codes[wrong], column, name, "wrong_code", example)


def _cell_faults(cells: pd.Series, column: str, name: str, cause: str, expected: str) -> Iterator[Fault]:
    """Yield a fault for each of some cells, up to the most that one column gives."""
    for label, value in cells.head(MOST_PER_COLUMN).items():
        yield Fault(
            cause=cause, file=name, label=_label(label), column=column, value=str(value), expected=expected
        )


def code_faults(table: pd.DataFrame, communes: pd.DataFrame, name: str) -> Iterator[Fault]:
    """Yield what keeps offers or memberships from reaching communes by their codes.

    Parameters
    ----------
    table : DataFrame
        Checked: ``level`` and ``code``.
    communes : DataFrame
        Checked, see :func:`checked_communes`.
    name : str
        Name of the table.

    Examples
    --------
    >>> communes = pd.DataFrame({"code_dep": ["02"]}, index=["02001"])
    >>> table = pd.DataFrame({"level": ["commune", "epci"], "code": ["2001", "200071785"]})
    >>> [(fault.file, fault.cause, fault.column) for fault in code_faults(table, communes, "offers")]
    [('offers', 'wrong_code', 'code'), ('communes', 'frame_column', 'siren_epci')]
    """
    placed = table[table["level"].isin(LEVEL_CODES)]
    reached, sound = False, True
    for level, rows in placed.groupby("level", sort=False):
        column = LEVEL_CODES[str(level)]
        form, example = CODE_FORMS[column]
        empty = rows["code"].isna()
        for label in rows.index[empty][:MOST_PER_COLUMN]:
            yield Fault(cause="empty_cell", file=name, label=_label(label), column="code", expected=example)
        wrong = ~empty & ~rows["code"].str.fullmatch(form).fillna(value=False).astype(bool)
        sound &= not (empty | wrong).any()
        own = communes.index if column == "code_insee" else communes.get(column)
        for label, value in rows.loc[wrong, "code"].head(MOST_PER_COLUMN).items():
            near = nearest(value, sorted(set(own.dropna()))) if own is not None else None
            place = Fault(cause="wrong_code", file=name, label=_label(label), column="code", value=value)
            yield replace(place, expected=example, nearest=near)
        if own is None:
            sound = False
            yield Fault(cause="frame_column", file="communes", column=column, expected=example)
        else:
            reached |= bool(rows["code"].isin(own).any())
    if len(placed) and sound and not reached:
        value = next(iter(placed["code"].dropna()), None)
        expected = str(communes.index[0]) if len(communes) else None
        yield Fault(cause="no_code_found", file=name, column="code", value=value, expected=expected)


def is_on_earth(crs: CRS | None) -> bool:
    """Return whether a coordinate system says where on earth its coordinates are, not only on some plan."""
    from pyproj import Transformer  # noqa: PLC0415 - slow to import
    from pyproj.exceptions import ProjError  # noqa: PLC0415 - likewise

    if crs is None or not (crs.is_geographic or crs.is_projected):
        return False
    try:
        Transformer.from_crs(crs, 4326)
    except ProjError:
        return False
    return True


def projection_faults(frame: object, name: str, *, metric: bool = True) -> Iterator[Fault]:
    """Yield the fault of a frame without geometry or projection, or in degrees where metres are needed."""
    crs = getattr(frame, "crs", None) if hasattr(frame, "geometry") else None
    if crs is None or not is_on_earth(crs):
        yield Fault(cause="frame_projection", file=name, expected="GeoDataFrame, EPSG:2154")
    elif metric and (not crs.is_projected or crs.axis_info[0].unit_name != "metre"):
        yield Fault(cause="not_metric", file=name, value=crs.to_string(), expected="EPSG:2154")


def groups_of(by: str | pd.Series, communes: pd.DataFrame) -> pd.Series:
    """Return the group of each commune, by a column of the communes or by a Series.

    Parameters
    ----------
    by : str or Series
        Name of a column of `communes`, or one group for each ``code_insee``: canton, bassin de vie… Communes
        that the Series lacks belong to no group.
    communes : DataFrame
        On ``code_insee``.

    Returns
    -------
    Series
        On the index of `communes`, with a name.

    Raises
    ------
    InputError
        There is no such column; the Series has repeated labels, or none of the communes.

    Examples
    --------
    >>> communes = pd.DataFrame({"canton": ["A", "B"]}, index=["02001", "02002"])
    >>> groups_of(pd.Series(["x"], index=["02002"]), communes).tolist()
    [nan, 'x']
    """
    if isinstance(by, str):
        if by not in communes:
            near = nearest(by, [str(column) for column in communes.columns])
            raise InputError([Fault(cause="frame_column", file="communes", column=by, nearest=near)])
        return communes[by]
    faults = list(shape_faults(by, "by", pd.Series))
    if not faults and not by.index.isin(communes.index).any():
        label = _label(by.index[0]) if len(by) else None
        faults.append(
            Fault(cause="frame_index", file="by", label=label, expected=f"code_insee ({communes.index[0]})")
        )
    if faults:
        raise InputError(faults)
    groups: pd.Series = by.reindex(communes.index)
    return groups if by.name is not None else groups.rename("group")


def choice_faults(argument: str, value: object, allowed: Collection[str]) -> Iterator[Fault]:
    """Yield the fault of an argument that is none of those allowed.

    >>> [fault.nearest for fault in choice_faults("at_least", "membre", ["offered", "member", "used"])]
    ['member']
    """
    if value not in allowed:
        near = nearest(str(value), [*allowed])
        yield Fault(
            cause="wrong_argument",
            file=argument,
            value=str(value),
            expected=" | ".join(allowed),
            nearest=near,
        )
