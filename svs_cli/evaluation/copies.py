"""Vocoders by what they make of recordings: each is given the mel and the F0 of a recording, and sings it again.

Conventions
-----------
- The *recording* stands in the first row, each vocoder has one, and `world` is WORLD's analysis and resynthesis of the
  samples themselves (`world-mel`: WORLD from the mel, which is the vocoder that needs no weights).
- `exact` is a tone of exactly the asked F0: its pitch figures are the extractor's own errors, which nothing can beat.
  So copies are also held against what is heard in that tone, where those errors cancel.
- A shift moves F0 against the mel, in semitones. What is heard is compared with the F0 that was asked for then.
- Every file is measured on one thread in a process of its own: figures do not depend on the number of processes. A
  file that cannot be measured is named with the reason, and the others go on.
- In tables, sound figures are means over files; pitch and voicing figures are taken over all frames of all files.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from svs_cli.corpus.crew import each_in_processes
from svs_cli.errors import DataError, SvsError, UsageError
from svs_cli.evaluation.extract import F0Extractor, fitted
from svs_cli.evaluation.likeness import Frames, PitchErrors, Samples, likenesses, pitch_errors
from svs_cli.evaluation.reference import level_db
from svs_cli.evaluation.rows import Progress
from svs_cli.evaluation.sources import MADE, Original, Source, read_source
from svs_cli.units import GRID
from svs_cli.vocoder.protocol import Vocoder
from svs_cli.voices.card import WORLD_VOCODER

RECORDING_ROW, WORLD_ROW, WORLD_MEL_ROW, EXACT_ROW = "recording", "world", "world-mel", "exact"
WIDEST_SHIFT_SEMITONES = 24.0
Values = dict[str, float | None]
Maker = Callable[[float], Samples]  # semitones that F0 is moved by


@dataclass(frozen=True)
class CopyConfig:
    """What is made of every recording, and how it is measured."""

    vocoders: tuple[str, ...]
    world: bool = True
    shifts_semitones: tuple[float, ...] = ()
    extractor: F0Extractor = field(default_factory=F0Extractor)
    naturalness: bool = False
    device: str = "cpu"
    seed: int = 0
    keep_folder: Path | None = None

    def __post_init__(self) -> None:
        for shift in self.shifts_semitones:
            if not 0 < abs(shift) <= WIDEST_SHIFT_SEMITONES:
                raise UsageError(
                    f"a shift of {shift:g} semitones tells nothing",
                    fix=f"use up to {WIDEST_SHIFT_SEMITONES:.0f} semitones up or down, e.g. --shift -12,-5,5,12",
                )

    @property
    def rows(self) -> tuple[str, ...]:
        """The rows of copies, in order."""
        names = [WORLD_MEL_ROW if name == WORLD_VOCODER else name for name in self.vocoders]
        return (*dict.fromkeys(names), *((WORLD_ROW,) if self.world else ()))

    @property
    def pitch_rows(self) -> tuple[str, ...]:
        """The rows that have pitch figures."""
        return (*self.rows, EXACT_ROW) if self.world else self.rows

    def check(self) -> None:
        """Raise before any work is done if a vocoder or the judge is not there."""
        for name in self.vocoders:
            vocoder_of(name, self.device)
        if self.naturalness:
            from svs_cli.evaluation.judges import distillmos

            distillmos()


@dataclass(frozen=True)
class Figures:
    """One row of one file, by the names of `metrics.METRICS`."""

    values: Values = field(default_factory=dict)
    pitch: PitchErrors = field(default_factory=PitchErrors)  # against the asked F0
    beside_exact: PitchErrors = field(default_factory=PitchErrors)  # against what is heard in the exact tone

    def all_values(self) -> Values:
        return {**self.values, **pitch_values(self.pitch, self.beside_exact)}


def pitch_values(pitch: PitchErrors, beside_exact: PitchErrors) -> Values:
    """Figures by the names of `metrics.METRICS`; none of what was not compared."""
    found: Values = pitch.values() if pitch.frames else {}
    if beside_exact.frames:
        found["within_20_cents_of_exact"] = beside_exact.values()["within_20_cents"]
    return found


@dataclass(frozen=True)
class Copied:
    """Everything measured of one file; `shifted` by row and semitones. `error` says why there is nothing."""

    source: Source
    rows: dict[str, Figures] = field(default_factory=dict)
    shifted: dict[tuple[str, float], Figures] = field(default_factory=dict)
    seconds: float = 0.0
    band_hz: float = 0.0
    error: str = ""


def measure_copies(
    sources: Sequence[Source],
    config: CopyConfig,
    jobs: int | None = None,
    progress: Progress = lambda stage, share_done: None,
) -> list[Copied]:
    """Copy and measure every source, in order, in `jobs` processes (None: one for each core; a GPU: one).

    Raises VoiceMissingError or ExtraMissingError before any work is done, DataError if no file could be measured.
    """
    config.check()
    return measured_each(CopyWork(config), sources, jobs if config.device == "cpu" else 1, progress)


def measured_each(
    work: Callable[[Source], Copied], sources: Sequence[Source], jobs: int | None, progress: Progress
) -> list[Copied]:
    """What `work` measures of every source, in order, in processes. Raises DataError if nothing could be measured."""
    found: list[Copied] = []
    progress("measuring", 0.0)
    for copied in each_in_processes(work, sources, jobs, chunk_items=1):
        found.append(copied)
        progress("measuring", len(found) / len(sources))
    if all(copied.error for copied in found):
        raise DataError(f"no recording could be measured; {found[0].source.title}: {found[0].error}")
    return found


@dataclass(frozen=True)
class CopyWork:
    """What a process does with a source."""

    config: CopyConfig

    def __call__(self, source: Source) -> Copied:
        def measure(original: Original) -> Copied:
            return copied_and_measured(source, original, self.config)

        return measured_alone(source, self.config.extractor, measure)


def measured_alone(source: Source, extractor: F0Extractor, measure: Callable[[Original], Copied]) -> Copied:
    """What `measure` makes of a source that is read, on one thread; its error where that fails."""
    import torch  # noqa: F401  # there before its threads are limited
    from parselmouth import PraatError

    from svs_cli.parallel import single_threaded

    try:
        with single_threaded():
            return measure(read_source(source, extractor))
    except SvsError as error:
        return Copied(source, error=error.message)
    except (PraatError, MemoryError, RuntimeError, ValueError) as error:  # of the packages, for a freak of a file
        return Copied(source, error=f"{type(error).__name__}: {error}")


def copied_and_measured(source: Source, original: Original, config: CopyConfig) -> Copied:
    """All rows and shifts of one recording."""
    makers = makers_of(original, config)
    copies = [makers[row](0.0) for row in config.rows]
    judged = config.naturalness and source.labels.get("kind") != MADE and bool(original.samples.any())
    own_mos = mos(original.samples) if judged else None
    rows = {RECORDING_ROW: Figures({"naturalness_mos": own_mos} if judged else {})}
    sung = dict(zip(config.rows, likenesses(copies, original), strict=True))
    pitches = pitch_figures(makers, dict(zip(config.rows, copies, strict=True)), 0.0, original, config)
    for row, copy in zip(config.rows, copies, strict=True):
        keep(config, source, row, copy)
        if own_mos is not None:
            heard_mos = mos(copy)
            sung[row] |= {"naturalness_mos": heard_mos, "naturalness_difference_mos": heard_mos - own_mos}
    rows |= {row: replace(figures, values=sung.get(row, {})) for row, figures in pitches.items()}
    shifted = {}
    for semitones in config.shifts_semitones:
        moved_copies = {row: makers[row](semitones) for row in config.rows}
        for row, copy in moved_copies.items():
            keep(config, source, f"{row}{semitones:+g}", copy)
        for row, figures in pitch_figures(makers, moved_copies, semitones, original, config).items():
            shifted[row, semitones] = figures
    return Copied(source, rows, shifted, len(original.samples) / GRID.sample_rate_hz, original.band_hz)


def pitch_figures(
    makers: dict[str, Maker], copies: dict[str, Samples], semitones: float, original: Original, config: CopyConfig
) -> dict[str, Figures]:
    """What is heard in each copy, and last in the exact tone if there is one, against what was asked for."""
    asked_hz = moved(original.f0_hz, semitones)
    exact = {EXACT_ROW: makers[EXACT_ROW](semitones)} if EXACT_ROW in makers else {}
    heard = {
        row: fitted(config.extractor.f0_hz(samples), len(asked_hz)) for row, samples in {**copies, **exact}.items()
    }
    figures = {row: Figures({}, pitch_errors(f0_hz, asked_hz)) for row, f0_hz in heard.items()}
    if exact:
        for row in copies:
            figures[row] = replace(figures[row], beside_exact=pitch_errors(heard[row], heard[EXACT_ROW]))
    return figures


def moved(f0_hz: Frames, semitones: float) -> Frames:
    """F0 shifted by semitones, shape (frames,)."""
    return (f0_hz * 2 ** (semitones / 12)).astype(np.float32)


def makers_of(original: Original, config: CopyConfig) -> dict[str, Maker]:
    """For each row that has pitch figures, what gives its samples; the recording is analysed once."""
    from svs_cli.analysis.mel import log_mel
    from svs_cli.evaluation.exact_tone import exact_tone
    from svs_cli.evaluation.world_copy import analysed

    mel, length = log_mel(original.samples), len(original.samples)

    def maker(vocoder: Vocoder) -> Maker:
        return lambda semitones: vocoder.render(mel, moved(original.f0_hz, semitones), seed=config.seed)[:length]

    makers: dict[str, Maker] = {}
    for name in config.vocoders:
        makers[WORLD_MEL_ROW if name == WORLD_VOCODER else name] = maker(vocoder_of(name, config.device))
    if config.world:
        makers[WORLD_ROW] = analysed(original.samples, original.f0_hz, config.extractor).render
        levels_db = level_db(original.samples)
        makers[EXACT_ROW] = lambda semitones: exact_tone(moved(original.f0_hz, semitones), levels_db, length)
    return makers


def mos(samples: Samples) -> float:
    """DistillMOS of 44.1 kHz samples."""
    from svs_cli.evaluation.judges import naturalness_mos

    return naturalness_mos(samples)


def keep(config: CopyConfig, source: Source, row: str, samples: Samples) -> None:
    """Write a copy into the folder for listening, if there is one."""
    if config.keep_folder is not None:
        from svs_cli.audio import Tags, write_audio

        tags = Tags(title=source.title, comment=f"svs evaluate, row {row}")
        path = config.keep_folder / f"{source.title}.{row}.wav"
        write_audio(path, samples, GRID.sample_rate_hz, "wav", tags)


@lru_cache(maxsize=8)
def vocoder_of(name: str, device: str) -> Vocoder:
    """A vocoder, loaded once a process. Raises VoiceMissingError."""
    from svs_cli.voices.singer import load_vocoder_model

    return load_vocoder_model(name, device)
