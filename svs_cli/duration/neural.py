"""Timing as singers do it: consonants, breaths, and how late nuclei are, learned; the notes still set the limits.

Conventions
-----------
- A nucleus starts at its note's onset plus the learned lag, a rest where the voice before it ends; sums stay exact.
- A phone that the model has seen `n` times in singing is `n / (n + 20)` the model's and for the rest the rule's: what
  nobody sang to it leans on the rule.
- Predictions are rounded to a tenth of a millisecond, so that the last bit of a matrix product cannot move a frame.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray

from svs_cli.duration.arrange import arranged
from svs_cli.duration.features import Rows, runs_of, song_features, spoken_features, sung_features
from svs_cli.duration.network import DurationNetwork
from svs_cli.duration.plan import Plan, with_wishes
from svs_cli.duration.rule import facts_of, rule_plan, shipped_table
from svs_cli.duration.times import ConsonantTimes, PhoneFacts, PhoneTable
from svs_cli.performance.document import Performance, Segment

EVIDENCE_HALF = 20.0
SHORTEST_FACTOR, LONGEST_FACTOR = 0.35, 1.25
SHORTEST_SECONDS, LONGEST_SECONDS = 0.01, 1.0
DECIMALS = 4


@dataclass(frozen=True)
class NeuralDuration:
    """The learned timing stage; `evidence` says how often it saw each phone sung, `times` hold the limits."""

    name: str
    network: DurationNetwork
    evidence: Mapping[str, float] = field(default_factory=dict)
    clusters_learned: bool = True
    learned_from: tuple[str, ...] = ()
    times: ConsonantTimes = field(default_factory=ConsonantTimes)
    table: PhoneTable | None = None

    def predict(self, performance: Performance) -> Performance:
        """Fill `phone_durations_seconds`; per segment they sum to the notes.

        Raises PerformanceError on unknown phones.
        """
        table = self.table if self.table is not None else shipped_table()
        song = song_features(performance)
        segments = []
        for number, segment in enumerate(performance.segments, 1):
            facts = facts_of(segment.phones, table, f"segment {number}")
            plan = with_wishes(self.plan(segment, facts, song), segment, facts)
            segments.append(arranged(segment, facts, plan, self.times))
        return performance.with_(segments=tuple(segments))

    @torch.no_grad()
    def plan(self, segment: Segment, facts: Sequence[PhoneFacts], song: Rows) -> Plan:
        """What the model asks for in one segment; `song` is from `song_features`."""
        rows = torch.from_numpy(sung_features(segment, facts, song))
        alone, shifts = (values.double().mean(0).numpy() for values in self.network(rows))
        times = replace(self.times, pair_factor=1.0, cluster_factor=1.0) if self.clusters_learned else self.times
        by_rule = np.array(rule_plan(segment, facts, times).lengths_seconds)
        seen = np.array([self.evidence.get(phone, 0.0) for phone in segment.phones])
        trust = seen / (seen + EVIDENCE_HALF)
        lengths = alone**trust * np.maximum(by_rule, SHORTEST_SECONDS) ** (1 - trust)
        if self.clusters_learned:
            lengths *= self.cluster_factors(segment.phones, facts)
        starts = [phones.start for phones in segment.word_phone_slices()]
        return Plan(
            tuple(np.round(np.clip(lengths, SHORTEST_SECONDS, LONGEST_SECONDS), DECIMALS).tolist()),
            (0.0, *np.round(shifts[starts[1:]], DECIMALS).tolist()),
            elastic=True,
        )

    @torch.no_grad()
    def cluster_factors(self, phones: Sequence[str], facts: Sequence[PhoneFacts]) -> NDArray[np.float64]:
        """How much shorter each consonant is for those beside it, (phones,); 1 for one that stands alone."""
        together, alone = (torch.from_numpy(rows) for rows in spoken_features(phones, facts))
        difference = self.network.spoken_log_length(together) - self.network.spoken_log_length(alone)
        factors = np.clip(np.exp(difference.double().numpy()), SHORTEST_FACTOR, LONGEST_FACTOR)
        crowded = np.array([stop - start > 1 for start, stop in runs_of(phones, facts)])
        return np.where(crowded, factors, 1.0)
