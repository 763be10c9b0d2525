"""What every pitch model does around its choice of gestures: style, wishes of the user, curve, fluctuation, notes.

Conventions
-----------
- Each note draws from a random stream of its own, (seed, segment, note, part): changing one leaves the others as they
  are. What a phrase has in common (the rate of its vibrato, the wander) has a stream too, as note 0.
- A person's wishes (`NoteDetail.overrides`) are applied last, so nothing is stronger than they are.
- What was chosen is written to `NoteDetail.chosen` in the same words: copied into `overrides`, it can be changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from svs_cli.duration.rule import shipped_table
from svs_cli.duration.times import PhoneTable
from svs_cli.performance.document import NoteDetail, Performance, SampledCurve, Segment
from svs_cli.performance.overrides import NoteOverrides, VibratoOverride
from svs_cli.pitch.draw import centred, curve_cents, touches
from svs_cli.pitch.fluctuation import Wander
from svs_cli.pitch.gesture import Gesture, Vibrato
from svs_cli.pitch.manner import PLAIN, manner_of
from svs_cli.pitch.steps import HeldNote, frame_times, held_notes
from svs_cli.units import GRID, FloatArray, midi_to_hz

Array = NDArray[np.float64]
SILENT_MIDI = 57.0  # F0 of a segment that holds nothing but rests
LARGEST_OFF_CENTRE_CENTS = 4.0  # of a note's median, which moves by as much again where few frames are voiced
USUAL_VIBRATO = Vibrato(rate_hz=5.5, depth_cents=45.0, onset_seconds=0.2, fade_seconds=0.3)


@dataclass(frozen=True)
class Phrase:
    """A segment as its pitch model sees it; times are seconds from its start."""

    segment: Segment
    notes: tuple[HeldNote, ...]
    times: Array
    streams: tuple[np.random.Generator, ...]  # one a note
    shared: np.random.Generator  # for what its notes have in common


Choose = Callable[[Phrase], Sequence[Gesture]]
Stream = Callable[[int], np.random.Generator]
Residual = Callable[[Phrase, Array], Array]  # of a curve in cents above the first note


@dataclass(frozen=True)
class PitchStage:
    """Turns a choice of gestures into a document with F0."""

    name: str
    choose: Choose
    wander: Wander
    residual: Residual | None = None
    style: str = PLAIN

    def predict(self, performance: Performance, table: PhoneTable | None, seed: int) -> Performance:
        """Fill `f0` of every segment, one value a frame, positive everywhere. A segment's own seed goes first."""
        known = table if table is not None else shipped_table()
        sung = []
        for number, segment in enumerate(performance.segments):
            own = (seed if segment.seed is None else segment.seed) % 2**32
            sung.append(self._sung(segment, known, f"segment {number + 1}", partial(performance.stream, own, number)))
        return performance.with_(segments=tuple(sung), pitch_model=self.name, style=self.style)

    def _sung(self, segment: Segment, table: PhoneTable, where: str, stream: Stream) -> Segment:
        notes = tuple(held_notes(segment, table, where))
        times = frame_times(segment)
        if not notes:
            return with_f0(segment, np.full(len(times), midi_to_hz(SILENT_MIDI)))
        streams = tuple(stream(1 + note.index) for note in notes)
        phrase = Phrase(segment, notes, times, streams, stream(0))
        gestures = self._wished(phrase, self.choose(phrase), where)
        curve = curve_cents(notes, gestures, times)
        if self.residual is not None:
            curve += self.residual(phrase, curve)
        manner = manner_of(self.style)
        curve += manner.wander * self.wander.drawn(len(times), phrase.shared)
        curve = centred(curve, times, notes, [is_shaped(segment, note) for note in notes], LARGEST_OFF_CENTRE_CENTS)
        return with_chosen(with_f0(segment, midi_to_hz(notes[0].midi + curve / 100.0)), notes, gestures)

    def _wished(self, phrase: Phrase, gestures: Sequence[Gesture], where: str) -> list[Gesture]:
        """The gestures in the notes' styles, and as their overrides ask."""
        wished = []
        for i, (note, gesture) in enumerate(zip(phrase.notes, gestures, strict=True)):
            details = phrase.segment.details
            wishes = details[note.index].overrides if details else None
            manner = manner_of((wishes.style if wishes else None) or self.style, f"{where}, note {note.index + 1}")
            vowel_seconds = note.vowel_end_seconds - note.start_seconds
            gesture = manner.applied(gesture, float(phrase.streams[i].random()), vowel_seconds)
            touching = i > 0 and touches(phrase.notes[i - 1], note)
            wished.append(overridden(gesture, wishes, touching) if wishes else gesture)
        return wished


def overridden(gesture: Gesture, wishes: NoteOverrides, touching: bool) -> Gesture:
    """The gesture with a person's wishes; `touching` says that no rest lies before the note."""
    if wishes.portamento_seconds is not None:
        share = gesture.move_start_seconds / max(gesture.move_seconds, 1e-3)
        length = wishes.portamento_seconds
        gesture = replace(gesture, move_seconds=length, move_start_seconds=max(-1.0, share) * length)
    if wishes.scoop_cents is not None:
        cents = wishes.scoop_cents
        gesture = replace(gesture, dip_cents=cents) if touching else replace(gesture, scoop_cents=cents)
    if wishes.vibrato == "off":
        gesture = replace(gesture, vibrato=None)
    elif wishes.vibrato is not None:
        asked = wishes.vibrato
        own = gesture.vibrato or USUAL_VIBRATO
        gesture = replace(
            gesture,
            vibrato=Vibrato(
                rate_hz=own.rate_hz if asked.rate_hz is None else asked.rate_hz,
                depth_cents=own.depth_cents if asked.depth_cents is None else asked.depth_cents,
                onset_seconds=own.onset_seconds if asked.onset_seconds is None else asked.onset_seconds,
                fade_seconds=own.fade_seconds if asked.fade_seconds is None else asked.fade_seconds,
                phase=own.phase,
            ),
        )
    return gesture


def is_shaped(segment: Segment, note: HeldNote) -> bool:
    """Whether a person has asked for a portamento or scoop of a note, which may well keep it off its centre."""
    wishes = segment.details[note.index].overrides if segment.details else None
    return wishes is not None and (wishes.portamento_seconds is not None or wishes.scoop_cents is not None)


def with_f0(segment: Segment, f0_hz: FloatArray) -> Segment:
    """The segment with F0 on the frame grid, (frames,)."""
    return segment.with_(f0=SampledCurve(f0_hz.astype(np.float32), GRID.frame_seconds))


def with_chosen(segment: Segment, notes: Sequence[HeldNote], gestures: Sequence[Gesture]) -> Segment:
    """The segment with what was chosen for each note, in the words of overrides."""
    details = list(segment.details or (NoteDetail(),) * len(segment.notes))
    for i, (note, gesture) in enumerate(zip(notes, gestures, strict=True)):
        touching = i > 0 and touches(notes[i - 1], note)
        details[note.index] = replace(details[note.index], chosen=chosen(gesture, touching))
    return segment.with_(details=tuple(details))


def chosen(gesture: Gesture, touching: bool) -> NoteOverrides:
    """A gesture in the words of overrides, rounded as a person would write it."""
    vibrato = gesture.vibrato
    return NoteOverrides(
        vibrato="off" if vibrato is None else VibratoOverride(
            rate_hz=round(min(max(vibrato.rate_hz, 0.1), 15.0), 2),
            depth_cents=round(min(max(vibrato.depth_cents, 0.0), 600.0), 1),
            onset_seconds=round(max(vibrato.onset_seconds, 0.0), 3),
            fade_seconds=round(max(vibrato.fade_seconds, 0.0), 3),
        ),
        portamento_seconds=round(min(gesture.move_seconds, 5.0), 3) if touching else None,
        scoop_cents=round(gesture.dip_cents if touching else gesture.scoop_cents, 1),
    )  # fmt: skip
