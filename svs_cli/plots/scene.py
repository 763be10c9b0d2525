"""What a picture shows, gathered from a performance and a sound: notes, phones, bars and curves on one time axis.

Conventions
-----------
- Times are seconds from the start of the piece; curves lie on the frame grid, NaN where there is nothing to draw.
- `asked` is what the document says, `heard` is what the sound does.
- Deviations are cents against the note of the score that sounds at the moment, positive when sharp; NaN in rests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from svs_cli.frontend.inventory import BREATH, CLOSURE, SILENCE, load_inventory
from svs_cli.performance.completion import filled, timed, with_energy
from svs_cli.performance.document import NoteDetail, Performance, Segment
from svs_cli.performance.energy import CURVE as ENERGY
from svs_cli.performance.energy import rule_energy
from svs_cli.performance.spectrogram import Spectrogram
from svs_cli.performance.voicing import continuous_f0
from svs_cli.plots.bars import BarLine, Onset, bar_lines
from svs_cli.plots.sound import Heard, heard_in_spectrogram
from svs_cli.units import GRID, hz_to_midi

Curve = NDArray[np.float64]
Kind = Literal["vowel", "voiced", "voiceless", "closure", "breath", "silence"]
WIDEST_STEP_SEMITONES = 3.0  # from frame to frame: no voice glides faster, the extractor has changed its mind
SILENCES = frozenset({SILENCE, "pau", "sil", "br", "R"})


@dataclass(frozen=True)
class SungNote:
    """One note as sung; `spoken` are its syllable's phones, `held` says that it continues the syllable before."""

    start_seconds: float
    end_seconds: float
    midi: float
    lyric: str
    spoken: str
    held: bool
    bar: str


@dataclass(frozen=True)
class SungPhone:
    """One phone in time."""

    start_seconds: float
    end_seconds: float
    symbol: str
    kind: Kind


@dataclass(frozen=True)
class Scene:
    """Everything that a picture may show. Shapes: curves (frames,), at least as long as the piece."""

    title: str
    part: str
    language: str
    duration_seconds: float
    notes: tuple[SungNote, ...] = ()
    phones: tuple[SungPhone, ...] = ()
    bars: tuple[BarLine, ...] = ()
    note_midi: Curve | None = None
    asked_midi: Curve | None = None
    asked_energy_db: Curve | None = None
    heard: Heard | None = None
    others: tuple[tuple[str, Curve], ...] = ()  # F0 of other documents to compare with, each with its name
    warnings: tuple[str, ...] = ()

    @property
    def heard_midi(self) -> Curve | None:
        """Heard F0 as fractional MIDI numbers, NaN where unvoiced and where it jumps; None if there is none."""
        if self.heard is None or not self.heard.f0_hz.any():
            return None
        midi = midi_or_nan(self.heard.f0_hz)
        midi[1:][np.abs(np.diff(midi)) > WIDEST_STEP_SEMITONES] = np.nan
        return midi

    def against_notes(self, curve: Curve | None) -> Curve | None:
        """A curve of MIDI numbers as cents against the notes; None where either is missing."""
        if curve is None or self.note_midi is None:
            return None
        frames = min(len(curve), len(self.note_midi))
        return 100.0 * (curve[:frames] - self.note_midi[:frames])


def scene_of(performance: Performance, heard: Heard | None = None, name: str = "") -> Scene:
    """The scene of a document that has durations and F0 (see `completed`). `name` stands in for a missing title."""
    duration = max(performance.duration_seconds, heard.duration_seconds if heard else 0.0)
    frames = max(1, GRID.frame_of(duration))
    note_midi, asked_midi, energy_db = (np.full(frames, np.nan) for _ in range(3))
    notes: list[SungNote] = []
    phones: list[SungPhone] = []
    onsets: list[Onset] = []
    for segment in performance.segments:
        span = slice(segment.start_frame, min(frames, segment.start_frame + segment.frames))
        length = span.stop - span.start
        own = phones_of(segment)
        silent = np.repeat([phone.kind in ("silence", "breath") for phone in own], segment.phone_frames())[:length]
        note_midi[span] = held_notes(segment)[:length]
        if segment.f0 is not None:
            f0 = continuous_f0(segment.f0).at_frames(segment.frames)[:length]
            asked_midi[span] = np.where(silent, np.nan, hz_to_midi(f0.astype(np.float64)))
        if ENERGY in segment.curves:
            level = segment.curves[ENERGY].at_frames(segment.frames)[:length]
            energy_db[span] = np.where(silent, np.nan, level)
        notes += notes_of(segment)
        phones += own
        onsets += onsets_of(segment)
    return Scene(
        title=performance.title or name,
        part=performance.part,
        language=performance.language,
        duration_seconds=duration,
        notes=tuple(notes),
        phones=tuple(phones),
        bars=bar_lines(onsets),
        note_midi=note_midi,
        asked_midi=asked_midi if np.isfinite(asked_midi).any() else None,
        asked_energy_db=energy_db if np.isfinite(energy_db).any() else None,
        heard=heard,
        warnings=performance.warnings,
    )


def with_others(scene: Scene, documents: Sequence[tuple[str, Performance]]) -> Scene:
    """The scene with the F0 of other documents of the same song, each with a name."""
    others = [(name, scene_of(document).asked_midi) for name, document in documents]
    return replace(scene, others=tuple((name, curve) for name, curve in others if curve is not None))


def scene_of_sound(heard: Heard, name: str) -> Scene:
    """The scene of a sound alone."""
    return Scene(title=name, part="", language="", duration_seconds=heard.duration_seconds, heard=heard)


def scene_of_spectrogram(spectrogram: Spectrogram, name: str, heard: Heard | None = None) -> Scene:
    """The scene of a `.mel.npz`, whose F0 is what the vocoder is asked for, and of what was heard, if anything."""
    shown = heard or heard_in_spectrogram(spectrogram)
    return Scene(
        title=name, part="", language="",
        duration_seconds=max(shown.duration_seconds, spectrogram.frames * GRID.frame_seconds),
        asked_midi=midi_or_nan(spectrogram.f0_hz), heard=shown,
    )  # fmt: skip


def completed(performance: Performance, seed: int = 0) -> Performance:
    """The document with timing, F0 and energy as svs would sing it where it had none."""
    from svs_cli.voices.singer import load_duration_model, pitch_model_of

    lengthened = filled(performance, "phone_durations_seconds", load_duration_model().predict)
    pitched = filled(lengthened, "f0", lambda document: pitch_model_of(document).predict(timed(document), seed))
    return with_energy(pitched, rule_energy)


def midi_or_nan(f0_hz: NDArray[np.float32]) -> Curve:
    """Fractional MIDI numbers, NaN where F0 is 0."""
    voiced = f0_hz > 0
    return np.where(voiced, hz_to_midi(np.where(voiced, f0_hz, 440.0).astype(np.float64)), np.nan)


def note_bounds(segment: Segment) -> Curve:
    """Absolute times between which the notes lie, shape (notes + 1,)."""
    return segment.offset_seconds + np.concatenate([[0.0], np.cumsum(segment.note_durations_seconds)])


def held_notes(segment: Segment) -> Curve:
    """The score's pitch in each frame of a segment, NaN in rests."""
    frames = np.minimum(GRID.frames_of(note_bounds(segment)), segment.start_frame + segment.frames)
    frames[0], frames[-1] = segment.start_frame, segment.start_frame + segment.frames
    values = [np.nan if midi is None else midi for midi in segment.notes]
    return np.repeat(values, np.diff(frames))


def notes_of(segment: Segment) -> list[SungNote]:
    """The notes that sound, each with its syllable."""
    bounds = note_bounds(segment)
    details = segment.details or (NoteDetail(),) * len(segment.notes)
    spoken = syllables_spoken(segment)
    return [
        SungNote(
            start_seconds=float(bounds[i]),
            end_seconds=float(bounds[i + 1]),
            midi=midi,
            lyric=details[i].lyric,
            spoken=spoken[i],
            held=bool(segment.note_slurs[i]),
            bar=details[i].bar,
        )
        for i, midi in enumerate(segment.notes)
        if midi is not None
    ]


def syllables_spoken(segment: Segment) -> list[str]:
    """The phones of each note's syllable without spaces, "" for rests and held notes.

    The onset consonants of a syllable are the last phones of the word before, from its last vowel on.
    """
    kinds = [kind_of(phone) for phone in segment.phones]
    spoken = [""] * len(segment.notes)
    onset: list[str] = []
    for note_slice, phone_slice in zip(segment.word_note_slices(), segment.word_phone_slices(), strict=True):
        symbols = list(segment.phones[phone_slice])
        vowels = [i for i, kind in enumerate(kinds[phone_slice]) if kind in ("vowel", "silence", "breath")]
        body = (vowels[-1] if vowels else 0) + 1
        if segment.notes[note_slice.start] is not None:
            spoken[note_slice.start] = "".join([*onset, *symbols[:body]])
        onset = symbols[body:]
    return spoken


def phones_of(segment: Segment) -> list[SungPhone]:
    """The phones in time. Raises PerformanceError if they have no durations."""
    segment.phone_frames()
    ends = segment.offset_seconds + np.cumsum(segment.phone_durations_seconds or ())
    starts = np.concatenate([[segment.offset_seconds], ends[:-1]])
    return [
        SungPhone(float(start), float(end), symbol, kind_of(symbol))
        for start, end, symbol in zip(starts, ends, segment.phones, strict=True)
    ]


def kind_of(symbol: str) -> Kind:
    """How a phone is coloured; phones of other programs' dictionaries count as voiced consonants."""
    if symbol in SILENCES:
        return "silence"
    if symbol in (BREATH, CLOSURE):
        return "breath" if symbol == BREATH else "closure"
    inventory = load_inventory()
    if symbol not in inventory:
        return "voiced"
    phone = inventory[symbol]
    if phone.nucleus or phone.phone_class == "vowel":
        return "vowel"
    return "voiced" if phone.voiced else "voiceless"


def onsets_of(segment: Segment) -> list[Onset]:
    """Where the sung notes stand in the bars; a rest's place is not told reliably."""
    bounds = note_bounds(segment)
    return [
        Onset(float(bounds[i]), detail.bar, detail.beat)
        for i, (midi, detail) in enumerate(zip(segment.notes, segment.details, strict=False))
        if midi is not None and detail.bar
    ]
