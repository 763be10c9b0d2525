"""Dynamic marks and hairpins of one line, in quarters of the expanded piece.

Conventions
-----------
- A hairpin goes from the level before it to the level printed at its end (up to a quarter later); without one it
  changes the level by HAIRPIN_STEP.
- "cresc." and "dim." are hairpins up to the next mark if it comes within LONGEST_WORD_QUARTERS, else of
  WORD_QUARTERS length.
- fp is loud at its onset and soft half a quarter later. sf, fz and their kin are accents of a note, not levels.
- A line without any mark of its own follows the accompaniment's, as singers of art songs do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from svs_cli.score.bars import DynamicSign, RawPart
from svs_cli.score.model import DynamicMark
from svs_cli.score.timeline import Timeline

LEVELS = {
    "n": 0.0, "pppppp": 0.02, "ppppp": 0.04, "pppp": 0.08, "ppp": 0.15, "pp": 0.25, "p": 0.36, "mp": 0.46, "mf": 0.55,
    "f": 0.68, "ff": 0.8, "fff": 0.9, "ffff": 1.0, "fffff": 1.0, "ffffff": 1.0,
}  # fmt: skip
SUDDEN = {"fp": ("f", "p"), "pf": ("p", "f"), "sfp": ("f", "p"), "sfpp": ("f", "pp")}
INITIAL_LEVEL = LEVELS["mf"]
HAIRPIN_STEP = 0.12
LOWEST_BY_HAIRPIN, HIGHEST_BY_HAIRPIN = 0.15, 0.92
LONGEST_WORD_QUARTERS = 16
WORD_QUARTERS = 8
TARGET_WITHIN_QUARTERS = 1


@dataclass(frozen=True)
class _Placed:
    position: Fraction
    sign: DynamicSign


def dynamic_marks(
    timeline: Timeline, part: RawPart, staff: int, sung_parts: Sequence[RawPart]
) -> tuple[DynamicMark, ...]:
    """The marks that a line on `staff` of `part` sings by, at strictly rising positions."""
    placed = _placed(timeline, part, {staff})
    if not placed:
        others = (other for other in timeline.parts if other not in sung_parts)
        placed = next((found for other in others if (found := _placed(timeline, other, None))), [])
    marks: dict[Fraction, DynamicMark] = {}
    level = INITIAL_LEVEL
    for i, (position, sign) in enumerate((p.position, p.sign) for p in placed):
        before = level
        if sign.kind == "level":
            level = _set_level(marks, position, sign.value)
        elif sign.kind in ("wedge", "gradual") and sign.value != "stop":
            end = _hairpin_end(placed, i)
            level = _level_after(placed, i, end, before)
            previous = marks.get(position)
            marks[position] = DynamicMark(position, before, True, previous.text if previous else sign.value)
            if end > position:
                marks[end] = DynamicMark(end, level)
    return tuple(marks[position] for position in sorted(marks))


def accented_onsets(part: RawPart, bar: int, staff: int) -> frozenset[Fraction]:
    """Positions in a printed bar at which sf, fz or the like stands."""
    return frozenset(s.position for s in part.bars[bar].dynamics if s.kind == "accent" and s.staff == staff)


def _placed(timeline: Timeline, part: RawPart, staves: set[int] | None) -> list[_Placed]:
    found = [
        _Placed(timeline.placed(number, sign.position), sign)
        for number, _, bar in timeline.bars_of(part)
        for sign in bar.dynamics
        if sign.kind != "accent" and (staves is None or sign.staff in staves)
    ]
    order = {"stop": 0}  # an ending hairpin comes before what begins at the same place; levels before new hairpins
    return sorted(found, key=lambda p: (p.position, order.get(p.sign.value, 1), p.sign.kind != "level"))


def _set_level(marks: dict[Fraction, DynamicMark], position: Fraction, name: str) -> float:
    first, last = SUDDEN.get(name, (name, name))
    marks[position] = DynamicMark(position, LEVELS[first], False, name)
    if last != first:
        later = position + Fraction(1, 2)
        marks[later] = DynamicMark(later, LEVELS[last])
    return LEVELS[last]


def _hairpin_end(placed: Sequence[_Placed], start: int) -> Fraction:
    """Where the hairpin or word at index `start` stops to act."""
    begin, sign = placed[start].position, placed[start].sign
    for later in placed[start + 1 :]:
        if later.position <= begin:
            continue
        if sign.kind == "gradual" and later.position - begin > LONGEST_WORD_QUARTERS:
            break
        if sign.kind == "gradual" or later.sign.kind == "level" or later.sign.kind == "wedge":
            return later.position
    return begin + WORD_QUARTERS


def _level_after(placed: Sequence[_Placed], start: int, end: Fraction, before: float) -> float:
    """The level at a hairpin's end: the printed one if it fits the hairpin's direction, else a step from `before`."""
    sign = 1.0 if placed[start].sign.value == "crescendo" else -1.0
    for later in placed[start + 1 :]:
        if later.position > end + TARGET_WITHIN_QUARTERS:
            break
        if later.sign.kind == "level" and later.position >= end:
            target = LEVELS[SUDDEN.get(later.sign.value, (later.sign.value,))[0]]
            if (target - before) * sign > 0:
                return target
            break
    return min(max(before + sign * HAIRPIN_STEP, min(before, LOWEST_BY_HAIRPIN)), max(before, HIGHEST_BY_HAIRPIN))
