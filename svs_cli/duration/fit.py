"""Making phones fill a stretch of time exactly, and keeping every one of them audible on the frame grid.

Lengths are seconds; nothing here knows what a phone is.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from svs_cli.units import GRID

SecondsArray = NDArray[np.float64]


def compress(nominal_seconds: Sequence[float], budget_seconds: float, floor_seconds: float) -> list[float]:
    """Lengths in the proportions of `nominal_seconds` that sum to the budget at most.

    None falls below the floor unless the budget has less than one floor for each: then all share proportionally.

    >>> [round(length, 3) for length in compress([0.08, 0.12], 0.1, 0.01)]
    [0.04, 0.06]
    """
    lengths = list(nominal_seconds)
    if sum(lengths) <= budget_seconds:
        return lengths
    if floor_seconds * len(lengths) >= budget_seconds:
        total = sum(lengths)
        return [length * budget_seconds / total for length in lengths]
    held: set[int] = set()
    while True:
        free = [i for i in range(len(lengths)) if i not in held]
        factor = (budget_seconds - floor_seconds * len(held)) / sum(nominal_seconds[i] for i in free)
        short = {i for i in free if nominal_seconds[i] * factor < floor_seconds}
        if not short:
            return [floor_seconds if i in held else nominal_seconds[i] * factor for i in range(len(lengths))]
        held |= short


def compress_others(
    nominal_seconds: Sequence[float], budget_seconds: float, floor_seconds: float, kept: Collection[int]
) -> list[float]:
    """`compress`, but lengths at the indices `kept` shrink only when the others have come down to the floor.

    >>> [round(length, 3) for length in compress_others([0.08, 0.12], 0.1, 0.01, {0})]
    [0.08, 0.02]
    """
    others = [i for i in range(len(nominal_seconds)) if i not in kept]
    if not kept or floor_seconds * len(nominal_seconds) >= budget_seconds:
        return compress(nominal_seconds, budget_seconds, floor_seconds)
    first = sorted(kept)
    held = compress([nominal_seconds[i] for i in first], budget_seconds - floor_seconds * len(others), floor_seconds)
    left = max(budget_seconds - sum(held), floor_seconds * len(others) + 1e-12)  # what rounding took is given back
    rest = compress([nominal_seconds[i] for i in others], left, floor_seconds)
    lengths = dict(zip([*first, *others], [*held, *rest], strict=True))
    return [lengths[i] for i in range(len(lengths))]


def at_least_one_frame(boundaries_seconds: SecondsArray) -> SecondsArray:
    """Boundaries moved as little as needed for each phone of a word to get a frame of the grid.

    Shapes: (n + 1,) absolute seconds, not falling -> (n + 1,). The first and last boundary stay. A word with fewer
    frames than phones is returned as it came.
    """
    frames = GRID.frames_of(boundaries_seconds)
    phones = len(frames) - 1
    if frames[-1] - frames[0] < phones or np.all(np.diff(frames) >= 1):
        return boundaries_seconds
    steps = np.arange(phones + 1)
    wanted = np.maximum.accumulate(frames - steps) + steps
    latest = frames[-1] - steps[::-1]
    wanted = np.minimum(wanted, latest)
    wanted[0] = frames[0]
    moved = wanted != frames
    moved[0] = moved[-1] = False
    return np.where(moved, GRID.seconds_of(wanted), boundaries_seconds)
