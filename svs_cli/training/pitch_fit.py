"""The parameters of the second-order model that come nearest to a singer's F0, note by note.

Conventions
-----------
- First the vibrato of each note is found (`pitch/detect.py`) and taken off. What is left is fitted from the middle of a
  note to the middle of the next: start, length and overshoot of the move by search on a grid; preparation, dip,
  scoop and the notes' centres, which enter linearly, by ridge regression with the `LOOSENESS` below.
- Curves are cents against the phrase's first note, NaN where unvoiced.
- The singer's tuning (the median deviation of all notes) is taken off first: centres are against it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from svs_cli.corpus.sung import SungSong
from svs_cli.duration.rule import shipped_table
from svs_cli.pitch import saitou
from svs_cli.pitch.detect import find_vibrato
from svs_cli.pitch.draw import (
    NATURAL_PREPARATION,
    PREPARATION_DAMPING,
    SCOOP_AFTER_ONSET,
    SCOOP_OVERSHOOT,
    melody_cents,
    raised_cosine,
    touches,
)
from svs_cli.pitch.gesture import Gesture, Vibrato
from svs_cli.pitch.parameters import dip_seconds
from svs_cli.pitch.steps import HeldNote, frame_times, held_notes
from svs_cli.units import hz_to_midi

Array = NDArray[np.float64]
STARTS_SECONDS = np.arange(-0.22, 0.101, 0.02)
LENGTHS_SECONDS = (0.03, 0.05, 0.08, 0.12, 0.17, 0.24)
OVERSHOOTS = (0.0, 0.06, 0.13, 0.22, 0.35, 0.5)  # shares of the interval
RISES_SECONDS = (0.04, 0.08, 0.14, 0.22)
FALLS_SECONDS = (0.06, 0.1, 0.16, 0.25)
REACH_SECONDS = 0.4  # to either side of an onset
NOISE_CENTS = 25.0
LOOSENESS = {"centre": 25.0, "preparation": 30.0, "dip": 80.0, "scoop": 120.0, "fall": 80.0}  # prior deviations
USUAL_START_SECONDS, START_SPREAD_SECONDS = -0.05, 0.08
USUAL_LENGTH_SECONDS, LENGTH_SPREAD = 0.08, 0.8  # spread of the logarithm
OVERSHOOT_SPREAD = 0.3
FEWEST_FRAMES = 6
TURN = 2.0 * np.pi


@dataclass(frozen=True)
class FittedSong:
    """A song's notes with the gestures that come nearest to how they were sung."""

    name: str
    notes: tuple[HeldNote, ...]
    gestures: tuple[Gesture, ...]
    known: tuple[bool, ...]  # notes with enough voiced frames to say something
    times: Array
    cents: Array  # as sung, tuning taken off, NaN where unvoiced
    tuning_cents: float
    voiced_seconds: float

    @property
    def fitted_cents(self) -> Array:
        """The curve of the gestures, with the vibrato as found."""
        curve = melody_cents(self.notes, self.gestures, self.times)
        return curve + vibrato_cents(self.notes, self.gestures, self.times)


def fit_song(song: SungSong) -> FittedSong:
    """Fit all gestures of a song."""
    notes = held_notes(song.segment, shipped_table(), song.name)
    times = frame_times(song.segment)
    cents = np.full(len(times), np.nan)
    cents[song.voiced] = 100.0 * (hz_to_midi(song.f0_hz[song.voiced]) - notes[0].midi)
    inside = [(times >= note.start_seconds) & (times < note.vowel_end_seconds) & song.voiced for note in notes]
    middles = [
        np.median(cents[frames]) - 100.0 * (note.midi - notes[0].midi)
        for note, frames in zip(notes, inside, strict=True) if frames.sum() >= FEWEST_FRAMES
    ]  # fmt: skip
    tuning = float(np.median(middles)) if middles else 0.0
    cents -= tuning
    gestures = [
        Gesture(vibrato=find_vibrato(cents[f] - 100.0 * (n.midi - notes[0].midi), times[f] - n.start_seconds))
        for n, f in zip(notes, inside, strict=True)
    ]
    smooth = cents - vibrato_cents(notes, gestures, times)
    for i in range(len(notes)):
        gestures[i] = fit_entry(notes, gestures, i, times, smooth)
        gestures[i] = fit_fall(notes, gestures[i], i, times, smooth)
    known = tuple(bool(frames.sum() >= FEWEST_FRAMES) for frames in inside)
    return FittedSong(
        song.name, tuple(notes), tuple(gestures), known, times, cents, tuning, song.voiced_seconds
    )


def vibrato_cents(notes: Sequence[HeldNote], gestures: Sequence[Gesture], times: Array) -> Array:
    """The vibrato of all notes, (frames,)."""
    curve = np.zeros(len(times))
    for note, gesture in zip(notes, gestures, strict=True):
        if gesture.vibrato is not None:
            add_found(curve, times, note, gesture.vibrato)
    return curve


def add_found(curve: Array, times: Array, note: HeldNote, vibrato: Vibrato) -> None:
    """Add a vibrato as `find_vibrato` sees it, up to the end of the vowel, in place."""
    after = times - note.start_seconds - vibrato.onset_seconds
    inside = (after >= 0) & (times < note.vowel_end_seconds)
    fade = raised_cosine(after[inside] / vibrato.fade_seconds)
    curve[inside] += vibrato.depth_cents * fade * np.sin(TURN * (vibrato.rate_hz * after[inside] + vibrato.phase))


def fit_entry(notes: Sequence[HeldNote], gestures: Sequence[Gesture], i: int, times: Array, smooth: Array) -> Gesture:
    """The gesture of note `i` with how it is reached; as it was where too little is voiced."""
    note = notes[i]
    before = notes[i - 1] if i else None
    stop = note.start_seconds + min(REACH_SECONDS, 0.7 * note.seconds)
    if before is None or not touches(before, note):
        start = note.start_seconds - min(note.consonants_seconds, 0.1)
    else:
        start = note.start_seconds - min(REACH_SECONDS, 0.7 * before.seconds)
    frames = (times >= start) & (times < stop) & np.isfinite(smooth)
    if frames.sum() < FEWEST_FRAMES:
        return gestures[i]
    at, values = times[frames] - note.start_seconds, smooth[frames] - 100.0 * (note.midi - notes[0].midi)
    if before is None or not touches(before, note):
        return fit_scoop(gestures[i], at, values)
    return fit_move(gestures[i], before, note, at, values)


def fit_move(gesture: Gesture, before: HeldNote, note: HeldNote, at: Array, values: Array) -> Gesture:
    """Move, preparation and dip between two touching notes from cents against the second, both (frames,)."""
    interval = 100.0 * (note.midi - before.midi)
    width = dip_seconds(note.consonants_seconds)
    centre = -0.5 * min(note.consonants_seconds, before.seconds)
    dip = -np.exp(-0.5 * ((at - centre) / width) ** 2)
    starts = STARTS_SECONDS if interval else np.array([USUAL_START_SECONDS])
    spreads = np.array([LOOSENESS[name] for name in ("centre", "centre", "dip", "preparation")])
    best, found = np.inf, gesture
    shares = OVERSHOOTS if interval else (0.0,)
    for length, share in product(LENGTHS_SECONDS if interval else (USUAL_LENGTH_SECONDS,), shares):
        damping = saitou.damping_of(share)
        after = at - starts[:, None]
        step = saitou.step_response(after, saitou.rad_per_second_for(length, damping), damping)
        prepared = saitou.impulse_response(-after, NATURAL_PREPARATION / length, PREPARATION_DAMPING)
        columns = np.stack([1.0 - step, step, np.broadcast_to(dip, step.shape), -np.sign(interval) * prepared], axis=2)
        weights, costs = ridge(columns, values + interval * (1.0 - step), spreads)
        costs += ((starts - USUAL_START_SECONDS) / START_SPREAD_SECONDS) ** 2 + (share / OVERSHOOT_SPREAD) ** 2
        costs += (np.log(length / USUAL_LENGTH_SECONDS) / LENGTH_SPREAD) ** 2
        own = int(np.argmin(costs))
        if costs[own] < best:
            best = costs[own]
            found = replace(
                gesture, move_start_seconds=float(starts[own]), move_seconds=length,
                overshoot_cents=share * abs(interval), preparation_cents=max(0.0, float(weights[own, 3])),
                dip_cents=float(weights[own, 2]), dip_seconds=width, centre_cents=float(weights[own, 1]),
            )  # fmt: skip
    return found


def fit_scoop(gesture: Gesture, at: Array, values: Array) -> Gesture:
    """How a note after a rest is begun."""
    best, found = np.inf, gesture
    damping = saitou.damping_of(SCOOP_OVERSHOOT)
    for length in RISES_SECONDS:
        rate = saitou.rad_per_second_for(length, damping)
        step = saitou.step_response(at + SCOOP_AFTER_ONSET * length, rate, damping)
        columns = np.stack([np.ones(len(at)), step - 1.0], axis=1)
        weights, found_cost = ridge(columns, values, np.array([LOOSENESS["centre"], LOOSENESS["scoop"]]))
        cost = float(found_cost)
        if cost < best:
            best = cost
            found = replace(
                gesture, scoop_cents=float(weights[1]), scoop_seconds=length, centre_cents=float(weights[0])
            )
    return found


def fit_fall(notes: Sequence[HeldNote], gesture: Gesture, i: int, times: Array, smooth: Array) -> Gesture:
    """How a note before a rest is left."""
    note = notes[i]
    if i + 1 < len(notes) and touches(note, notes[i + 1]):
        return gesture
    start = note.vowel_end_seconds - min(REACH_SECONDS, 0.5 * note.seconds)
    frames = (times >= start) & (times < note.vowel_end_seconds) & np.isfinite(smooth)
    if frames.sum() < FEWEST_FRAMES:
        return gesture
    at, values = times[frames] - note.vowel_end_seconds, smooth[frames] - 100.0 * (note.midi - notes[0].midi)
    best, found = np.inf, gesture
    for length in FALLS_SECONDS:
        sink = -np.clip((at + length) / length, 0.0, 1.0) ** 2
        columns = np.stack([np.ones(len(at)), sink], axis=1)
        weights, found_cost = ridge(columns, values, np.array([LOOSENESS["centre"], LOOSENESS["fall"]]))
        cost = float(found_cost)
        if cost < best:
            best, found = cost, replace(gesture, fall_cents=float(weights[1]), fall_seconds=length)
    return found


def ridge(columns: Array, values: Array, spreads: Array) -> tuple[Array, Array]:
    """Weights of (..., frames, terms) columns under Gaussian priors, and minus twice their log posterior, (...)."""
    scaled = columns * (spreads / NOISE_CENTS)
    gram = scaled.mT @ scaled + np.eye(len(spreads))
    aims = np.asarray(values)[..., None] / NOISE_CENTS
    weights = np.linalg.solve(gram, scaled.mT @ aims)
    left = aims - scaled @ weights
    return weights[..., 0] * spreads, (np.square(left).sum((-2, -1)) + np.square(weights).sum((-2, -1)))
