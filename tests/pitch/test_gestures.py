"""Gestures drawn, styled and overridden: what a person asks is what is sung."""

from __future__ import annotations

import numpy as np
import pytest

from svs_cli.duration.rule import RuleDuration
from svs_cli.errors import UsageError
from svs_cli.performance.document import NoteDetail, Segment
from svs_cli.performance.ds_file import from_json, to_json
from svs_cli.performance.overrides import NoteOverrides, VibratoOverride
from svs_cli.pitch.detect import find_vibrato
from svs_cli.pitch.draw import curve_cents
from svs_cli.pitch.gesture import Gesture, Vibrato
from svs_cli.pitch.manner import MANNERS, manner_of
from svs_cli.pitch.rule import RulePitch
from svs_cli.pitch.steps import HeldNote, frame_times
from svs_cli.units import hz_to_midi
from tests.duration.fakes import TABLE, performance, segment

WORDS = [("a k", [(60.0, 0.8)]), ("a", [(64.0, 1.5)])]
TIMED = RuleDuration(table=TABLE).predict(performance(segment(WORDS)))
GRID_TIMES = np.arange(0.0, 2.0, 512 / 44100)


def sung(*overrides: NoteOverrides | None, style: str = "classical", seed: int = 0) -> Segment:
    plain = TIMED.segments[0]
    details = tuple(NoteDetail(overrides=one) for one in overrides) if overrides else ()
    document = TIMED.with_(segments=(plain.with_(details=details),))
    return RulePitch(table=TABLE, style=style).predict(document, seed).segments[0]


def deviation(result: Segment, midi: float, start: float, end: float) -> tuple[np.ndarray, np.ndarray]:
    times = frame_times(result)
    inside = (times >= start) & (times < end)
    return 100.0 * (hz_to_midi(result.f0.values.astype(np.float64)[inside]) - midi), times[inside] - start


def found(result: Segment) -> Vibrato | None:
    return find_vibrato(*deviation(result, 64.0, 0.8, 2.3))


def one_note(gesture: Gesture) -> np.ndarray:
    return curve_cents([HeldNote(0.0, 2.0, 60.0, False, 0.0, 2.0)], [gesture], GRID_TIMES)


@pytest.mark.parametrize(("rate", "depth"), [(4.6, 30.0), (5.5, 110.0), (7.2, 60.0)])
def test_vibrato_that_is_drawn_is_found_again(rate, depth):
    asked = Vibrato(rate, depth, onset_seconds=0.3, fade_seconds=0.25, phase=0.1)
    again = find_vibrato(one_note(Gesture(vibrato=asked)), GRID_TIMES)
    assert again.rate_hz == pytest.approx(rate, abs=0.1)
    assert again.depth_cents == pytest.approx(depth, rel=0.15)


def test_vibrato_bends_no_note():
    curve = one_note(Gesture(vibrato=Vibrato(5.5, 100.0, 0.2, 0.3, phase=0.3)))
    assert abs(curve.mean()) < 1.0


def test_no_vibrato_is_found_in_noise_or_in_a_straight_note():
    noise = np.random.default_rng(0).normal(0.0, 8.0, len(GRID_TIMES))
    assert find_vibrato(noise, GRID_TIMES) is None
    assert find_vibrato(np.zeros(len(GRID_TIMES)), GRID_TIMES) is None
    assert find_vibrato(np.zeros(3), GRID_TIMES[:3]) is None


def test_overridden_vibrato_is_what_is_sung_and_the_other_note_stays():
    wish = NoteOverrides(vibrato=VibratoOverride(rate_hz=6.5, depth_cents=90.0, onset_seconds=0.2, fade_seconds=0.2))
    changed, plain = sung(None, wish), sung()
    assert found(changed).rate_hz == pytest.approx(6.5, abs=0.1)
    assert found(changed).depth_cents == pytest.approx(90.0, rel=0.1)
    np.testing.assert_array_equal(changed.f0.values[:50], plain.f0.values[:50])


def test_vibrato_off_and_straight_style_have_none():
    assert found(sung()) is not None
    assert found(sung(None, NoteOverrides(vibrato="off"))) is None
    assert found(sung(style="straight")) is None
    assert found(sung(None, NoteOverrides(style="straight"))) is None
    assert found(sung(None, NoteOverrides(style="classical"), style="straight")) is not None


def test_portamento_and_scoop_are_what_was_asked():
    slow = sung(None, NoteOverrides(portamento_seconds=0.4))
    quick = sung(None, NoteOverrides(portamento_seconds=0.02))
    climbing = [np.mean(np.abs(deviation(one, 64.0, 0.5, 0.8)[0])) for one in (slow, quick)]
    assert abs(climbing[0] - climbing[1]) > 20.0
    scooped = sung(NoteOverrides(scoop_cents=300.0), None)
    assert deviation(scooped, 60.0, 0.0, 0.02)[0].mean() < -150.0


def test_what_was_chosen_stands_in_the_document_and_can_be_asked_for_again():
    first = RulePitch(table=TABLE).predict(TIMED, seed=1)
    again = from_json(to_json(first))
    chosen = again.segments[0].details[1].chosen
    assert isinstance(chosen.vibrato, VibratoOverride) and chosen.portamento_seconds > 0
    wished = sung(None, chosen, seed=2)
    assert found(wished).rate_hz == pytest.approx(found(first.segments[0]).rate_hz, abs=0.1)


@pytest.mark.parametrize("style", MANNERS)
def test_every_style_stays_in_tune(style):
    cents, _ = deviation(sung(style=style), 64.0, 1.0, 2.2)
    assert abs(np.median(cents)) < 10.0


def test_unknown_style_names_those_there_are():
    with pytest.raises(UsageError, match="operatic") as error:
        manner_of("operatic")
    assert "classical" in error.value.fix
    with pytest.raises(UsageError, match="note 2"):
        sung(None, NoteOverrides(style="operatic"))
