"""Singing styles: presets of what the gestures of a pitch model are multiplied by.

Conventions
-----------
- A factor of 1 leaves what the model chose; `vibrato_share` is the share of its vibratos that stay.
- `variety` and `vibrato_variety` below 1 draw what was drawn towards what the model expects of the note, the depth of
  vibrato or all the rest: shares of what it is off by, of lengths and depths of their logarithms.
- A vibrato that begins later is the same from there on: its phase runs from where it would have begun.
- "classical" changes nothing: what the model learned from is a trained voice. It sings nearly every note with a
  vibrato of 100 cents from the start of the vowel on, so the model's takes are "moderate" unless another style is asked
  for: about 35 cents, on vowels of 0.45 s and more, even from note to note. The rule's are plain.
- The other factors are a person's choice, not fitted: there is no licensed singing of these styles to fit them to.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from svs_cli.errors import UsageError
from svs_cli.pitch.gesture import Gesture, Vibrato

LEAST = 1e-3  # seconds or cents: a ratio needs one
LENGTHS = ("move_seconds", "scoop_seconds", "fall_seconds")


@dataclass(frozen=True)
class Manner:
    """One style; see the module's conventions."""

    about: str
    vibrato_share: float = 1.0
    vibrato_depth: float = 1.0
    vibrato_variety: float = 1.0
    vibrato_faster_hz: float = 0.0
    vibrato_later_seconds: float = 0.0
    vibrato_from_seconds: float = 0.0  # vowels shorter than this have none
    move_seconds: float = 1.0
    overshoot: float = 1.0
    scoop: float = 1.0
    fall: float = 1.0
    variety: float = 1.0
    wander: float = 1.0  # of drift and fine fluctuation

    def applied(self, gesture: Gesture, chance: float, vowel_seconds: float) -> Gesture:
        """The gesture of a note in this style; `chance` in 0..1 says whether the note keeps its vibrato."""
        vibrato = gesture.vibrato
        if vibrato is not None and self.vibrato_depth > 0:
            long_enough = vowel_seconds >= self.vibrato_from_seconds
            kept = chance < self.vibrato_share and long_enough
            vibrato = self._swung(vibrato, gesture.usual) if kept else None
        gesture = steadied(gesture, self.variety)
        return replace(
            gesture,
            move_start_seconds=gesture.move_start_seconds * self.move_seconds,
            move_seconds=gesture.move_seconds * self.move_seconds,
            overshoot_cents=gesture.overshoot_cents * self.overshoot,
            preparation_cents=gesture.preparation_cents * self.overshoot,
            scoop_cents=gesture.scoop_cents * self.scoop,
            dip_cents=gesture.dip_cents * min(1.0, self.scoop),
            fall_cents=gesture.fall_cents * self.fall,
            vibrato=vibrato,
        )

    def _swung(self, vibrato: Vibrato, usual: Gesture | None) -> Vibrato:
        expected = vibrato if usual is None or usual.vibrato is None else usual.vibrato
        rate_hz = vibrato.rate_hz + self.vibrato_faster_hz
        depth = between(expected.depth_cents, vibrato.depth_cents, self.vibrato_variety, by_ratio=True)
        return replace(
            vibrato,
            rate_hz=rate_hz,
            depth_cents=depth * self.vibrato_depth,
            onset_seconds=vibrato.onset_seconds + self.vibrato_later_seconds,
            phase=(vibrato.phase + rate_hz * self.vibrato_later_seconds) % 1.0,
        )


def steadied(gesture: Gesture, variety: float) -> Gesture:
    """The gesture, but for its vibrato, between what is expected of its note (0) and what was drawn (1)."""
    usual = gesture.usual
    if usual is None or variety == 1.0:
        return gesture
    steady: dict[str, Any] = {
        name: between(getattr(usual, name), getattr(gesture, name), variety, by_ratio=name in LENGTHS)
        for name in (field.name for field in fields(Gesture))
        if name.endswith(("_cents", "_seconds"))
    }
    return replace(gesture, **steady)


def between(usual: float, drawn: float, share: float, by_ratio: bool) -> float:
    """What lies `share` of the way from the usual to what was drawn, of differences or of ratios.

    >>> between(1.0, 4.0, 0.5, by_ratio=True), between(1.0, 4.0, 0.5, by_ratio=False)
    (2.0, 2.5)
    """
    if not by_ratio:
        return usual + share * (drawn - usual)
    usual, drawn = max(usual, LEAST), max(drawn, LEAST)
    return usual * (drawn / usual) ** share


PLAIN, MODERATE = "classical", "moderate"
MANNERS = {
    "straight": Manner(
        "a straight tone: no vibrato, clean attacks", vibrato_share=0.0, move_seconds=0.8, overshoot=0.5, scoop=0.4,
        fall=0.6,
    ),
    PLAIN: Manner("as learned from a trained voice: wide vibrato on most notes"),
    MODERATE: Manner(
        "as learned, with a third of the vibrato, on held notes and later, and smaller dips", vibrato_depth=0.33,
        vibrato_variety=0.4, vibrato_later_seconds=0.17, vibrato_from_seconds=0.45, scoop=0.7, overshoot=0.8,
    ),
    "late": Manner(
        "straight at first, then the full vibrato, on long notes alone; sure of its moves", vibrato_variety=0.4,
        vibrato_later_seconds=0.4, vibrato_from_seconds=0.9, scoop=0.7, overshoot=0.8, variety=0.45,
    ),
    "pop": Manner(
        "late, shallow vibrato on some notes, scooped attacks", vibrato_share=0.55, vibrato_depth=0.55,
        vibrato_faster_hz=-0.2, vibrato_later_seconds=0.25, move_seconds=1.1, overshoot=0.7, scoop=1.3, fall=1.3,
    ),
    "folk": Manner(
        "little vibrato, quick turns, free intonation", vibrato_share=0.25, vibrato_depth=0.4,
        vibrato_later_seconds=0.15, move_seconds=0.85, overshoot=0.8, wander=1.3,
    ),
    "child": Manner(
        "no vibrato, slow moves, unsteady", vibrato_share=0.0, move_seconds=1.25, overshoot=0.6, scoop=1.2, wander=1.8
    ),
}  # fmt: skip


def manner_of(name: str, where: str = "") -> Manner:
    """The style of that name. Raises UsageError that names those there are.

    >>> manner_of("straight").vibrato_share
    0.0
    """
    if name not in MANNERS:
        place = f"{where}: " if where else ""
        raise UsageError(f"{place}there is no singing style {name!r}", fix=f"use one of: {', '.join(MANNERS)}")
    return MANNERS[name]
