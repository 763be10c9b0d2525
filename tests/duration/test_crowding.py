"""What notes leave out when they are too short for all of their phones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svs_cli.duration.crowding import heard_best, with_lengths_moved
from svs_cli.duration.rule import RuleDuration
from svs_cli.performance.document import NoteDetail
from svs_cli.performance.overrides import NoteOverrides
from svs_cli.units import GRID
from tests.duration.fakes import CONSONANTS, TABLE, performance, segment

FRAME = GRID.frame_seconds


def kept(phones: str, room: int, word: slice | None = None) -> str:
    symbols = phones.split()
    facts = [TABLE[phone] for phone in symbols]
    found = heard_best(symbols, facts, word or slice(0, len(symbols)), room, ())
    return " ".join(symbols[i] for i in found)


def test_what_is_heard_least_goes_first() -> None:
    strengths, word = "e ŋ k θ s s t ɹ e", slice(0, 8)
    order = [kept(strengths, room, word) for room in range(8, 0, -1)]
    assert order == [
        "e ŋ k θ s s t ɹ", "e ŋ k θ s t ɹ", "e ŋ θ s t ɹ", "e ŋ s t ɹ", "e ŋ s ɹ", "e ŋ ɹ", "e ɹ", "e",
    ]  # fmt: skip
    assert kept("SP AP s t ɹ e", 3, slice(0, 5)) == "SP s ɹ"
    assert kept("SP AP s t ɹ e", 0, slice(0, 5)) == "SP"
    assert kept("a ɪ̯ k", 2) == "a ɪ̯"
    assert kept("a cl t a", 2, slice(0, 3)) == "a t"
    assert kept("s t ɹ a n", 2) == "ɹ a"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.sampled_from(CONSONANTS), max_size=6), min_size=1, max_size=6), st.floats(0.024, 0.1))
def test_whoever_is_left_has_a_frame_and_vowels_two(runs: list[list[str]], seconds: float) -> None:
    words = [(" ".join(["a", *run]), [(60.0, seconds)]) for run in runs]
    for offset in (0.0, 1.2345):
        result = RuleDuration(table=TABLE).predict(performance(segment(words, offset))).segments[0]
        frames = result.phone_frames()
        assert frames.sum() == result.frames
        for phones in result.word_phone_slices():
            assert result.phones[phones.start] == "a"
            assert frames[phones].min() >= 1
            if frames[phones].sum() >= len(frames[phones]) + 2:  # one more: the grid may round the other way
                assert frames[phones.start] >= 2


def test_nothing_is_left_out_where_there_is_time() -> None:
    words = [("SP AP s t ɹ", [(None, 0.5)]), ("a n s t ɹ", [(60.0, 7 * FRAME)]), ("a", [(60.0, 0.5)])]
    found = RuleDuration(table=TABLE).predict(performance(segment(words)))
    assert found.segments[0].phones == segment(words).phones and not found.warnings


def test_a_note_shorter_than_a_frame_still_sums() -> None:
    words = [("a k t", [(60.0, 0.004)]), ("i s", [(60.0, 0.5)])]
    result = RuleDuration(table=TABLE).predict(performance(segment(words))).segments[0]
    assert result.phones == ("a", "i", "s")
    assert result.phone_frames().sum() == result.frames


def test_the_warning_names_bars_and_phones_and_wishes_go_last() -> None:
    own = segment([("a s k t", [(60.0, 4.2 * FRAME)]), ("a s k t", [(60.0, 4.2 * FRAME)]), ("a", [(60.0, 0.5)])])
    wish = NoteOverrides(phone_lengths_seconds={2: 0.03})
    details = (NoteDetail(bar="7"), NoteDetail(bar="8", overrides=wish), NoteDetail(bar="8"))
    found = RuleDuration(table=TABLE).predict(performance(replace(own, details=details)))
    assert found.segments[0].phones == ("a", "s", "t", "a", "k", "t", "a")
    assert found.warnings == (
        "bars 7, 8: 2 notes are too short for all of their phones: k, s are left out",
    )  # fmt: skip
    again = RuleDuration(table=TABLE).predict(found)
    assert (again.segments[0].phones, again.warnings) == (found.segments[0].phones, found.warnings)
    assert sum(again.segments[0].phone_durations_seconds or ()) == pytest.approx(own.duration_seconds, abs=1e-9)
    assert np.all(again.segments[0].phone_frames() >= 1)


def test_asked_lengths_keep_to_their_phones_when_others_leave() -> None:
    own = segment([("a k s t", [(60.0, 3.2 * FRAME)]), ("a s k", [(60.0, 0.5)]), ("a", [(60.0, 0.5)])])
    of_next = NoteOverrides(phone_lengths_seconds={-3: 0.03, 2: 0.04})  # the k before it, and the one behind it
    details = (NoteDetail(bar="1"), NoteDetail(bar="1", overrides=of_next), NoteDetail(bar="1"))
    first = RuleDuration(table=TABLE).predict(performance(replace(own, details=details)))
    assert first.segments[0].phones == ("a", "k", "a", "s", "k", "a")
    assert first.segments[0].details[1].overrides == NoteOverrides(phone_lengths_seconds={-1: 0.03, 2: 0.04})
    again = RuleDuration(table=TABLE).predict(first)
    assert (again.segments, again.warnings) == (first.segments, first.warnings)


def test_the_asked_length_of_a_phone_that_leaves_goes_with_it() -> None:
    own = segment([("a k", [(60.0, 2.2 * FRAME)]), ("a", [(60.0, 0.5)])])
    details = (NoteDetail(bar="1"), NoteDetail(bar="1", overrides=NoteOverrides(phone_lengths_seconds={-1: 0.03})))
    first = RuleDuration(table=TABLE).predict(performance(replace(own, details=details)))
    assert first.segments[0].phones == ("a", "a")
    assert first.segments[0].details[1].overrides == NoteOverrides()
    assert RuleDuration(table=TABLE).predict(first).warnings == first.warnings


def test_lengths_are_counted_from_the_vowel_that_stays() -> None:
    symbols = ("ɴ", "a", "k", "t")  # the first nucleus is no vowel, and leaves
    facts = [TABLE[phone] for phone in symbols]
    one = segment([("ɴ a k t", [(60.0, 0.5)])])
    wish = NoteOverrides(phone_lengths_seconds={1: 0.2, 2: 0.03, 3: 0.04})
    own = replace(one, details=(NoteDetail(overrides=wish),))
    found = with_lengths_moved(own, facts, {1: 0, 3: 1})[0].overrides
    assert found == NoteOverrides(phone_lengths_seconds={1: 0.04})
