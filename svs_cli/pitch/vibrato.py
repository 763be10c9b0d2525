"""Vibrato on held vowels: an undamped second-order system (a sine) with delay, fades and a slight acceleration.

Conventions
-----------
- Depth is the sine's amplitude in cents (half of its extent). Rates are in Hz whatever the tempo is.
- A vibrato has whole cycles, so it neither bends the pitch of its note nor ends with a jump.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from svs_cli.pitch.steps import HeldNote
from svs_cli.pitch.style import PitchStyle

Array = NDArray[np.float64]


def add_vibrato(curve_cents: Array, times: Array, note: HeldNote, style: PitchStyle, rng: np.random.Generator) -> None:
    """Add the vibrato of one note to a curve in cents at `times` (seconds), both (frames,), in place."""
    rate_hz = rng.uniform(style.vibrato_slowest_hz, style.vibrato_fastest_hz)  # drawn always: notes stay independent
    held = note.vowel_end_seconds - note.start_seconds
    if held <= style.vibrato_shortest_seconds:
        return
    growth_seconds = style.vibrato_full_seconds - style.vibrato_shortest_seconds
    growth = min(1.0, (held - style.vibrato_shortest_seconds) / growth_seconds)
    delay = style.vibrato_shortest_delay_seconds + growth * (
        style.vibrato_longest_delay_seconds - style.vibrato_shortest_delay_seconds
    )
    delay = min(delay, style.vibrato_delay_share * held)
    depth = style.vibrato_shallowest_cents + growth * (style.vibrato_deepest_cents - style.vibrato_shallowest_cents)
    length, cycles = whole_cycles(held - delay, rate_hz)
    start = note.start_seconds + delay
    first, last = np.searchsorted(times, [start, start + length])
    progress = (times[first:last] - start) / length
    warped = progress - style.vibrato_acceleration * progress * (1.0 - progress)
    fade_in = min(style.vibrato_fade_in_seconds, 0.5 * length) / length
    fade_out = min(style.vibrato_fade_out_seconds, 0.25 * length) / length
    fade = raised_cosine(progress / fade_in) * raised_cosine((1.0 - progress) / fade_out)
    curve_cents[first:last] += depth * fade * np.sin(2.0 * np.pi * cycles * warped)


def whole_cycles(room_seconds: float, rate_hz: float) -> tuple[float, int]:
    """Length and number of the cycles that fit: the rate may stretch by a tenth to fill the room exactly."""
    nearest = max(1, round(room_seconds * rate_hz))
    if abs(nearest / room_seconds / rate_hz - 1.0) <= 0.1:
        return room_seconds, nearest
    cycles = max(1, int(room_seconds * rate_hz))
    return cycles / rate_hz, cycles


def raised_cosine(progress: Array) -> Array:
    """0 at 0 and below, 1 at 1 and above, smooth between; any shape."""
    return 0.5 - 0.5 * np.cos(np.pi * np.clip(progress, 0.0, 1.0))
