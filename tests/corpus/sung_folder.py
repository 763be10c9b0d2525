"""A small corpus of songs with labels, made here: scores of Japanese syllables and a singer who is late by rule."""

from __future__ import annotations

from pathlib import Path

from svs_cli.corpus.hts import write_hts
from svs_cli.corpus.sung_timing import sung_song
from svs_cli.duration.rule import RuleDuration
from svs_cli.duration.times import ConsonantTimes
from svs_cli.frontend.draft import draft
from svs_cli.score.read import read_score

SCORE = """<?xml version="1.0"?><score-partwise version="4.0"><part-list><score-part id="P1"><part-name>Alto</part-name>
</score-part></part-list><part id="P1"><measure number="1"><attributes><divisions>2</divisions><time><beats>4</beats>
<beat-type>4</beat-type></time></attributes><direction><sound tempo="{tempo}"/></direction>
<note><rest/><duration>4</duration></note>{notes}<note><rest/><duration>2</duration></note></measure></part>
</score-partwise>"""
NOTE = "<note><pitch><step>{step}</step><octave>4</octave></pitch><duration>{duration}</duration>{lyric}</note>"
LAG_MS = 30.0
SYLLABLES = "さくらさくらのやまもさとも"
ROMAJI = {"s": "s", "k": "k", "ɾ": "r", "n": "n", "j": "y", "m": "m", "t": "t", "ɯ": "u", "SP": "pau", "AP": "br"}


def write_song(
    folder: Path, name: str, tempo: int = 100, shift: int = 0, stretch: float = 1.0, late: float = 0.0
) -> None:
    """Score and labels of one song; `shift` chooses syllables, `stretch` and `late` put the labels on another clock."""
    syllables = SYLLABLES[shift:] + SYLLABLES[:shift]
    notes = "".join(
        NOTE.format(step="CDEFG"[i % 5], duration=1 + (i + shift) % 3, lyric=f"<lyric><text>{syllable}</text></lyric>")
        for i, syllable in enumerate(syllables)
    )
    score = folder / "musicxml" / f"{name}.xml"
    score.parent.mkdir(parents=True, exist_ok=True)
    score.write_text(SCORE.format(tempo=tempo, notes=notes), encoding="utf-8")
    piece = read_score(score)
    singer = RuleDuration(ConsonantTimes(stop_voiceless_ms=70.0, nucleus_lag_ms=LAG_MS))
    sung = singer.predict(draft(piece, piece.parts[0], language="ja"))
    phones: list[str] = []
    ends: list[float] = []
    for segment in sung.segments:
        begin = stretch * segment.offset_seconds + late
        if begin > (ends[-1] if ends else 0.0) + 1e-3:
            phones.append("pau")
            ends.append(begin)
        for phone, seconds in zip(segment.phones, segment.phone_durations_seconds or (), strict=True):
            phones.append(ROMAJI.get(phone, phone))
            ends.append(ends[-1] + stretch * seconds if ends else stretch * seconds)
    label = folder / "mono_label" / f"{name}.lab"
    label.parent.mkdir(parents=True, exist_ok=True)
    write_hts(label, phones, ends)


def song(folder: Path, name: str):
    """A song that was written there."""
    return sung_song(folder / "mono_label" / f"{name}.lab", folder / "musicxml" / f"{name}.xml", "ja")
