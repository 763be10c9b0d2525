"""How a phone is made, as numbers: what a timing model learned from one language's phones then serves another's.

Conventions
-----------
- Each phone is a vector of `ARTICULATION` values between 0 and 1, in that order; classes are the inventory's.
- Places of consonants are the active articulator's; vowels have height, backness and rounding instead (IPA chart).
"""

from __future__ import annotations

import unicodedata
from functools import cache

import numpy as np
from numpy.typing import NDArray

from svs_cli.duration.times import GEMINATE, TAPS, PhoneFacts

CLASSES = ("vowel", "stop", "fricative", "affricate", "nasal", "liquid", "glide", "silence", "breath")
PLACES = {
    "labial": "p b f v ɸ β m w ɥ ʊ̯ pf m̩",
    "dental": "θ ð",
    "alveolar": "t d s z ts dz n l r ɾ ɹ n̩ l̩",
    "palatal": "ʃ ʒ ɕ ʑ ʂ ʐ ç ʝ tʃ dʒ tɕ dʑ ʈʂ ɲ ʎ j ɪ̯",
    "velar": "k ɡ x ɣ ŋ w ʊ̯ ɴ ʁ",
    "glottal": "h ʔ",
}
SIBILANTS = frozenset("s z ts dz ʃ ʒ ɕ ʑ ʂ ʐ tʃ dʒ tɕ dʑ ʈʂ tsʰ tɕʰ ʈʂʰ".split())
# Height (1 close, 0 open), backness (1 back), rounding
VOWELS = {
    "a": (0.0, 0.4, 0), "ɑ": (0.0, 1.0, 0), "ɐ": (0.2, 0.5, 0), "ʌ": (0.33, 0.9, 0), "æ": (0.15, 0.1, 0),
    "ɛ": (0.33, 0.1, 0), "e": (0.67, 0.0, 0), "ə": (0.5, 0.5, 0), "ɚ": (0.5, 0.5, 0), "ɪ": (0.85, 0.2, 0),
    "i": (1.0, 0.0, 0), "ɨ": (1.0, 0.5, 0), "ɯ": (1.0, 0.9, 0), "y": (1.0, 0.0, 1), "ʏ": (0.85, 0.2, 1),
    "ø": (0.67, 0.0, 1), "œ": (0.33, 0.1, 1), "u": (1.0, 1.0, 1), "ʊ": (0.85, 0.9, 1), "o": (0.67, 1.0, 1),
    "ɔ": (0.33, 1.0, 1), "ɤ": (0.67, 1.0, 0), "ɹ̩": (0.9, 0.4, 0), "ɻ̩": (0.9, 0.5, 0),
}  # fmt: skip
NASAL_MARK, ASPIRATED, PALATALISED = "\u0303", "ʰ", "ʲ"
ARTICULATION = (
    *CLASSES, "voiced", "nucleus", "closure", "tap", "sibilant", "aspirated", "palatalised",
    *PLACES, "height", "backness", "rounding", "nasalised",
)  # fmt: skip
PLACES_OF = {phone: tuple(place for place in PLACES if phone in PLACES[place].split())
             for symbols in PLACES.values() for phone in symbols.split()}  # fmt: skip


def articulation_of(phone: str, facts: PhoneFacts) -> NDArray[np.float32]:
    """One phone's vector, shape (len(ARTICULATION),)."""
    return _articulation(phone, facts.phone_class, facts.voiced, facts.nucleus)


@cache
def _articulation(phone: str, phone_class: str, voiced: bool, nucleus: bool) -> NDArray[np.float32]:
    plain = phone.rstrip(ASPIRATED + PALATALISED)
    decomposed = unicodedata.normalize("NFD", phone)
    vowel = VOWELS.get(unicodedata.normalize("NFC", decomposed.replace(NASAL_MARK, "")))
    values = dict.fromkeys(ARTICULATION, 0.0)
    values[phone_class if phone != GEMINATE else "stop"] = 1.0
    values["voiced"], values["nucleus"] = float(voiced), float(nucleus)
    values["closure"], values["tap"] = float(phone == GEMINATE), float(phone in TAPS)
    values["sibilant"] = float(phone in SIBILANTS)
    values["aspirated"], values["palatalised"] = float(ASPIRATED in phone), float(PALATALISED in phone)
    for place in PLACES_OF.get(plain, ()):
        values[place] = 1.0
    if vowel is not None:
        values["height"], values["backness"], values["rounding"] = vowel
        values["nasalised"] = float(NASAL_MARK in decomposed)
    return np.array(list(values.values()), np.float32)
