"""Timing by rule: consonants get lengths by class and tempo, vowels the rest of the note.

Conventions
-----------
- A word's first nucleus starts at its note's onset. What follows the vowels in a word, its own coda and the onset of
  the next syllable, is one run of consonants that ends exactly at the next word's onset.
- The only phones that may stand before a word's first nucleus are the onset of a piece that starts without a rest.
- The nucleus sounds through all notes of a melisma; the consonants take their time from the last note.
- Two vowels in a word: a closing off-glide (the second half of a diphthong) is short and late, other vowels (an
  elision, two syllables on one note) share the time equally.
- Every word's phones sum to its notes, whatever happens: vowels take what is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import numpy as np

from svs_cli.duration.fit import at_least_one_frame, compress
from svs_cli.duration.times import GEMINATE, NON_SYLLABIC, OFF_GLIDES, ConsonantTimes, PhoneFacts, PhoneTable
from svs_cli.errors import LyricsError, PerformanceError
from svs_cli.performance.document import Performance, Segment
from svs_cli.units import GRID

FLOOR_SECONDS = GRID.frame_seconds * (1 + 1e-6)
SHORTEST_CONSONANT_ROOM_SECONDS = 0.08  # after a melisma's last, very short note


@dataclass(frozen=True)
class RuleDuration:
    """The timing stage that needs no weights; `table` defaults to the shipped phone inventory."""

    times: ConsonantTimes = field(default_factory=ConsonantTimes)
    table: PhoneTable | None = None
    name: str = "rule"

    def predict(self, performance: Performance) -> Performance:
        """Fill `phone_durations_seconds`; per word they sum to the notes. Raises PerformanceError on unknown phones."""
        table = self.table if self.table is not None else shipped_table()
        segments = tuple(
            self._segment(segment, table, f"segment {number}") for number, segment in enumerate(performance.segments, 1)
        )
        return performance.with_(segments=segments)

    def _segment(self, segment: Segment, table: PhoneTable, where: str) -> Segment:
        facts = facts_of(segment.phones, table, where)
        notes = [segment.notes[word.start : word.stop] for word in segment.word_note_slices()]
        seconds = [segment.note_durations_seconds[word.start : word.stop] for word in segment.word_note_slices()]
        rests = [all(midi is None for midi in word) for word in notes]
        ends = np.cumsum(segment.note_durations_seconds)
        start = 0.0
        durations: list[float] = []
        for i, (phones, word) in enumerate(zip(segment.word_phone_slices(), segment.word_note_slices(), strict=True)):
            neighbours = [] if rests[i] else [seconds[i][-1]]
            if i + 1 < len(rests) and not rests[i + 1]:
                neighbours.append(seconds[i + 1][0])
            fill = self._rest if rests[i] else self._sung
            lengths = fill(segment.phones[phones], facts[phones], list(seconds[i]), self.times.tempo_scale(*neighbours))
            end = float(ends[word.stop - 1])
            durations += self._placed(lengths, segment.offset_seconds, start, end)
            start = end
        return segment.with_(phone_durations_seconds=tuple(durations))

    @staticmethod
    def _placed(lengths: Sequence[float], offset: float, start: float, end: float) -> list[float]:
        """The lengths with their sum made exact and every phone given a frame where the word has enough."""
        boundaries = offset + np.concatenate([[start], start + np.cumsum(lengths)])
        boundaries[-1] = offset + end
        boundaries = np.minimum(boundaries, boundaries[-1])
        placed = at_least_one_frame(boundaries) - offset
        placed[0], placed[-1] = start, end
        return cast(list[float], np.diff(placed).tolist())

    def _consonants(
        self, phones: Sequence[str], facts: Sequence[PhoneFacts], word_seconds: float, scale: float
    ) -> list[float]:
        """Nominal seconds of a run of consonants."""
        crowd = sum(
            phone != GEMINATE and one.phone_class not in ("silence", "breath")
            for phone, one in zip(phones, facts, strict=True)
        )
        factor = scale * {0: 1.0, 1: 1.0, 2: self.times.pair_factor}.get(crowd, self.times.cluster_factor)
        lengths = []
        for i, (phone, one) in enumerate(zip(phones, facts, strict=True)):
            length = self.times.nominal_ms(phone, one) / 1000.0
            if phone == GEMINATE:
                length = min(length * scale, self.times.closure_share * word_seconds)
            else:
                length *= factor
            if i and phones[i - 1] == GEMINATE and one.phone_class in ("stop", "affricate"):
                length *= self.times.released_factor
            lengths.append(length)
        return lengths

    def _sung(
        self, phones: Sequence[str], facts: Sequence[PhoneFacts], notes_seconds: list[float], scale: float
    ) -> list[float]:
        """Seconds of the phones of a sung word."""
        total = sum(notes_seconds)
        first = next((i for i, one in enumerate(facts) if one.nucleus), 0)
        vowels = [first] + [i for i in range(first + 1, len(facts)) if is_vowel(phones[i], facts[i])]
        others = [i for i in range(len(facts)) if i not in vowels]
        onset = [i for i in others if i < first]
        rest = [i for i in others if i > first]
        lengths = [0.0] * len(facts)
        floor = FLOOR_SECONDS
        glide_share = self.times.off_glide_share if has_off_glide(phones, vowels) else 0.0
        room = total * max(0.0, 1 - self.times.nucleus_share / (1 - glide_share))
        if len(notes_seconds) > 1:
            last_note = (1 - self.times.nucleus_share) * notes_seconds[-1]
            room = min(room, max(last_note, SHORTEST_CONSONANT_ROOM_SECONDS))
        needed = floor * len(facts)
        if needed <= total:  # a frame for every phone comes before the vowel's share
            room = min(max(room, floor * len(others)), total - floor * len(vowels))
        room_before = min(self.times.onset_share * total, room)
        if needed <= total:
            room_before = max(room_before, floor * len(onset))
        for indices, limit in ((onset, room_before), (rest, room)):
            nominal = self._consonants([phones[i] for i in indices], [facts[i] for i in indices], total, scale)
            limit = limit if indices is onset else limit - sum(lengths)
            for i, length in zip(indices, compress(nominal, max(limit, 0.0), floor), strict=True):
                lengths[i] = length
        self._share_vowels(lengths, phones, vowels, total - sum(lengths))
        return lengths

    def _share_vowels(self, lengths: list[float], phones: Sequence[str], vowels: list[int], seconds: float) -> None:
        """Divide what the consonants leave among the vowels of a word."""
        glide = 0.0
        full = vowels
        if has_off_glide(phones, vowels):
            glide = min(self.times.off_glide_share * seconds, self.times.off_glide_ms / 1000.0)
            lengths[vowels[-1]] = glide
            full = vowels[:-1]
        for i in full:
            lengths[i] = (seconds - glide) / len(full)

    def _rest(
        self, phones: Sequence[str], facts: Sequence[PhoneFacts], notes_seconds: list[float], scale: float
    ) -> list[float]:
        """Seconds of the phones of a rest: silence, a breath if it has room, then the next syllable's onset."""
        total = sum(notes_seconds)
        pauses = [i for i, one in enumerate(facts) if one.phone_class == "silence" and phones[i] != GEMINATE]
        breaths = [i for i, one in enumerate(facts) if one.phone_class == "breath"]
        onset = [i for i in range(len(facts)) if i not in pauses and i not in breaths]
        lengths = [0.0] * len(facts)
        nominal = self._consonants([phones[i] for i in onset], [facts[i] for i in onset], total, scale)
        room = total * (self.times.rest_consonant_share if pauses or breaths else 1.0)
        for i, length in zip(onset, compress(nominal, room, FLOOR_SECONDS), strict=True):
            lengths[i] = length
        free = total - sum(lengths)
        for i in breaths:
            longest = min(self.times.breath_longest_ms, max(self.times.breath_shortest_ms, 400.0 * free)) / 1000.0
            share = self.times.breath_share if pauses else 1.0
            lengths[i] = min(longest, share * free / len(breaths))
        takers = pauses or breaths or onset
        left = (total - sum(lengths)) / len(takers)
        for i in takers:
            lengths[i] += left
        return lengths


def is_vowel(phone: str, facts: PhoneFacts) -> bool:
    """Whether a phone shares the vowels' time: vowels and the non-syllabic halves of diphthongs."""
    return facts.phone_class == "vowel" or phone.endswith(NON_SYLLABIC)


def has_off_glide(phones: Sequence[str], vowels: list[int]) -> bool:
    """Whether the word's last vowel is the second half of a diphthong (it directly follows a different vowel)."""
    if len(vowels) < 2:
        return False
    last, before = vowels[-1], vowels[-2]
    return before == last - 1 and phones[last] in OFF_GLIDES and phones[before] != phones[last]


def facts_of(phones: Sequence[str], table: PhoneTable, where: str) -> list[PhoneFacts]:
    """Facts of each phone. Raises PerformanceError naming the phone that the inventory lacks."""
    facts = []
    for phone in phones:
        try:
            facts.append(table[phone])
        except (KeyError, LyricsError) as error:
            raise PerformanceError(
                f"{where}: {phone!r} is no phone of the inventory", fix="see data/phones/inventory.toml for the symbols"
            ) from error
    return facts


def shipped_table() -> PhoneTable:
    """The phone inventory that comes with the toolkit."""
    from svs_cli.frontend.inventory import load_inventory

    return load_inventory()
