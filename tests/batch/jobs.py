"""Job functions for worker processes: spawned ones have to find them in a module."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path


def double(number: int) -> int:
    return 2 * number


def die_on_three(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def process_and_threads(number: int) -> tuple[int, str]:
    return os.getpid(), os.environ["OMP_NUM_THREADS"]


def sleep_long(path: str) -> None:
    Path(path).write_text(str(os.getpid()))
    time.sleep(600)
