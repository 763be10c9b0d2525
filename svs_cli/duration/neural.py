"""Timing as singers do it: consonants, breaths, and how late nuclei are, learned; the notes still set the limits.

Conventions
-----------
- A nucleus starts at its note's onset plus the learned lag, a rest where the voice before it ends; sums stay exact.
- A phone that the model has seen `n` times in singing is `n / (n + 20)` the model's and for the rest the rule's: what
  nobody sang to it leans on the rule.
- Of a cluster, speech says by how much it is shorter than its consonants would be alone, and how they share it.
- Predictions are rounded to a tenth of a millisecond, so that the last bit of a matrix product cannot move a frame.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray

from svs_cli.duration.features import Rows, runs_of, song_features, spoken_features, sung_features
from svs_cli.duration.network import DurationNetwork
from svs_cli.duration.plan import Plan
from svs_cli.duration.rule import rule_plan, shipped_table
from svs_cli.duration.stage import timed
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
        return timed(performance, table, lambda segment, facts: self.plan(segment, facts, song), self.times)

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
            lengths = self.crowded(lengths, segment.phones, facts)
        starts = [phones.start for phones in segment.word_phone_slices()]
        return Plan(
            tuple(np.round(np.clip(lengths, SHORTEST_SECONDS, LONGEST_SECONDS), DECIMALS).tolist()),
            (0.0, *np.round(shifts[starts[1:]], DECIMALS).tolist()),
            elastic=True,
        )

    @torch.no_grad()
    def crowded(
        self, alone_seconds: NDArray[np.float64], phones: Sequence[str], facts: Sequence[PhoneFacts]
    ) -> NDArray[np.float64]:
        """Lengths of consonants that stand in clusters, (phones,) -> (phones,); those that stand alone keep theirs.

        A cluster shrinks by as much as its consonants do in speech, and is shared out among them as it is there.
        """
        together, alone = (
            self.network.spoken_log_length(torch.from_numpy(rows)).double().numpy()
            for rows in spoken_features(phones, facts)
        )
        shrunk = alone_seconds * np.clip(np.exp(together - alone), SHORTEST_FACTOR, LONGEST_FACTOR)
        lengths = alone_seconds.copy()
        for start, stop in set(runs_of(phones, facts)):
            if stop - start > 1:
                spoken = np.exp(together[start:stop])
                lengths[start:stop] = shrunk[start:stop].sum() * spoken / spoken.sum()
        return lengths
