"""Which words of character ("dolce") are in force where a line is sung, in quarters of the expanded piece.

Conventions
-----------
- Words hold for their staff until the next ones, or until ordinary singing is asked for. At one place they add up.
- What passes ("morendo") ends where the tempo returns or a new one begins.
"""

from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction

from svs_cli.performance.character import without_passing
from svs_cli.score.timeline import Timeline
from svs_cli.score.voices import Line

NEW_TEMPO = ("return", "primo", "absolute")


class CharacterLine:
    """The characters of one line, by position."""

    def __init__(self, timeline: Timeline, line: Line) -> None:
        signs: dict[Fraction, list[str]] = {}
        tempos: set[Fraction] = set()
        for visit, _, bar in timeline.bars_of(line.part):
            for sign in bar.characters:
                if sign.staff == line.key[0]:
                    signs.setdefault(timeline.placed(visit, sign.position), []).extend(sign.names)
            tempos |= {timeline.placed(visit, t.position) for t in bar.tempos if t.printed and t.kind in NEW_TEMPO}
        self.positions = sorted(tempos | set(signs))
        self.names: list[tuple[str, ...]] = []
        for position in self.positions:
            before = self.names[-1] if self.names else ()
            self.names.append(tuple(dict.fromkeys(signs[position])) if position in signs else without_passing(before))

    def at(self, quarters: Fraction) -> tuple[str, ...]:
        """The characters in force at a position, those that begin there too."""
        index = bisect_right(self.positions, quarters) - 1
        return self.names[index] if index >= 0 else ()
