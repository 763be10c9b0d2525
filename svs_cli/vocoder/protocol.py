"""The vocoder stage: mel and F0 become samples."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Vocoder(Protocol):
    """Samples from a log-mel spectrogram and F0 on the frame grid."""

    @property
    def name(self) -> str:
        """What messages call it."""
        ...

    def render(self, mel: NDArray[np.float32], f0_hz: NDArray[np.float32], *, seed: int = 0) -> NDArray[np.float32]:
        """Shapes: mel (frames, 128), f0_hz (frames,) with 0 where unvoiced -> (frames * 512,) in -1..1.

        Frame `i` is centred on sample `i * 512`. Constant memory in the length of the song.
        """
        ...
