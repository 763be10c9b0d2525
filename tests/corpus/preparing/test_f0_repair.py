"""Octave errors of the tracker are mended by the label, and nothing else is."""

from pathlib import Path

import numpy as np
import pytest

from svs_cli.analysis.f0 import praat_f0
from svs_cli.corpus.manifest import Note, Recording
from svs_cli.corpus.preparing.f0_repair import (
    expected_midi,
    histogram,
    label_octave_semitones,
    label_range,
    range_of_histogram,
    repaired,
    without_spikes,
)
from svs_cli.units import GRID, midi_to_hz

LOW, HIGH = Note(0.1, 1.1, 57.0), Note(1.1, 3.1, 69.0)
MELODY = Recording(Path("a.wav"), "ana", notes=(LOW, HIGH))


def rough_voice() -> np.ndarray:
    """A3, then an A4 of which every second period is weak: a tracker takes it for A3 as well."""
    samples = np.zeros(int(3.2 * 44_100))
    pulse = np.exp(-np.arange(300) / 40.0) * np.sin(np.arange(300) * 0.2)
    for start, end, hz, weak in ((0.1, 1.1, 220.0, 1.0), (1.1, 3.1, 440.0, 0.55)):
        for number, at in enumerate(np.arange(start, end, 1 / hz)):
            first = round(at * 44_100)
            samples[first : first + 300] += 0.3 * pulse * (weak if number % 2 else 1.0)
    return (samples + 1e-5 * np.random.default_rng(0).normal(size=len(samples))).astype(np.float32)


def test_a_tracker_that_halves_is_mended() -> None:
    low_hz, high_hz = label_range(MELODY) or (0.0, 0.0)
    found = praat_f0(rough_voice(), low_hz=low_hz, high_hz=high_hz)
    sung = slice(GRID.frame_of(1.5), GRID.frame_of(3.0))
    assert np.median(found[sung]) == pytest.approx(220, rel=0.01)  # else there is nothing to mend
    mended, count = repaired(found, expected_midi(MELODY, len(found)))
    np.testing.assert_allclose(mended[sung], 440, rtol=0.01)
    np.testing.assert_array_equal(mended[: GRID.frame_of(1.0)], found[: GRID.frame_of(1.0)])
    assert count > 0.9 * (sung.stop - sung.start)


def test_leaps_of_an_octave_are_sung_early_or_late() -> None:
    """The voice reaches the high note 0.1 s before it is written: that is singing, not an error."""
    f0_hz = np.where(np.arange(270) < GRID.frame_of(1.0), 220.0, 440.0).astype(np.float32)
    mended, count = repaired(f0_hz, expected_midi(MELODY, 270))
    assert count == 0 and np.array_equal(mended, f0_hz)


def test_a_part_written_an_octave_higher_is_not_an_error() -> None:
    f0_hz = np.where(np.arange(270) < GRID.frame_of(1.1), 110.0, 220.0).astype(np.float32)
    wanted = expected_midi(MELODY, 270)
    assert label_octave_semitones(f0_hz, wanted) == -12.0
    assert repaired(f0_hz, wanted)[1] == 0


def test_other_deviations_and_silence_stay() -> None:
    f0_hz = np.full(200, midi_to_hz(69.0 - 5.5), np.float32)
    f0_hz[::3] = 0.0
    mended, count = repaired(f0_hz, np.full(200, 69.0))
    assert count == 0 and np.array_equal(mended, f0_hz)
    assert repaired(f0_hz, np.full(200, np.nan))[1] == 0


def test_short_leaps_and_back_are_undone_without_a_label() -> None:
    f0_hz = np.full(100, 200.0, np.float32)
    f0_hz[20:25], f0_hz[60:80] = 100.0, 400.0  # the second is too long to be a slip
    mended, count = without_spikes(f0_hz)
    assert count == 5 and (mended[:60] == 200.0).all() and (mended[60:80] == 400.0).all()
    f0_hz[95:] = 100.0  # creak at the end leads nowhere
    assert (without_spikes(f0_hz)[0][95:] == 100.0).all()


def test_ranges() -> None:
    assert label_range(Recording(Path("a"), "ana")) is None
    low_hz, high_hz = label_range(Recording(Path("a"), "ana", pitch_midi=69.0)) or (0.0, 0.0)
    assert 220 < low_hz < 300 and 600 < high_hz < 880
    down = label_range(MELODY, -12.0) or (0.0, 0.0)
    assert down[0] < 110 and 220 < down[1] < 440
    assert range_of_histogram(np.zeros(60, np.int64)) == (50.0, 1400.0)
    random = np.random.default_rng(0)
    speech = (180 * 2 ** (random.normal(0, 3, 4000) / 12)).astype(np.float32)
    errors = np.concatenate([speech, speech[:80] / 2, speech[:80] * 2, np.zeros(50, np.float32)])
    low_hz, high_hz = range_of_histogram(histogram(errors))
    assert 65 < low_hz < 110 and 320 < high_hz < 520
