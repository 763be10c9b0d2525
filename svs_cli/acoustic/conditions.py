"""What the acoustic network is told about each frame; training and singing build it with the same code.

Conventions
-----------
- Everything is per frame of a phrase. F0 is positive everywhere (bridged where unvoiced); `voiced` says where it
  sounds.
- Positions in a phone are counted in frames and saturate, so that a note of ten seconds looks like the middle of
  one that was heard in training.
- Technique curves are offsets in dB from how the speaker usually sings that phone in that style; 0 is normal. A curve
  that is None, or NaN somewhere, is not known there: the network then does what suits the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svs_cli.analysis.comb import comb

POSITION_LIMIT_FRAMES = 20
LENGTH_LIMIT_FRAMES = 60
TECHNIQUES = ("energy", "breathiness", "tension")
TECHNIQUE_LIMIT_DB = 15.0
TECHNIQUE_UNIT_DB = 6.0
SCALARS = 8 + 2 * len(TECHNIQUES)

Curve = NDArray[np.float32]


@dataclass(frozen=True)
class Conditions:
    """Shapes: phones (frames, 3) ids of previous, own and next phone; scalars (frames, SCALARS); comb (frames, 128)."""

    phones: NDArray[np.int64]
    scalars: Curve
    comb: Curve

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
    f0_hz: Curve,
    voiced: NDArray[np.bool_],
    techniques: tuple[Curve | None, Curve | None, Curve | None] = (None, None, None),
    span: slice = slice(None),
) -> Conditions:
    """Shapes: phone_ids (phones,), phone_frames (phones,) summing to frames, the rest (frames,); `span` of the frames.

    `techniques` are the curves of `TECHNIQUES`.
    """
    frames = int(phone_frames.sum())
    index = np.repeat(np.arange(len(phone_ids)), phone_frames)
    ends = np.cumsum(phone_frames)
    since = np.arange(frames) - (ends - phone_frames)[index]
    until = ends[index] - 1 - np.arange(frames)
    log_f0 = np.log(np.maximum(f0_hz, 20.0))
    slope = np.gradient(log_f0) if frames > 1 else np.zeros(frames)
    scalars = [
        np.minimum(since, POSITION_LIMIT_FRAMES) / POSITION_LIMIT_FRAMES,
        np.minimum(until, POSITION_LIMIT_FRAMES) / POSITION_LIMIT_FRAMES,
        np.exp(-since / 2.0),
        np.exp(-until / 2.0),
        np.log1p(np.minimum(phone_frames[index], LENGTH_LIMIT_FRAMES)) / 4.0,
        log_f0 - 5.5,
        np.clip(slope * 50.0, -2.0, 2.0),
        voiced.astype(np.float32),
    ]
    for curve in techniques:
        known = np.zeros(frames, np.bool_) if curve is None else np.isfinite(curve)
        value = np.zeros(frames) if curve is None else np.where(known, curve, 0.0)
        scalars += [np.clip(value, -TECHNIQUE_LIMIT_DB, TECHNIQUE_LIMIT_DB) / TECHNIQUE_UNIT_DB, known]
    edges = np.concatenate([phone_ids[:1], phone_ids, phone_ids[-1:]])
    phones = np.stack([edges[index], edges[index + 1], edges[index + 2]], axis=1)
    return Conditions(phones[span], np.stack(scalars, axis=1).astype(np.float32)[span], comb(f0_hz[span]))
