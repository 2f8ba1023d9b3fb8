"""A run that fails at any moment leaves what was there before, whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from opsn_geo.errors import MachineError
from opsn_geo.publish.staging import staged

if TYPE_CHECKING:
    from pathlib import Path


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
