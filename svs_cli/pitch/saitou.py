"""The second-order systems of Saitou, Unoki and Akagi (2005), in closed form.

Conventions
-----------
- A system is s^2 + 2 z w s + w^2 with natural frequency w in radians a second and damping z < 1, normalised to
  unit gain, so a step of 1 settles at 1. Times are seconds after the step; before it everything is 0.
- Closed forms instead of a running filter: each move may have its own w and z, and nothing accumulates.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
SETTLED_TIME_CONSTANTS = 9.0  # e^-9: a thousandth of a cent an octave


def step_response(seconds: Array, rad_per_second: float, damping: float) -> Array:
    """Response to a unit step at 0, any shape; overshoots by `overshoot_of(damping)`.

    >>> bool(abs(step_response(np.array([10.0]), 34.8, 0.5422)[0] - 1.0) < 1e-12)
    True
    """
    elapsed = np.maximum(seconds, 0.0)
    ratio = math.sqrt(1.0 - damping**2)
    turned = rad_per_second * ratio * elapsed
    decay = np.exp(-damping * rad_per_second * elapsed)
    return 1.0 - decay * (np.cos(turned) + damping / ratio * np.sin(turned))


def impulse_response(seconds: Array, rad_per_second: float, damping: float) -> Array:
    """Response to an impulse at 0, any shape, scaled to a peak of 1."""
    elapsed = np.maximum(seconds, 0.0)
    ratio = math.sqrt(1.0 - damping**2)
    peak_turned = math.acos(damping)
    peak = math.exp(-damping / ratio * peak_turned) * math.sin(peak_turned)
    turned = rad_per_second * ratio * elapsed
    return np.exp(-damping * rad_per_second * elapsed) * np.sin(turned) / peak


def overshoot_of(damping: float) -> float:
    """Share of a step by which its response overshoots.

    >>> round(overshoot_of(0.5422), 3)
    0.132
    """
    return math.exp(-math.pi * damping / math.sqrt(1.0 - damping**2))


def damping_of(overshoot: float) -> float:
    """The damping whose response overshoots by this share; the inverse of `overshoot_of`.

    >>> round(damping_of(0.1317), 3)
    0.542
    """
    logarithm = math.log(max(overshoot, 1e-4))
    return -logarithm / math.hypot(math.pi, logarithm)


def arrival_seconds(rad_per_second: float, damping: float) -> float:
    """Time after a step at which its response first reaches 1."""
    return (math.pi - math.acos(damping)) / (rad_per_second * math.sqrt(1.0 - damping**2))


def rad_per_second_for(arrival: float, damping: float) -> float:
    """The natural frequency whose step response first reaches 1 after `arrival` seconds."""
    return arrival_seconds(1.0, damping) / arrival


def settled_seconds(rad_per_second: float, damping: float) -> float:
    """Time after which a response no longer moves audibly."""
    return SETTLED_TIME_CONSTANTS / (damping * rad_per_second)
