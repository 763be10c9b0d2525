"""Heard F0 against asked F0, and heard pitch against written notes.

Conventions
-----------
- Both F0 tracks have shape (frames,) on the same frame grid; 0 Hz is unvoiced. Errors in cents are heard minus asked.
- Errors are averaged over frames that *both* call voiced: zeros never enter them.
- mir_eval gives raw pitch accuracy and the voicing measures. It judges pitch apart from voicing, so a heard track may
  carry a guess where it is unvoiced: here the nearest pitch, two frames (23 ms) at most beside a voiced stretch.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svs_cli.evaluation.asked import AskedNote
from svs_cli.units import GRID, cents, midi_to_hz

Frames = NDArray[np.float32]
IN_TUNE_CENTS = 50.0
GROSS_ERROR = 0.2
GUESSED_FRAMES = 2
MINIMUM_NOTE_FRAMES = 2
MIR_EVAL_BASE_HZ = 10.0


@dataclass(frozen=True)
class HeardNote:
    """A note and what was heard of it; `error_cents` is None where no pitch was heard."""

    asked: AskedNote
    error_cents: float | None

    @property
    def in_tune(self) -> bool:
        return self.error_cents is not None and abs(self.error_cents) < IN_TUNE_CENTS


def f0_metrics(asked_hz: Frames, heard_hz: Frames) -> dict[str, float | None]:
    """The F0 and voicing figures of `metrics.METRICS`; both shapes (frames,).

    Transposing what is heard by 30 cents moves the bias by 30 and leaves the voicing figures alone.
    """
    from mir_eval import melody

    asked, heard = asked_hz > 0, heard_hz > 0
    both = asked & heard
    error = np.asarray(cents(asked_hz[both], heard_hz[both]))
    gross = np.zeros(len(asked), bool)
    gross[both] = np.abs(heard_hz[both] / asked_hz[both] - 1.0) > GROSS_ERROR
    guessed = with_guesses(heard_hz)
    with warnings.catch_warnings():  # mir_eval warns of what is a figure here: nothing heard
        warnings.simplefilter("ignore", UserWarning)
        accuracy = melody.raw_pitch_accuracy(
            asked * 1.0, in_cents(asked_hz), heard * 1.0, in_cents(guessed), IN_TUNE_CENTS
        )
        recall, false_alarm = melody.voicing_measures(asked * 1.0, heard * 1.0)
    return {
        "f0_median_absolute_cents": median(np.abs(error)),
        "f0_bias_cents": median(error),
        "f0_rmse_cents": float(np.sqrt(np.mean(error**2))) if both.any() else None,
        "within_50_cents": float(np.mean(np.abs(error) < IN_TUNE_CENTS)) if both.any() else None,
        "raw_pitch_accuracy": float(accuracy) if asked.any() else None,
        "voicing_recall": float(recall) if asked.any() else None,
        "voicing_false_alarm": float(false_alarm) if not asked.all() else None,
        "gross_pitch_error": float(gross.sum() / both.sum()) if both.any() else None,
        "f0_frame_error": float(np.mean((asked != heard) | gross)) if len(asked) else None,
    }


def median(values: NDArray[np.floating]) -> float | None:
    """The median, None of nothing."""
    return float(np.median(values)) if len(values) else None


def in_cents(f0_hz: Frames) -> NDArray[np.float64]:
    """mir_eval's scale: cents above 10 Hz, exactly 0 where there is no pitch."""
    return np.where(f0_hz > 0, cents(MIR_EVAL_BASE_HZ, np.where(f0_hz > 0, f0_hz, MIR_EVAL_BASE_HZ)), 0.0)


def with_guesses(f0_hz: Frames, frames: int = GUESSED_FRAMES) -> Frames:
    """F0 continued into unvoiced frames, from the nearer side, `frames` far at most.

    >>> with_guesses(np.array([0, 0, 0, 200, 0, 0, 0, 0, 300], np.float32)).tolist()
    [0.0, 200.0, 200.0, 200.0, 200.0, 200.0, 300.0, 300.0, 300.0]
    """
    voiced = np.flatnonzero(f0_hz > 0)
    if not len(voiced):
        return f0_hz
    at = np.arange(len(f0_hz))
    after = voiced[np.minimum(np.searchsorted(voiced, at), len(voiced) - 1)]
    before = voiced[np.maximum(np.searchsorted(voiced, at, side="right") - 1, 0)]
    nearest = np.where(np.abs(at - before) <= np.abs(after - at), before, after)
    return np.where(np.abs(at - nearest) <= frames, f0_hz[nearest], 0.0).astype(np.float32)


def heard_notes(notes: Sequence[AskedNote], heard_hz: Frames) -> list[HeardNote]:
    """The median heard pitch of each note's nucleus, against its written pitch."""
    found = []
    for note in notes:
        start, stop = GRID.frame_of(note.start_seconds), GRID.frame_of(note.end_seconds)
        inside = heard_hz[start : max(stop, start + 1)]
        voiced = inside[inside > 0]
        enough = len(voiced) >= min(MINIMUM_NOTE_FRAMES, max(1, stop - start))
        error = float(np.median(cents(midi_to_hz(note.midi), voiced))) if enough else None
        found.append(HeardNote(note, error))
    return found


def note_metrics(notes: Sequence[HeardNote]) -> dict[str, float | None]:
    """Share of notes in tune."""
    return {"note_accuracy": sum(note.in_tune for note in notes) / len(notes) if notes else None}
