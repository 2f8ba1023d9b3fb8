"""The program of the pages: built from its sources, linted, typed, and light."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from opsn_geo.publish.web.offline import asset

ROOT = Path(__file__).parents[3]
WEB = ROOT / "src/opsn_geo/publish/web"
SOURCES = sorted((WEB / "program").glob("*.js"))


def test_the_bundle_is_built_from_the_sources_as_they_are() -> None:
    read = b"".join(source.read_bytes() for source in SOURCES)
    assert hashlib.sha256(read).hexdigest() in asset("program.min.js").splitlines()[0]


def test_the_program_passes_its_linter_its_types_and_its_build() -> None:
    npm, tools = shutil.which("npm"), ROOT / "tools/web"
    if npm is None or not (tools / "node_modules").is_dir():
        reason = "Node or its packages are missing: npm install --prefix tools/web"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    done = subprocess.run(
        [npm, "run", "--silent", "check"], cwd=tools, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_program_names_no_server_and_no_colour() -> None:
    for source in SOURCES:
        text = source.read_text(encoding="utf-8")
        assert set(re.findall(r"https?://[^\s\"']+", text)) <= {"http://www.w3.org/2000/svg"}
        assert re.findall(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(", text) == [], source.name
    for sheet in ("atlas.css", "map.css"):
        assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[^{]*;)|\brgba?\(|\bhsla?\(", asset(sheet)) == [], sheet
