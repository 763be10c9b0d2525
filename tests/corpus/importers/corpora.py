"""Tiny corpora for importers: audio of a given length, and files beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from svs_cli.corpus.importers.protocol import ImportRequest
from svs_cli.corpus.importers.run import ImportReport, import_corpus
from svs_cli.corpus.manifest import Recording

RATE_HZ = 8_000


def write_audio(path: Path, seconds: float = 1.0) -> Path:
    """A quiet tone of that length."""
    import soundfile

    path.parent.mkdir(parents=True, exist_ok=True)
    times = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    soundfile.write(path, 0.1 * np.sin(2 * np.pi * 220.0 * times), RATE_HZ)
    return path


def write_text(path: Path, text: str, encoding: str = "utf-8") -> Path:
    """A text file with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))
    return path


def imported(root: Path, format_name: str, **wishes: object) -> ImportReport:
    """The report of an import with these fields of the request."""
    return import_corpus(ImportRequest(root, **wishes), format_name)  # type: ignore[arg-type]


def by_stem(report: ImportReport) -> dict[str, Recording]:
    """The recordings by the names of their files; each is checked."""
    for recording in report.recordings:
        recording.check()
    return {recording.audio.stem: recording for recording in report.recordings}


def reasons(report: ImportReport) -> dict[str, str]:
    """Why files were left out, by name."""
    return {rejection.path.name: rejection.reason for rejection in report.rejected}


def timed(recording: Recording) -> list[tuple[str, float]]:
    """Phones and their ends, rounded to milliseconds."""
    return [(p, round(e, 3)) for p, e in zip(recording.phones, recording.phone_ends_seconds, strict=True)]


def sung(recording: Recording) -> list[tuple[float, float, float]]:
    """Start, end and pitch of the notes."""
    return [(round(n.start_seconds, 3), round(n.end_seconds, 3), n.midi) for n in recording.notes]

