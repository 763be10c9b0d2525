"""Timing by rule: consonants get lengths by class and tempo, every nucleus starts at its note's onset.

How the lengths become phones that fill the notes exactly is said in `arrange.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from svs_cli.duration.arrange import is_vowel
from svs_cli.duration.plan import Plan
from svs_cli.duration.stage import timed
from svs_cli.duration.times import GEMINATE, ConsonantTimes, PhoneFacts, PhoneTable
from svs_cli.performance.document import Performance, Segment


@dataclass(frozen=True)
class RuleDuration:
    """The timing stage that needs no weights; `table` defaults to the shipped phone inventory."""

    times: ConsonantTimes = field(default_factory=ConsonantTimes)
    table: PhoneTable | None = None
    name: str = "rule"

    def predict(self, performance: Performance) -> Performance:
        """Fill `phone_durations_seconds`; per word they sum to the notes, unless a note's overrides move its vowel.

        Raises PerformanceError on unknown phones.
        """
        table = self.table if self.table is not None else shipped_table()
        return timed(performance, table, lambda segment, facts: rule_plan(segment, facts, self.times), self.times)


def rule_plan(segment: Segment, facts: Sequence[PhoneFacts], times: ConsonantTimes) -> Plan:
    """Nominal lengths of a segment's consonants and breaths; nuclei lag by the same time, usually none."""
    notes = segment.word_note_slices()
    rests = [segment.notes[word.start] is None for word in notes]
    lengths: list[float] = []
    for w, phones in enumerate(segment.word_phone_slices()):
        neighbours = [] if rests[w] else [segment.note_durations_seconds[notes[w].stop - 1]]
        if w + 1 < len(rests) and not rests[w + 1]:
            neighbours.append(segment.note_durations_seconds[notes[w + 1].start])
        seconds = sum(segment.note_durations_seconds[notes[w]])
        scale = times.tempo_scale(*neighbours)
        fill = rest_lengths if rests[w] else sung_lengths
        lengths += fill(segment.phones[phones], facts[phones], seconds, scale, times)
    lag = times.nucleus_lag_ms / 1000.0
    return Plan(tuple(lengths), tuple(0.0 if rest or not w else lag for w, rest in enumerate(rests)))


def sung_lengths(
    phones: Sequence[str], facts: Sequence[PhoneFacts], seconds: float, scale: float, times: ConsonantTimes
) -> list[float]:
    """Nominal seconds of a syllable's phones: an onset before its nucleus, and what follows it, are a run each."""
    first = next((i for i, one in enumerate(facts) if one.nucleus), 0)
    lengths = [0.0] * len(phones)
    for start, stop in ((0, first), (first + 1, len(phones))):
        run = [i for i in range(start, stop) if not is_vowel(phones[i], facts[i])]
        for i, length in zip(run, consonants([phones[i] for i in run], [facts[i] for i in run], seconds, scale, times),
                             strict=True):  # fmt: skip
            lengths[i] = length
    return lengths


def rest_lengths(
    phones: Sequence[str], facts: Sequence[PhoneFacts], seconds: float, scale: float, times: ConsonantTimes
) -> list[float]:
    """Nominal seconds of a rest's phones: the longer it is, the longer the breath."""
    onset = [i for i, one in enumerate(facts) if phones[i] == GEMINATE or one.phone_class not in ("silence", "breath")]
    lengths = [0.0] * len(phones)
    for i, length in zip(
        onset, consonants([phones[i] for i in onset], [facts[i] for i in onset], seconds, scale, times), strict=True
    ):
        lengths[i] = length
    share = times.rest_consonant_share if len(onset) < len(phones) else 1.0
    free = seconds - min(sum(lengths), share * seconds)
    breaths = [i for i, one in enumerate(facts) if one.phone_class == "breath"]
    for i in breaths:
        lengths[i] = min(times.breath_longest_ms, max(times.breath_shortest_ms, 400.0 * free)) / 1000.0
    return lengths


def consonants(
    phones: Sequence[str], facts: Sequence[PhoneFacts], word_seconds: float, scale: float, times: ConsonantTimes
) -> list[float]:
    """Nominal seconds of a run of consonants."""
    crowd = sum(
        phone != GEMINATE and one.phone_class not in ("silence", "breath")
        for phone, one in zip(phones, facts, strict=True)
    )
    factor = scale * {0: 1.0, 1: 1.0, 2: times.pair_factor}.get(crowd, times.cluster_factor)
    lengths = []
    for i, (phone, one) in enumerate(zip(phones, facts, strict=True)):
        length = times.nominal_ms(phone, one) / 1000.0
        if phone == GEMINATE:
            length = min(length * scale, times.closure_share * word_seconds)
        else:
            length *= factor
        if i and phones[i - 1] == GEMINATE and one.phone_class in ("stop", "affricate"):
            length *= times.released_factor
        lengths.append(length)
    return lengths


def shipped_table() -> PhoneTable:
    """The phone inventory that comes with the toolkit."""
    from svs_cli.frontend.inventory import load_inventory

    return load_inventory()
