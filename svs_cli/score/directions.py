"""`<direction>`, `<sound>` and `<barline>`: tempo, dynamics, character and jumps, written into a Bar.

Conventions
-----------
- One direction gives at most one absolute tempo: `<sound tempo>` wins over a metronome mark, that over words.
- `<offset>` moves a direction from where it stands in the file.
- D.C., D.S., Fine and coda marks are understood from `<sound>`, from the signs, and from the printed words.
"""

from __future__ import annotations

import re
from fractions import Fraction
from xml.etree.ElementTree import Element

from svs_cli.performance.character import LONGEST_TEXT, read_character
from svs_cli.score.bars import Bar, CharacterSign, DynamicSign, TempoSign
from svs_cli.score.note_reader import TYPE_QUARTERS, parse_number
from svs_cli.score.tempo_words import read_tempo_words

SLOWEST_QPM, FASTEST_QPM = 8.0, 2000.0
MOST_REPEATS = 100
LEVEL_NAMES = frozenset("n pppppp ppppp pppp ppp pp p mp mf f ff fff ffff fffff ffffff fp pf sfp sfpp".split())
ACCENT_NAMES = frozenset({"sf", "sfz", "sffz", "fz", "rf", "rfz", "sfzp"})
# Note glyphs of Unicode and of SMuFL music fonts, as programs put them into tempo texts.
GLYPH_QUARTERS = {
    "\u2669": Fraction(1), "\u266a": Fraction(1, 2), "\U0001d15d": Fraction(4), "\U0001d15e": Fraction(2),
    "\U0001d15f": Fraction(1), "\U0001d160": Fraction(1, 2), "\U0001d161": Fraction(1, 4), "\ueca2": Fraction(4),
    "\ueca3": Fraction(2), "\ueca5": Fraction(1), "\ueca7": Fraction(1, 2), "\ueca9": Fraction(1, 4),
    "\ue1d2": Fraction(4), "\ue1d3": Fraction(2), "\ue1d5": Fraction(1), "\ue1d7": Fraction(1, 2),
}  # fmt: skip
GLYPH_TEMPO = re.compile(
    rf"([{''.join(GLYPH_QUARTERS)}])\s*([.\u00b7\uecb7\ue1e7\U0001d16d]?)\s*="
    r"\s*\(?(?:c\.?|ca\.?|circa)?\s*(\d{1,3}(?:\.\d+)?)"
)
NUMBER_IN_TEXT = re.compile(r"\d{1,4}(?:\.\d{1,3})?")
DA_CAPO = re.compile(r"\b(d\. ?c\.|da ?capo|d\.c\b|von vorne|\bdc al\b)", re.IGNORECASE)
DAL_SEGNO = re.compile(r"\b(d\. ?s\.|dal ?segno|d\.s\b|\bds al\b)", re.IGNORECASE)
TO_CODA = re.compile(r"^\W*(to (the )?coda|alla coda|al coda)\b", re.IGNORECASE)
FINE = re.compile(r"^\W*(fine|fin|ende)\W*$", re.IGNORECASE)
CRESCENDO = re.compile(r"\b(cresc\w*|cres|augment\w*|anwachsend|zunehmend)\b", re.IGNORECASE)
DIMINUENDO = re.compile(r"\b(dim|dimin\w*|decresc\w*|abnehmend|morendo|smorz\w*|perdendosi|calando)\b", re.IGNORECASE)
LEVEL_WORDS = {
    "piano": "p",
    "pianissimo": "pp",
    "forte": "f",
    "fortissimo": "ff",
    "mezza voce": "mp",
    "sotto voce": "pp",
    "mezzo forte": "mf",
    "mezzo piano": "mp",
}
# A level among other words: "p dolce", "sempre pp", "sotto voce e cantabile".
LEVEL_AMONG = re.compile(
    r"(?<!più )(?<!meno )(?<!poco )\b(p{1,4}|mp|mf|f{1,4}|(?i:pianissimo|fortissimo|sotto voce|mezza voce))\b(?!\.)"
)


def read_direction(direction: Element, bar: Bar, position: Fraction, divisions: Fraction) -> None:
    """Everything that one `<direction>` says. What cannot be understood says nothing."""
    offset = _number(direction.findtext("offset"))
    position = max(Fraction(0), position + offset / divisions) if offset is not None else position
    staff_text = (direction.findtext("staff") or "1").strip()
    staff = int(staff_text) if staff_text.isdecimal() and len(staff_text) < 4 else 1
    texts = []
    metronome: TempoSign | None = None
    for kind in (child for group in direction.findall("direction-type") for child in group):
        if kind.tag == "words":
            texts.append(kind.text or "")
        elif kind.tag == "metronome":
            metronome = _metronome(kind, position) or metronome
        elif kind.tag == "dynamics":
            bar.dynamics += _levels(kind, position, staff)
        elif kind.tag == "wedge" and kind.get("type") in ("crescendo", "diminuendo", "stop"):
            bar.dynamics.append(DynamicSign(position, staff, "wedge", kind.get("type", "")))
        elif kind.tag == "segno":
            bar.jumps.segno = True
        elif kind.tag == "coda":
            bar.jumps.coda = True
    words = " ".join(" ".join(texts).split())
    _read_words(words, bar, position, staff)
    sound = direction.find("sound")
    playback = _sound_tempo(sound, position, printed=bool(words) or metronome is not None)
    _add_tempo(bar, words, playback, metronome, position)
    if sound is not None:
        _read_jumps(sound, bar)


def read_sound(sound: Element, bar: Bar, position: Fraction) -> None:
    """A `<sound>` that stands in the measure itself."""
    if tempo := _sound_tempo(sound, position, printed=False):
        bar.tempos.append(tempo)
    _read_jumps(sound, bar)


def read_barline(barline: Element, bar: Bar) -> None:
    """Repeat signs, voltas, and segno or coda signs that hang on a bar line."""
    jumps = bar.jumps
    jumps.segno |= barline.find("segno") is not None or "segno" in barline.attrib
    jumps.coda |= barline.find("coda") is not None or "coda" in barline.attrib
    if (repeat := barline.find("repeat")) is not None:
        if repeat.get("direction") == "forward":
            jumps.repeat_starts = True
        else:
            times = _number(repeat.get("times"))
            jumps.repeat_times = min(MOST_REPEATS, max(2, int(times))) if times is not None else 2
    for ending in barline.findall("ending"):
        if ending.get("type") == "start":
            jumps.ending = _ending_numbers(ending.get("number", "") or ending.text or "")
        else:
            jumps.ending_stops = True


def _ending_numbers(text: str) -> frozenset[int]:
    """ "1, 2", "1.-3." or "1 3" as a set; the first volta if it has no number."""
    numbers: set[int] = set()
    for first, last in re.findall(r"(\d{1,2})(?:\.?\s*[-\u2013]\s*(\d{1,2}))?", text):
        numbers.update(range(int(first), int(last or first) + 1))
    return frozenset(numbers) or frozenset({1})


def _read_words(words: str, bar: Bar, position: Fraction, staff: int) -> None:
    jumps = bar.jumps
    jumps.da_capo |= bool(DA_CAPO.search(words))
    jumps.dal_segno |= bool(DAL_SEGNO.search(words))
    jumps.to_coda |= bool(TO_CODA.match(words))
    jumps.fine |= bool(FINE.match(words))
    if CRESCENDO.search(words):
        bar.dynamics.append(DynamicSign(position, staff, "gradual", "crescendo"))
    elif DIMINUENDO.search(words):
        bar.dynamics.append(DynamicSign(position, staff, "gradual", "diminuendo"))
    elif level := _level(words):
        bar.dynamics.append(DynamicSign(position, staff, "level", level))
    if (names := read_character(words)) is not None:
        bar.characters.append(CharacterSign(position, staff, names))


def _level(words: str) -> str | None:
    """The dynamic level that words name."""
    among = LEVEL_AMONG.search(words) if len(words) <= LONGEST_TEXT else None
    said = among[1] if among else words.strip(" .")
    return said if said in LEVEL_NAMES else LEVEL_WORDS.get(said.lower())


def _levels(dynamics: Element, position: Fraction, staff: int) -> list[DynamicSign]:
    signs = []
    for mark in dynamics:
        name = (mark.text or "").strip() if mark.tag == "other-dynamics" else str(mark.tag)
        if name in LEVEL_NAMES:
            signs.append(DynamicSign(position, staff, "level", name))
        elif name in ACCENT_NAMES:
            signs.append(DynamicSign(position, staff, "accent", name))
    return signs


def _read_jumps(sound: Element, bar: Bar) -> None:
    jumps = bar.jumps
    jumps.da_capo |= sound.get("dacapo") == "yes"
    jumps.dal_segno |= "dalsegno" in sound.attrib
    jumps.to_coda |= "tocoda" in sound.attrib
    jumps.segno |= "segno" in sound.attrib
    jumps.coda |= "coda" in sound.attrib
    jumps.fine |= "fine" in sound.attrib
    jumps.repeats_after_jump |= sound.get("forward-repeat") == "yes"


def _add_tempo(
    bar: Bar, words: str, playback: TempoSign | None, metronome: TempoSign | None, position: Fraction
) -> None:
    spelled = _glyph_tempo(words, position)
    number = playback or metronome or spelled
    said = read_tempo_words(words)
    if number is not None:
        # A number beside "rit." is where playback goes, not the tempo that "a tempo" returns to.
        passing = any(word.kind in ("gradual", "relative") for word in said) and metronome is None and spelled is None
        bar.tempos.append(TempoSign(position, number.kind, number.value, number.printed and not passing))
        said = [word for word in said if word.kind == "gradual" and metronome is not None]
    bar.tempos += [TempoSign(position, word.kind, word.value) for word in said]


def _sound_tempo(sound: Element | None, position: Fraction, *, printed: bool) -> TempoSign | None:
    tempo = _number(sound.get("tempo")) if sound is not None else None
    return _absolute(float(tempo), position, printed=printed) if tempo else None


def _absolute(qpm: float, position: Fraction, *, printed: bool = True) -> TempoSign | None:
    return TempoSign(position, "absolute", min(FASTEST_QPM, max(SLOWEST_QPM, qpm)), printed) if qpm > 0 else None


def _glyph_tempo(words: str, position: Fraction) -> TempoSign | None:
    if not (match := GLYPH_TEMPO.search(words)):
        return None
    quarters = GLYPH_QUARTERS[match[1]] * (Fraction(3, 2) if match[2] else 1)
    return _absolute(float(quarters) * float(match[3]), position)


def _metronome(metronome: Element, position: Fraction) -> TempoSign | None:
    """ "♩. = 66" as an absolute tempo, "♩ = ♪" (old = new) as a ratio of tempos."""
    units: list[Fraction] = []
    for child in metronome:
        if child.tag in ("beat-unit", "metronome-note"):
            name = child.text if child.tag == "beat-unit" else child.findtext("metronome-type")
            units.append(TYPE_QUARTERS.get((name or "").strip(), Fraction(1)))
            if child.find("metronome-dot") is not None:
                units[-1] *= Fraction(3, 2)
        elif child.tag == "beat-unit-dot" and units:
            units[-1] *= Fraction(3, 2)
    if len(units) == 2:
        return TempoSign(position, "ratio", float(units[1] / units[0]))
    number = NUMBER_IN_TEXT.search(metronome.findtext("per-minute") or "")
    return _absolute(float(units[0]) * float(number[0]), position) if units and number else None


def _number(text: str | None) -> Fraction | None:
    try:
        return parse_number(text or "")
    except ValueError:
        return None
