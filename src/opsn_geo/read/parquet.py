"""A Parquet file as an Arrow table, once it is counted how much memory it would take.

A text that repeats is written once in such a file: a hundred kilobytes may hold gigabytes. Here texts stay
written once until their lengths are summed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from opsn_geo.errors import Fault, InputError
from opsn_geo.read.limits import check_size

if TYPE_CHECKING:
    import pyarrow as pa


def parquet_table(path: Path, *, kind: str = "") -> pa.Table:
    """Return a Parquet file as an Arrow table, its texts written once each.

    Parameters
    ----------
    path : Path
        A Parquet file.
    kind : str
        Which limits it has to keep: those of a table where it is empty, else of what it begins the names of.

    Raises
    ------
    InputError
        It has too many rows, columns, cells or bytes, or lists in its cells.
    """
    import pyarrow as pa  # noqa: PLC0415 - slow to import, and only when there is such a file
    import pyarrow.parquet as pq  # noqa: PLC0415 - likewise

    with pq.ParquetFile(path) as file:
        about, schema = file.metadata, file.schema_arrow
    n_rows, n_columns = about.num_rows, about.num_columns
    size = sum(about.row_group(number).total_byte_size for number in range(about.num_row_groups))
    check_size(path, columns=n_columns, **{f"{kind}rows": n_rows, f"{kind}bytes": size})
    check_size(path, cells=n_rows * n_columns)
    nested = [column for column in schema if pa.types.is_nested(column.type)]
    if nested and not kind:
        value = ", ".join(f"{column.name} ({column.type})" for column in nested)
        raise InputError([Fault(cause="unreadable_file", file=str(path), value=value)])
    texts = [column.name for column in schema if _is_text(column.type)]
    read = pq.read_table(path, columns=schema.names, read_dictionary=texts, partitioning=None)
    check_size(path, **{f"{kind}bytes": sum(_text_bytes(part) for it in read.columns for part in it.chunks)})
    return read


def _is_text(kind: pa.DataType) -> bool:
    """Return whether cells of a kind hold text or bytes of any length."""
    import pyarrow as pa  # noqa: PLC0415 - slow to import

    return any(
        of_kind(kind)
        for of_kind in (
            pa.types.is_string,
            pa.types.is_binary,
            pa.types.is_large_string,
            pa.types.is_large_binary,
        )
    )


def _text_bytes(part: pa.Array) -> int:
    """Return how many bytes the texts of a part of a column come to, each as often as it stands there."""
    import pyarrow as pa  # noqa: PLC0415 - slow to import
    import pyarrow.compute as pc  # noqa: PLC0415 - likewise

    if pa.types.is_dictionary(part.type) and _is_text(part.type.value_type):
        lengths = pc.take(pc.binary_length(part.dictionary), part.indices)
    elif _is_text(part.type):
        lengths = pc.binary_length(part)
    else:
        return 0
    return int(pc.sum(lengths).as_py() or 0)
