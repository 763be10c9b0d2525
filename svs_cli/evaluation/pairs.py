"""Which sounds are compared with what: files, folders, patterns and manifests become pairs.

Conventions
-----------
- A `Pair` names files: the audio (None: it is rendered first), the document or score that it sings, a reference
  recording.
- A folder given for documents or references is searched for the audio's stem. An audio file without a document takes
  the one beside it that has its stem, if there is one.
- A manifest is a CSV file with a header, or a JSONL file with an object a line: audio, ds, reference (paths from the
  manifest's folder; any may be missing, but not both of the first two).
"""

from __future__ import annotations

import csv
import glob
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from svs_cli.config import suggestion
from svs_cli.errors import DataError, UsageError

AUDIO_SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff"})
MANIFEST_SUFFIXES = frozenset({".csv", ".jsonl"})
# In the order of preference: what was sung says more than what was written.
DOCUMENT_SUFFIXES = (".ds", ".pitch.ds", ".musicxml", ".mxl", ".xml", ".ustx", ".ust", ".mid", ".midi", ".kar")
COLUMNS = ("audio", "ds", "reference")


@dataclass(frozen=True)
class Pair:
    """One song to measure; see the module's conventions."""

    audio: Path | None
    document: Path | None
    reference: Path | None = None

    @property
    def title(self) -> str:
        """What tables call the song."""
        return (self.audio or self.document or self.reference or Path("song")).stem


def pairs_of(inputs: Sequence[str], document: Path | None = None, reference: Path | None = None) -> list[Pair]:
    """The pairs that the command line names. Raises UsageError or DataError."""
    pairs: list[Pair] = []
    for path in expanded(inputs):
        if path.suffix.lower() in MANIFEST_SUFFIXES:
            pairs += manifest_pairs(path)
        elif path.suffix.lower() in AUDIO_SUFFIXES:
            pairs.append(Pair(path, document_for(path, document), reference_for(path, reference)))
        elif document is not None:
            raise UsageError(f"--ds says what an audio file sings, and {path} is none", fix="leave --ds out")
        else:
            pairs.append(Pair(None, path, reference_for(path, reference)))
    if not pairs:
        raise UsageError("there is nothing to measure", fix="name audio files, scores, .ds documents or a manifest")
    for option, given, used in (
        ("--ds", document, [pair.document for pair in pairs]),
        ("--reference", reference, [pair.reference for pair in pairs]),
    ):
        if given is not None and given.is_file() and used.count(given) > 1:
            raise UsageError(f"one file of {option} cannot fit {len(pairs)} inputs", fix="name a folder, or a manifest")
    return pairs


def expanded(inputs: Sequence[str]) -> list[Path]:
    """Paths, with patterns that the shell left alone resolved, in order. Raises DataError for what is not there."""
    paths: list[Path] = []
    for text in inputs:
        if Path(text).is_file():
            paths.append(Path(text))
        elif found := sorted(name for name in glob.glob(text, recursive=True) if Path(name).is_file()):
            paths += map(Path, found)
        elif Path(text).is_dir():
            raise UsageError(f"{text} is a folder", fix=f"name its files, e.g. '{text}/*.wav'")
        else:
            raise DataError(f"there is no file {text}")
    return paths


def document_for(audio: Path, given: Path | None) -> Path | None:
    """The document or score of an audio file. Raises UsageError if it was asked for and is not there."""
    if given is not None and not given.is_dir():
        return existing(given)
    found = beside(audio.stem, given or audio.parent, DOCUMENT_SUFFIXES)
    if found is None and given is not None:
        raise UsageError(f"{given} holds no document or score called {audio.stem!r}", fix=f"add {audio.stem}.ds")
    return found


def reference_for(path: Path, given: Path | None) -> Path | None:
    """The reference recording of an input. Raises UsageError if it was asked for and is not there."""
    if given is None or not given.is_dir():
        return None if given is None else existing(given)
    found = beside(path.stem, given, tuple(sorted(AUDIO_SUFFIXES)))
    if found is None:
        raise UsageError(f"{given} holds no recording called {path.stem!r}", fix=f"add {path.stem}.wav")
    return found


def beside(stem: str, folder: Path, suffixes: tuple[str, ...]) -> Path | None:
    """The first file in a folder with this stem and one of the suffixes."""
    return next((path for suffix in suffixes if (path := folder / f"{stem}{suffix}").is_file()), None)


def existing(path: Path) -> Path:
    """The path itself. Raises DataError if there is no such file."""
    if not path.is_file():
        raise DataError(f"there is no file {path}")
    return path


def manifest_pairs(path: Path) -> list[Pair]:
    """The rows of a manifest. Raises DataError that names the line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix.lower() == ".csv":
            rows = [dict(row) for row in csv.DictReader(io.StringIO(text), restkey="extra")]
            first_line = 2
        else:
            rows = [json.loads(line) for line in text.splitlines() if line.strip()]
            first_line = 1
    except (OSError, UnicodeDecodeError, csv.Error, json.JSONDecodeError) as error:
        raise DataError(f"the manifest {path} cannot be read: {error}") from error
    return [row_pair(row, path.parent, f"{path}, line {line}") for line, row in enumerate(rows, first_line)]


def row_pair(row: object, folder: Path, where: str) -> Pair:
    """One row of a manifest. Raises DataError."""
    if not isinstance(row, dict):
        raise DataError(f"{where} is no object")
    for key in row:
        if key not in COLUMNS:
            raise DataError(f"{where}: there is no column {key!r}", fix=suggestion(str(key), list(COLUMNS)))
    files = {key: str(value).strip() for key, value in row.items() if value not in (None, "")}
    audio, document, reference = (existing_in(folder, files.get(key), where) for key in COLUMNS)
    if audio is None and document is None:
        raise DataError(f"{where} names neither audio nor ds")
    return Pair(audio, document, reference)


def existing_in(folder: Path, name: str | None, where: str) -> Path | None:
    """A manifest's path, None for an empty cell. Raises DataError if there is no such file."""
    if not name:
        return None
    if not (folder / name).is_file():
        raise DataError(f"{where}: there is no file {folder / name}")
    return folder / name
