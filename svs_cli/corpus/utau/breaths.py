"""Breaths: where they are in a silence, and files that hold nothing else.

Conventions
-----------
- A breath is friction (3-12 kHz) that stands out of the recording's own noise for at least `LEAST_BREATH_SECONDS`.
- Two breaths closer than `LEAST_PAUSE_SECONDS` are one.
- Results are (phone, end in seconds) pairs without gaps, of `AP` and `SP`, none shorter than `LEAST_PIECE_SECONDS`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from svs_cli.corpus.utau.signal import HOP_SECONDS, Features, features_of, smoothed
from svs_cli.corpus.utau.words import BREATH, SILENCE, LabelError

LEAST_BREATH_SECONDS = 0.2
LEAST_PAUSE_SECONDS = 0.1
LEAST_PIECE_SECONDS = 0.02
BREATH_ABOVE_FLOOR_DB = 10.0
BREATH_BELOW_NUCLEUS_DB = 52.0
SMOOTHING_FRAMES = 13

Pieces = list[tuple[str, float]]


def stretches(wanted: NDArray[np.bool_], least_frames: int, join_frames: int) -> list[tuple[int, int]]:
    """Runs of True as (first, past the last) frame, joined over short gaps, short runs dropped; `wanted`: (frames,)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], wanted, [False]]).astype(int)))
    joined: list[tuple[int, int]] = []
    for begin, finish in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if joined and begin - joined[-1][1] < join_frames:
            begin = joined.pop()[0]
        joined.append((begin, finish))
    return [(begin, finish) for begin, finish in joined if finish - begin >= least_frames]


def pieces_of(wanted: NDArray[np.bool_], start_seconds: float, end_seconds: float) -> Pieces:
    """`AP` where `wanted` holds for long enough, `SP` between; frames of `wanted` count from `start_seconds`."""
    pieces: Pieces = []
    position = start_seconds
    for begin, finish in stretches(
        wanted, round(LEAST_BREATH_SECONDS / HOP_SECONDS), round(LEAST_PAUSE_SECONDS / HOP_SECONDS)
    ):
        begin_seconds = start_seconds + begin * HOP_SECONDS
        position = min(start_seconds + finish * HOP_SECONDS, end_seconds)
        if begin_seconds - (pieces[-1][1] if pieces else start_seconds) >= LEAST_PIECE_SECONDS:
            pieces.append((SILENCE, begin_seconds))
        pieces.append((BREATH, position))
    if pieces and end_seconds - position < LEAST_PIECE_SECONDS:
        return [*pieces[:-1], (pieces[-1][0], end_seconds)]
    return [*pieces, (SILENCE, end_seconds)]


def split_breaths(features: Features, nucleus_db: float, start_seconds: float, end_seconds: float) -> Pieces:
    """A silence of a sung recording, divided into `SP` and `AP`; `nucleus_db` is the level of what is sung."""
    level_db = smoothed(features.levels_db["high"], SMOOTHING_FRAMES)
    floor_db = float(np.percentile(level_db, 3))
    first, last = features.frame(start_seconds), features.frame(end_seconds)
    threshold_db = max(floor_db + BREATH_ABOVE_FLOOR_DB, nucleus_db - BREATH_BELOW_NUCLEUS_DB)
    return pieces_of(level_db[first:last] > threshold_db, start_seconds, end_seconds)


def label_breath(samples: NDArray[np.float32], sample_rate_hz: int) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """Phones and ends in seconds of a file of breaths; mono samples, shape (n,). Raises LabelError if none is heard."""
    features = features_of(samples, sample_rate_hz)
    level_db = smoothed(features.levels_db["all"], SMOOTHING_FRAMES)
    floor_db, peak_db = float(np.percentile(level_db, 3)), float(np.percentile(level_db, 97))
    if peak_db < -90.0:
        raise LabelError("no breath is heard")
    steady = peak_db < floor_db + 8.0  # cut so closely that there is no silence to compare with
    wanted = np.full(len(level_db), True) if steady else level_db > floor_db + 0.35 * (peak_db - floor_db)
    pieces = pieces_of(wanted, 0.0, features.duration_seconds)
    if all(phone != BREATH for phone, _ in pieces):
        raise LabelError("no breath is heard")
    return tuple(phone for phone, _ in pieces), tuple(end for _, end in pieces)
