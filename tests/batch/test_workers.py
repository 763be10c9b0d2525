"""Worker processes: every task answered once, the dead replaced, nobody outlives the parent."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from svs_cli.batch import workers
from svs_cli.batch.workers import Died, crew_size, work_off
from tests.batch import jobs

ROOT = Path(__file__).parents[2]


def test_every_task_is_answered_once() -> None:
    answers = dict(work_off(range(1, 8), jobs.double, 2, 1))
    assert answers == {number: 2 * number for number in range(1, 8)}
    assert list(work_off([], jobs.double, 2, 1)) == []


def test_workers_are_kept_and_told_their_threads() -> None:
    told = [answer for _, answer in work_off(range(6), jobs.process_and_threads, 2, 3)]
    assert len({process for process, _ in told}) <= 2
    assert os.getpid() not in {process for process, _ in told}
    assert {threads for _, threads in told} == {"3"}


def test_a_worker_that_dies_takes_one_task_with_it() -> None:
    answers = dict(work_off(range(6), jobs.die_on_three, 1, 1))
    assert isinstance(answers[3], Died)
    assert "SIGKILL" in str(answers[3])
    assert {number: answer for number, answer in answers.items() if number != 3} == {n: n for n in (0, 1, 2, 4, 5)}


def wait_for(path: Path) -> int:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if path.exists() and path.read_text():
            return int(path.read_text())
        time.sleep(0.02)
    raise AssertionError("the worker has not started")


def is_alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at /proc")
def test_workers_end_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    started = tmp_path / "started"
    code = (
        "from svs_cli.batch.workers import work_off\nfrom tests.batch import jobs\n"
        f"if __name__ == '__main__': list(work_off([{str(started)!r}], jobs.sleep_long, 1, 1))"
    )
    script = tmp_path / "parent.py"
    script.write_text(code)
    parent = subprocess.Popen([sys.executable, str(script)], env={**os.environ, "PYTHONPATH": str(ROOT)})
    worker = wait_for(started)
    assert is_alive(worker)
    parent.kill()
    parent.wait()
    end = time.monotonic() + 20
    while is_alive(worker) and time.monotonic() < end:
        time.sleep(0.02)
    assert not is_alive(worker)


def test_closing_the_generator_ends_the_workers(tmp_path: Path) -> None:
    started = tmp_path / "started"
    working = workers.started(jobs.sleep_long, 1, str(started))
    process = wait_for(started)
    working.process.kill()
    workers.dismiss(working)
    assert not is_alive(process)


def test_the_machine_is_filled_and_not_crowded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "usable_cores", lambda: 8)
    monkeypatch.setattr(workers, "free_memory_bytes", lambda: 64 * 2**30)
    assert crew_size(100) == (8, 1)
    assert crew_size(2) == (2, 4)
    assert crew_size(100, workers=3) == (3, 2)
    assert crew_size(100, threads=4) == (2, 4)
    assert crew_size(100, workers=20) == (20, 1)
    monkeypatch.setattr(workers, "free_memory_bytes", lambda: 3 * 2**30)
    assert crew_size(100) == (3, 2)
    monkeypatch.setattr(workers, "free_memory_bytes", lambda: 0)
    assert crew_size(100)[0] == 1
    monkeypatch.setattr(workers, "free_memory_bytes", lambda: None)
    assert crew_size(100) == (8, 1)
