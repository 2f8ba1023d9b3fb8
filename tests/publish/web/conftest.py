"""A real Chromium without network, and pages that fail their test when they err or ask for anything."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from opsn_geo.pipeline import run as pipeline
from opsn_geo.publish.themes import themes_for
from opsn_geo.publish.web import atlas

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
Opener = Callable[..., Page]
Turner = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        reason = "Chromium is missing: install Debian's package “chromium”"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Opener]:
    """Open a file with the network cut; afterwards nothing was asked for and nothing went wrong."""
    wrong: list[str] = []
    expected: list[str] = []
    contexts = []

    def opened(file: Path, fragment: str = "", **options: object) -> Page:
        settings = {"viewport": DESKTOP, "locale": "fr-FR", "accept_downloads": True, **options}
        context = browser.new_context(**settings)
        contexts.append(context)
        context.set_offline(True)
        page = context.new_page()
        asked = {file.as_uri()}
        page.on("console", lambda m: wrong.append(m.text) if m.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "request",
            lambda r: None if r.url.split("#")[0] in asked or r.url.startswith(("data:", "blob:"))
            else wrong.append(f"request: {r.url}"),
        )  # fmt: skip
        page.goto(file.as_uri() + fragment)
        page.wait_for_selector("body[data-ready]")
        return page

    opened.expected = expected  # type: ignore[attr-defined]
    yield opened
    for context in contexts:
        context.close()
    assert [each for each in wrong if not any(word in each for word in expected)] == []


@pytest.fixture(scope="session")
def results(founding_published: pipeline.Results) -> pipeline.Results:
    """Give the founding study to all pages."""
    return founding_published


@pytest.fixture(scope="session")
def layers(results: pipeline.Results) -> dict[str, gpd.GeoDataFrame]:
    """Give its layers, with a share for the wider levels whatever the run measures by then."""
    shown = dict(results.layers)
    inside = shown["communes"][shown["communes"]["inside"].astype(bool)]
    reached = inside["opsn_count"] > 0
    for level, code in (("epci", "siren_epci"), ("departements", "code_dep")):
        share = reached.groupby(inside[code]).mean().reindex(shown[level].index)
        shown[level] = shown[level].assign(covered_share=share)
    return shown


@pytest.fixture(scope="session")
def couverture(results: pipeline.Results) -> pd.DataFrame:
    return results.tables["couverture"]


@pytest.fixture(scope="session")
def atlas_file(
    tmp_path_factory: pytest.TempPathFactory, results: pipeline.Results, layers: dict[str, gpd.GeoDataFrame]
) -> Path:
    study = results.inputs.study
    file = tmp_path_factory.mktemp("atlas") / "atlas.html"
    tables = results.inputs.tables
    atlas.write(
        file,
        layers,
        results.tables["couverture"],
        tables["services"],
        tables["opsn"],
        study.metadata,
        themes_for(layers, study.metadata.language),
    )
    return file


@pytest.fixture(scope="session")
def atlas_page(browser: Browser, atlas_file: Path) -> Iterator[tuple[Page, list[str]]]:
    """Open the atlas once, with the network cut, and note what goes wrong in it."""
    context = browser.new_context(viewport=DESKTOP, locale="fr-FR", accept_downloads=True, has_touch=True)
    context.set_offline(True)
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda m: wrong.append(m.text) if m.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(atlas_file.as_uri())
    page.wait_for_selector("body[data-ready]")
    yield page, wrong
    context.close()


@pytest.fixture
def at(atlas_page: tuple[Page, list[str]]) -> Iterator[Turner]:
    """Turn the open atlas to an address, as a new reader would find it; nothing may go wrong there."""
    page, wrong = atlas_page

    def turned(fragment: str = "", size: dict[str, int] = DESKTOP, scheme: str = "light") -> Page:
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.evaluate(
            "(fragment) => { document.activeElement.blur(); document.querySelector('#filter').value = '';"
            " for (const it of document.querySelectorAll('details')) it.open = it.id === 'legend';"
            " history.replaceState(null, '', '#'); dispatchEvent(new HashChangeEvent('hashchange'));"
            " opsnGeo.opened.areas.goHome(); history.replaceState(null, '', fragment || '#');"
            " dispatchEvent(new HashChangeEvent('hashchange')); scrollTo(0, 0); }",
            fragment,
        )
        return page

    yield turned
    noted = wrong.copy()
    wrong.clear()
    assert noted == []
