from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import folium
import pytest
from axe_playwright_python.sync_playwright import Axe

from opsn_geo.catalogue import numbers
from opsn_geo.catalogue.words import definition, text
from opsn_geo.publish.themes import themes_for
from opsn_geo.publish.web import folium_maps
from opsn_geo.publish.web.offline import asset

from .conftest import DESKTOP, PHONE

if TYPE_CHECKING:
    import geopandas as gpd
    from playwright.sync_api import Browser

    from opsn_geo.pipeline.run import Results

    from .conftest import Opener

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def made(
    tmp_path_factory: pytest.TempPathFactory, layers: dict[str, gpd.GeoDataFrame], results: Results
) -> Path:
    theme = next(each for each in themes_for(layers) if each.key == "opsn_count")
    metadata = results.inputs.study.metadata
    chart = folium_maps.theme_map(layers["communes"], theme, metadata)
    folium.Marker([49.894, 2.2957], tooltip="mairie", popup=folium.Popup("Hôtel de ville")).add_to(chart)
    folium.LayerControl(collapsed=False).add_to(chart)
    file = tmp_path_factory.mktemp("theme") / "couverture.html"
    folium_maps.write(file, chart, theme.title, metadata)
    return file


def test_legend_counts_are_those_of_the_layer(
    open_page: Opener, made: Path, layers: dict[str, gpd.GeoDataFrame]
) -> None:
    page = open_page(made)
    shown = page.locator("#legend .count").all_inner_texts()
    communes = layers["communes"].query("inside")
    counts = communes["opsn_count"].mask(communes["state"] == "unknown")
    expected = counts.value_counts(dropna=False).sort_index()
    assert [int("".join(c for c in count if c.isdigit())) for count in shown] == expected.tolist()
    note = f"{definition('opsn_count')} {text('atlas.count_communes')}"
    assert page.locator(".legend-note").inner_text() == note


def test_what_a_user_adds_works_without_network(open_page: Opener, made: Path) -> None:
    page = open_page(made)
    page.click(".leaflet-marker-icon")
    assert page.locator(".leaflet-popup-content").inner_text() == "Hôtel de ville"
    assert page.locator(".leaflet-marker-icon").evaluate("img => img.naturalWidth") == 25
    page.locator(".leaflet-control-layers-overlays label").filter(has_text="OPSN").click()
    page.wait_for_selector("#legend", state="hidden")
    canvas = page.locator(".leaflet-overlay-pane canvas")
    assert canvas.count() == 0


def test_a_coloured_icon_is_drawn_without_network(
    open_page: Opener, tmp_path: Path, layers: dict[str, gpd.GeoDataFrame], results: Results
) -> None:
    theme = next(each for each in themes_for(layers) if each.key == "epci_response")
    metadata = results.inputs.study.metadata
    chart = folium_maps.theme_map(layers["epci"], theme, metadata)
    folium.Marker([49.894, 2.2957], icon=folium.Icon(color="darkred", icon="info-sign")).add_to(chart)
    folium_maps.write(tmp_path / "icon.html", chart, theme.title, metadata)
    page = open_page(tmp_path / "icon.html")
    assert page.locator(".pin path").get_attribute("fill") == "darkred"


def test_a_browser_that_cannot_unpack_says_so(browser: Browser, made: Path) -> None:
    page = browser.new_page()
    page.add_init_script("delete window.DecompressionStream")
    page.goto(made.as_uri())
    page.wait_for_selector("#unopened:not([hidden])")
    assert "Firefox 113" in page.inner_text("#unopened")
    page.close()


def test_the_table_holds_every_commune(
    open_page: Opener, made: Path, layers: dict[str, gpd.GeoDataFrame]
) -> None:
    page = open_page(made)
    page.click("#as-table")
    count = numbers.count(layers["communes"]["inside"].sum())
    assert page.inner_text("#table-status").startswith(f"{count} lignes, page 1")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_serious(open_page: Opener, made: Path, size: dict[str, int]) -> None:
    page = open_page(made, viewport=size)
    violations = Axe().run(page).response["violations"]
    assert [
        (each["id"], each["nodes"][0]["html"])
        for each in violations
        if each["impact"] in {"serious", "critical"}
    ] == []


def test_distances_are_written_in_kilometres(
    open_page: Opener, tmp_path: Path, layers: dict[str, gpd.GeoDataFrame], results: Results
) -> None:
    theme = next(each for each in themes_for(layers) if each.column == "distance_opsn_m")
    metadata = results.inputs.study.metadata
    file = tmp_path / "distance.html"
    folium_maps.write(file, folium_maps.theme_map(layers["communes"], theme, metadata), theme.title, metadata)
    page = open_page(file)
    shown = page.evaluate(
        "() => { const view = opsnGeo.opened.view();"
        " return view.shown.map((i) => [view.text(i), view.raw(i)]); }"
    )
    assert len(shown) == layers["communes"]["inside"].sum()
    assert all(written == numbers.distance(metres) for written, metres in shown)
    assert all("km" in each for each in page.locator("#legend .label").all_inner_texts())


def test_a_page_offers_no_choice_of_what_it_holds_once(open_page: Opener, made: Path) -> None:
    page = open_page(made)
    for choice in ("#level-choice", "#theme-choice", "#service-choice"):
        assert page.locator(choice).is_hidden()
    assert page.locator("#search").is_visible()


def test_a_tap_shows_the_value_and_opens_the_portrait(
    open_page: Opener, made: Path, layers: dict[str, gpd.GeoDataFrame]
) -> None:
    page = open_page(made, "#at=12/49.8942/2.2957", viewport=PHONE, has_touch=True, is_mobile=True)
    box = page.locator(".folium-map").bounding_box()
    assert box is not None
    page.touchscreen.tap(box["x"] + box["width"] / 2 + 40, box["y"] + box["height"] / 2)
    page.wait_for_selector(".tip")
    code = page.evaluate("opsnGeo.opened.store.get().place").removeprefix("communes:")
    place = layers["communes"].loc[code]
    assert page.locator(".tip strong").inner_text() == place["name"]
    assert page.locator(".tip span").inner_text() == str(place["opsn_count"])
    assert page.locator("#portrait h2").inner_text() == place["name"]


def test_the_legend_folds_on_a_phone(open_page: Opener, made: Path) -> None:
    page = open_page(made, viewport=PHONE)
    page.click("#legend summary")
    assert page.locator(".legend-classes").is_hidden()
    page.click("#legend summary")
    assert page.locator(".legend-classes").is_visible()


@pytest.mark.parametrize("key", ["epci_response", "desert_population"])
def test_any_layer_makes_a_page(
    open_page: Opener, tmp_path: Path, layers: dict[str, gpd.GeoDataFrame], results: Results, key: str
) -> None:
    theme = next(each for each in themes_for(layers) if each.key == key)
    metadata = results.inputs.study.metadata
    layer = layers[theme.layer].head(60)
    file = tmp_path / "one.html"
    folium_maps.write(file, folium_maps.theme_map(layer, theme, metadata), theme.title, metadata)
    page = open_page(file, "#show=table")
    assert page.inner_text("#table-status").startswith("60 lignes")
    page.locator("#table-body button").first.click()
    assert page.locator("#portrait h2").is_visible()


def test_a_map_alone_shows_its_theme_and_its_legend(
    open_page: Opener, tmp_path: Path, layers: dict[str, gpd.GeoDataFrame], results: Results
) -> None:
    theme = next(each for each in themes_for(layers) if each.key == "epci_response")
    chart = folium_maps.theme_map(layers["epci"], theme, results.inputs.study.metadata)
    folium.LayerControl(collapsed=False).add_to(chart)
    file = tmp_path / "alone.html"
    chart.save(file)
    written = re.sub(
        r'<(script src|link [^>]*href)="https?:.*?>(</script>)?', "", file.read_text(encoding="utf-8")
    )
    leaflet = f"<style>{asset('leaflet/leaflet.css')}</style><script>{asset('leaflet/leaflet.js')}</script>"
    file.write_text(written.replace("<head>", f"<head>{leaflet}", 1), encoding="utf-8")
    page = open_page(file)
    assert page.locator(".legend.on-map h2").inner_text() == theme.title
    page.locator(".leaflet-control-layers-overlays label").click()
    page.wait_for_selector(".legend.on-map", state="detached")
