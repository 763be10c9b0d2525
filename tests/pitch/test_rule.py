"""The rule pitch model: in tune, positive, repeatable, transposable, and unimpressed by tempo."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svs_cli.duration.rule import RuleDuration
from svs_cli.performance.document import NoteDetail, Segment
from svs_cli.pitch.rule import RulePitch
from svs_cli.pitch.steps import frame_times, held_notes
from svs_cli.units import hz_to_midi
from tests.duration.fakes import TABLE, performance, segment

MODEL = RulePitch(table=TABLE)
TIMING = RuleDuration(table=TABLE)


def sung(*words, offset: float = 0.0, seed: int = 0, own_seed: int | None = None) -> Segment:
    plain = segment(list(words), offset).with_(seed=own_seed)
    return MODEL.predict(TIMING.predict(performance(plain)), seed=seed).segments[0]


def cents_from(result: Segment, midi: float, start: float, end: float) -> np.ndarray:
    times = frame_times(result)
    inside = (times >= start) & (times < end)
    return 100.0 * (hz_to_midi(result.f0.values.astype(np.float64)[inside]) - midi)


note_seconds = st.floats(0.12, 3.0)
midis = st.integers(45, 80).map(float)
sung_word = st.tuples(
    st.sampled_from(["a", "a k", "o n", "i s t", "e m"]),
    st.lists(st.tuples(midis, note_seconds), min_size=1, max_size=3),
)
rest_note = st.tuples(st.none(), st.floats(0.02, 2))
rest_word = st.tuples(st.sampled_from(["SP", "SP k", "SP AP n"]), rest_note.map(lambda note: [note]))
phrases = st.lists(st.one_of(sung_word, sung_word, rest_word), min_size=1, max_size=10)


@settings(max_examples=100, deadline=None)
@given(phrases, st.integers(0, 3))
def test_one_positive_value_a_frame_within_reach_of_the_notes(words, seed):
    result = sung(*words, offset=1.234, seed=seed)
    f0_hz = result.f0.values
    assert len(f0_hz) == result.frames
    assert np.all(np.isfinite(f0_hz)) and np.all(f0_hz > 0)
    pitches = [m for m in result.notes if m is not None] or [57.0]
    curve = hz_to_midi(f0_hz.astype(np.float64))
    assert min(pitches) - 1.6 < curve.min() and curve.max() < max(pitches) + 1.6


@settings(max_examples=100, deadline=None)
@given(phrases)
def test_every_note_is_in_tune(words):
    result = sung(*words)
    for note in held_notes(result, TABLE):
        if note.vowel_end_seconds - note.start_seconds > 0.12:
            deviation = cents_from(result, note.midi, note.start_seconds, note.vowel_end_seconds)
            assert abs(np.median(deviation)) < 15.0


def test_typical_melody_is_within_five_cents_by_median():
    rng = np.random.default_rng(1)
    words = [("a n", [(60.0 + rng.integers(-7, 8), rng.choice([0.25, 0.4, 0.5, 1.0]))]) for _ in range(100)]
    result = sung(*words)
    medians = [
        abs(np.median(cents_from(result, n.midi, n.start_seconds, n.vowel_end_seconds)))
        for n in held_notes(result, TABLE)
    ]
    assert np.percentile(medians, 95) < 5.0


@settings(max_examples=50, deadline=None)
@given(phrases, st.integers(-12, 12))
def test_transposition_only_transposes(words, semitones):
    moved = [(p, [(None if m is None else m + semitones, s) for m, s in notes]) for p, notes in words]
    if all(m is None for _, notes in words for m, _ in notes):
        return
    low, high = sung(*words), sung(*moved)
    difference = 1200 * np.log2(high.f0.values.astype(np.float64) / low.f0.values)
    np.testing.assert_allclose(difference, 100.0 * semitones, atol=1e-3)


def test_same_seed_same_curve_other_seed_other_curve():
    words = [("a k", [(60.0, 1.0)]), ("a", [(62.0, 1.5)])]
    again = sung(*words, seed=3).f0.values
    np.testing.assert_array_equal(sung(*words, seed=3).f0.values, again)
    assert not np.array_equal(sung(*words, seed=4).f0.values, again)
    np.testing.assert_array_equal(sung(*words, seed=4, own_seed=3).f0.values, again)


def test_thirty_seconds_at_200_bpm_reach_their_pitch_without_wild_overshoot():
    seconds = 60 / 200 / 8
    pitches = [60.0, 67.0, 60.0, 64.0, 72.0, 60.0, 62.0, 61.0] * 4
    result = sung(("SP", [(None, 0.5)]), *[("a", [(p, seconds)]) for p in pitches], ("SP", [(None, 0.5)]))
    for note in held_notes(result, TABLE)[1:-1]:
        nearest = np.abs(cents_from(result, note.midi, note.start_seconds, note.end_seconds)).min()
        assert nearest < 25.0
    curve = hz_to_midi(result.f0.values.astype(np.float64))
    assert curve.max() < 72.2 and curve.min() > 59.0


@pytest.mark.parametrize("tempo", [1.0, 2.0])
def test_vibrato_rate_and_depth_do_not_follow_the_tempo(tempo):
    result = sung(("a", [(69.0, 6.0 / tempo)]), seed=5)
    deviation = cents_from(result, 69.0, 1.0, 2.6)
    crossings = np.flatnonzero((deviation[:-1] < 0) & (deviation[1:] >= 0))
    rate_hz = (len(crossings) - 1) / ((crossings[-1] - crossings[0]) * 512 / 44100)
    assert 5.0 <= rate_hz <= 6.5
    assert 40.0 < np.abs(deviation).max() < 66.0


def test_short_notes_have_no_vibrato_and_long_ones_start_straight():
    short = sung(("a", [(69.0, 0.45)]), ("a", [(65.0, 0.45)]))
    assert np.ptp(cents_from(short, 69.0, 0.15, 0.3)) < 20.0
    long = sung(("a", [(69.0, 3.0)]))
    assert np.ptp(cents_from(long, 69.0, 0.12, 0.3)) < 20.0
    assert np.ptp(cents_from(long, 69.0, 1.0, 2.0)) > 60.0


def test_phrase_starts_with_a_scoop_and_ends_with_a_small_fall():
    result = sung(("SP k", [(None, 1.0)]), ("a", [(69.0, 1.0)]), ("SP", [(None, 0.5)]))
    assert -100.0 <= cents_from(result, 69.0, 0.7, 0.9).mean() <= -50.0
    assert abs(cents_from(result, 69.0, 1.08, 1.2).mean()) < 12.0
    assert -35.0 < cents_from(result, 69.0, 1.96, 2.05).mean() < -8.0


def test_move_lies_in_the_consonant_and_the_vowel_starts_near_its_pitch():
    result = sung(("a n", [(60.0, 0.6)]), ("a", [(67.0, 0.6)]))
    assert np.all(np.abs(cents_from(result, 67.0, 0.615, 0.7)) < 60.0)
    assert abs(cents_from(result, 60.0, 0.3, 0.5).mean()) < 15.0


def test_repeated_note_dips_at_the_consonant():
    result = sung(("a n", [(60.0, 0.4)]), ("a", [(60.0, 0.4)]))
    assert -45.0 < cents_from(result, 60.0, 0.3, 0.4).min() < -18.0


def test_tied_notes_of_a_melisma_are_one_note():
    split = sung(("a", [(60.0, 1.0), (60.0, 1.0)]))
    whole = sung(("a", [(60.0, 2.0)]))
    np.testing.assert_array_equal(split.f0.values, whole.f0.values)


def test_works_without_phone_durations_and_with_details():
    plain = segment([("a n", [(60.0, 0.5)]), ("o", [(64.0, 0.5)])])
    bare = MODEL.predict(performance(plain)).segments[0]
    assert len(bare.f0.values) == bare.frames
    detailed = plain.with_(details=(NoteDetail(), NoteDetail(legato=True)))
    assert np.all(MODEL.predict(TIMING.predict(performance(detailed))).segments[0].f0.values > 0)


def test_rests_only_and_long_songs_are_fast():
    assert np.all(sung(("SP", [(None, 1.0)])).f0.values > 0)
    words = [("a n", [(60.0 + i % 7, 0.4)]) for i in range(20)] + [("a", [(60.0, 1.4)]), ("SP", [(None, 0.6)])]
    whole = TIMING.predict(performance(*[segment(words, 10.0 * i) for i in range(30)]))
    started = time.process_time()
    result = MODEL.predict(whole)
    assert time.process_time() - started < 1.0  # five minutes of music take a quarter of this
    assert sum(s.frames for s in result.segments) == whole.frames


def test_late_vibrato_is_for_long_notes() -> None:
    from svs_cli.pitch.gesture import Gesture, Vibrato
    from svs_cli.pitch.manner import MANNERS

    own = Gesture(vibrato=Vibrato(5.5, 90.0, 0.2, 0.3))
    long, short = (MANNERS["late"].applied(own, 0.5, seconds) for seconds in (1.2, 0.6))
    assert short.vibrato is None and long.vibrato is not None
    assert (long.vibrato.depth_cents, round(long.vibrato.onset_seconds, 3)) == (90.0, 0.6)


def test_a_later_vibrato_is_the_same_from_there_on() -> None:
    from svs_cli.pitch.draw import curve_cents
    from svs_cli.pitch.gesture import Gesture, Vibrato
    from svs_cli.pitch.manner import Manner
    from svs_cli.pitch.steps import HeldNote

    note = HeldNote(0.0, 4.0, 60.0, legato=False, consonants_seconds=0.0, vowel_end_seconds=4.0)
    times = np.arange(0.0, 4.0, 0.01)
    own = Gesture(vibrato=Vibrato(5.5, 50.0, 0.0, 0.1, phase=0.2))
    late = Manner("", vibrato_later_seconds=0.35).applied(own, 0.0, 4.0)
    early, full = times < 0.3, (times > 0.6) & (times < 3.9)
    soon, later = (curve_cents([note], [gesture], times) for gesture in (own, late))
    assert np.ptp(later[early]) < 1 < 50 < np.ptp(soon[early])
    assert np.corrcoef(soon[full], later[full])[0, 1] > 0.9  # less than 1: the rate glides by 4 % over a vibrato


def test_variety_draws_a_gesture_towards_what_is_expected() -> None:
    from svs_cli.pitch.gesture import Gesture
    from svs_cli.pitch.manner import steadied

    usual = Gesture(move_seconds=0.1, scoop_cents=40.0)
    drawn = Gesture(move_seconds=0.4, scoop_cents=100.0, usual=usual)
    half = steadied(drawn, 0.5)
    assert (half.move_seconds, half.scoop_cents) == (pytest.approx(0.2), pytest.approx(70.0))
    assert steadied(drawn, 1.0) is drawn and steadied(usual, 0.5) is usual
    assert steadied(drawn, 0.0).move_seconds == pytest.approx(0.1)


def test_late_draws_depths_towards_what_the_model_expects() -> None:
    from svs_cli.pitch.gesture import Gesture, Vibrato
    from svs_cli.pitch.manner import MANNERS

    for drawn, late in ((45.0, 68.2), (90.0, 90.0), (180.0, 118.8)):
        own = Gesture(vibrato=Vibrato(5.5, drawn, 0.2, 0.3), usual=Gesture(vibrato=Vibrato(5.5, 90.0, 0.2, 0.3)))
        for style, expected in (("late", late), ("classical", drawn), ("moderate", 0.33 * late)):
            made = MANNERS[style].applied(own, 0.0, 1.2).vibrato
            assert made is not None and made.depth_cents == pytest.approx(expected, abs=0.1)
