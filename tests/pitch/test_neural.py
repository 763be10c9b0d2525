"""The learned pitch stage: transposable, unimpressed by tempo, in tune, repeatable, and different for every seed."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from svs_cli.duration.rule import RuleDuration
from svs_cli.errors import DataError, VoiceMissingError
from svs_cli.performance.document import Performance, Segment
from svs_cli.performance.overrides import VibratoOverride
from svs_cli.pitch.load import load_pitch
from svs_cli.pitch.neural import NeuralPitch
from svs_cli.pitch.rule import RulePitch
from svs_cli.pitch.steps import frame_times, held_notes
from svs_cli.units import hz_to_midi
from tests.duration.fakes import TABLE, performance, segment

MODEL_FOLDER = Path(__file__).parents[2] / "models" / "pitch"
MELODY = [("SP k", [(None, 0.4)])]
MELODY += [(p, [(m, s)]) for p, m, s in [("a n", 64.0, 0.5), ("o", 67.0, 0.5), ("a s", 67.0, 0.25), ("i m", 60.0, 0.9)]]
MELODY += [("a", [(62.0, 1.4)]), ("SP", [(None, 0.5)]), ("a k", [(69.0, 1.2), (71.0, 0.8)]), ("o", [(64.0, 2.0)])]


@pytest.fixture(scope="module")
def model() -> NeuralPitch:
    return replace(load_pitch(MODEL_FOLDER, "classical"), table=TABLE)


def document(semitones: float = 0.0, tempo: float = 1.0) -> Performance:
    words = [
        (phones, [(None if m is None else m + semitones, s / tempo) for m, s in notes]) for phones, notes in MELODY
    ]
    return RuleDuration(table=TABLE).predict(performance(segment(words)))


def midi_of(result: Performance) -> np.ndarray:
    return hz_to_midi(result.segments[0].f0.values.astype(np.float64))


def vowel_frames(one: Segment) -> np.ndarray:
    times = frame_times(one)
    notes = held_notes(one, TABLE)
    return np.any([(times >= n.start_seconds) & (times < n.vowel_end_seconds) for n in notes], axis=0)


@pytest.mark.parametrize("semitones", [-7, 1, 12])
def test_transposition_only_transposes(model, semitones):
    moved, plain = midi_of(model.predict(document(semitones), 3)), midi_of(model.predict(document(), 3))
    np.testing.assert_allclose(100.0 * (moved - plain), 100.0 * semitones, atol=1e-3)


def test_doubling_the_tempo_keeps_vibrato_rates_in_hertz(model):
    rates = []
    for tempo in (1.0, 2.0):
        chosen = [detail.chosen for detail in model.predict(document(tempo=tempo), 5).segments[0].details]
        rates.append({i: one.vibrato.rate_hz for i, one in enumerate(chosen) if one and one.vibrato != "off"})
    both = rates[0].keys() & rates[1].keys()
    assert both
    assert all(rates[0][i] == rates[1][i] for i in both)


def test_a_phrase_keeps_nearly_one_rate_of_vibrato_and_another_take_has_another(model):
    for stage in (model, RulePitch(table=TABLE)):
        takes = [rates_of(stage.predict(document(), seed)) for seed in range(8)]
        within = [np.ptp(rates) for rates in takes]
        assert max(within) < 0.5 and min(within) > 0.0  # a note's own differs by a few tenths
        assert np.std([np.mean(rates) for rates in takes]) > 1.5 * np.mean([np.std(rates) for rates in takes])


def rates_of(result: Performance) -> list[float]:
    chosen = [detail.chosen.vibrato for detail in result.segments[0].details if detail.chosen]
    return [vibrato.rate_hz for vibrato in chosen if vibrato != "off"]


def test_by_default_vibrato_is_modest_late_and_on_held_notes_alone():
    words = [("a n", [(60.0 + i % 5, 0.3 + 0.1 * (i % 7))]) for i in range(40)]
    piece = RuleDuration(table=TABLE).predict(performance(segment(words)))
    default, classical = (replace(load_pitch(MODEL_FOLDER, style), table=TABLE) for style in (None, "classical"))
    (modest, vowels), (full, _) = (vibratos_of(stage.predict(piece)) for stage in (default, classical))
    assert all(vowels[i] >= 0.45 for i in modest) and any(vowels[i] < 0.45 for i in full)
    assert 25.0 < np.median([v.depth_cents for v in modest.values()]) < 45.0
    assert max(v.depth_cents for v in modest.values()) < 75.0
    assert all(v.onset_seconds == pytest.approx(full[i].onset_seconds + 0.17, abs=2e-3) for i, v in modest.items())


def vibratos_of(result: Performance) -> tuple[dict[int, VibratoOverride], list[float]]:
    """The vibratos that were chosen, by note, and the lengths of all vowels in seconds."""
    one = result.segments[0]
    chosen = {i: detail.chosen.vibrato for i, detail in enumerate(one.details) if detail.chosen}
    vowels = [note.vowel_end_seconds - note.start_seconds for note in held_notes(one, TABLE)]
    return {i: v for i, v in chosen.items() if isinstance(v, VibratoOverride)}, vowels


def test_every_note_is_centred_on_the_score(model):
    for seed in range(6):
        one = model.predict(document(), seed).segments[0]
        times, midi = frame_times(one), hz_to_midi(one.f0.values.astype(np.float64))
        for note in held_notes(one, TABLE):
            inside = (times >= note.start_seconds) & (times < note.vowel_end_seconds)
            if note.vowel_end_seconds - note.start_seconds > 0.2:
                assert abs(np.median(100.0 * (midi[inside] - note.midi))) < 10.0


def test_five_seeds_differ_inside_notes_and_one_seed_does_not(model):
    takes = [model.predict(document(), seed) for seed in range(5)]
    inside = vowel_frames(takes[0].segments[0])
    for one, other in combinations([midi_of(take)[inside] for take in takes], 2):
        assert 100.0 * np.sqrt(np.mean((one - other) ** 2)) > 10.0
    again = model.predict(document(), 2).segments[0].f0.values
    np.testing.assert_array_equal(again, takes[2].segments[0].f0.values)


def test_rests_only_unknown_lengths_and_one_note(model):
    rest = performance(segment([("SP", [(None, 1.0)])]))
    assert np.all(model.predict(rest).segments[0].f0.values > 0)
    untimed = performance(segment([("a", [(60.0, 0.02)])]))
    assert np.all(np.isfinite(model.predict(untimed).segments[0].f0.values))


def test_two_minutes_are_drawn_in_a_few_seconds_and_stay_within_reach(model):
    words = [("a n", [(60.0 + i % 7, 0.4)]) for i in range(300)]
    result = model.predict(RuleDuration(table=TABLE).predict(performance(segment(words))))
    midi = midi_of(result)
    assert len(midi) == result.frames
    assert midi.min() > 55.0 and midi.max() < 71.0


def test_folders_that_hold_no_such_model_are_refused(tmp_path):
    with pytest.raises(VoiceMissingError):
        load_pitch(tmp_path)
    (tmp_path / "model.toml").write_text('kind = "pitch"\nnote_features = ["loudness"]\n')
    with pytest.raises(DataError, match="note_features"):
        load_pitch(tmp_path)
