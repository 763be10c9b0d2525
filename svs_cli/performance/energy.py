"""Dynamics by rule: how loud each frame is, relative to the voice's normal level, and how breathy and tense with it.

Conventions
-----------
- The curve "energy" is amplitude decibels; 0 is mezzo forte, the level at which a voice usually sings. It says how
  loud the *singing* is, not how loud the sound is: rests glide from one phrase to the next, and what is
  silent follows from the phones.
- A `NoteDetail.dynamic` of 0.55 is mf; the scale is that of the MusicXML marks, ppp to fff.
- The document's `expression` multiplies all of it: 0 is a constant level, 2 twice the decibels. What a person asks of
  a note (`overrides.dynamic`) is meant as it stands and is not scaled.
- Words of character ("dolce") change level, colour, attacks and arches of their notes as `character.py` says, marks'
  words times the expression, a person's as they stand.
- Where marks ask for another level than mezzo forte, "breathiness" and "tension" follow (`COLOUR`): a loud voice is
  tenser and less breathy. Without marks, or at expression 0, there are no such curves, and the voice does what is usual
  for it. Acoustic models that know no such curves leave them alone.
- The sizes follow what performance studies of singing and of rule systems find (Friberg, Bresin, Sundberg, "Overview
  of the KTH rule system", 2006): high notes are louder, phrases arch, downbeats weigh a little more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from svs_cli.performance.character import Effect, effect_of
from svs_cli.performance.document import NoteDetail, Performance, SampledCurve, Segment
from svs_cli.units import GRID

Array = NDArray[np.float64]
CURVE = "energy"
DYNAMIC_LEVELS = (0.0, 0.15, 0.25, 0.36, 0.46, 0.55, 0.68, 0.8, 0.9, 1.0)  # niente, ppp, pp, p, mp, mf, f, ff, fff
DYNAMIC_DB = (-26.0, -16.0, -12.0, -8.0, -3.5, 0.0, 4.0, 8.0, 10.0, 12.0)
# Marks, as shares of a full accent.
ACCENTS = {"accent": 1.0, "strong-accent": 1.5, "sforzando": 1.5, "stress": 1.0, "soft-accent": 0.5, "unstress": -0.5}
# dB per dB of level, from vowel to vowel of the same kind at the same pitch: medians of five sung banks (kumi core and
# strong, SCOTTPOID, yuki, dorodoro; 7,000 vowels), which range from -0.59 to -0.13 and from -0.21 to 1.22.
COLOUR = {"breathiness": -0.24, "tension": 0.43}
LEAST_MARKED_DB = 0.5  # less than this is no mark
REST_SECONDS = 0.15  # a rest this long ends a phrase


@dataclass(frozen=True)
class EnergyStyle:
    """The sizes of the rules, in dB unless the name says otherwise."""

    accent_db: float = 3.0
    accent_decay_seconds: float = 0.15
    accent_smoothing_seconds: float = 0.035  # an attack is sharper than what a phrase does
    tenuto_db: float = 1.0
    arch_db: float = 1.5
    downbeat_db: float = 0.7
    high_note_db_per_semitone: float = 0.15
    phrase_end_db: float = -2.5
    phrase_end_seconds: float = 0.35
    smoothing_seconds: float = 0.1

    def scaled(self, factor: float) -> EnergyStyle:
        """All decibels times a factor.

        >>> EnergyStyle().scaled(2.0).arch_db
        3.0
        """
        sizes = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(self, **{name: factor * size for name, size in sizes.items() if "_db" in name})


@dataclass(frozen=True)
class Phrase:
    """A run of touching notes: indices into the segment's notes, and times from the segment's start."""

    first: int
    last: int
    start_seconds: float
    end_seconds: float


def rule_energy(performance: Performance, style: EnergyStyle | None = None) -> Performance:
    """Draw the curve "energy" of every segment, one value a frame; `completion.with_energy` keeps those there are."""
    expression = performance.expression
    chosen = (style or EnergyStyle()).scaled(expression)
    return performance.with_(
        segments=tuple(with_energy(segment, chosen, expression) for segment in performance.segments)
    )


def with_energy(segment: Segment, style: EnergyStyle, expression: float = 1.0) -> Segment:
    """The segment with its curve "energy" in dB; `expression` scales the marks, `style` is scaled already."""
    level_db = smoothed(energy_db(segment, style, expression), style.smoothing_seconds)
    level_db += smoothed(accents_db(segment, style, expression), style.accent_smoothing_seconds)
    colours = colour_curves(segment, style, expression)
    return segment.with_(curves=colours | segment.curves | {CURVE: curve_of(level_db)})


def colour_curves(segment: Segment, style: EnergyStyle, expression: float) -> dict[str, SampledCurve]:
    """Breathiness and tension as the marks and words of the score suggest them, none where it has none."""
    times, bounds, sung = times_of(segment)
    if not sung:
        return {}
    marked_db = smoothed(dynamics_db(times, bounds, sung, details_of(segment), expression), style.smoothing_seconds)
    marked_db += smoothed(accents_db(segment, style, expression), style.accent_smoothing_seconds)
    effects = effects_of(segment, expression)
    asked = {"breathiness": [e.breathiness_db for e in effects], "tension": [e.tension_db for e in effects]}
    if max(np.abs(marked_db).max(), *(np.abs(worded).max() for worded in asked.values())) < LEAST_MARKED_DB:
        return {}
    worded_db = {name: smoothed(held(times, bounds, sung, asked[name]), style.smoothing_seconds) for name in COLOUR}
    return {name: curve_of(share * marked_db + worded_db[name]) for name, share in COLOUR.items()}


def curve_of(values: Array) -> SampledCurve:
    """Values on the frame grid as a curve."""
    return SampledCurve(values.astype(np.float32), GRID.frame_seconds)


def energy_db(segment: Segment, style: EnergyStyle, expression: float = 1.0) -> Array:
    """The rules' sum before smoothing, without accents, shape (frames,)."""
    times, bounds, sung = times_of(segment)
    if not sung:
        return np.zeros(len(times))
    details = details_of(segment)
    level = dynamics_db(times, bounds, sung, details, expression)
    level += pitch_and_metre_db(times, bounds, sung, segment, details, style)
    effects = effects_of(segment, expression)
    level += held(times, bounds, sung, [effect.level_db for effect in effects])
    phrases = phrases_of(segment, bounds)
    singing = np.zeros(len(times), dtype=bool)
    for phrase in phrases:
        notes = slice(sung.index(phrase.first), sung.index(phrase.last) + 1)
        swell = float(np.mean([effect.swell for effect in effects[notes]]))
        own = replace(style, arch_db=style.arch_db * max(0.0, 1.0 + swell))
        own = own if "tenuto" not in details[phrase.last].articulations else replace(own, phrase_end_db=0.0)
        level += phrase_db(times, phrase, own)
        singing |= (times >= phrase.start_seconds) & (times < phrase.end_seconds)
    return np.asarray(np.interp(times, times[singing], level[singing]) if singing.any() else level)


def times_of(segment: Segment) -> tuple[Array, Array, list[int]]:
    """Times of the frames and of the notes' bounds from the segment's start, and the numbers of the sung notes."""
    times = np.asarray(GRID.seconds_of(segment.start_frame + np.arange(segment.frames)) - segment.offset_seconds)
    bounds = np.concatenate([[0.0], np.cumsum(segment.note_durations_seconds)])
    return times, bounds, [i for i, midi in enumerate(segment.notes) if midi is not None]


def details_of(segment: Segment) -> tuple[NoteDetail, ...]:
    """A detail a note, plain ones where the document has none."""
    return segment.details or (NoteDetail(),) * len(segment.notes)


def effects_of(segment: Segment, expression: float) -> list[Effect]:
    """What words of character do to each sung note, see `times_of`."""
    effects = []
    for detail, midi in zip(details_of(segment), segment.notes, strict=True):
        asked = detail.overrides.character if detail.overrides else None
        effect = effect_of(detail.character).scaled(expression) if asked is None else effect_of(asked)
        effects += [effect] if midi is not None else []
    return effects


def held(times: Array, bounds: Array, sung: list[int], values: Sequence[float] | Array) -> Array:
    """A value a sung note, held from its onset to the next one's, shape (frames,)."""
    index = np.clip(np.searchsorted(bounds[sung], times, side="right") - 1, 0, None)
    return np.asarray(values, dtype=np.float64)[index]


def accents_db(segment: Segment, style: EnergyStyle, expression: float = 1.0) -> Array:
    """Attacks that decay, and notes that are leant on, shape (frames,)."""
    times, bounds, sung = times_of(segment)
    details = details_of(segment)
    level = np.zeros(len(times))
    for i, effect in zip(sung, effects_of(segment, expression), strict=True):
        marks = set(details[i].articulations)
        strongest = max((ACCENTS[mark] for mark in marks & set(ACCENTS)), key=abs, default=0.0)
        after = times >= bounds[i]
        decay = np.exp(-(times[after] - bounds[i]) / style.accent_decay_seconds)
        attack_db = 0.0 if segment.note_slurs[i] else effect.attack_db
        level[after] += (strongest * style.accent_db + attack_db) * decay
        if "tenuto" in marks:
            level[after & (times < bounds[i + 1])] += style.tenuto_db
    return level


def dynamics_db(
    times: Array, bounds: Array, sung: list[int], details: tuple[NoteDetail, ...], expression: float = 1.0
) -> Array:
    """Marks and hairpins: each note moves from its first to its last level; rests glide between their neighbours."""
    wishes = [overrides.dynamic if (overrides := details[i].overrides) else None for i in sung]
    where = np.concatenate([bounds[i : i + 2] for i in sung])
    levels = np.concatenate([wish or details[i].dynamic for i, wish in zip(sung, wishes, strict=True)])
    factors = np.repeat([1.0 if wish else expression for wish in wishes], 2)
    level_db = np.interp(np.interp(times, where, levels), DYNAMIC_LEVELS, DYNAMIC_DB)
    return np.asarray(level_db * np.interp(times, where, factors))


def pitch_and_metre_db(
    times: Array, bounds: Array, sung: list[int], segment: Segment, details: tuple[NoteDetail, ...], style: EnergyStyle
) -> Array:
    """High notes and downbeats, held from onset to onset."""
    midi = np.array([segment.notes[i] for i in sung], dtype=np.float64)
    held_db = style.high_note_db_per_semitone * (midi - np.median(midi))
    if segment.details:
        beats = np.array([details[i].beat for i in sung])
        held_db += style.downbeat_db * ((beats == 1.0) & ~np.array([bool(segment.note_slurs[i]) for i in sung]))
    return held(times, bounds, sung, held_db)


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
