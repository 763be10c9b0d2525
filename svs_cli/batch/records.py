"""What became of a job, kept beside its output, so that finished work is known again: `.svs/<output name>.json`.

Conventions
-----------
- A record names the *fingerprint* of the job: a hash of everything that decides how the output sounds. Equal
  fingerprint and untouched outputs mean that there is nothing to do.
- An output is untouched if size and time of change are as recorded, or else if its content is.
- Paths in a record are relative to the folder that holds `.svs`, so the folder can be moved.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from svs_cli import __version__
from svs_cli.atomic import write_text
from svs_cli.bundled import home
from svs_cli.cli.job import Job
from svs_cli.config import build
from svs_cli.editing.sing_file import beside
from svs_cli.errors import DataError, UsageError
from svs_cli.voices.library import HEADER, load_voice, shelves

HIDDEN_FOLDER = ".svs"
LONGEST_NAME_BYTES = 200
DONE, FAILED = "done", "failed"


@dataclass(frozen=True)
class Output:
    """One file that a job wrote; `name` is relative to the record's folder."""

    name: str
    size_bytes: int
    modified_ns: int
    sha256: str


@dataclass(frozen=True)
class Failure:
    """Why a job failed: what `svs synth` would have said, and its exit code."""

    message: str
    fix: str = ""
    exit_code: int = 1


@dataclass(frozen=True)
class Record:
    """One job's last rendering. `results` are what `svs synth --json` prints, one a file."""

    status: str
    source: str
    fingerprint: str = ""
    outputs: tuple[Output, ...] = ()
    results: tuple[dict[str, Any], ...] = ()
    failure: Failure | None = None
    svs: str = __version__


def record_path(output: Path) -> Path:
    """Where the record of a job lies whose (first) output is asked for as `output`."""
    name = output.name
    if len(os.fsencode(name)) > LONGEST_NAME_BYTES:
        name = hashlib.sha256(os.fsencode(name)).hexdigest()
    return output.parent / HIDDEN_FOLDER / f"{name}.json"


def read_record(output: Path) -> Record | None:
    """The record of an output; None if there is none, or none that this version understands."""
    try:
        return build(Record, json.loads(record_path(output).read_text(encoding="utf-8")), str(output))
    except (OSError, ValueError, RecursionError, UsageError):
        return None


def write_record(path: Path, record: Record) -> None:
    """Write a record atomically."""
    known = {name: value for name, value in asdict(record).items() if value is not None}
    write_text(path, json.dumps(known, ensure_ascii=False, indent=1) + "\n")


def described(path: Path, name: str) -> Output:
    """A file as a record remembers it."""
    status = path.stat()
    return Output(name, status.st_size, status.st_mtime_ns, file_sha256(path))


def is_untouched(folder: Path, output: Output) -> bool:
    """Whether the file is still what the job wrote."""
    path = folder / output.name
    try:
        status = path.stat()
        if status.st_size != output.size_bytes:
            return False
        return status.st_mtime_ns == output.modified_ns or file_sha256(path) == output.sha256
    except OSError:
        return False


def is_done(record: Record | None, output: Path, fingerprint: str) -> bool:
    """Whether a record says that this very rendering is there, and it is."""
    if record is None or record.status != DONE or record.fingerprint != fingerprint or not record.outputs:
        return False
    return all(is_untouched(output.parent, file) for file in record.outputs)


def fingerprint_of(job: Job) -> str:
    """Hash of the score's bytes and wishes, the options, the voice's model files and svs's version.

    The score's name counts, because it may become the title. Raises DataError for a missing score and
    VoiceMissingError for a missing voice.
    """
    output = job.output or Path()
    plain = replace(job, source="", output=None, stages_folder=None, voice=None, format=None, sing=None)
    wishes = job.sing or beside(Path(job.source))
    file = Path(job.source)
    try:
        score = file_sha256(file)
        file = wishes or file
        wished = wishes and file_sha256(wishes)
    except FileNotFoundError as error:
        raise DataError(f"there is no file {file}") from error
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror}") from error
    decisive = {
        "svs": __version__,
        "score": [Path(job.source).name, score, wished],
        "options": {name: str(value) for name, value in asdict(plain).items()},
        "output": [output.name, job.stages_folder and os.path.relpath(job.stages_folder, output.parent)],
        "models": model_hashes(job.voice, job.acoustic, job.vocoder, home()),
    }
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()


@lru_cache(maxsize=64)
def model_hashes(voice: str | None, acoustic: str | None, vocoder: str | None, home_folder: Path) -> dict[str, str]:  # noqa: ARG001
    """Hashes of the headers and weights that sing: the voice's, and of every model that its card or the job names."""
    chosen = load_voice(voice)
    texts = (acoustic, vocoder, *asdict(chosen.card).values())
    named = {text for text in texts if isinstance(text, str) and is_name(text)}
    folders = [chosen.folder, *(shelf / name for shelf in shelves() for name in sorted(named))]
    found = {}
    for folder in folders:
        for file in sorted((folder / HEADER, *folder.glob("*.safetensors"))):
            if file.is_file():
                found[f"{folder.parent.name}/{folder.name}/{file.name}"] = file_sha256(file)
    return found


def is_name(text: str) -> bool:
    """Whether a card's text may be the name of a model folder.

    >>> is_name("vocoder-universal"), is_name("Any use is allowed; see ../terms")
    (True, False)
    """
    return 0 < len(text) < 100 and text not in (".", "..") and not set(text) & set("/\\\0\n")


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
