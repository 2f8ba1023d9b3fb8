from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from opsn_geo.catalogue.basis import Counted
from opsn_geo.publish.themes import themes_for
from opsn_geo.publish.web import atlas, folium_maps
from opsn_geo.study import Metadata

if TYPE_CHECKING:
    import geopandas as gpd

    from opsn_geo.boundaries.territory import Territory

    from .conftest import Opener

pytestmark = pytest.mark.browser

HOSTILE = (
    "<img src=x onerror=window.hit=1>",
    "</script><script>window.hit=1</script>",
    "{{ 7*7 }}{% raw %}",
    "<!--<script>",
    "\u2028`${window.hit=1}`",
    '=HYPERLINK("x")',
    "' onmouseover='window.hit=1",
)


@pytest.fixture
def metadata() -> Metadata:
    return Metadata(
        title=HOSTILE[1],
        territory="toy",
        territory_name=HOSTILE[0],
        millesime=2021,
        date=dt.date(2021, 2, 1),
        counted=(Counted(HOSTILE[0], "", "simulated", 1, 1),),
    )


@pytest.fixture
def hostile(toy: Territory) -> dict[str, gpd.GeoDataFrame]:
    communes = toy.communes
    names = [HOSTILE[i % len(HOSTILE)] for i in range(len(communes))]
    communes = communes.assign(name=names, postal_codes=names, opsn="bad", opsn_count=1, path="direct")
    groups = {
        level: communes.dissolve(code)[["geometry"]].assign(name=HOSTILE[0], population=1, covered_share=0.5)
        for level, code in (("epci", "siren_epci"), ("departements", "code_dep"))
    }
    return {"communes": communes, **groups}


def test_names_from_files_stay_text_everywhere(
    open_page: Opener, tmp_path: Path, hostile: dict[str, gpd.GeoDataFrame], metadata: Metadata
) -> None:
    services = pd.DataFrame({"service": ["s"], "name": HOSTILE[1], "family": HOSTILE[0]})
    opsn = pd.DataFrame({"opsn": ["bad"], "name": HOSTILE[0], "list_complete": True})
    codes = hostile["communes"].index
    couverture = pd.DataFrame(
        {"code_insee": codes, "service": "s", "state": "member", "path": "direct", "opsn": "bad"}
    )
    file = tmp_path / "atlas.html"
    atlas.write(file, hostile, couverture, services, opsn, metadata, themes_for(hostile))
    page = open_page(file, f"#place=communes:{codes[0]}&with=communes:{codes[1]}&service=s&show=table")
    assert page.title() == HOSTILE[1]
    page.click("#as-map")
    page.fill("#search", "img")
    assert page.locator("#search-list [role=option] span").first.inner_text() == HOSTILE[0]
    page.click("#search-list [role=option]")
    page.click(".exports summary")
    with page.expect_download() as svg:
        page.click("#svg")
    assert "<img" not in Path(svg.value.path()).read_text(encoding="utf-8")
    page.click("#as-table")
    with page.expect_download() as csv:
        page.click("#csv")
    assert '"\'=HYPERLINK(""x"")"' in Path(csv.value.path()).read_text(encoding="utf-8")
    assert page.evaluate("window.hit") is None
    assert page.locator("img").count() == 0


def test_theme_maps_take_hostile_names_too(
    open_page: Opener, tmp_path: Path, hostile: dict[str, gpd.GeoDataFrame], metadata: Metadata
) -> None:
    theme = next(each for each in themes_for(hostile) if each.key == "opsn_count")
    file = tmp_path / "theme.html"
    folium_maps.write(file, folium_maps.theme_map(hostile["communes"], theme, metadata), HOSTILE[1], metadata)
    page = open_page(file)
    page.click("#as-table")
    names = page.locator("#table-body th").all_inner_texts()
    studied = hostile["communes"].query("inside")["name"].str.replace("\u2028", "")
    assert {each.replace("\u2028", "").strip() for each in names} == set(studied)
    assert page.evaluate("window.hit") is None


def test_injected_script_would_be_refused_by_the_policy(
    open_page: Opener, tmp_path: Path, hostile: dict[str, gpd.GeoDataFrame], metadata: Metadata
) -> None:
    theme = next(each for each in themes_for(hostile) if each.key == "opsn_count")
    file = tmp_path / "theme.html"
    folium_maps.write(file, folium_maps.theme_map(hostile["communes"], theme, metadata), "t", metadata)
    page = open_page(file)
    page.evaluate(
        "() => { window.refused = 0; addEventListener('securitypolicyviolation', () => window.refused++);"
        " const s = document.createElement('script'); s.textContent = 'window.hit = 1';"
        " document.body.append(s); }"
    )
    page.wait_for_function("window.refused === 1")
    assert page.evaluate("window.hit") is None
    open_page.expected.append("script")  # type: ignore[attr-defined]  # the browser says so on its console
