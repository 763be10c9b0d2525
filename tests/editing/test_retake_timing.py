"""Retakes of timing: other consonants and nuclei inside the bars, exact sums, and a way back."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from svs_cli.duration.carried import moved_along
from svs_cli.duration.rule import RuleDuration, shipped_table
from svs_cli.duration.variation import another_timing, varied
from svs_cli.editing.retake import retake
from svs_cli.errors import PerformanceError
from svs_cli.frontend.draft import draft
from svs_cli.performance.document import Performance, Segment
from svs_cli.performance.ds_file import from_json, to_json
from svs_cli.performance.overrides import NoteOverrides
from svs_cli.performance.retakes import states
from svs_cli.pipeline import perform
from svs_cli.pitch.rule import RulePitch
from svs_cli.units import GRID
from tests.editing.test_retake import QUICK
from tests.frontend.scores import score_of

START, END = 2.0, 4.0


def predict(performance: Performance, seed: int) -> Performance:
    return RulePitch().predict(performance, seed)


@pytest.fixture(scope="module")
def song() -> Performance:
    score = score_of("sa ku ra sa ku ra ya yo i no", rests={6: 1.0}, quarters=[0.5] * 10)
    document = RuleDuration().predict(draft(score, score.parts[0], language="ja"))
    return from_json(to_json(predict(document, 0)))


def test_what_a_person_asked_for_is_not_varied() -> None:
    score = score_of("sa ku ra sa ku ra", quarters=[0.5] * 6)
    wishes = {1: NoteOverrides(nucleus_offset_seconds=0.05), 2: NoteOverrides(phone_lengths_seconds={-1: 0.09})}
    notes = tuple(replace(note, overrides=wishes.get(i)) for i, note in enumerate(score.parts[0].notes))
    document = RuleDuration().predict(draft(score, replace(score.parts[0], notes=notes), language="ja"))
    onset = 0.5 + document.segments[0].offset_seconds * 0  # of the second note, at 60 quarters a minute
    ends = boundaries(document.segments[0])
    asked = int(np.argmin(np.abs(ends - ends[0] - onset - 0.05)))
    takes = [another_timing(document, seed).segments[0] for seed in range(5)]
    others = [i for i in range(1, len(ends) - 1) if i != asked]
    assert len({round(boundaries(one)[asked], 6) for one in takes}) == 1
    assert min(np.ptp([boundaries(one)[i] for one in takes]) for i in others) > 0
    place = document.segments[0].phones.index("ɾ")
    assert {round(one.phone_durations_seconds[place], 6) for one in takes} == {0.09}  # type: ignore[index]


def boundaries(segment: Segment) -> np.ndarray:
    return np.concatenate([[0.0], np.cumsum(segment.phone_durations_seconds)]) + segment.offset_seconds  # type: ignore[arg-type]


@pytest.mark.parametrize("pitch", [predict, None])
def test_only_phones_inside_the_bars_move(song: Performance, pitch) -> None:
    new = retake(song, START, END, 3, pitch, timing=True)
    new.check()
    old, now = boundaries(song.segments[0]), boundaries(new.segments[0])
    outside = (old <= START) | (old >= END)
    np.testing.assert_allclose(now[outside], old[outside], atol=1e-9)
    moved = np.abs(now - old)[~outside]
    assert (moved > 0.002).sum() >= len(moved) / 2 and moved.max() < 0.12
    assert ((now > START) & (now < END) | outside).all()
    assert new.segments[0].phone_frames().min() >= 1
    assert sum(new.segments[0].phone_durations_seconds) == pytest.approx(song.segments[0].duration_seconds, abs=1e-9)  # type: ignore[arg-type]
    times = np.arange(len(song.segments[0].f0.values)) * GRID.frame_seconds + song.segments[0].offset_seconds  # type: ignore[union-attr]
    beyond = (times < START) | (times >= END)
    f0 = [one.segments[0].f0.values for one in (song, new)]  # type: ignore[union-attr]
    np.testing.assert_array_equal(f0[0][beyond], f0[1][beyond])
    assert new.segments[1] == song.segments[1]


def test_seeds_differ_and_repeat_and_the_file_knows_the_way_back(song: Performance) -> None:
    three, four = (retake(song, START, END, seed, predict, timing=True) for seed in (3, 4))
    assert to_json(three) == to_json(retake(song, START, END, 3, predict, timing=True))
    assert three.segments[0].phone_durations_seconds != four.segments[0].phone_durations_seconds
    back = from_json(to_json(three))
    assert to_json(back) == to_json(three)
    first = states(back.segments[0])[0]
    assert first.phone_durations_seconds == song.segments[0].phone_durations_seconds
    np.testing.assert_array_equal(first.f0.values, song.segments[0].f0.values)  # type: ignore[union-attr]
    assert to_json(retake(three, START, END, 4, predict, timing=True)) == to_json(four)  # not a step further
    wider = retake(retake(three, 3.0, 4.5, 5, predict), START - 0.5, END + 1, 4, predict)
    assert wider.segments[0].phone_durations_seconds == song.segments[0].phone_durations_seconds


def test_the_samples_outside_are_the_same(song: Performance) -> None:
    before = perform(song, QUICK).samples
    after = perform(retake(song, START, END, 3, None, timing=True), QUICK).samples
    first, stop = (GRID.samples_of_frames(GRID.frame_of(t)) for t in (START, END))
    np.testing.assert_array_equal(after[:first], before[:first])
    np.testing.assert_array_equal(after[stop:], before[stop:])
    assert np.abs(after[first:stop] - before[first:stop]).max() > 0.01


def test_pitch_goes_along_with_the_phones(song: Performance) -> None:
    old = song.segments[0]
    new = varied(old, START - old.offset_seconds, END - old.offset_seconds, 3, shipped_table())
    ramp = np.linspace(200, 300, old.frames, dtype=np.float32)
    moved = moved_along(ramp, GRID.frame_seconds, old, new)
    at_old, at_new = (boundaries(one) - old.offset_seconds for one in (old, new))
    step = float(ramp[1] - ramp[0])
    found = np.interp(at_new, np.arange(old.frames) * GRID.frame_seconds, moved)
    asked = np.interp(at_old, np.arange(old.frames) * GRID.frame_seconds, ramp)
    np.testing.assert_allclose(found, asked, atol=1.5 * step)
    holes = np.where(np.arange(old.frames) % 50 < 5, 0, ramp).astype(np.float32)
    kept = moved_along(holes, GRID.frame_seconds, old, new)
    assert ((kept == 0) | (kept >= 200)).all() and 0.5 < (kept == 0).sum() / (holes == 0).sum() < 1.5


def test_a_new_timing_forgets_the_old_one_and_damaged_ones_are_refused(song: Performance) -> None:
    new = retake(song, START, END, 3, predict, timing=True)
    again = RuleDuration().predict(new)
    assert again.segments[0].retakes[0].lengths_before == ()
    text = json.loads(to_json(new))
    text[0]["svs"]["retakes"][0]["ph_dur_before"] = "0.5 0.5"
    with pytest.raises(PerformanceError, match="retake 1 does not fit"):
        from_json(json.dumps(text))
    untimed = replace(song.segments[0], phone_durations_seconds=None)
    with pytest.raises(PerformanceError, match="no phone durations"):
        retake(song.with_(segments=(untimed, song.segments[1])), START, END, 1, predict, timing=True)
