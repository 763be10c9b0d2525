"""Swing, rubato and humanising: asked for, exact in length, and nothing without being asked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svs_cli.duration.feel import Feel, FeltDuration, starts_of, with_feel
from svs_cli.duration.rule import RuleDuration
from svs_cli.errors import UsageError
from svs_cli.performance.document import NoteDetail, Performance
from tests.duration.fakes import TABLE, performance, segment
from tests.duration.test_rule import phrases


def eighths(count: int = 8, seconds: float = 0.3) -> Performance:
    """A bar of eighths after a rest, two to a beat."""
    words = [("SP", [(None, 0.5)]), *[("a n", [(60.0, seconds)])] * count, ("SP", [(None, 0.5)])]
    made = segment(words, offset=2.0)
    beats = [0.0, *(1.0 + i / 2 for i in range(count)), 0.0]
    details = tuple(replace(NoteDetail(), bar="1" if beat else "", beat=beat or 1.0) for beat in beats)
    return performance(made.with_(details=details))


def onsets(document: Performance) -> np.ndarray:
    return starts_of(document.segments[0])


def test_no_feel_is_the_document_itself():
    document = eighths()
    assert with_feel(document, Feel(seed=3)) is document


def test_full_swing_makes_triplets_and_moves_nothing_else():
    document = eighths()
    before, after = onsets(document), onsets(with_feel(document, Feel(swing=1.0)))
    assert after[2:-2:2] - before[2:-2:2] == pytest.approx(0.1)  # a sixth of a beat of 0.6 s
    assert after[1::2] == pytest.approx(before[1::2])
    assert onsets(with_feel(document, Feel(swing=0.5)))[2] - before[2] == pytest.approx(0.05)


def test_rubato_is_slow_at_the_ends_and_fast_between():
    lengths = np.diff(onsets(with_feel(eighths(16), Feel(rubato=1.0))))[1:-1]
    assert lengths[0] > 0.3 * 1.08 and lengths[-1] > 0.3 * 1.08
    assert lengths[7:9] == pytest.approx(0.3 * 0.88, rel=0.02)
    assert lengths.sum() == pytest.approx(16 * 0.3)


def test_humanising_is_as_large_as_asked_and_follows_the_seed():
    document = eighths(400)
    first = with_feel(document, Feel(humanise_ms=20.0, seed=1))
    assert with_feel(document, Feel(humanise_ms=20.0, seed=1)) == first
    assert with_feel(document, Feel(humanise_ms=20.0, seed=2)) != first
    moved_ms = 1000 * (onsets(first) - onsets(document))[1:-2]
    assert np.std(moved_ms) == pytest.approx(20.0, rel=0.2) and np.abs(moved_ms).max() <= 40.0 + 1e-6


@settings(max_examples=80, deadline=None)
@given(phrases, st.floats(0, 1), st.floats(0, 1), st.floats(0, 200), st.integers(0, 9))
def test_phrases_keep_their_length_and_notes_their_order(words, swing, rubato, humanise_ms, seed):
    document = performance(segment(words, offset=1.0))
    felt = FeltDuration(RuleDuration(table=TABLE), Feel(swing, rubato, humanise_ms, seed)).predict(document)
    old, new = document.segments[0], felt.segments[0]
    new.check()
    assert new.duration_seconds == pytest.approx(old.duration_seconds, abs=1e-9)
    assert new.frames == old.frames
    shares = np.array(new.note_durations_seconds) / np.array(old.note_durations_seconds)
    assert shares.min() >= 0.4**3 - 1e-6


@pytest.mark.parametrize("amounts", [{"swing": 1.1}, {"rubato": -0.1}, {"humanise_ms": 500.0}])
def test_amounts_out_of_range_are_refused(amounts):
    with pytest.raises(UsageError, match=next(iter(amounts))):
        Feel(**amounts)
