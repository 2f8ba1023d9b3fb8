"""A boundary file opens by its own driver alone, and nothing in it reaches the network or another file."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely

from opsn_geo.errors import InputError
from opsn_geo.read import vectors

SQUARE = gpd.GeoDataFrame({"code": ["02001"]}, geometry=[shapely.box(3, 49, 3.1, 49.1)], crs=4326)


class Listener(HTTPServer):
    """A server on this machine that notes whoever asks it for anything."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Note)
        self.asked: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Note(BaseHTTPRequestHandler):
    server: Listener

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.send_error(404)

    do_HEAD = do_GET  # noqa: N815 - the name that http.server looks for

    def log_message(self, *_: object) -> None:
        """Write nothing."""


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def vrt(source: str) -> str:
    layer = f'<OGRVRTLayer name="a"><SrcDataSource>{source}</SrcDataSource></OGRVRTLayer>'
    return f"<OGRVRTDataSource>{layer}</OGRVRTDataSource>"


def linked(crs: str) -> str:
    feature = json.loads(SQUARE.to_json())["features"][0]
    return f'{{"type": "FeatureCollection", {crs}, "features": [{json.dumps(feature)}]}}'


@pytest.mark.parametrize(
    "ending", [".vrt", ".gpkg", ".geojson", ".json", ".shp", ".fgb", ".parquet", ".xml", ".zip"]
)
def test_virtual_files_and_web_services_are_refused_whatever_their_name(
    tmp_path: Path, listener: Listener, ending: str
) -> None:
    contents = {
        "remote": vrt(f"/vsicurl/{listener.address}/x.geojson"),
        "local": vrt("/etc/passwd"),
        "wfs": f"<OGRWFSDataSource><URL>{listener.address}/wfs</URL></OGRWFSDataSource>",
        "stream": f'{{"type": "gdal_streamed_alg", "command_line": "gdal vector read {listener.address}/x"}}',
        "topology": '{"type": "Topology", "objects": {}, "arcs": []}',
    }  # fmt: skip
    for name, content in contents.items():
        file = tmp_path / f"{name}{ending}"
        file.write_text(content)
        with pytest.raises(InputError) as error:
            vectors.layer_names(file)
        assert error.value.faults[0].cause in {"foreign_format", "unreadable_file"}
    assert listener.asked == []


@pytest.mark.parametrize(
    "crs",
    [
        '"crs": {"type": "link", "properties": {"href": "ADDRESS", "type": "ogcwkt"}}',
        '"crs": {"type": "url", "properties": {"url": "ADDRESS"}}',
        '"crs": {"properties": {"href": "ADDRESS"}, "type": "link"}',
        r'"\u0063r\u0073" : {"\u0074ype": "l\u0069nk", "properties": {"href": "ADDRESS"}}',
    ],
)
def test_a_coordinate_system_at_an_address_is_not_looked_up(
    tmp_path: Path, listener: Listener, crs: str
) -> None:
    file = tmp_path / "communes.geojson"
    file.write_text(linked(crs.replace("ADDRESS", f"{listener.address}/crs.wkt")))
    with pytest.raises(InputError, match="address for its coordinate system"):
        vectors.layer(file, "communes")
    assert listener.asked == []


def test_a_named_coordinate_system_and_a_column_of_that_name_are_read(tmp_path: Path) -> None:
    file = tmp_path / "communes.geojson"
    pyogrio.write_dataframe(SQUARE.assign(crs="link").to_crs(2154), file)
    assert '"crs": {' in file.read_text()
    assert vectors.layer(file, "communes").crs.to_epsg() == 2154


def test_while_a_file_is_read_gdal_has_no_network(tmp_path: Path, listener: Listener) -> None:
    file = tmp_path / "a.vrt"
    file.write_text(vrt(f"/vsicurl/{listener.address}/x.geojson"))
    with pytest.raises(InputError), vectors._reading(file):
        pyogrio.read_dataframe(file)
    service = tmp_path / "wfs.xml"
    service.write_text(f"<OGRWFSDataSource><URL>{listener.address}/wfs</URL></OGRWFSDataSource>")
    with pytest.raises(InputError), vectors._reading(service):
        pyogrio.read_dataframe(service)
    assert listener.asked == []
    assert pyogrio.get_gdal_config_option("GDAL_HTTP_PROXY") is None


def test_whatever_a_reader_raises_is_a_fault_of_the_file(tmp_path: Path) -> None:
    for ending, content in {
        ".gpkg": b"SQLite format 3\x00" + b"\x00" * 200,
        ".geojson": b'{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": {',
        ".shp": b"\x00\x00\x27\x0a" + b"\xff" * 200,
        ".fgb": b"fgb\x03fgb\x01" + b"\xff" * 200,
        ".parquet": b"PAR1" + b"\xff" * 200,
    }.items():
        file = tmp_path / f"broken{ending}"
        file.write_bytes(content)
        with pytest.raises(InputError, match="cannot be read"):
            vectors.layer(file, "broken")


def test_coordinates_of_a_plan_that_lies_nowhere_on_earth_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "plan.gpkg"
    plan = (
        'ENGCRS["plan",EDATUM["site"],CS[Cartesian,2],AXIS["x",east],AXIS["y",north],LENGTHUNIT["metre",1]]'
    )
    pyogrio.write_dataframe(SQUARE.set_crs(plan, allow_override=True), file)
    with pytest.raises(InputError, match="no projection"):
        vectors.layer(file, "plan")
