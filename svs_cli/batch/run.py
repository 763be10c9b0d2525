"""A batch from start to end: what is there already is kept, the rest goes to an engine, failures are remembered.

Conventions
-----------
- A report's status: "sung" was rendered now, "kept" was there already, "failed" says why.
- `retry_failed` takes the songs whose last rendering failed; all others are left out, not reported.
- Real-time factors are seconds of work over seconds of sound.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

from svs_cli.batch.plan import Song
from svs_cli.batch.records import (
    FAILED,
    Failure,
    Record,
    fingerprint_of,
    is_done,
    read_record,
    record_path,
    write_record,
)
from svs_cli.batch.staging import Staging
from svs_cli.batch.work import Outcome, Task, failure_of, render
from svs_cli.batch.workers import Died, crew_size, work_off
from svs_cli.errors import SvsError

SUNG, KEPT = "sung", "kept"
# Runs tasks with so many workers of so many threads; yields what became of each, in any order.
Engine = Callable[[Iterable[Task], int | None, int | None], Generator[tuple[Task, Outcome | Died], None, None]]


@dataclass(frozen=True)
class Report:
    """What became of one song."""

    song: Song
    status: str
    results: tuple[dict[str, Any], ...] = ()
    failure: Failure | None = None
    elapsed_seconds: float = 0.0
    of: int = 0  # songs in this run

    @property
    def sung_seconds(self) -> float:
        """Seconds of sound that were rendered now."""
        return float(sum(result["seconds"] for result in self.results)) if self.status == SUNG else 0.0

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        told: dict[str, Any] = {"job": self.song.number, "status": self.status, "score": self.song.job.source}
        told |= {"output": str(self.song.output), "elapsed_seconds": self.elapsed_seconds, "results": self.results}
        if self.failure:
            told["error"] = {"message": self.failure.message, "fix": self.failure.fix, "code": self.failure.exit_code}
        return told


def processes(
    tasks: Iterable[Task], workers: int | None, threads: int | None
) -> Generator[tuple[Task, Outcome | Died], None, None]:
    """The engine that uses this machine: worker processes, as many as `crew_size` was asked for."""
    yield from work_off(tasks, render, workers or 1, threads or 1)


def run(
    songs: Sequence[Song],
    *,
    engine: Engine = processes,
    workers: int | None = None,
    threads: int | None = None,
    retry_failed: bool = False,
) -> Generator[Report, None, None]:
    """Reports, as songs are done. Interrupted at any moment, it leaves whole files or none. Raises UsageError."""
    with Staging() as staging:
        for song in songs:
            staging.prepare(song.output)
        chosen = [song for song in songs if not retry_failed or has_failed(song)]
        told, due = sort_out(chosen)
        yield from (replace(report, of=len(chosen)) for report in told)
        by_number = {song.number: song for song in due}
        tasks = (Task(song.number, song.job, staging.job_folder(song.output, song.number)) for song in due)
        if engine is processes and due:
            workers, threads = crew_size(len(due), workers, threads)
        with closing(engine(tasks, workers, threads)) as done:
            for task, outcome in done:
                yield replace(reported(by_number[task.number], task, outcome), of=len(chosen))


def has_failed(song: Song) -> bool:
    """Whether the last rendering of a song failed."""
    record = read_record(song.output)
    return record is not None and record.status == FAILED


def sort_out(songs: Sequence[Song]) -> tuple[list[Report], list[Song]]:
    """Reports of songs that are there already or cannot be sung at all, and the songs to render."""
    told, due = [], []
    for song in songs:
        record = read_record(song.output)
        try:
            finished = is_done(record, song.output, fingerprint_of(song.job))
        except SvsError as error:
            told.append(failed(song, failure_of(error)))
            continue
        if finished and record is not None:
            told.append(Report(song, KEPT, results=record.results))
        else:
            due.append(song)
    return told, due


def reported(song: Song, task: Task, outcome: Outcome | Died) -> Report:
    """The report of a rendered song."""
    if isinstance(outcome, Outcome) and outcome.failure is None:
        return Report(song, SUNG, outcome.results, elapsed_seconds=outcome.elapsed_seconds)
    shutil.rmtree(task.folder, ignore_errors=True)
    if isinstance(outcome, Died):
        return failed(song, Failure(str(outcome), "try again with --retry-failed --workers 1"))
    report = failed(song, outcome.failure or Failure("no reason given"))
    return replace(report, elapsed_seconds=outcome.elapsed_seconds)


def failed(song: Song, failure: Failure) -> Report:
    """The report of a failure, which is written down for `retry_failed`."""
    write_record(record_path(song.output), Record(FAILED, song.job.source, failure=failure))
    return Report(song, FAILED, failure=failure)
