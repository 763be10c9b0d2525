"""What a timing model asks for in one segment, before the notes set their limits.

Conventions
-----------
- `lengths_seconds` has one entry a phone: how long a consonant or a breath should be. Vowels and silences share what is
  left of their word, so their entries do not matter.
- `shifts_seconds` has one entry a word: how much later than its first note it begins (negative: earlier). Of a syllable
  that is the lag of its nucleus, of a rest the time that the voice sounds on into it. The first word cannot move.
- `kept` are phones whose lengths a person asked for, `moved` words that a person shifted: both give way last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from svs_cli.duration.times import PhoneFacts
from svs_cli.performance.document import Segment


@dataclass(frozen=True)
class Plan:
    """See the module's conventions; an `elastic` plan lets crowded words take time from their neighbours."""

    lengths_seconds: tuple[float, ...]
    shifts_seconds: tuple[float, ...]
    kept: frozenset[int] = frozenset()
    moved: frozenset[int] = frozenset()
    elastic: bool = False


def with_wishes(plan: Plan, segment: Segment, facts: Sequence[PhoneFacts]) -> Plan:
    """The plan with what the notes' overrides ask for (see `performance/overrides.py`)."""
    if not any(detail.overrides for detail in segment.details):
        return plan
    lengths, shifts = list(plan.lengths_seconds), list(plan.shifts_seconds)
    kept, moved = set(plan.kept), set(plan.moved)
    words = zip(segment.word_phone_slices(), segment.word_note_slices(), strict=True)
    for w, (phones, notes) in enumerate(words):
        wishes = segment.details[notes.start].overrides
        if not wishes or segment.notes[notes.start] is None:
            continue
        if wishes.nucleus_offset_seconds is not None and w:
            shifts[w] = wishes.nucleus_offset_seconds
            moved.add(w)
        vowel = first_nucleus(facts, phones)
        for place, seconds in (wishes.phone_lengths_seconds or {}).items():
            if 0 <= vowel + place < len(lengths):
                lengths[vowel + place] = seconds
                kept.add(vowel + place)
    return replace(
        plan, lengths_seconds=tuple(lengths), shifts_seconds=tuple(shifts), kept=frozenset(kept), moved=frozenset(moved)
    )


def first_nucleus(facts: Sequence[PhoneFacts], phones: slice) -> int:
    """Number of the phone from which a word's phones are counted: its nucleus, its first phone if it has none."""
    return next((i for i in range(phones.start, phones.stop) if facts[i].nucleus), phones.start)
