"""Independent pieces of work on all processor cores, with results that never depend on how many there are.

Conventions
-----------
- Matrix libraries split one product over their threads, and round its sums differently for each number of them. So
  every piece is computed on one thread, and the cores are filled with pieces instead.
- A piece may be shared out in turn: who waits for the shares leaves its core to them, so never do more pieces run
  than there are cores.
- How many pieces run at once is torch's own number of threads, which `OMP_NUM_THREADS` sets. Torch is not imported for
  it: work that does without torch runs a piece at a time.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from threading import Lock, Semaphore, local
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
    results = shared(function, items, len(items), model, ahead=len(items))
    for number, result in enumerate(results, 1):
        yield result
        progress(stage, number / len(items))


def shared(
    function: Callable[[Item], Result], items: Iterable[Item], count: int, model: object, ahead: int
) -> Iterator[Result]:
    """As `each`, of `count` items that are made as they are needed: `ahead` of the result that is waited for.

    >>> list(shared(abs, iter([-1, 2, -3]), 3, None, ahead=2))
    [1, 2, 3]
    """
    with single_threaded() as threads, ExitStack() as stack:
        crew = min(threads, count) if getattr(model, "device", "cpu") == "cpu" else 1
        if crew <= 1:
            yield from map(function, items)
            return
        share_one_heap()
        stack.enter_context(LIMIT.waiting())
        pool = stack.enter_context(ThreadPoolExecutor(crew, initializer=use_one_thread))
        at_work: deque[Future[Result]] = deque()
        stack.callback(cancel, at_work)
        for item in items:
            at_work.append(pool.submit(LIMIT.on_a_core, function, item))
            if len(at_work) > ahead:
                yield at_work.popleft().result()
        while at_work:
            yield at_work.popleft().result()


def cancel(pieces: Iterable[Future[Result]]) -> None:
    """Those that were not begun; an error made them useless."""
    for piece in pieces:
        piece.cancel()


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
    """One thread for torch and NumPy as long as anybody is inside; the first to enter and the last to leave count.

    As many pieces of work as there were threads may be on a core at once.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._cores = Semaphore()
        self._mine = local()  # .core: whether this thread has one
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
                self._cores = Semaphore(self._threads)
                self._undo.enter_context(threadpool_limits(1, user_api="blas"))  # NumPy's
            self._inside += 1
        use_one_thread()
        return self._threads

    def on_a_core(self, function: Callable[[Item], Result], item: Item) -> Result:
        """`function` of the item, as soon as a core is free."""
        with self._cores:
            self._mine.core = True
            try:
                return function(item)
            finally:
                self._mine.core = False

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Inside the block this thread waits for others: if it has a core, that is free."""
        if not getattr(self._mine, "core", False):
            yield
            return
        self._mine.core = False
        self._cores.release()
        try:
            yield
        finally:
            self._cores.acquire()
            self._mine.core = True

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
