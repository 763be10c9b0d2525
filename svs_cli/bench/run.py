"""The measurements of `svs bench`, one after the other, each in a new process.

Conventions
-----------
- Stages are measured on a song of `STAGE_SECONDS`; growth is that of the whole way from score to file.
- Real-time factors are warm seconds over seconds of sound.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from svs_cli.batch.workers import Died, usable_cores, work_off
from svs_cli.bench.crews import Crew, measure_crew, splits
from svs_cli.bench.machine import Machine, ModelSize, model_sizes, this_machine
from svs_cli.bench.measure import STAGES, WHOLE, Ask, Figures, Singing, measure
from svs_cli.bench.song import BAR_SECONDS, write_song
from svs_cli.errors import SvsError
from svs_cli.voices.card import RULE_ACOUSTIC, WORLD_VOCODER
from svs_cli.voices.library import load_voice
from svs_cli.voices.singer import model_name

STAGE_SECONDS = 30.0
LENGTHS_SECONDS = (10.0, 30.0, 60.0, 120.0, 300.0, 600.0)
QUICK_LENGTHS_SECONDS = (10.0, 30.0)
HELP_RUNS = 5


@dataclass(frozen=True)
class Measured:
    """One row: a stage (or the whole, "synth") on a song of so many seconds."""

    stage: str
    song_seconds: float
    figures: Figures

    @property
    def real_time_factor(self) -> float:
        """Warm."""
        return self.figures.warm_seconds / self.song_seconds


@dataclass(frozen=True)
class Bench:
    """All that was measured, and where."""

    machine: Machine
    voice: str
    models: tuple[ModelSize, ...]
    device: str
    steps: int | None
    threads: int
    help_seconds: float
    stages: tuple[Measured, ...]
    growth: tuple[Measured, ...]
    crews: tuple[Crew, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """For JSON, real-time factors included."""
        told = asdict(self)
        for name in ("stages", "growth", "crews"):
            for row, measured in zip(told[name], getattr(self, name), strict=True):
                row["real_time_factor"] = round(measured.real_time_factor, 5)
        return told


def bench(
    singing: Singing,
    *,
    threads: int | None = None,
    quick: bool = False,
    progress: Callable[[str, float], None] = lambda name, share_done: None,
) -> Bench:
    """Measure all. Raises SvsError if the voice is missing or cannot sing."""
    machine, voice, threads = this_machine(), load_voice(singing.voice), threads or usable_cores()
    acoustic = model_name(singing.acoustic, voice.card.acoustic, RULE_ACOUSTIC)
    vocoder = model_name(singing.vocoder, voice.card.vocoder, WORLD_VOCODER)
    progress("svs --help", 0.0)
    help_seconds = time_of_help()
    with tempfile.TemporaryDirectory() as folder:
        rows = measure_all(asks_for(Path(folder), singing, quick), threads, progress)
        progress("svs batch", 1.0)
        options = {name: str(value) for name, value in asdict(singing).items() if value is not None}
        ways = [] if quick else splits(machine.cores)
        crews = [measure_crew(Path(folder), *way, options) for way in ways]
    return Bench(
        machine=machine,
        voice=voice.name,
        models=tuple(model_sizes(acoustic, vocoder)),
        device=singing.device,
        steps=steps_of(acoustic, singing.steps),
        threads=threads,
        help_seconds=help_seconds,
        stages=tuple(row for row in rows if row.stage != WHOLE),
        growth=tuple(row for row in rows if row.stage == WHOLE),
        crews=tuple(crews),
    )


def measure_all(asks: Sequence[Ask], threads: int, progress: Callable[[str, float], None]) -> list[Measured]:
    """A row for each measurement. Raises SvsError if the work fails in one of them."""
    rows = []
    for number, ask in enumerate(asks):
        seconds = song_seconds(ask.song)
        progress(f"{ask.stage}, {seconds:g} s", number / len(asks))
        figures = in_new_process(ask, threads)
        if figures.error:
            raise SvsError(f"{ask.stage} on {seconds:g} s of song failed: {figures.error}")
        rows.append(Measured(ask.stage, seconds, figures))
    return rows


def steps_of(acoustic: str, asked: int | None) -> int | None:
    """Steps of the sampler; None for a model that has none."""
    if acoustic == RULE_ACOUSTIC:
        return None
    from svs_cli.acoustic.neural import DEFAULT_STEPS

    return asked or DEFAULT_STEPS


def asks_for(folder: Path, singing: Singing, quick: bool) -> list[Ask]:
    """Every measurement, the whole way first: it leaves the documents that the stages read."""
    lengths = QUICK_LENGTHS_SECONDS if quick else LENGTHS_SECONDS
    songs = {seconds: write_song(folder, seconds) for seconds in lengths}
    repeats = 1 if quick else 3
    whole = [Ask(WHOLE, song, singing, repeats if seconds <= 60 else 1) for seconds, song in songs.items()]
    stages = [Ask(name, songs[STAGE_SECONDS], singing, repeats) for name in STAGES if name != WHOLE]
    return [*whole, *stages]


def song_seconds(song: Path) -> float:
    """The exact length of a song that `write_song` made."""
    asked = float(song.stem.removeprefix("song-").removesuffix("s"))
    return max(1, round(asked / BAR_SECONDS)) * BAR_SECONDS


def in_new_process(ask: Ask, threads: int) -> Figures:
    """Measure in a process that was started for it."""
    ((_, figures),) = work_off([ask], measure, 1, threads)
    return Figures(error=str(figures)) if isinstance(figures, Died) else figures


def time_of_help(command: Sequence[str] = (sys.executable, "-m", "svs_cli", "--help")) -> float:
    """Seconds from calling `svs --help` to its end, the best of some."""
    best = float("inf")
    for _ in range(HELP_RUNS):
        started = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        best = min(best, time.perf_counter() - started)
    return round(best, 4)
