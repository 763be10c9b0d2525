"""What a singer does with one note, as parameters that a person can read and change.

Conventions
-----------
- Times are seconds, moves are measured from the note's onset (negative: before it); depths are cents, positive.
- A *move* leads from a note that touches this one: it starts at `move_start_seconds`, reaches the note's pitch
  `move_seconds` later and overshoots by `overshoot_cents`; before it the pitch goes `preparation_cents` the other way.
- `scoop_cents` is how far below the note it is begun after a rest, `dip_cents` how far the pitch sinks around the onset
  of a syllable that touches the note before (negative: above, rises). `fall_cents` is sunk before a rest.
- Vibrato depth is the amplitude, half of the extent. Its onset counts from the note's, its fade is how long it grows.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Vibrato:
    """The vibrato of one note; `phase` is in turns: 0 goes up first, 0.5 down."""

    rate_hz: float
    depth_cents: float
    onset_seconds: float
    fade_seconds: float
    phase: float = 0.0


@dataclass(frozen=True)
class Gesture:
    """How one note is reached, held and left; see the module's conventions."""

    move_start_seconds: float = 0.0
    move_seconds: float = 0.08
    overshoot_cents: float = 0.0
    preparation_cents: float = 0.0
    scoop_cents: float = 0.0
    scoop_seconds: float = 0.08
    dip_cents: float = 0.0
    dip_seconds: float = 0.025  # standard deviation
    fall_cents: float = 0.0
    fall_seconds: float = 0.12
    centre_cents: float = 0.0
    vibrato: Vibrato | None = None
    usual: Gesture | None = None  # what is expected of such a note, where somebody knows
