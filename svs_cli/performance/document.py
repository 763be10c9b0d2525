"""How to sing it: the `.ds` document that the stages exchange (DiffSinger's JSON, list of phrase segments).

Conventions
-----------
- A segment is one phrase: it starts at `offset_seconds` of the piece and holds notes and phones that both last
  exactly as long as the segment. Between segments there is silence.
- Notes are MIDI numbers (fractional allowed) or `None` for a rest. In the file they are names: "C4", "C4+25", "rest".
- A *word* (the community's term) is a note with `note_slurs == 0` plus the slurred notes (1) that follow: one rest or
  one syllable. `phone_counts` has one entry a word. A word's phones start with the nucleus that sounds at the
  note's onset, so the onset consonants of a syllable are the *last* phones of the word before (of a rest, if the
  phrase starts there): that is the timing contract, written in data.
- `phone_durations_seconds` is None until the duration stage ran, `f0_hz` until the pitch stage ran.
- `f0_hz` is positive everywhere, also under unvoiced phones and rests (interpolated): what is voiced follows from
  the phones.
- Curves (energy in dB, breathiness in dB, tension in dB, voicing in dB, gender -1..1 ...) have a time step each.
- What DiffSinger doesn't know lives under the key "svs": one `NoteDetail` a note, the voice, the piece's length.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from svs_cli.errors import PerformanceError
from svs_cli.performance.overrides import NoteOverrides
from svs_cli.performance.retakes import Retake, check_retakes
from svs_cli.units import GRID

Curve = NDArray[np.float32]
DURATION_TOLERANCE_SECONDS = 1e-3
LONGEST_SECONDS = 2 * 3600.0  # of one part: 2 GB of samples and mel
HIGHEST_F0_HZ = 5_000.0
MOST_EXPRESSION = 2.0
SEEDS_OF_A_PART = 2**20  # more than there are frames or phrases, which are counted up from a seed


@dataclass(frozen=True)
class NoteDetail:
    """What the score said about one note and later stages may use. `dynamic` is 0..1 at its onset and its end."""

    bar: str = ""
    beat: float = 1.0
    lyric: str = ""
    language: str = ""
    dynamic: tuple[float, float] = (0.55, 0.55)
    articulations: tuple[str, ...] = ()
    character: tuple[str, ...] = ()  # words such as "molto dolce", see character.py
    fermata: bool = False
    breath_after: bool = False
    legato: bool = False  # slurred to the note before, or sung legato
    grace: bool = False
    overrides: NoteOverrides | None = None  # what a person asks of this note, see overrides.py
    chosen: NoteOverrides | None = None  # what the pitch stage chose, in the same words


@dataclass(frozen=True)
class SampledCurve:
    """Values at a fixed time step from the segment's start; shape (n,)."""

    values: Curve
    timestep_seconds: float

    def at_frames(self, frames: int) -> Curve:
        """Linear interpolation on the frame grid, shape (frames,); the last value holds past the end."""
        times = GRID.seconds_of(np.arange(frames))
        own = np.arange(len(self.values)) * self.timestep_seconds
        return np.interp(times, own, self.values).astype(np.float32)


@dataclass(frozen=True)
class Segment:
    """One phrase; see the module's conventions. Lists that describe notes have equal lengths."""

    offset_seconds: float
    phones: tuple[str, ...]
    phone_counts: tuple[int, ...]
    notes: tuple[float | None, ...]
    note_durations_seconds: tuple[float, ...]
    note_slurs: tuple[int, ...]
    details: tuple[NoteDetail, ...] = ()
    phone_durations_seconds: tuple[float, ...] | None = None
    f0: SampledCurve | None = None
    curves: dict[str, SampledCurve] = field(default_factory=dict)
    seed: int | None = None
    speaker_mix: dict[str, float | str | list[float]] | None = None  # see acoustic/mixture.py
    text: str = ""
    retakes: tuple[Retake, ...] = ()  # stretches that were sung anew, the last on top
    other: dict[str, Any] = field(default_factory=dict)  # keys of other programs, written back untouched

    @property
    def duration_seconds(self) -> float:
        return float(sum(self.note_durations_seconds))

    @property
    def start_frame(self) -> int:
        return GRID.frame_of(self.offset_seconds)

    @property
    def frames(self) -> int:
        """Frames of the segment on the piece's grid: no drift, because both ends are rounded absolutely."""
        return GRID.frame_of(self.offset_seconds + self.duration_seconds) - self.start_frame

    def phone_frames(self) -> NDArray[np.int64]:
        """Frames of each phone, shape (phones,); sums to `frames`."""
        if self.phone_durations_seconds is None:
            raise PerformanceError("the document has no phone durations yet", fix="run it through 'svs duration' first")
        ends = self.offset_seconds + np.cumsum(self.phone_durations_seconds)
        boundaries = np.concatenate([[self.start_frame], GRID.frames_of(ends)])
        boundaries[-1] = self.start_frame + self.frames
        return np.diff(np.minimum(boundaries, boundaries[-1]))

    def word_phone_slices(self) -> list[slice]:
        """The phones of each word, in order."""
        ends = np.cumsum(self.phone_counts)
        return [slice(int(end - count), int(end)) for end, count in zip(ends, self.phone_counts, strict=True)]

    def word_note_slices(self) -> list[slice]:
        """The notes of each word, in order."""
        starts = [i for i, slur in enumerate(self.note_slurs) if not slur] + [len(self.notes)]
        return [slice(a, b) for a, b in zip(starts, starts[1:], strict=False)]

    def with_(self, **changes: Any) -> Segment:
        """A copy with some fields changed; a new F0 has no retakes behind it, unless they are given too.

        Where phone durations are new, retakes have no timing to go back to.
        """
        if "f0" in changes:
            changes = {"retakes": (), **changes}
        elif self.retakes and "phone_durations_seconds" in changes:
            changes = {"retakes": tuple(retake.without_timing() for retake in self.retakes), **changes}
        return replace(self, **changes)

    def check(self, where: str = "segment") -> None:
        """Raise PerformanceError if the segment breaks its contract."""
        n = len(self.notes)
        if not n or len(self.note_durations_seconds) != n or len(self.note_slurs) != n:
            raise PerformanceError(f"{where}: note_seq, note_dur and note_slur must have the same length, not zero")
        if self.details and len(self.details) != n:
            raise PerformanceError(f"{where}: {len(self.details)} note details for {n} notes")
        if min(self.note_durations_seconds) <= 0:
            raise PerformanceError(f"{where}: a note has no positive duration")
        if not self.frames:
            raise PerformanceError(f"{where} is shorter than a frame of {1000 * GRID.frame_seconds:.1f} ms")
        if self.note_slurs[0]:
            raise PerformanceError(f"{where}: the first note cannot be slurred to one before")
        if min(self.phone_counts, default=0) < 1 or sum(self.phone_counts) != len(self.phones):
            raise PerformanceError(
                f"{where}: ph_num sums to {sum(self.phone_counts)}, ph_seq has {len(self.phones)} phones"
            )
        words = sum(1 for slur in self.note_slurs if not slur)
        if words != len(self.phone_counts):
            raise PerformanceError(f"{where}: {words} unslurred notes but {len(self.phone_counts)} entries in ph_num")
        if self.phone_durations_seconds is not None:
            if len(self.phone_durations_seconds) != len(self.phones):
                raise PerformanceError(f"{where}: ph_dur and ph_seq differ in length")
            if min(self.phone_durations_seconds) < 0:
                raise PerformanceError(f"{where}: a phone has a negative duration")
            difference = abs(sum(self.phone_durations_seconds) - self.duration_seconds)
            if difference > DURATION_TOLERANCE_SECONDS * len(self.phones):
                raise PerformanceError(f"{where}: phones and notes differ by {difference:.3f} s in length")
        curve = self.f0
        if curve is not None and not (len(curve.values) and np.all(curve.values >= 0) and curve.timestep_seconds > 0):
            raise PerformanceError(f"{where}: f0_seq must hold frequencies in Hz and f0_timestep must be positive")
        if curve is not None and curve.values.max() > HIGHEST_F0_HZ:
            raise PerformanceError(f"{where}: nobody sings an F0 of {curve.values.max():.0f} Hz")
        check_retakes(self, where)


def part_seed(seed: int, part_number: int) -> int:
    """The seed of a part's sound where a choir shares one; the first part's is the seed itself.

    >>> part_seed(7, 1), part_seed(7, 2) - part_seed(7, 1) == SEEDS_OF_A_PART
    (7, True)
    """
    return seed + SEEDS_OF_A_PART * (part_number - 1)


@dataclass(frozen=True)
class Performance:
    """A whole part: segments in order, and the length that the rendered audio must have."""

    segments: tuple[Segment, ...]
    duration_seconds: float
    title: str = ""
    part: str = ""
    language: str = ""
    warnings: tuple[str, ...] = ()
    expression: float = 1.0  # how far the score's marks are followed: 0 not at all, 1 as usual, 2 twice as much
    pitch_model: str = ""  # who drew the F0, in which style; "" if nobody said
    style: str = ""
    part_number: int = 1  # its place among the score's parts

    @property
    def frames(self) -> int:
        """Frames of the rendered audio."""
        return GRID.frame_of(self.duration_seconds)

    def with_(self, **changes: Any) -> Performance:
        """A copy with some fields changed."""
        return replace(self, **changes)

    def stream(self, *key: int) -> np.random.Generator:
        """A random stream of this part: singers of a choir that share a seed do not move as one."""
        return np.random.default_rng(key if self.part_number == 1 else (*key, self.part_number))

    def check(self) -> None:
        """Raise PerformanceError if a segment breaks its contract or overlaps the next, or the piece is endless."""
        if not 0 < self.duration_seconds <= LONGEST_SECONDS:
            hours, most = self.duration_seconds / 3600, LONGEST_SECONDS / 3600
            raise PerformanceError(
                f"the piece lasts {hours:.1f} hours; svs sings {most:.0f} at most",
                fix="split the score",
            )
        if not 0 <= self.expression <= MOST_EXPRESSION:
            raise PerformanceError(f"the expression must lie between 0 and {MOST_EXPRESSION:g}, not {self.expression}")
        end = 0.0
        for number, segment in enumerate(self.segments, 1):
            segment.check(f"segment {number}")
            if segment.offset_seconds < 0:
                raise PerformanceError(f"segment {number} starts before the piece")
            if segment.offset_seconds < end - DURATION_TOLERANCE_SECONDS:
                raise PerformanceError(f"segment {number} starts before segment {number - 1} ends")
            end = segment.offset_seconds + segment.duration_seconds
        if end > self.duration_seconds + DURATION_TOLERANCE_SECONDS:
            raise PerformanceError(f"the segments end at {end:.3f} s, after the piece ({self.duration_seconds:.3f} s)")
