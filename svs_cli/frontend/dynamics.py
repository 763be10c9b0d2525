"""The dynamic level of every note: marks hold, hairpins glide.

Conventions: levels are 0..1 as in `score/model.py`; before the first mark the level is mezzo-forte. At a mark, "from
the left" is the level that was in force just before it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from fractions import Fraction

from svs_cli.score.model import DynamicMark

MEZZO_FORTE = 0.55


class DynamicLine:
    """Levels of one part, by position."""

    def __init__(self, marks: Sequence[DynamicMark]) -> None:
        self.marks = sorted(marks, key=lambda mark: mark.onset_quarters)
        self.positions = [mark.onset_quarters for mark in self.marks]

    def level_at(self, quarters: Fraction, *, from_left: bool = False) -> float:
        """Level 0..1 at a position.

        >>> line = DynamicLine([DynamicMark(Fraction(0), 0.2, hairpin=True), DynamicMark(Fraction(4), 0.6)])
        >>> round(line.level_at(Fraction(2)), 3), line.level_at(Fraction(9))
        (0.4, 0.6)
        """
        index = (bisect_left if from_left else bisect_right)(self.positions, quarters) - 1
        if index < 0:
            return MEZZO_FORTE
        mark = self.marks[index]
        if not mark.hairpin or index + 1 >= len(self.marks):
            return mark.level
        following = self.marks[index + 1]
        share = float(
            (quarters - mark.onset_quarters) / max(following.onset_quarters - mark.onset_quarters, Fraction(1, 10_000))
        )
        return mark.level + (following.level - mark.level) * min(1.0, share)

    def over(self, start: Fraction, end: Fraction) -> tuple[float, float]:
        """Levels at a note's onset and just before its end, rounded to thousandths."""
        return round(self.level_at(start), 3), round(self.level_at(end, from_left=True), 3)
