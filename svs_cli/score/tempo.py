"""The tempo map of the expanded piece: numbers, words, rit. and accel., fermatas.

Conventions
-----------
- All parts speak for all: a "rit." in the piano slows the singer too.
- rit. and accel. move linearly (in steps of RAMP_STEP_QUARTERS) until the next tempo instruction. If none comes within
  LONGEST_RAMP_QUARTERS they take LONE_RAMP_QUARTERS and the tempo before returns, as players do at a phrase end;
  at the end of the piece they last to the end.
- "a tempo" returns to the last printed tempo, "Tempo I" to the first. A jump back returns to the tempo that the bar
  was first sung in.
- A fermata stretches its note to FERMATA_STRETCH times its length (LONG_FERMATA_STRETCH from a whole note on). Where
  several parts hold different notes, what all of them hold is stretched. A fermata that only the accompaniment has
  counts if no sung note begins under it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from svs_cli.score.bars import RawPart, TempoSign
from svs_cli.score.model import TempoMap
from svs_cli.score.timeline import Timeline

DEFAULT_QPM = 120.0
SLOWEST_QPM, FASTEST_QPM = 8.0, 2000.0
RAMP_STEP_QUARTERS = Fraction(1, 2)
LONGEST_RAMP_QUARTERS = 32
LONE_RAMP_QUARTERS = 8
FERMATA_STRETCH = 1.75
LONG_FERMATA_STRETCH = 1.5
LONG_FERMATA_QUARTERS = 4

Span = tuple[Fraction, Fraction]


def make_tempo_map(timeline: Timeline, sung_parts: Sequence[RawPart]) -> TempoMap:
    """Tempo map of the expanded piece, fermatas included."""
    tempo = _Conductor(timeline).conduct()
    return _with_fermatas(tempo, _fermatas(timeline, sung_parts))


@dataclass
class _Ramp:
    start: Fraction
    from_qpm: float
    to_qpm: float


@dataclass
class _Conductor:
    """Goes through the instructions in order; `base_qpm` is what "a tempo" returns to."""

    timeline: Timeline
    points: dict[Fraction, float] = field(default_factory=dict)
    qpm: float = DEFAULT_QPM
    base_qpm: float = DEFAULT_QPM
    first_qpm: float | None = None
    ramp: _Ramp | None = None

    def conduct(self) -> TempoMap:
        signs = self._signs()
        second_bar = self.timeline.starts[1]
        opening = next((sign for position, sign in signs if sign.kind == "absolute" and position <= second_bar), None)
        self.qpm = self.base_qpm = opening.value if opening else DEFAULT_QPM
        self.points[Fraction(0)] = self.qpm
        resumes = self._resume_points()
        base_of_bar: dict[int, float] = {}
        next_sign = 0
        for number, visit in enumerate(self.timeline.visits):
            start, end = self.timeline.starts[number : number + 2]
            if number in resumes and visit.index in base_of_bar:
                self._end_ramp(start, is_instruction=True)
                self._set(start, base_of_bar[visit.index], is_base=True)
            base_of_bar.setdefault(visit.index, self.base_qpm)
            is_last = number + 1 == len(self.timeline.visits)
            while next_sign < len(signs) and (signs[next_sign][0] < end or is_last):
                self._follow(*signs[next_sign])
                next_sign += 1
        self._end_ramp(self.timeline.end_quarters, is_instruction=False)
        inside = sorted((p, q) for p, q in self.points.items() if p < self.timeline.end_quarters or p == 0)
        changes = [pair for i, pair in enumerate(inside) if i == 0 or pair[1] != inside[i - 1][1]]
        return TempoMap(tuple(changes))

    def _signs(self) -> list[tuple[Fraction, TempoSign]]:
        """All instructions in order, those that several parts repeat only once; printed numbers win over others."""
        found: dict[tuple[Fraction, str], TempoSign] = {}
        for part in self.timeline.parts:
            for number, _, bar in self.timeline.bars_of(part):
                for sign in bar.tempos:
                    key = (self.timeline.placed(number, sign.position), sign.kind)
                    if key not in found or (sign.printed and not found[key].printed):
                        found[key] = sign
        first_things_first = {"primo": 0, "return": 0, "absolute": 1, "ratio": 1, "relative": 2, "gradual": 3}
        ordered = sorted(found.items(), key=lambda item: (item[0][0], first_things_first[item[0][1]]))
        return [(position, sign) for (position, _), sign in ordered]

    def _resume_points(self) -> set[int]:
        return {number for number, visit in enumerate(self.timeline.visits) if visit.jumped}

    def _follow(self, position: Fraction, sign: TempoSign) -> None:
        if sign.kind == "gradual":
            self._begin_ramp(position, sign.value)
            return
        self._end_ramp(position, is_instruction=True)
        if sign.kind == "absolute":
            self._set(position, sign.value, is_base=sign.printed or self.first_qpm is None)
            self.first_qpm = self.first_qpm or sign.value
        elif sign.kind == "ratio":
            self._set(position, self.qpm * sign.value, is_base=True)
        elif sign.kind == "relative":
            # Repeated "più lento" of other parts on nearby beats must not add up: it counts from the base.
            self._set(position, self.base_qpm * sign.value, is_base=False)
        else:
            qpm = self.first_qpm if sign.kind == "primo" else None
            self._set(position, qpm or self.base_qpm, is_base=True)

    def _begin_ramp(self, position: Fraction, factor: float) -> None:
        slower, ramp = factor < 1, self.ramp
        if ramp and (ramp.to_qpm < ramp.from_qpm) == slower and position - ramp.start <= LONE_RAMP_QUARTERS:
            return  # another part's "rit.", or "poco a poco rit." going on
        self._end_ramp(position, is_instruction=True)
        goal = (min(self.qpm, self.base_qpm) if slower else self.qpm) * factor
        self.ramp = _Ramp(position, self.qpm, _clamped(goal))

    def _set(self, position: Fraction, qpm: float, *, is_base: bool) -> None:
        self.qpm = self.points[position] = _clamped(qpm)
        if is_base:
            self.base_qpm = self.qpm

    def _end_ramp(self, position: Fraction, *, is_instruction: bool) -> None:
        """Draw the ramp that is under way, up to an instruction or the end of the piece at `position`."""
        if self.ramp is None or position <= self.ramp.start:
            self.ramp = None
            return
        ramp, self.ramp = self.ramp, None
        length = position - ramp.start
        lone = length > LONGEST_RAMP_QUARTERS or (not is_instruction and length > 2 * LONE_RAMP_QUARTERS)
        length = Fraction(LONE_RAMP_QUARTERS) if lone else length
        steps = max(1, int(length / RAMP_STEP_QUARTERS))
        for i in range(steps):
            share = (i + 0.5) / steps
            self.points[ramp.start + length * i / steps] = ramp.from_qpm + (ramp.to_qpm - ramp.from_qpm) * share
        self.qpm = ramp.to_qpm
        if lone:
            self._set(ramp.start + length, ramp.from_qpm, is_base=False)


def _clamped(qpm: float) -> float:
    return min(FASTEST_QPM, max(SLOWEST_QPM, qpm))


def _fermatas(timeline: Timeline, sung_parts: Sequence[RawPart]) -> list[Span]:
    """Disjoint spans to stretch, in order."""
    sung = _common(_fermata_spans(timeline, sung_parts))
    onsets = sorted(
        timeline.placed(number, note.onset)
        for part in sung_parts
        for number, _, bar in timeline.bars_of(part)
        for note in bar.notes
        if note.grace is None
    )
    others = _common(_fermata_spans(timeline, [part for part in timeline.parts if part not in sung_parts]))
    for start, end in others:
        moves_inside = bisect_right(onsets, start) < len(onsets) and onsets[bisect_right(onsets, start)] < end
        if not moves_inside and all(end <= a or start >= b for a, b in sung):
            sung.append((start, end))
    return sorted(sung)


def _fermata_spans(timeline: Timeline, parts: Sequence[RawPart]) -> list[Span]:
    spans = []
    for part in parts:
        for number, _, bar in timeline.bars_of(part):
            for onset, duration in bar.fermatas:
                start, end = timeline.placed(number, onset), timeline.placed(number, onset + duration)
                if end > start:
                    spans.append((start, end))
    return sorted(spans)


def _common(spans: Sequence[Span]) -> list[Span]:
    """Overlapping spans reduced to what they have in common."""
    common: list[Span] = []
    for start, end in spans:
        if common and start < common[-1][1]:
            common[-1] = (start, min(end, common[-1][1]))
        else:
            common.append((start, end))
    return common


def _with_fermatas(tempo: TempoMap, fermatas: Sequence[Span]) -> TempoMap:
    if not fermatas:
        return tempo
    starts = [start for start, _ in fermatas]
    places = sorted({position for position, _ in tempo.changes} | {place for span in fermatas for place in span})
    changes: list[tuple[Fraction, float]] = []
    for place in places:
        qpm = tempo.quarters_per_minute_at(place)
        index = bisect_right(starts, place) - 1
        if index >= 0 and place < fermatas[index][1]:
            length = fermatas[index][1] - fermatas[index][0]
            qpm /= FERMATA_STRETCH if length < LONG_FERMATA_QUARTERS else LONG_FERMATA_STRETCH
        if not changes or changes[-1][1] != qpm:
            changes.append((place, qpm))
    return TempoMap(tuple(changes))
