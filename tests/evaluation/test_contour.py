"""Pitch models against a singer that is made up, so that every figure is known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from svs_cli.corpus.sung import SungSong
from svs_cli.evaluation.contour import SCORE, SINGER, TURNED, Draw, Tune, compare, row_of
from svs_cli.performance.document import Performance, SampledCurve, Segment
from svs_cli.units import GRID, midi_to_hz

NOTES, NOTE_SECONDS = (60.0, 64.0, 62.0, 60.0), 1.0
DEPTH_CENTS, RATE_HZ = 80.0, 6.0
FRAMES = GRID.frame_of(len(NOTES) * NOTE_SECONDS)


def curve_hz(depth_cents: float = 0.0, phase: float = 0.0, sharp_cents: float = 0.0) -> NDArray[np.float64]:
    """The written notes, sharp by so much, with a vibrato all the way."""
    times = np.arange(FRAMES) * GRID.frame_seconds
    written = np.array(NOTES)[np.minimum((times / NOTE_SECONDS).astype(int), len(NOTES) - 1)]
    swing = depth_cents * np.sin(2 * np.pi * (RATE_HZ * times + phase))
    return midi_to_hz(written + (sharp_cents + swing) / 100.0)


def song(f0_hz: NDArray[np.float64]) -> SungSong:
    segment = Segment(
        offset_seconds=0.0, phones=("a",) * len(NOTES), phone_counts=(1,) * len(NOTES), notes=NOTES,
        note_durations_seconds=(NOTE_SECONDS,) * len(NOTES), note_slurs=(0,) * len(NOTES),
        phone_durations_seconds=(NOTE_SECONDS,) * len(NOTES),
    )  # fmt: skip
    return SungSong("made", segment, f0_hz, read_off=False)


def drawing(f0_hz: NDArray[np.float64]) -> Draw:
    """A pitch model that always draws this."""

    def draw(performance: Performance, seed: int) -> Performance:
        curve = SampledCurve(f0_hz.astype(np.float32), GRID.frame_seconds)
        return performance.with_(segments=(performance.segments[0].with_(f0=curve),))

    return draw


@pytest.fixture(scope="module")
def tune() -> Tune:
    return Tune.of(song(curve_hz(DEPTH_CENTS, sharp_cents=20.0)))


def test_vibrato_in_another_phase_is_wrong_in_rmse_and_right_in_melody(tune: Tune) -> None:
    other = row_of(tune, "other", [tune.drawn(drawing(curve_hz(DEPTH_CENTS, 0.5, 20.0)), 0)])
    straight = row_of(tune, "straight", [tune.drawn(drawing(curve_hz()), 0)])
    assert other.rmse_cents == pytest.approx(2 * DEPTH_CENTS / np.sqrt(2), rel=0.03)
    assert straight.rmse_cents == pytest.approx(np.hypot(20.0, DEPTH_CENTS / np.sqrt(2)), rel=0.03)
    assert other.melody_rmse_cents is not None and other.melody_rmse_cents < 11.0  # the ends hold half cycles
    assert straight.melody_rmse_cents == pytest.approx(20.0, abs=3.0)
    assert other.depth_cents is not None and other.depth_cents.median == pytest.approx(DEPTH_CENTS, rel=0.05)
    assert straight.off_centre_cents == pytest.approx(0.0, abs=0.01)


def test_the_turned_singer_errs_as_a_free_phase_does_on_average(tune: Tune) -> None:
    turned = row_of(tune, TURNED, [tune.turned()])
    free = []
    for phase in np.arange(8) / 8:
        row = row_of(tune, "free", [tune.drawn(drawing(curve_hz(DEPTH_CENTS, float(phase), 20.0)), 0)])
        free.append(row.rmse_cents or 0.0)
    assert turned.rmse_cents == pytest.approx(float(np.sqrt(np.mean(np.square(free)))), rel=0.1)


def test_the_rows_of_a_song(tune: Tune) -> None:
    rows = compare([tune.song], {"flat": drawing(curve_hz())}, range(2))
    assert [row.curve for row in rows] == [SINGER, TURNED, SCORE, "flat"]
    assert rows[0].rmse_cents is None and rows[0].off_centre_cents == pytest.approx(20.0, abs=3.0)
    assert rows[-1].rmse_cents == pytest.approx(rows[-2].rmse_cents or 0.0, rel=0.02)
