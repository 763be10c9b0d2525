"""The order in which bars are sung: repeats, voltas, D.C., D.S., Fine and coda.

Conventions
-----------
- A repeat without a start sign goes back to the end of the section before, or to the beginning.
- After D.C. or D.S. repeats are not taken again and the last volta is sung, unless the score says otherwise
  (`forward-repeat`); each D.C. and D.S. is taken once.
- Fine and "to coda" count only after such a jump, and at the end of their bar.
- `bar_pass` counts how often a bar has been sung; `verse_pass` how often the section around it has begun, so that a
  second volta (sung once) belongs to verse 2.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from svs_cli.errors import ScoreError
from svs_cli.score.bars import Jumps, RawPart

MOST_SUNG_BARS = 20_000


@dataclass(frozen=True, slots=True)
class Visit:
    """One singing of one bar. `jumped`: it doesn't follow the bar before it in print."""

    index: int
    bar_pass: int = 1
    verse_pass: int = 1
    jumped: bool = False


@dataclass(eq=False)
class _Volta:
    first: int
    last: int
    numbers: frozenset[int]
    group: list[_Volta]  # this one and those side by side with it, shared

    @property
    def highest_number(self) -> int:
        return max(max(volta.numbers) for volta in self.group)


def unite_jumps(parts: Sequence[RawPart]) -> list[Jumps]:
    """The jumps of all parts together, by bar: many programs write them into one part only."""
    united = [Jumps() for _ in range(max(len(part.bars) for part in parts))]
    for part in parts:
        for whole, bar in zip(united, part.bars, strict=False):
            own = bar.jumps
            whole.repeat_times = max(whole.repeat_times, own.repeat_times)
            whole.ending = whole.ending or own.ending
            for name in ("repeat_starts", "ending_stops", "segno", "coda", "to_coda", "fine", "da_capo", "dal_segno",
                         "repeats_after_jump"):  # fmt: skip
                setattr(whole, name, getattr(whole, name) or getattr(own, name))
    _tell_coda_marks_apart(united)
    return united


def _tell_coda_marks_apart(jumps: list[Jumps]) -> None:
    """Of several coda signs the last one is the coda, the others are where to leave for it."""
    signs = [i for i, jump in enumerate(jumps) if jump.coda]
    for i in signs[:-1]:
        jumps[i].coda, jumps[i].to_coda = False, True
    if signs and not any(jump.to_coda for jump in jumps):
        jumps[signs[-1]].coda = False


def unroll(jumps: Sequence[Jumps]) -> list[Visit]:
    """Bars in singing order. Raises ScoreError if the repeats multiply to more than MOST_SUNG_BARS bars.

    >>> [v.index for v in unroll([Jumps(), Jumps(repeat_times=2), Jumps()])]
    [0, 1, 0, 1, 2]
    """
    player = _Player(jumps)
    while player.index < len(jumps):
        player.step()
        if len(player.visits) > MOST_SUNG_BARS:
            raise ScoreError(
                f"its repeats make more than {MOST_SUNG_BARS:,} bars", fix="write fewer repetitions into the score"
            )
    return player.visits


class _Player:
    """Walks the bars as a player would; `times` is how often the current section has been begun in a row."""

    def __init__(self, jumps: Sequence[Jumps]) -> None:
        self.jumps = jumps
        self.voltas = _voltas(jumps)
        self.repeated = _repeated_bars(jumps, self.voltas)
        self.visits: list[Visit] = []
        self.passes: Counter[int] = Counter()
        self.index = 0
        self.section_start = 0
        self.times = 1
        self.taken: set[int] = set()
        self.after_jump = False
        self.repeats = True
        self.arrived_by_repeat = False

    def step(self) -> None:
        """Sing the current bar and move to the next one, or step over a volta of another pass."""
        jump, volta, by_repeat = self.jumps[self.index], self.voltas.get(self.index), self.arrived_by_repeat
        self.arrived_by_repeat = False
        if volta and volta.first == self.index and not by_repeat and not self._sings(volta):
            self.index = volta.last + 1
            return
        if jump.repeat_starts and not by_repeat and self.index != self.section_start:
            self.section_start, self.times = self.index, 1
        self._visit()
        leaves = self._leaves_for()
        self.index = self.index + 1 if leaves is None else leaves

    def _visit(self) -> None:
        self.passes[self.index] += 1
        bar_pass = verse_pass = self.passes[self.index]
        if self.repeated[self.index] and self.section_start <= self.index:
            verse_pass = max(bar_pass, self.passes[self.section_start])
        jumped = bool(self.visits) and self.visits[-1].index + 1 != self.index
        self.visits.append(Visit(self.index, bar_pass, verse_pass, jumped))

    def _leaves_for(self) -> int | None:
        """Where playback goes from the end of the current bar; None for the next bar."""
        jump = self.jumps[self.index]
        if jump.repeat_times and self.repeats:
            if self._repeats_once_more(jump):
                self.times += 1
                self.arrived_by_repeat = True
                return self.section_start
            self._close_section()
        elif self._ends_last_volta():
            self._close_section()
        if self.after_jump and jump.fine:
            return len(self.jumps)
        if self.after_jump and jump.to_coda and (coda := self._find("coda")) is not None:
            return coda
        if (jump.da_capo or jump.dal_segno) and self.index not in self.taken:
            target = 0 if jump.da_capo else self._find("segno") or 0
            if target <= self.index:
                self.taken.add(self.index)
                self.after_jump, self.repeats = True, jump.repeats_after_jump
                self.section_start, self.times = target, 1
                return target
        return None

    def _repeats_once_more(self, jump: Jumps) -> bool:
        volta = self.voltas.get(self.index)
        if volta is None:
            return self.times < jump.repeat_times
        if len(volta.group) == 1:
            return self.times <= max(volta.numbers)
        return self.times < volta.highest_number

    def _close_section(self) -> None:
        self.section_start, self.times = self.index + 1, 1

    def _ends_last_volta(self) -> bool:
        volta = self.voltas.get(self.index)
        return bool(volta and volta.last == self.index and volta is volta.group[-1])

    def _sings(self, volta: _Volta) -> bool:
        if not any(1 in other.numbers for other in volta.group):
            return True  # only the second bracket is drawn: its pass is over when it comes
        if self.repeats:
            return self.times in volta.numbers
        return max(volta.numbers) == volta.highest_number

    def _find(self, mark: str) -> int | None:
        return next((i for i, jump in enumerate(self.jumps) if getattr(jump, mark)), None)


def _voltas(jumps: Sequence[Jumps]) -> dict[int, _Volta]:
    """The volta over each bar that has one. Brackets that stand side by side form a group."""
    voltas: dict[int, _Volta] = {}
    before: _Volta | None = None
    for first, jump in enumerate(jumps):
        if jump.ending is None:
            continue
        beside = before is not None and before.last + 1 == first
        volta = _Volta(first, _last_bar_of_volta(jumps, first), jump.ending, before.group if before and beside else [])
        volta.group.append(volta)
        voltas.update((index, volta) for index in range(first, volta.last + 1))
        before = volta
    return voltas


def _last_bar_of_volta(jumps: Sequence[Jumps], first: int) -> int:
    """A bracket that is never closed ends at its repeat sign, or after one bar."""
    for i in range(first, len(jumps)):
        if i > first and (jumps[i].ending is not None or jumps[i].repeat_starts):
            break
        if jumps[i].ending_stops or jumps[i].repeat_times:
            return i
    return first


def _repeated_bars(jumps: Sequence[Jumps], voltas: dict[int, _Volta]) -> list[bool]:
    """Whether each bar lies in a section that a repeat sign ends, or in a volta."""
    repeated = [False] * len(jumps)
    inside = False
    for i in range(len(jumps) - 1, -1, -1):
        inside = inside or bool(jumps[i].repeat_times)
        repeated[i] = inside or i in voltas
        if jumps[i].repeat_starts or (i and jumps[i - 1].repeat_times):
            inside = False
    return repeated
