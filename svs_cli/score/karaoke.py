r"""Lyrics in MIDI files: which words the events spell, and which notes sing them.

Conventions
-----------
- Karaoke text (`.kar`): `\` starts a verse, `/` a line, `@` a header; a word starts with a space or ends with one.
- Lyric events (RP-017): a space ends a word, a hyphen joins to the next syllable, CR and LF end lines.
- Both habits mix in real files, so each track is read by the marks that it really uses: spaces if a tenth of its
  syllables have one, else hyphens; with neither, every syllable is a word.
- "-", "+", "_" and "~" alone prolong the syllable before.
- Words often lie on a track of their own, and are sung by the line whose onsets fit them best.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from svs_cli.score.model import Lyric, SyllablePosition

BREAK_BEFORE = re.compile(r"^[\\/\r\n]+")
BREAK_AFTER = re.compile(r"[\r\n]+$")
TAG = re.compile(r"\{[@#][^}]*\}")
PROLONGATION = re.compile(r"[-+_~\u2010-\u2015\u2212\uff0d\u30fc]+")
HYPHENS = "-\u2010\u2011\u2012\u2013\u2014\uff0d"
SPACED_SHARE = 0.1
LANGUAGES = {"ENGL": "en", "DEUT": "de", "GERM": "de", "FREN": "fr", "FRAN": "fr", "ITAL": "it", "SPAN": "es",
             "ESPA": "es", "PORT": "pt", "JAPA": "ja", "JAPN": "ja", "CHIN": "zh", "LATN": "la"}  # fmt: skip


@dataclass(frozen=True)
class Syllable:
    """A syllable of the words at a tick; `lyric` None prolongs the one before."""

    tick: int
    lyric: Lyric | None


@dataclass(frozen=True)
class KaraokeHeader:
    """What `@` events say."""

    title: str = ""
    language: str | None = None


def karaoke_header(texts: Sequence[str]) -> KaraokeHeader:
    """Title (first `@T`) and language (`@L`) of a karaoke file."""
    titles = [text[2:].strip() for text in texts if text.startswith("@T")]
    languages = [LANGUAGES.get(text[2:6].upper()) for text in texts if text.startswith("@L")]
    return KaraokeHeader(next(iter(titles), ""), next((name for name in languages if name), None))


def is_karaoke(texts: Sequence[str]) -> bool:
    """Whether text events are words to sing, rather than remarks such as the name of an instrument."""
    marked = sum(text.startswith(("\\", "/")) for text in texts)
    return any(text.startswith("@K") for text in texts) or len(texts) >= 4 and marked >= max(1, len(texts) // 20)


def syllables_of(events: Sequence[tuple[int, str]]) -> list[Syllable]:
    """Syllables, with their places in words, from (tick, text) events in order."""
    spelled = [(tick, TAG.sub("", text)) for tick, text in events if not text.startswith("@")]
    inner = [BREAK_AFTER.sub("", BREAK_BEFORE.sub("", text)) for _, text in spelled]
    filled = [text for text in inner if text.strip()]
    spaced = sum(text != text.strip() for text in filled) >= max(1.0, SPACED_SHARE * len(filled))
    hyphened = any(text.strip().endswith(tuple(HYPHENS)) for text in filled if len(text.strip()) > 1)
    syllables: list[Syllable] = []
    joins: list[bool] = []  # whether syllable i belongs to the word of the sung syllable before it
    open_word = boundary = False
    for (tick, text), body in zip(spelled, inner, strict=True):
        core = body.strip()
        boundary = boundary or bool(BREAK_BEFORE.match(text)) or body[:1].isspace()
        if core and PROLONGATION.fullmatch(core):
            syllables.append(Syllable(tick, None))
            joins.append(False)
            continue
        words = core.strip(HYPHENS + "_").split()
        if words:
            joins.append(open_word or core[0] in HYPHENS or spaced and not boundary and bool(syllables))
            syllables.append(Syllable(tick, Lyric(words[0], elided=tuple(words[1:]))))
            open_word, boundary = core.endswith(tuple(HYPHENS)), False
        boundary = boundary or bool(BREAK_AFTER.search(text)) or body[-1:].isspace()
    return _placed(syllables, joins) if spaced or hyphened else syllables


def _placed(syllables: list[Syllable], joins: list[bool]) -> list[Syllable]:
    sung = [i for i, syllable in enumerate(syllables) if syllable.lyric is not None]
    placed = list(syllables)
    for order, i in enumerate(sung):
        joined = joins[i] and order > 0
        goes_on = order + 1 < len(sung) and joins[sung[order + 1]]
        position: SyllablePosition = "middle" if joined and goes_on else "end" if joined else "single"
        if goes_on and not joined:
            position = "begin"
        lyric = syllables[i].lyric
        placed[i] = replace(syllables[i], lyric=replace(lyric, position=position) if lyric else None)
    return placed


def fit(syllables: Sequence[Syllable], onset_ticks: Sequence[int], tolerance_ticks: int) -> float:
    """How well a line's onsets (sorted, distinct) fit the words: F-score of syllables and notes, 0 to 1.

    >>> fit([Syllable(0, None), Syllable(10, None)], [0, 11], 2)
    1.0
    """
    if not syllables or not onset_ticks:
        return 0.0
    hits = sum(abs(_nearest(onset_ticks, s.tick) - s.tick) <= tolerance_ticks for s in syllables)
    return 2 * hits / (len(syllables) + len(onset_ticks))


def lay(
    syllables: Sequence[Syllable], onset_ticks: Sequence[int], tolerance_ticks: int
) -> tuple[Mapping[int, Lyric | None], list[Syllable]]:
    """(lyric by onset tick, syllables without a note). Syllables that share a note are elided."""
    laid: dict[int, Lyric | None] = {}
    lost: list[Syllable] = []
    for syllable in syllables:
        tick = _nearest(onset_ticks, syllable.tick)
        if abs(tick - syllable.tick) > tolerance_ticks:
            lost.append(syllable)
            continue
        there = laid.get(tick)
        if there and syllable.lyric:
            laid[tick] = replace(
                there,
                elided=(*there.elided, syllable.lyric.text, *syllable.lyric.elided),
                position=_spanning(there.position, syllable.lyric.position),
            )
        else:
            laid[tick] = syllable.lyric or there
    return laid, lost


def _spanning(first: SyllablePosition, last: SyllablePosition) -> SyllablePosition:
    opens, closes = first in ("single", "begin"), last in ("single", "end")
    return "single" if opens and closes else "begin" if opens else "end" if closes else "middle"


def _nearest(onset_ticks: Sequence[int], tick: int) -> int:
    index = bisect_left(onset_ticks, tick)
    around = onset_ticks[max(0, index - 1) : index + 1]
    return min(around, key=lambda onset: abs(onset - tick))
