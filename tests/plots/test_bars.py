"""Bar lines found again from onsets and beats, and stretches chosen in the user's words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svs_cli.errors import UsageError
from svs_cli.plots.bars import BarLine, Onset, Stretch, bar_lines, bars_in, pages, stretch_of_bars, stretch_of_seconds

FOUR = tuple(BarLine(2.0 * i, str(i + 1)) for i in range(4))


def times(onsets: list[Onset]) -> list[tuple[float, str]]:
    return [(round(line.seconds, 6), line.label) for line in bar_lines(onsets)]


@given(
    beats=st.lists(st.integers(0, 15), min_size=1, max_size=12, unique=True).map(sorted),
    beat_seconds=st.floats(0.2, 2.0),
)
def test_a_steady_beat_gives_its_bar_lines_back(beats: list[int], beat_seconds: float) -> None:
    onsets = [Onset(beat * beat_seconds, str(beat // 4 + 1), beat % 4 + 1.0) for beat in beats]
    lines = bar_lines(onsets)
    seen = {onset.bar for onset in onsets}
    in_one_bar = len(seen) == len(beats)  # no bar has two onsets: nothing shows how long a beat is
    for line in lines:
        if line.label in seen and not in_one_bar:
            assert line.seconds == pytest.approx((int(line.label) - 1) * 4 * beat_seconds, abs=1e-6)
    assert [line.seconds for line in lines] == sorted(line.seconds for line in lines)


def test_a_note_over_the_bar_line_does_not_hide_the_bar() -> None:
    onsets = [Onset(0.0, "1", 1.0), Onset(1.5, "1", 4.0), Onset(3.0, "2", 3.0), Onset(3.5, "2", 4.0)]
    assert times(onsets) == [(0.0, "1"), (2.0, "2")]


def test_the_tempo_may_change() -> None:
    onsets = [Onset(0.0, "1", 1.0), Onset(1.0, "1", 3.0), Onset(3.0, "2", 2.0), Onset(5.0, "2", 4.0)]
    assert times(onsets) == [(0.0, "1"), (2.0, "2")]


def test_a_pickup_starts_with_the_piece_and_repeats_stand_again() -> None:
    verse = [("0", 3.0), ("1", 1.0), ("1", 2.0), ("1", 3.0), ("2", 1.0), ("2", 2.0)]
    onsets = [Onset(0.5 * i, bar, beat) for i, (bar, beat) in enumerate(verse * 2)]
    assert [label for _, label in times(onsets)] == ["0", "1", "2", "0", "1", "2"]
    assert times(onsets)[:3] == [(0.0, "0"), (0.5, "1"), (2.0, "2")]


def test_one_bar_sung_twice_is_there_twice() -> None:
    onsets = [Onset(0.0, "7", 1.0), Onset(1.0, "7", 3.0), Onset(2.0, "7", 1.0), Onset(3.0, "7", 3.0)]
    assert times(onsets) == [(0.0, "7"), (2.0, "7")]


def test_rested_bars_lie_evenly_also_before_the_first_note() -> None:
    onsets = [Onset(4.0, "3", 1.0), Onset(5.0, "3", 3.0), Onset(6.0, "4", 1.0), Onset(12.0, "7", 1.0)]
    assert times(onsets) == [(2.0 * i, str(i + 1)) for i in range(7)]


def test_an_excerpt_does_not_get_the_bars_before_it() -> None:
    onsets = [Onset(0.1, "41", 1.0), Onset(1.1, "41", 3.0), Onset(2.1, "42", 1.0)]
    assert times(onsets) == [(0.1, "41"), (2.1, "42")]


def test_no_bars_without_numbers() -> None:
    assert bar_lines([]) == bar_lines([Onset(1.0, "", 1.0)]) == ()


@pytest.mark.parametrize(
    ("text", "start", "end"), [("2-3", 2.0, 6.0), ("2", 2.0, 4.0), ("3-", 4.0, 9.5), ("4-4", 6.0, 9.5)]
)
def test_bars_are_chosen_by_their_numbers(text: str, start: float, end: float) -> None:
    assert stretch_of_bars(text, FOUR, 9.5) == Stretch(start, end)


def test_the_first_time_that_a_bar_is_sung_is_meant() -> None:
    lines = [*FOUR, *(BarLine(8.0 + line.seconds, line.label) for line in FOUR)]
    assert stretch_of_bars("3-4", lines, 16.0) == Stretch(4.0, 8.0)
    assert stretch_of_bars("4-1", lines, 16.0) == Stretch(6.0, 10.0)


@pytest.mark.parametrize("text", ["9", "2-9", "3-2", "-3", "", "x"])
def test_bars_that_are_not_there_are_refused_with_those_that_are(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        stretch_of_bars(text, FOUR, 8.0)
    assert "1 to 4" in str(caught.value.fix)
    with pytest.raises(UsageError, match="no bar numbers"):
        stretch_of_bars("1", (), 8.0)


@pytest.mark.parametrize(
    ("text", "start", "end"), [("3:10", 3, 10), ("2.5:", 2.5, 60), (":4", 0, 4), ("50:99", 50, 60)]
)
def test_seconds(text: str, start: float, end: float) -> None:
    assert stretch_of_seconds(text, 60.0) == Stretch(start, end)


@pytest.mark.parametrize("text", ["3", "a:b", "10:3", "61:70", "-1:3", "1:2:3"])
def test_seconds_that_are_no_stretch(text: str) -> None:
    with pytest.raises(UsageError, match="--seconds"):
        stretch_of_seconds(text, 60.0)


@given(st.floats(0.5, 300.0), st.lists(st.floats(0.1, 300.0), max_size=40), st.floats(2.0, 40.0))
def test_pages_cover_the_whole_without_gaps(end: float, starts: list[float], longest: float) -> None:
    lines = [BarLine(seconds, "1") for seconds in sorted(starts)]
    found = pages(lines, Stretch(0.0, end), longest)
    assert found[0].start_seconds == 0.0
    assert found[-1].end_seconds == end
    assert all(a.end_seconds == b.start_seconds for a, b in zip(found, found[1:], strict=False))
    assert all(0 < page.seconds <= longest + 1e-9 for page in found)


def test_pages_end_at_bar_lines() -> None:
    assert [page.end_seconds for page in pages(FOUR, Stretch(0.0, 8.0), 5.0)] == [4.0, 8.0]


def test_bars_in_words() -> None:
    lines = [BarLine(0.0, "0"), *(BarLine(line.seconds + 1.0, line.label) for line in FOUR)]
    assert bars_in(lines, Stretch(0.0, 9.0)) == "bars 1-4"
    assert bars_in(lines, Stretch(3.0, 5.0)) == "bar 2"
    assert bars_in((), Stretch(0.0, 5.0)) == ""
