"""The job function: what a worker does with one song. The same for processes on this machine and for Ray.

Everything it needs is in the task, and everything it has to tell is in the outcome; nothing else is shared.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from svs_cli.batch.records import DONE, Failure, Record, described, fingerprint_of
from svs_cli.batch.staging import commit
from svs_cli.cli.console import Console
from svs_cli.cli.job import Job, Result, singer_of, synth
from svs_cli.errors import SvsError
from svs_cli.voices.singer import Singer

VOICES_KEPT = 8  # in a worker's memory, for its next songs


@dataclass(frozen=True)
class Task:
    """One song to render: its number in the batch, what to sing where, and a folder of its own to work in."""

    number: int
    job: Job
    folder: Path


@dataclass(frozen=True)
class Outcome:
    """What became of a song; `results` are those of `svs synth`, one a file."""

    number: int
    results: tuple[dict[str, Any], ...] = ()
    failure: Failure | None = None
    elapsed_seconds: float = 0.0

    @property
    def sung_seconds(self) -> float:
        """Seconds of sound."""
        return float(sum(result["seconds"] for result in self.results))


def render(task: Task) -> Outcome:
    """Sing one song, put its files in their place with a record; a failure is an outcome too."""
    started = time.perf_counter()
    try:
        results, failure = tuple(sing(task)), None
    except Exception as error:  # a song that breaks svs must not take the others with it
        results, failure = (), failure_of(error)
    return Outcome(task.number, results, failure, round(time.perf_counter() - started, 4))


def sing(task: Task) -> list[dict[str, Any]]:
    """Render into the task's folder and commit. Raises what `svs synth` raises."""
    job = task.job
    output = job.output or Path()
    fingerprint = fingerprint_of(job)
    stages = None if job.stages_folder is None else task.folder / "stages"
    staged = replace(job, output=task.folder / output.name, stages_folder=stages)
    results = [in_place(result, output) for result in synth(staged, Console(quiet=True), kept_singer)]
    moves = dict(moves_of(task))
    outputs = tuple(described(path, os.path.relpath(place, output.parent)) for path, place in moves.items())
    record = Record(DONE, job.source, fingerprint, outputs, tuple(results))
    commit(task.folder, moves, record, output)
    return results


def moves_of(task: Task) -> Iterator[tuple[Path, Path]]:
    """Each finished file in the task's folder, and its place."""
    for path in sorted(task.folder.glob("*")):
        if path.is_file():
            yield path, (task.job.output or Path()).parent / path.name
    if task.job.stages_folder is not None:
        for path in sorted((task.folder / "stages").iterdir()):
            yield path, task.job.stages_folder / path.name


def in_place(result: Result, output: Path) -> dict[str, Any]:
    """A result as plain values, with the path that the file is moved to."""
    moved = replace(result, output=str(output.parent / Path(result.output).name))
    return {**moved.as_dict(), "warnings": list(result.warnings)}


def kept_singer(job: Job) -> Singer:
    """The voice of a job, loaded once a process."""
    return loaded(Job("", voice=job.voice, device=job.device, acoustic=job.acoustic, vocoder=job.vocoder))


@lru_cache(maxsize=VOICES_KEPT)
def loaded(wanted: Job) -> Singer:
    """The voice of a job that says nothing but which voice."""
    return singer_of(wanted)


def failure_of(error: Exception) -> Failure:
    """An error in the words that `svs synth` has for it."""
    if isinstance(error, SvsError):
        return Failure(error.message, error.fix or "", error.exit_code)
    if isinstance(error, MemoryError):
        return Failure("out of memory", "split the score, or use fewer --workers")
    told = str(error).splitlines()[0] if str(error) else "no message"
    return Failure(f"svs failed unexpectedly ({type(error).__name__}: {told})", "svs synth on it with SVS_DEBUG=1")
