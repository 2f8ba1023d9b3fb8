"""A background is fetched from one place, only where the study asks for it."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from opsn_geo.publish.themes import themes_for
from opsn_geo.publish.web import atlas, folium_maps
from opsn_geo.publish.web.background import BACKGROUNDS

from .conftest import DESKTOP

if TYPE_CHECKING:
    import geopandas as gpd
    from playwright.sync_api import Browser, Page, Route

    from opsn_geo.pipeline.run import Results

pytestmark = pytest.mark.browser

TILE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture(scope="module", params=["atlas", "theme"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module", params=["", *BACKGROUNDS])
def asked(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def file(
    tmp_path_factory: pytest.TempPathFactory,
    results: Results,
    layers: dict[str, gpd.GeoDataFrame],
    kind: str,
    asked: str,
) -> Path:
    metadata = replace(results.inputs.study.metadata, background=asked)
    made = tmp_path_factory.mktemp("background") / f"{kind}.html"
    themes = themes_for(layers)
    if kind == "atlas":
        tables = results.inputs.tables
        state = results.tables["couverture"]
        atlas.write(made, layers, state, tables["services"], tables["opsn"], metadata, themes)
    else:
        theme = next(each for each in themes if each.key == "opsn_count")
        chart = folium_maps.theme_map(layers["communes"], theme, metadata)
        folium_maps.write(made, chart, theme.title, metadata)
    return made


def opaque_share(page: Page) -> float:
    """Return how much of what the themes' canvas holds lets nothing through."""
    share: float = page.evaluate(
        "() => { const canvas = document.querySelector('.leaflet-overlay-pane canvas');"
        " const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);"
        " const drawn = data.filter((each, i) => i % 4 === 3 && each > 0);"
        " return drawn.filter((each) => each === 255).length / drawn.length; }"
    )
    return share


def test_a_page_asks_the_background_that_the_study_names_and_nothing_else(
    browser: Browser, file: Path, asked: str
) -> None:
    context = browser.new_context(viewport=DESKTOP)
    fetched: list[str] = []
    wrong: list[str] = []

    def answer(route: Route) -> None:
        fetched.append(route.request.url)
        route.fulfill(body=TILE, content_type="image/png")

    context.route(re.compile("^https?://"), answer)
    page = context.new_page()
    page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(file.as_uri())
    page.wait_for_selector("body[data-ready]")
    page.wait_for_timeout(500)
    policy = page.locator("meta[http-equiv=Content-Security-Policy]").get_attribute("content") or ""
    origins = {BACKGROUNDS[asked].origin} if asked else set()
    assert {"/".join(url.split("/")[:3]) for url in fetched} == origins
    assert set(re.findall(r"https?://[^\s;]+", policy)) == origins
    assert page.locator(".notice.background").count() == len(origins)
    for origin in origins:
        assert origin.removeprefix("https://") in page.locator(".notice.background").inner_text()
        assert page.locator(".leaflet-tile-loaded").first.evaluate("it => it.naturalWidth") == 1
        assert "©" in page.locator(".leaflet-control-attribution").inner_text()
    assert opaque_share(page) < 0.3 if asked else opaque_share(page) > 0.9
    assert wrong == []
    context.close()


def test_without_a_network_the_map_does_without_its_background(browser: Browser, file: Path) -> None:
    context = browser.new_context(viewport=DESKTOP)
    context.set_offline(True)
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(file.as_uri())
    page.wait_for_selector("body[data-ready]")
    page.wait_for_timeout(300)
    assert opaque_share(page) > 0
    assert wrong == []
    context.close()
