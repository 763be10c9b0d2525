"""Small second voices that rewrite the melody for one verse.

Conventions
-----------
- Editors print the rhythm of another verse as a second voice on the singer's staff, with that verse's text under it.
  Such a voice is no second singer: where the main voice has no text of a verse, that verse sings the variant.
- A variant note that starts where the main voice has a note without text of the verse only lends its syllable, if
  replacing would cut off a main note that has text.
- What neither replaces nor lends is an ossia and stays unsung.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from svs_cli.score.bars import RawNote, Syllable

Notes = list[RawNote]


def with_variant(main: Sequence[RawNote], variant: Sequence[RawNote], verse: str) -> Notes:
    """One bar of the main voice as a verse sings it; both inputs sorted by onset, the result too."""
    notes = list(main)
    for run in _runs(variant, verse):
        start, end = run[0].onset, run[-1].onset + run[-1].duration
        under = [note for note in notes if note.onset < end and start < _end(note)]
        if not any(_has_verse(note, verse) and note.onset >= start for note in under):
            kept = [note for note in notes if note not in under]
            cut = [replace(note, duration=start - note.onset, tie_starts=False) for note in under if note.onset < start]
            notes = sorted([*kept, *cut, *run], key=lambda note: note.onset)
        else:
            lent = {note.onset: note.syllables[verse] for note in run if _has_verse(note, verse)}
            notes = [_lend(note, lent, verse) for note in notes]
    return notes


def is_variant(main: Sequence[Sequence[RawNote]], other: Sequence[Sequence[RawNote]]) -> bool:
    """Whether another voice's text only stands where the main voice sounds without text of the same verse."""
    texted = over_main = 0
    for main_bar, other_bar in zip(main, other, strict=True):
        for note in other_bar:
            verses = {verse for verse, syllable in note.syllables.items() if syllable.text}
            if not verses:
                continue
            texted += 1
            under = [n for n in main_bar if n.onset < _end(note) and note.onset < _end(n)]
            over_main += bool(under)
            if any(_has_verse(n, verse) for n in under for verse in verses):
                return False
    return texted > 0 and over_main * 2 >= texted


def _runs(variant: Sequence[RawNote], verse: str) -> list[Notes]:
    """Stretches without a gap that begin with text of the verse and don't run into text of other verses only."""
    runs: list[Notes] = []
    for note in variant:
        adjoins = bool(runs) and note.onset <= runs[-1][-1].onset + runs[-1][-1].duration
        if _has_verse(note, verse):
            if adjoins:
                runs[-1].append(note)
            else:
                runs.append([note])
        elif adjoins and not note.syllables:
            runs[-1].append(note)
    return runs


def _lend(note: RawNote, lent: dict[Fraction, Syllable], verse: str) -> RawNote:
    if note.grace is not None or note.onset not in lent or _has_verse(note, verse):
        return note
    return replace(note, syllables={**note.syllables, verse: lent[note.onset]})


def _has_verse(note: RawNote, verse: str) -> bool:
    return verse in note.syllables and bool(note.syllables[verse].text)


def _end(note: RawNote) -> Fraction:
    # A grace note has no length; it counts as being where it stands.
    return note.onset + (note.duration or Fraction(1, 1000))
