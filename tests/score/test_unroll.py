"""Order of bars, and which verse each pass sings."""

from __future__ import annotations

import pytest

from svs_cli.errors import ScoreError
from svs_cli.score.bars import Jumps
from svs_cli.score.unroll import unroll
from tests.score.musicxml_builder import (
    REPEAT,
    REPEAT_START,
    backup,
    bar,
    direction,
    ending,
    note,
    notes_of,
    read,
    slur,
    texts,
    words,
)

PLAIN = Jumps()


def volta(*numbers: int, repeats: bool = True) -> Jumps:
    return Jumps(ending=frozenset(numbers), ending_stops=True, repeat_times=2 if repeats else 0)


def order(*jumps: Jumps) -> str:
    """Sung bars as digits, the first one "1"."""
    return "".join(str(visit.index + 1) for visit in unroll(jumps))


@pytest.mark.parametrize(
    "jumps, expected",
    [
        ([PLAIN, PLAIN], "12"),
        ([Jumps(repeat_times=3), PLAIN], "1112"),
        ([PLAIN, Jumps(repeat_starts=True), Jumps(repeat_times=2), PLAIN], "123234"),
        ([PLAIN, volta(1), volta(2, repeats=False), PLAIN], "12134"),
        ([PLAIN, volta(1, 2), volta(3, repeats=False)], "1212" + "13"),
        ([PLAIN, volta(1), volta(2)], "1213"),
        ([PLAIN, volta(1), PLAIN], "1213"),
        ([PLAIN, Jumps(repeat_times=2), volta(2, repeats=False), PLAIN], "121234"),
        ([volta(2, repeats=False)], "1"),
        ([Jumps(repeat_times=2), Jumps(repeat_times=2), PLAIN], "11223"),
        ([PLAIN, PLAIN, Jumps(da_capo=True)], "123123"),
        ([PLAIN, Jumps(fine=True), Jumps(da_capo=True)], "12312"),
        ([PLAIN, Jumps(segno=True), PLAIN, Jumps(dal_segno=True), PLAIN], "1234" + "2345"),
        ([PLAIN, Jumps(to_coda=True), Jumps(da_capo=True), Jumps(coda=True)], "123" + "124"),
        ([Jumps(repeat_starts=True), Jumps(repeat_times=2), Jumps(da_capo=True)], "12123" + "123"),
        ([PLAIN, volta(1), volta(2, repeats=False), Jumps(da_capo=True)], "12134" + "134"),
        ([Jumps(repeat_times=2), Jumps(da_capo=True, repeats_after_jump=True)], "112" + "112"),
        ([Jumps(fine=True), Jumps(coda=True), PLAIN], "123"),
        ([PLAIN, Jumps(dal_segno=True)], "1212"),
    ],
)
def test_order(jumps: list[Jumps], expected: str) -> None:
    assert order(*jumps) == expected


def test_second_volta_belongs_to_the_second_verse() -> None:
    visits = unroll([PLAIN, volta(1), volta(2, repeats=False), PLAIN])
    assert [(v.index, v.bar_pass, v.verse_pass) for v in visits] == [
        (0, 1, 1), (1, 1, 1), (0, 2, 2), (2, 1, 2), (3, 1, 1)
    ]  # fmt: skip


def test_explosions_are_refused() -> None:
    with pytest.raises(ScoreError, match="repeats make more than"):
        unroll([Jumps(repeat_times=100)] * 300)


def test_repeats_in_a_score_with_verses_and_refrain() -> None:
    score = read(
        bar(REPEAT_START, note("C4", 2, ["eins", "zwei"]), note("D4", 2, ["ei-", "zwo"])),
        bar(note("E4", 4, ["-ne", None])),
        bar(ending("1"), note("F4", 4, "hin"), REPEAT, ending("1", "stop")),
        bar(ending("2"), note("G4", 4, [None, "her"]), ending("2", "stop")),
        bar(note("G4", 2, "Re-"), note("A4", 2, "-frain")),
    )
    assert texts(score) == ["eins", "ei-", "-ne", "hin", "zwei", "zwo", "~", "her", "Re-", "-frain"]
    assert [sung.bar_pass for sung in notes_of(score)] == [1, 1, 1, 1, 2, 2, 2, 1, 1, 1]
    assert score.parts[0].verses == ("1", "2")
    assert score.warnings == ()


def test_refrain_printed_once_is_sung_in_every_verse() -> None:
    score = read(bar(note("C4", 2, ["eins", "zwei"]), note("D4", 1, "tra-"), note("D4", 1, "-la"), REPEAT))
    assert texts(score) == ["eins", "tra-", "-la", "zwei", "tra-", "-la"]


def test_slur_for_one_verse_only_holds_that_verse() -> None:
    score = read(
        bar(
            note("C4", 2, ["hea-", "God"], notations=slur("start")),
            note("D4", 2, ["-ven", None], notations=slur("stop")),
            REPEAT,
        )
    )
    assert texts(score) == ["hea-", "-ven", "God", "~"]


def test_verse_asked_for_is_sung_on_every_pass() -> None:
    song = [bar(note("C4", 4, ["1. eins", "2. zwei", "3. drei"]), REPEAT)]
    assert texts(read(*song, verse=3)) == ["drei", "drei"]
    assert texts(read(*song)) == ["eins", "zwei"]
    with pytest.raises(Exception, match="no verse 4") as caught:
        read(*song, verse=4)
    assert "1, 2, 3" in str(caught.value.fix)


def test_passes_beyond_the_last_verse_sing_the_first() -> None:
    thrice = REPEAT.replace('direction="backward"', 'direction="backward" times="3"')
    assert texts(read(bar(note("C4", 4, ["eins", "zwei"]), thrice))) == ["eins", "zwei", "eins"]


def test_rhythm_of_the_second_verse_in_a_small_voice() -> None:
    main = [bar(note("C4", 4, ["ja", "ja"]))] * 3
    changed = bar(
        note("C4", 2, ["O"]), note("D4", 2, ["Welt", "Welt"]),
        backup(4), note("E4", 1, [None, "du"], voice=2), note("E4", 1, [None, "lie-"], voice=2),
        REPEAT,
    )  # fmt: skip
    score = read(*main, changed)
    assert len(score.parts) == 1
    assert texts(score)[3:5] == ["O", "Welt"]
    assert texts(score)[-3:] == ["du", "lie", "Welt"]
    assert score.parts[0].verses == ("1", "2")


@pytest.mark.parametrize(
    "mark", [words("D.C. al Fine"), words("Da Capo al Fine"), words("", 'dacapo="yes"'), words("D. C.")]
)
def test_da_capo_al_fine_from_words_or_sound(mark: str) -> None:
    score = read(bar(note("C4", 4, "a")), bar(note("C4", 4, "b"), words("Fine")), bar(note("C4", 4, "c"), mark))
    assert texts(score) == ["a", "b", "c", "a", "b"]


def test_dal_segno_al_coda_from_signs_and_words() -> None:
    score = read(
        bar(note("C4", 4, "a")),
        bar(direction("<segno/>"), note("C4", 4, "b")),
        bar(note("C4", 4, "c"), words("To Coda")),
        bar(note("C4", 4, "d"), words("D.S. al Coda")),
        bar(direction("<coda/>"), note("C4", 4, "e")),
    )
    assert texts(score) == list("abcdbce")


def test_two_coda_signs_are_exit_and_entry() -> None:
    score = read(
        bar(note("C4", 4, "a"), direction("<coda/>")),
        bar(note("C4", 4, "b"), words("D.C. al Coda")),
        bar(direction("<coda/>"), note("C4", 4, "c")),
    )
    assert texts(score) == list("abac")


def test_tie_and_slur_over_the_repeat_go_with_the_singing_order() -> None:
    tied = '<tied type="{}"/>'
    score = read(
        bar(note("C4", 4, "a")),
        bar(ending("1"), note("D4", 4, "b", notations=tied.format("start")), REPEAT, ending("1", "stop")),
        bar(ending("2"), note("C4", 4, notations=tied.format("stop")), ending("2", "stop")),
    )
    assert texts(score) == ["a", "b", "a", "~"]
