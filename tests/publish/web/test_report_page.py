"""The report of the founding study in a real browser, on screen and on paper."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from opsn_geo.publish import report
from opsn_geo.publish.themes import themes_for

from .conftest import DESKTOP, PHONE

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from opsn_geo.pipeline.run import Results

pytestmark = pytest.mark.browser


@pytest.fixture(scope="session", params=["fr", "en"])
def report_file(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, results: Results
) -> Path:
    study, lang = results.inputs.study, request.param
    file = tmp_path_factory.mktemp("report") / "rapport.html"
    material = report.gathered(
        results.layers,
        results.tables,
        replace(study.metadata, language=lang),
        themes_for(results.layers, lang),
        figures=results.figures,
        counts=results.inputs.counts,
        rejects=results.rejects,
        questionnaire=results.inputs.tables["questionnaire"],
        min_answers=study.min_answers,
    )
    report.write(file, material)
    return file


def opened(browser: Browser, file: Path, size: dict[str, int]) -> tuple[Page, list[str]]:
    """Open a page with the network and scripts cut; tell what it asked for and what went wrong."""
    context = browser.new_context(viewport=size, offline=True)
    page, wrong = context.new_page(), []
    page.on("console", lambda m: wrong.append(m.text) if m.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda r: wrong.append(r.url) if r.url.split("#")[0] != file.as_uri() else None)
    page.goto(file.as_uri())
    return page, wrong


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_and_the_page_never_scrolls_sideways(
    browser: Browser, report_file: Path, size: dict[str, int]
) -> None:
    page, wrong = opened(browser, report_file, size)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    page.evaluate("document.querySelectorAll('details').forEach(it => it.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in Axe().run(page).response["violations"]] == []
    assert wrong == []
    page.context.close()


def test_labels_of_charts_do_not_run_into_their_values(browser: Browser, report_file: Path) -> None:
    page, _ = opened(browser, report_file, PHONE)
    met = page.evaluate(
        """() => [...document.querySelectorAll('.chart .panel svg')].flatMap(svg => {
            const boxes = [...svg.querySelectorAll('text.label')].map(it => [it, it.getBoundingClientRect()]);
            return boxes.filter(([it]) => !it.classList.contains('strong')).flatMap(([it, box]) => boxes
                .filter(([other, far]) => other.classList.contains('strong')
                    && Math.abs(far.top - box.top) < 8 && far.left < box.right)
                .map(([other]) => it.textContent + '|' + other.textContent));
        })"""
    )
    assert met == []
    page.context.close()


def test_keys_reach_the_content_and_every_section(browser: Browser, report_file: Path) -> None:
    page, _ = opened(browser, report_file, DESKTOP)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    targets = page.eval_on_selector_all("nav a", "links => links.map(it => it.hash.slice(1))")
    assert len(targets) == 22
    assert all(page.locator(f"h2[id='{each}']").count() == 1 for each in targets)
    levels = page.eval_on_selector_all("h1, h2, h3, h4", "all => all.map(it => +it.tagName[1])")
    assert all(after - before <= 1 for before, after in pairwise(levels))
    page.context.close()


def test_the_file_is_light_and_asks_for_nothing(report_file: Path) -> None:
    page = report_file.read_text(encoding="utf-8")
    assert len(page.encode()) < 1_200_000
    drawn = re.findall(r'<path d="[^"]*" fill="[^"]*" class="area"/>', page)
    assert 0 < sum(map(len, drawn)) < 400_000
    assert "<script" not in page
    assert "{" not in re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)


def test_it_prints_on_paper_what_is_open(browser: Browser, report_file: Path, tmp_path: Path) -> None:
    page, _ = opened(browser, report_file, DESKTOP)
    page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True, print_background=True)
    tool = shutil.which("pdftotext")
    assert tool is not None, "install Debian's package “poppler-utils”"
    made = subprocess.run(
        [tool, "-bbox", str(tmp_path / "report.pdf"), "-"], capture_output=True, text=True, check=True
    ).stdout
    pages = re.findall(r'<page width="([\d.]+)" height="([\d.]+)">', made)
    assert 10 <= len(pages) <= 45
    assert {(round(float(w)), round(float(h))) for w, h in pages} == {(595, 842)}
    rights = [float(each) for each in re.findall(r'xMax="([\d.]+)"', made)]
    assert max(rights) <= 595 - 40  # the right margin is 16 mm, some 45 points
    printed = " ".join(re.findall(r">([^<]+)</word>", made))
    rows = page.locator("table").last.locator("tbody tr").count()
    assert rows > 0
    captions = page.eval_on_selector_all(
        "caption", "all => all.map(it => [it.textContent.trim(), it.closest('details:not([open])') === null])"
    )
    opened_ones = [caption for caption, is_open in captions if is_open]
    assert 0 < len(opened_ones) < len(captions)
    for caption in opened_ones:
        assert caption.replace("\u00a0", " ").split()[0] in printed, caption
    page.context.close()
