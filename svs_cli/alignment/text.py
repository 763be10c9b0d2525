"""What is said, from how it is written: a line of text becomes words, and words phones.

Conventions
-----------
- A word is a list of phones of the inventory without silences; between words a speaker may pause, inside them not.
- Japanese moras and Mandarin syllables count as words: singers breathe between any two of them, but not around
  the closure of っ, which is silence itself.
- `/k a/` and `[k a]` in the text are phones, in any language.
- Speakers of German don't roll their r as its singers do, for whom the frontend writes ɾ.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from svs_cli.errors import LyricsError
from svs_cli.frontend.inventory import CLOSURE, load_inventory
from svs_cli.frontend.japanese import is_kanji, read_notes
from svs_cli.frontend.languages import LINE_LANGUAGES, clean, language_code, phonetic, pronounce
from svs_cli.frontend.mandarin import pinyin_words, read_line
from svs_cli.frontend.sandhi import link

PIECE = re.compile(r"/[^/]*/|\[[^\]]*\]|[^\s/\[]+|[/\[]")
# A hyphen or a dash joins words that are spoken as two.
DASHES = re.compile(r"[-‐‑–—_/]+")
CLAUSE_ENDS = ",.;:!?…"
SPOKEN = {"de": {"ɾ": "ʁ"}}


def phones_of_text(text: str, language: str) -> list[list[str]]:
    """The words of a text as phones. Raises LyricsError when nothing of it can be read, UsageError for the language.

    >>> phones_of_text("My love!", "en")
    [['m', 'a', 'ɪ̯'], ['l', 'ʌ', 'v']]
    >>> phones_of_text("かった", "ja")
    [['k', 'a', 'cl', 't', 'a']]
    """
    code = language_code(language)
    words: list[list[str]] = []
    plain: list[str] = []
    for piece in [*PIECE.findall(text), ""]:
        written = phonetic(piece)
        if written is None and piece:
            plain.append(piece)
            continue
        words += read_lines(" ".join(plain), code) if code in LINE_LANGUAGES else read_words(plain, code)
        plain = []
        words += [list(written)] if written else []
    if not words:
        raise LyricsError(f"{shown(text)} holds nothing that can be read in {code!r}", fix="check text and language")
    return words


def pausable(phones: Iterable[str]) -> list[list[str]]:
    """Phones in groups between which a pause may stand: not before a consonant's vowel, nor around a closure.

    >>> pausable(["k", "a", "cl", "t", "o", "ɴ"])
    [['k', 'a', 'cl', 't', 'o'], ['ɴ']]
    """
    nuclei = load_inventory().nuclei
    groups: list[list[str]] = []
    before = ""
    for phone in phones:
        joined = CLOSURE in (before, phone) or (before not in nuclei and phone in nuclei)
        if joined and groups:
            groups[-1].append(phone)
        else:
            groups.append([phone])
        before = phone
    return groups


def shown(text: str) -> str:
    """A text as an error quotes it: its first characters."""
    return repr(text if len(text) <= 40 else text[:40] + "…")


def read_lines(text: str, language: str) -> list[list[str]]:
    """Moras or syllables of a Japanese or Mandarin line. Raises LyricsError."""
    if not text:
        return []
    if language == "ja":
        clauses = re.split(r"[、。！？!?,.…・\s]+", text)
        moras = [mora for clause in read_notes([c for c in clauses if c]) for mora in clause]
        found = pausable(phone for mora in moras for phone in mora)
    else:
        han = "".join(character for character in text if is_kanji(character))
        syllables = read_line(han) if han else pinyin_words(text)
        found = [list(syllable) for syllable in syllables if syllable]
    if not found and any(map(str.isalpha, text)):
        raise LyricsError(f"{shown(text)} cannot be read as {language!r}", fix="check the language")
    return found


def read_words(pieces: list[str], language: str) -> list[list[str]]:
    """Words in Latin script, with the sounds that link them (liaison). Raises LyricsError."""
    spellings: list[tuple[str, bool]] = []  # with: whether a clause ends after it
    for piece in pieces:
        parts = [clean(part) for part in DASHES.split(piece)]
        unreadable = "".join(unknown for spelling, unknown in parts if not spelling)
        if any(map(str.isalpha, unreadable)):
            raise LyricsError(f"{shown(piece)} is in a script that {language!r} is not written in")
        named = [spelling for spelling, _ in parts if spelling]
        ends = piece.rstrip("»\"”'’)")[-1:] in tuple(CLAUSE_ENDS)
        spellings += [(spelling, ends and index == len(named) - 1) for index, spelling in enumerate(named)]
    spoken = [pronounce(spelling, language) for spelling, _ in spellings]
    words = []
    for index, (spelling, ends) in enumerate(spellings):
        phones = spoken[index]
        if index + 1 < len(spellings) and not ends:
            phones = link(spelling, phones, spellings[index + 1][0], spoken[index + 1], language)
        words.append([SPOKEN.get(language, {}).get(phone, phone) for phone in phones])
    return words
