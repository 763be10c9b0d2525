"""What the acoustic network is told about each frame; training and singing build it with the same code.

Conventions
-----------
- Everything is per frame of a phrase. F0 is positive everywhere (bridged where unvoiced); `voiced` says where
  it sounds.
- Positions in a phone are counted in frames and saturate, so that a note of ten seconds looks like the middle of
  one that was heard in training.
- `energy_db` is loudness relative to the speaker's normal level of the same phone; 0 is normal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svs_cli.analysis.comb import comb

POSITION_LIMIT_FRAMES = 20
LENGTH_LIMIT_FRAMES = 60
ENERGY_LIMIT_DB = 15.0
SCALARS = 9


@dataclass(frozen=True)
class Conditions:
    """Shapes: phones (frames, 3) ids of previous, own and next phone; scalars (frames, SCALARS); comb (frames, 128)."""

    phones: NDArray[np.int64]
    scalars: NDArray[np.float32]
    comb: NDArray[np.float32]

    def cut(self, first: int, last: int) -> Conditions:
        """Frames first..last."""
        return Conditions(self.phones[first:last], self.scalars[first:last], self.comb[first:last])

    def padded(self, missing: int) -> Conditions:
        """With the last frame repeated `missing` times."""
        edges = ((0, missing), (0, 0))
        return Conditions(
            np.pad(self.phones, edges, mode="edge"),
            np.pad(self.scalars, edges, mode="edge"),
            np.pad(self.comb, edges, mode="edge"),
        )


def conditions(
    phone_ids: NDArray[np.int64],
    phone_frames: NDArray[np.int64],
    f0_hz: NDArray[np.float32],
    voiced: NDArray[np.bool_],
    energy_db: NDArray[np.float32],
) -> Conditions:
    """Shapes: phone_ids (phones,), phone_frames (phones,) summing to frames, the rest (frames,)."""
    frames = int(phone_frames.sum())
    index = np.repeat(np.arange(len(phone_ids)), phone_frames)
    edges = np.concatenate([phone_ids[:1], phone_ids, phone_ids[-1:]])
    ends = np.cumsum(phone_frames)
    since = np.arange(frames) - (ends - phone_frames)[index]
    until = ends[index] - 1 - np.arange(frames)
    length = phone_frames[index]
    log_f0 = np.log(np.maximum(f0_hz, 20.0))
    slope = np.gradient(log_f0) if frames > 1 else np.zeros(frames)
    scalars = np.stack(
        [
            np.minimum(since, POSITION_LIMIT_FRAMES) / POSITION_LIMIT_FRAMES,
            np.minimum(until, POSITION_LIMIT_FRAMES) / POSITION_LIMIT_FRAMES,
            np.exp(-since / 2.0),
            np.exp(-until / 2.0),
            np.log1p(np.minimum(length, LENGTH_LIMIT_FRAMES)) / 4.0,
            log_f0 - 5.5,
            np.clip(slope * 50.0, -2.0, 2.0),
            voiced.astype(np.float32),
            np.clip(energy_db, -ENERGY_LIMIT_DB, ENERGY_LIMIT_DB) / 6.0,
        ],
        axis=1,
    )
    phones = np.stack([edges[index], edges[index + 1], edges[index + 2]], axis=1)
    return Conditions(phones, scalars.astype(np.float32), comb(f0_hz))
