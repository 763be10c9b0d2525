"""A song of any length, cut into windows that overlap: constant memory, and borders that nobody hears.

Conventions
-----------
- A window holds frames of its own between those of its neighbours that they need to know: `context_frames` on either
  side, or less where the song begins or ends, as long as `edge_frames` of silence are among them.
- Beyond the song's ends there is silence (the mel's floor, F0 0).
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
    """Shapes: mel (before + frames + after, 128), f0_hz (before + frames + after,).

    `first_frame` is the song's that comes first of its own `frames`; the next window begins `advance` frames later.
    """

    mel: NDArray[np.float32]
    f0_hz: NDArray[np.float32]
    first_frame: int
    before: int
    frames: int
    advance: int

    @property
    def after(self) -> int:
        """Frames of context after its own."""
        return len(self.mel) - self.before - self.frames


def windows(pieces: Iterable[Piece], own_frames: int, context_frames: int, edge_frames: int) -> Iterator[Window]:
    """Windows of `own_frames` (the last may be shorter) of a song that comes in pieces of any length, in order.

    Raises DataError at the first piece that is no mel and F0.
    """
    mel, f0_hz = silence(edge_frames)
    first_frame, before = 0, edge_frames

    def window(frames: int) -> Window:
        span = slice(0, before + frames + context_frames)
        advance = max(0, before + frames - context_frames)
        return Window(mel[span], f0_hz[span], first_frame, before, frames, advance)

    for block_mel, block_f0_hz in blocks(pieces, own_frames):
        mel, f0_hz = np.concatenate([mel, block_mel]), np.concatenate([f0_hz, block_f0_hz])
        while len(mel) >= before + own_frames + context_frames:
            yield (made := window(own_frames))
            first_frame, before = first_frame + made.frames, before + made.frames - made.advance
            mel, f0_hz = mel[made.advance :], f0_hz[made.advance :]
    after_mel, after_f0_hz = silence(edge_frames)
    mel, f0_hz = np.concatenate([mel, after_mel]), np.concatenate([f0_hz, after_f0_hz])
    while (left := len(mel) - before - edge_frames) > 0:
        yield (made := window(min(own_frames, left)))
        first_frame, before = first_frame + made.frames, before + made.frames - made.advance
        mel, f0_hz = mel[made.advance :], f0_hz[made.advance :]


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
