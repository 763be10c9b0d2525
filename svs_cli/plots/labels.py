"""Putting labels side by side so that none covers another: in rows, nudged, or left out.

Conventions
-----------
- One unit for all lengths (pixels, here); a label is as wide as it will be drawn.
- Labels come in the order of their wished places; the first that does not fit in any row is the one left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Wish:
    """A label that would like to start at `left`; it may be moved by `slack` to either side."""

    left: float
    width: float
    slack: float = 0.0


@dataclass(frozen=True)
class Place:
    """Where a label goes: row 0 is the one nearest to what it names."""

    left: float
    row: int


def placed(
    wishes: Sequence[Wish], *, rows: int, gap: float, bounds: tuple[float, float]
) -> list[Place | None]:
    """A place for each label, None for those left out; all lie inside `bounds`.

    A row is free where its last label has ended; the lowest free row is taken.

    >>> placed([Wish(0, 10), Wish(8, 10), Wish(9, 10)], rows=2, gap=2, bounds=(0, 100))
    [Place(left=0, row=0), Place(left=8, row=1), None]
    """
    lowest, highest = bounds
    ends = [lowest - gap] * rows
    places: list[Place | None] = []
    for wish in wishes:
        wished = min(max(wish.left, lowest), highest - wish.width)
        chosen: Place | None = None
        for row in range(rows):
            left = max(wished, ends[row] + gap)
            if left <= wished + wish.slack and left + wish.width <= highest and left >= lowest:
                chosen = Place(left, row)
                ends[row] = left + wish.width
                break
        places.append(chosen)
    return places
