"""What a `.ds` document asks for, in the form that audio can be compared with: F0 by frame, notes and syllables.

Conventions
-----------
- Times are seconds from the start of the piece. Frames lie on `GRID`; 0 Hz where nothing is to be voiced.
- A syllable is a word of the document that has a pitch: from the onset of its nucleus to the nucleus of the next
  syllable or, before a rest, to where its voice ends. Consonants before the nucleus belong to the syllable before.
- A note's pitch is looked for in the nucleus alone (with vowels that glide off it), not in the consonants.
- A document without F0 asks for the steps of its notes; one without phone durations gets them by rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from svs_cli.errors import PerformanceError
from svs_cli.frontend.inventory import Inventory, load_inventory
from svs_cli.performance.document import Performance, SampledCurve, Segment
from svs_cli.performance.voicing import voiced_f0
from svs_cli.units import GRID, midi_to_hz

Cue = Literal["voicing", "opening", ""]  # what marks a nucleus: the voice sets in, the mouth opens, nothing
SILENT = ("silence", "breath")


@dataclass(frozen=True)
class AskedNote:
    """One written note; `start_seconds` to `end_seconds` is where its nucleus sounds."""

    midi: float
    start_seconds: float
    end_seconds: float
    bar: str = ""
    lyric: str = ""


@dataclass(frozen=True)
class AskedSyllable:
    """One nucleus; see the module's conventions. `pitch_hz` is the lowest that it asks for."""

    onset_seconds: float
    end_seconds: float
    cue: Cue
    followed_by_rest: bool
    pitch_hz: float
    bar: str = ""
    lyric: str = ""


@dataclass(frozen=True)
class Asked:
    """A whole piece; `f0_hz` has shape (frames,). `f0_source` says whether it is the document's curve or its notes."""

    f0_hz: NDArray[np.float32]
    notes: tuple[AskedNote, ...]
    syllables: tuple[AskedSyllable, ...]
    seconds: float
    f0_source: Literal["f0_seq", "notes"]
    lyrics: tuple[str, ...] = ()
    language: str = ""
    phones: tuple[str, ...] = ()

    @property
    def frames(self) -> int:
        return len(self.f0_hz)


def asked_of(performance: Performance) -> Asked:
    """What the document asks for. Raises PerformanceError for a document without notes or with unknown phones."""
    performance = with_durations(performance)
    performance.check()
    inventory = load_inventory()
    for number, segment in enumerate(performance.segments, 1):
        for phone in segment.phones:
            if phone not in inventory:
                raise PerformanceError(f"segment {number}: {phone!r} is no phone of the inventory")
    own_f0 = all(segment.f0 is not None for segment in performance.segments)
    f0_hz = np.zeros(performance.frames, np.float32)
    notes: list[AskedNote] = []
    syllables: list[AskedSyllable] = []
    for segment in performance.segments:
        sung = segment if own_f0 else segment.with_(f0=note_steps(segment))
        values = voiced_f0(sung)[: max(0, performance.frames - segment.start_frame)]
        f0_hz[segment.start_frame : segment.start_frame + len(values)] = values
        for word in words_of(segment, inventory):
            notes += word.notes
            syllables.append(word.syllable)
    if not notes:
        raise PerformanceError("the document has no notes to compare with")
    return Asked(
        f0_hz, tuple(notes), tuple(syllables), performance.duration_seconds, "f0_seq" if own_f0 else "notes",
        tuple(filter(None, (syllable.lyric for syllable in syllables))), performance.language,
        tuple(phone for segment in performance.segments for phone in segment.phones),
    )  # fmt: skip


def with_durations(performance: Performance) -> Performance:
    """The document with phone durations, as svs would sing it where it has none."""
    from svs_cli.performance.completion import filled
    from svs_cli.voices.singer import load_duration_model

    return filled(performance, "phone_durations_seconds", load_duration_model().predict)


def note_steps(segment: Segment) -> SampledCurve:
    """F0 that jumps from note to note, one value a frame; rests hold the note before them (or the first one)."""
    sung = [midi for midi in segment.notes if midi is not None]
    last = sung[0] if sung else 69.0
    held = []
    for midi in segment.notes:
        last = last if midi is None else midi
        held.append(last)
    frames = GRID.durations_in_frames(segment.note_durations_seconds, segment.offset_seconds)
    values_hz = np.repeat(midi_to_hz(np.array(held)), np.maximum(frames, 1 if not frames.any() else 0))
    return SampledCurve(values_hz.astype(np.float32), GRID.frame_seconds)


@dataclass(frozen=True)
class Word:
    """A sung word of the document."""

    notes: tuple[AskedNote, ...]
    syllable: AskedSyllable


def words_of(segment: Segment, inventory: Inventory) -> list[Word]:
    """The sung words of one segment, in order."""
    phone_ends = segment.offset_seconds + np.cumsum(segment.phone_durations_seconds or ())
    phone_starts = np.concatenate([[segment.offset_seconds], phone_ends[:-1]])
    note_ends = segment.offset_seconds + np.cumsum(segment.note_durations_seconds)
    note_starts = np.concatenate([[segment.offset_seconds], note_ends[:-1]])
    spans = list(zip(segment.word_note_slices(), segment.word_phone_slices(), strict=True))
    words = []
    for number, (notes, phones) in enumerate(spans):
        pitches = [midi for midi in segment.notes[notes] if midi is not None]
        if not pitches or not is_sung(segment.phones[phones.start], inventory):
            continue
        onset = float(phone_starts[phones.start])
        steady_end = float(phone_ends[steady_stop(segment, phones, inventory) - 1])
        rest_follows = number + 1 == len(spans) or segment.notes[spans[number + 1][0].start] is None
        voice_end = float(phone_ends[voiced_stop(segment, phones, inventory) - 1])
        end = voice_end if rest_follows else float(phone_starts[spans[number + 1][1].start])
        detail = segment.details[notes.start] if segment.details else None
        bar, lyric = (detail.bar, detail.lyric) if detail else ("", "")
        asked = tuple(
            AskedNote(midi, max(onset, float(note_starts[i])), min(steady_end, float(note_ends[i])),
                      segment.details[i].bar if segment.details else "", segment.details[i].lyric if detail else "")
            for i in range(notes.start, notes.stop)
            if (midi := segment.notes[i]) is not None and note_starts[i] < steady_end
        )  # fmt: skip
        cue = cue_before(segment.phones[phones.start - 1] if phones.start else "", inventory)
        lowest_hz = midi_to_hz(min(pitches))
        words.append(Word(asked, AskedSyllable(onset, end, cue, rest_follows, lowest_hz, bar, lyric)))
    return words


def is_sung(phone: str, inventory: Inventory) -> bool:
    """Whether a word that starts with this phone is a syllable, not a rest."""
    return inventory[phone].phone_class not in SILENT


def steady_stop(segment: Segment, phones: slice, inventory: Inventory) -> int:
    """Index after the nucleus and the vowels that belong to it."""
    stop = phones.start + 1
    while stop < phones.stop and (inventory[segment.phones[stop]].phone_class == "vowel"):
        stop += 1
    return stop


def voiced_stop(segment: Segment, phones: slice, inventory: Inventory) -> int:
    """Index after the last phone of the word that is voiced without a break from its nucleus."""
    stop = phones.start + 1
    while stop < phones.stop and inventory.is_voiced(segment.phones[stop]):
        stop += 1
    return stop


def cue_before(phone: str, inventory: Inventory) -> Cue:
    """What marks the start of a nucleus after this phone ("": nothing was sung before)."""
    if not phone or not inventory.is_voiced(phone):
        return "voicing"
    return "" if inventory[phone].phone_class == "vowel" else "opening"
