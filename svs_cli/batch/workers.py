"""Worker processes that share nothing: each gets a task through a pipe, and sends back what became of it.

Conventions
-----------
- Processes are spawned, not forked, and set their number of threads before numpy or torch is imported.
- A worker that dies takes one task with it, which is reported; another takes its place. If the parent dies, however
  abruptly, its workers die at once.
- Ctrl-C reaches every process of a terminal: workers ignore it, and the parent ends them.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

TaskType = TypeVar("TaskType")
OutcomeType = TypeVar("OutcomeType")
# Every library that starts threads of its own when it is loaded
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
MEMORY_OF_A_WORKER_BYTES = 2**30  # models, torch and a song of ten minutes
ORPHANED = 1


@dataclass(frozen=True)
class Died:
    """A worker ended without an answer; `exit_code` is negative for a signal."""

    exit_code: int | None

    def __str__(self) -> str:
        if self.exit_code is not None and self.exit_code < 0:
            name = signal.Signals(-self.exit_code).name
            cause = ", as the system does when memory runs out" if name == "SIGKILL" else ""
            return f"the worker was killed ({name}{cause})"
        return "the worker died" if self.exit_code is None else f"the worker ended with code {self.exit_code}"


@dataclass
class Worker(Generic[TaskType]):
    """A process, the pipe to it, and what it works on."""

    process: SpawnProcess
    pipe: Connection[Any, Any]
    task: TaskType


def work_off(
    tasks: Iterable[TaskType], function: Callable[[TaskType], OutcomeType], workers: int, threads: int
) -> Generator[tuple[TaskType, OutcomeType | Died], None, None]:
    """Outcomes as they come, while at most `workers` processes of `threads` threads call `function`.

    `tasks` is read as workers become free. Closing the generator ends the workers.
    """
    waiting = iter(tasks)
    crew: list[Worker[TaskType]] = []
    try:
        while True:
            while len(crew) < workers and (task := next(waiting, None)) is not None:
                crew.append(started(function, threads, task))
            if not crew:
                return
            for worker in ready(crew):
                crew.remove(worker)
                done, outcome = worker.task, answer(worker)
                following = None if isinstance(outcome, Died) else next(waiting, None)
                if following is None:
                    dismiss(worker)
                else:
                    worker.task = following
                    send(worker)
                    crew.append(worker)
                yield done, outcome
    finally:
        for worker in crew:
            worker.process.kill()
        for worker in crew:
            dismiss(worker)


def started(function: Callable[[TaskType], Any], threads: int, task: TaskType) -> Worker[TaskType]:
    """A new worker, at work on a task."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, function, threads), daemon=True)
    with ignoring_interrupts():  # what is ignored when a process is made, it goes on ignoring
        process.start()
    theirs.close()
    worker = Worker(process, ours, task)
    send(worker)
    return worker


def ready(crew: list[Worker[TaskType]]) -> list[Worker[TaskType]]:
    """The workers that have answered or died, after waiting for one."""
    found = wait([worker.pipe for worker in crew])
    return [worker for worker in crew if worker.pipe in found]


def send(worker: Worker[Any]) -> None:
    """Hand a worker its task; if it is dead already, `answer` will tell."""
    with suppress(OSError):
        worker.pipe.send(worker.task)


def answer(worker: Worker[Any]) -> Any:
    """What a worker sent, or how it died."""
    try:
        return worker.pipe.recv()
    except (EOFError, OSError):
        worker.process.join()
        return Died(worker.process.exitcode)


def dismiss(worker: Worker[Any]) -> None:
    """End a worker that has nothing to do."""
    worker.pipe.close()
    worker.process.join()


@contextmanager
def ignoring_interrupts() -> Iterator[None]:
    """Ctrl-C does nothing inside the block. Only the main thread may set this; others go without."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


def serve(pipe: Connection[Any, Any], function: Callable[[Any], Any], threads: int) -> None:
    """A worker's life: a task, an answer, until the pipe closes."""
    for name in THREAD_VARIABLES:
        os.environ[name] = str(threads)
    threading.Thread(target=leave_with_parent, daemon=True).start()
    while True:
        try:
            task = pipe.recv()
        except (EOFError, OSError):
            return
        outcome = function(task)
        try:
            pipe.send(outcome)
        except OSError:
            return


def leave_with_parent() -> None:
    """End this process the moment its parent has ended, whatever it is doing."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(ORPHANED)


def usable_cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def free_memory_bytes() -> int | None:
    """Memory that new processes can have; None where it cannot be found out."""
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError):
        return None


def crew_size(songs: int, workers: int | None = None, threads: int | None = None) -> tuple[int, int]:
    """How many workers of how many threads fill the machine without crowding it.

    One worker a core, as far as songs and memory go, because songs are independent and threads wait for each other.
    """
    cores = usable_cores()
    if workers is None:
        memory_bytes = free_memory_bytes()
        fitting = cores if memory_bytes is None else memory_bytes // MEMORY_OF_A_WORKER_BYTES
        workers = max(1, min(cores // (threads or 1), songs, fitting))
    return workers, threads or max(1, cores // workers)
