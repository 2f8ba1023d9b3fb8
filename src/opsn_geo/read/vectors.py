"""Boundary files opened by the driver of their own format and by no other, with no way to the network.

GDAL chooses a driver by what a file holds, whatever its name ends in: a virtual dataset may send it to other
files, a web service or a linked coordinate system to the network. So a file is opened only where its first
bytes are those of the format that its name says, and by a path that names the driver where GDAL has one.
"""

from __future__ import annotations

import json
import mmap
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyogrio

from opsn_geo.errors import Fault, InputError
from opsn_geo.read.frames import is_on_earth
from opsn_geo.read.limits import check_size
from opsn_geo.read.parquet import parquet_table

if TYPE_CHECKING:
    import geopandas as gpd

PARQUET: Final = frozenset({".parquet", ".geoparquet"})
FORMATS: Final = {
    ".gpkg": (b"SQLite format 3\x00", "GPKG:"),
    ".geojson": (b"{", "GeoJSON:"),
    ".json": (b"{", "GeoJSON:"),
    ".shp": (b"\x00\x00\x27\x0a", ""),
    ".fgb": (b"fgb\x03fgb", ""),
    **dict.fromkeys(PARQUET, (b"PAR1", "")),
}
"""The first bytes of each format that is read, by the ending of its files, and what names its driver."""

_BLANKS: Final = b"\xef\xbb\xbf \t\r\n"
_LINK: Final = re.compile(rb'"(?:c|\\u0063)(?:r|\\u0072)(?:s|\\u0073)"\s*:\s*(\{[^{}]*)')
_TYPE: Final = re.compile(r'"type"\s*:\s*"(\w*)"')
_OFFLINE: Final = {
    "GDAL_HTTP_PROXY": "http://127.0.0.1:9",  # nothing answers there: what is asked for is not sent anywhere
    "GDAL_HTTP_MAX_RETRY": "0",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
}


def layer_names(file: Path) -> list[str]:
    """Return the names of the layers of a boundary file.

    Raises
    ------
    InputError
        The file is of no format that is read, links to another, or is broken.
    """
    source = _source(file)
    if file.suffix.lower() in PARQUET:
        return [file.stem]
    with _reading(file):
        return [str(name) for name in pyogrio.list_layers(source)[:, 0]]


def field_names(file: Path, layer: str) -> set[str]:
    """Return the names of the columns of a layer, its outlines left out."""
    source = _source(file)
    with _reading(file):
        return set(pyogrio.read_info(source, layer=layer)["fields"])


def layer(file: Path, name: str, *, use_arrow: bool = False) -> gpd.GeoDataFrame:
    """Return a layer of a boundary file.

    Parameters
    ----------
    file : Path
        GeoPackage, GeoJSON, Shapefile, FlatGeobuf or GeoParquet.
    name : str
        Name of the layer; GeoParquet has but one.
    use_arrow : bool
        Whether it comes by way of Arrow: faster, for files of which the kinds of columns are known.

    Raises
    ------
    InputError
        The file is of no format that is read, links to another, is broken, or has no outlines or projection.
    """
    import geopandas as gpd  # noqa: PLC0415 - slow to import, and not for embedded boundaries

    source = _source(file)
    with _reading(file):
        if file.suffix.lower() in PARQUET:
            parquet_table(file, kind="boundary_")
            frame = gpd.read_parquet(file)
        else:
            about = pyogrio.read_info(source, layer=name)
            check_size(file, boundary_rows=about["features"], columns=len(about["fields"]))
            frame = pyogrio.read_dataframe(source, layer=name, use_arrow=use_arrow)
    if not isinstance(frame, gpd.GeoDataFrame) or not is_on_earth(frame.crs):
        raise InputError([Fault(cause="no_projection", file=str(file))])
    return frame


def _source(file: Path) -> str:
    """Return what GDAL opens a file as, once its bytes are those of the format that its name says."""
    expected = ", ".join(FORMATS)
    if file.suffix.lower() not in FORMATS:
        raise InputError([Fault(cause="foreign_format", file=str(file), expected=expected)])
    check_size(file, boundary_bytes=file.stat().st_size)
    start, prefix = FORMATS[file.suffix.lower()]
    with file.open("rb") as content:
        head = content.read(4096)
    if prefix == "GeoJSON:":
        head = head.lstrip(_BLANKS)
    if not head.startswith(start):
        raise InputError([Fault(cause="foreign_format", file=str(file), expected=expected)])
    if prefix == "GeoJSON:":
        _refuse_links(file)
    return f"{prefix}{file}"


def _refuse_links(file: Path) -> None:
    """Raise the fault of a GeoJSON file that takes its coordinate system from an address.

    Letters of JSON may be written as their codes, so these are searched for too.
    """
    with file.open("rb") as content, mmap.mmap(content.fileno(), 0, access=mmap.ACCESS_READ) as whole:
        for match in _LINK.finditer(whole):
            declared = match[1].decode("utf-8", errors="replace")
            kind = _TYPE.search(_unescaped(declared))
            if kind is None or kind[1].lower() not in {"name", "epsg", "ogc"}:
                raise InputError([Fault(cause="linked_projection", file=str(file), column="crs")])


def _unescaped(text: str) -> str:
    r"""Return JSON in which letters that are written as their codes are letters.

    >>> _unescaped('{"t\\u0079pe": 1')
    '{"type": 1'
    """
    return re.sub(r"\\u00[0-7][0-9a-fA-F]", lambda code: str(json.loads(f'"{code[0]}"')), text)


@contextmanager
def _reading(file: Path) -> Iterator[None]:
    """Read a file offline; whatever its reader raises is the fault of a file that cannot be read."""
    former = {option: pyogrio.get_gdal_config_option(option) for option in _OFFLINE}
    pyogrio.set_gdal_config_options(_OFFLINE)
    try:
        yield
    except InputError:
        raise
    except Exception as error:  # readers raise their own kinds: of GDAL, GEOS, PROJ, Arrow and of texts
        raise InputError([Fault(cause="unreadable_file", file=str(file), value=str(error))]) from error
    finally:
        pyogrio.set_gdal_config_options(former)
