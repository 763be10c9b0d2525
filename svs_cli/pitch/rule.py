"""Pitch by rule: note steps through second-order systems, with vibrato, scoops, falls, dips and fluctuation.

Conventions
-----------
- The curve is built in cents above the segment's first pitch and only at the end turned into Hz, so a transposed
  score gives the same curve, transposed. Times are real seconds: vibrato and scoops ignore the tempo.
- A *move* between notes overshoots after it and prepares before it (a small deflection the other way). It starts in
  the consonants before the onset, so that the vowel starts near its pitch, and is as fast as short notes need.
- Rests and voiceless phones have F0 too: through a rest the curve glides to where the next note starts.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from svs_cli.duration.rule import shipped_table
from svs_cli.duration.times import PhoneTable
from svs_cli.performance.document import Performance, SampledCurve, Segment
from svs_cli.pitch import saitou
from svs_cli.pitch.fluctuation import low_passed_noise
from svs_cli.pitch.steps import HeldNote, frame_times, held_notes
from svs_cli.pitch.style import PitchStyle
from svs_cli.pitch.vibrato import add_vibrato, raised_cosine
from svs_cli.units import GRID, midi_to_hz

Array = NDArray[np.float64]
SILENT_MIDI = 57.0  # F0 of a segment that holds nothing but rests
TOUCHING_SECONDS = 1e-6
SHORTEST_GLIDE_SECONDS = 0.02


@dataclass(frozen=True)
class RulePitch:
    """The pitch stage that needs no weights; `table` defaults to the shipped phone inventory."""

    style: PitchStyle = field(default_factory=PitchStyle)
    table: PhoneTable | None = None
    name: str = "rule"

    def predict(self, performance: Performance, seed: int = 0) -> Performance:
        """Fill `f0` of every segment, one value a frame, positive everywhere. A segment's own seed goes first."""
        table = self.table if self.table is not None else shipped_table()
        segments = []
        for index, segment in enumerate(performance.segments):
            own = seed if segment.seed is None else segment.seed
            rng = np.random.default_rng((own % 2**32, index))
            f0_hz = self.f0_hz(segment, table, rng, f"segment {index + 1}")
            segments.append(segment.with_(f0=SampledCurve(f0_hz.astype(np.float32), GRID.frame_seconds)))
        return performance.with_(segments=tuple(segments))

    def f0_hz(self, segment: Segment, table: PhoneTable, rng: np.random.Generator, where: str) -> Array:
        """F0 of one segment in Hz, shape (frames,)."""
        notes = held_notes(segment, table, where)
        times = frame_times(segment)
        if not notes:
            return np.full(len(times), midi_to_hz(SILENT_MIDI))
        curve_cents = self._melody(notes, times)
        for note in notes:
            add_vibrato(curve_cents, times, note, self.style, rng)
        style = self.style
        curve_cents += low_passed_noise(len(times), style.fluctuation_cents, style.fluctuation_cutoff_hz, rng)
        curve_cents += low_passed_noise(len(times), style.drift_cents, style.drift_cutoff_hz, rng)
        return np.asarray(midi_to_hz(notes[0].midi + curve_cents / 100.0))

    def _melody(self, notes: list[HeldNote], times: Array) -> Array:
        """The curve without vibrato and fluctuation, in cents above the first note, shape (frames,)."""
        curve = np.full(len(times), -self.style.scoop_cents)
        self._scoop(curve, times, notes[0], self.style.scoop_cents)
        for before, after in zip(notes, notes[1:], strict=False):
            interval_cents = 100.0 * (after.midi - before.midi)
            gap = after.start_seconds - before.end_seconds
            if gap > TOUCHING_SECONDS:
                self._breathe(curve, times, before, after)
            elif abs(interval_cents) > 0.5:
                self._move(curve, times, before, after)
            else:
                self._dip(curve, times, before, after)
        self._fall(curve, times, notes[-1], self.style.fall_cents)
        return curve

    def _move(self, curve: Array, times: Array, before: HeldNote, after: HeldNote) -> None:
        """A step between two touching notes, with preparation and overshoot."""
        style = self.style
        interval = 100.0 * (after.midi - before.midi)
        shorter = min(before.seconds, after.seconds)
        limit_cents = style.overshoot_limit_cents * style.ease(after.seconds)
        overshoot = min(saitou.overshoot_of(style.overshoot_damping), limit_cents / abs(interval))
        damping = saitou.damping_of(overshoot)
        natural = saitou.arrival_seconds(style.overshoot_rad_per_second, style.overshoot_damping)
        arrival = min(natural, style.move_share * shorter)
        rate = saitou.rad_per_second_for(arrival, damping)
        share = style.legato_arrival_share if after.legato else style.arrival_share
        start = after.start_seconds - (1.0 - share) * arrival
        add_step(curve, times, start, interval, rate, damping)
        depth = min(style.preparation_share * abs(interval), style.preparation_limit_cents)
        depth *= style.ease(before.seconds)
        prepare_rate = style.preparation_rad_per_second * natural / arrival
        add_preparation(curve, times, start, -np.sign(interval) * depth, prepare_rate, style.preparation_damping)

    def _dip(self, curve: Array, times: Array, before: HeldNote, after: HeldNote) -> None:
        """Between two syllables on one pitch: the consonant pulls F0 down for a moment."""
        width = min(self.style.repeat_dip_seconds, 0.08 * min(before.seconds, after.seconds))
        depth = self.style.repeat_dip_cents * (1.0 if after.consonants_seconds else 0.5)
        centre = after.start_seconds - 0.5 * min(after.consonants_seconds, before.seconds)
        first, last = np.searchsorted(times, [centre - 4.0 * width, centre + 4.0 * width])
        curve[first:last] -= depth * np.exp(-0.5 * ((times[first:last] - centre) / width) ** 2)

    def _breathe(self, curve: Array, times: Array, before: HeldNote, after: HeldNote) -> None:
        """The end of a phrase, the glide through the rest, and the scoop into the next phrase."""
        gap = after.start_seconds - before.end_seconds
        weight = min(1.0, gap / self.style.full_gap_seconds)
        fall, scoop = weight * self.style.fall_cents, weight * self.style.scoop_cents
        self._fall(curve, times, before, fall)
        free = max(SHORTEST_GLIDE_SECONDS, gap - after.consonants_seconds)
        glide = 100.0 * (after.midi - before.midi) + fall - scoop
        curve += glide * raised_cosine((times - before.end_seconds - 0.1 * free) / (0.7 * free))
        self._scoop(curve, times, after, scoop)

    def _scoop(self, curve: Array, times: Array, note: HeldNote, depth_cents: float) -> None:
        """Rise into the first note of a phrase."""
        length = min(self.style.scoop_seconds, self.style.move_share * note.seconds)
        damping = saitou.damping_of(0.02)
        rate = saitou.rad_per_second_for(length, damping)
        add_step(curve, times, note.start_seconds - self.style.arrival_share * length, depth_cents, rate, damping)

    def _fall(self, curve: Array, times: Array, note: HeldNote, depth_cents: float) -> None:
        """Sink a little at the end of a phrase, where the vowel ends."""
        length = min(self.style.fall_seconds, self.style.move_share * note.seconds)
        first = np.searchsorted(times, note.vowel_end_seconds - length)
        progress = (times[first:] - note.vowel_end_seconds + length) / length
        curve[first:] -= depth_cents * np.clip(progress, 0.0, 1.0) ** 2


def add_step(curve: Array, times: Array, start: float, cents: float, rad_per_second: float, damping: float) -> None:
    """Add a second-order step at `start` seconds to a curve at `times`, both (frames,), in place."""
    end = start + saitou.settled_seconds(rad_per_second, damping)
    first, last = np.searchsorted(times, [start, end])
    curve[first:last] += cents * saitou.step_response(times[first:last] - start, rad_per_second, damping)
    curve[last:] += cents


def add_preparation(
    curve: Array, times: Array, end: float, cents: float, rad_per_second: float, damping: float
) -> None:
    """Add a deflection of at most `cents` that ends at `end` seconds: a damped response run backwards, in place."""
    start = end - saitou.settled_seconds(rad_per_second, damping)
    first, last = np.searchsorted(times, [start, end])
    curve[first:last] += cents * saitou.impulse_response(end - times[first:last], rad_per_second, damping)
