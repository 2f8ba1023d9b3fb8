from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from opsn_geo.errors import InputError, MachineError
from opsn_geo.read.fetch import SOURCES, Source, fetch

CONTENT = bytes(range(256)) * 2000
SUM = hashlib.sha256(CONTENT).hexdigest()


class Publisher(HTTPServer):
    """A server on this machine that knows ranges, and can break off after some bytes."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.asked: list[str | None] = []
        self.breaks_at: int | None = None

    @property
    def source(self) -> Source:
        return Source(url=f"http://127.0.0.1:{self.server_port}/file", file="file.bin", sha256=SUM)


class Answer(BaseHTTPRequestHandler):
    server: Publisher

    def do_GET(self) -> None:
        asked_range = self.headers.get("Range")
        self.server.asked.append(asked_range)
        if self.path != "/file":
            self.send_error(404)
            return
        start = int(asked_range.removeprefix("bytes=").removesuffix("-")) if asked_range else 0
        if start >= len(CONTENT):
            self.send_error(416)
            return
        body = CONTENT[start:]
        self.send_response(206 if asked_range else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: self.server.breaks_at])

    def log_message(self, *_: object) -> None:
        """Write nothing."""


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with Publisher() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_file_is_fetched_once_and_its_checksum_noted(publisher: Publisher, tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    file = fetch(publisher.source, folder=tmp_path, progress=lambda *progress: seen.append(progress))
    assert file.read_bytes() == CONTENT
    assert (tmp_path / "file.bin.sha256").read_text(encoding="ascii") == f"{SUM}\n"
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert fetch(publisher.source, folder=tmp_path) == file
    assert publisher.asked == [None]
    fetch(publisher.source, folder=tmp_path, renew=True)
    assert len(publisher.asked) == 2


def test_a_broken_download_is_gone_on_with(publisher: Publisher, tmp_path: Path) -> None:
    publisher.breaks_at = 200_000
    with pytest.raises(MachineError, match="what has come already is kept"):
        fetch(publisher.source, folder=tmp_path)
    assert not (tmp_path / "file.bin").exists()
    kept = (tmp_path / "file.bin.part").stat().st_size
    assert 0 < kept <= 200_000
    publisher.breaks_at = None
    assert fetch(publisher.source, folder=tmp_path).read_bytes() == CONTENT
    assert publisher.asked == [None, f"bytes={kept}-"]
    assert not (tmp_path / "file.bin.part").exists()


def test_a_whole_part_needs_nothing_more(publisher: Publisher, tmp_path: Path) -> None:
    (tmp_path / "file.bin.part").write_bytes(CONTENT)
    assert fetch(publisher.source, folder=tmp_path).read_bytes() == CONTENT


def test_a_wrong_checksum_keeps_nothing(publisher: Publisher, tmp_path: Path) -> None:
    wrong = Source(url=publisher.source.url, file="file.bin", sha256="0" * 64)
    with pytest.raises(InputError, match="checksum"):
        fetch(wrong, folder=tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_file_altered_in_the_cache_is_found_out(publisher: Publisher, tmp_path: Path) -> None:
    unsummed = Source(url=publisher.source.url, file="file.bin")
    fetch(unsummed, folder=tmp_path).write_bytes(b"altered")
    with pytest.raises(InputError, match="checksum"):
        fetch(unsummed, folder=tmp_path)
    assert fetch(unsummed, folder=tmp_path).read_bytes() == CONTENT


def test_what_the_publisher_lacks_is_told(publisher: Publisher, tmp_path: Path) -> None:
    absent = Source(url=publisher.source.url.replace("/file", "/absent"), file="file.bin")
    with pytest.raises(InputError, match="does not give this file"):
        fetch(absent, folder=tmp_path)


def test_offline_is_told_plainly(tmp_path: Path) -> None:
    closed = Source(url="http://127.0.0.1:9/file", file="file.bin")
    with pytest.raises(MachineError, match="works offline"):
        fetch(closed, folder=tmp_path)


def test_an_unknown_name_shows_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cnil, etalab-2021"):
        fetch("cnl", folder=tmp_path)
    assert all(source.url.startswith("https://") for source in SOURCES.values())
