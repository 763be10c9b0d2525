"""What a learned pitch model is told of each note: intervals, lengths, rests and consonants around it.

Conventions
-----------
- No absolute pitch: a transposed score has the same features, so its curve is transposed exactly.
- Lengths are natural logarithms of seconds against half a second, intervals are octaves, other times seconds.
- Before the first and after the last note of a phrase lies a rest of `LONGEST_REST_SECONDS`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svs_cli.duration.stage import facts_of
from svs_cli.duration.times import PhoneTable
from svs_cli.performance.document import Segment
from svs_cli.pitch.draw import touches
from svs_cli.pitch.steps import HeldNote

Array = NDArray[np.float64]
LONGEST_REST_SECONDS = 1.0
USUAL_SECONDS = 0.5
NOTE_FEATURES = (
    "touching", "same", "up", "down", "length", "length_before", "rest_before", "voiceless", "obstruent", "sonorant",
    "legato", "touching_after", "up_after", "down_after", "rest_after", "length_after", "closing",
)  # fmt: skip
CLASSES = ("voiceless", "obstruent", "sonorant")
KINDS = (*CLASSES, "vowel", "silence")
NEAR_SECONDS = (0.03, 0.1, 0.3)  # scales on which a frame sees its note's onset and end
FRAME_FEATURES = (
    "deviation", *(f"after_{scale}" for scale in NEAR_SECONDS), *(f"left_{scale}" for scale in NEAR_SECONDS), *KINDS
)


@dataclass(frozen=True)
class OnsetSounds:
    """Seconds of voiceless, voiced obstruent and sonorant consonants right before a note's onset."""

    voiceless: float = 0.0
    obstruent: float = 0.0
    sonorant: float = 0.0


def phone_kinds(segment: Segment, table: PhoneTable, where: str = "segment") -> list[str]:
    """Each phone's kind: "voiceless", "obstruent", "sonorant", "vowel" or "silence"."""
    kinds = []
    for fact in facts_of(segment.phones, table, where):
        if fact.phone_class in ("silence", "breath"):
            kinds.append("silence")
        elif fact.nucleus or fact.phone_class == "vowel":
            kinds.append("vowel")
        elif not fact.voiced:
            kinds.append("voiceless")
        else:
            kinds.append("sonorant" if fact.phone_class in ("nasal", "liquid", "glide") else "obstruent")
    return kinds


def onset_sounds(segment: Segment, notes: Sequence[HeldNote], kinds: Sequence[str]) -> list[OnsetSounds]:
    """The consonants before each note; none before the duration stage ran."""
    if segment.phone_durations_seconds is None:
        return [OnsetSounds()] * len(notes)
    ends = np.cumsum(segment.phone_durations_seconds)
    starts = ends - np.array(segment.phone_durations_seconds)
    found = []
    for note in notes:
        first, last = note.start_seconds - note.consonants_seconds, note.start_seconds
        lengths = np.maximum(np.minimum(ends, last) - np.maximum(starts, first), 0.0)
        shares = (sum(length for length, own in zip(lengths, kinds, strict=True) if own == kind) for kind in CLASSES)
        found.append(OnsetSounds(*(float(share) for share in shares)))
    return found


def note_features(notes: Sequence[HeldNote], sounds: Sequence[OnsetSounds]) -> Array:
    """`NOTE_FEATURES` of each note, shape (notes, features)."""
    rows = []
    for i, (note, sound) in enumerate(zip(notes, sounds, strict=True)):
        before = notes[i - 1] if i else None
        after = notes[i + 1] if i + 1 < len(notes) else None
        joined, goes_on = bool(before and touches(before, note)), bool(after and touches(note, after))
        came = (note.midi - before.midi) / 12.0 if before and joined else 0.0
        goes = (after.midi - note.midi) / 12.0 if after and goes_on else 0.0
        rows.append((
            float(joined), float(joined and came == 0.0), max(came, 0.0), max(-came, 0.0),
            log_length(note.seconds), log_length(before.seconds if before else USUAL_SECONDS), rest(before, note),
            sound.voiceless, sound.obstruent, sound.sonorant, float(note.legato),
            float(goes_on), max(goes, 0.0), max(-goes, 0.0), rest(note, after),
            log_length(after.seconds if after else USUAL_SECONDS), note.end_seconds - note.vowel_end_seconds,
        ))  # fmt: skip
    return np.array(rows, np.float64).reshape(-1, len(NOTE_FEATURES))


def log_length(seconds: float) -> float:
    """Natural logarithm against half a second, kept within what songs have.

    >>> log_length(0.5)
    0.0
    """
    return float(np.log(np.clip(seconds, 0.05, 8.0) / USUAL_SECONDS))


def rest(before: HeldNote | None, after: HeldNote | None) -> float:
    """Seconds of rest between two notes, or the longest where there is no other note."""
    if before is None or after is None:
        return LONGEST_REST_SECONDS
    return float(np.clip(after.start_seconds - before.end_seconds, 0.0, LONGEST_REST_SECONDS))


def frame_features(
    notes: Sequence[HeldNote], kinds: Sequence[str], segment: Segment, times: Array, curve_cents: Array
) -> tuple[Array, NDArray[np.int64]]:
    """`FRAME_FEATURES` of each frame, (frames, features), and the note that it belongs to, (frames,).

    A frame belongs to the note whose onset consonants have begun last; `curve_cents` is the gestures' curve in cents
    above the first note.
    """
    begins = np.array([note.start_seconds - note.consonants_seconds for note in notes])
    owner = np.maximum(np.searchsorted(begins, times, side="right") - 1, 0)
    after = times - np.array([note.start_seconds for note in notes])[owner]
    left = np.array([note.vowel_end_seconds for note in notes])[owner] - times
    written = 100.0 * (np.array([note.midi for note in notes]) - notes[0].midi)[owner]
    columns = [np.clip((curve_cents - written) / 100.0, -3.0, 3.0)]
    columns += [np.exp(-np.abs(after) / scale) * np.sign(after + 1e-9) for scale in NEAR_SECONDS]
    columns += [np.exp(-np.abs(left) / scale) * np.sign(left + 1e-9) for scale in NEAR_SECONDS]
    own = kind_of_frames(kinds, segment, times)
    columns += [(own == number).astype(np.float64) for number in range(len(KINDS))]
    return np.stack(columns, axis=1), owner.astype(np.int64)


def kind_of_frames(kinds: Sequence[str], segment: Segment, times: Array) -> NDArray[np.int64]:
    """The number in `KINDS` of the phone that sounds at each time; a vowel before the duration stage ran."""
    if segment.phone_durations_seconds is None:
        return np.full(len(times), KINDS.index("vowel"))
    ends = np.cumsum(segment.phone_durations_seconds)
    phone = np.minimum(np.searchsorted(ends, times, side="right"), len(ends) - 1)
    return np.array([KINDS.index(kind) for kind in kinds])[phone]
