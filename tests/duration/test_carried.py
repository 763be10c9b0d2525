"""F0 and curves that follow phones to their new times."""

from __future__ import annotations

import numpy as np

from svs_cli.duration.carried import moves, with_curves_of
from svs_cli.performance.document import SampledCurve
from svs_cli.units import GRID
from tests.duration.fakes import performance, segment

WORDS = [("SP s", [(None, 0.5)]), ("a k", [(60.0, 1.0)]), ("a", [(62.0, 1.0)]), ("SP", [(None, 0.5)])]
OLD, NEW = (0.4, 0.1, 0.9, 0.1, 1.0, 0.5), (0.3, 0.2, 0.8, 0.25, 0.95, 0.5)


def song(lengths, values=None, phones=None):
    one = segment(phones or WORDS).with_(phone_durations_seconds=lengths)
    if values is not None:
        curve = SampledCurve(np.asarray(values, np.float32), GRID.frame_seconds)
        one = one.with_(f0=curve, curves={"energy": curve})
    return performance(one)


def at(curve: SampledCurve, seconds: float) -> float:
    return float(curve.values[round(seconds / curve.timestep_seconds)])


def test_each_phone_takes_its_part_of_the_curve_along():
    ramp = 100.0 + np.arange(GRID.frame_of(3.0))
    old = song(OLD, ramp)
    new = with_curves_of(old, song(NEW)).segments[0]
    for before, after in ((0.45, 0.4), (0.95, 0.9), (1.45, 1.425), (2.0, 2.025), (2.75, 2.8)):
        moved = at(old.segments[0].f0, before)
        if before == 2.75:  # both rests end alike, the last one starts later
            continue
        assert abs(at(new.f0, after) - moved) < 2.5, (before, after)
        assert abs(at(new.curves["energy"], after) - moved) < 2.5
    assert new.phone_durations_seconds == NEW and len(new.f0.values) == len(ramp)


def test_the_same_lengths_keep_every_value():
    values = np.random.default_rng(1).uniform(100, 300, GRID.frame_of(3.0))
    old = song(OLD, values)
    assert with_curves_of(old, song(OLD)) .segments[0] == old.segments[0]
    assert not moves(old, song(OLD)) and moves(old, song(NEW))
    assert not moves(song(OLD), song(NEW))  # nothing was drawn


def test_no_pitch_is_not_mixed_with_its_neighbours():
    values = np.full(GRID.frame_of(3.0), 200.0)
    values[: GRID.frame_of(0.5)] = 0.0
    moved = with_curves_of(song(OLD, values), song(NEW)).segments[0].f0.values
    assert set(moved.tolist()) == {0.0, 200.0}


def test_words_keep_their_place_where_phones_are_gone():
    ramp = 100.0 + np.arange(GRID.frame_of(3.0))
    old = song(OLD, ramp)
    fewer = song((0.5, 0.75, 1.25, 0.5), phones=[("SP", [(None, 0.5)]), *[("a", [(60.0, 1.0)])] * 2, WORDS[3]])
    moved = with_curves_of(old, fewer).segments[0].f0
    assert abs(at(moved, 1.25) - at(old.segments[0].f0, 1.5)) < 2.5


def test_notes_keep_their_place_where_no_phones_were_in_time():
    ramp = 100.0 + np.arange(GRID.frame_of(3.0))
    untimed = song(None, ramp)
    moved = with_curves_of(untimed, song(NEW)).segments[0].f0
    np.testing.assert_allclose(moved.values, ramp, atol=1e-3)
