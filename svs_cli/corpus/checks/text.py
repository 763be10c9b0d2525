"""Text, language and rights: what can be said without listening.

Conventions: a script is told by the Unicode names of the letters. Japanese may be written in romaji and Mandarin in
pinyin, so Latin letters are allowed in both; Han and kana are in no other language.
"""

from __future__ import annotations

import unicodedata
from collections import Counter

from svs_cli.corpus.checks.finder import Finder
from svs_cli.errors import LyricsError, SvsError, UsageError
from svs_cli.frontend.inventory import BREATH, SILENCE
from svs_cli.frontend.languages import language_code

SCRIPTS = {"ja": {"HIRAGANA", "KATAKANA", "CJK", "LATIN", "FULLWIDTH", "HALFWIDTH"}, "zh": {"CJK", "LATIN"}}
FOREIGN_SHARE = 0.5


def check_language(find: Finder) -> str:
    """The language's code, "" if it is none that svs sings; needed where a text has to become phones."""
    recording = find.recording
    try:
        return language_code(recording.language)
    except UsageError:
        named = f"{recording.language!r}" if recording.language else "none is given"
        if recording.text and not recording.phones:
            find.judge("language_unknown", detail=named)
        return ""


def check_text(find: Finder, language: str) -> int | None:
    """Text or phones must be there and fit the language; returns how many phones are said, None if unknown."""
    recording = find.recording
    if recording.phones:
        return len([phone for phone in recording.phones if phone not in (SILENCE, BREATH)])
    if not any(character.isalnum() for character in recording.text):
        find.judge("text_empty", detail=f"the text is {recording.text!r}" if recording.text.strip() else "")
        return None
    foreign = foreign_share(recording.text, language)
    if foreign > FOREIGN_SHARE and find.judge("text_script", detail=f"{shown(recording.text)} as {language!r}"):
        return None
    return phone_count(find, language) if language else None


def phone_count(find: Finder, language: str) -> int | None:
    """How many phones the text has."""
    from svs_cli.alignment.text import phones_of_text

    try:
        return sum(map(len, phones_of_text(find.recording.text, language)))
    except LyricsError as error:
        find.judge("text_unreadable", detail=error.message)
    except SvsError:  # a pronouncer that is not installed says nothing about the text
        return None
    return None


def foreign_share(text: str, language: str) -> float:
    """The share of letters that the language is not written with, 0 without letters or language.

    >>> foreign_share("Привет", "en"), foreign_share("さくら sakura", "ja")
    (1.0, 0.0)
    """
    scripts = Counter(unicodedata.name(c, "?").split()[0].split("-")[0] for c in text if c.isalpha())
    total = sum(scripts.values())
    if not total or not language:
        return 0.0
    allowed = SCRIPTS.get(language, {"LATIN", "MODIFIER"})
    phonetic = {"GREEK"} if "/" in text or "[" in text else set()  # IPA has β θ χ
    return sum(count for script, count in scripts.items() if script not in allowed | phonetic) / total


def shown(text: str) -> str:
    """A text as a line of a table quotes it."""
    return repr(text if len(text) <= 30 else text[:30] + "…")


def check_rights(find: Finder) -> None:
    """A licence or a consent, and a credit where the licence asks for one."""
    terms = find.recording.terms
    if not (terms.licence or terms.consent):
        find.judge("licence_missing")
    words = terms.licence.upper().replace("-", " ").split()
    if words[:1] == ["CC"] and "BY" in words and not terms.credit:
        find.judge("credit_missing", detail=terms.licence)
