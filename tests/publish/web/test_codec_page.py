from __future__ import annotations

import base64
from collections.abc import Iterator
from functools import reduce
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import geopandas as gpd
import numpy as np
import pytest
import shapely

from opsn_geo.catalogue import numbers
from opsn_geo.catalogue.words import Language
from opsn_geo.publish.web.offline import asset
from opsn_geo.publish.web.payload import deflated
from opsn_geo.publish.web.topology import pack, unpack

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from opsn_geo.boundaries.territory import Territory


pytestmark = pytest.mark.browser

RINGS = """
async (text) => {
  const { head, parts } = opsnGeo.split(await opsnGeo.inflate(text));
  const topology = opsnGeo.decodeTopology(parts.topology);
  const rings = topology.areas.map((area) => area.map((ring) => {
    const points = [];
    opsnGeo.walkRing(topology, ring, (x, y) => points.push([x, y]));
    return points;
  }));
  const near = opsnGeo.neighbours(topology, opsnGeo.sides(topology));
  return { head, rings, near: near.map((set) => [...set].sort((a, b) => a - b)) };
}
"""


@pytest.fixture(scope="module")
def codec(browser: Browser) -> Iterator[Page]:
    page = with_modules(browser, "codec", "topology")
    yield page
    page.close()


def with_modules(browser: Browser, *names: str) -> Page:
    """Open a blank page that holds what some modules of the pages' program export."""
    page = browser.new_page()
    page.route(
        "http://opsn/**",
        lambda route: route.fulfill(
            body=asset(f"program{urlsplit(route.request.url).path}") if ".js" in route.request.url else "",
            content_type="text/javascript" if ".js" in route.request.url else "text/html",
        ),
    )
    page.goto("http://opsn/")
    page.evaluate(
        "async (names) => { window.opsnGeo = {}; for (const name of names)"
        " Object.assign(opsnGeo, await import(`/${name}.js`)); }",
        names,
    )
    return page


def decoded(codec: Page, areas: gpd.GeoSeries) -> tuple[dict[str, object], gpd.GeoSeries, list[list[int]]]:
    """Pack areas in Python, and unpack them by the page's own code."""
    packed = pack(areas)
    head = {"parts": [["topology", len(packed.stream)]], "word": "é</script>"}
    text = base64.b64encode(deflated(head, {"topology": packed.stream})).decode()
    shown = codec.evaluate(RINGS, text)
    origin, turn = np.array([packed.left, packed.top]), np.array([packed.step, -packed.step])
    shapes = [
        shapely.build_area(
            shapely.MultiLineString([np.array([*ring, ring[0]]) * turn + origin for ring in rings])
        )
        for rings in shown["rings"]
    ]
    return shown["head"], gpd.GeoSeries(shapes, crs=3857), shown["near"]


def test_the_page_unpacks_what_python_packs(codec: Page) -> None:
    lake = shapely.box(9000, 0, 9900, 900).difference(shapely.box(9300, 300, 9600, 600))
    islands = shapely.MultiPolygon([shapely.box(-5000, 0, -4000, 90), shapely.box(-3000, 0, -2000, 90)])
    squares = [shapely.box(x, y, x + 900, y + 900) for x in (0, 900, 1800) for y in (0, 900)]
    areas = gpd.GeoSeries([*squares, lake, islands, shapely.box(7, 7, 8, 8)], crs=3857)
    head, shown, near = decoded(codec, areas)
    assert head["word"] == "é</script>"
    expected = unpack(pack(areas))
    assert shown[:-1].geom_equals(expected[:-1]).all()
    assert shown.is_empty.tolist() == expected.is_empty.tolist()
    assert near[0] == [1, 2]
    assert near[6] == near[7] == []


def test_the_whole_region_comes_back_without_a_gap(codec: Page, layers: dict[str, gpd.GeoDataFrame]) -> None:
    areas = layers["communes"].geometry
    _, shown, _ = decoded(codec, areas)
    assert shown.geom_equals(unpack(pack(areas))).all()
    together, before = shapely.union_all(shown.to_numpy()), shapely.coverage_union_all(areas.to_numpy())
    assert len(shapely.get_rings(together)) == len(shapely.get_rings(before))
    assert shown.area.sum() - together.area < 1e-7 * together.area  # the grid makes two slivers cross


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_page_writes_numbers_as_the_catalogue_does(browser: Browser, lang: Language) -> None:
    page = with_modules(browser, "numbers")
    values = [
        None,
        0,
        -0.04,
        0.5,
        1.5,
        2.5,
        0.125,
        12,
        999.95,
        1000,
        -1234567.891,
        0.145,
        1e-9,
        0.002,
        0.995,
        -0.5,
    ]
    written = page.evaluate(
        "([signs, lang, values]) => { const f = opsnGeo.numberFormats(signs, lang); return values.map((v) =>"
        " [f.count(v), f.decimal(v, 2, true), f.percent(v), f.percent(v, 1), f.distance(v),"
        " f.withUnit(f.count(v), 'km²'), f.between(v, 0.75, f.percent)]); }",
        [numbers.signs(lang), lang, values],
    )
    assert written == [
        [
            numbers.count(each, lang),
            numbers.decimal(each, lang, 2, trim=True),
            numbers.percent(each, lang),
            numbers.percent(each, lang, 1),
            numbers.distance(each, lang),
            "–" if each is None else numbers.with_unit(numbers.count(each, lang), "km²", lang),
            numbers.between(each, 0.75, lang),
        ]
        for each in values
    ]
    page.close()


OUTLINES = """
async ([text, classes]) => {
  const { parts } = opsnGeo.split(await opsnGeo.inflate(text));
  const topology = opsnGeo.decodeTopology(parts.topology);
  const shown = opsnGeo.outlines(topology, (area) => classes[area], 3);
  return shown.map((rings) => rings.map((ring) => {
    const points = [];
    opsnGeo.walkRing(topology, ring, (x, y) => points.push([x, y]));
    return points;
  }));
}
"""


def test_the_outline_of_a_class_is_the_union_of_its_areas(codec: Page) -> None:
    cells = [shapely.box(x, y, x + 900, y + 900) for y in range(0, 4500, 900) for x in range(0, 4500, 900)]
    areas = gpd.GeoSeries(cells, crs=3857)
    classes = [0, 0, 1, -1, 2, 0, 1, 0, 1, 2, 1, 0, 0, 0, 2, 0, 1, 0, 1, 2, 0, 0, 0, 0, 0]
    packed = pack(areas)
    stream = deflated({"parts": [["topology", len(packed.stream)]]}, {"topology": packed.stream})
    shown = codec.evaluate(OUTLINES, [base64.b64encode(stream).decode(), classes])
    grid = unpack(pack(areas)).translate(-packed.left, -packed.top).scale(0.1, -0.1, origin=(0, 0))
    for place, rings in enumerate(shown):
        evenodd = [shapely.make_valid(shapely.Polygon(ring)) for ring in rings]  # rings touch at corners
        drawn = reduce(shapely.symmetric_difference, evenodd)
        expected = shapely.union_all(grid[np.array(classes) == place].to_numpy())
        assert drawn.symmetric_difference(expected).area == 0


def test_toy_neighbours_are_those_of_the_drawing(codec: Page, toy: Territory) -> None:
    communes = toy.communes
    _, _, near = decoded(codec, communes.geometry)
    codes = communes.index.tolist()
    around = {codes[i] for i in near[codes.index("80006")]}
    assert around == {"80002", "80005", "80010", "60007"}


def test_areas_that_overlap_or_fold_back_still_have_an_outline(codec: Page) -> None:
    overlap = [shapely.box(0, 0, 900, 900), shapely.box(0, 0, 900, 450), shapely.box(900, 0, 1800, 900)]
    around = [(1800, 0), (2700, 0), (2700, 900), (2250, 900), (2250, 1800), (2250, 900), (1800, 900)]
    spike = shapely.Polygon(around)
    packed = pack(gpd.GeoSeries([*overlap, spike], crs=3857))
    stream = deflated({"parts": [["topology", len(packed.stream)]]}, {"topology": packed.stream})
    text = base64.b64encode(stream).decode()
    for classes in ([0, 1, 2, 2], [0, 0, 1, 2], [1, 0, 0, 0], [0, 1, 1, -1], [2, 1, 0, 1]):
        shown = codec.evaluate(OUTLINES, [text, classes])
        for place, rings in enumerate(shown):
            members = [
                each for each, of in zip([*overlap, spike.buffer(0)], classes, strict=True) if of == place
            ]
            assert bool(rings) == bool(members)
