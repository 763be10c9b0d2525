"""The learned timing: whatever a network says, notes are filled exactly and everybody gets a frame."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from svs_cli.duration.network import DurationConfig, DurationNetwork
from svs_cli.duration.neural import NeuralDuration
from svs_cli.duration.rule import RuleDuration
from svs_cli.performance.document import Segment
from svs_cli.units import GRID
from tests.duration.fakes import TABLE, performance, segment
from tests.duration.test_rule import note_seconds, phrases, sung_words


def wild(seed: int = 0, evidence: float = 1e9) -> NeuralDuration:
    """A model that was never taught and says wild things with conviction."""
    torch.manual_seed(seed)
    network = DurationNetwork(DurationConfig(members=2, width=8, spoken_width=8)).eval()
    with torch.no_grad():
        for part in (network.sung, network.spoken):
            part.weights[-1] *= 8.0
    return NeuralDuration("wild", network, dict.fromkeys(TABLE, evidence), table=TABLE)


MODELS = [wild(seed) for seed in range(3)]


def timed(*words, offset: float = 0.0, model: NeuralDuration = MODELS[0]) -> Segment:
    return model.predict(performance(segment(list(words), offset))).segments[0]


@settings(max_examples=40, deadline=None)
@given(phrases, st.floats(0, 600), st.sampled_from(MODELS))
def test_phones_fill_the_segment_exactly(words, offset, model):
    result = timed(*words, offset=offset, model=model)
    result.check()
    assert np.all(np.array(result.phone_durations_seconds) >= 0)
    assert sum(result.phone_durations_seconds) == pytest.approx(result.duration_seconds, abs=1e-9)
    assert result.phone_frames().sum() == result.frames


@settings(max_examples=40, deadline=None)
@given(phrases, st.sampled_from(MODELS))
def test_every_phone_gets_a_frame_where_its_word_has_enough(words, model):
    result = timed(*words, model=model)
    frames = result.phone_frames()
    for phones in result.word_phone_slices():
        if frames[phones].sum() >= len(frames[phones]) + 1:
            assert frames[phones].min() >= 1


@settings(max_examples=40, deadline=None)
@given(st.lists(sung_words(), min_size=1, max_size=8), st.sampled_from(MODELS))
def test_vowels_keep_forty_percent_of_their_note_unless_frames_run_out(words, model):
    result = timed(*words, model=model)
    for phones, notes in zip(result.word_phone_slices(), result.word_note_slices(), strict=True):
        lengths = np.array(result.phone_durations_seconds[phones])
        symbols = result.phones[phones]
        vowels = sum(s for p, s in zip(symbols, lengths, strict=True) if TABLE[p].phone_class == "vowel")
        most = lengths.sum() - (len(symbols) - 1) * GRID.frame_seconds
        if notes.stop - notes.start == 1:
            assert vowels >= min(0.4 * result.note_durations_seconds[notes.start], most) - GRID.frame_seconds - 1e-9


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["a", "i k", "o s t"]), note_seconds), min_size=2, max_size=8))
def test_a_nucleus_never_leaves_its_neighbourhood(words):
    result = timed(*((phones, [(60.0, seconds)]) for phones, seconds in words))
    onsets = np.concatenate([[0.0], np.cumsum(result.note_durations_seconds)])
    starts = np.concatenate([[0.0], np.cumsum(result.phone_durations_seconds)])
    for w, phones in enumerate(result.word_phone_slices()):
        shortest = min(words[max(0, w - 1)][1], words[w][1])
        assert abs(starts[phones.start] - onsets[w]) <= 0.3 * shortest + GRID.frame_seconds


@pytest.mark.parametrize("model", MODELS)
def test_strengths_on_sixteenths_at_240_beats_a_minute(model):
    sixteenth = 60 / 240 / 4
    la = ("a l", [(60.0, sixteenth)])
    words = [("SP l", [(None, 0.5)]), *[la] * 3, ("a s t ɹ", [(60.0, sixteenth)]), ("e ŋ k θ s l", [(60.0, sixteenth)])]
    words += [*[la] * 3, ("a", [(60.0, sixteenth)]), ("SP", [(None, 0.5)])]
    result = timed(*words, model=model)
    frames, lengths = result.phone_frames(), np.array(result.phone_durations_seconds)
    assert frames.min() >= 1  # six phones on five frames: the neighbours give way
    assert lengths.sum() == pytest.approx(result.duration_seconds, abs=1e-9)
    for phones, notes in zip(result.word_phone_slices(), result.word_note_slices(), strict=True):
        if result.notes[notes.start] is not None and phones.stop - phones.start <= 3:
            assert lengths[phones.start] >= 0.4 * sixteenth - GRID.frame_seconds


@pytest.mark.parametrize("model", MODELS)
def test_strengths_on_every_sixteenth_keeps_its_vowels(model):
    sixteenth = 60 / 240 / 4
    words = [("SP s t ɹ", [(None, 0.5)]), *[("e ŋ k θ s s t ɹ", [(60.0, sixteenth)])] * 15]
    words += [("e ŋ k θ s", [(60.0, sixteenth)]), ("SP", [(None, 0.5)])]
    found = model.predict(performance(segment(words)))
    (result,) = found.segments
    frames = result.phone_frames()
    assert frames.min() >= 1 and frames.sum() == result.frames
    slices = result.word_phone_slices()
    assert all(result.phones[phones.start] == "e" and frames[phones.start] >= 2 for phones in slices[1:-1])
    assert all(result.phones[phones.stop - 1] == "ɹ" for phones in slices[:-2])
    assert {"ŋ", "s"} <= set(result.phones)
    (warning,) = found.warnings
    assert "15 notes are too short" in warning and "k θ s t" in warning and warning.endswith("are left out")


def test_without_evidence_consonants_follow_the_rule():
    words = [("a s", [(60.0, 0.5)]), ("o k", [(60.0, 0.5)]), ("i", [(60.0, 0.5)])]
    by_rule = RuleDuration(table=TABLE).predict(performance(segment(words))).segments[0]
    result = timed(*words, model=wild(evidence=0.0))
    assert result.phone_durations_seconds[1] == pytest.approx(by_rule.phone_durations_seconds[1], abs=1e-4)
    assert result.phone_durations_seconds[3] == pytest.approx(by_rule.phone_durations_seconds[3], abs=1e-4)
    assert timed(*words).phone_durations_seconds[1] != pytest.approx(by_rule.phone_durations_seconds[1], abs=1e-3)


def test_clusters_change_their_consonants_and_leave_others_alone():
    model = wild()
    phones = ["a", "s", "t", "ɹ", "a", "k", "a"]
    lengths = model.crowded(np.full(7, 0.1), phones, [TABLE[phone] for phone in phones])
    assert lengths[[0, 4, 5, 6]].tolist() == [0.1] * 4
    assert 0.3 * 0.35 <= lengths[1:4].sum() <= 0.3 * 1.25
    assert np.ptp(lengths[1:4]) > 1e-3


def test_the_same_document_gives_the_same_lengths():
    words = [("SP k", [(None, 0.5)]), ("a s t", [(60.0, 0.4)]), ("e", [(62.0, 0.7)])]
    assert timed(*words) == timed(*words)
