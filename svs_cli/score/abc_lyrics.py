"""The `w:` lines of ABC tunes, which music21 leaves out: lyrics under the notes of the music line above.

Conventions (ABC standard 2.1, section 5)
-----------------------------------------
- "-" ends a syllable inside a word, a space ends a word, "_" holds the syllable over one more note, "*" skips a note,
  "~" joins words under one note, "\\-" is a printed hyphen, "|" goes to the next bar.
- Several `w:` lines under one music line are its verses.
- Only notes count: no rests, no grace notes; a chord counts once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from svs_cli.score.model import SyllablePosition

NOT_MUSIC = re.compile(r'"[^"]*"|![^!\n]*!|\+[^+\n]*\+|\{[^}]*\}|\[[A-Za-z]:[^\]]*\]|%.*$')
NOTE_OR_BAR = re.compile(r"\[(?=[_^=]*[A-Ga-g])[^\]]*\]|[_^=]*[A-Ga-g]|[xzZXy]|\|[\]|:]*|:\|?")
FIELD = re.compile(r"^[A-Za-z+]:")
LYRIC_TOKEN = re.compile(r"(?:\\-|[^\s\-_*|~]|~)+-?|[-_*|]")
LAST_VERSE = 9


@dataclass(frozen=True)
class PlacedSyllable:
    """A syllable under note number `note` of the tune; the text "_" holds the syllable before."""

    note: int
    verse: int
    text: str
    position: SyllablePosition = "single"


def split_abc(text: str) -> tuple[str, list[PlacedSyllable]]:
    """The first tune without its `w:` lines, and its syllables with the numbers of their notes.

    >>> tune, syllables = split_abc("K:C\\nC D E|F2 z\\nw: Tra-la li_")
    >>> tune, [(s.note, s.text, s.position) for s in syllables]
    ('K:C\\nC D E|F2 z', [(0, 'Tra', 'begin'), (1, 'la', 'end'), (2, 'li', 'single'), (3, '_', 'single')])
    """
    kept: list[str] = []
    placed: list[PlacedSyllable] = []
    note_count, line_notes, verse = 0, list[list[int]](), 0
    open_words: set[int] = set()  # verses whose word goes on
    for line in text.splitlines():
        if line.startswith("X:") and any(other.startswith("X:") for other in kept):
            break
        if line.startswith("w:"):
            verse += 1
            for note, syllable in _align(line[2:], line_notes) if verse <= LAST_VERSE else []:
                placed.append(_placed(note, verse, syllable, open_words))
            continue
        kept.append(line)
        if not FIELD.match(line) and not line.startswith("%") and line.strip():
            line_notes, verse = _notes_by_bar(line, note_count), 0
            note_count += sum(len(bar) for bar in line_notes)
    return "\n".join(kept), placed


def _placed(note: int, verse: int, syllable: str, open_words: set[int]) -> PlacedSyllable:
    if syllable == "_":
        return PlacedSyllable(note, verse, "_")
    after, opens = verse in open_words, syllable.endswith("-")
    position: SyllablePosition = ("middle" if opens else "end") if after else ("begin" if opens else "single")
    (open_words.add if opens else open_words.discard)(verse)
    return PlacedSyllable(note, verse, syllable.removesuffix("-"), position)


def _notes_by_bar(line: str, first: int) -> list[list[int]]:
    bars: list[list[int]] = [[]]
    number = first
    for match in NOTE_OR_BAR.finditer(NOT_MUSIC.sub("", line)):
        token = match[0]
        if token[0] in "|:":
            bars.append([])
        elif token[0] not in "xzZXy":
            bars[-1].append(number)
            number += 1
    return [bar for bar in bars if bar]


def _align(words: str, bars: list[list[int]]) -> list[tuple[int, str]]:
    notes = [note for bar in bars for note in bar]
    starts = {bar[0]: number for number, bar in enumerate(bars)}
    aligned: list[tuple[int, str]] = []
    position = 0
    for token in LYRIC_TOKEN.findall(words):
        if token == "|":  # noqa: S105
            while 0 < position < len(notes) and notes[position] not in starts:
                position += 1
        elif position < len(notes):
            if token in ("-", "_"):
                aligned.append((notes[position], "_"))
            elif token != "*":  # noqa: S105
                aligned.append((notes[position], token.replace("~", " ").replace("\\-", "\u2010")))
            position += 1
    return aligned
