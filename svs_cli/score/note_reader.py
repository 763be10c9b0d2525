"""One `<note>` element to one RawNote.

Conventions
-----------
- Durations come from `<duration>` (playback), not from the printed type; a grace note's nominal length is its type.
- Numbers are parsed strictly: what is not a plain decimal of sensible size is an error with bar and part.
- Unpitched notes and rests give None; the bar reader only needs their length.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from xml.etree.ElementTree import Element

from svs_cli.errors import ScoreError
from svs_cli.score.bars import Grace, RawNote, VoiceKey
from svs_cli.score.lyric_text import read_lyrics

STEP_SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
TYPE_QUARTERS = {
    "maxima": Fraction(32),
    "long": Fraction(16),
    "breve": Fraction(8),
    "whole": Fraction(4),
    "half": Fraction(2),
    "quarter": Fraction(1),
    "eighth": Fraction(1, 2),
    "16th": Fraction(1, 4),
    "32nd": Fraction(1, 8),
    "64th": Fraction(1, 16),
    "128th": Fraction(1, 32),
    "256th": Fraction(1, 64),
}
PLAIN_NUMBER = re.compile(r"[+-]?\d{1,9}(\.\d{0,9})?")
BREATHS = frozenset({"breath-mark", "caesura"})


@lru_cache(maxsize=4096)
def parse_number(text: str) -> Fraction:
    """A plain decimal number, exactly; anything else raises ValueError.

    >>> parse_number(" 1.5 ")
    Fraction(3, 2)
    """
    text = text.strip()
    if not PLAIN_NUMBER.fullmatch(text):
        raise ValueError(f"{text[:20]!r} is no number")
    return Fraction(text)


def number_of(element: Element | None, what: str, *, part: str, bar: str) -> Fraction:
    """The number in an element's text. Raises ScoreError that says what is missing or wrong."""
    text = "" if element is None else element.text or ""
    try:
        return parse_number(text)
    except ValueError:
        found = f"{text.strip()[:20]!r} is no number" if text.strip() else "it has no value"
        raise ScoreError(f"{what} cannot be read: {found}", part=part, bar=bar, fix="export the score again") from None


def read_note(
    note: Element, onset: Fraction, duration: Fraction, key: VoiceKey, semitones: Fraction, *, part: str, bar: str
) -> RawNote | None:
    """The note with its pitch moved by `semitones` (transposition); None for rests and unpitched notes."""
    pitch = note.find("pitch")
    if pitch is None:
        return None
    grace = note.find("grace")
    notations = [child for group in note.findall("notations") for child in group]
    tied = [child.get("type") for child in notations if child.tag == "tied"]
    ties = {tie.get("type") for tie in note.findall("tie")} | set(tied)
    slurs = [(child.get("type"), child.get("number", "1")) for child in notations if child.tag == "slur"]
    marks = {str(mark.tag) for child in notations if child.tag in ("articulations", "ornaments") for mark in child}
    return RawNote(
        onset=onset,
        duration=Fraction(0) if grace is not None else duration,
        midi=float(_midi(pitch, part=part, bar=bar) + semitones),
        key=key,
        syllables=read_lyrics(note.findall("lyric")),
        in_chord=note.find("chord") is not None,
        cue=note.find("cue") is not None or (grace is not None and note.find("grace/cue") is not None),
        grace=None if grace is None else _grace(grace, note),
        tie_starts="start" in ties or "continue" in ties,
        tie_stops="stop" in ties or "continue" in ties,
        slur_starts=frozenset(number for kind, number in slurs if kind == "start"),
        slur_stops=frozenset(number for kind, number in slurs if kind == "stop"),
        beamed_to_previous=any(beam.text in ("continue", "end") for beam in note.findall("beam")),
        fermata=any(child.tag == "fermata" for child in notations),
        breath_after=bool(marks & BREATHS),
        articulations=frozenset(marks - BREATHS - {"accidental-mark", "other-articulation", "other-ornament"}),
    )


def type_quarters(note: Element) -> Fraction:
    """Length of the printed note type with its dots; an eighth if none is printed."""
    quarters = TYPE_QUARTERS.get((note.findtext("type") or "eighth").strip(), Fraction(1, 2))
    return quarters * (2 - Fraction(1, 2 ** min(4, len(note.findall("dot")))))


def _midi(pitch: Element, *, part: str, bar: str) -> Fraction:
    """Written pitch as MIDI number, with quarter tones."""
    step = (pitch.findtext("step") or "").strip().upper()
    if step not in STEP_SEMITONES:
        raise ScoreError(f"{step[:20]!r} is no note name", part=part, bar=bar, fix="export the score again")
    octave = number_of(pitch.find("octave"), "the octave of a note", part=part, bar=bar)
    alter_element = pitch.find("alter")
    has_alter = alter_element is not None and (alter_element.text or "").strip()
    alter = number_of(alter_element, "the alteration of a note", part=part, bar=bar) if has_alter else Fraction(0)
    return 12 * (octave + 1) + STEP_SEMITONES[step] + alter


def _grace(grace: Element, note: Element) -> Grace:
    def share(name: str) -> float | None:
        try:
            return min(1.0, max(0.0, float(parse_number(grace.get(name, "")) / 100)))
        except ValueError:
            return None

    return Grace(
        slash=grace.get("slash") == "yes",
        nominal_quarters=type_quarters(note),
        steal_previous=share("steal-time-previous"),
        steal_following=share("steal-time-following"),
    )
