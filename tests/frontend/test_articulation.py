"""Marks of the score and `expression`: staccato ends early, nothing drifts, 0 ignores marks, more is more."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svs_cli.duration.rule import RuleDuration
from svs_cli.errors import UsageError
from svs_cli.frontend.draft import draft
from svs_cli.performance.document import Performance
from svs_cli.performance.energy import rule_energy
from svs_cli.score.model import DynamicMark, Note, Score
from tests.frontend.scores import score_of

MARKS = ("staccato", "staccatissimo", "spiccato", "detached-legato", "tenuto", "accent", "strong-accent", "sforzando")


def marked(marks: dict[int, str], text: str = "sa ku ra ya yo i", bpm: float = 60, **changes: object) -> Score:
    """The score with marks (several with +) on some notes."""
    score = score_of(text, bpm=bpm)
    notes = list(score.parts[0].notes)
    for i, names in marks.items():
        notes[i] = replace(notes[i], articulations=frozenset(names.split("+")), **changes)
    return replace(score, parts=(replace(score.parts[0], notes=tuple(notes)),))


def sung(score: Score, expression: float = 1.0) -> Performance:
    return draft(score, score.parts[0], language="ja", expression=expression)


def note_seconds(performance: Performance) -> list[float]:
    """Lengths of the sung notes."""
    return [
        seconds
        for segment in performance.segments
        for midi, seconds in zip(segment.notes, segment.note_durations_seconds, strict=True)
        if midi is not None
    ]


@pytest.mark.parametrize(
    ("names", "seconds"),
    [
        ("staccato", 0.6),  # on a long note at most 0.4 s are silent
        ("staccatissimo", 0.6),
        ("detached-legato", 0.78),
        ("staccato+tenuto", 0.78),
        ("tenuto", 1.0),
        ("accent", 1.0),
    ],
)
def test_how_long_a_marked_note_sounds(names: str, seconds: float) -> None:
    lengths = note_seconds(sung(marked({2: names})))
    assert lengths[2] == pytest.approx(seconds)
    assert lengths[:2] + lengths[3:5] == pytest.approx([1.0] * 4)


def test_a_quick_staccato_sounds_half_of_its_time() -> None:
    assert note_seconds(sung(marked({2: "staccato"}, bpm=180)))[2] == pytest.approx(0.55 / 3)
    slurred = marked({2: "staccato"}, bpm=180, slurred=True)
    assert note_seconds(sung(slurred))[2] == pytest.approx(0.78 / 3)


def test_the_vowel_ends_and_silence_follows() -> None:
    score = marked({0: "staccato"}, "ka ta")
    (segment,) = RuleDuration().predict(sung(score)).segments
    assert segment.phones == ("k", "a", "SP", "t", "a", "SP")
    assert segment.note_durations_seconds[1] == pytest.approx(0.4)  # silence and the t
    starts = np.cumsum(segment.phone_durations_seconds)
    assert starts[1] == pytest.approx(0.6)
    assert starts[3] == pytest.approx(1.0)  # the next vowel is where the score has it


def test_a_coda_stays_in_its_note() -> None:
    score = marked({0: "staccato"}, "cat sat")
    (segment,) = RuleDuration().predict(draft(score, score.parts[0], language="en")).segments
    assert segment.phones[:4] == ("k", "æ", "t", "SP")


def test_a_staccato_before_a_rest_and_at_the_end() -> None:
    score = score_of("sa ku ra", rests={2: 0.25})
    notes = [replace(note, articulations=frozenset({"staccato"})) for note in score.parts[0].notes]
    lengths = note_seconds(sung(replace(score, parts=(replace(score.parts[0], notes=tuple(notes)),))))
    assert lengths[:2] == pytest.approx([0.6, 0.6])
    assert 0.5 < lengths[2] < 0.601


@settings(deadline=None, max_examples=40, derandomize=True)
@given(
    st.dictionaries(st.integers(0, 5), st.sampled_from(MARKS), max_size=6),
    st.floats(30, 400),
    st.floats(0, 2),
    st.booleans(),
)
def test_sums_stay_exact(marks: dict[int, str], bpm: float, expression: float, slurred: bool) -> None:
    performance = sung(marked(marks, bpm=bpm, slurred=slurred), expression)
    timed = RuleDuration().predict(performance)
    timed.check()
    starts = [s.offset_seconds + t for s in timed.segments
              for t, midi in zip(np.cumsum([0, *s.note_durations_seconds]), s.notes, strict=False) if midi]  # fmt: skip
    assert starts == pytest.approx([i * 60 / bpm for i in range(6)])
    for segment in timed.segments:
        assert segment.phone_frames().sum() == segment.frames


def plain(note: Note) -> Note:
    return replace(note, articulations=frozenset(), breath_after=False, slurred=False, fermata=False)


@settings(deadline=None, max_examples=25, derandomize=True)
@given(st.dictionaries(st.integers(0, 5), st.sampled_from(MARKS), max_size=6), st.booleans(), st.floats(0, 1))
def test_expression_0_ignores_marks(marks: dict[int, str], breath: bool, level: float) -> None:
    score = marked(marks, slurred=True, fermata=True, breath_after=breath)
    loud = replace(score.parts[0], dynamics=(DynamicMark(score.end_quarters / 3, level, hairpin=True),))
    bare = replace(score.parts[0], notes=tuple(map(plain, score.parts[0].notes)))
    with_marks = sung(replace(score, parts=(loud,)), 0.0)
    assert with_marks == sung(replace(score, parts=(bare,)), 0.0)
    assert all(not np.any(segment.curves["energy"].values) for segment in rule_energy(with_marks).segments)


@settings(deadline=None, max_examples=25, derandomize=True)
@given(
    st.dictionaries(st.integers(0, 5), st.sampled_from(MARKS), min_size=1, max_size=6),
    st.floats(0, 2),
    st.floats(0, 2),
    st.floats(0.1, 1),
)
def test_more_expression_is_more(marks: dict[int, str], one: float, other: float, level: float) -> None:
    less, more = sorted((one, other))
    score = marked(marks)
    part = replace(score.parts[0], dynamics=(DynamicMark(score.end_quarters * 0, level),))
    score = replace(score, parts=(part,))
    low, high = (sung(score, max(1e-6, expression)) for expression in (less, more))
    for short, long in zip(note_seconds(high), note_seconds(low), strict=True):
        assert short <= long + 1e-9
    documents = [rule_energy(document.with_(segments=low.segments)) for document in (low, high)]  # of the same notes
    spans = [np.ptp(np.concatenate([s.curves["energy"].values for s in one.segments])) for one in documents]
    assert spans[0] <= spans[1] + 1e-5
    if more > 0:
        assert spans[0] == pytest.approx(spans[1] * max(1e-6, less) / max(1e-6, more), rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("expression", [-0.1, 2.1, float("nan")])
def test_out_of_range(expression: float) -> None:
    with pytest.raises(UsageError, match="outside 0 to 2"):
        sung(marked({}), expression)
