"""Two processes for one run: what does not hang on each other is done side by side.

Only the command line starts a second process, as the interpreter is its own there; from Python a run stays
in one process unless it is handed an executor.
"""

from __future__ import annotations

import atexit
import gc
import multiprocessing
import os
import pickle
import signal
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from threading import Thread
from typing import Any, TypeVar

_Key = TypeVar("_Key")
_Done = TypeVar("_Done")


def together(
    jobs: Mapping[_Key, Callable[[], _Done]], apart: Collection[_Key], executor: Executor | None
) -> dict[_Key, _Done]:
    """Do some jobs in an executor while the others are done here, and wait for all.

    Parameters
    ----------
    jobs : mapping to callable
        Jobs by name, independent of each other.
    apart : collection
        Names of those for the executor; a process takes a job that can be pickled.
    executor : Executor, optional
        Without one all jobs are done here, and so are those that a broken one did not do.

    Returns
    -------
    dict
        What each job gave, in the order of `jobs`.

    Raises
    ------
    Exception
        That of the first job that failed, once no job runs any more.

    Examples
    --------
    >>> from functools import partial
    >>> together({"least": partial(min, 2, 1), "most": partial(max, 2, 1)}, {"least"}, None)
    {'least': 1, 'most': 2}
    """
    given = {name: _handed(jobs[name], executor) for name in jobs if name in apart}
    handed = {name: future for name, future in given.items() if future is not None}
    try:
        done = {name: job() for name, job in jobs.items() if name not in handed}
    finally:
        wait(handed.values())
    return {name: _taken(handed[name], jobs[name]) if name in handed else done[name] for name in jobs}


def ahead(job: Callable[[], _Done], executor: Executor | None) -> Callable[[], _Done]:
    """Begin a job in an executor, and give what waits for its result.

    Parameters
    ----------
    job : callable
        A process takes a job that can be pickled.
    executor : Executor, optional
        Without one the job is done when its result is asked for, and so is one that a broken one did not do.

    Returns
    -------
    callable
        Gives what the job gave, or raises what it raised.

    Examples
    --------
    >>> from functools import partial
    >>> least = ahead(partial(min, 2, 1), None)
    >>> least()
    1
    """
    future = _handed(job, executor)
    return job if future is None else partial(_taken, future, job)


@contextmanager
def second_process(*modules: str) -> Iterator[Executor | None]:
    """Give an executor of one process that imports some modules at once; none where a machine has no room.

    The process ends with the block, or with this process if it is killed. Both do their linear algebra in one
    thread, if numpy is not imported yet: threads would take turns with the other process.

    Parameters
    ----------
    *modules : str
        What the jobs will need; imported while this process goes on.
    """
    if (os.cpu_count() or 1) < 2:  # noqa: PLR2004 - a second process would only take turns with this one
        yield None
        return
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=_follow)
        pool.submit(_import, modules)
    except (OSError, NotImplementedError, BrokenExecutor):  # no semaphores, or processes are forbidden
        yield None
        return
    with pool:
        yield pool


def settle() -> None:
    """Leave what is imported by now out of every later search for garbage: a twentieth of a run's time."""
    gc.freeze()


def _handed(job: Callable[[], _Done], executor: Executor | None) -> Future[_Done] | None:
    """Hand a job over, if there is an executor and it still works."""
    if executor is None:
        return None
    try:
        if isinstance(executor, ProcessPoolExecutor):  # its thread would write the job in turns with us
            return executor.submit(_written_out, pickle.dumps(job, pickle.HIGHEST_PROTOCOL))
        return executor.submit(job)
    except BrokenExecutor:
        return None


def _written_out(job: bytes) -> Any:  # noqa: ANN401 - what the job gives
    """Do a job that the other process has written out."""
    return pickle.loads(job)()  # noqa: S301 - this program wrote it


def _taken(future: Future[_Done], job: Callable[[], _Done]) -> _Done:
    """Take what a job gave; do it here if the executor broke before it was done."""
    try:
        return future.result()
    except BrokenExecutor:
        return job()


def _import(modules: Collection[str]) -> None:
    for name in modules:
        import_module(name)
    settle()


def _follow() -> None:
    """Leave interrupts to the first process, and end when it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    first = multiprocessing.parent_process()

    def end() -> None:
        if first is not None:
            first.join()
            os._exit(1)

    Thread(target=end, daemon=True).start()
    atexit.register(os._exit, 0)  # its results are handed over: nothing is left to be taken apart
