"""Any part of the embedded boundaries as a file of its own, for those who come for the boundaries alone."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import pandas as pd
import pyogrio

from opsn_geo.boundaries.drafts import draft
from opsn_geo.boundaries.embedded import embedded, official_communes
from opsn_geo.boundaries.territory import KEYS
from opsn_geo.boundaries.zones import zones
from opsn_geo.errors import Fault, InputError

if TYPE_CHECKING:
    from opsn_geo.boundaries.territory import Territory

ENDINGS: Final = (".gpkg", ".parquet", ".geojson")


def export(
    file: Path | str,
    *,
    millesime: int,
    layer: str = "communes",
    region: str | None = None,
    departements: Collection[str] = (),
    epci: Collection[str] = (),
    folder: Path | None = None,
) -> Path:
    """Write a part of the embedded boundaries, or all of France, and return the file.

    Parameters
    ----------
    file : Path or str
        Its ending chooses the format. ``.gpkg``: communes, EPCI and départements in the legal projection,
        which a study can name as its boundaries; of all France, a set of layers for each territory.
        ``.parquet``: one layer as GeoParquet, in the legal projection, or in degrees (EPSG:4326) for all of
        France. ``.geojson``: one layer, in degrees.
    millesime : int
        Vintage year: 2021 to 2026.
    layer : {"communes", "epci", "departements"}
        The layer of a file of one layer.
    region, departements, epci
        As for :func:`~opsn_geo.boundaries.embedded.embedded`; nothing chosen is all of France.
    folder : Path, optional
        Where the embedded files are; by default those of the package.

    Raises
    ------
    InputError
        The ending or the layer is not one of those, or the place or vintage is not embedded.
    MachineError
        The file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> place = Path(tempfile.mkdtemp())
    >>> file = export(place / "mayotte.geojson", millesime=2024, layer="epci", region="Mayotte")
    >>> len(gpd.read_file(file))
    5
    """
    file = Path(file)
    for value, allowed in ((file.suffix.lower(), ENDINGS), (layer, tuple(KEYS))):
        if value not in allowed:
            expected = ", ".join(allowed)
            raise InputError([Fault(cause="unknown_export", file=str(file), value=value, expected=expected)])
    if region or departements or epci:
        part = embedded(
            millesime=millesime, region=region, departements=departements, epci=epci, folder=folder
        )
        parts = {"": part}
    else:
        parts = _france(millesime, folder)
    with draft(file) as place:
        if file.suffix.lower() == ".gpkg":
            _geopackage(place, parts, millesime)
        else:
            _one_layer(place, [getattr(part, layer).reset_index() for part in parts.values()])
    return file


def _france(millesime: int, folder: Path | None) -> dict[str, Territory]:
    """Return every territory of France by its name."""
    communes = official_communes(millesime, folder)
    zone = zones(communes.index.to_series())
    return {
        str(name): embedded(
            millesime=millesime, departements=sorted(rows["code_dep"].unique()), name=str(name), folder=folder
        )
        for name, rows in communes.groupby(zone)
    }


def _geopackage(file: Path, parts: dict[str, Territory], millesime: int) -> None:
    """Write the three layers of each part; the same input gives the same bytes."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{millesime}-01-01T00:00:00.000Z"})
    try:
        for name, part in parts.items():
            for layer in KEYS:
                title = f"{layer}_{name}" if name else layer
                pyogrio.write_dataframe(
                    getattr(part, layer).reset_index(),
                    file,
                    layer=title,
                    driver="GPKG",
                    append=file.exists(),
                    geometry_type="MultiPolygon",
                    layer_options={"GEOMETRY_NAME": "geom", "IDENTIFIER": title},
                )
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def _one_layer(file: Path, layers: list[gpd.GeoDataFrame]) -> None:
    """Write one layer as GeoParquet or GeoJSON; layers of several projections in degrees."""
    in_degrees = len(layers) > 1 or file.suffix.lower() == ".geojson"
    frames = [frame.to_crs(4326) for frame in layers] if in_degrees else layers
    frame = gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=frames[0].crs)
    if file.suffix.lower() == ".parquet":
        frame.to_parquet(file, index=False, compression="zstd")
    else:
        pyogrio.write_dataframe(frame, file, driver="GeoJSON", layer_options={"RFC7946": "YES"})
