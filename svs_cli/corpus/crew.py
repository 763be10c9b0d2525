"""Recordings on all cores, by processes: Praat and the resampler hold Python's lock.

Conventions
-----------
- Results come in the order of the items, and never depend on how many processes there are: each works on one thread.
- An error of the work itself comes back as it is; a process that was ended from outside is an SvsError.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from svs_cli.errors import SvsError

Item = TypeVar("Item")
Result = TypeVar("Result")
LEAST_ITEMS = 16  # for fewer, starting a process takes longer than the work
CHUNK_ITEMS = 4


def usable_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def each_in_processes(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    jobs: int | None = None,
    chunk_items: int = CHUNK_ITEMS,
) -> Iterator[Result]:
    """`function` of each item, in order, in `jobs` processes (None: one for each core).

    A process takes `chunk_items` at a time: fewer where an item takes seconds.
    """
    wanted = min(jobs or usable_cores(), len(items))
    if wanted <= 1 or len(items) < LEAST_ITEMS * chunk_items // CHUNK_ITEMS:
        yield from map(function, items)
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(wanted, mp_context=context, initializer=prepare_process)
    try:
        yield from pool.map(function, items, chunksize=chunk_items)
    except BrokenProcessPool as error:
        raise SvsError(
            "a process was ended from outside, most likely for lack of memory",
            fix="run it again with a smaller --jobs; what is finished is kept",
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def prepare_process() -> None:
    """One thread for matrix libraries; Ctrl-C is the parent's business."""
    os.environ["OMP_NUM_THREADS"] = "1"
    signal.signal(signal.SIGINT, signal.SIG_IGN)
