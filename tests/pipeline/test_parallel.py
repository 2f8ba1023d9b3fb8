"""Two processes for one run: the same results, no orphan, and no run that fails for want of a second one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import pytest

from opsn_geo.errors import Fault, InputError
from opsn_geo.pipeline import parallel
from opsn_geo.pipeline.parallel import ahead, second_process, together
from opsn_geo.study import Study

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_jobs_are_given_back_in_their_order_wherever_they_were_done() -> None:
    jobs = {"a": partial(pow, 2, 3), "b": partial(pow, 3, 2), "c": os.getpid}
    with second_process("math") as executor:
        assert executor is not None
        done = together(jobs, {"a", "c"}, executor)
    assert list(done) == ["a", "b", "c"]
    assert (done["a"], done["b"]) == (8, 9)
    assert done["c"] != os.getpid()
    assert together(jobs, {"a", "c"}, None)["c"] == os.getpid()


def test_a_fault_found_in_the_second_process_keeps_its_faults() -> None:
    jobs = {"bad": partial(Study.from_toml, "absent.toml"), "good": Study.default}
    with second_process() as executor, pytest.raises(InputError, match=r"absent\.toml") as raised:
        together(jobs, {"bad"}, executor)
    assert type(raised.value.__cause__).__name__ == "_RemoteTraceback"  # it did come from there
    assert [it.file for it in raised.value.faults] == ["absent.toml"]


def test_a_job_begun_ahead_gives_its_result_wherever_it_was_done() -> None:
    with second_process("math") as executor:
        assert executor is not None
        there, power = ahead(os.getpid, executor), ahead(partial(pow, 2, 3), executor)
        assert power() == 8
        assert there() != os.getpid()
    assert ahead(os.getpid, None)() == os.getpid()


def test_a_fault_found_ahead_is_raised_when_its_result_is_asked_for() -> None:
    with second_process() as executor:
        read = ahead(partial(Study.from_toml, "absent.toml"), executor)
        with pytest.raises(InputError, match=r"absent\.toml"):
            read()


def test_an_executor_that_takes_no_job_any_more_leaves_them_to_this_process() -> None:
    class Dead(ThreadPoolExecutor):
        def submit(self, *_: object, **__: object) -> Future[object]:  # type: ignore[override]
            raise BrokenExecutor

    with Dead(1) as executor:
        assert ahead(os.getpid, executor)() == os.getpid()
        assert together({"a": os.getpid}, {"a"}, executor) == {"a": os.getpid()}


def test_a_job_here_that_fails_waits_for_the_others() -> None:
    ended: list[int] = []

    def slow() -> None:
        time.sleep(0.2)
        ended.append(1)

    with ThreadPoolExecutor(1) as executor:
        with pytest.raises(InputError, match=r"members\.csv"):
            together({"slow": slow, "bad": fail}, {"slow"}, executor)
        assert ended == [1]


def test_what_a_broken_executor_did_not_do_is_done_here() -> None:
    class Broken(ThreadPoolExecutor):
        def submit(self, call: Callable[[], object]) -> Future[object]:  # type: ignore[override]
            del call
            future: Future[object] = Future()
            future.set_exception(BrokenExecutor("killed"))
            return future

    assert together({"one": partial(int, "1")}, {"one"}, Broken(1)) == {"one": 1}


@pytest.mark.parametrize("reason", ["one processor", "no semaphores"])
def test_no_second_process_where_there_is_no_room(reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(reason)

    if reason == "one processor":
        monkeypatch.setattr(parallel.os, "cpu_count", lambda: 1)
    else:
        monkeypatch.setattr(parallel, "ProcessPoolExecutor", refuse)
    with second_process("math") as executor:
        assert executor is None


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot be killed there as it is here")
def test_a_killed_run_leaves_no_process_behind(tmp_path: Path) -> None:
    code = (
        "import os, time\n"
        "from opsn_geo.pipeline.parallel import second_process\n"
        "if __name__ == '__main__':\n"
        "    with second_process() as executor:\n"
        "        print(executor.submit(os.getpid).result(), flush=True)\n"
        "        time.sleep(60)\n"
    )
    file = tmp_path / "run.py"
    file.write_text(code)
    with subprocess.Popen([sys.executable, file], stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        second = int(first.stdout.readline())
        assert alive(second)
        first.send_signal(signal.SIGKILL)
        first.wait()
        end = time.monotonic() + 10
        while alive(second) and time.monotonic() < end:
            time.sleep(0.05)
    assert not alive(second)


def alive(process: int) -> bool:
    """Tell whether a process runs; one that ended but that nobody waited for does not."""
    done = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False
    )
    return bool(done.stdout.strip()) and not done.stdout.startswith("Z")


def fail() -> None:
    raise InputError([Fault(cause="missing_file", file="members.csv")])
