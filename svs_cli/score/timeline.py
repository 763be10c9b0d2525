"""The expanded piece: which bar sounds when. Everything that needs absolute positions goes through it.

Conventions
-----------
- All parts share the bars: a bar is as long as its longest part, or as its time signature if nobody wrote into it.
- Where parts have different time signatures in the same bar (2/4 against 6/8), a full bar of the singers sets the
  length, so that their notes keep their values.
- Positions are quarters from the start of the expanded piece.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from svs_cli.errors import ScoreError
from svs_cli.score.bars import Bar, RawPart
from svs_cli.score.unroll import Visit, unite_jumps, unroll

LONGEST_PIECE_QUARTERS = 100_000


@dataclass(frozen=True)
class Timeline:
    """Visits in singing order with their starts; `starts` has one more entry, the end of the piece."""

    parts: tuple[RawPart, ...]
    visits: tuple[Visit, ...]
    starts: tuple[Fraction, ...]
    lengths: tuple[Fraction, ...]  # by printed bar

    @property
    def end_quarters(self) -> Fraction:
        return self.starts[-1]

    def placed(self, visit: int, position: Fraction) -> Fraction:
        """Absolute position of a position in the bar of a visit; what lies behind the bar's end is put there."""
        return self.starts[visit] + min(position, self.lengths[self.visits[visit].index])

    def bars_of(self, part: RawPart) -> Iterator[tuple[int, Visit, Bar]]:
        """The bars of one part in singing order, with the number of the visit."""
        for number, visit in enumerate(self.visits):
            if visit.index < len(part.bars):
                yield number, visit, part.bars[visit.index]


def make_timeline(parts: Sequence[RawPart], sung_parts: Sequence[RawPart]) -> Timeline:
    """The bars of all parts in singing order. Raises ScoreError if they make the piece absurdly long."""
    jumps = unite_jumps(parts)
    if not jumps:
        raise ScoreError("the score has no bars", fix="export the score again")
    lengths = tuple(_length(_bars_at(i, parts), _bars_at(i, sung_parts)) for i in range(len(jumps)))
    visits = tuple(unroll(jumps))
    starts = [Fraction(0)]
    for visit in visits:
        starts.append(starts[-1] + lengths[visit.index])
    if starts[-1] > LONGEST_PIECE_QUARTERS:
        raise ScoreError(f"the piece is longer than {LONGEST_PIECE_QUARTERS:,} quarters", fix="split the score")
    return Timeline(tuple(parts), visits, tuple(starts), lengths)


def _bars_at(index: int, parts: Sequence[RawPart]) -> list[Bar]:
    return [part.bars[index] for part in parts if index < len(part.bars)]


def _length(bars: Sequence[Bar], sung: Sequence[Bar]) -> Fraction:
    if len({bar.expected_quarters for bar in bars}) > 1:
        full = [bar.length for bar in sung if bar.expected_quarters and bar.length >= bar.expected_quarters]
        if full:
            return max(full)
    written = max(bar.length for bar in bars)
    return written or max(bar.expected_quarters or Fraction(4) for bar in bars)
