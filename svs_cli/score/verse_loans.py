"""Verses that one part of a choir prints for all.

Conventions
-----------
- Choral scores often print the further verses under one part alone. A line sings them too if its first verse has the
  words of that part, note against note, and if the further verse's syllables come where its notes begin or it rests.
- Syllables are compared by their letters; what is lent is held over notes in between.
- What cannot be lent is not guessed: the line then sings its own first verse on every pass, with a warning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from svs_cli.score.bars import RawNote, Syllable
from svs_cli.score.lyric_text import verse_order
from svs_cli.score.voices import Line

SAME_WORDS_SHARE = 0.8  # of the line's syllables, in bars in which both have words
ROOM_SHARE = 0.9  # of the further verse's syllables, in these bars, while the line sings

Place = tuple[int, Fraction]


def lend_verses(lines: Sequence[Line]) -> None:
    """Give each line, in place, the verses that it lacks and another has; who lent is noted in `Line.lent`."""
    known = sorted({verse for line in lines for verse in line.verses}, key=verse_order)
    own = [line.verses for line in lines]
    loans = [
        (line, verse, donor)
        for line, verses in zip(lines, own, strict=True)
        for verse in known
        if verses and verse not in verses
        for donor in [_donor(line, verse, [one for one, its in zip(lines, own, strict=True) if verse in its])]
        if donor is not None
    ]
    for line, verse, donor in loans:
        lent = {place: replace(syllable, extends=True) for place, syllable in _syllables(donor, verse).items()}
        line.bars = [[_with_verse(note, verse, lent.get((i, note.onset))) for note in bar]
                     for i, bar in enumerate(line.bars)]  # fmt: skip
        line.lent[verse] = donor.name


def _donor(line: Line, verse: str, others: Sequence[Line]) -> Line | None:
    """The first line that sings the verse to the same words and rhythm."""
    first = line.verses[0]
    words = _syllables(line, first)
    for other in others:
        further, its_words = _syllables(other, verse), _syllables(other, first)
        bars = {i for i, _ in words} & {i for i, _ in further}
        compared = [place for place in words if place[0] in bars]
        begun = [begins for i, at in further if i in bars and (begins := _begins(line.bars[i], at)) is not None]
        same = sum(place in its_words and _letters(words[place]) == _letters(its_words[place]) for place in compared)
        if compared and same >= SAME_WORDS_SHARE * len(compared) and sum(begun) >= ROOM_SHARE * len(begun):
            return other
    return None


def _begins(bar: Sequence[RawNote], at: Fraction) -> bool | None:
    """Whether a note begins there, or goes on; None in a rest."""
    sounding = [note for note in bar if note.onset <= at < note.onset + note.duration]
    return any(note.onset == at for note in sounding) if sounding else None


def _syllables(line: Line, verse: str) -> dict[Place, Syllable]:
    """Where the line has text of a verse: printed bar and onset in it."""
    return {
        (i, note.onset): note.syllables[verse]
        for i, bar in enumerate(line.bars)
        for note in bar
        if note.grace is None and verse in note.syllables and note.syllables[verse].text
    }


def _letters(syllable: Syllable) -> str:
    return "".join(filter(str.isalnum, syllable.text.casefold()))


def _with_verse(note: RawNote, verse: str, syllable: Syllable | None) -> RawNote:
    if syllable is None or note.grace is not None:
        return note
    return replace(note, syllables={**note.syllables, verse: syllable})
