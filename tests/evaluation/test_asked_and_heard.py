"""Sounds that do exactly what is asked measure as perfect; known faults measure as what they are."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from svs_cli.errors import PerformanceError
from svs_cli.evaluation.asked import asked_of
from svs_cli.evaluation.extract import F0Extractor
from svs_cli.evaluation.measure import Measures, measure, recording
from svs_cli.performance.document import NoteDetail, Performance, Segment
from svs_cli.units import GRID
from tests.evaluation.signals import LEAD_SECONDS, Tune

TUNES = {"bass": Tune(midis=(43, 47, 50, 48, 45, 43)), "alto": Tune(), "soprano": Tune(midis=(72, 76, 79, 77, 74, 72))}


@cache
def measured(who: str, detuned_cents: float = 0.0, delay_seconds: float = 0.0, method: str = "praat") -> Measures:
    tune = TUNES[who]
    sound = tune.sound(detuned_cents=detuned_cents, delay_seconds=delay_seconds)
    return measure(recording(sound, F0Extractor(method)), asked_of(tune.document()))  # type: ignore[arg-type]


@pytest.mark.parametrize("who", TUNES)
def test_singing_as_asked_is_perfect(who: str) -> None:
    values = measured(who).values
    assert values["f0_median_absolute_cents"] < 0.5
    assert values["f0_rmse_cents"] < 2
    assert values["within_50_cents"] == values["raw_pitch_accuracy"] == values["note_accuracy"] == 1
    assert values["gross_pitch_error"] == 0
    assert values["voicing_recall"] > 0.97
    assert values["voicing_false_alarm"] < 0.03
    assert values["f0_frame_error"] < 0.03
    assert values["onset_detected"] == 1
    assert abs(values["onset_median_ms"]) < 1
    assert values["onset_median_absolute_ms"] < 2
    assert abs(values["duration_mean_ms"]) < 1


@pytest.mark.parametrize("who", TUNES)
def test_every_onset_and_end_is_found_where_it_is(who: str) -> None:
    for syllable in measured(who).syllables:
        assert abs(syllable.onset_error_ms) < 3
        assert abs(syllable.duration_error_ms) < 4.5


@pytest.mark.parametrize("who", TUNES)
def test_thirty_cents_sharp_is_heard_as_thirty_cents_sharp(who: str) -> None:
    values = measured(who, detuned_cents=30).values
    assert values["f0_bias_cents"] == pytest.approx(30, abs=0.5)
    assert values["f0_median_absolute_cents"] == pytest.approx(30, abs=0.5)
    assert values["f0_rmse_cents"] == pytest.approx(30, abs=2)
    assert values["note_accuracy"] == 1
    assert abs(values["onset_median_ms"]) < 2


def test_a_semitone_flat_is_out_of_tune() -> None:
    measures = measured("alto", detuned_cents=-100)
    assert measures.values["f0_bias_cents"] == pytest.approx(-100, abs=0.5)
    assert measures.values["within_50_cents"] == measures.values["note_accuracy"] == 0
    assert measures.values["gross_pitch_error"] == 0
    assert [note.error_cents for note in measures.notes] == pytest.approx([-100] * 6, abs=1)


def test_an_octave_up_is_a_gross_error_in_every_voiced_frame() -> None:
    values = measured("alto", detuned_cents=1200).values
    assert values["gross_pitch_error"] == 1
    assert values["f0_frame_error"] > 0.6


@pytest.mark.parametrize(("who", "delay_seconds"), [("bass", 0.04), ("alto", 0.04), ("soprano", 0.04), ("alto", -0.03)])
def test_a_delay_is_heard_as_that_delay(who: str, delay_seconds: float) -> None:
    values = measured(who, delay_seconds=delay_seconds).values
    tolerance_ms = 2 if who == "bass" else 1  # a period of the bass is 10 ms
    assert values["onset_median_ms"] == pytest.approx(1000 * delay_seconds, abs=tolerance_ms)
    assert values["onset_mean_ms"] == pytest.approx(1000 * delay_seconds, abs=tolerance_ms)
    assert values["onset_detected"] == 1
    assert abs(values["duration_mean_ms"]) < 1.5
    assert values["note_accuracy"] == 1


def test_harvest_hears_the_same_notes() -> None:
    values = measured("alto", method="harvest").values
    assert values["f0_median_absolute_cents"] < 2
    assert values["note_accuracy"] == 1


def test_silence_has_no_pitch_and_no_onsets() -> None:
    tune = TUNES["alto"]
    silence = recording(np.zeros(GRID.samples_of_frames(GRID.frame_of(tune.seconds)), np.float32), F0Extractor())
    values = measure(silence, asked_of(tune.document())).values
    assert values["note_accuracy"] == values["voicing_recall"] == values["onset_detected"] == 0
    assert values["raw_pitch_accuracy"] == values["voicing_false_alarm"] == 0
    assert values["f0_median_absolute_cents"] is values["onset_median_ms"] is values["duration_mean_ms"] is None


def test_a_missing_note_is_wrong_and_unheard() -> None:
    tune = TUNES["alto"]
    sound = tune.sound()
    start = round(tune.onsets_seconds[2] * GRID.sample_rate_hz)
    sound[start - 5000 : start + round(tune.note_seconds * GRID.sample_rate_hz)] = 0
    measures = measure(recording(sound, F0Extractor()), asked_of(tune.document()))
    assert [note.in_tune for note in measures.notes] == [True, True, False, True, True, True]
    assert measures.values["note_accuracy"] == pytest.approx(5 / 6)
    assert measures.syllables[2].onset_seconds is None
    assert measures.values["voicing_recall"] < 0.9


def test_a_long_note_is_measured_as_long() -> None:
    tune = TUNES["alto"]
    document = tune.document()
    shorter = tune.note_seconds - 0.06
    segment = document.segments[0]
    lengths = list(segment.phone_durations_seconds or ())
    lengths[-2] -= 0.06
    lengths[-1] += 0.06
    asked = asked_of(document.with_(segments=(segment.with_(
        phone_durations_seconds=tuple(lengths),
        note_durations_seconds=(*segment.note_durations_seconds[:-2], shorter, LEAD_SECONDS + 0.06)),)))  # fmt: skip
    last = measure(recording(tune.sound(), F0Extractor()), asked).syllables[-1]
    assert last.duration_error_ms == pytest.approx(60, abs=2)


def test_a_sound_of_another_length_is_warned_about() -> None:
    tune = TUNES["alto"]
    short = recording(tune.sound()[: -GRID.sample_rate_hz], F0Extractor())
    (warning,) = measure(short, asked_of(tune.document())).warnings
    assert "1.0 s shorter" in warning


def test_an_undrawn_document_asks_for_its_notes() -> None:
    drawn = TUNES["alto"].document()
    bare = drawn.with_(segments=tuple(s.with_(f0=None, phone_durations_seconds=None) for s in drawn.segments))
    asked = asked_of(bare)
    assert (asked.f0_source, asked_of(drawn).f0_source) == ("notes", "f0_seq")
    assert len(asked.notes) == len(asked.syllables) == 6
    # The timing that would sing it says when: the notes' beats plus what singers are late.
    onsets = np.array([syllable.onset_seconds for syllable in asked.syllables])
    assert np.abs(onsets - [0.5, 0.9, 1.3, 1.7, 2.1, 2.5]).max() < 0.06
    middle = GRID.frame_of(1.1)
    assert asked.f0_hz[middle] == pytest.approx(329.63, abs=0.01)


def test_what_a_document_asks_for_note_by_note() -> None:
    segment = Segment(
        offset_seconds=1.0, phones=("SP", "n", "a", "i", "a", "t", "o", "SP"), phone_counts=(2, 1, 1, 2, 1, 1),
        notes=(None, 60.0, 62.0, 64.0, 65.0, 67.0, None), note_durations_seconds=(0.5,) * 7,
        note_slurs=(0, 0, 0, 0, 1, 0, 0), details=(NoteDetail(), *[NoteDetail(bar="3", lyric="x")] * 5, NoteDetail()),
        phone_durations_seconds=(0.4, 0.1, 0.5, 0.5, 0.9, 0.1, 0.5, 0.5),
    )  # fmt: skip
    asked = asked_of(Performance((segment,), 5.0))
    assert [(s.onset_seconds, s.cue, s.followed_by_rest) for s in asked.syllables] == [
        (1.5, "opening", False), (2.0, "", False), (2.5, "", False), (3.5, "voicing", True),
    ]  # fmt: skip
    assert [(n.midi, n.start_seconds, round(n.end_seconds, 6)) for n in asked.notes] == [
        (60.0, 1.5, 2.0), (62.0, 2.0, 2.5), (64.0, 2.5, 3.0), (65.0, 3.0, 3.4), (67.0, 3.5, 4.0),
    ]  # fmt: skip
    assert asked.syllables[2].pitch_hz == pytest.approx(329.63, abs=0.01)
    assert asked.notes[0].bar == "3"
    voiceless = slice(GRID.frame_of(3.42), GRID.frame_of(3.48))
    assert not asked.f0_hz[voiceless].any()


def test_documents_without_notes_or_with_strange_phones_are_refused() -> None:
    rest = Segment(0.0, ("SP",), (1,), (None,), (1.0,), (0,), phone_durations_seconds=(1.0,))
    with pytest.raises(PerformanceError, match="no notes"):
        asked_of(Performance((rest,), 1.0))
    with pytest.raises(PerformanceError, match="'zzz' is no phone"):
        asked_of(Performance((rest.with_(phones=("zzz",)),), 1.0))
