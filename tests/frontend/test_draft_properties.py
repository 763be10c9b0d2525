"""Whatever the score: syllables in = words out, time adds up, every phone can be sung."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from svs_cli.frontend.draft import draft
from svs_cli.frontend.inventory import load_inventory
from svs_cli.score.model import Lyric, Note, Part, Score, TempoMap
from svs_cli.units import GRID

from .scores import JAPANESE, sung_words

SYLLABLES = [
    "la",
    "ha,",
    "strength",
    "ge",
    "ê-tre",
    "ou",
    "'s",
    "a.",
    "x",
    "ngth",
    "rri",
    "io",
    "ー",
    "ん",
    "か",
    "っ",
    "你",
    "mm",
]
eighths = st.integers(1, 24).map(lambda n: Fraction(n, 8))


@st.composite
def scores(draw: st.DrawFn) -> Score:
    """A random score: melismas, rests, hyphenation that need not fit, breath marks, tempo changes."""
    notes: list[Note] = []
    at = Fraction(0)
    for index in range(draw(st.integers(1, 14))):
        at += draw(
            st.sampled_from([Fraction(0), Fraction(0), Fraction(0), Fraction(1, 64), Fraction(1, 4), Fraction(3)])
        )
        length = draw(eighths)
        melisma = index > 0 and draw(st.booleans()) and notes[-1].end_quarters == at
        position = draw(st.sampled_from(["single", "begin", "middle", "end"]))
        elided = ("a",) if draw(st.integers(0, 9)) == 0 else ()
        lyric = None if melisma else Lyric(draw(st.sampled_from(SYLLABLES)), position, elided)
        breath = draw(st.integers(0, 7)) == 0
        notes.append(Note(at, length, 60.0, lyric, continues=melisma, bar="1", breath_after=breath))
        at += length
    tempo = TempoMap(((Fraction(0), draw(st.floats(30, 240))), (Fraction(5), draw(st.floats(30, 240)))))
    return Score("", (Part("P1", "", tuple(notes)),), tempo, at + draw(st.sampled_from([Fraction(0), Fraction(2)])))


@settings(max_examples=60, deadline=None)
@given(scores(), st.sampled_from(["en", "de", "fr", "it", "ja", "zh", "la"]))
def test_invariants(score: Score, language: str) -> None:
    part = score.parts[0]
    performance = draft(score, part, language=language, available=JAPANESE)
    performance.check()
    assert performance.duration_seconds == score.duration_seconds
    # A melisma that a breath mark interrupts is taken up again as a word of its own.
    resumed = sum(b.lyric is None and a.breath_after for a, b in zip(part.notes, part.notes[1:], strict=False))
    assert sung_words(performance) == sum(note.lyric is not None for note in part.notes) + resumed
    assert sum(note is not None for s in performance.segments for note in s.notes) == len(part.notes)
    assert JAPANESE.issuperset(phone for segment in performance.segments for phone in segment.phones)
    onsets = [score.tempo.seconds_at(note.onset_quarters) for note in part.notes]
    sung = [
        start
        for s in performance.segments
        for start, midi in zip(
            s.offset_seconds + np.cumsum([0.0, *s.note_durations_seconds[:-1]]), s.notes, strict=True
        )
        if midi is not None
    ]
    np.testing.assert_allclose(sung, onsets, atol=1e-6)
    for segment in performance.segments:
        assert segment.notes[-1] is None and segment.phones[-1] == "SP"
        end = GRID.frame_of(segment.offset_seconds + segment.duration_seconds)
        assert segment.start_frame + segment.frames == end <= performance.frames


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(sorted(load_inventory())), max_size=12), st.sampled_from(["", "en", "de", "zh"]))
def test_substitution_always_ends_in_an_available_phone(phones: list[str], language: str) -> None:
    sung, replaced = load_inventory().substitute(phones, JAPANESE, language)
    assert len(sung) == len(phones) and JAPANESE.issuperset(sung)
    assert set(replaced) == set(phones) - JAPANESE
