"""Properties of the tempo map and of unit conversions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svs_cli.score.model import TempoMap
from svs_cli.units import GRID, amplitude_to_db, cents, db_to_amplitude, hz_to_midi, midi_to_hz

QUARTERS = st.fractions(min_value=0, max_value=1000, max_denominator=960)
TEMPOS = st.floats(min_value=10, max_value=400)
QUICK = settings(max_examples=30, deadline=None)


@st.composite
def tempo_maps(draw: st.DrawFn) -> TempoMap:
    later = draw(st.lists(st.tuples(QUARTERS.filter(bool), TEMPOS), max_size=8, unique_by=lambda change: change[0]))
    return TempoMap(((Fraction(0), draw(TEMPOS)), *sorted(later)))


@QUICK
@given(tempo_maps(), QUARTERS, QUARTERS)
def test_time_rises_with_position(tempo: TempoMap, a: Fraction, b: Fraction) -> None:
    low, high = sorted((a, b))
    assert tempo.seconds_at(Fraction(0)) == 0
    if low < high:
        assert tempo.seconds_at(low) < tempo.seconds_at(high)


@QUICK
@given(tempo_maps(), QUARTERS)
def test_time_is_the_sum_of_its_stretches(tempo: TempoMap, end: Fraction) -> None:
    bounds = [position for position, _ in tempo.changes if position < end] + [end]
    seconds = sum(float(b - a) * 60 / tempo.quarters_per_minute_at(a) for a, b in zip(bounds, bounds[1:], strict=False))
    assert tempo.seconds_at(end) == pytest.approx(seconds, abs=1e-9)


@QUICK
@given(tempo_maps(), QUARTERS, QUARTERS)
def test_a_change_without_effect_changes_nothing(tempo: TempoMap, split: Fraction, end: Fraction) -> None:
    changes = dict(tempo.changes)
    changes.setdefault(split, tempo.quarters_per_minute_at(split))
    assert TempoMap(tuple(sorted(changes.items()))).seconds_at(end) == pytest.approx(tempo.seconds_at(end), abs=1e-9)


@QUICK
@given(tempo_maps(), QUARTERS, st.floats(min_value=0.25, max_value=4))
def test_a_faster_map_takes_proportionally_less(tempo: TempoMap, end: Fraction, factor: float) -> None:
    faster = TempoMap(tuple((position, bpm * factor) for position, bpm in tempo.changes))
    assert faster.seconds_at(end) == pytest.approx(tempo.seconds_at(end) / factor, abs=1e-9)


@QUICK
@given(tempo_maps(), QUARTERS, QUARTERS)
def test_time_differences_do_not_depend_on_what_came_before(tempo: TempoMap, a: Fraction, b: Fraction) -> None:
    low, high = sorted((a, b))
    later = {Fraction(0): tempo.quarters_per_minute_at(low)}
    later |= {position - low: bpm for position, bpm in tempo.changes if position > low}
    moved = TempoMap(tuple(sorted(later.items())))
    difference = tempo.seconds_at(high) - tempo.seconds_at(low)
    assert moved.seconds_at(high - low) == pytest.approx(difference, abs=1e-6)


@pytest.mark.parametrize(
    "changes",
    [(), ((Fraction(1), 60.0),), ((Fraction(0), 0.0),), ((Fraction(0), float("nan")),),
     ((Fraction(0), 60.0), (Fraction(0), 70.0)), ((Fraction(0), 60.0), (Fraction(2), 70.0), (Fraction(1), 70.0))],
)  # fmt: skip
def test_impossible_maps_are_refused(changes: tuple[tuple[Fraction, float], ...]) -> None:
    with pytest.raises(ValueError, match="tempo"):
        TempoMap(changes)


@QUICK
@given(st.lists(st.floats(min_value=-20, max_value=140), min_size=1, max_size=20))
def test_midi_and_hz_agree_with_librosa(midi: list[float]) -> None:
    import librosa

    notes = np.array(midi)
    np.testing.assert_allclose(midi_to_hz(notes), librosa.midi_to_hz(notes), rtol=1e-12)
    np.testing.assert_allclose(hz_to_midi(midi_to_hz(notes)), librosa.hz_to_midi(librosa.midi_to_hz(notes)), atol=1e-9)
    np.testing.assert_allclose(hz_to_midi(midi_to_hz(notes)), notes, atol=1e-9)


@QUICK
@given(st.floats(min_value=-110, max_value=40))
def test_decibels_agree_with_librosa(level_db: float) -> None:
    import librosa

    amplitude = float(db_to_amplitude(level_db))
    assert amplitude == pytest.approx(float(librosa.db_to_amplitude(np.array(level_db))), rel=1e-9)
    assert float(amplitude_to_db(amplitude)) == pytest.approx(level_db, abs=1e-6)


@QUICK
@given(st.floats(min_value=20, max_value=5000), st.floats(min_value=-60, max_value=60))
def test_cents_count_semitones(reference_hz: float, semitones: float) -> None:
    hz = midi_to_hz(hz_to_midi(reference_hz) + semitones)
    assert float(cents(reference_hz, hz)) == pytest.approx(100 * semitones, abs=1e-6)


@QUICK
@given(st.lists(st.floats(min_value=0, max_value=5), max_size=200), st.floats(min_value=0, max_value=600))
def test_frames_never_drift(durations_seconds: list[float], start_seconds: float) -> None:
    frames = GRID.durations_in_frames(durations_seconds, start_seconds)
    ends = start_seconds + np.cumsum([0.0, *durations_seconds])
    assert int(frames.sum()) == GRID.frame_of(float(ends[-1])) - GRID.frame_of(start_seconds)
    assert all(frames >= 0)
