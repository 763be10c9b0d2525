"""Another take's timing: the boundaries in a stretch of a timed segment move as a singer's own do when she repeats it.

Conventions
-----------
- Sizes are measured: the same phone between the same phones on the same notes of the same song in the labels of
  no7_singing (`recipes/duration`), robust deviations (1.48 times the median of what is off) of 677 consonants, 789
  nuclei and 277 ends of voices. What lies beyond twice that is drawn back.
- Only boundaries between phones inside the stretch move; each phone keeps a share of its length, and a frame. So sums
  stay exact, and outside the stretch nothing moves.
- Around what is there, not around what a model says: what a person has edited stays about as it is, and what a note's
  overrides ask for stays exactly so.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from svs_cli.duration.arrange import is_vowel
from svs_cli.duration.feel import in_order
from svs_cli.duration.fit import at_least_one_frame
from svs_cli.duration.plan import Plan, with_wishes
from svs_cli.duration.rule import shipped_table
from svs_cli.duration.stage import facts_of
from svs_cli.duration.times import GEMINATE, PhoneFacts, PhoneTable
from svs_cli.errors import PerformanceError
from svs_cli.performance.document import Performance, Segment
from svs_cli.units import GRID

LAG_SECONDS, RELEASE_SECONDS = 0.018, 0.033
LOG_LENGTH = 0.25
MOST_DEVIATIONS = 2.0

Times = NDArray[np.float64]


def another_timing(performance: Performance, seed: int) -> Performance:
    """The whole document with other phone durations; the same seed gives the same. Raises PerformanceError."""
    table = shipped_table()
    segments = tuple(varied(one, 0.0, one.duration_seconds, seed, table) for one in performance.segments)
    return performance.with_(segments=segments)


def varied(segment: Segment, start_seconds: float, end_seconds: float, seed: int, table: PhoneTable) -> Segment:
    """The segment with other phone durations between two times from its start; the same seed gives the same.

    Raises PerformanceError for a segment without durations or with unknown phones.
    """
    if segment.phone_durations_seconds is None:
        raise PerformanceError("the document has no phone durations yet", fix="run it through 'svs duration' first")
    old = np.concatenate([[0.0], np.cumsum(segment.phone_durations_seconds)])
    facts = facts_of(segment.phones, table, "the document")
    margin = GRID.frame_seconds
    inside = np.flatnonzero((old[1:-1] > start_seconds + margin) & (old[1:-1] < end_seconds - margin)) + 1
    if not len(inside):
        return segment
    part = slice(int(inside[0]) - 1, int(inside[-1]) + 2)  # with a boundary that stays at both ends
    wanted = drawn(segment, facts, old, np.random.default_rng((seed, round(1000 * segment.offset_seconds))))
    least = start_seconds + margin, end_seconds - margin
    new = in_order(old[part], np.concatenate([old[part][:1], wanted[part][1:-1].clip(*least), old[part][-1:]]))
    new = at_least_one_frame(segment.offset_seconds + new) - segment.offset_seconds
    lengths = list(segment.phone_durations_seconds)
    lengths[part.start : part.stop - 1] = np.diff([old[part.start], *new[1:-1], old[part.stop - 1]]).tolist()
    return segment.with_(phone_durations_seconds=tuple(lengths))


def drawn(segment: Segment, facts: Sequence[PhoneFacts], old: Times, rng: np.random.Generator) -> Times:
    """Where all boundaries of the segment would like to be, (phones + 1,); what is no consonant's moves in between."""
    draws = rng.standard_normal(len(segment.phones)).clip(-MOST_DEVIATIONS, MOST_DEVIATIONS)
    asked = with_wishes(Plan((0.0,) * len(draws), (0.0,) * len(segment.phone_counts)), segment, facts)
    words = segment.word_phone_slices()
    draws[[*asked.kept, *(words[w].start for w in asked.moved)]] = 0.0
    moves = np.full(len(old), np.nan)
    moves[[0, -1]] = 0.0
    for w, (phones, notes) in enumerate(zip(words, segment.word_note_slices(), strict=True)):
        rest = segment.notes[notes.start] is None
        if w:
            moves[phones.start] = draws[phones.start] * (RELEASE_SECONDS if rest else LAG_SECONDS)
    for i in reversed(range(1, len(segment.phones))):  # a consonant ends where the phone after it begins
        if is_consonant(segment.phones[i], facts[i]) and np.isnan(moves[i]) and np.isfinite(moves[i + 1]):
            moves[i] = moves[i + 1] - (old[i + 1] - old[i]) * np.expm1(LOG_LENGTH * draws[i])
    known = np.isfinite(moves)
    return old + np.interp(old, old[known], moves[known])


def is_consonant(phone: str, facts: PhoneFacts) -> bool:
    """Whether a phone has a length of its own: a consonant, the closure of a geminate, or a breath."""
    return phone == GEMINATE or not (facts.phone_class == "silence" or is_vowel(phone, facts))
