"""Rendered files wait in a hidden folder beside their place until they are complete; a killed run loses nothing.

Conventions
-----------
- A run works in `<output folder>/.svs/run-*/<job number>/`, on the same file system as the output.
- A job is *committed* once its `moves.json` is there, which says where its files belong and is written last.
  Committing survives a kill at any moment: whoever finds a dead run finishes the moves and removes the rest.
- A run is alive as long as somebody holds the lock on its file `lock`, so two runs may share an output folder; the
  lock on `.svs/lock` is held while runs are made and tidied.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from svs_cli.atomic import check_writable, write_text, writing
from svs_cli.batch.records import HIDDEN_FOLDER, Record, record_path, write_record
from svs_cli.errors import UsageError

RECORD_FILE = "record.json"
MOVES_FILE = "moves.json"
LOCK_FILE = "lock"
RUN_PREFIX = "run-"


@dataclass
class Staging:
    """The run folders of one batch, one an output folder; a context manager that leaves none behind."""

    runs: dict[Path, tuple[Path, IO[bytes]]] = field(default_factory=dict)

    def __enter__(self) -> Staging:
        return self

    def __exit__(self, *_: object) -> None:
        for run, lock in self.runs.values():
            with lock, locked(run.parent / LOCK_FILE):
                finish_run(run)
        self.runs.clear()

    def prepare(self, output: Path) -> None:
        """Make the output's folder, and tidy up after dead runs in it. Raises UsageError."""
        folder = output.parent.resolve()
        if folder in self.runs:
            return
        hidden = folder / HIDDEN_FOLDER
        try:
            folder.mkdir(parents=True, exist_ok=True)
            check_writable(output)
            hidden.mkdir(exist_ok=True)
            allow_open_files(len(self.runs) + 1)
            with locked(hidden / LOCK_FILE):
                recover(hidden)
                run = Path(tempfile.mkdtemp(prefix=RUN_PREFIX, dir=hidden))
                lock = (run / LOCK_FILE).open("wb")
                fcntl.flock(lock, fcntl.LOCK_EX)
        except OSError as error:
            raise UsageError(f"the folder {folder} cannot be used for output: {error.strerror}") from error
        self.runs[folder] = run, lock

    def job_folder(self, output: Path, number: int) -> Path:
        """An empty folder for one job's files, after `prepare`."""
        folder = self.runs[output.parent.resolve()][0] / str(number)
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir()
        return folder


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock on a file, waiting for it."""
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def commit(folder: Path, moves: Mapping[Path, Path], record: Record, output: Path) -> None:
    """Declare a job's folder complete, and move its files (staged path to place) where they belong."""
    write_record(folder / RECORD_FILE, record)
    places = {str(staged.relative_to(folder)): str(place.absolute()) for staged, place in moves.items()}
    places[RECORD_FILE] = str(record_path(output).absolute())  # the last, because it says that the others are there
    write_text(folder / MOVES_FILE, json.dumps(places))
    finish_moves(folder)


def finish_moves(folder: Path) -> None:
    """Move a committed job's files to their places; may be repeated after a kill."""
    places: dict[str, str] = json.loads((folder / MOVES_FILE).read_text(encoding="utf-8"))
    for name, place in places.items():
        if (folder / name).exists():
            move(folder / name, Path(place))
    shutil.rmtree(folder, ignore_errors=True)


def move(staged: Path, place: Path) -> None:
    """Put a file in its place atomically, on another file system too."""
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.replace(staged, place)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with writing(place) as temporary:
            shutil.copyfile(staged, temporary)


def recover(hidden: Path) -> None:
    """Finish what dead runs have committed under a `.svs` folder, and remove what they left half-done."""
    for run in sorted(hidden.glob(f"{RUN_PREFIX}*")):
        with (run / LOCK_FILE).open("ab") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue  # alive
            finish_run(run)


def finish_run(run: Path) -> None:
    """Move the committed jobs of a run to their places, and remove its folder."""
    for moves in sorted(run.glob(f"*/{MOVES_FILE}")):
        finish_moves(moves.parent)
    shutil.rmtree(run, ignore_errors=True)


def allow_open_files(locks: int) -> None:
    """Raise this process's limit of open files if the locks of many output folders need it."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = locks + 256
    if soft != resource.RLIM_INFINITY and wanted > soft:
        most = wanted * 2 if hard == resource.RLIM_INFINITY else min(wanted * 2, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
