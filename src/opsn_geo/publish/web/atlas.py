"""The atlas: every theme, service and operator in one Folium page that works without a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from opsn_geo.publish.web.folium_maps import map_of
from opsn_geo.publish.web.folium_maps import write as write_page
from opsn_geo.publish.web.payload import BASE, atlas_payload

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from opsn_geo.publish.themes import Theme
    from opsn_geo.publish.web import topology
    from opsn_geo.study import Metadata


def write(
    path: Path,
    layers: Mapping[str, gpd.GeoDataFrame],
    couverture: pd.DataFrame,
    services: pd.DataFrame,
    opsn: pd.DataFrame,
    metadata: Metadata,
    themes: Sequence[Theme],
    packed: topology.Packed | None = None,
    reponses: pd.DataFrame | None = None,
    warnings: Sequence[str] = (),
) -> None:
    """Write the atlas as one HTML file, beside its target and then in its place.

    Parameters
    ----------
    path : pathlib.Path
        File to write.
    layers : mapping of str to geopandas.GeoDataFrame
        ``communes`` (a valid coverage indexed by ``code_insee``; those not ``inside`` give context only),
        ``epci`` and ``departements``, with the columns that ``themes`` show.
    couverture : pandas.DataFrame
        One row for each commune and service: ``code_insee``, ``service``, ``state``, ``path``, ``opsn``.
        A commune without a row is unknown.
    services, opsn : pandas.DataFrame
        Lists of services (``service``, ``name``, ``family``…) and of operators (``opsn``, ``name``,
        ``list_complete``).
    metadata : Metadata
        What the page says of itself, and its language.
    themes : sequence of Theme
        Those of the three layers are shown; those of other layers are left to the GeoPackage.
    packed : topology.Packed, optional
        The communes, where they are packed already.
    reponses : pandas.DataFrame, optional
        What communes answered that the study asks for by name: ``code_insee``, ``respondent``, ``label``,
        ``answer``. Their panel shows it.
    warnings : sequence of str
        What must be read before the maps; it stands at the head of the page.

    Notes
    -----
    Same inputs, same bytes. The page may make no request: its own policy forbids it, but for the pictures of
    the background where the study asks for one.
    """
    data = atlas_payload(layers, couverture, services, opsn, metadata, themes, packed, reponses)
    communes = layers[BASE]
    studied = communes[communes["inside"].astype(bool)] if "inside" in communes else communes
    made = map_of(data, studied, metadata.title, metadata)
    made._id = "atlas"  # noqa: SLF001 - folium offers no other way to name a map
    write_page(path, made, metadata.title, metadata, warnings)
