"""The pitch stage: fills `f0` of every segment."""

from __future__ import annotations

from typing import Protocol

from svs_cli.performance.document import Performance


class PitchModel(Protocol):
    """Notes and phone timing become an F0 curve on the frame grid."""

    @property
    def name(self) -> str:
        """What messages call it."""
        ...

    def predict(self, performance: Performance, seed: int = 0) -> Performance:
        """The same document with F0; positive everywhere, one value a frame of the segment."""
        ...
