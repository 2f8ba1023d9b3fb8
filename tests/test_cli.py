"""The command line as people meet it: one clear message, the right exit code, nothing half-written."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from opsn_geo.catalogue.words import LANGUAGES, Language
from opsn_geo.cli import command_line, main
from opsn_geo.errors import printable
from opsn_geo.read.tables import table
from opsn_geo.study import data_dir


def opsn_geo(*words: object, lang: str = "en") -> subprocess.CompletedProcess[str]:
    """Run the real command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "opsn_geo", *map(str, words), "--lang", lang],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    """Copy the default study to where it may be spoilt."""
    return Path(shutil.copytree(data_dir() / "demo", tmp_path / "demo"))


def spoilt(file: Path, before: str, after: str) -> None:
    content = file.read_text(encoding="utf-8")
    assert before in content
    file.write_text(content.replace(before, after, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "before", "after", "message"),
    [
        ("study.toml", 'title = "', "title = = ", "line 5: this is not a valid TOML file"),
        ("study.toml", "language =", "langage =", "Nearest: “study.language”"),
        ("study.toml", '"offers.csv"', '"ofers.csv"', "Nearest: “offers.csv”"),
        ("study.toml", "millesime = 2021", "millesime = 2020", "2020"),
        ("study.toml", 'region = "32"', 'region = "99"', "99"),
        ("memberships.csv", "adica,commune,02001", "adiac,commune,02001", "Nearest: “adica”"),
        ("memberships.csv", "adica,commune,02001", "adica,comune,02001", "Nearest: “commune”"),
    ],
)
def test_a_fault_gives_one_clear_message_and_code_2_and_writes_nothing(
    demo: Path, tmp_path: Path, file: str, before: str, after: str, message: str
) -> None:
    spoilt(demo / file, before, after)
    done = opsn_geo("run", demo / "study.toml", "--out", tmp_path / "out")
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_missing_study_is_a_fault_in_french_too(tmp_path: Path) -> None:
    done = opsn_geo("run", tmp_path / "etude.toml", lang="fr")
    assert done.returncode == 2
    assert done.stderr.strip().splitlines()[-1].endswith("Vérifiez son nom et son dossier.")


def test_a_wrong_code_is_rejected_with_its_row_and_a_strict_run_says_so(demo: Path, tmp_path: Path) -> None:
    spoilt(demo / "memberships.csv", "adica,commune,02001,Abbécourt", "adica,commune,02999,Nulle-Part")
    done = opsn_geo("run", demo / "study.toml", "--out", tmp_path / "out", "--strict", "--quiet")
    assert done.returncode == 1, done.stderr
    assert "memberships.csv, line 2" in done.stderr
    with (tmp_path / "out" / "tables" / "rejets.csv").open(encoding="utf-8", newline="") as stream:
        _, reject = csv.reader(stream)
    assert reject[:3] == ["memberships", "2", "02999"]
    assert (tmp_path / "out" / "atlas.html").is_file()


def test_a_folder_that_cannot_be_written_is_code_3(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = opsn_geo("run", "--out", tmp_path / "file" / "below", "--quiet")
    assert done.returncode == 3
    assert "cannot be written there" in done.stderr
    assert "Traceback" not in done.stderr


def answered(
    words: list[object], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> tuple[int, str, str]:
    """Run a command in this process; return its exit code and what it printed."""
    monkeypatch.setattr(sys, "argv", ["opsn-geo", *map(str, words)])
    with pytest.raises(SystemExit) as left:
        main()
    shown = capsys.readouterr()
    return int(left.value.code or 0), shown.out, shown.err


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the words of every command."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_help_fits_a_screen_and_gives_an_example(
    lang: Language, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    example = {"fr": "Exemple :\n", "en": "Example:\n"}[lang]
    for words in ((), *commands(command_line(lang))):
        code, shown, _ = answered([*words, "--lang", lang, "-h"], capsys, monkeypatch)
        assert code == 0
        assert len(shown.splitlines()) <= 24
        assert not words or f"{example}    opsn-geo {' '.join(words)}" in shown
        assert "..." not in shown.replace("[ARGS]...", "")


@pytest.mark.parametrize(
    "words",
    [
        ["--lang", "en", "check"],
        ["--lang=en", "check"],
        ["check", "--lang", "en"],
        ["check", "--lang=en"],
    ],
)
def test_a_language_is_asked_for_before_or_after_the_verb(
    words: list[str], demo: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    spoilt(demo / "study.toml", 'region = "32"', 'region = "99"')
    code, shown, _ = answered([*words, demo / "study.toml"], capsys, monkeypatch)
    assert code == 2
    assert shown.startswith("The study cannot be run")
    _, french, _ = answered(["check", demo / "study.toml"], capsys, monkeypatch)
    assert french.startswith("L’étude ne peut pas")


def test_a_language_before_the_verb_is_that_of_what_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words: list[object] = ["boundaries", "--lang", "en", "show", "--vintage", "2021"]
    monkeypatch.setattr(sys, "argv", ["opsn-geo", *map(str, words)])
    with pytest.raises(SystemExit):
        main()
    assert "Outlines repaired" in capsys.readouterr().out
    answered(["--lang", "en", "init", tmp_path / "new"], capsys, monkeypatch)
    assert 'language = "en"' in (tmp_path / "new" / "study.toml").read_text(encoding="utf-8")


ESCAPES = "\x1b[2J\x1b]0\x07\x9b31m\u202e"


def test_no_control_character_of_a_file_reaches_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answered(["init", tmp_path / "new", "--departements", "02"], capsys, monkeypatch)
    folder = tmp_path / "new"
    rows = f"opsn,name,note{ESCAPES}\nmon-opsn,Xyzzy{ESCAPES},a\nmon-opsn,Chateau-Thiery{ESCAPES},b\n"
    (folder / "memberships.csv").write_text(rows, encoding="utf-8")
    head = "figure,label,value,unit,precision,table,measure,item"
    figures = f"{head}\na,Nombre{ESCAPES},3,count,1,opsn,distinct,opsn\n"
    (folder / "figures.csv").write_text(figures, encoding="utf-8")
    spoilt(folder / "study.toml", '# published_figures = "chiffres.csv"', 'published_figures = "figures.csv"')
    spoilt(folder / "opsn.csv", "assumed", "study")  # what is assumed is not compared
    for words in (["check"], ["check", "--format", "json"], ["compare"]):
        shown = "".join(map(str, answered([*words, folder / "study.toml"], capsys, monkeypatch)))
        assert "Nombre" in shown or "Xyzzy" in shown
        assert [c for c in shown if printable(c) != c] == []
    code, written, _ = answered(["check", folder / "study.toml", "--format", "json"], capsys, monkeypatch)
    assert code == 0
    assert json.loads(written)["rejects"][0]["name"].startswith("Xyzzy")


def test_faults_of_a_study_file_are_json_where_json_is_asked_for(
    demo: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    spoilt(demo / "study.toml", "millesime =", "milesime =")
    code, shown, _ = answered(["check", demo / "study.toml", "--format", "json"], capsys, monkeypatch)
    assert code == 2
    record = json.loads(shown)
    assert record["sound"] is False
    assert {it["column"] for it in record["faults"]} == {"study.milesime", "study.millesime"}


def test_a_new_study_can_be_checked_and_run_at_once(tmp_path: Path) -> None:
    done = opsn_geo("init", tmp_path / "new", "--departements", "02,80")
    assert done.returncode == 0, done.stderr
    checked = opsn_geo("check", tmp_path / "new" / "study.toml", "--format", "json")
    assert checked.returncode == 0, checked.stdout
    assert json.loads(checked.stdout)["faults"] == []
    ran = opsn_geo("run", tmp_path / "new" / "study.toml", "--out", tmp_path / "out", "--quiet")
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "out" / "atlas.html").is_file()


def test_init_does_not_write_over_a_study(tmp_path: Path) -> None:
    assert opsn_geo("init", tmp_path).returncode == 0
    before = (tmp_path / "study.toml").read_bytes()
    again = opsn_geo("init", tmp_path)
    assert again.returncode == 2
    assert "Traceback" not in again.stderr
    assert (tmp_path / "study.toml").read_bytes() == before


def test_check_lists_faults_and_writes_nothing(demo: Path) -> None:
    spoilt(demo / "memberships.csv", "adica,commune,02001", "adiac,commune,02001")
    before = sorted(demo.iterdir())
    done = opsn_geo("check", demo / "study.toml")
    assert done.returncode == 2
    assert "Nearest: “adica”" in done.stdout
    assert sorted(demo.iterdir()) == before


def test_what_can_be_fetched_is_listed_and_an_unknown_name_is_refused() -> None:
    assert "cnil" in opsn_geo("fetch").stdout.split()
    assert opsn_geo("fetch", "nothing").returncode == 2


def test_boundaries_are_listed() -> None:
    listed = opsn_geo("boundaries", "list").stdout.splitlines()
    assert "2023: 34945 communes, 1255 EPCI, 67418672 inhabitants (census of 2020)" in listed
    assert "  53  Bretagne" in listed
    shown = opsn_geo("boundaries", "show", "--departements", "976", "--vintage", "2026").stdout
    assert "mayotte, vintage 2026 (EPSG:4471)" in shown
    assert "17 communes" in shown


def test_compare_shows_what_differs_or_contradicts_and_writes_nothing(demo: Path) -> None:
    spoilt(demo / "published_figures.csv", 'OPSN, most",22', 'OPSN, most",23')
    before = {it: it.read_bytes() for it in demo.iterdir()}
    done = opsn_geo("compare", demo / "study.toml")
    assert done.returncode == 0, done.stderr
    assert "SIMULATED" in done.stdout.splitlines()[0]
    assert "cannot be judged – Services per OPSN, most: published 23, recomputed 22." in done.stdout
    counts = {"agrees: 33", "agrees by construction: 66", "differs: 0", "cannot be recomputed: 11"}
    assert counts | {"inconsistent: 0", "cannot be judged: 1"} <= {*done.stdout.splitlines()}
    assert "In two contradictory lists (contradiction) – Geographic information system" in done.stdout
    assert {it: it.read_bytes() for it in demo.iterdir()} == before
    strict = opsn_geo("compare", demo / "study.toml", "--strict", lang="fr")
    assert strict.returncode == 1
    assert "« sig »" in strict.stderr
    assert "services_per_opsn_max" not in strict.stderr  # assumed offers judge no study
    assert "Traceback" not in strict.stderr


def test_compare_has_nothing_to_say_of_a_study_that_publishes_nothing(tmp_path: Path) -> None:
    assert opsn_geo("init", tmp_path / "new", "--departements", "02").returncode == 0
    done = opsn_geo("compare", tmp_path / "new" / "study.toml", "--strict")
    assert done.returncode == 0, done.stderr
    assert "nothing to compare" in done.stdout


def test_report_writes_the_report_alone_in_the_language_asked_for(tmp_path: Path, demo: Path) -> None:
    done = opsn_geo("report", demo / "study.toml", "--out", tmp_path / "report.html")
    assert done.returncode == 0, done.stderr
    assert [it.name for it in tmp_path.glob("*.html")] == ["report.html"]
    assert '<html lang="en"' in (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_stopped_run_leaves_nothing_half_made(tmp_path: Path, name: str) -> None:
    number = getattr(signal, name)
    program = f"""
import os
from pathlib import Path
from opsn_geo import cli
from opsn_geo.publish.staging import staged
def run(**_):
    with staged(Path({str(tmp_path)!r})) as aside:
        (aside / "a.txt").write_text("half")
        os.kill(os.getpid(), {int(number)})
cli.run = run
cli.main()
"""
    command = [sys.executable, "-c", program, "run", "--lang", "en"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (128 + number, "", "Stopped.\n")
    assert list(tmp_path.iterdir()) == []


def test_check_writes_all_it_finds_to_a_workbook(demo: Path, tmp_path: Path) -> None:
    for content, code, rows in (("", 0, 0), ("studi = 1\n", 2, 1)):
        file = demo / "study.toml"
        file.write_text(content + file.read_text(encoding="utf-8"), encoding="utf-8")
        done = opsn_geo("check", file, "--out", tmp_path / "faults.xlsx", "--format", "json")
        assert done.returncode == code, done.stderr
        record = json.loads(done.stdout)
        assert (record["sound"], len(record["faults"])) == (code == 0, rows)
        assert len(table(tmp_path / "faults.xlsx", sheet="Faults")) == rows


def test_link_gives_a_list_back_and_never_overwrites_it(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("Commune\nLaon\nXyzzy\n", encoding="utf-8")
    done = opsn_geo("link", file, "--departements", "02")
    assert done.returncode == 0, done.stderr
    assert "2 rows: 1 linked, 0 of them to check; 1 not linked." in done.stdout
    assert {it.name for it in tmp_path.iterdir()} == {"list.csv", "list-linked.xlsx", "corrections.csv"}
    refused = opsn_geo("link", file, "--out", file)
    assert refused.returncode == 2
    assert "this is the file of the list itself" in refused.stderr


def test_too_little_memory_is_the_machines_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def filled(**_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("opsn_geo.cli.check", filled)
    monkeypatch.setattr(sys, "argv", ["opsn-geo", "check", "--lang", "en"])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 3
    assert "the memory of this machine does not suffice" in capsys.readouterr().err


def test_signs_that_an_encoding_lacks_are_replaced_and_json_stays_whole(demo: Path) -> None:
    """As where the output of Windows goes to a file."""
    spoilt(demo / "study.toml", 'title = "', '"→ 🙂" = "')
    windows = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    outputs = []
    for form in ("text", "json"):
        command = [sys.executable, "-m", "opsn_geo", "check", str(demo / "study.toml"), "--format", form]
        done = subprocess.run(command, capture_output=True, check=False, env=windows)
        assert done.returncode == 2
        assert b"Traceback" not in done.stderr
        outputs.append((done.stdout + done.stderr).decode("cp1252"))
    assert "? ?" in outputs[0]
    assert "→ 🙂" in str(json.loads(outputs[1]))


@pytest.mark.parametrize("verb", ["run", "check", "compare", "report", "link", "codebook"])
def test_every_command_that_reads_tables_can_raise_their_limits(verb: str) -> None:
    options = {option.name for option in command_line("en").commands[verb].params}
    assert "limits" in options
