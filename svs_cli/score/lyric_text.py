"""From `<lyric>` elements to clean syllables.

Conventions
-----------
- Verse numbers in front of the text ("1. ", "2.", "(3)") are printing, not singing; other punctuation stays.
- Text that a singer cannot say is no syllable: a lone "-", "_" or "+" is a drawn extender line.
- Several syllables on one note (`<elision>`, "ti‿a", or words with a space between) become `text` and `elided`;
  `position` is the place of `text` in its word, `word_goes_on` tells whether the *last* of them is hyphenated onwards.
- A verse is the number that the file gives; "chorus" lines and further lines with the same number get names of
  their own ("chorus", "1b"), so that no text is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree.ElementTree import Element

from svs_cli.score.bars import Syllable
from svs_cli.score.model import SyllablePosition

VERSE_NUMBER = re.compile(r"^\s*(?:\(\d{1,2}\)|\[\d{1,2}\]|[vV]?\d{1,2}\s?[.):](?!\d)|\d{1,2}\s+(?=\D))[-.\s]*")
# The undertie, its SMuFL variants and the look-alikes that programs use between elided syllables.
ELISION = re.compile("[\u203f\u2040\u035c\u0361\ue550\ue551\ue552]|(?<=\\w)_(?=\\w)|\\s+")
LINE_ONLY = re.compile(r"^[-_+~\u2010-\u2015\u2500\s]+$")
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
POSITIONS: dict[str, SyllablePosition] = {"single": "single", "begin": "begin", "middle": "middle", "end": "end"}


def read_lyrics(elements: Iterable[Element]) -> dict[str, Syllable]:
    """The syllables of one note by verse; verses that only have an empty `<lyric>` are left out."""
    syllables: dict[str, Syllable] = {}
    for element in elements:
        syllable = _syllable(element)
        if not syllable.text and not syllable.extends:
            continue
        verse = _verse(element)
        while verse in syllables:
            verse += "b"
        syllables[verse] = syllable
    return syllables


def primary_language(tag: str | None) -> str | None:
    """The language of an `xml:lang` tag, without script and region.

    >>> primary_language("de-AT")
    'de'
    """
    language = re.split(r"[-_]", (tag or "").strip())[0].lower()
    return language if 2 <= len(language) <= 3 and language.isalpha() else None


def strip_verse_number(text: str) -> str:
    """Text without the number of its verse.

    >>> [strip_verse_number(t) for t in ("1. Der", "2.tra", "3", "1.5", "(2) O", "V2: So", "4 Nun", "3.")]
    ['Der', 'tra', '3', '1.5', 'O', 'So', 'Nun', '']
    """
    return VERSE_NUMBER.sub("", text, count=1)


def split_elision(text: str) -> list[str]:
    """Syllables or words that share one text; stray punctuation stays with its neighbour.

    >>> split_elision("ti‿a"), split_elision("toi !"), split_elision("« Mon"), split_elision("in the")
    (['ti', 'a'], ['toi !'], ['« Mon'], ['in', 'the'])
    """
    pieces: list[str] = []
    pending = ""
    for piece in ELISION.split(text):
        if not piece:
            continue
        if any(character.isalnum() for character in piece):
            pieces.append(pending + piece)
            pending = ""
        elif pieces:
            pieces[-1] += " " + piece
        else:
            pending += piece + " "
    return pieces


def verse_order(verse: str) -> tuple[int, str]:
    """Sorting key: numbered verses first, by number.

    >>> sorted(["chorus", "10", "2", "1b"], key=verse_order)
    ['1b', '2', '10', 'chorus']
    """
    number = re.match(r"\d+", verse)
    return (int(number[0]) if number else 1_000_000, verse)


def _verse(element: Element) -> str:
    number = element.get("number", "").strip()[-40:]
    name = element.get("name", "").strip().lower()
    digits = re.search(r"(\d{1,4})$", number)
    if name and not name.startswith("verse") and not re.fullmatch(r"\d+", name):
        return name[:20] if not digits or digits[1] == "1" else f"{name[:20]} {digits[1]}"
    named = re.search(r"(\d{1,4})$", name)
    if digits:
        return str(int(digits[1]))
    return str(int(named[1])) if named else number or "1"


def _syllable(element: Element) -> Syllable:
    pieces: list[str] = []
    positions: list[SyllablePosition] = []
    language = element.get(XML_LANG)
    extends = False
    position: SyllablePosition = "single"
    for child in element:
        if child.tag == "syllabic":
            position = POSITIONS.get((child.text or "").strip(), "single")
        elif child.tag == "text":
            found = split_elision(strip_verse_number(child.text or "") if not pieces else child.text or "")
            pieces += found
            positions += _positions(position, len(found))
            language = child.get(XML_LANG) or language
            extends |= not found and bool(LINE_ONLY.match(child.text or ""))
        elif child.tag == "extend":
            extends |= child.get("type", "start") != "stop"
        elif child.tag in ("humming", "laughing") and not pieces:
            pieces, positions = [{"humming": "mm", "laughing": "ha"}[str(child.tag)]], ["single"]
    if not pieces:
        # An extender that stops at this note still covers it, so the note belongs to the syllable before.
        return Syllable("", extends=extends or element.find("extend") is not None)
    return _with_typed_hyphens(pieces, positions, primary_language(language), extends)


def _positions(position: SyllablePosition, count: int) -> list[SyllablePosition]:
    """Positions of `count` pieces of one `<text>`: only the outer sides are joined to the notes around."""
    if count <= 1:
        return [position] * count
    first: SyllablePosition = "end" if position in ("middle", "end") else "single"
    last: SyllablePosition = "begin" if position in ("begin", "middle") else "single"
    middle: list[SyllablePosition] = ["single"] * (count - 2)
    return [first, *middle, last]


def _with_typed_hyphens(
    pieces: list[str], positions: list[SyllablePosition], language: str | None, extends: bool
) -> Syllable:
    goes_on = positions[-1] in ("begin", "middle")
    typed = len(pieces[-1]) > 1 and pieces[-1].endswith("-") and not goes_on
    cleaned = [piece.strip("-_ \t\n\u2010\u2011") if len(piece) > 1 else piece for piece in pieces]
    extends |= pieces[-1].endswith("_")
    position = positions[0]
    if typed and len(pieces) == 1:
        position = "middle" if position == "end" else "begin"
    return Syllable(
        cleaned[0], position, tuple(cleaned[1:]), language, goes_on or typed, extends, hyphenated_by_text=typed
    )
