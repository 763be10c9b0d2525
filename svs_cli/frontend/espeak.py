"""Pronunciation by eSpeak NG (offline, through espeakng-loader and phonemizer), in the inventory's symbols.

Conventions
-----------
- Words are read one by one, so that a word sounds the same wherever it stands.
- eSpeak separates phones by spaces; a token such as `aɪɚ` holds a nucleus and off-glides, which become a, ɪ̯, ɚ.
- Long consonants (kː, or the same consonant twice) are geminates: `cl k` for stops and affricates, `l l` otherwise.
"""

from __future__ import annotations

import logging
import unicodedata
from functools import cache, lru_cache
from typing import Any

from svs_cli.errors import MissingError
from svs_cli.frontend.inventory import CLOSURE, Inventory, load_inventory

ESPEAK_NAMES = {"en": "en-us", "de": "de", "fr": "fr-fr", "it": "it", "es": "es", "pt": "pt-br", "la": "la"}
EVERYWHERE = {
    "ɜː": "ɚ", "ɜ": "ɐ", "ɝ": "ɚ", "ɒ": "ɔ", "ɫ": "l", "ᵻ": "ɪ", "χ": "x", "ʋ": "v", "ɱ": "m", "ɬ": "l", "ɦ": "h",
    "ɵ": "ø",
    "ʉ": "u", "ɘ": "ə", "ɞ": "œ", "ɹ̩": "ɚ", "ɭ": "l", "ɻ": "ɹ", "ʍ": "w", "ɟ": "dʒ", "ɰ": "w", "ᵊ": "ə", "ɪ̃": "ĩ",
    "ʊ̃": "ũ",
    "ə̃": "ɐ̃", "ã": "ɐ̃", "æ̃": "ɛ̃", "ʀ": "ʁ", "ʎː": "ʎ", "ɳ": "n", "ɖ": "d", "ʈ": "t", "c": "k", "q": "k", "ʌ̃": "ɔ̃",
    "ø̃": "œ̃",
}  # fmt: skip
BY_LANGUAGE = {
    "en": {"ɾ": "t", "ʔ": "t", "ɐ": "ə", "ɔː": "ɔ", "x": "k", "r": "ɹ"},
    "de": {"r": "ɾ", "ʁ": "ɾ", "ɑ": "a", "ɹ": "ɾ", "θ": "s", "ð": "z", "w": "v"},
    "it": {"ɾ": "r", "ɪ": "i", "ʊ": "u"},
    "fr": {"r": "ʁ", "ɹ": "ʁ", "ɐ": "a", "ɪ": "i", "ʊ": "u", "θ": "t", "ð": "z"},
    "es": {"ɪ": "i", "ʊ": "u"},
    "pt": {"y": "i", "ɨ": "i", "ʊ": "u", "æ": "ɐ", "x": "h", "r": "ɾ", "ɪ": "i"},
}
OFF_GLIDES = {
    "ɪ": "ɪ̯",
    "i": "ɪ̯",
    "y": "ɪ̯",
    "ø": "ɪ̯",
    "e": "ɪ̯",
    "ʏ": "ɪ̯",
    "ĩ": "ɪ̯",
    "ʊ": "ʊ̯",
    "u": "ʊ̯",
    "ũ": "ʊ̯",
    "o": "ʊ̯",
}
OF_GLIDE = {"j": "ɪ̯", "w": "ʊ̯"}
LENGTH = "ː"
# Old or poetic spelling that eSpeak would spell out letter by letter.
MODERN_SPELLING = {"de": (("'", ""), ("ey", "ei"), ("ÿ", "y")), "it": (("gl'", "gli"),)}


@cache
def backend(language: str) -> Any:
    """The phonemizer backend of one language. Raises MissingError if eSpeak NG is not installed."""
    try:
        import espeakng_loader
        from phonemizer.backend import EspeakBackend
        from phonemizer.backend.espeak.wrapper import EspeakWrapper
    except ImportError as error:
        package = "espeakng-loader" if "espeakng" in str(error) else "phonemizer-fork"
        raise MissingError(
            f"reading {language!r} lyrics needs the package {package!r}", fix=f"pip install {package}"
        ) from error
    EspeakWrapper.set_library(espeakng_loader.get_library_path())
    EspeakWrapper.set_data_path(espeakng_loader.get_data_path())
    quiet = logging.getLogger("svs.espeak")
    quiet.setLevel(logging.ERROR)
    return EspeakBackend(
        ESPEAK_NAMES[language],
        with_stress=False,
        language_switch="remove-flags",
        words_mismatch="ignore",
        preserve_punctuation=False,
        logger=quiet,
    )


@lru_cache(maxsize=20_000)
def pronounce(word: str, language: str) -> tuple[str, ...]:
    """Phones of one lower-case word; empty if eSpeak says nothing. Raises MissingError."""
    from phonemizer.separator import Separator

    for old, new in MODERN_SPELLING.get(language, ()):
        word = word.replace(old, new)
    spoken = backend(language).phonemize([word], separator=Separator(phone=" ", word="|", syllable=""), strip=True)
    return phones_of(spoken[0].replace("|", " ") if spoken else "", language)


def phones_of(spoken: str, language: str) -> tuple[str, ...]:
    """eSpeak's symbols, phones separated by spaces, in the inventory's.

    >>> phones_of("f aɪɚ", "en"), phones_of("ɡ a tː o", "it")
    (('f', 'a', 'ɪ̯', 'ɚ'), ('ɡ', 'a', 'cl', 't', 'o'))
    """
    inventory = load_inventory()
    phones: list[str] = []
    if language == "pt":
        spoken = spoken.replace("ə", "")  # what eSpeak puts after a tapped r
    for token in unicodedata.normalize("NFC", spoken).replace("g", "ɡ").replace("͡", "").split():
        new = diphthong(symbols_of(token, language, inventory), language, inventory)
        if new and LENGTH in token and not inventory[new[-1]].nucleus:
            new = [new[-1], *new]  # a long consonant
        phones += new
    return tuple(refine(geminate(phones, inventory), language, inventory))


def symbols_of(token: str, language: str, inventory: Inventory) -> list[str]:
    """The inventory's symbols in one token, longest match first; marks of stress and length are passed over."""
    renamed = EVERYWHERE | BY_LANGUAGE.get(language, {})
    found: list[str] = []
    while token:
        for size in range(min(3, len(token)), 0, -1):
            symbol = renamed.get(token[:size], token[:size])
            if symbol in inventory:
                found.append(symbol)
                break
        token = token[size:]
    return found


def diphthong(symbols: list[str], language: str, inventory: Inventory) -> list[str]:
    """Within one token only the first vowel is a nucleus; high vowels after it become off-glides.

    German vocalised r after a vowel (durch) is a consonant again, as singers pronounce it.
    """
    out: list[str] = []
    for symbol in symbols:
        after_vowel = bool(out) and inventory[out[-1]].phone_class == "vowel"
        if after_vowel and language == "de" and symbol == "ɐ":
            symbol = "ɾ"
        out.append(OFF_GLIDES.get(symbol, symbol) if after_vowel else symbol)
    return out


def geminate(phones: list[str], inventory: Inventory) -> list[str]:
    """The first of two equal stops or affricates becomes a closure."""
    pairs = zip(phones, [*phones[1:], ""], strict=True)
    stops = ("stop", "affricate")
    return [CLOSURE if a == b and inventory[a].phone_class in stops else a for a, b in pairs]


def refine(phones: list[str], language: str, inventory: Inventory) -> list[str]:
    """What eSpeak writes otherwise than it is sung: French lui = l ɥ i, Spanish muy = m u ɪ̯."""
    nuclei = inventory.nuclei
    if language == "fr":
        pairs = zip(phones, [*phones[1:], ""], strict=True)
        return ["ɥ" if a == "y" and b in nuclei else a for a, b in pairs]
    if language in ("es", "it", "pt"):
        triples = zip(["", *phones], phones, [*phones[1:], ""], strict=False)
        return [OF_GLIDE.get(b, b) if a in nuclei and c not in nuclei else b for a, b, c in triples]
    return phones
