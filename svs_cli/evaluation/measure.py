"""All figures of one sound: against what was asked, against a recording, and by the judges."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from svs_cli.evaluation.asked import Asked
from svs_cli.evaluation.extract import F0Extractor, fitted
from svs_cli.evaluation.judges import Bench
from svs_cli.evaluation.onsets import HeardSyllable, heard_syllables, onset_metrics
from svs_cli.evaluation.pitch import HeardNote, f0_metrics, heard_notes, note_metrics
from svs_cli.evaluation.reference import Recording, reference_metrics
from svs_cli.units import GRID

LENGTH_TOLERANCE_SECONDS = 0.1


@dataclass(frozen=True)
class Measures:
    """Figures by the names of `metrics.METRICS`, and the notes and syllables behind them."""

    values: dict[str, float | None]
    notes: tuple[HeardNote, ...] = ()
    syllables: tuple[HeardSyllable, ...] = ()
    warnings: tuple[str, ...] = ()
    f0_hz: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))


def recording(samples: NDArray[np.float32], extractor: F0Extractor) -> Recording:
    """44.1 kHz samples, shape (n,), with the F0 heard in them."""
    return Recording(samples, extractor.f0_hz(samples))


def measure(
    sound: Recording, asked: Asked | None = None, reference: Recording | None = None, bench: Bench = Bench()
) -> Measures:
    """Every figure that can be had from what is given."""
    values: dict[str, float | None] = {}
    notes: list[HeardNote] = []
    syllables: list[HeardSyllable] = []
    warnings: list[str] = []
    if asked is not None:
        heard_hz = fitted(sound.f0_hz, asked.frames)
        notes = heard_notes(asked.notes, heard_hz)
        syllables = heard_syllables(asked.syllables, sound.samples)
        values |= f0_metrics(asked.f0_hz, heard_hz) | note_metrics(notes) | onset_metrics(syllables)
        warnings += length_warnings(sound.seconds, asked.seconds, "what was asked")
    if reference is not None:
        values |= reference_metrics(sound, reference)
        warnings += length_warnings(sound.seconds, reference.seconds, "the reference")
    lyrics, language, phones = (asked.lyrics, asked.language, asked.phones) if asked else ((), "", ())
    values |= bench.metrics(sound.samples, lyrics, language, reference.samples if reference else None, phones)
    return Measures(values, tuple(notes), tuple(syllables), tuple(warnings), sound.f0_hz)


def length_warnings(seconds: float, asked_seconds: float, what: str) -> list[str]:
    """A warning if two lengths that should agree do not."""
    if abs(seconds - asked_seconds) <= LENGTH_TOLERANCE_SECONDS + GRID.frame_seconds:
        return []
    longer = "longer" if seconds > asked_seconds else "shorter"
    return [f"the sound is {abs(seconds - asked_seconds):.1f} s {longer} than {what}"]
