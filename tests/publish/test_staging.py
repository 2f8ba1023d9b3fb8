"""A run that fails at any moment leaves what was there before, whole."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from opsn_geo.errors import MachineError
from opsn_geo.publish.staging import recover, staged

NEW = {"a.txt": "new", "b/c.txt": "new", "b/d.txt": "new", "e/f.txt": "new", "manifest.json": "new"}
OLD = {"a.txt": "old", "b/c.txt": "old", "manifest.json": "old", "mine.txt": "mine"}


def test_files_move_into_place_and_others_stay(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / "a.txt").write_text("old")
    with staged(tmp_path) as aside:
        (aside / "a.txt").write_text("new")
        (aside / "tables").mkdir()
        (aside / "tables" / "b.txt").write_text("b")
        assert (tmp_path / "a.txt").read_text() == "old"
    found = {file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*") if file.is_file()}
    assert found == {"mine.txt", "a.txt", "tables/b.txt"}
    assert (tmp_path / "a.txt").read_text() == "new"


def test_a_failure_leaves_the_former_output_whole(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")

    def fail() -> None:
        with staged(tmp_path) as aside:
            (aside / "a.txt").write_text("half")
            message = "stopped here"
            raise RuntimeError(message)

    with pytest.raises(RuntimeError, match="stopped here"):
        fail()
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "old"


def test_a_folder_that_cannot_be_made_is_the_machines_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(MachineError, match=r"file.*cannot be written there"),
        staged(tmp_path / "file" / "below"),
    ):
        pytest.fail("nothing to write in")


def content(folder: Path) -> dict[str, str]:
    """Return every file of a folder, hidden ones included, and what it says."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    return {file.relative_to(folder).as_posix(): file.read_text() for file in files}


def fill(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def run(out: Path) -> None:
    with staged(out) as aside:
        fill(aside, NEW)


class Refusals:
    """The moves of files, of which one is refused: as Windows does for a file that is open elsewhere."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
        self.count, self.refused, self.replace, self.error = 0, -1, Path.replace, error
        monkeypatch.setattr(Path, "replace", self)

    def __get__(self, file: Path | None, _: type[Path]) -> object:
        return self if file is None else lambda target: self.move(file, target)

    def move(self, file: Path, target: Path) -> Path:
        self.count += 1
        if self.count == self.refused:
            raise self.error
        return self.replace(file, target)


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), KeyboardInterrupt()])
def test_wherever_a_move_is_refused_or_interrupted_the_former_files_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    fill(tmp_path, OLD)
    refusals = Refusals(monkeypatch, error)
    for refused in range(1, 10):  # the journal, three former files, five new ones
        refusals.count, refusals.refused = 0, refused
        with pytest.raises((KeyboardInterrupt, MachineError)):
            run(tmp_path)
        assert content(tmp_path) == OLD
        assert not (tmp_path / "e").exists()
    refusals.count, refusals.refused = 0, 10
    run(tmp_path)
    assert content(tmp_path) == OLD | NEW


KILLED = """
import os, sys
from pathlib import Path
from opsn_geo.publish.staging import staged
count, move = 0, Path.replace
def replace(file, target):
    global count
    count += 1
    if count == int(sys.argv[2]):
        os.kill(os.getpid(), 9)
    return move(file, target)
Path.replace = replace
with staged(Path(sys.argv[1])) as aside:
    for name in sys.argv[3:]:
        (aside / name).parent.mkdir(parents=True, exist_ok=True)
        (aside / name).write_text("new")
"""


@pytest.mark.parametrize("moment", [1, 2, 4, 5, 7, 9])
def test_what_a_killed_run_left_is_finished_by_the_next_command(tmp_path: Path, moment: int) -> None:
    fill(tmp_path, OLD)
    command = [sys.executable, "-c", KILLED, str(tmp_path), str(moment), *NEW]
    assert subprocess.run(command, check=False).returncode < 0
    recover(tmp_path)
    assert content(tmp_path) == (OLD if moment == 1 else OLD | NEW)


def test_what_cannot_be_finished_is_undone(tmp_path: Path) -> None:
    fill(tmp_path, OLD)
    assert (
        subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), "6", *NEW], check=False).returncode < 0
    )
    (tmp_path / "b" / "d.txt").mkdir()
    recover(tmp_path)
    assert content(tmp_path) == OLD


def test_what_a_live_run_makes_is_left_to_it(tmp_path: Path) -> None:
    fill(tmp_path, OLD)
    with staged(tmp_path) as aside:
        fill(aside, NEW)
        recover(tmp_path)
        with staged(tmp_path) as other:
            fill(other, dict.fromkeys(NEW, "other"))
        assert content(tmp_path / "b") == {"c.txt": "other", "d.txt": "other"}
    assert content(tmp_path) == OLD | NEW


@pytest.mark.parametrize("there", ["a.txt", "b/c.txt"])
def test_a_folder_in_the_place_of_a_file_is_refused_before_anything_moves(tmp_path: Path, there: str) -> None:
    (tmp_path / there).mkdir(parents=True)
    (tmp_path / "manifest.json").write_text("old")
    with pytest.raises(MachineError, match=Path(there).name):
        run(tmp_path)
    assert content(tmp_path) == {"manifest.json": "old"}


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    mine, out = tmp_path / "mine", tmp_path / "out"
    fill(mine, {"c.txt": "mine", "a.txt": "mine"})
    out.mkdir()
    (out / "b").symlink_to(mine)
    (out / "a.txt").symlink_to(mine / "a.txt")
    with pytest.raises(MachineError, match="b"):
        run(out)
    (out / "b").unlink()
    run(out)
    assert content(mine) == {"c.txt": "mine", "a.txt": "mine"}
    assert content(out) == NEW


def test_a_journal_that_leads_out_of_the_folder_moves_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for number, name in enumerate(("../stolen", str(tmp_path / "stolen"))):
        fill(
            out / f".opsn-geo-{number}",
            {"journal.json": json.dumps({"files": [name], "former": [], "folders": []})},
        )
        fill(out / f".opsn-geo-{number}" / "new", {"x": "x"})
        fill(out / f".opsn-geo-{number}", {"stolen": "x"})
    recover(out)
    assert content(tmp_path) == {}


def test_a_full_disk_is_the_machines_fault_in_whatever_words_a_library_puts_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = "database or disk is full"
    room = type("Room", (), {"free": 0})
    with pytest.raises(sqlite3.OperationalError), staged(tmp_path):
        raise sqlite3.OperationalError(message)
    monkeypatch.setattr("opsn_geo.publish.staging.shutil.disk_usage", lambda _: room)
    with pytest.raises(MachineError, match=os.strerror(28)), staged(tmp_path):
        raise sqlite3.OperationalError(message)
    assert list(tmp_path.iterdir()) == []


def test_the_lock_of_a_run_that_was_killed_as_it_began_is_removed(tmp_path: Path) -> None:
    (tmp_path / ".opsn-geo.lock").write_text("")
    recover(tmp_path)
    assert list(tmp_path.iterdir()) == []
