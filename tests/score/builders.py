"""Small scores in every format that is not MusicXML, written to files by the tests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import mido

TICKS = 480
USTX_HEAD = """tempos:
- {position: 0, bpm: 90}
time_signatures:
- {bar_position: 0, beat_per_bar: 3, beat_unit: 4}"""


def midi_track(
    notes: Iterable[tuple[int, int, int]] = (),
    texts: Iterable[tuple[int, str]] = (),
    *,
    kind: str = "lyrics",
    name: str = "",
    channel: int = 0,
    meta: Iterable[tuple[int, mido.MetaMessage]] = (),
) -> mido.MidiTrack:
    """A track from (onset tick, length in ticks, MIDI number) and (tick, text)."""
    events: list[tuple[int, int, mido.Message]] = [(tick, 0, message) for tick, message in meta]
    events += [(tick, 1, mido.MetaMessage(kind, text=text)) for tick, text in texts]
    for onset, length, midi in notes:
        events.append((onset, 3, mido.Message("note_on", note=midi, velocity=90, channel=channel)))
        events.append(
            (onset + length, 2 if length else 4, mido.Message("note_off", note=midi, velocity=0, channel=channel))
        )
    track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)] if name else [])
    now = 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        track.append(message.copy(time=tick - now))
        now = tick
    return track


def scale(lyrics: Sequence[str | None], *, length: int = TICKS, first: int = 60) -> tuple[list, list]:
    """(notes, texts) of consecutive quarter notes going up from `first`; None leaves a note without lyric."""
    notes = [(i * TICKS, length, first + i) for i in range(len(lyrics))]
    return notes, [(i * TICKS, text) for i, text in enumerate(lyrics) if text is not None]


def save_midi(
    path: Path, *tracks: mido.MidiTrack, type: int = 1, division: int = TICKS, charset: str = "utf-8"
) -> Path:
    file = mido.MidiFile(type=type, ticks_per_beat=division, charset=charset)
    file.tracks.extend(tracks)
    file.save(path)
    return path


def tempo(tick: int, quarters_per_minute: float) -> tuple[int, mido.MetaMessage]:
    return tick, mido.MetaMessage("set_tempo", tempo=round(60e6 / quarters_per_minute))


def meter(tick: int, beats: int, unit: int) -> tuple[int, mido.MetaMessage]:
    return tick, mido.MetaMessage("time_signature", numerator=beats, denominator=unit)


def ust_text(notes: Iterable[tuple[str, int, int]], *, setting: str = "Tempo=120.00\nProjectName=Song") -> str:
    """UST from (lyric, length in ticks, MIDI number)."""
    lines = ["[#VERSION]", "UST Version1.2", "[#SETTING]", setting]
    for index, (lyric, length, midi) in enumerate(notes):
        lines += [
            f"[#{index:04}]",
            f"Length={length}",
            f"Lyric={lyric}",
            f"NoteNum={midi}",
            "PreUtterance=",
            "Flags=g-5",
        ]
    return "\r\n".join([*lines, "[#TRACKEND]", ""])


def ustx_text(
    notes: Iterable[tuple[int, int, int, str]],
    *,
    position: int = 0,
    head: str = USTX_HEAD,
    more_parts: str = "",
) -> str:
    """USTX from (position, duration, tone, lyric) relative to one voice part at `position`."""
    listed = "\n".join(
        f"  - {{position: {at}, duration: {length}, tone: {tone}, lyric: {lyric!r}}}"
        for at, length, tone, lyric in notes
    )
    return f"""name: Song
comment: ''
ustx_version: "0.6"
resolution: 480
{head}
tracks:
- {{track_name: Singer, mute: false}}
- {{track_name: Choir}}
voice_parts:
- name: Part
  track_no: 0
  position: {position}
  duration: 1920
  notes:
{listed or "    []"}
{more_parts}
wave_parts: []
"""


def sung(part: object) -> str:
    """The words of a part at a glance: "A-maz-ing ~ grace", where ~ prolongs."""
    marks = {"single": ("", " "), "begin": ("", "-"), "middle": ("", "-"), "end": ("", " ")}
    text = ""
    for note in part.notes:  # type: ignore[attr-defined]
        if note.lyric is None:
            text = text.rstrip() + "~ " if text.endswith(" ") else text + "~"
        else:
            before, after = marks[note.lyric.position]
            text += before + "_".join((note.lyric.text, *note.lyric.elided)) + after
    return text.strip()
