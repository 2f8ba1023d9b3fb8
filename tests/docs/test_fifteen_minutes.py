"""What the pages of the first quarter of an hour show is what the commands print."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from opsn_geo.catalogue.words import LANGUAGES, Language
from opsn_geo.cli import command_line

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {"fr": DOCS / "fr" / "quinze-minutes.md", "en": DOCS / "guides" / "fifteen-minutes.md"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_first_quarter_of_an_hour_is_as_its_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lang: Language
) -> None:
    page = PAGES[lang].read_text(encoding="utf-8")
    commands = re.findall(r"^opsn-geo (link|init|check) (.*)$", page, re.MULTILINE)
    assert [verb for verb, _ in commands] == ["link", "init", "check"]
    folder = tmp_path / commands[1][1].split()[0]
    monkeypatch.chdir(tmp_path)
    shutil.copy(DOCS / "examples" / "adherents.xlsx", tmp_path)
    printed = ""
    for verb, words in commands:
        if verb == "check":
            for name in ("adherents.xlsx", "corrections.csv"):
                shutil.copy(tmp_path / name, folder)
            study = folder / "study.toml"
            changed = study.read_text(encoding="utf-8").replace(
                'memberships = "memberships.csv"', 'memberships = "adherents.xlsx"'
            )
            changed = changed.replace(
                '# [constants.memberships]\n# opsn = "mon-opsn"', '[constants.memberships]\nopsn = "mon-opsn"'
            )
            study.write_text(changed, encoding="utf-8")
        done = CliRunner().invoke(command_line(lang), [verb, *words.split()])
        assert done.exit_code == 0, done.output
        printed += done.output
    printed += (tmp_path / "corrections.csv").read_text(encoding="utf-8-sig")
    shown = [
        line for block in re.findall(r"```text\n(.*?)```", page, re.DOTALL) for line in block.splitlines()
    ]
    assert len(shown) == 10
    assert [line for line in shown if line not in printed] == []
