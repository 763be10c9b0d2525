"""The bytes of a Standard MIDI File, checked, as notes and texts in ticks.

Conventions
-----------
- Times are absolute ticks from the start of the track; channels count from 1, so drums are channel 10.
- A note-on with velocity 0 is a note-off; a note struck again while it sounds ends there; one that never ends
  lasts to the end of its track.
- Texts stay bytes until the encoding of the whole file is guessed.
"""

from __future__ import annotations

import io
import struct
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from svs_cli.errors import ScoreError

DRUM_CHANNEL = 10
RE_EXPORT = "copy the file again, or export it again from the program that made it"


@dataclass(frozen=True)
class MidiNote:
    """A sounding key."""

    start_tick: int
    end_tick: int
    midi: int


@dataclass
class Track:
    """One track chunk; texts and lyrics are (tick, bytes)."""

    name: bytes = b""
    notes: dict[int, list[MidiNote]] = field(default_factory=lambda: defaultdict(list))  # by channel
    lyrics: list[tuple[int, bytes]] = field(default_factory=list)
    texts: list[tuple[int, bytes]] = field(default_factory=list)
    tempos: list[tuple[int, int]] = field(default_factory=list)  # (tick, microseconds a quarter)
    signatures: list[tuple[int, int, int]] = field(default_factory=list)  # (tick, beats, beat unit)
    end_tick: int = 0
    zero_length_notes: int = 0
    unended_notes: int = 0


@dataclass(frozen=True)
class MidiContent:
    """`kind` is 0, 1 or 2; `division` is ticks a quarter, or negative for SMPTE frames."""

    kind: int
    division: int
    tracks: tuple[Track, ...]


def read_midi_events(path: Path) -> MidiContent:
    """Notes, texts, tempos and time signatures of a file. Raises ScoreError if it is damaged or cut off."""
    import mido

    data = checked_chunks(path)
    kind, _, division = struct.unpack(">HHh", data[8:14])
    try:
        midi = mido.MidiFile(file=io.BytesIO(data), charset="latin-1")
    except Exception as error:  # mido raises whatever a damaged byte leads to: IndexError, KeyError, EOFError ...
        reason = str(error) or type(error).__name__
        raise ScoreError(f"{path.name} is a damaged MIDI file ({reason})", fix=RE_EXPORT) from error
    return MidiContent(kind, division, tuple(track_of(messages) for messages in midi.tracks))


def checked_chunks(path: Path) -> bytes:
    """The header and track chunks alone, out of a RIFF wrapper if there is one. Raises ScoreError."""
    data = path.read_bytes()
    if data[:4] == b"RIFF" and data[8:12] == b"RMID":
        data = data[data.find(b"MThd") :]
    if len(data) < 14 or data[:4] != b"MThd":
        raise ScoreError(f"{path.name} is no MIDI file, or its header is cut off", fix=RE_EXPORT)
    header_bytes, kind, tracks, division = struct.unpack(">IHHh", data[4:14])
    if header_bytes < 6 or kind > 2 or tracks == 0 or division == 0 or -division & 0xFF == 0 > division:
        raise ScoreError(f"{path.name}: the MIDI header is damaged", fix=RE_EXPORT)
    chunks: list[bytes] = []
    position = 8 + header_bytes
    while position + 8 <= len(data) and len(chunks) < tracks:
        length = int.from_bytes(data[position + 4 : position + 8], "big")
        chunk = data[position : position + 8 + length]
        if len(chunk) < 8 + length:
            there = len(chunk) - 8
            raise ScoreError(
                f"{path.name} ends inside track {len(chunks) + 1} ({there} of {length} bytes are there)", fix=RE_EXPORT
            )
        if chunk[:4] == b"MTrk":  # other kinds of chunk may stand between tracks, and are to be skipped
            chunks.append(chunk)
        position += 8 + length
    if len(chunks) < tracks:
        raise ScoreError(f"{path.name} ends after {len(chunks)} of {tracks} tracks", fix=RE_EXPORT)
    return b"MThd" + struct.pack(">IHHh", 6, kind, tracks, division) + b"".join(chunks)


def track_of(messages: Any) -> Track:
    """One track's messages, with delta times added up."""
    track = Track()
    sounding: dict[tuple[int, int], int] = {}
    tick = 0
    for message in messages:
        tick += message.time
        if message.type in ("note_on", "note_off"):
            key = (message.channel + 1, message.note)
            _end(track, sounding, key, tick)
            if message.type == "note_on" and message.velocity > 0:
                sounding[key] = tick
        elif message.type == "lyrics":
            track.lyrics.append((tick, message.text.encode("latin-1")))
        elif message.type == "text":
            track.texts.append((tick, message.text.encode("latin-1")))
        elif message.type == "track_name" and not track.name:
            track.name = message.name.encode("latin-1")
        elif message.type == "set_tempo":
            track.tempos.append((tick, message.tempo))
        elif message.type == "time_signature":
            track.signatures.append((tick, message.numerator, message.denominator))
    track.unended_notes = len(sounding)
    for key in list(sounding):
        _end(track, sounding, key, tick)
    track.end_tick = tick
    return track


def _end(track: Track, sounding: dict[tuple[int, int], int], key: tuple[int, int], tick: int) -> None:
    start = sounding.pop(key, None)
    if start is not None and tick > start:
        track.notes[key[0]].append(MidiNote(start, tick, key[1]))
    elif start is not None:
        track.zero_length_notes += 1
