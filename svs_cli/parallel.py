"""Independent pieces of work on all processor cores, with results that never depend on how many there are.

Conventions
-----------
- Matrix libraries split one product over their threads, and round its sums differently for each number of them. So
  every piece is computed on one thread, and the cores are filled with pieces instead.
- How many pieces run at once is torch's own number of threads, which `OMP_NUM_THREADS` sets. Torch is not imported for
  it: work that does without torch runs a piece at a time.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from threading import Lock
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
Progress = Callable[[str, float], None]
M_ARENA_MAX = -8  # malloc.h


def each(
    function: Callable[[Item], Result], items: Sequence[Item], model: object, stage: str, progress: Progress
) -> Iterator[Result]:
    """`function` of each item, in order; several at a time, unless `model` computes on a device of its own.

    `progress` is told the stage's name and the share of it that is done, 0.0 at first.

    >>> list(each(abs, [-1, 2, -3], None, "counting", lambda stage, share_done: None))
    [1, 2, 3]
    """
    progress(stage, 0.0)
    with single_threaded() as threads, ExitStack() as stack:
        crew = min(threads, len(items)) if getattr(model, "device", "cpu") == "cpu" else 1
        results: Iterator[Result] = map(function, items)
        if crew > 1:
            share_one_heap()
            pool = stack.enter_context(ThreadPoolExecutor(crew, initializer=use_one_thread))
            results = pool.map(function, items)
        for number, result in enumerate(results, 1):
            yield result
            progress(stage, number / len(items))


def share_one_heap() -> None:
    """Let threads allocate from one heap: glibc gives each its own, which keeps what was freed."""
    if sys.platform == "linux":
        import ctypes

        with suppress(AttributeError):  # another C library
            ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)


@contextmanager
def single_threaded() -> Iterator[int]:
    """Keep matrix libraries to one thread inside the block; gives the number of threads there were. May be nested."""
    threads = LIMIT.enter()
    try:
        yield threads
    finally:
        LIMIT.leave()


class ThreadLimit:
    """One thread for torch and NumPy as long as anybody is inside; the first to enter and the last to leave count."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0
        self._threads = 1
        self._undo = ExitStack()

    def enter(self) -> int:
        """Returns torch's number of threads outside, 1 if torch is not in use."""
        from threadpoolctl import threadpool_limits

        torch = sys.modules.get("torch")
        with self._lock:
            if not self._inside:
                self._threads = torch.get_num_threads() if torch else 1
                self._undo.enter_context(threadpool_limits(1, user_api="blas"))  # NumPy's
            self._inside += 1
        use_one_thread()
        return self._threads

    def leave(self) -> None:
        """Give the threads back."""
        torch = sys.modules.get("torch")
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._undo.close()
                if torch and self._threads > 1:
                    torch.set_num_threads(self._threads)


LIMIT = ThreadLimit()


def use_one_thread() -> None:
    """Torch on one thread: OpenMP counts for each thread apart, so every new one has to say so itself."""
    torch = sys.modules.get("torch")
    if torch:
        torch.set_num_threads(1)
