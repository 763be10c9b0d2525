"""The sung syllables of a part in seconds, and where a singer breathes.

Conventions
-----------
- All times come from the tempo map as absolute seconds; durations are differences of them, so nothing drifts.
- Gaps under `CLOSED_GAP_SECONDS` (rounding of MIDI files) are sung through.
- A breath mark without a rest takes its time from the end of the note before: at most 0.25 s and a quarter of the note.
- A phrase ends at a rest of half a second; at a breath mark once it has lasted 8 s; and, when it would last longer than
  15 s, at the best place: a rest, or punctuation, where a breath is put as above.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from svs_cli.frontend.words import LINE_END
from svs_cli.score.model import Note, TempoMap

CLOSED_GAP_SECONDS = 0.03
PHRASE_GAP_SECONDS = 0.5
LINE_GAP_SECONDS = 0.25
BREATH_MARK_SECONDS = 0.25
BREATH_MARK_SHARE = 0.25
LONG_PHRASE_SECONDS = 15.0
BREATH_MARK_PHRASE_SECONDS = 8.0
SHORTEST_PHRASE_SECONDS = 4.0
USABLE_GAP_SECONDS = 0.15
SHORTEST_NOTE_TO_BREATHE_SECONDS = 0.4


@dataclass
class Syllable:
    """A syllable with its notes (the first has the lyric, the others are its melisma)."""

    notes: list[Note]
    starts_seconds: list[float]
    end_seconds: float
    lyric_number: int = -1  # index among the part's lyrics; -1: a vowel taken up again after a rest
    text: str = ""
    joined: bool = False  # belongs to the same word as the syllable before
    language: str = ""
    onset: tuple[str, ...] = ()
    body: tuple[str, ...] = field(default=())  # nucleus and coda
    breath_after: bool = False

    @property
    def start_seconds(self) -> float:
        return self.starts_seconds[0]

    @property
    def last_note_seconds(self) -> float:
        return self.end_seconds - self.starts_seconds[-1]


def syllables_of(notes: Sequence[Note], tempo: TempoMap) -> list[Syllable]:
    """Notes grouped into syllables, small gaps closed. A melisma broken by a rest goes on as a syllable of its own."""
    found: list[Syllable] = []
    lyric_number = -1
    for note in notes:
        start, end = tempo.seconds_at(note.onset_quarters), tempo.seconds_at(note.end_quarters)
        if found and start - found[-1].end_seconds < CLOSED_GAP_SECONDS:
            found[-1].end_seconds = start
        joined = note.lyric is None and note.continues and bool(found)
        if joined and start == found[-1].end_seconds and not found[-1].breath_after:
            found[-1].notes.append(note)
            found[-1].starts_seconds.append(start)
            found[-1].end_seconds = end
        elif joined:
            found.append(Syllable([note], [start], end, joined=True))
        else:
            lyric_number += 1
            text = "‿".join([note.lyric.text, *note.lyric.elided]) if note.lyric else ""
            inner = note.lyric is not None and note.lyric.position in ("middle", "end")
            found.append(Syllable([note], [start], end, lyric_number, text, inner))
        found[-1].breath_after = note.breath_after
    return found


def line_starts(syllables: Sequence[Syllable]) -> frozenset[int]:
    """Lyric numbers that begin a line: the first, and those after a rest or a breath."""
    starts = {0}
    for before, after in zip(syllables, syllables[1:], strict=False):
        if before.breath_after or after.start_seconds - before.end_seconds >= LINE_GAP_SECONDS:
            starts.add(after.lyric_number)
    return frozenset(starts)


def breathe(syllable: Syllable, next_start_seconds: float) -> None:
    """Shorten a syllable so that there is time for a quick breath before the next one."""
    longest = min(BREATH_MARK_SECONDS, BREATH_MARK_SHARE * syllable.last_note_seconds)
    missing = longest - (next_start_seconds - syllable.end_seconds)
    syllable.end_seconds -= max(0.0, missing)
    syllable.breath_after = True


def phrases_of(syllables: Sequence[Syllable]) -> list[list[Syllable]]:
    """Cut a part into phrases and put breaths where they are marked or needed (changes ends of syllables)."""
    phrases: list[list[Syllable]] = []
    for number, syllable in enumerate(syllables):
        if not number:
            phrases.append([syllable])
            continue
        before = syllables[number - 1]
        if before.breath_after:
            breathe(before, syllable.start_seconds)
        length = before.end_seconds - phrases[-1][0].start_seconds
        gap = syllable.start_seconds - before.end_seconds
        if gap >= PHRASE_GAP_SECONDS or (before.breath_after and length >= BREATH_MARK_PHRASE_SECONDS):
            phrases.append([syllable])
        else:
            phrases[-1].append(syllable)
    return [short for phrase in phrases for short in shortened(phrase)]


def shortened(phrase: list[Syllable]) -> list[list[Syllable]]:
    """A phrase cut at its best places into phrases of at most about 15 s, where places are to be found."""
    if phrase[-1].end_seconds - phrase[0].start_seconds <= LONG_PHRASE_SECONDS:
        return [phrase]
    early = phrase[0].start_seconds + SHORTEST_PHRASE_SECONDS
    late = phrase[0].start_seconds + LONG_PHRASE_SECONDS
    last = phrase[-1].end_seconds - SHORTEST_PHRASE_SECONDS / 2
    places = [
        (fitness(a, b), index)
        for index, (a, b) in enumerate(zip(phrase, phrase[1:], strict=False), 1)
        if early <= a.end_seconds <= last and fitness(a, b) > 0
    ]
    if not places:  # nowhere to breathe by the text: after the longest note that ends a word
        words = enumerate(zip(phrase, phrase[1:], strict=False), 1)
        places = [(a.last_note_seconds, i) for i, (a, b) in words if early <= a.end_seconds <= last and not b.joined]
        places = [place for place in places if place[0] >= SHORTEST_NOTE_TO_BREATHE_SECONDS]
    if not places:
        return [phrase]
    in_time = [place for place in places if phrase[place[1] - 1].end_seconds <= late]
    index = max(in_time)[1] if in_time else places[0][1]
    breathe(phrase[index - 1], phrase[index].start_seconds)
    return [phrase[:index], *shortened(phrase[index:])]


def fitness(before: Syllable, after: Syllable) -> float:
    """How well a singer may breathe between two syllables; 0: not at all."""
    if after.joined:
        return 0.0
    gap = after.start_seconds - before.end_seconds
    mark = before.text.rstrip("»\"”'’)‿ ")[-1:]
    punctuation = {",": 0.7, "、": 0.7}.get(mark, 1.0) if mark and mark in LINE_END else 0.0
    if before.breath_after:
        punctuation += 1.0
    rest = 2.0 * gap + 0.5 if gap >= USABLE_GAP_SECONDS else 0.0
    return rest + punctuation + (0.1 * min(2.0, before.last_note_seconds) if rest + punctuation else 0.0)
