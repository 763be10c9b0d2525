"""Grace notes: whose time they take, and who sings the syllable."""

from __future__ import annotations

from fractions import Fraction

from svs_cli.score.grace import SHORT_GRACE_SECONDS
from tests.score.musicxml_builder import bar, metronome, note, notes_of, read, slur, texts


def test_appoggiatura_takes_its_printed_length_and_the_syllable() -> None:
    score = read(bar(note("D4", grace=""), note("C4", 2, "a"), note("C4", 2, "b")))
    first, second, third = notes_of(score)
    assert (first.onset_quarters, first.duration_quarters, first.grace) == (0, Fraction(1, 2), True)
    assert (second.onset_quarters, second.duration_quarters, second.grace) == (Fraction(1, 2), Fraction(3, 2), False)
    assert third.onset_quarters == 2
    assert texts(score) == ["a", "~", "b"]


def test_appoggiatura_takes_at_most_half() -> None:
    score = read(bar(note("D4", grace=""), note("C4", 0.5, "a"), note("C4", 3.5, "b")))
    assert notes_of(score)[0].duration_quarters == Fraction(1, 4)


def test_acciaccatura_is_short_at_any_tempo() -> None:
    for tempo in (40, 120, 200):
        score = read(bar(metronome("quarter", tempo), note("D4", grace='slash="yes"'), note("C4", 4, "a")))
        grace = notes_of(score)[0]
        assert 0 < score.tempo.seconds_at(grace.end_quarters) <= SHORT_GRACE_SECONDS + 0.002
        assert grace.end_quarters == notes_of(score)[1].onset_quarters


def test_group_of_graces_sings_the_syllable_once_and_keeps_the_sum() -> None:
    graces = [note(pitch, grace="") for pitch in ("D4", "E4", "F4")]
    score = read(bar(*graces, note("C4", 4, "a")))
    assert texts(score) == ["a", "~", "~", "~"]
    assert sum(sung.duration_quarters for sung in notes_of(score)) == 4


def test_grace_with_a_syllable_of_its_own() -> None:
    assert texts(read(bar(note("D4", 1, "o", grace=""), note("C4", 4, "a")))) == ["o", "a"]


def test_grace_inside_a_melisma_is_held() -> None:
    score = read(
        bar(
            note("C4", 2, "a", notations=slur("start")),
            note("D4", grace='slash="yes"', notations=slur("start", 2)),
            note("C4", 2, notations=slur("stop") + slur("stop", 2)),
        )
    )
    assert texts(score) == ["a", "~", "~"]


def test_after_graces_shorten_the_note_before() -> None:
    score = read(bar(note("C4", 4, "a"), note("D4", grace=""), note("E4", grace="")), bar(note("F4", 4, "b")))
    assert texts(score) == ["a", "~", "~", "b"]
    assert notes_of(score)[3].onset_quarters == 4
    assert notes_of(score)[0].duration_quarters < 4


def test_steal_time_attributes() -> None:
    after = read(bar(note("C4", 2, "a"), note("D4", grace='steal-time-previous="25"'), note("E4", 2, "b")))
    assert [sung.onset_quarters for sung in notes_of(after)] == [0, Fraction(3, 2), 2]
    before = read(bar(note("D4", grace='steal-time-following="25"'), note("E4", 4, "b")))
    assert [sung.onset_quarters for sung in notes_of(before)] == [0, 1]


def test_grace_chords_and_grace_between_tied_notes() -> None:
    tied = '<tied type="{}"/>'
    score = read(bar(note("D4", grace=""), note("F4", grace="", chord=True), note("C4", 4, "a")))
    assert [sung.midi for sung in notes_of(score)] == [65, 60]
    score = read(
        bar(
            note("C4", 2, "a", notations=tied.format("start")),
            note("D4", grace=""),
            note("C4", 2, notations=tied.format("stop")),
        )
    )
    assert texts(score) == ["a", "~", "~"]
    assert score.warnings == ()
