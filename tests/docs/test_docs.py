"""The documentation is true: it is built, run, and held against the code."""

from __future__ import annotations

import doctest
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sphinx.util.inventory import InventoryFile

import opsn_geo
from opsn_geo.pipeline.check import check
from opsn_geo.study import Study
from opsn_geo.study.keys import KEYS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *ROOT.glob("data/*/*.md"), ROOT / "maps" / "README.md"]
EXAMPLES = DOCS / "examples"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the pages, the notebook run with them; any warning or error fails the build."""
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-d", out / "cache", DOCS, out]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return out


def html(site: Path) -> Iterator[str]:
    yield from (file.read_text(encoding="utf-8") for file in site.rglob("*.html"))


@pytest.mark.slow
def test_pages_ask_nothing_of_the_network(site: Path) -> None:
    asked = re.compile(r"<(?:script|link|img|iframe|source|object)\b[^>]*(?:src|href|data)=\"(?:https?:)?//")
    pages = list(html(site))
    assert len(pages) > 30
    assert [found for page in pages for found in asked.findall(page)] == []
    styles = [file.read_text(encoding="utf-8") for file in site.rglob("*.css")]
    assert [
        it for sheet in styles for it in re.findall(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//", sheet)
    ] == []


@pytest.mark.slow
def test_formulas_are_drawn_without_a_script(site: Path) -> None:
    page = (site / "methods" / "access.html").read_text(encoding="utf-8")
    assert page.count("<math") >= 3
    assert not any("mathjax" in it.lower() for it in html(site))


@pytest.mark.slow
def test_the_notebook_shows_what_it_gave(site: Path) -> None:
    page = (site / "notebook" / "tour.html").read_text(encoding="utf-8")
    assert page.count("cell_output") >= 8


@pytest.mark.slow
def test_the_notebook_can_be_downloaded_with_what_it_gave(site: Path) -> None:
    (file,) = (site / "_downloads").rglob("tour.ipynb")
    cells = [it for it in json.loads(file.read_text(encoding="utf-8"))["cells"] if it["cell_type"] == "code"]
    source = (DOCS / "notebook" / "tour.md").read_text(encoding="utf-8")
    assert ["".join(it["source"]) in source for it in cells] == [True] * source.count("{code-cell}")
    assert sum(bool(it["outputs"]) for it in cells) >= 10


@pytest.mark.parametrize("page", ["ten-functions", "survey-from-a-frame"])
def test_the_examples_of_the_guides_give_what_they_show(page: str) -> None:
    done = doctest.testfile(str(DOCS / "guides" / f"{page}.md"), module_relative=False)
    assert done.attempted > 15
    assert done.failed == 0


def test_ten_functions_are_ten_and_are_public() -> None:
    page = (DOCS / "guides" / "ten-functions.md").read_text(encoding="utf-8")
    names = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    assert len(names) == 10
    assert set(names) <= set(opsn_geo.__all__)


@pytest.mark.slow
def test_every_public_function_is_in_the_reference(site: Path) -> None:
    content = (site / "objects.inv").read_bytes()
    told = set(InventoryFile.loads(content, uri="").data["py:function"])
    functions = {
        ".".join([*file.relative_to(ROOT / "src").with_suffix("").parts, name])
        for stage in ("boundaries", "read", "linkage", "measure", "publish", "pipeline")
        for file in (ROOT / "src" / "opsn_geo" / stage).rglob("[!_]*.py")
        for name in re.findall(r"^def ([a-z]\w*)\(", file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert len(functions) > 150
    assert functions - told == set()
    assert {
        "opsn_geo.pipeline.run.run",
        "opsn_geo.pipeline.run.measure",
        "opsn_geo.pipeline.load.load",
    } <= told


def test_every_section_of_the_study_file_has_its_table_of_keys() -> None:
    page = (DOCS / "reference" / "study-file.md").read_text(encoding="utf-8")
    shown = re.findall(r"^```{study-keys} (\w+)$", page, re.MULTILINE)
    assert sorted(shown) == sorted(KEYS.keys() - {"columns", "constants", "sheets", "header_rows"})
    assert sorted(KEYS) == sorted({*re.findall(r"^## `\[+(\w+)", page, re.MULTILINE)})


@pytest.mark.parametrize("tool", ["typeform", "limesurvey"])
def test_the_examples_of_the_pages_make_a_sound_study(tool: str) -> None:
    study = Study.from_toml(EXAMPLES / "study.toml")
    if tool == "limesurvey":
        own = {"answers": "limesurvey.csv", "questionnaire": "questionnaire-limesurvey.csv"}
        study = replace(study, tables={**study.tables, **{it: EXAMPLES / file for it, file in own.items()}})
    report = check(study)
    assert report.faults == ()
    assert report.rejects[["table", "row", "cause"]].to_numpy().tolist() == [["memberships", "7", "mismatch"]]


@pytest.mark.parametrize("page", [ROOT / "README.md", DOCS / "guides" / "python.md"], ids=lambda it: it.stem)
def test_python_in_the_pages_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the study of the examples, which is read and measured in a fraction of the default one's time."""
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    code = "\n".join(blocks)
    assert "Study.default()" in code
    monkeypatch.setattr(Study, "default", lambda: Study.from_toml(EXAMPLES / "study.toml"))
    monkeypatch.chdir(tmp_path)
    exec(compile(code, page.name, "exec"), {})  # noqa: S102 the pages are ours
    assert (tmp_path / "maps" / "manifest.json").is_file()


@pytest.mark.parametrize("page", PAGES, ids=lambda it: str(it.relative_to(ROOT)))
def test_relative_links_and_pictures_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = re.findall(
        r"\]\((?!\w+:)([^)#\s]+)(?:#[^)]*)?\)", re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    )
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_no_page_names_a_package_registry() -> None:
    files = [
        *PAGES,
        *EXAMPLES.iterdir(),
        *DOCS.rglob("*.py"),
        ROOT / "pyproject.toml",
        ROOT / "constraints.txt",
    ]
    hosts = re.compile(r"pypi\.org|pythonhosted|registry\.npmjs|npmjs\.com|anaconda\.org|index-url")
    assert [
        file.name for file in files if hosts.search(file.read_text(encoding="utf-8", errors="ignore"))
    ] == []
