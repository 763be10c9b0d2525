"""Scores made in code for the tests of the frontend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from svs_cli.performance.document import Performance, Segment
from svs_cli.score.model import Lyric, Note, Part, Score, TempoMap

JAPANESE = frozenset(
    "SP AP cl a i ɯ e o ɴ k kʲ ɡ ɡʲ s ɕ z dʑ t tʲ tɕ ts d dʲ n ɲ h ç ɸ b bʲ p pʲ m mʲ j ɾ ɾʲ w v".split()
)


def lyrics_of(text: str) -> list[Lyric | None]:
    """Lyrics from a line: words at spaces, syllables at hyphens, `_` a melisma note, `‿` an elision."""
    out: list[Lyric | None] = []
    for word in text.split():
        if word == "_":
            out.append(None)
            continue
        syllables = word.split("-")
        for index, syllable in enumerate(syllables):
            position = "single"
            if len(syllables) > 1:
                position = "begin" if index == 0 else "end" if index == len(syllables) - 1 else "middle"
            first, *elided = syllable.split("‿")
            out.append(Lyric(first, position, tuple(elided)))  # type: ignore[arg-type]
    return out


def score_of(
    text: str,
    *,
    quarters: Sequence[float] | float = 1,
    rests: dict[int, float] | None = None,
    bpm: float = 60,
    **part: object,
) -> Score:
    """A score of one part; `rests` maps a note's index to the rest before it, in quarters (seconds at 60 bpm)."""
    lyrics = lyrics_of(text)
    durations = [quarters] * len(lyrics) if isinstance(quarters, int | float) else quarters
    notes, at = [], Fraction(0)
    for index, (lyric, duration) in enumerate(zip(lyrics, durations, strict=True)):
        at += Fraction((rests or {}).get(index, 0)).limit_denominator(1000)
        length = Fraction(duration).limit_denominator(1000)
        notes.append(Note(at, length, 60.0 + index % 5, lyric, continues=lyric is None, bar=str(int(at) // 4 + 1)))
        at += length
    one = replace(Part("P1", "Voice", tuple(notes)), **part)  # type: ignore[arg-type]
    return Score("Test", (one,), TempoMap(((Fraction(0), bpm),)), at)


def sung_words(performance: Performance) -> int:
    """Number of sung (not rest) words."""
    return sum(
        segment.notes[word.start] is not None for segment in performance.segments for word in segment.word_note_slices()
    )


def words_of(segment: Segment) -> list[str]:
    """The phones of each word, spaces between."""
    return [" ".join(segment.phones[word]) for word in segment.word_phone_slices()]
