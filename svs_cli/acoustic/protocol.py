"""The acoustic stage: phones, durations and F0 of a segment become a mel spectrogram."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from svs_cli.performance.document import Segment


class AcousticModel(Protocol):
    """Mel frames from a segment that has durations and F0."""

    @property
    def name(self) -> str:
        """What messages call it."""
        ...

    def phones(self) -> frozenset[str]:
        """The phones of the inventory that this model was trained on (all others must be substituted)."""
        ...

    def speakers(self) -> tuple[str, ...]:
        """Names of the speakers that it can sing as."""
        ...

    def render(self, segment: Segment, *, speaker: str, seed: int = 0, steps: int | None = None) -> NDArray[np.float32]:
        """Log-mel of the segment, shape (segment.frames, 128): natural log of Slaney mel magnitude, floor 1e-5."""
        ...
