"""Where a recording sounds: what is trimmed at its ends, and where a long one may be cut.

Conventions
-----------
- A frame is 20 ms, one every 10 ms. It sounds if its level is near enough to the loudest and clear of the noise floor;
  what sounds for less than 30 ms is a click and does not count.
- `SILENCE_KEPT_SECONDS` of what stands before and after the sound are kept.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from svs_cli.errors import CorpusError
from svs_cli.units import GRID, amplitude_to_db

SILENCE_KEPT_SECONDS = 0.25
LONGEST_SECONDS = 60.0
SHORTEST_PIECE_SECONDS = 15.0  # a shorter one only where there is no other pause
PAUSE_SECONDS = 0.3
FRAME_SECONDS, STEP_SECONDS = 0.02, 0.01
CLICK_FRAMES = 3
NOTHING_DB = -70.0
QUIET_DB = 45.0  # below the loudest frame nothing counts
CLEAR_OF_NOISE_DB = 8.0
LEAST_RANGE_DB = 20.0  # with less between noise and loudest frame, there is no telling what is silence

Span = tuple[float, float]  # seconds


def frame_levels_db(samples: NDArray[np.float32], sample_rate_hz: int) -> NDArray[np.float64]:
    """RMS level of each frame, (n,) -> (frames,)."""
    frame, step = round(FRAME_SECONDS * sample_rate_hz), round(STEP_SECONDS * sample_rate_hz)
    energy = np.concatenate([[0.0], np.cumsum(samples.astype(np.float64) ** 2)])
    starts = np.arange(0, max(1, len(samples) - frame + 1), step)
    ends = np.minimum(starts + frame, len(samples))
    return amplitude_to_db(np.sqrt(np.maximum(energy[ends] - energy[starts], 0.0) / (ends - starts)))


def sounding(samples: NDArray[np.float32], sample_rate_hz: int = GRID.sample_rate_hz) -> NDArray[np.bool_]:
    """Which frames sound, (n,) -> (frames,); all False for silence."""
    from scipy.ndimage import binary_opening, minimum_filter1d

    levels_db = frame_levels_db(samples, sample_rate_hz)
    loudest_db = float(minimum_filter1d(levels_db, min(CLICK_FRAMES, len(levels_db))).max())
    if loudest_db < NOTHING_DB:
        return np.zeros(len(levels_db), np.bool_)
    threshold_db = loudest_db - QUIET_DB
    clear_db = float(np.percentile(levels_db, 5)) + CLEAR_OF_NOISE_DB
    if clear_db <= loudest_db - LEAST_RANGE_DB:
        threshold_db = max(threshold_db, clear_db)
    opened: NDArray[np.bool_] = binary_opening(levels_db > threshold_db, np.ones(CLICK_FRAMES, np.bool_))
    return opened


def runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Begin and end (exclusive) of each run of True.

    >>> runs(np.array([True, False, True, True]))
    [(0, 1), (2, 4)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(begin), int(end)) for begin, end in zip(edges[::2], edges[1::2], strict=True)]


def sound_span(mask: NDArray[np.bool_]) -> Span | None:
    """From where to where a recording sounds, in seconds; None if it does not."""
    found = np.flatnonzero(mask)
    if not len(found):
        return None
    return float(found[0] * STEP_SECONDS), float(found[-1] * STEP_SECONDS + FRAME_SECONDS)


def pauses(mask: NDArray[np.bool_]) -> list[Span]:
    """Silences of at least `PAUSE_SECONDS`, in seconds."""
    spans = [(begin * STEP_SECONDS, end * STEP_SECONDS) for begin, end in runs(~mask)]
    return [(begin, end) for begin, end in spans if end - begin >= PAUSE_SECONDS]


def cut(span: Span, breaks: Sequence[Span], longest_seconds: float = LONGEST_SECONDS) -> list[Span]:
    """`span` in pieces of at most `longest_seconds`, cut in the middle of the longest `breaks`.

    Raises CorpusError when a stretch has no break.

    >>> cut((0.0, 100.0), [(30.0, 31.0), (50.0, 52.0)])
    [(0.0, 51.0), (51.0, 100.0)]
    """
    begin, end = span
    pieces = []
    while end - begin > longest_seconds:
        reachable = [b for b in breaks if begin + 0.1 < (b[0] + b[1]) / 2 <= begin + longest_seconds]
        if not reachable:
            raise CorpusError(
                f"sounds for more than {longest_seconds:.0f} s without a pause from {begin:.1f} s on",
                fix="cut the file at breaths, or give it times with 'svs align'",
            )
        far = [b for b in reachable if (b[0] + b[1]) / 2 >= begin + SHORTEST_PIECE_SECONDS]
        chosen = max(far or reachable, key=lambda b: (round(b[1] - b[0], 3), b[0]))
        middle = (chosen[0] + chosen[1]) / 2
        pieces.append((begin, middle))
        begin = middle
    return [*pieces, (begin, end)]
