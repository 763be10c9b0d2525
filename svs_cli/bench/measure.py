"""One measurement, in a process that does nothing else.

Conventions
-----------
- *Cold* is the first time in a new process: imports, loading of models and of the input, and the work. *Warm* is the
  work alone, done again: the median of `repeats`.
- Memory is the highest resident size of the process, imports and models included.
- The start of the Python interpreter is not part of it; `svs --help` is measured for that.
"""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

MEBIBYTE = 2**20
Work = Callable[[], object]


@dataclass(frozen=True)
class Singing:
    """Who sings and how, in the words of `svs synth`'s options."""

    voice: str | None = None
    acoustic: str | None = None
    vocoder: str | None = None
    steps: int | None = None
    device: str = "auto"


@dataclass(frozen=True)
class Ask:
    """What to measure: a stage, or "synth" for the whole, on a song."""

    stage: str
    song: Path
    singing: Singing
    repeats: int = 3

    def document(self, kind: str) -> Path:
        """The file of a stage that `svs synth --save-stages` has left beside the song."""
        return self.song.with_name(f"{self.song.stem}.{kind}")


@dataclass(frozen=True)
class Figures:
    """What was measured; `error` instead, if the work failed."""

    cold_seconds: float = 0.0
    warm_seconds: float = 0.0
    peak_mib: float = 0.0
    error: str = ""


def measure(ask: Ask) -> Figures:
    """Time and memory of one stage on one song. To be called in a new process, once."""
    try:
        started = time.perf_counter()
        work = STAGES[ask.stage](ask)
        work()
        cold_seconds = time.perf_counter() - started
        warm_seconds = statistics.median(seconds_of(work) for _ in range(ask.repeats))
    except Exception as error:  # whatever it is, the report says it and the other figures are taken
        return Figures(error=f"{type(error).__name__}: {error}")
    return Figures(round(cold_seconds, 4), round(warm_seconds, 4), round(peak_bytes() / MEBIBYTE, 1))


def seconds_of(work: Work) -> float:
    """How long a piece of work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def peak_bytes() -> int:
    """Highest resident size so far. The kernel's count for this program alone, where it tells; `ru_maxrss` may have
    the parent's in it."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        unit_bytes = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit_bytes


def score(ask: Ask) -> Work:
    """Reading the score."""
    from svs_cli.score.read import read_score

    return lambda: read_score(ask.song)


def lyrics(ask: Ask) -> Work:
    """Words to phones."""
    from svs_cli.frontend.draft import draft
    from svs_cli.score.read import read_score

    piece = read_score(ask.song)
    return lambda: draft(piece, piece.parts[0])


def duration(ask: Ask) -> Work:
    """Lengths of phones."""
    from svs_cli.cli.streams import read_document
    from svs_cli.voices.singer import load_duration_model

    document = read_document(str(ask.document("score.ds")))
    return lambda: load_duration_model().predict(document)


def pitch(ask: Ask) -> Work:
    """F0 and energy."""
    from svs_cli.cli.pitch import pitch as with_curves
    from svs_cli.cli.streams import read_document

    document = read_document(str(ask.document("duration.ds")))
    return lambda: with_curves(document)


def acoustic(ask: Ask) -> Work:
    """The spectrogram."""
    from svs_cli.cli.streams import read_document
    from svs_cli.pipeline import sing
    from svs_cli.voices.library import load_voice
    from svs_cli.voices.singer import Take, load_speaker

    document = read_document(str(ask.document("pitch.ds")))
    how = ask.singing
    model, speaker = load_speaker(load_voice(how.voice), device=how.device, acoustic=how.acoustic)
    return lambda: sing(document, model, speaker, Take(steps=how.steps))


def vocoder(ask: Ask) -> Work:
    """The samples."""
    from svs_cli.cli.streams import read_spectrogram
    from svs_cli.pipeline import vocode
    from svs_cli.voices.card import WORLD_VOCODER
    from svs_cli.voices.library import load_voice
    from svs_cli.voices.singer import load_vocoder_model, model_name

    song = read_spectrogram(str(ask.document("mel.npz")))
    name = model_name(ask.singing.vocoder, load_voice(ask.singing.voice).card.vocoder, WORLD_VOCODER)
    model = load_vocoder_model(name, ask.singing.device)
    return lambda: vocode(song, model)


def synth(ask: Ask) -> Work:
    """The whole way, from the score's file to a WAV file, as `svs synth` does it."""
    from svs_cli.cli.console import Console
    from svs_cli.cli.job import Job, singer_of
    from svs_cli.cli.job import synth as sing_job

    how = ask.singing
    job = Job(
        str(ask.song), ask.song.with_suffix(".wav"), voice=how.voice, steps=how.steps, device=how.device,
        acoustic=how.acoustic, vocoder=how.vocoder, stages_folder=ask.song.parent,
    )  # fmt: skip
    singer = singer_of(job)
    return lambda: list(sing_job(job, Console(quiet=True), lambda job: singer))


STAGES: dict[str, Callable[[Ask], Work]] = {
    "score": score, "lyrics": lyrics, "duration": duration, "pitch": pitch, "acoustic": acoustic, "vocoder": vocoder,
    "synth": synth,
}  # fmt: skip
WHOLE = "synth"
