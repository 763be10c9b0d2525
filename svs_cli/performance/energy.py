"""Dynamics by rule: how loud each frame is, relative to the voice's normal level.

Conventions
-----------
- The curve "energy" is amplitude decibels; 0 is mezzo forte, the level at which a voice usually sings. It says how
  loud the *singing* is, not how loud the sound is: rests glide from one phrase to the next, and what is
  silent follows from the phones.
- A `NoteDetail.dynamic` of 0.55 is mf; the scale is that of the MusicXML marks, ppp to fff.
- The sizes follow what performance studies of singing and of rule systems find (Friberg, Bresin, Sundberg, "Overview
  of the KTH rule system", 2006): high notes are louder, phrases arch, downbeats weigh a little more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svs_cli.performance.document import NoteDetail, Performance, SampledCurve, Segment
from svs_cli.units import GRID

Array = NDArray[np.float64]
CURVE = "energy"
DYNAMIC_LEVELS = (0.0, 0.15, 0.25, 0.36, 0.46, 0.55, 0.68, 0.8, 0.9, 1.0)  # niente, ppp, pp, p, mp, mf, f, ff, fff
DYNAMIC_DB = (-26.0, -16.0, -12.0, -8.0, -3.5, 0.0, 4.0, 8.0, 10.0, 12.0)
ACCENTS = frozenset({"accent", "strong-accent", "stress", "sforzando"})
REST_SECONDS = 0.15  # a rest this long ends a phrase


@dataclass(frozen=True)
class EnergyStyle:
    """The sizes of the rules, in dB unless the name says otherwise."""

    accent_db: float = 3.0
    accent_decay_seconds: float = 0.15
    arch_db: float = 1.5
    downbeat_db: float = 0.7
    high_note_db_per_semitone: float = 0.15
    phrase_end_db: float = -2.5
    phrase_end_seconds: float = 0.35
    smoothing_seconds: float = 0.1


@dataclass(frozen=True)
class Phrase:
    """A run of touching notes: indices into the segment's notes, and times from the segment's start."""

    first: int
    last: int
    start_seconds: float
    end_seconds: float


def rule_energy(performance: Performance, style: EnergyStyle | None = None, *, overwrite: bool = False) -> Performance:
    """Add the curve "energy" to every segment, one value a frame; a curve already there stays unless overwritten."""
    chosen = style or EnergyStyle()
    return performance.with_(
        segments=tuple(
            segment if CURVE in segment.curves and not overwrite else with_energy(segment, chosen)
            for segment in performance.segments
        )
    )


def with_energy(segment: Segment, style: EnergyStyle) -> Segment:
    """The segment with its curve "energy" in dB."""
    level_db = smoothed(energy_db(segment, style), style.smoothing_seconds)
    curve = SampledCurve(level_db.astype(np.float32), GRID.frame_seconds)
    return segment.with_(curves={**segment.curves, CURVE: curve})


def energy_db(segment: Segment, style: EnergyStyle) -> Array:
    """The rules' sum before smoothing, shape (frames,)."""
    times = np.asarray(GRID.seconds_of(segment.start_frame + np.arange(segment.frames)) - segment.offset_seconds)
    bounds = np.concatenate([[0.0], np.cumsum(segment.note_durations_seconds)])
    sung = [i for i, midi in enumerate(segment.notes) if midi is not None]
    if not sung:
        return np.zeros(len(times))
    details = segment.details or (NoteDetail(),) * len(segment.notes)
    level = dynamics_db(times, bounds, sung, details)
    level += pitch_and_metre_db(times, bounds, sung, segment, details, style)
    for i in sung:
        if ACCENTS & set(details[i].articulations):
            after = times >= bounds[i]
            level[after] += style.accent_db * np.exp(-(times[after] - bounds[i]) / style.accent_decay_seconds)
    phrases = phrases_of(segment, bounds)
    singing = np.zeros(len(times), dtype=bool)
    for phrase in phrases:
        level += phrase_db(times, phrase, style)
        singing |= (times >= phrase.start_seconds) & (times < phrase.end_seconds)
    return np.asarray(np.interp(times, times[singing], level[singing]) if singing.any() else level)


def dynamics_db(times: Array, bounds: Array, sung: list[int], details: tuple[NoteDetail, ...]) -> Array:
    """Marks and hairpins: each note moves from its first to its last level; rests glide between their neighbours."""
    points = [(time, level) for i in sung for time, level in zip(bounds[i : i + 2], details[i].dynamic, strict=True)]
    where, levels = np.array(points).T
    return np.asarray(np.interp(np.interp(times, where, levels), DYNAMIC_LEVELS, DYNAMIC_DB))


def pitch_and_metre_db(
    times: Array, bounds: Array, sung: list[int], segment: Segment, details: tuple[NoteDetail, ...], style: EnergyStyle
) -> Array:
    """High notes and downbeats, held from onset to onset."""
    midi = np.array([segment.notes[i] for i in sung], dtype=np.float64)
    held_db = style.high_note_db_per_semitone * (midi - np.median(midi))
    if segment.details:
        beats = np.array([details[i].beat for i in sung])
        held_db += style.downbeat_db * ((beats == 1.0) & ~np.array([bool(segment.note_slurs[i]) for i in sung]))
    index = np.clip(np.searchsorted(bounds[sung], times, side="right") - 1, 0, None)
    return np.asarray(held_db[index])


def phrases_of(segment: Segment, bounds: Array) -> list[Phrase]:
    """Runs of sung notes between rests of at least `REST_SECONDS`."""
    phrases: list[Phrase] = []
    for i, midi in enumerate(segment.notes):
        if midi is None:
            continue
        start, end = float(bounds[i]), float(bounds[i + 1])
        if phrases and start - phrases[-1].end_seconds < REST_SECONDS:
            before = phrases.pop()
            phrases.append(Phrase(before.first, i, before.start_seconds, end))
        else:
            phrases.append(Phrase(i, i, start, end))
    return phrases


def phrase_db(times: Array, phrase: Phrase, style: EnergyStyle) -> Array:
    """The arch of a phrase (its peak at three fifths) and the decay at its end; 0 outside."""
    length = phrase.end_seconds - phrase.start_seconds
    progress = np.clip((times - phrase.start_seconds) / length, 0.0, 1.0)
    arched = np.sin(np.pi * progress ** (np.log(0.5) / np.log(0.6)))
    reach = min(1.0, length / 2.0)  # a single short note has no shape of its own
    level = style.arch_db * reach * (2.0 * arched - 1.0)
    tail = min(style.phrase_end_seconds, 0.3 * length)
    level += style.phrase_end_db * np.clip((times - phrase.end_seconds + tail) / tail, 0.0, 1.0) ** 2
    return np.where((times >= phrase.start_seconds) & (times <= phrase.end_seconds), level, 0.0)


def smoothed(level_db: Array, seconds: float) -> Array:
    """The curve under a Hann window of this length, ends held, shape (frames,) -> (frames,)."""
    half = max(1, GRID.frame_of(seconds) // 2)
    window = np.hanning(2 * half + 3)[1:-1]
    padded = np.pad(level_db, half, mode="edge")
    return np.convolve(padded, window / window.sum(), mode="valid")
