from __future__ import annotations

import os
from pathlib import Path

from opsn_geo.read.fingerprints import changed, fingerprint


def test_a_file_that_changes_after_its_fingerprint_is_a_fault(tmp_path: Path) -> None:
    appended, touched, removed = (tmp_path / name for name in ("appended.csv", "touched.csv", "removed.csv"))
    for file in (appended, touched, removed):
        file.write_text("a;b\n")
    before = [fingerprint(file) for file in (appended, touched, removed)]
    assert list(changed(before)) == []
    with appended.open("a") as more:
        more.write("1;2\n")
    os.utime(touched, ns=(0, 0))
    removed.unlink()
    assert [(fault.cause, Path(fault.file).name) for fault in changed(before)] == [
        ("changed_file", "appended.csv"),
        ("changed_file", "removed.csv"),
    ]
