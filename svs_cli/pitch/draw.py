"""Gestures become a curve in cents: the second-order moves of Saitou et al. with scoops, dips, falls and vibrato.

Conventions
-----------
- Curves are cents above the phrase's first note at given times (seconds from the segment's start), shape (frames,).
- A gesture is kept within its note: a move may not reach the next note's onset, whatever its parameters ask.
- Through a rest the curve glides from where one note ended to where the next is begun.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from svs_cli.pitch import saitou
from svs_cli.pitch.gesture import Gesture, Vibrato
from svs_cli.pitch.steps import HeldNote

Array = NDArray[np.float64]
TOUCHING_SECONDS = 1e-6
SHORTEST_GLIDE_SECONDS = 0.02
SHORTEST_MOVE_SECONDS = 0.004
LONGEST_MOVE_SHARE = 1.0  # of the shorter neighbour
SCOOP_OVERSHOOT = 0.02
SCOOP_AFTER_ONSET = 0.15  # share of a scoop's time that falls after the onset
LARGEST_OVERSHOOT = 0.5  # of the interval; a larger one would ring
PREPARATION_DAMPING = 0.6681  # Saitou et al. 2005
NATURAL_PREPARATION = 29.2 * 0.0733  # radians: their natural frequency times the length of their natural move
VIBRATO_FADE_OUT_SECONDS = 0.05
FEWEST_CENTRE_FRAMES = 6
CENTRE_RAMP_SECONDS, CENTRE_ROUNDS = 0.06, 4
VIBRATO_ACCELERATION = 0.04  # slower by this share at its start, faster by it at its end


def touches(before: HeldNote, after: HeldNote) -> bool:
    """Whether no rest lies between two notes."""
    return after.start_seconds - before.end_seconds <= TOUCHING_SECONDS


def curve_cents(notes: Sequence[HeldNote], gestures: Sequence[Gesture], times: Array) -> Array:
    """The whole phrase with vibrato, in cents above the first note; (frames,) -> (frames,)."""
    curve = melody_cents(notes, gestures, times)
    for note, gesture in zip(notes, gestures, strict=True):
        if gesture.vibrato is not None:
            add_vibrato(curve, times, note, gesture.vibrato)
    return curve


def melody_cents(notes: Sequence[HeldNote], gestures: Sequence[Gesture], times: Array) -> Array:
    """The phrase without vibrato, in cents above the first note; (frames,) -> (frames,)."""
    first = gestures[0]
    curve = np.full(len(times), first.centre_cents - first.scoop_cents)
    add_scoop(curve, times, notes[0], first)
    for (before, left), (after, taken) in pairwise(zip(notes, gestures, strict=True)):
        if touches(before, after):
            add_move(curve, times, before, after, left, taken)
            add_dip(curve, times, before, after, taken)
        else:
            add_rest(curve, times, before, after, left, taken)
    add_fall(curve, times, notes[-1], gestures[-1])
    return curve


def add_move(
    curve: Array, times: Array, before: HeldNote, after: HeldNote, left: Gesture, taken: Gesture
) -> None:
    """The move between two touching notes, with preparation and overshoot, in place."""
    interval = 100.0 * (after.midi - before.midi)
    step = interval + taken.centre_cents - left.centre_cents
    if not step:
        return
    room = LONGEST_MOVE_SHARE * min(before.seconds, after.seconds)
    length = min(max(taken.move_seconds, SHORTEST_MOVE_SECONDS), room)
    start = after.start_seconds + max(taken.move_start_seconds, -before.seconds)
    start = min(start, after.end_seconds - length)
    damping = saitou.damping_of(min(taken.overshoot_cents / max(abs(interval), 1.0), LARGEST_OVERSHOOT))
    add_step(curve, times, start, step, saitou.rad_per_second_for(length, damping), damping)
    depth = -float(np.sign(interval)) * taken.preparation_cents
    if depth:
        add_preparation(curve, times, start, depth, NATURAL_PREPARATION / length, PREPARATION_DAMPING)


def add_dip(curve: Array, times: Array, before: HeldNote, after: HeldNote, taken: Gesture) -> None:
    """The consonant between two touching syllables pulls F0 down for a moment, in place."""
    if not taken.dip_cents:
        return
    width = taken.dip_seconds
    centre = after.start_seconds - 0.5 * min(after.consonants_seconds, before.seconds)
    first, last = np.searchsorted(times, [centre - 4.0 * width, centre + 4.0 * width])
    curve[first:last] -= taken.dip_cents * np.exp(-0.5 * ((times[first:last] - centre) / width) ** 2)


def add_rest(
    curve: Array, times: Array, before: HeldNote, after: HeldNote, left: Gesture, taken: Gesture
) -> None:
    """The end of a note before a rest, the glide through the rest, and the scoop into the next, in place."""
    gap = after.start_seconds - before.end_seconds
    add_fall(curve, times, before, left)
    free = max(SHORTEST_GLIDE_SECONDS, gap - after.consonants_seconds)
    step = 100.0 * (after.midi - before.midi) + taken.centre_cents - left.centre_cents
    glide = step + left.fall_cents - taken.scoop_cents
    curve += glide * raised_cosine((times - before.end_seconds - 0.1 * free) / (0.7 * free))
    add_scoop(curve, times, after, taken)


def add_scoop(curve: Array, times: Array, note: HeldNote, gesture: Gesture) -> None:
    """Rise into a note after a rest, in place."""
    damping = saitou.damping_of(SCOOP_OVERSHOOT)
    length = max(gesture.scoop_seconds, SHORTEST_MOVE_SECONDS)
    start = note.start_seconds - SCOOP_AFTER_ONSET * length
    rate = saitou.rad_per_second_for(length, damping)
    add_step(curve, times, start, gesture.scoop_cents, rate, damping)


def add_fall(curve: Array, times: Array, note: HeldNote, gesture: Gesture) -> None:
    """Sink towards the end of a vowel before a rest, in place."""
    length = max(gesture.fall_seconds, SHORTEST_MOVE_SECONDS)
    first = np.searchsorted(times, note.vowel_end_seconds - length)
    progress = (times[first:] - note.vowel_end_seconds + length) / length
    curve[first:] -= gesture.fall_cents * np.clip(progress, 0.0, 1.0) ** 2


def add_vibrato(curve: Array, times: Array, note: HeldNote, vibrato: Vibrato) -> None:
    """Add the vibrato of one note up to its vowel's end, in place; its mean is zero, so that it bends no pitch."""
    start, end_seconds = note.start_seconds + vibrato.onset_seconds, note.vowel_end_seconds
    length = end_seconds - start
    if length * vibrato.rate_hz < 0.75:
        return
    first, last = np.searchsorted(times, [start, end_seconds])
    if last - first < 2:
        return
    progress = (times[first:last] - start) / length
    warped = progress - VIBRATO_ACCELERATION * progress * (1.0 - progress)
    fade_in = min(max(vibrato.fade_seconds, 0.01), 0.7 * length) / length
    fade_out = min(VIBRATO_FADE_OUT_SECONDS, 0.3 * length) / length
    fade = raised_cosine(progress / fade_in) * raised_cosine((1.0 - progress) / fade_out)
    wave = fade * np.sin(2.0 * np.pi * (vibrato.rate_hz * length * warped + vibrato.phase))
    curve[first:last] += vibrato.depth_cents * (wave - fade * wave.sum() / max(fade.sum(), 1e-9))


def centred(curve: Array, times: Array, notes: Sequence[HeldNote], free: Sequence[bool], limit_cents: float) -> Array:
    """The curve with every note's median over its vowel brought within `limit_cents` of the score, (frames,).

    Notes that are `free`, or too short to have a centre, stay as they are. What is added fades at the note's ends.
    """
    moved = curve.copy()
    for note, is_free in zip(notes, free, strict=True):
        first, last = np.searchsorted(times, [note.start_seconds, note.vowel_end_seconds])
        if is_free or last - first < FEWEST_CENTRE_FRAMES:
            continue
        length = note.vowel_end_seconds - note.start_seconds
        ramp = min(CENTRE_RAMP_SECONDS, 0.25 * length)
        inside = times[first:last] - note.start_seconds
        window = raised_cosine(inside / ramp) * raised_cosine((length - inside) / ramp)
        for _ in range(CENTRE_ROUNDS):
            off = float(np.median(moved[first:last])) - 100.0 * (note.midi - notes[0].midi)
            moved[first:last] -= (off - float(np.clip(off, -limit_cents, limit_cents))) * window
    return moved


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


def raised_cosine(progress: Array) -> Array:
    """0 at 0 and below, 1 at 1 and above, smooth between; any shape."""
    return 0.5 - 0.5 * np.cos(np.pi * np.clip(progress, 0.0, 1.0))
