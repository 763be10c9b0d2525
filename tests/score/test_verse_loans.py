"""Which verse each part of a choir sings when only one of them prints it, and upbeats that only one verse has."""

from __future__ import annotations

import pytest

from svs_cli.errors import UsageError
from svs_cli.score.model import Score
from tests.score.musicxml_builder import REPEAT, bar, note, read, read_parts_of, texts

SOPRANO = [
    bar(note("C5", 1, ["Stil-", "Al-"]), note("D5", 1, ["-le", "-les"]), note("C5", 1, ["Nacht", "ruht"]), note(None)),
    bar(note("E5", 2, ["Ruh", "Fried"]), note("C5", 2, ["nun", "sei"]), REPEAT),
]


def choir(*alto: str) -> Score:
    return read_parts_of({"Soprano": SOPRANO, "Alto": list(alto)})


def test_a_verse_under_one_part_is_sung_by_all() -> None:
    score = choir(
        bar(note("A4", 1, "Stil-"), note("A4", 1, "-le"), note("A4", 1, "Nacht,"), note(None)),
        bar(note("G4", 1, "Ruh_"), note("F4", 1), note("E4", 2, "nun"), REPEAT),
    )
    first, second = ["Stil-", "-le", "Nacht,", "Ruh", "~", "nun"], ["Al-", "-les", "ruht", "Fried", "~", "sei"]
    assert texts(score, 1) == first + second
    assert score.warnings == ("part 'Alto': it has no words of verse 2 and sings those of 'Soprano'",)
    assert score.warnings_for(score.parts[0]) == () and score.warnings_for(score.parts[1]) == score.warnings


def test_a_part_that_rests_takes_what_comes_where_it_sings() -> None:
    score = choir(bar(note(None, 2), note("A4", 1, "Nacht"), note(None)), bar(note("G4", 4, "Ruh"), REPEAT))
    night = bar(note(None, 2), note("A4", 1, "Nacht"), note(None))
    score = choir(night, bar(note("G4", 4, "Ruh"), REPEAT))
    assert texts(score, 1) == ["Nacht", "Ruh", "Nacht", "Ruh"], "there is no note for 'sei'"
    score = choir(night, bar(note("G4", 2, "Ruh"), note(None, 2), REPEAT))
    assert texts(score, 1) == ["Nacht", "Ruh", "ruht", "Fried"]


def test_other_words_borrow_nothing_and_are_warned_of() -> None:
    score = choir(
        bar(note("A4", 2, "A-"), note("A4", 2, "-men")), bar(note("G4", 2, "a-"), note("F4", 2, "-men"), REPEAT)
    )
    assert texts(score, 1) == ["A-", "-men", "a-", "-men"] * 2
    assert score.warnings == ("part 'Alto': it has no words of verse 2 and sings verse 1 instead",)


def test_translations_that_nobody_asked_for_are_no_matter() -> None:
    silent = [text.replace(REPEAT, "") for text in SOPRANO]
    score = read_parts_of({"Soprano": silent, "Alto": [bar(note("A4", 4, "Stil-")), bar(note("A4", 4, "-le"))]})
    assert score.warnings == ()
    with pytest.raises(UsageError, match="no verse 3"):
        read_parts_of({"Soprano": silent}, verse=3)


def test_an_upbeat_of_another_verse_is_not_sung() -> None:
    score = read(
        bar(note("C5", 1, ["Ruh", "Ruh"]), note(None, 2), note("D5", 1, [None, "du"])),
        bar(note("E5", 4, ["schon", "auch"]), REPEAT),
    )
    assert texts(score) == ["Ruh", "schon", "Ruh", "du", "auch"]
    assert score.warnings == ("part 'Voice': 1 note has words of other verses alone and is left out (bars 1)",)


def test_where_only_other_verses_have_words_they_are_sung_by_all() -> None:
    score = read(bar(note("C5", 4, ["Ruh", "Fried"])), bar(note("E5", 2, [None, "a-"]), note("E5", 2, [None, "-men"])))
    assert texts(score) == ["Ruh", "a-", "-men"] and score.warnings == ()
