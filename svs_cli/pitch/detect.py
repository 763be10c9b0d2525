"""Vibrato found in a curve: the same way in a singer's F0 and in a model's.

Conventions
-----------
- A note's deviation in cents is explained, by least squares over its voiced frames, as a parabola (drift and what is
  left of the moves) plus a sine that starts at an onset and fades in. Rate, onset and fade are searched on grids, the
  rate then on a finer one.
- It counts as vibrato if the sine explains most of what the parabola leaves, is deep enough to be heard, and has at
  least 1.5 periods. Depth is the sine's amplitude.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from svs_cli.pitch.gesture import Vibrato

Array = NDArray[np.float64]
RATES_HZ = tuple(np.arange(4.0, 8.01, 0.25))
FINER_HZ = np.arange(-0.25, 0.26, 0.05)
ONSETS_SECONDS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0)
FADES_SECONDS = (0.05, 0.25, 0.6)
EDGE_SECONDS = 0.06  # of a note at both ends that belongs to moves
SHORTEST_SECONDS = 0.3
FEWEST_PERIODS = 1.5
SHALLOWEST_CENTS = 15.0
LARGEST_FADE_SHARE = 0.5  # of what is left of the note after the onset: else the depth is a guess
SMALLEST_SHARE = 0.5  # of the variance that the parabola leaves


def find_vibrato(cents: Array, seconds: Array) -> Vibrato | None:
    """The vibrato of one note from its voiced frames: deviation in cents at times after its onset, both (frames,).

    >>> at = np.arange(0.0, 1.0, 0.01)
    >>> found = find_vibrato(50.0 * np.sin(2 * np.pi * 6.0 * at), at)
    >>> found.rate_hz, round(found.depth_cents)
    (6.0, 50)
    """
    inner = (seconds >= EDGE_SECONDS) & (seconds <= (seconds[-1] if len(seconds) else 0.0) - EDGE_SECONDS)
    times, values = seconds[inner], cents[inner]
    if len(times) < 12 or times[-1] - times[0] < SHORTEST_SECONDS:
        return None
    trend = np.vander((times - times.mean()) / np.ptp(times), 3)
    base = np.linalg.qr(trend)[0]
    left = values - base @ (base.T @ values)
    power = float(left @ left)
    if power < len(left) * (0.4 * SHALLOWEST_CENTS) ** 2:
        return None
    table = fitting(RATES_HZ, ONSETS_SECONDS, FADES_SECONDS, float(times[-1]))
    if not len(table):
        return None
    rough = table[np.argmax(explained(table, times, left, base)[0])]
    finer = fitting(tuple(rough[0] + FINER_HZ), (rough[1],), (rough[2],), float(times[-1]))
    powers, weights = explained(finer, times, left, base)
    best = int(np.argmax(powers))
    depth = float(np.hypot(*weights[best]))
    if powers[best] < SMALLEST_SHARE * power or depth < SHALLOWEST_CENTS:
        return None
    phase = float(np.arctan2(weights[best][1], weights[best][0]) / (2 * np.pi)) % 1.0
    rate, onset, fade = (float(value) for value in finer[best])
    return Vibrato(round(rate, 3), depth, onset, fade, phase)


def fitting(rates: tuple[float, ...], onsets: tuple[float, ...], fades: tuple[float, ...], end: float) -> Array:
    """Rates, onsets and fades that have room in a note that ends after `end` seconds, (candidates, 3)."""
    rows = [
        (rate, onset, fade)
        for rate, onset, fade in product(rates, onsets, fades)
        if (end - onset) * rate >= FEWEST_PERIODS and fade <= LARGEST_FADE_SHARE * (end - onset)
    ]
    return np.array(rows, np.float64).reshape(-1, 3)


def explained(table: Array, times: Array, left: Array, base: Array) -> tuple[Array, Array]:
    """What the sine and cosine of each explain, (candidates,), and their weights, (candidates, 2)."""
    after = times[None] - table[:, 1:2]
    fade = 0.5 - 0.5 * np.cos(np.pi * np.clip(after / table[:, 2:], 0.0, 1.0))
    angle = 2.0 * np.pi * table[:, :1] * after
    waves = np.stack([fade * np.sin(angle), fade * np.cos(angle)], axis=2)
    waves = waves - base @ (base.T @ waves)
    gram = waves.mT @ waves + 1e-9 * np.eye(2)
    right = (waves.mT @ left[:, None])[..., 0]
    weights: Array = np.linalg.solve(gram, right[..., None])[..., 0].astype(np.float64)
    powers: Array = (weights * right).sum(1)
    return powers, weights
