"""The notes of a segment as a singer sees them: held pitches with consonants and rests around them.

Conventions
-----------
- Times are seconds from the segment's start. Notes of one melisma on the same pitch are one held note.
- `consonants_seconds` is how long the consonants before the onset sound (they lie in the note or rest before);
  `vowel_end_seconds` is where this note's own vowel gives way to consonants.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from svs_cli.duration.arrange import is_vowel
from svs_cli.duration.stage import facts_of
from svs_cli.duration.times import PhoneTable
from svs_cli.performance.document import Segment
from svs_cli.units import GRID


@dataclass(frozen=True)
class HeldNote:
    """One held pitch; see the module's conventions."""

    start_seconds: float
    end_seconds: float
    midi: float
    legato: bool
    consonants_seconds: float
    vowel_end_seconds: float
    index: int = 0  # of its first note in the segment

    @property
    def seconds(self) -> float:
        return self.end_seconds - self.start_seconds


def frame_times(segment: Segment) -> NDArray[np.float64]:
    """Times of the segment's frames in seconds from its start, shape (frames,)."""
    absolute = GRID.seconds_of(segment.start_frame + np.arange(segment.frames))
    return np.asarray(absolute - segment.offset_seconds, dtype=np.float64)


def held_notes(segment: Segment, table: PhoneTable, where: str = "segment") -> list[HeldNote]:
    """The segment's notes in order, without rests. Works before the duration stage too (no consonants then)."""
    starts = np.concatenate([[0.0], np.cumsum(segment.note_durations_seconds)])
    vowel_ends = word_vowel_ends(segment, table, where)
    notes: list[HeldNote] = []
    before = 0.0
    for word, vowel_end in zip(segment.word_note_slices(), vowel_ends, strict=True):
        word_end = float(starts[word.stop])
        for i in range(word.start, word.stop):
            midi = segment.notes[i]
            if midi is None:
                continue
            start, end = float(starts[i]), float(starts[i + 1])
            slurred = i > word.start
            if slurred and notes and notes[-1].midi == midi and notes[-1].end_seconds == start:
                notes[-1] = replace(notes[-1], end_seconds=end, vowel_end_seconds=min(end, vowel_end))
                continue
            legato = slurred or bool(segment.details and segment.details[i].legato and not before)
            consonants = 0.0 if slurred else before
            notes.append(HeldNote(start, end, midi, legato, consonants, max(start, min(end, vowel_end)), i))
        before = max(0.0, word_end - vowel_end)
    return notes


def word_vowel_ends(segment: Segment, table: PhoneTable, where: str) -> list[float]:
    """Per word, the time where its closing consonants begin (its end if it has none, or no durations yet)."""
    note_ends = np.cumsum(segment.note_durations_seconds)
    ends = [float(note_ends[word.stop - 1]) for word in segment.word_note_slices()]
    if segment.phone_durations_seconds is None:
        return ends
    facts = facts_of(segment.phones, table, where)
    phone_ends = np.cumsum(segment.phone_durations_seconds)  # of a late nucleus later than its note's onset
    vowel_ends = []
    for phones in segment.word_phone_slices():
        end = float(phone_ends[phones.stop - 1])
        closing = 0.0
        for i in range(phones.stop - 1, phones.start, -1):
            one = facts[i]
            if one.nucleus or is_vowel(segment.phones[i], one) or one.phone_class in ("silence", "breath"):
                break
            closing += segment.phone_durations_seconds[i]
        vowel_ends.append(end - closing)
    return vowel_ends
