"""The timing contract: nuclei on the beat, borrowed onsets, sums exact, nobody without a frame."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svs_cli.duration.rule import RuleDuration
from svs_cli.errors import PerformanceError
from svs_cli.performance.document import Segment
from svs_cli.units import GRID
from tests.duration.fakes import CONSONANTS, TABLE, VOWELS, performance, segment

MODEL = RuleDuration(table=TABLE)


def timed(*words, offset: float = 0.0) -> Segment:
    return MODEL.predict(performance(segment(list(words), offset))).segments[0]


def durations(*words) -> list[float]:
    return list(timed(*words).phone_durations_seconds)


consonant_run = st.lists(st.sampled_from(CONSONANTS), max_size=5)
note_seconds = st.floats(0.02, 3.0)


@st.composite
def sung_words(draw):
    phones = [draw(st.sampled_from(VOWELS)), *draw(consonant_run)]
    if draw(st.integers(0, 4)) == 0:
        phones += [draw(st.sampled_from(VOWELS)), *draw(consonant_run)]
    notes = [(60.0 + i, s) for i, s in enumerate(draw(st.lists(note_seconds, min_size=1, max_size=4)))]
    return " ".join(phones), notes


@st.composite
def rest_words(draw):
    phones = ["SP", *(["AP"] if draw(st.booleans()) else []), *draw(consonant_run)]
    return " ".join(phones), [(None, draw(note_seconds))]


phrases = st.lists(st.one_of(sung_words(), sung_words(), rest_words()), min_size=1, max_size=12)


@settings(max_examples=150, deadline=None)
@given(phrases, st.floats(0, 600))
def test_phones_fill_their_words_exactly(words, offset):
    result = timed(*words, offset=offset)
    result.check()
    seconds = np.array(result.phone_durations_seconds)
    assert np.all(seconds >= 0)
    for phones, notes in zip(result.word_phone_slices(), result.word_note_slices(), strict=True):
        assert seconds[phones].sum() == pytest.approx(sum(result.note_durations_seconds[notes]), abs=1e-9)
    assert result.phone_frames().sum() == result.frames


@settings(max_examples=150, deadline=None)
@given(phrases, st.floats(0, 600))
def test_every_phone_gets_a_frame_where_the_word_has_enough(words, offset):
    result = timed(*words, offset=offset)
    frames = result.phone_frames()
    assert np.all(frames >= 0)
    for phones in result.word_phone_slices():
        if frames[phones].sum() >= len(frames[phones]) + 1:  # one to spare: the note grid may round the other way
            assert frames[phones].min() >= 1


@settings(max_examples=150, deadline=None)
@given(st.lists(sung_words(), min_size=1, max_size=8))
def test_vowels_keep_forty_percent_unless_frames_run_out(words):
    result = timed(*words)
    for phones, notes in zip(result.word_phone_slices(), result.word_note_slices(), strict=True):
        total = sum(result.note_durations_seconds[notes])
        symbols = result.phones[phones]
        vowels = sum(s for p, s in zip(symbols, result.phone_durations_seconds[phones], strict=True) if p in VOWELS)
        most = total - len(symbols) * GRID.frame_seconds  # what is left when each consonant has one frame
        if len(result.note_durations_seconds[notes]) == 1:
            assert vowels >= min(0.4 * total, most) - GRID.frame_seconds


def test_sixteenth_notes_with_clusters_at_240_bpm():
    sixteenth = 60 / 240 / 4
    words = [("SP s t ɹ", [(None, 1.0)])] + [("a n s t ɹ", [(60.0, sixteenth)])] * 16 + [("SP", [(None, 1.0)])]
    result = timed(*words)
    assert result.phone_frames().min() >= 1
    assert sum(result.phone_durations_seconds) == pytest.approx(result.duration_seconds, abs=1e-9)


def test_more_phones_than_frames_still_sums():
    result = timed(("a n s t ɹ k θ s", [(60.0, 0.03)]), ("a", [(60.0, 1.0)]))
    assert result.phone_frames().sum() == result.frames
    assert result.phone_frames().min() >= 0


def test_onset_borrows_from_the_note_before_and_lengths_follow_class():
    a, k, i, n, e = durations(("a k", [(60.0, 0.5)]), ("i n", [(62.0, 0.5)]), ("e", [(64.0, 0.5)]))
    assert k == pytest.approx(0.110, abs=0.001)
    assert n == pytest.approx(0.078, abs=0.001)
    assert a == pytest.approx(0.390, abs=0.001)
    assert (i, e) == pytest.approx((0.422, 0.5), abs=0.001)


def test_consonants_give_way_to_tempo_less_than_vowels():
    slow = durations(("a s", [(60.0, 1.0)]), ("a", [(60.0, 1.0)]))[1]
    fast = durations(("a s", [(60.0, 0.25)]), ("a", [(60.0, 0.25)]))[1]
    assert 0.14 < slow < 0.14 * 1.21
    assert 0.14 * 0.65 < fast < 0.14


def test_melisma_holds_the_vowel_until_the_last_note():
    a, n, _ = durations(("a n", [(60.0, 0.5), (62.0, 0.5), (64.0, 0.1)]), ("o", [(60.0, 1.0)]))
    assert n <= 0.08 + 1e-9
    assert a > 1.0


def test_breath_comes_right_before_the_onset_and_shrinks_without_room():
    sp, ap, k, _ = durations(("SP AP k", [(None, 1.5)]), ("a", [(60.0, 1.0)]))
    assert 0.25 <= ap <= 0.4 + 1e-9
    assert sp == pytest.approx(1.5 - ap - k, abs=1e-9)
    sp, ap, k, _ = durations(("SP AP k", [(None, 0.25)]), ("a", [(60.0, 1.0)]))
    assert GRID.frame_seconds <= ap < 0.25
    assert k > 0.05


def test_onset_at_time_zero_stands_in_its_own_note():
    s, t, a, *_ = durations(("s t a n", [(60.0, 0.2)]), ("o", [(60.0, 0.5)]))
    assert s + t <= 0.3 * 0.2 + 1e-9
    assert a >= 0.4 * 0.2 - 1e-9


def test_off_glide_is_short_and_late_but_an_elision_is_shared():
    a, glide = durations(("a ɪ", [(60.0, 2.0)]))
    assert glide == pytest.approx(0.15) and a == pytest.approx(1.85)
    a, glide = durations(("a ɪ", [(60.0, 0.2)]))
    assert glide == pytest.approx(0.05)
    a, glide, n, _ = durations(("a ɪ̯ n", [(60.0, 1.0)]), ("a", [(60.0, 1.0)]))
    assert glide == pytest.approx(0.15) and a > 0.7 and n < 0.1
    i, a = durations(("i a", [(60.0, 1.0)]))
    assert i == pytest.approx(a)
    a, moraic = durations(("a ɴ", [(60.0, 0.5)]))
    assert 0.1 < moraic < 0.16 and a > 0.3


def test_geminate_closure():
    _, cl, t, _ = durations(("a cl t", [(60.0, 0.5)]), ("a", [(60.0, 0.5)]))
    assert 0.09 <= cl <= 0.12
    assert t < 0.65 * 0.110
    _, cl, _, _ = durations(("a cl t", [(60.0, 0.2)]), ("a", [(60.0, 0.5)]))
    assert cl <= 0.06 + 1e-9


def test_unknown_phone_says_where():
    with pytest.raises(PerformanceError, match=r"segment 1.*qqq"):
        timed(("qqq", [(60.0, 0.5)]))


def test_ten_minutes_without_drift_and_fast():
    beat = 60 / 97
    words = [("a k", [(60.0, beat)]), ("o n", [(62.0, beat / 3)]), ("i s", [(64.0, 2 * beat / 3)])] * 330
    words += [("SP", [(None, 600 - 660 * beat)])]
    started = time.process_time()
    result = timed(*words)
    assert time.process_time() - started < 2.0
    boundaries = np.cumsum(result.phone_frames())
    onsets = np.cumsum([sum(result.note_durations_seconds[w]) for w in result.word_note_slices()])
    words_end = boundaries[[s.stop - 1 for s in result.word_phone_slices()]]
    assert np.abs(words_end - onsets * GRID.frames_per_second).max() <= 0.5 + 1e-6
    assert boundaries[-1] == GRID.frame_of(600.0)
