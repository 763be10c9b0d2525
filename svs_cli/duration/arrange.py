"""From a plan to phones that fill the notes: vowels take what consonants leave, and nobody gets less than is singable.

Conventions
-----------
- What follows the vowels in a word, its own coda and the onset of the next syllable, is one run of consonants that ends
  where the next word begins: at its first note's onset plus the plan's shift.
- The only phones that may stand before a word's first nucleus are the onset of a piece that starts without a rest.
- The nucleus sounds through all notes of a melisma; the consonants take their time from the last note.
- Two vowels in a word: a closing off-glide (the second half of a diphthong) is short and late, other vowels (an
  elision, two syllables on one note) share the time equally.
- The phones of a segment sum to its notes exactly, whatever the plan asks for. What there is no time for at all has
  been left out before, see `crowding.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from svs_cli.duration.fit import SecondsArray, at_least_one_frame, compress, compress_others
from svs_cli.duration.plan import Plan
from svs_cli.duration.times import GEMINATE, NON_SYLLABIC, OFF_GLIDES, ConsonantTimes, PhoneFacts
from svs_cli.performance.document import Segment
from svs_cli.units import GRID

FLOOR_SECONDS = GRID.frame_seconds * (1 + 1e-6)
SHORTEST_CONSONANT_ROOM_SECONDS = 0.08  # after a melisma's last, very short note
SHIFT_SHARE = 0.3  # of the shorter of two neighbouring words, by which the boundary between them may move ...
RELEASE_SHARE = 0.5  # ... and of note and rest where a rest begins


def arranged(
    segment: Segment, facts: Sequence[PhoneFacts], plan: Plan, times: ConsonantTimes, bounds: SecondsArray
) -> Segment:
    """The segment with phone durations between the `bounds` of its words, see `word_bounds`; `facts`: one a phone."""
    durations: list[float] = []
    words = zip(segment.word_phone_slices(), segment.word_note_slices(), strict=True)
    for w, (phones, notes) in enumerate(words):
        start, end = bounds[w], bounds[w + 1]
        word = Word(segment, facts, plan, phones, segment.note_durations_seconds[notes], float(end - start), times)
        lengths = word.rest() if segment.notes[notes.start] is None else word.sung()
        durations += placed(lengths, segment.offset_seconds, float(start), float(end))
    return segment.with_(phone_durations_seconds=tuple(durations))


def word_bounds(segment: Segment, plan: Plan, times: ConsonantTimes) -> SecondsArray:
    """Where words begin and end, from the segment's start, (words + 1,): rising, first and last as the notes say."""
    slices = segment.word_note_slices()
    ends = np.cumsum(segment.note_durations_seconds)
    by_notes = np.array([0.0, *(ends[word.stop - 1] for word in slices)])
    lengths = np.diff(by_notes)
    rests = np.array([segment.notes[word.start] is None for word in slices])
    reach = np.zeros(len(by_notes))
    reach[1:-1] = np.where(rests[1:], RELEASE_SHARE, SHIFT_SHARE) * np.minimum(lengths[:-1], lengths[1:])
    shifts = np.array([0.0, *plan.shifts_seconds[1:], 0.0])
    floors = FLOOR_SECONDS * np.array(segment.phone_counts)
    for w in plan.moved:  # a person may go further than a model, but not over what stands there
        before, after = lengths[w - 1] - floors[w - 1], lengths[w] - floors[w]
        reach[w] = max(reach[w], before if shifts[w] < 0 else after, 0.0)
    bounds = by_notes + np.clip(shifts, -reach, reach)
    if plan.moved:  # two neighbours moved towards each other meet in the middle
        bounds = np.minimum.accumulate(np.maximum.accumulate(bounds)[::-1])[::-1]
    if plan.elastic:
        vowels = np.where(rests, 0.0, np.maximum(0.0, times.nucleus_share * lengths - FLOOR_SECONDS))
        give_way(bounds, by_notes, reach, floors + vowels, plan.moved)
    return cast(SecondsArray, bounds)


def give_way(
    bounds: SecondsArray, by_notes: SecondsArray, reach: SecondsArray, wanted: SecondsArray, moved: frozenset[int]
) -> None:
    """Move boundaries in place so that crowded words get what they want from neighbours that have it to spare."""
    for w in range(len(wanted)):
        for edge, neighbour, sign in ((w + 1, w + 1, 1.0), (w, w - 1, -1.0)):
            if not 0 < edge < len(wanted) or edge in moved:
                continue
            missing = wanted[w] - (bounds[w + 1] - bounds[w])
            spare = bounds[neighbour + 1] - bounds[neighbour] - wanted[neighbour]
            room = reach[edge] - sign * (bounds[edge] - by_notes[edge])
            bounds[edge] += sign * max(0.0, min(missing, spare, room))


def placed(lengths: Sequence[float], offset: float, start: float, end: float) -> list[float]:
    """The lengths with their sum made exact and every phone given a frame where the word has enough."""
    boundaries = offset + np.concatenate([[start], start + np.cumsum(lengths)])
    boundaries[-1] = offset + end
    boundaries = np.minimum(boundaries, boundaries[-1])
    exact = at_least_one_frame(boundaries) - offset
    exact[0], exact[-1] = start, end
    return cast(list[float], np.diff(exact).tolist())


class Word:
    """One word at work: its phones, what the plan asks for them, and the seconds that it has."""

    def __init__(
        self,
        segment: Segment,
        facts: Sequence[PhoneFacts],
        plan: Plan,
        phones: slice,
        notes_seconds: Sequence[float],
        seconds: float,
        times: ConsonantTimes,
    ) -> None:
        self.phones, self.facts = segment.phones[phones], facts[phones]
        self.asked = plan.lengths_seconds[phones]
        self.kept = {i - phones.start for i in plan.kept if phones.start <= i < phones.stop}
        self.notes_seconds, self.seconds, self.times = notes_seconds, seconds, times

    def sung(self) -> list[float]:
        """Seconds of the phones of a syllable."""
        count, total = len(self.phones), self.seconds
        first = next((i for i, one in enumerate(self.facts) if one.nucleus), 0)
        vowels = [first] + [i for i in range(first + 1, count) if is_vowel(self.phones[i], self.facts[i])]
        onset = [i for i in range(first) if i not in vowels]
        rest = [i for i in range(first + 1, count) if i not in vowels]
        room = self._consonant_room(has_off_glide(self.phones, vowels))
        enough = FLOOR_SECONDS * count <= total
        if enough:  # a frame for every phone comes before the vowel's share
            least = FLOOR_SECONDS * (count - len(vowels))
            room = min(max(room, least), max(least, total - FLOOR_SECONDS * (len(vowels) + 1)))  # a nucleus has two
        room_before = min(self.times.onset_share * total, room)
        if enough:
            room_before = max(room_before, FLOOR_SECONDS * len(onset))
        lengths = [0.0] * count
        self._fill(lengths, onset, room_before)
        self._fill(lengths, rest, room - sum(lengths))
        self._share_vowels(lengths, vowels, total - sum(lengths))
        return lengths

    def _consonant_room(self, off_glide: bool) -> float:
        """Seconds that consonants may have: what the vowels' share of the notes leaves."""
        glide_share = self.times.off_glide_share if off_glide else 0.0
        share = self.times.nucleus_share / (1 - glide_share)
        room = max(0.0, self.seconds - share * sum(self.notes_seconds))
        if len(self.notes_seconds) > 1:
            beyond = self.seconds - sum(self.notes_seconds)  # what the shifts of both ends give or take
            last_note = (1 - self.times.nucleus_share) * self.notes_seconds[-1] + max(0.0, beyond)
            room = min(room, max(last_note, SHORTEST_CONSONANT_ROOM_SECONDS))
        return room

    def _fill(self, lengths: list[float], indices: list[int], room: float) -> None:
        """Give the consonants at `indices` lengths within `room` seconds; what a person asked for gives way last."""
        asked = [self.asked[i] for i in indices]
        kept = {k for k, i in enumerate(indices) if i in self.kept}
        if kept:
            room = max(room, self.seconds - FLOOR_SECONDS * (len(self.phones) - len(indices)))
        fitted = compress_others(asked, max(room, 0.0), FLOOR_SECONDS, kept)
        for i, length in zip(indices, fitted, strict=True):
            lengths[i] = length

    def _share_vowels(self, lengths: list[float], vowels: list[int], seconds: float) -> None:
        """Divide what the consonants leave among the vowels of a word."""
        glide, full = 0.0, vowels
        if has_off_glide(self.phones, vowels):
            glide = min(self.times.off_glide_share * seconds, self.times.off_glide_ms / 1000.0)
            if vowels[-1] in self.kept:
                glide = min(self.asked[vowels[-1]], max(0.0, seconds - FLOOR_SECONDS))
            lengths[vowels[-1]] = glide
            full = vowels[:-1]
        for i in full:
            lengths[i] = (seconds - glide) / len(full)

    def rest(self) -> list[float]:
        """Seconds of the phones of a rest: silence, a breath if it has room, then the next syllable's onset."""
        facts, total = self.facts, self.seconds
        pauses = [i for i, one in enumerate(facts) if one.phone_class == "silence" and self.phones[i] != GEMINATE]
        breaths = [i for i, one in enumerate(facts) if one.phone_class == "breath"]
        onset = [i for i in range(len(facts)) if i not in pauses and i not in breaths]
        lengths = [0.0] * len(facts)
        self._fill(lengths, onset, total * (self.times.rest_consonant_share if pauses or breaths else 1.0))
        free = total - sum(lengths)
        share = self.times.breath_share if pauses else 1.0
        for i, length in zip(
            breaths, compress([self.asked[i] for i in breaths], share * free, FLOOR_SECONDS), strict=True
        ):
            lengths[i] = length
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
