"""Wishes of notes that cannot be met: said, with bar and syllable."""

from __future__ import annotations

from dataclasses import replace

import pytest

from svs_cli.duration.rule import RuleDuration
from svs_cli.errors import PerformanceError
from svs_cli.performance.document import NoteDetail, Performance
from svs_cli.performance.overrides import NoteOverrides
from tests.duration.fakes import TABLE, performance, segment

WORDS = [("SP s", [(None, 0.5)]), ("a k", [(60.0, 0.5)]), ("a n", [(62.0, 0.5), (64.0, 0.5)]), ("SP", [(None, 0.5)])]
KA, MELISMA, REST = 2, 3, 4  # numbers of notes


def warned(note: int, wishes: NoteOverrides, *, words=WORDS, **changes: object) -> tuple[str, ...]:
    plain = segment(words)
    details = [
        NoteDetail(bar=str(i), beat=2.0, lyric="" if midi is None else "ka", language="" if midi is None else "ja")
        for i, midi in enumerate(plain.notes)
    ]
    details[note] = replace(details[note], overrides=wishes)
    song: Performance = performance(plain.with_(details=tuple(details))).with_(**changes)
    return RuleDuration(table=TABLE).predict(song).warnings


@pytest.mark.parametrize(
    ("note", "wishes", "message"),
    [
        (KA, NoteOverrides(phones=("ɡ", "a")), "bar 2, 'ka': 'phones' asks for 'ɡ a'"),
        (KA, NoteOverrides(phones=("k", "i")), "'svs score'"),
        (KA, NoteOverrides(phones=("k", "a", "m")), "'phones' asks for 'k a m'"),
        (KA, NoteOverrides(language="de"), "bar 2, 'ka': its phones are of language 'ja'"),
        (MELISMA, NoteOverrides(nucleus_offset_seconds=0.1), "bar 3, beat 2: the note holds a vowel"),
        (MELISMA, NoteOverrides(phone_lengths_seconds={1: 0.1}), "'phone_lengths_seconds'"),
        (REST, NoteOverrides(phones=("a",)), "bar 4: a rest has no vowel"),
    ],
)
def test_what_comes_too_late_is_said(note, wishes, message):
    (warning,) = warned(note, wishes)
    assert message in warning


@pytest.mark.parametrize(
    ("note", "wishes"),
    [
        (KA, NoteOverrides(phones=("k", "a"))),
        (KA, NoteOverrides(phones=("k", "a", "n"))),
        (KA, NoteOverrides(language="ja")),
        (KA, NoteOverrides(language="Japanese")),
        (KA, NoteOverrides(phone_lengths_seconds={-1: 0.1, 1: 0.2}, nucleus_offset_seconds=0.02)),
        (MELISMA, NoteOverrides(scoop_cents=20.0)),
        (REST, NoteOverrides(dynamic=(0.2, 0.2))),
    ],
)
def test_what_can_be_met_is_not(note, wishes):
    assert warned(note, wishes) == ()


def test_a_phone_that_the_voice_replaced_is_the_one_that_was_asked_for():
    said = ("the voice lacks 'ɡ': sung as 'k'",)
    assert warned(KA, NoteOverrides(phones=("ɡ", "a")), warnings=said) == said


@pytest.mark.parametrize("place", [-3, 2, 9])
def test_lengths_of_phones_that_are_not_the_syllables_are_refused(place):
    with pytest.raises(PerformanceError, match=f"bar 2, 'ka': a length is asked of phone {place}") as caught:
        warned(KA, NoteOverrides(phone_lengths_seconds={place: 0.1}))
    assert "-1 k, 1 n" in str(caught.value.fix)


def test_the_first_vowel_of_a_phrase_without_a_rest_cannot_move():
    words = [("s a", [(60.0, 0.5)]), ("SP", [(None, 0.5)])]
    (warning,) = warned(0, NoteOverrides(nucleus_offset_seconds=0.05), words=words)
    assert "bar 0, 'ka': nothing is before it" in warning
