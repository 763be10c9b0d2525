"""The timing stage: fills `phone_durations_seconds` of every segment."""

from __future__ import annotations

from typing import Protocol

from svs_cli.performance.document import Performance


class DurationModel(Protocol):
    """Phones get durations; a word's first phone starts at its note's onset plus the model's lag (by rule, none)."""

    @property
    def name(self) -> str:
        """What messages call it."""
        ...

    def predict(self, performance: Performance) -> Performance:
        """The same document with phone durations; per segment they sum to the notes' exactly."""
        ...
