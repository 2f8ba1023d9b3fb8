from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from opsn_geo.boundaries.builder import sources
from opsn_geo.boundaries.builder.sources import CODES, Package, archive
from opsn_geo.errors import InputError, MachineError

PACKAGE = Package("npm", "toy", "1.0.0", "toy-1.0.0.tgz", "0" * 64)


def test_a_missing_client_is_the_machines_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MachineError, match=r"toy 1\.0\.0.*npm.*is not installed"):
        archive(PACKAGE, cache=tmp_path)


def test_no_network_is_the_machines_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(command: list[str], **_: object) -> None:
        raise subprocess.CalledProcessError(1, command, stderr="first\ncannot reach it\n")

    monkeypatch.setattr(sources.shutil, "which", lambda _: "npm")
    monkeypatch.setattr(sources.subprocess, "run", fail)
    with pytest.raises(MachineError, match=r"cannot reach it.*could not be downloaded"):
        archive(PACKAGE, cache=tmp_path)


def test_a_download_that_is_not_the_pinned_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources.shutil, "which", lambda _: "npm")
    monkeypatch.setattr(
        sources.subprocess, "run", lambda *_, **__: (tmp_path / PACKAGE.file).write_bytes(b"other")
    )
    with pytest.raises(InputError, match="not the one expected"):
        archive(PACKAGE, cache=tmp_path)


def test_what_is_in_the_cache_is_not_fetched_again(archives: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert archive(CODES[2021], cache=archives) == archives / CODES[2021].file


@pytest.mark.parametrize("package", [*sources.POLYGONS.values(), *CODES.values()], ids=lambda p: p.file)
def test_the_command_names_the_pinned_version(package: Package, tmp_path: Path) -> None:
    command = package.command(tmp_path)
    assert command[0] == package.tool
    assert str(tmp_path) in command
    assert command[-1].endswith(package.version)
