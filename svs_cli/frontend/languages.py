"""The languages that svs sings, and how a single written word of each becomes phones.

Conventions
-----------
- Codes are ISO 639-1: ja en de fr it es pt zh la; "en-GB", "eng" or "English" are understood.
- A word is lower-case NFC without punctuation; apostrophes inside stay.
- `/k a/` and `[k a]` are phones written directly, in any language.
- Japanese and Mandarin read a whole line at once (`japanese.py`, `mandarin.py`), because readings depend on context.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache

from svs_cli.bundled import shelf
from svs_cli.errors import LyricsError, MissingError, UsageError
from svs_cli.frontend.inventory import load_inventory

LANGUAGES = {
    "ja": ("jpn", "japanese"),
    "en": ("eng", "english"),
    "de": ("deu", "ger", "german", "deutsch"),
    "fr": ("fra", "fre", "french", "français"),
    "it": ("ita", "italian", "italiano"),
    "es": ("spa", "spanish", "español", "castilian"),
    "pt": ("por", "portuguese", "português"),
    "zh": ("zho", "chi", "cmn", "chinese", "mandarin"),
    "la": ("lat", "latin", "latina"),
}
LINE_LANGUAGES = frozenset({"ja", "zh"})
PHONETIC = re.compile(r"^\s*(?:/(?P<slashes>[^/]+)/|\[(?P<brackets>[^\]]+)\])\s*$")
APOSTROPHES = str.maketrans(
    {"’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "＇": "'", "\u00ad": None, "\u200b": None}
)


def language_code(name: str) -> str:
    """The code of a language written in any usual way. Raises UsageError if svs doesn't sing it.

    >>> language_code("en-GB"), language_code("German")
    ('en', 'de')
    """
    wanted = name.strip().lower()
    stem = re.split(r"[-_]", wanted)[0]
    for code, others in LANGUAGES.items():
        if wanted in others or stem == code or stem in others:
            return code
    raise UsageError(f"the language {name!r} is not sung yet", fix=f"choose one of: {' '.join(LANGUAGES)}")


def phonetic(text: str) -> tuple[str, ...] | None:
    """The phones of a lyric that is written in phones (`/k a/`, `[k a]`), None for ordinary lyrics.

    Raises LyricsError when a phone is not in the inventory.
    """
    match = PHONETIC.match(text)
    return load_inventory().parse(match["slashes"] or match["brackets"]) if match else None


def clean(text: str) -> tuple[str, str]:
    """A Latin-script word ready for pronunciation, and the characters in it that nobody can read.

    Punctuation goes silently; digits go too unless the word is a number.

    >>> clean("1. L’a-mour!"), clean("sun☃")
    (("l'amour", ''), ('sun', '☃'))
    """
    kept, unknown = [], []
    text = unicodedata.normalize("NFC", text).translate(APOSTROPHES).lower()
    has_letters = any(character.isalpha() for character in text)
    for character in text:
        category = unicodedata.category(character)
        if character == "'" or (category[0] in "LM" and is_latin(character)) or category[0] == "N" and not has_letters:
            kept.append(character)
        elif category[0] in "LMS" and character not in "~^=+|<>$":
            unknown.append(character)
    word = "".join(kept)
    return (word if word.strip("'") else ""), "".join(unknown)


def is_latin(character: str) -> bool:
    """Whether a letter or mark belongs to the Latin script."""
    return unicodedata.category(character)[0] == "M" or unicodedata.name(character, "").startswith("LATIN")


@cache
def lexicon(language: str) -> dict[str, tuple[str, ...]]:
    """Our own pronunciations of single words, from `data/lexicon/<language>.toml` (empty without such a file)."""
    path = shelf("data") / "lexicon" / f"{language}.toml"
    if not path.is_file():
        return {}
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))
        return {word: load_inventory().parse(phones) for word, phones in entries.items()}
    except (tomllib.TOMLDecodeError, AttributeError, TypeError) as error:
        raise MissingError(f"the lexicon {path} is damaged: {error}", fix="reinstall svs-cli") from error


def pronounce(word: str, language: str, syllables: int = 0) -> tuple[str, ...]:
    """Phones of one cleaned word; `syllables` (0: unknown) helps to choose among pronunciations.

    Raises LyricsError when no pronunciation can be found.
    """
    own = lexicon(language).get(word) or lexicon(language).get(word.strip("'"))
    if own:
        return own
    if language == "en":
        from svs_cli.frontend import english

        phones = english.pronounce(word, syllables)
    elif language == "la":
        from svs_cli.frontend import latin

        phones = latin.pronounce(word)
    else:
        from svs_cli.frontend import espeak

        phones = espeak.pronounce(word, language)
    if not phones:
        raise LyricsError(
            f"{word!r} cannot be pronounced in {language!r}", fix=f"write its phones in the lyric, e.g. /{'l a'}/"
        )
    return phones
