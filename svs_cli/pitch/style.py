"""Every number of the rule pitch model in one place, so that a style is a value.

Conventions
-----------
- Depths and limits are cents, positive; rates are Hz, natural frequencies radians a second; times are seconds.
- Natural frequencies and dampings are those of Saitou, Unoki and Akagi, "Development of an F0 control model based on
  F0 dynamic characteristics for singing-voice synthesis", Speech Communication 46 (2005): overshoot 0.0348 rad/ms and
  0.5422, preparation 0.0292 rad/ms and 0.6681, vibrato 0.0345 rad/ms and 0. Their gains k make a step end where it
  should, so here every system has unit gain.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PitchStyle:
    """How a singer moves between notes and holds them; see the module's conventions for units and sources."""

    overshoot_rad_per_second: float = 34.8
    overshoot_damping: float = 0.5422
    overshoot_limit_cents: float = 30.0
    preparation_share: float = 0.07  # of the interval
    preparation_limit_cents: float = 22.0
    plain_seconds: float = 0.15  # notes this short get neither preparation nor overshoot ...
    full_seconds: float = 0.6  # ... and notes this long get all of it
    move_share: float = 0.25  # of the shorter neighbour that a move may take, so that short notes are reached
    arrival_share: float = 0.15  # of a move's time that falls after the onset of a syllable ...
    legato_arrival_share: float = 0.5  # ... and of a note under a slur or melisma

    vibrato_shortest_seconds: float = 0.5
    vibrato_slowest_hz: float = 5.3  # rate of a phrase ...
    vibrato_fastest_hz: float = 5.8
    vibrato_rate_off_hz: float = 0.1  # ... from which that of a note is off by this at most
    vibrato_shallowest_cents: float = 28.0
    vibrato_deepest_cents: float = 55.0
    vibrato_full_seconds: float = 2.0  # notes of this length have full depth and the longest delay
    vibrato_shortest_delay_seconds: float = 0.25
    vibrato_longest_delay_seconds: float = 0.35
    vibrato_delay_share: float = 0.35  # of the note, at most
    vibrato_fade_in_seconds: float = 0.35

    scoop_cents: float = 70.0
    scoop_seconds: float = 0.08
    fall_cents: float = 25.0
    fall_seconds: float = 0.12
    full_gap_seconds: float = 0.3  # rests shorter than this get a smaller scoop and fall

    repeat_dip_cents: float = 30.0
    repeat_dip_seconds: float = 0.025  # standard deviation of the dip

    def ease(self, note_seconds: float) -> float:
        """Share of the ornaments of a move that a note has time for.

        >>> PitchStyle().ease(0.1), PitchStyle().ease(2.0)
        (0.0, 1.0)
        """
        return min(1.0, max(0.0, (note_seconds - self.plain_seconds) / (self.full_seconds - self.plain_seconds)))
