"""`<part>` elements to RawParts: walking the measures with a cursor.

Conventions
-----------
- The cursor moves with notes, `<backup>` and `<forward>`; what it reaches is the bar's length, whatever the time
  signature says, so incomplete and overfull bars keep what is in them.
- Timewise scores are turned into the partwise order first.
- Durations that only concern parts nobody sings are forgiven; a negative length or a missing `<divisions>` value that
  moves the cursor is not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from xml.etree.ElementTree import Element

from svs_cli.errors import ScoreError
from svs_cli.score.bars import Bar, RawPart
from svs_cli.score.directions import read_barline, read_direction, read_sound
from svs_cli.score.lyric_text import primary_language
from svs_cli.score.note_reader import number_of, read_note

LONGEST_BAR_QUARTERS = 2000
MOST_BARS = 20_000
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
VOCAL_NAME = re.compile(
    r"\b(voice|vocals?|vox|sing|singer|soprano?|sopran|mezzo|alto?|contralto|tenor[ei]?|baritone?|bariton|bass[oe]?|"
    r"choir|chorus|chor|canto|cantus|chant|gesang|stimme|voix|voce|voz|coro|solo|melody|cantor|superius|"
    r"treble|descant)(\b|\d)|^([satb]\.? ?){1,4}$",
    re.IGNORECASE,
)
INSTRUMENT_NAME = re.compile(
    r"sax|clar|flute|flöte|tromb|posaune|guitar|git|record|blockfl|drum|trommel|horn|viol|bassoon|contrab|tub[ae]|banjo|"
    r"ukul|organ|orgel|piano|klavier|accord",
    re.IGNORECASE,
)


@dataclass
class _Cursor:
    """Where reading stands in a part; `semitones` by staff, 0 for all."""

    position: Fraction = Fraction(0)
    chord_onset: Fraction = Fraction(0)
    divisions: Fraction = Fraction(1)
    expected_quarters: Fraction | None = Fraction(4)
    beat_quarters: Fraction = Fraction(1)
    copies_bars_back: int = 0


def read_parts(root: Element) -> list[RawPart]:
    """All parts of a partwise or timewise score, in the order of the part list."""
    listed = {element.get("id", ""): element for element in root.findall("part-list/score-part")}
    measures = _measures_by_part(root)
    if not measures:
        raise ScoreError("the score has no parts", fix="export the score again")
    order = {part_id: number for number, part_id in enumerate(listed)}
    in_order = sorted(measures, key=lambda part_id: order.get(part_id, len(order)))
    return [_read_part(part_id, listed.get(part_id), measures[part_id], root) for part_id in in_order]


def _measures_by_part(root: Element) -> dict[str, list[Element]]:
    measures: dict[str, list[Element]] = {}
    if root.tag == "score-partwise":
        for number, part in enumerate(root.findall("part"), 1):
            part_id = part.get("id") or f"P{number}"
            while part_id in measures:
                part_id += "'"
            measures[part_id] = part.findall("measure")
    else:
        for index, measure in enumerate(root.findall("measure")):
            for number, part in enumerate(measure.findall("part"), 1):
                bars = measures.setdefault(part.get("id") or f"P{number}", [])
                while len(bars) < index:
                    bars.append(Element("measure", {"number": str(len(bars) + 1)}))
                content = Element("measure", dict(measure.attrib))
                content.extend(list(part))
                bars[index:] = [content]
    if max((len(bars) for bars in measures.values()), default=0) > MOST_BARS:
        raise ScoreError(f"the score has more than {MOST_BARS:,} bars")
    return measures


def _read_part(part_id: str, listed: Element | None, measures: list[Element], root: Element) -> RawPart:
    name = " ".join((listed.findtext("part-name") or "").split()) if listed is not None else ""
    sounds = [] if listed is None else [s.text or "" for s in listed.iter("instrument-sound")]
    part = RawPart(
        id=part_id,
        name="" if name == "MusicXML Part" else name,
        bars=[],
        is_vocal=_is_vocal_name(name) or any(sound.startswith("voice") for sound in sounds),
        lyric_languages={
            element.get("number", ""): language
            for element in root.findall("defaults/lyric-language")
            if (language := primary_language(element.get(XML_LANG)))
        },
    )
    cursor = _Cursor()
    transposition: dict[int, Fraction] = {}
    for measure in measures:
        part.bars.append(_read_bar(part, measure, cursor, transposition))
        _copy_repeated_bar(part.bars)
    return part


def _is_vocal_name(name: str) -> bool:
    return bool(VOCAL_NAME.search(name)) and not INSTRUMENT_NAME.search(name)


def _read_bar(part: RawPart, measure: Element, cursor: _Cursor, transposition: dict[int, Fraction]) -> Bar:
    number = (measure.get("number") or "").strip()[:12]
    bar = Bar(number=number or "1")
    if (not number or number.startswith("X")) and part.bars:
        before = part.bars[-1]  # programs number the second half of a split bar "X1"
        bar = Bar(number=before.number, begun_quarters=before.begun_quarters + before.length)
    cursor.position = cursor.chord_onset = Fraction(0)
    for element in measure:
        if element.tag == "note":
            _read_note(part, bar, element, cursor, transposition)
        elif element.tag in ("backup", "forward"):
            _move(part, bar, element, cursor)
        elif element.tag == "attributes":
            _read_attributes(part, bar, element, cursor, transposition)
        elif element.tag == "direction":
            read_direction(element, bar, cursor.position, cursor.divisions)
        elif element.tag == "sound":
            read_sound(element, bar, cursor.position)
        elif element.tag == "barline":
            read_barline(element, bar)
        if cursor.position > LONGEST_BAR_QUARTERS:
            raise ScoreError(f"the bar is longer than {LONGEST_BAR_QUARTERS} quarters", part=part.label, bar=bar.number)
    bar.expected_quarters, bar.beat_quarters = cursor.expected_quarters, cursor.beat_quarters
    bar.copies_bars_back = cursor.copies_bars_back
    return bar


def _read_note(part: RawPart, bar: Bar, element: Element, cursor: _Cursor, transposition: dict[int, Fraction]) -> None:
    is_grace = element.find("grace") is not None
    quarters = Fraction(0)
    if not is_grace:
        what = "the duration of a note"
        quarters = _quarters(
            number_of(element.find("duration"), what, part=part.label, bar=bar.number), cursor.divisions
        )
        if quarters < 0:
            raise ScoreError("a note has a negative duration", part=part.label, bar=bar.number)
    staff_text = (element.findtext("staff") or "1").strip()
    staff = int(staff_text) if staff_text.isdecimal() and len(staff_text) < 4 else 1
    key = (staff, (element.findtext("voice") or "1").strip())
    in_chord = element.find("chord") is not None
    onset = cursor.chord_onset if in_chord else cursor.position
    semitones = transposition.get(staff, transposition.get(0, Fraction(0)))
    note = read_note(element, onset, quarters, key, semitones, part=part.label, bar=bar.number)
    bar.voices.add(key)
    if note is not None:
        bar.notes.append(note)
    part.has_unpitched |= element.find("unpitched") is not None
    if element.find("notations/fermata") is not None:
        bar.fermatas.append((onset, quarters))
    if not in_chord:
        cursor.chord_onset = cursor.position
        cursor.position += quarters
    bar.length = max(bar.length, onset + quarters)


@lru_cache(maxsize=4096)
def _quarters(duration: Fraction, divisions: Fraction) -> Fraction:
    return duration / divisions


def _move(part: RawPart, bar: Bar, element: Element, cursor: _Cursor) -> None:
    what = f"the duration of a <{element.tag}>"
    quarters = number_of(element.find("duration"), what, part=part.label, bar=bar.number) / cursor.divisions
    if quarters < 0:
        raise ScoreError(f"a <{element.tag}> has a negative duration", part=part.label, bar=bar.number)
    cursor.position += quarters if element.tag == "forward" else -quarters
    # Rounded tuplets make some programs back up a hair too far.
    cursor.position = cursor.chord_onset = max(Fraction(0), cursor.position)
    bar.length = max(bar.length, cursor.position)


def _read_attributes(
    part: RawPart, bar: Bar, attributes: Element, cursor: _Cursor, transposition: dict[int, Fraction]
) -> None:
    divisions = attributes.find("divisions")
    if divisions is not None:
        cursor.divisions = number_of(divisions, "<divisions>", part=part.label, bar=bar.number)
        if cursor.divisions <= 0:
            raise ScoreError("<divisions> must be positive", part=part.label, bar=bar.number, fix="export it again")
    for time in attributes.findall("time"):
        _read_time(time, cursor)
    for transpose in attributes.findall("transpose"):
        staff = transpose.get("number", "0")
        semitones = Fraction(0)
        for tag, factor in (("chromatic", 1), ("octave-change", 12)):
            if (child := transpose.find(tag)) is not None:
                semitones += factor * number_of(child, f"<{tag}>", part=part.label, bar=bar.number)
        transposition[int(staff) if staff.isdecimal() else 0] = semitones
    for style in attributes.findall("measure-style/measure-repeat"):
        count = (style.text or "1").strip()
        starts = style.get("type") != "stop"
        cursor.copies_bars_back = int(count) if starts and count.isdecimal() and len(count) < 3 else 0


def _read_time(time: Element, cursor: _Cursor) -> None:
    """Time signatures, also compound ones (3+2/8, 2/4+3/8); what cannot be read is taken as free time."""
    if time.find("senza-misura") is not None:
        cursor.expected_quarters = None
        return
    total, unit = Fraction(0), Fraction(1)
    for beats, beat_type in zip(time.findall("beats"), time.findall("beat-type"), strict=False):
        counts = [part for part in re.split(r"[+\s]+", beats.text or "") if part.isdecimal() and len(part) < 4]
        denominator = (beat_type.text or "").strip()
        if denominator.isdecimal() and 0 < int(denominator) <= 128:
            unit = Fraction(4, int(denominator))
            total += sum(int(count) for count in counts) * unit
    cursor.expected_quarters = total or None
    cursor.beat_quarters = unit


def _copy_repeated_bar(bars: list[Bar]) -> None:
    """Fill a bar that a percent sign abbreviates, unless the file wrote the notes out."""
    bar, back = bars[-1], bars[-1].copies_bars_back
    if back and not bar.notes and len(bars) > back:
        source = bars[-1 - back]
        bar.notes = [replace(note) for note in source.notes]
        bar.voices = bar.voices | source.voices
        bar.length = max(bar.length, source.length)
