"""A song of any length, cut into windows that overlap: constant memory, and borders that nobody hears.

Conventions
-----------
- Positions count from the first window's start, which lies `context_frames` of silence before the song's first frame.
- A window holds `frames` of its own between two times `context_frames` of its neighbours'; beyond the song's ends there
  is silence (the mel's floor, F0 0).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svs_cli.analysis.mel import LOG_FLOOR, MEL
from svs_cli.vocoder.inputs import check

Piece = tuple[NDArray[np.float32], NDArray[np.float32]]  # mel (frames, 128) and F0 (frames,)


@dataclass(frozen=True)
class Window:
    """Shapes: mel (frames + 2 context_frames, 128), f0_hz (frames + 2 context_frames,)."""

    mel: NDArray[np.float32]
    f0_hz: NDArray[np.float32]
    first_frame: int
    frames: int

    def own_samples(self, context_frames: int) -> slice:
        """Where the window's own frames lie in the samples made of all of it."""
        return slice(context_frames * MEL.hop_samples, (context_frames + self.frames) * MEL.hop_samples)


def windows(pieces: Iterable[Piece], own_frames: int, context_frames: int) -> Iterator[Window]:
    """Windows of `own_frames` (the last may be shorter) of a song that comes in pieces of any length, in order.

    Raises DataError at the first piece that is no mel and F0.
    """
    mel, f0_hz = silence(context_frames)
    first_frame = 0
    for block_mel, block_f0_hz in blocks(pieces, own_frames):
        mel, f0_hz = np.concatenate([mel, block_mel]), np.concatenate([f0_hz, block_f0_hz])
        while len(mel) >= own_frames + 2 * context_frames:
            span = slice(0, own_frames + 2 * context_frames)
            yield Window(mel[span], f0_hz[span], first_frame, own_frames)
            mel, f0_hz = mel[own_frames:], f0_hz[own_frames:]
            first_frame += own_frames
    after_mel, after_f0_hz = silence(context_frames)
    mel, f0_hz = np.concatenate([mel, after_mel]), np.concatenate([f0_hz, after_f0_hz])
    while len(mel) > 2 * context_frames:
        frames = min(own_frames, len(mel) - 2 * context_frames)
        span = slice(0, frames + 2 * context_frames)
        yield Window(mel[span], f0_hz[span], first_frame, frames)
        mel, f0_hz = mel[frames:], f0_hz[frames:]
        first_frame += frames


def blocks(pieces: Iterable[Piece], longest_frames: int) -> Iterator[Piece]:
    """The pieces, checked, in blocks of at most `longest_frames`: a whole song as one piece is never copied."""
    for mel, f0_hz in pieces:
        check(mel, f0_hz)
        for first in range(0, len(mel), longest_frames):
            span = slice(first, first + longest_frames)
            yield np.asarray(mel[span], np.float32), np.asarray(f0_hz[span], np.float32)


def silence(frames: int) -> Piece:
    """Mel and F0 of nothing."""
    return np.full((frames, MEL.bands), LOG_FLOOR, np.float32), np.zeros(frames, np.float32)
