"""Pitch by rule: gestures after Saitou, Unoki and Akagi (2005), with vibrato, scoops, falls and dips.

Conventions
-----------
- The curve is built in cents above the segment's first pitch and only at the end turned into Hz, so a transposed
  score gives the same curve, transposed. Times are real seconds: vibrato and scoops ignore the tempo.
- A move starts in the consonants before the onset, so that the vowel starts near its pitch, and is as fast as short
  notes need.
- Rests and voiceless phones have F0 too: through a rest the curve glides to where the next note starts.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from svs_cli.duration.times import PhoneTable
from svs_cli.performance.document import Performance
from svs_cli.pitch import saitou
from svs_cli.pitch.draw import touches
from svs_cli.pitch.fluctuation import Wander
from svs_cli.pitch.gesture import Gesture, Vibrato
from svs_cli.pitch.manner import PLAIN
from svs_cli.pitch.stage import Phrase, PitchStage
from svs_cli.pitch.steps import HeldNote
from svs_cli.pitch.style import PitchStyle


@dataclass(frozen=True)
class RulePitch:
    """The pitch stage that needs no weights; `table` defaults to the shipped phone inventory."""

    numbers: PitchStyle = field(default_factory=PitchStyle)
    table: PhoneTable | None = None
    style: str = PLAIN
    wander: Wander = field(default_factory=Wander)
    name: str = "rule"

    def predict(self, performance: Performance, seed: int = 0) -> Performance:
        """Fill `f0` of every segment, one value a frame, positive everywhere. A segment's own seed goes first."""
        stage = PitchStage(self.name, self.gestures, self.wander, style=self.style)
        return stage.predict(performance, self.table, seed)

    def gestures(self, phrase: Phrase) -> list[Gesture]:
        """One gesture a note."""
        notes, found = phrase.notes, []
        rate_hz = phrase.shared.uniform(self.numbers.vibrato_slowest_hz, self.numbers.vibrato_fastest_hz)
        for i, note in enumerate(notes):
            before = notes[i - 1] if i else None
            after = notes[i + 1] if i + 1 < len(notes) else None
            found.append(replace(
                self._entry(before, note),
                fall_cents=self.numbers.fall_cents * self._gap_weight(note, after),
                fall_seconds=min(self.numbers.fall_seconds, self.numbers.move_share * note.seconds),
                vibrato=self._vibrato(note, rate_hz, phrase.streams[i]),
            ))  # fmt: skip
        return found

    def _gap_weight(self, before: HeldNote | None, after: HeldNote | None) -> float:
        """How much of a scoop and a fall the rest between two notes is worth; all of it at a phrase's ends."""
        if before is None or after is None:
            return 1.0
        return 0.0 if touches(before, after) else min(
            1.0, (after.start_seconds - before.end_seconds) / self.numbers.full_gap_seconds
        )

    def _entry(self, before: HeldNote | None, note: HeldNote) -> Gesture:
        """How a note is reached: by a scoop after a rest, a dip from the same pitch, or else by a move."""
        numbers = self.numbers
        if before is None or not touches(before, note):
            scoop = numbers.scoop_cents * self._gap_weight(before, note)
            length = min(numbers.scoop_seconds, numbers.move_share * note.seconds)
            return Gesture(scoop_cents=scoop, scoop_seconds=length)
        shorter = min(before.seconds, note.seconds)
        if abs(note.midi - before.midi) <= 0.005:
            depth = numbers.repeat_dip_cents * (1.0 if note.consonants_seconds else 0.5)
            return Gesture(dip_cents=depth, dip_seconds=min(numbers.repeat_dip_seconds, 0.08 * shorter))
        interval_cents = 100.0 * abs(note.midi - before.midi)
        overshoot = interval_cents * saitou.overshoot_of(numbers.overshoot_damping)
        natural = saitou.arrival_seconds(numbers.overshoot_rad_per_second, numbers.overshoot_damping)
        length = min(natural, numbers.move_share * shorter)
        share = numbers.legato_arrival_share if note.legato else numbers.arrival_share
        prepared = min(numbers.preparation_share * interval_cents, numbers.preparation_limit_cents)
        return Gesture(
            move_start_seconds=-(1.0 - share) * length,
            move_seconds=length,
            overshoot_cents=min(overshoot, numbers.overshoot_limit_cents * numbers.ease(note.seconds)),
            preparation_cents=prepared * numbers.ease(before.seconds),
        )

    def _vibrato(self, note: HeldNote, phrase_rate_hz: float, rng: np.random.Generator) -> Vibrato | None:
        """Vibrato of held notes, the later and deeper the longer they are."""
        numbers = self.numbers
        rate_hz = phrase_rate_hz + rng.uniform(-1.0, 1.0) * numbers.vibrato_rate_off_hz
        held = note.vowel_end_seconds - note.start_seconds
        if held <= numbers.vibrato_shortest_seconds:
            return None
        room = numbers.vibrato_full_seconds - numbers.vibrato_shortest_seconds
        growth = min(1.0, (held - numbers.vibrato_shortest_seconds) / room)
        shortest, longest = numbers.vibrato_shortest_delay_seconds, numbers.vibrato_longest_delay_seconds
        shallowest, deepest = numbers.vibrato_shallowest_cents, numbers.vibrato_deepest_cents
        return Vibrato(
            rate_hz=rate_hz,
            depth_cents=shallowest + growth * (deepest - shallowest),
            onset_seconds=min(shortest + growth * (longest - shortest), numbers.vibrato_delay_share * held),
            fade_seconds=numbers.vibrato_fade_in_seconds,
        )
