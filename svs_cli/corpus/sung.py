"""A labelled recording of a song as the document that a perfect copy would be sung from, with the singer's own F0.

Conventions
-----------
- Notes get the singer's own times: each starts where its vowel does, by the labels. So errors of timing do not count.
- Where a recording has phones but no notes, its notes are read off the F0: the median of each vowel, on the degrees of
  the major key that fits best. They are no score, and say less about intonation than one.
- F0 is in Hz, 0 where unvoiced, on the frame grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svs_cli.corpus.shards import Features
from svs_cli.frontend.inventory import BREATH, SILENCE, load_inventory
from svs_cli.performance.document import Performance, SampledCurve, Segment
from svs_cli.units import GRID, hz_to_midi

Array = NDArray[np.float64]
SMALLEST_REST_SECONDS = 0.005
EDGE_SHARE = 0.2  # of a vowel at both ends that says little about its note
MAJOR_DEGREES = (0, 2, 4, 5, 7, 9, 11)
PAUSES = frozenset({SILENCE, BREATH})


@dataclass(frozen=True)
class SungSong:
    """A recording of a song; `read_off` says that its notes were read off the F0."""

    name: str
    segment: Segment
    f0_hz: Array  # (frames of the segment,)
    read_off: bool

    @property
    def performance(self) -> Performance:
        """The song as a document of one segment, without F0."""
        return Performance((self.segment,), self.segment.duration_seconds, title=self.name)

    @property
    def voiced(self) -> NDArray[np.bool_]:
        return self.f0_hz > 0

    @property
    def voiced_seconds(self) -> float:
        """How much of it has a pitch."""
        return float(self.voiced.sum()) * GRID.frame_seconds


@dataclass(frozen=True)
class TimedNote:
    """A note (None: a rest) from one time to another, in seconds."""

    start_seconds: float
    end_seconds: float
    midi: float | None


def sung_song(features: Features) -> SungSong | None:
    """A recording as a song; None if its phones have no times or it holds no note."""
    info = features.info
    phones, ends = tuple(info.get("phones", ())), np.array(info.get("ends_seconds") or (), np.float64)
    if not phones or len(ends) != len(phones):
        return None
    f0_hz = np.asarray(features.f0_hz, np.float64)
    told = [TimedNote(n["start_seconds"], n["end_seconds"], float(n["midi"])) for n in info.get("notes", ())]
    notes = told or notes_read_off(phones, ends, f0_hz)
    if not notes:
        return None
    segment = segment_of(phones, ends, with_rests(notes, float(ends[-1])))
    padded = np.pad(f0_hz, (0, max(0, segment.frames - len(f0_hz))))[: segment.frames]
    return SungSong(str(info.get("path", "song")), segment, padded, not told)


def with_rests(notes: Sequence[TimedNote], end_seconds: float) -> list[TimedNote]:
    """The notes with rests wherever none sounds, from 0 to the end, without gaps or overlaps."""
    line: list[TimedNote] = []
    now = 0.0
    for i, note in enumerate(notes):
        if note.start_seconds - now > SMALLEST_REST_SECONDS:
            line.append(TimedNote(now, note.start_seconds, None))
            now = note.start_seconds
        following = notes[i + 1].start_seconds if i + 1 < len(notes) else end_seconds
        end = following if following - note.end_seconds <= SMALLEST_REST_SECONDS else note.end_seconds
        end = min(end, following, end_seconds)
        if end > now:
            line.append(TimedNote(now, end, note.midi))
            now = end
    if end_seconds > now:
        line.append(TimedNote(now, end_seconds, None))
    return line


def segment_of(phones: Sequence[str], ends: Array, line: Sequence[TimedNote]) -> Segment:
    """Notes and phones as one segment; a note in which no phone starts is slurred to the one before."""
    starts = np.concatenate([[0.0], ends[:-1]])
    bounds = [note.start_seconds for note in line]
    owner = np.maximum(np.searchsorted(bounds, starts + 1e-4, side="right") - 1, 0)
    counts = np.bincount(owner, minlength=len(line))
    slurs = [int(i > 0 and (not counts[i] or continues(phones, owner, i))) for i in range(len(line))]
    phone_counts: list[int] = []
    for count, slur in zip(counts, slurs, strict=True):
        if slur:
            phone_counts[-1] += int(count)
        else:
            phone_counts.append(int(count))
    segment = Segment(
        offset_seconds=0.0,
        phones=tuple(phones),
        phone_counts=tuple(phone_counts),
        notes=tuple(note.midi for note in line),
        note_durations_seconds=tuple(note.end_seconds - note.start_seconds for note in line),
        note_slurs=tuple(slurs),
        phone_durations_seconds=tuple(np.diff(np.concatenate([[0.0], ends]))),
    )
    segment.check("the song")
    return segment


def continues(phones: Sequence[str], owner: NDArray[np.int64], note: int) -> bool:
    """Whether a note goes on with the vowel of the note before: labels write it again."""
    first = int(np.searchsorted(owner, note))
    return first > 0 and owner[first - 1] == note - 1 and phones[first] == phones[first - 1] not in PAUSES


def notes_read_off(phones: Sequence[str], ends: Array, f0_hz: Array) -> list[TimedNote]:
    """A note for each vowel, up to the next vowel or pause, at the pitch that was sung there."""
    nuclei = load_inventory().nuclei
    starts = np.concatenate([[0.0], ends[:-1]])
    marks = [i for i, phone in enumerate(phones) if phone in nuclei or phone in PAUSES]
    found: list[tuple[float, float, float]] = []
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        if phones[mark] in PAUSES:
            continue
        stop = float(starts[following]) if following is not None else float(ends[-1])
        length = ends[mark] - starts[mark]
        inside = slice(*GRID.frames_of([starts[mark] + EDGE_SHARE * length, ends[mark] - EDGE_SHARE * length]))
        voiced = f0_hz[inside][f0_hz[inside] > 0]
        if len(voiced):
            found.append((float(starts[mark]), stop, float(np.median(hz_to_midi(voiced)))))
    pitches = snapped_to_key([midi for _, _, midi in found])
    return [TimedNote(start, stop, pitch) for (start, stop, _), pitch in zip(found, pitches, strict=True)]


def snapped_to_key(midis: Sequence[float]) -> list[float]:
    """The nearest degrees of the major key and tuning that lie nearest to all.

    >>> snapped_to_key([61.8, 63.9, 65.8, 68.8, 72.9, 73.8])
    [62.0, 64.0, 66.0, 69.0, 73.0, 74.0]
    """
    values = np.array(midis, np.float64)
    best, snapped = np.inf, values
    for key in range(12):
        degrees = np.array([midi for midi in range(128) if (midi - key) % 12 in MAJOR_DEGREES], np.float64)
        for tuning in np.arange(-0.5, 0.5, 0.05):
            nearest = degrees[np.abs(values[:, None] - tuning - degrees).argmin(1)] if len(values) else values
            cost = float(np.abs(values - tuning - nearest).sum()) + 0.1 * abs(tuning)
            if cost < best:
                best, snapped = cost, nearest
    return [float(value) for value in snapped]


def with_own_f0(song: SungSong) -> Performance:
    """The song's document with what was sung as its F0, bridged where it is unvoiced."""
    from svs_cli.analysis.f0 import filled

    curve = SampledCurve(filled(song.f0_hz.astype(np.float32)), GRID.frame_seconds)
    return song.performance.with_(segments=(song.segment.with_(f0=curve),))
