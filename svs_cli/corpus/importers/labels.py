"""Labelled stretches of time become the contiguous phones of a manifest.

Conventions
-----------
- A piece is a stretch with the phones it stands for: none for silence, several for what another phone set writes as
  one symbol (a diphthong, a Mandarin final). Those share its time by rule: glides before the nucleus and what follows
  it are short, the nucleus takes the rest.
- Gaps become silence, or are closed if they are shorter than `SMALLEST_GAP_SECONDS`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from svs_cli.corpus.manifest import Note
from svs_cli.corpus.utau.words import BREATH, SILENCE, LabelError
from svs_cli.frontend.inventory import load_inventory

SMALLEST_GAP_SECONDS = 0.02
LONGEST_OVERLAP_SECONDS = 0.02
LONGEST_OVERHANG_SECONDS = 0.1
SHORTEST_SECONDS = 1e-4
BEFORE_NUCLEUS_SECONDS = 0.06
AFTER_NUCLEUS_SECONDS = 0.12
LARGEST_SHARE = 0.3
PAUSES = (SILENCE, BREATH)
LOWEST_MIDI, HIGHEST_MIDI = 12.0, 120.0


@dataclass(frozen=True)
class Piece:
    """A labelled stretch and its phones."""

    start_seconds: float
    end_seconds: float
    phones: tuple[str, ...]


def shares_seconds(phones: Sequence[str], duration_seconds: float) -> list[float]:
    """How long each phone of one symbol lasts; sums to the duration.

    >>> [round(seconds, 3) for seconds in shares_seconds(("a", "ɪ̯"), 1.0)]
    [0.88, 0.12]
    """
    nuclei = load_inventory().nuclei
    nucleus = next((i for i, phone in enumerate(phones) if phone in nuclei), 0)
    lengths = [
        min(BEFORE_NUCLEUS_SECONDS if i < nucleus else AFTER_NUCLEUS_SECONDS, LARGEST_SHARE * duration_seconds)
        for i in range(len(phones))
    ]
    others = sum(lengths) - lengths[nucleus]
    scale = min(1.0, 0.6 * duration_seconds / others) if others else 1.0
    lengths = [length * scale for length in lengths]
    lengths[nucleus] = duration_seconds - others * scale
    return lengths


def contiguous(pieces: Iterable[Piece], audio_seconds: float) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """Phones and their ends that fill 0 to `audio_seconds` without gaps; neighbouring pauses of one kind are one.

    Raises LabelError if pieces overlap, are empty, or hang over the end of the audio.
    """
    phones: list[str] = []
    ends: list[float] = []

    def add(phone: str, end_seconds: float) -> None:
        if phones and phones[-1] == phone and phone in PAUSES:
            ends[-1] = end_seconds
        else:
            phones.append(phone)
            ends.append(end_seconds)

    for piece in clipped(pieces, audio_seconds):
        position = ends[-1] if ends else 0.0
        gap = piece.start_seconds - position
        if gap >= SMALLEST_GAP_SECONDS or (gap > 0 and not ends):
            add(SILENCE, piece.start_seconds)
            position = piece.start_seconds
        if piece.end_seconds - position < SHORTEST_SECONDS:
            if set(piece.phones) <= set(PAUSES):
                continue
            raise LabelError(f"{' '.join(piece.phones)} at {piece.start_seconds:.3f} s has no length")
        for phone, seconds in zip(
            piece.phones, shares_seconds(piece.phones, piece.end_seconds - position), strict=True
        ):
            position += seconds
            add(phone, position)
    if not ends or all(phone in PAUSES for phone in phones):
        raise LabelError("the labels hold nothing but silence")
    if audio_seconds - ends[-1] >= SMALLEST_GAP_SECONDS:
        add(SILENCE, audio_seconds)
    ends[-1] = audio_seconds
    return tuple(phones), tuple(ends)


def clipped(pieces: Iterable[Piece], audio_seconds: float) -> Iterable[Piece]:
    """The pieces inside the audio, overlaps of a few milliseconds cut off. Raises LabelError for larger ones."""
    before_seconds = 0.0
    for piece in pieces:
        named = " ".join(piece.phones) or SILENCE
        if piece.start_seconds < before_seconds - LONGEST_OVERLAP_SECONDS:
            raise LabelError(f"{named} at {piece.start_seconds:.3f} s starts before the phone before it has ended")
        phones = piece.phones or (SILENCE,)
        start, end = max(piece.start_seconds, before_seconds), min(piece.end_seconds, audio_seconds)
        if piece.end_seconds > audio_seconds + LONGEST_OVERHANG_SECONDS and not set(phones) <= set(PAUSES):
            raise LabelError(f"{named} ends at {piece.end_seconds:.2f} s, but the audio at {audio_seconds:.2f} s")
        before_seconds = max(before_seconds, end)
        if start < audio_seconds:
            yield Piece(start, end, phones)


def notes_inside(notes: Iterable[Note], audio_seconds: float) -> tuple[Note, ...]:
    """The notes in order and without overlaps; what is empty, outside the audio or beyond any voice is dropped."""
    kept: list[Note] = []
    for note in sorted(notes, key=lambda note: note.start_seconds):
        start = max(0.0, note.start_seconds, kept[-1].start_seconds if kept else 0.0)
        end = min(note.end_seconds, audio_seconds)
        if not (end - start >= SHORTEST_SECONDS and LOWEST_MIDI <= note.midi <= HIGHEST_MIDI):
            continue  # also what is not a number
        if kept and kept[-1].end_seconds > start:
            earlier = kept.pop()
            if start - earlier.start_seconds >= SHORTEST_SECONDS:
                kept.append(Note(earlier.start_seconds, start, earlier.midi, earlier.lyric))
        kept.append(Note(round(start, 4), round(end, 4), note.midi, note.lyric))
    return tuple(kept)


def pieces_of(phones: Sequence[tuple[str, ...]], durations_seconds: Sequence[float]) -> list[Piece]:
    """Pieces that follow each other from 0 on. Raises LabelError unless there is one duration a piece."""
    if len(phones) != len(durations_seconds):
        raise LabelError(f"{len(phones)} phones but {len(durations_seconds)} durations")
    edges = pairwise(accumulate(durations_seconds, initial=0.0))
    return [Piece(start, end, group) for (start, end), group in zip(edges, phones, strict=True)]


@dataclass(frozen=True)
class SungPiece:
    """A piece and the pitch that its label gives it; `begins` a note, or else sounds in the note before or after."""

    piece: Piece
    midi: float | None
    begins: bool


def notes_of_pieces(sung: Iterable[SungPiece]) -> list[Note]:
    """Notes from pitches that stand at phones: each lasts until the next begins, or a pause."""
    notes: list[Note] = []
    sounding = False
    for item in sung:
        piece = item.piece
        if set(piece.phones) <= set(PAUSES):
            sounding = False
        elif item.begins and item.midi is not None:
            if sounding:
                notes[-1] = replace(notes[-1], end_seconds=piece.start_seconds)
            notes.append(Note(piece.start_seconds, piece.end_seconds, item.midi))
            sounding = True
        elif sounding:
            notes[-1] = replace(notes[-1], end_seconds=piece.end_seconds)
    return notes


def at_nuclei(notes: Sequence[Note], phones: Sequence[str], ends_seconds: Sequence[float]) -> list[Note]:
    """The notes, begun where the nucleus begins if they began with its consonants; a note before lasts until there."""
    nuclei = load_inventory().nuclei
    starts = (0.0, *ends_seconds[:-1])
    moved: list[Note] = []
    for note in notes:
        onset = note.start_seconds
        place = next((i for i, end in enumerate(ends_seconds) if end > onset + SHORTEST_SECONDS), len(phones))
        while place < len(phones) and phones[place] not in nuclei and phones[place] not in PAUSES:
            place += 1
        if place < len(phones) and phones[place] in nuclei and onset < starts[place] < note.end_seconds:
            onset = starts[place]
        if moved and abs(moved[-1].end_seconds - note.start_seconds) < SMALLEST_GAP_SECONDS:
            moved[-1] = replace(moved[-1], end_seconds=onset)
        moved.append(replace(note, start_seconds=onset))
    return moved
