"""Long phrases in overlapping windows that are cross-faded, so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from svs_cli.analysis.mel import LOG_FLOOR, MEL

WINDOW_FRAMES = 1600
OVERLAP_FRAMES = 160


def in_windows(frames: int, render: Callable[[int, int], NDArray[np.float32]]) -> NDArray[np.float32]:
    """The mel of all frames, (frames, 128), of which `render(first, last)` makes any stretch."""
    mel = np.full((frames, MEL.bands), LOG_FLOOR, np.float32)
    fade = np.linspace(0.0, 1.0, OVERLAP_FRAMES, dtype=np.float32)[:, None]
    first = 0
    while True:
        last = min(frames, first + WINDOW_FRAMES)
        window = render(first, last)
        if first:
            shared = min(OVERLAP_FRAMES, len(window))
            window[:shared] = mel[first : first + shared] * (1 - fade[:shared]) + window[:shared] * fade[:shared]
        mel[first:last] = window
        if last == frames:
            return mel
        first = last - OVERLAP_FRAMES
