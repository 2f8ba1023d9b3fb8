"""The map of deserts can show the raster of distances, from the page itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from opsn_geo.catalogue.words import text
from opsn_geo.pipeline import run as pipeline

from .conftest import DESKTOP, PHONE

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from .conftest import Opener

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def deserts(tmp_path_factory: pytest.TempPathFactory, results: pipeline.Results) -> Path:
    out = tmp_path_factory.mktemp("run")
    pipeline.write(results, out)
    return out / "deserts.html"


def tick(page: Page) -> None:
    label = text("rasters.distance_member_m")
    page.locator(".leaflet-control-layers-overlays label").filter(has_text=label).locator("input").click()


def test_the_raster_is_hidden_until_ticked_and_comes_from_the_page(open_page: Opener, deserts: Path) -> None:
    page = open_page(deserts)
    image, legend = page.locator("img.leaflet-image-layer"), page.locator(".raster-legend")
    assert image.count() == 0
    assert not legend.is_visible()
    tick(page)
    assert image.evaluate("it => it.decode().then(() => it.naturalWidth)") > 500
    assert (image.get_attribute("src") or "").startswith("data:image/png;base64,")
    assert image.get_attribute("alt") == text("rasters.distance_member_m")
    assert all(" km" in row.replace("\u00a0", " ") for row in legend.locator("> span").all_inner_texts())
    assert not page.locator("#legend").is_visible()  # what it explains is under the raster
    tick(page)
    assert image.count() == 0
    assert page.locator("#legend").is_visible()


def test_the_raster_lies_over_the_areas_and_on_their_place(open_page: Opener, deserts: Path) -> None:
    page = open_page(deserts)
    tick(page)
    layers = page.locator(".leaflet-overlay-pane > *").evaluate_all(
        "all => Object.fromEntries(all.map((it) => [it.tagName, Number(getComputedStyle(it).zIndex)]))"
    )
    assert layers["IMG"] > layers["CANVAS"]
    image = page.locator("img.leaflet-image-layer").bounding_box()
    view = page.locator(".folium-map").bounding_box()
    assert image is not None
    assert view is not None
    assert 0.8 < image["height"] / view["height"] <= 1


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_serious(open_page: Opener, deserts: Path, size: dict[str, int]) -> None:
    page = open_page(deserts, viewport=size)
    tick(page)
    violations = Axe().run(page).response["violations"]
    assert [
        (each["id"], each["nodes"][0]["html"])
        for each in violations
        if each["impact"] in {"serious", "critical"}
    ] == []


def test_the_file_is_light(deserts: Path) -> None:
    assert deserts.stat().st_size < 1_200_000
