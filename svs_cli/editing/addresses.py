"""Finding notes of a score by part, bar and beat, or by word; what is not found is an error that says what is near.

Conventions
-----------
- A place is (number of the part, number of the note in it), both from 0, in sounding order.
- Words are compared without case and punctuation. A word is any run of syllables that starts where a word starts and
  ends where one ends; in scripts without spaces each syllable is one, so さくら is found in さ く ら.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from svs_cli.config import suggestion
from svs_cli.errors import ScoreError, UsageError
from svs_cli.score.model import Note, Part, Score
from svs_cli.score.transform import select_part

BEAT_TOLERANCE = 0.02  # a triplet may be written 2.33 or 2.667
LISTED = 12
Place = tuple[int, int]
Syllable = tuple[int, Place]  # number in its word, and one of its notes


@dataclass(frozen=True)
class SungSyllable:
    """A syllable of a part: its letters alone, whether a word may begin or end with it, its notes' numbers."""

    letters: str
    begins: bool
    ends: bool
    notes: tuple[int, ...]


def parts_named(score: Score, choice: str | int | None, where: str) -> list[int]:
    """Numbers of the parts that a choice means; None: all. Raises ScoreError with the list of parts."""
    if choice is None:
        return list(range(len(score.parts)))
    try:
        part = select_part(score, str(choice))
    except UsageError as error:
        raise ScoreError(f"{where}: {error.message}", fix=error.fix) from error
    return [score.parts.index(part)]


def notes_in_bars(
    score: Score, parts: Sequence[int], first: str, last: str, repeat: int | None, where: str
) -> list[Place]:
    """The notes from one printed bar to another. Raises ScoreError."""
    found = []
    for i in parts:
        order = bars_of(score.parts[i])
        if first in order and last in order:
            wanted = set(order[order.index(first) : order.index(last) + 1])
            notes = enumerate(score.parts[i].notes)
            found += [(i, n) for n, note in notes if note.bar in wanted and repeat in (None, note.bar_pass)]
    if not found:
        raise ScoreError(f"{where}: nothing is sung in bars {first}-{last}", fix=bars_there(score, parts))
    return found


def notes_at_beat(
    score: Score, parts: Sequence[int], bar: str, beat: float | None, repeat: int | None, where: str
) -> list[Place]:
    """The notes that begin at a beat of a bar; None: at any. Raises ScoreError that says where notes begin."""
    there = [
        (i, n)
        for i in parts
        for n, note in enumerate(score.parts[i].notes)
        if note.bar == bar and repeat in (None, note.bar_pass)
    ]
    if not there:
        time = "" if repeat is None else f" the {repeat}. time"
        raise ScoreError(f"{where}: nothing is sung in bar {bar}{time}", fix=bars_there(score, parts))
    found = [(i, n) for i, n in there if beat is None or abs(score.parts[i].notes[n].beat - beat) < BEAT_TOLERANCE]
    if not found:
        begin = "; ".join(dict.fromkeys(described(score.parts[i].notes[n]) for i, n in there[:LISTED]))
        raise ScoreError(f"{where}: no note begins at beat {beat:g} of bar {bar}", fix=f"its notes: {begin}")
    return found


def notes_of_word(
    score: Score, parts: Sequence[int], word: str, nth: int | None, syllable: int | None, where: str
) -> list[list[Syllable]]:
    """Where a word is sung: for each time, its syllables' notes. Raises ScoreError that names words like it."""
    wanted = letters_of(word)
    found: list[list[Syllable]] = []
    for i in parts:
        sung = syllables_of(score.parts[i])
        for run in runs_spelling(sung, wanted):
            places = [(k, (i, n)) for k, one in enumerate(sung[run], 1) for n in one.notes if syllable in (None, k)]
            found.append(places)
    if not found or not wanted:
        raise ScoreError(f"{where}: the word {word!r} is not sung", fix=words_near(score, parts, wanted))
    if not all(found):
        raise ScoreError(f"{where}: {word!r} has no syllable {syllable}")
    if nth is None:
        return found
    if not 1 <= nth <= len(found):
        bars = ", ".join(dict.fromkeys(score.parts[i].notes[n].bar for ((_, (i, n)), *_) in found))
        times = "once" if len(found) == 1 else f"{len(found)} times"
        raise ScoreError(f"{where}: {word!r} is sung {times}, not {nth} times", fix=f"it is in bar {bars}")
    return [found[nth - 1]]


def syllables_of(part: Part) -> list[SungSyllable]:
    """The syllables of a part in order, each with its melisma."""
    found: list[SungSyllable] = []
    for n, note in enumerate(part.notes):
        if note.lyric is None:
            if found:
                one = found.pop()
                found.append(SungSyllable(one.letters, one.begins, one.ends, (*one.notes, n)))
            continue
        letters = letters_of(note.lyric.text + "".join(note.lyric.elided))
        position = note.lyric.position
        found.append(SungSyllable(letters, position in ("single", "begin"), position in ("single", "end"), (n,)))
    return found


def runs_spelling(syllables: Sequence[SungSyllable], wanted: str) -> Iterator[slice]:
    """Runs of syllables that spell a word."""
    for start, first in enumerate(syllables):
        if not first.begins or not wanted.startswith(first.letters):
            continue
        spelt = ""
        for stop in range(start, len(syllables)):
            spelt += syllables[stop].letters
            if spelt == wanted and syllables[stop].ends:
                yield slice(start, stop + 1)
            if spelt == wanted or not wanted.startswith(spelt):
                break


def letters_of(text: str) -> str:
    """What of a text is compared.

    >>> letters_of("Don't, my ‘Love’!")
    'dontmylove'
    """
    return "".join(c for c in text.casefold() if c.isalnum() or c in "ー々")


def bars_of(part: Part) -> list[str]:
    """The printed bars in which a part has notes, in the order in which they are first sung."""
    return list(dict.fromkeys(note.bar for note in part.notes))


def bars_there(score: Score, parts: Sequence[int]) -> str:
    """Which bars have notes, in words."""
    told = []
    for i in parts:
        bars = bars_of(score.parts[i])
        if bars:
            listed = ", ".join(bars) if len(bars) <= LISTED else f"{bars[0]} to {bars[-1]}"
            told.append(f"{(score.parts[i].name or score.parts[i].id)!r} sings in bars {listed}")
    return "; ".join(told) or "the part has no notes"


def described(note: Note) -> str:
    """A note as a person finds it on the page."""
    return f"beat {note.beat:g} {note.lyric.text!r}" if note.lyric else f"beat {note.beat:g}"


def words_near(score: Score, parts: Sequence[int], wanted: str) -> str:
    """Words that are sung and look alike."""
    spelt: list[str] = []
    for i in parts:
        word = ""
        for one in syllables_of(score.parts[i]):
            word = one.letters if one.begins else word + one.letters
            spelt += [word] if one.ends else []
    close = difflib.get_close_matches(wanted, spelt, n=3)
    known = list(dict.fromkeys(spelt))
    return f"near it: {', '.join(dict.fromkeys(close))}" if close else suggestion(wanted, known[:LISTED])
