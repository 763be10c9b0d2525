"""What a person asks of a note's timing is done, and no more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svs_cli.duration.fit import compress_others
from svs_cli.duration.rule import RuleDuration
from svs_cli.performance.document import NoteDetail, Segment
from svs_cli.performance.overrides import NoteOverrides
from tests.duration.fakes import TABLE, performance, segment

WORDS = [("SP k", [(None, 0.5)]), ("a s", [(60.0, 0.5)]), ("o n", [(62.0, 0.5)]), ("e", [(64.0, 0.5)])]


def timed(wishes: dict[int, NoteOverrides]) -> Segment:
    asked = segment(WORDS)
    details = tuple(replace(NoteDetail(), overrides=wishes.get(i)) for i in range(len(asked.notes)))
    model = RuleDuration(table=TABLE)
    return model.predict(performance(asked.with_(details=details))).segments[0]


def starts(found: Segment) -> list[float]:
    return np.concatenate([[0.0], np.cumsum(found.phone_durations_seconds)]).tolist()


def test_no_wish_is_the_rule():
    assert timed({}) == timed({1: NoteOverrides(style="pop")}).with_(details=timed({}).details)


@pytest.mark.parametrize("offset", [-0.2, -0.01, 0.03, 0.25])
def test_a_nucleus_moves_where_it_is_asked_to(offset):
    result = timed({2: NoteOverrides(nucleus_offset_seconds=offset)})
    assert starts(result)[4] == pytest.approx(1.0 + offset)
    assert starts(result)[-1] == pytest.approx(2.0, abs=1e-9)


def test_a_nucleus_cannot_jump_over_its_neighbours():
    result = timed({2: NoteOverrides(nucleus_offset_seconds=1.0)})
    result.check()
    assert result.phone_frames().min() >= 1
    result = timed({1: NoteOverrides(nucleus_offset_seconds=0.9), 2: NoteOverrides(nucleus_offset_seconds=-0.9)})
    result.check()


def test_lengths_of_consonants_are_kept():
    result = timed({1: NoteOverrides(phone_lengths_seconds={-1: 0.2, 1: 0.33})})
    assert result.phone_durations_seconds[1] == pytest.approx(0.2)
    assert result.phone_durations_seconds[3] == pytest.approx(0.33)
    assert starts(result)[4] == pytest.approx(1.0)


def test_a_length_that_the_note_lacks_leaves_a_frame_for_the_vowel():
    result = timed({1: NoteOverrides(phone_lengths_seconds={1: 7.0})})
    assert result.phone_frames().min() >= 1
    assert starts(result)[4] == pytest.approx(1.0)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0.012, 0.5), min_size=1, max_size=6), st.floats(0.0, 2.0), st.data())
def test_kept_lengths_give_way_last(lengths, budget, data):
    kept = data.draw(st.sets(st.integers(0, len(lengths) - 1)))
    found = compress_others(lengths, budget, 0.0116, kept)
    assert sum(found) <= max(budget, 0) + 1e-9 and min(found) >= 0
    others = [found[i] for i in range(len(found)) if i not in kept]
    if any(found[i] < lengths[i] - 1e-9 for i in kept) and 0.0116 * len(lengths) < budget:
        assert all(length <= 0.0116 + 1e-9 for length in others)
