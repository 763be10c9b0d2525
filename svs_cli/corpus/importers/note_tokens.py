"""Corpora that give every phone a duration and the note it is sung on: Opencpop, M4Singer, GTSinger's metadata.

Conventions
-----------
- A token is one phone symbol. A slurred token repeats the final before it on another note: together they are one phone.
- An initial stands on the note of its final, but sounds before it: a note begins with the nucleus.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from svs_cli.corpus.importers.labels import (
    PAUSES,
    Piece,
    SungPiece,
    at_nuclei,
    contiguous,
    notes_inside,
    notes_of_pieces,
    pieces_of,
)
from svs_cli.corpus.importers.phone_sets import read_phones
from svs_cli.corpus.manifest import Note
from svs_cli.corpus.utau.words import LabelError
from svs_cli.errors import PerformanceError
from svs_cli.frontend.inventory import load_inventory
from svs_cli.performance.ds_file import note_midi


@dataclass(frozen=True)
class Token:
    """A phone symbol, its length, its note (None: rest), and whether it goes on with the phone before."""

    symbol: str
    duration_seconds: float
    midi: float | None
    slurred: bool = False


@dataclass(frozen=True)
class Sung:
    """What tokens come to: phones with ends, and notes."""

    phones: tuple[str, ...]
    ends_seconds: tuple[float, ...]
    notes: tuple[Note, ...]


def midi_of(name: str) -> float | None:
    """MIDI number of a note as corpora write it: "C#4/Db4", "61", "0" and "rest" for silence. Raises LabelError.

    >>> midi_of("C#4/Db4"), midi_of("61"), midi_of("rest"), midi_of("0")
    (61.0, 61.0, None, None)
    """
    first = name.strip().split("/")[0]
    try:
        if first.replace(".", "", 1).isdigit():
            return float(first) or None
        midi = note_midi(first)
    except PerformanceError as error:
        raise LabelError(error.message) from error
    return None if midi is None else float(midi)


def joined_slurs(tokens: Sequence[Token]) -> list[Token]:
    """The tokens with slurred repetitions taken into the phone before."""
    kept: list[Token] = []
    for token in tokens:
        if token.slurred and kept and kept[-1].symbol == token.symbol:
            before = kept[-1]
            kept[-1] = Token(before.symbol, before.duration_seconds + token.duration_seconds, before.midi)
        else:
            kept.append(token)
    return kept


def sung_tokens(tokens: Sequence[Token], phone_set: str, audio_seconds: float) -> Sung:
    """Phones, ends and notes of a file. Raises LabelError with what does not fit."""
    whole = joined_slurs(tokens)
    read = read_phones([token.symbol for token in whole], phone_set)
    pieces = pieces_of(read, [token.duration_seconds for token in whole])
    phones, ends = contiguous(pieces, audio_seconds)
    nuclei = load_inventory().nuclei
    sounds = iter(read)
    sung: list[SungPiece] = []
    group: tuple[str, ...] = ()
    starts = accumulate((token.duration_seconds for token in tokens), initial=0.0)
    before: Token | None = None
    for token, start in zip(tokens, starts, strict=False):
        repeated = token.slurred and before is not None and before.symbol == token.symbol
        group = group if repeated else next(sounds)
        begins = any(phone in nuclei for phone in group) and not set(group) <= set(PAUSES)
        sung.append(SungPiece(Piece(start, start + token.duration_seconds, group), token.midi, begins))
        before = token
    notes = at_nuclei(notes_of_pieces(sung), phones, ends)
    return Sung(phones, ends, notes_inside(notes, audio_seconds))
