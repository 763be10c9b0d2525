"""Which words of character ("dolce") are in force where a line is sung, in quarters of the expanded piece.

Conventions
-----------
- Words hold for their staff until the next ones, or until ordinary singing is asked for. At one place they add up.
- A contrary level printed after them ends them: "dolce" is not sung on from ff, "con forza" not from pp.
- What passes ("morendo") ends where the tempo returns or a new one begins.
"""

from __future__ import annotations

from bisect import bisect_right
from fractions import Fraction

from svs_cli.performance.character import FORCEFUL, GENTLE, followed, split, without_passing
from svs_cli.score.dynamics import LEVELS
from svs_cli.score.timeline import Timeline
from svs_cli.score.voices import Line

NEW_TEMPO = ("return", "primo", "absolute")
TOO_LOUD, TOO_SOFT = LEVELS["ff"], LEVELS["pp"]  # for what is gentle, for what is forceful


class CharacterLine:
    """The characters of one line, by position."""

    def __init__(self, timeline: Timeline, line: Line) -> None:
        signs: dict[Fraction, list[str]] = {}
        tempos: set[Fraction] = set()
        contrary: dict[Fraction, frozenset[str]] = {}
        for visit, _, bar in timeline.bars_of(line.part):
            for sign in bar.characters:
                if sign.staff == line.key[0]:
                    signs.setdefault(timeline.placed(visit, sign.position), []).extend(sign.names)
            for mark in bar.dynamics:
                if mark.staff == line.key[0] and mark.kind == "level" and (ended := ended_by(mark.value)):
                    contrary[timeline.placed(visit, mark.position)] = ended
            tempos |= {timeline.placed(visit, t.position) for t in bar.tempos if t.printed and t.kind in NEW_TEMPO}
        self.positions = sorted(tempos | set(signs) | set(contrary))
        self.names: list[tuple[str, ...]] = []
        for position in self.positions:
            before = self.names[-1] if self.names else ()
            before = without_passing(before) if position in tempos else before
            before = tuple(one for one in before if split(one)[1] not in contrary.get(position, ()))
            said = signs.get(position)
            self.names.append(before if said is None else followed(before, tuple(dict.fromkeys(said))))

    def at(self, quarters: Fraction) -> tuple[str, ...]:
        """The characters in force at a position, those that begin there too."""
        index = bisect_right(self.positions, quarters) - 1
        return self.names[index] if index >= 0 else ()


def ended_by(level: str) -> frozenset[str]:
    """The characters that a printed level contradicts.

    >>> "dolce" in ended_by("ff"), "con forza" in ended_by("pp"), len(ended_by("mf"))
    (True, True, 0)
    """
    loudness = LEVELS.get(level)
    if loudness is None:  # "fp" and its kin, which pass
        return frozenset()
    return GENTLE if loudness >= TOO_LOUD else FORCEFUL if loudness <= TOO_SOFT else frozenset()
