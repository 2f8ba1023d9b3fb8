"""Who gets which service, as layers of the GeoPackage: communes and EPCI, a row for each of their services.

They are views upon ``couverture`` and ``couverture_parts``, which hold the states and shares: a filter
``service = '…'`` makes a map of one service, and nothing is stored twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from opsn_geo.catalogue.words import text
from opsn_geo.publish.geopackage.content import Content, abstract
from opsn_geo.publish.geopackage.tables import quoted

if TYPE_CHECKING:
    import sqlite3

    import pandas as pd

    from opsn_geo.study import Metadata

COMMUNES: Final = "services_communes"
EPCI: Final = "services_epci"
_PLACE: Final = ("code_insee", "name", "code_dep", "siren_epci", "population", "area_km2")
_INDICES: Final = {
    "couverture": (("service", "code_insee"), ("code_insee",)),
    "couverture_parts": (("level", "code"),),
    "adhesions": (("code",), ("opsn",)),
    "offres": (("opsn",), ("service",)),
    "communes": (("code_insee",), ("siren_epci",), ("code_dep",)),
    "epci": (("siren_epci",),),
    "departements": (("code_dep",),),
    "deserts": (("service",),),
    "services": (("service",),),
}


class View(NamedTuple):
    """One layer of places and services: what it is, and the tables and the condition that make it."""

    content: Content
    places: str
    rows: str
    joined: str

    @property
    def sql(self) -> str:
        """Statement that makes the view; the number of a row is that of the table of services."""
        place = {*_PLACE} & {column.name for column in self.content.columns}
        columns = [
            f"{'p' if column.name in place else 'r'}.{quoted(column.name)}" for column in self.content.columns
        ]
        return (
            f"CREATE VIEW {quoted(self.content.name)} AS SELECT r.fid AS fid, p.geom AS geom, "  # noqa: S608
            f"{', '.join(columns)} FROM {quoted(self.rows)} r JOIN {quoted(self.places)} p ON {self.joined}"
        )


def views(contents: Sequence[Content], metadata: Metadata) -> list[View]:
    """Return the layers of places and services that the contents at hand make."""
    by_name = {content.name: content for content in contents}
    made = []
    for name, places, rows, key, joined in (
        (COMMUNES, "communes", "couverture", "code_insee", "p.code_insee = r.code_insee"),
        (EPCI, "epci", "couverture_parts", "code", "p.siren_epci = r.code AND r.level = 'epci'"),
    ):
        if places in by_name and rows in by_name and by_name[rows].has(key, "service"):
            view = _view(name, by_name[places], by_name[rows], metadata)
            made.append(View(view, places, rows, joined))
    return made


def _view(name: str, places: Content, rows: Content, metadata: Metadata) -> Content:
    own = {column.name: column for column in places.columns}
    place = [own[column] for column in _PLACE if column in own]
    taken = {column.name for column in place} | {"level", "code"}
    lang = metadata.language
    subject = text(f"geopackage.{name}_hold", lang)
    return Content(
        name=name,
        title=text(f"geopackage.{name}", lang),
        abstract=abstract(subject, metadata, rows.rests_on),
        columns=(*place, *(column for column in rows.columns if column.name not in taken)),
        shape=places.shape,
        bounds=places.bounds,
        rests_on=rows.rests_on,
    )


def add_views(base: sqlite3.Connection, made: Sequence[View], moment: str) -> None:
    """Make the views, and list each among the layers with the outlines of its places."""
    for view in made:
        content = view.content
        base.execute(view.sql)
        base.execute(
            "INSERT INTO gpkg_contents SELECT ?, data_type, ?, ?, ?, min_x, min_y, max_x, max_y, srs_id "
            "FROM gpkg_contents WHERE table_name = ?",
            (content.name, content.title, content.abstract, moment, view.places),
        )
        base.execute(
            "INSERT INTO gpkg_geometry_columns SELECT ?, column_name, geometry_type_name, srs_id, z, m "
            "FROM gpkg_geometry_columns WHERE table_name = ?",
            (content.name, view.places),
        )


def add_indices(base: sqlite3.Connection, contents: Sequence[Content]) -> None:
    """Index the columns by which rows are looked up: joins, relations and aggregates need them."""
    for content in contents:
        for columns in _INDICES.get(content.name, ()):
            if content.has(*columns):
                name = quoted("_".join(("by", content.name, *columns)))
                base.execute(f"CREATE INDEX {name} ON {quoted(content.name)} ({', '.join(columns)})")


def service_names(tables: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return the name of each service of the study that has rows, in the order of the catalogue."""
    services, rows = tables.get("services"), tables.get("couverture")
    if services is None or rows is None or "service" not in rows:
        return {}
    present = set(rows["service"].unique())
    return {
        code: name
        for code, name in zip(services["service"], services["name"], strict=True)
        if code in present
    }
