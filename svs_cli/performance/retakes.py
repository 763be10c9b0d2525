"""Bars sung anew inside a document: which stretch, with which seed, and what stood there before.

Conventions
-----------
- A retake's times are seconds from its segment's start. What it replaced is kept, so that what was sung first can be
  rendered again: outside the stretch nothing of it changes, to the sample.
- Retakes of a segment are a stack, the last on top. One that covers those on top of the stack takes their place: to
  retake the same bars twice is to retake them once, with the second seed.
- A retake may have another timing too: then it keeps the phone durations that it replaced. Both timings agree at its
  ends, so that sums stay exact whichever is heard.
- F0 goes from the old curve to the new one within `F0_FADE_SECONDS` at both ends of the stretch, inside it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from svs_cli.errors import PerformanceError

if TYPE_CHECKING:
    from svs_cli.performance.document import SampledCurve, Segment

F0_FADE_SECONDS = 0.07
TIME_DECIMALS = 6  # as in the file
HIGHEST_HZ = 5_000.0
LENGTH_TOLERANCE_SECONDS = 1e-3  # a phone, as in the document


@dataclass(frozen=True)
class Retake:
    """A stretch of a segment; `f0_before` are the values of its F0 curve that were replaced, from number `f0_first`.

    `lengths_before` are seconds of the phones from number `phone_first` that had another timing, () if none had.
    """

    start_seconds: float
    end_seconds: float
    seed: int
    f0_first: int
    f0_before: tuple[float, ...]
    phone_first: int = 0
    lengths_before: tuple[float, ...] = ()

    def covers(self, other: Retake) -> bool:
        """Whether the other one's stretch lies inside this one's."""
        return self.start_seconds <= other.start_seconds and other.end_seconds <= self.end_seconds

    def without_timing(self) -> Retake:
        """The same retake in a segment that was timed anew: there is no timing to go back to."""
        return replace(self, phone_first=0, lengths_before=())


def before_last(segment: Segment) -> Segment:
    """The segment as it was before its last retake."""
    *others, last = segment.retakes
    if segment.f0 is None:
        raise PerformanceError("a retaken segment has lost its F0", fix="run 'svs pitch' on the document")
    values = segment.f0.values.copy()
    values[last.f0_first : last.f0_first + len(last.f0_before)] = last.f0_before
    lengths = segment.phone_durations_seconds
    if last.lengths_before and lengths is not None:
        stop = last.phone_first + len(last.lengths_before)
        lengths = (*lengths[: last.phone_first], *last.lengths_before, *lengths[stop:])
    curve = replace(segment.f0, values=values)
    return segment.with_(f0=curve, phone_durations_seconds=lengths, retakes=tuple(others))


def states(segment: Segment) -> list[Segment]:
    """The segment as first sung, and after each of its retakes, in order."""
    found = [segment]
    while found[-1].retakes:
        found.append(before_last(found[-1]))
    return found[::-1]


def uncovered(segment: Segment, start_seconds: float, end_seconds: float) -> Segment:
    """The segment as it was before the retakes on top of it that lie within two times from its start."""
    stretch = stretch_within(segment, start_seconds, end_seconds, 0)
    while segment.retakes and stretch.covers(segment.retakes[-1]):
        segment = before_last(segment)
    return segment


def stretch_within(segment: Segment, start_seconds: float, end_seconds: float, seed: int) -> Retake:
    """A retake between two times as the file can hold them, inside the segment; nothing is replaced yet."""
    start = round(max(0.0, start_seconds), TIME_DECIMALS)
    return Retake(start, round(min(segment.duration_seconds, end_seconds), TIME_DECIMALS), seed, 0, ())


def retaken(
    segment: Segment,
    start_seconds: float,
    end_seconds: float,
    seed: int,
    drawn: SampledCurve,
    lengths_seconds: tuple[float, ...] | None = None,
) -> Segment:
    """The segment with the F0 of `drawn` between two times from its start, and other phone durations, if given.

    What was `uncovered` before is replaced. Raises PerformanceError if the segment has no F0.
    """
    segment = uncovered(segment, start_seconds, end_seconds)
    stretch = stretch_within(segment, start_seconds, end_seconds, seed)
    start, end = stretch.start_seconds, stretch.end_seconds
    old = segment.f0
    if old is None:
        raise PerformanceError("the document has no F0 yet", fix="run it through 'svs pitch' first")
    times = np.arange(len(old.values)) * old.timestep_seconds
    first, last = (int(i) for i in np.searchsorted(times, [start, end]))
    inside, before = times[first:last], old.values[first:last]
    new = np.interp(inside, np.arange(len(drawn.values)) * drawn.timestep_seconds, drawn.values)
    fade = min(F0_FADE_SECONDS, (end - start) / 4)
    share = np.clip(np.minimum(inside - start, end - inside) / fade, 0.0, 1.0)
    sung = before > 0  # documents of other programs hold 0 where they found no pitch
    from_log = np.log(np.where(sung, before, new))
    values = old.values.copy()
    values[first:last] = np.where(sung, np.exp(from_log + share * (np.log(new) - from_log)), 0.0)
    made = replace(stretch, f0_first=first, f0_before=tuple(float(value) for value in before))
    now, asked = segment.phone_durations_seconds, lengths_seconds
    if now is not None and asked is not None and asked != now:
        changed = [i for i, pair in enumerate(zip(now, asked, strict=True)) if pair[0] != pair[1]]
        made = replace(made, phone_first=changed[0], lengths_before=now[changed[0] : changed[-1] + 1])
        now = asked
    return segment.with_(
        f0=replace(old, values=values), phone_durations_seconds=now, retakes=(*segment.retakes, made)
    )


def read_retakes(raw: object, where: str) -> tuple[Retake, ...]:
    """From JSON. Raises PerformanceError."""
    found = []
    for number, item in enumerate(raw if isinstance(raw, list) else [raw], 1):
        try:
            before = tuple(float(np.float32(value)) for value in str(item["f0_before"]).split())
            start, end = float(item["start"]), float(item["end"])
            timing = int(item.get("ph_first", 0)), tuple(float(v) for v in str(item.get("ph_dur_before", "")).split())
            found.append(Retake(start, end, int(item["seed"]), int(item["f0_first"]), before, *timing))
        except (TypeError, KeyError, ValueError, OverflowError) as error:
            raise PerformanceError(
                f"{where}: retake {number} under 'svs' is damaged ({error})", fix="remove it: the F0 stays as it is"
            ) from error
    return tuple(found)


def check_retakes(segment: Segment, where: str) -> None:
    """Raise PerformanceError for retakes that do not fit the segment's F0."""
    values = 0 if segment.f0 is None else len(segment.f0.values)
    for number, one in enumerate(segment.retakes, 1):
        fits = one.f0_first >= 0 and one.f0_first + len(one.f0_before) <= values
        whole = all(0 <= value <= HIGHEST_HZ for value in one.f0_before)
        fits = fits and timing_fits(one, segment)
        if not (fits and whole and one.seed >= 0 and 0 <= one.start_seconds < one.end_seconds < float("inf")):
            raise PerformanceError(
                f"{where}: retake {number} does not fit what is there", fix="remove it: F0 and timing stay as they are"
            )


def timing_fits(retake: Retake, segment: Segment) -> bool:
    """Whether the durations that a retake replaced last as long as those that are there."""
    now, before = segment.phone_durations_seconds, retake.lengths_before
    if not before:
        return True
    stop = retake.phone_first + len(before)
    if now is None or retake.phone_first < 0 or stop > len(now) or min(before) < 0:
        return False
    return abs(sum(before) - sum(now[retake.phone_first : stop])) < LENGTH_TOLERANCE_SECONDS * len(before)
