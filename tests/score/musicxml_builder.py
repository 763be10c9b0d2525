"""Small MusicXML documents, written as Python calls.

`read(bar(note("C4", 1, "Tra-"), note("D4", 1, "-la")), ...)` reads one part of these bars. Lyrics: "Tra-" begins a
word, "-la-" goes on, "-li" ends it, "ja" stands alone, a trailing "_" draws an extender line; a list holds verses.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from svs_cli.score.container import parse_musicxml
from svs_cli.score.model import Note, Score
from svs_cli.score.musicxml import score_of_xml

DIVISIONS = 48
FOUR_FOUR = "<attributes><time><beats>4</beats><beat-type>4</beat-type></time></attributes>"
REPEAT = '<barline location="right"><repeat direction="backward"/></barline>'
REPEAT_START = '<barline location="left"><repeat direction="forward"/></barline>'


def note(
    pitch: str | None,
    quarters: float | str = 1,
    lyric: str | list[str | None] | None = None,
    *,
    voice: int = 1,
    staff: int | None = None,
    inside: str = "",
    notations: str = "",
    chord: bool = False,
    grace: str | None = None,
) -> str:
    """A note ("C4", "F#5", "Bb3") or a rest (None); `grace` holds the attributes of a grace note ("" for none)."""
    parts = ["<note>"]
    parts.append(f"<grace {grace}/>" if grace is not None else "")
    parts.append("<chord/>" if chord else "")
    parts.append(_pitch(pitch))
    parts.append(f"<duration>{round(float(quarters) * DIVISIONS)}</duration>" if grace is None else "")
    parts.append(f"<voice>{voice}</voice>")
    parts.append("<type>eighth</type>" if grace is not None else "")
    parts.append(inside)
    parts.append(f"<staff>{staff}</staff>" if staff else "")
    parts.append(f"<notations>{notations}</notations>" if notations else "")
    verses = lyric if isinstance(lyric, list) else [lyric]
    parts += [_lyric(text, number) for number, text in enumerate(verses, 1) if text is not None]
    return "".join([*parts, "</note>"])


def _pitch(pitch: str | None) -> str:
    if pitch is None:
        return "<rest/>"
    step, accidental, octave = re.fullmatch(r"([A-G])([#b]*)(-?\d)", pitch).groups()
    alter = accidental.count("#") - accidental.count("b")
    return f"<pitch><step>{step}</step><alter>{alter}</alter><octave>{octave}</octave></pitch>"


def _lyric(text: str, number: int) -> str:
    extend = "<extend/>" if text.endswith("_") else ""
    text = text.rstrip("_")
    syllabic = {(False, False): "single", (False, True): "begin", (True, True): "middle", (True, False): "end"}[
        text.startswith("-"), text.endswith("-")
    ]
    word = f"<text>{text.strip('-')}</text>" if text else ""
    return f'<lyric number="{number}"><syllabic>{syllabic}</syllabic>{word}{extend}</lyric>'


def tie(kind: str) -> str:
    return f'<tied type="{kind}"/>'


def slur(kind: str, number: int = 1) -> str:
    return f'<slur type="{kind}" number="{number}"/>'


def direction(content: str, sound: str = "") -> str:
    """A direction of one direction-type, with the attributes of its `<sound>`."""
    return f"<direction><direction-type>{content}</direction-type>{f'<sound {sound}/>' if sound else ''}</direction>"


def words(text: str, sound: str = "") -> str:
    return direction(f"<words>{text}</words>", sound)


def metronome(unit: str, per_minute: float | str, dots: int = 0) -> str:
    dot = "<beat-unit-dot/>" * dots
    return direction(f"<metronome><beat-unit>{unit}</beat-unit>{dot}<per-minute>{per_minute}</per-minute></metronome>")


def backup(quarters: float) -> str:
    return f"<backup><duration>{round(quarters * DIVISIONS)}</duration></backup>"


def ending(number: str, kind: str = "start") -> str:
    side = "left" if kind == "start" else "right"
    return f'<barline location="{side}"><ending number="{number}" type="{kind}"/></barline>'


def bar(*content: str, number: str | None = None) -> str:
    """A measure; without a number it gets its place in the part."""
    return f'<measure number="{number if number is not None else "@"}">{"".join(content)}</measure>'


def part_xml(bars: tuple[str, ...] | list[str], part_id: str = "P1") -> str:
    numbered = [text.replace('number="@"', f'number="{number}"', 1) for number, text in enumerate(bars, 1)]
    divisions = f"<attributes><divisions>{DIVISIONS}</divisions></attributes>"
    numbered[0] = re.sub(r"(<measure[^>]*>)", rf"\1{divisions}", numbered[0], count=1)
    return f'<part id="{part_id}">{"".join(numbered)}</part>'


def document(parts: dict[str, list[str]], head: str = "") -> str:
    """A whole score of named parts."""
    listed = "".join(
        f'<score-part id="P{n}"><part-name>{name}</part-name></score-part>' for n, name in enumerate(parts, 1)
    )
    body = "".join(part_xml(bars, f"P{n}") for n, bars in enumerate(parts.values(), 1))
    return (
        '<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 '
        'Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">'
        f'<score-partwise version="4.0">{head}<part-list>{listed}</part-list>{body}</score-partwise>'
    )


def read_parts_of(parts: dict[str, list[str]], head: str = "", **options: Any) -> Score:
    return score_of_xml(parse_musicxml(document(parts, head).encode(), "test.musicxml"), source="test", **options)


def read(*bars: str, **options: Any) -> Score:
    """The score of one part named "Voice"."""
    return read_parts_of({"Voice": list(bars)}, **options)


def notes_of(score: Score, index: int = 0) -> tuple[Note, ...]:
    return score.parts[index].notes


def texts(score: Score, index: int = 0) -> list[str]:
    """Syllables with their hyphens, "~" where a note holds the syllable before."""
    shown = []
    for sung in notes_of(score, index):
        if sung.lyric is None:
            shown.append("~")
            continue
        before = "-" if sung.lyric.position in ("middle", "end") else ""
        after = "-" if sung.lyric.position in ("begin", "middle") else ""
        shown.append(before + "‿".join([sung.lyric.text, *sung.lyric.elided]) + after)
    return shown


def write(folder: Path, parts: dict[str, list[str]], name: str = "song.musicxml") -> Path:
    path = folder / name
    path.write_text(document(parts), encoding="utf-8")
    return path
