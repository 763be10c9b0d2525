"""Where a consonant cluster between two nuclei is cut, and which letters of a syllable ask for what.

Conventions: a *cluster* is the run of non-nuclei between two nuclei. The cut is the number of its phones that stay
with the syllable before (its coda); the rest is the onset of the next. Off-glides and closures (ɪ̯ ʊ̯ cl) always
stay before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from svs_cli.frontend.inventory import CLOSURE, load_inventory

NEVER_ONSET = frozenset({"ŋ", CLOSURE, "ɪ̯", "ʊ̯", "ɴ"})
BAD_PAIRS = frozenset(
    {("t", "l"), ("d", "l"), ("θ", "l"), ("ð", "l"), ("ʃ", "l"), ("s", "ɹ"), ("s", "ɾ"), ("s", "r"), ("s", "ʁ")}
)
PAIRS = {
    "en": "s p|s t|s k|s m|s n|s l|s w|ʃ ɹ|t w|d w|k w|ɡ w|θ w|h w|p j|b j|k j|m j|f j|v j|h j|n j|t j|d j|θ ɹ",
    "de": "ʃ p|ʃ t|ʃ m|ʃ n|ʃ v|ʃ l|ʃ ɾ|k n|ɡ n|k v|ts v|pf l|pf ɾ|s k|s t|s p|s l",
    "fr": "s p|s t|s k|p n|p s|ɡ n|s m|s n|s f|s l",
    "it": "s p|s t|s k|s f|s l|s m|s n|s v|z b|z d|z ɡ|z l|z m|z n|z v|p s|p n",
    "es": "",
    "pt": "",
    "la": "s p|s t|s k|p s|p n|ɡ n|s m|s l",
}
VOWEL_LETTERS = "aeiouyáéíóúàèìòùâêîôûäëïöüãõåøœæÿýōūīēā"
MUTE_E = re.compile(rf"^[^{VOWEL_LETTERS}]*(?:[qg]u)?e(?:s|nt)?$")
EDGES = re.compile(rf"^([^{VOWEL_LETTERS}]*)(.*?)([^{VOWEL_LETTERS}]*)$", re.DOTALL)
SOUNDS_OF_LETTER = {
    "a": "a ɑ æ ɐ ʌ ə ɑ̃ ɐ̃ ɔ e ɛ", "e": "e ɛ ə ɪ i ɑ̃ ɛ̃ ẽ ɐ ɚ œ ø ɑ", "i": "i ɪ ɛ̃ ĩ ə a ɚ",
    "o": "o ɔ ʊ u ɔ̃ õ ɑ ʌ ə w a ɚ œ",
    "u": "u ʊ y ʏ ʌ ə œ̃ ũ ɚ ɪ", "y": "i ɪ y ʏ a ə", "ä": "ɛ e ɔ", "ö": "ø œ", "ü": "y ʏ", "œ": "œ ø ɛ e", "æ": "ɛ e",
}  # fmt: skip
BASE_LETTERS = str.maketrans("áàâãåéèêëíìîïóòôõøúùûýÿ", "aaaaaeeeeiiiiooooouuuyy")


@lru_cache(maxsize=4096)
def letters(text: str) -> tuple[int, str, int]:
    """Number of consonant letters before the first vowel letter, the middle, and of those after the last one.

    >>> letters("an"), letters("strength")
    ((0, 'a', 1), (3, 'e', 4))
    """
    plain = "".join(c for c in text.lower() if c.isalpha())
    before, middle, after = EDGES.match(plain).groups()  # type: ignore[union-attr]
    if not middle:
        return len(before), "", 0
    return len(before), middle, len(after)


@lru_cache(maxsize=4096)
def sounds_of(text: str) -> frozenset[str]:
    """Nuclei that the vowel letters of a text may stand for; empty without vowel letters."""
    found: set[str] = set()
    for letter in letters(text)[1]:
        if letter in VOWEL_LETTERS:
            found |= set(SOUNDS_OF_LETTER.get(letter, SOUNDS_OF_LETTER.get(letter.translate(BASE_LETTERS), "")).split())
    return frozenset(found)


def is_mute_e(text: str) -> bool:
    """Whether a syllable's only vowel is a French e without accent at its end ("le", "ges", "tent")."""
    return bool(MUTE_E.match("".join(c for c in text.lower() if c.isalpha())))


def legal_onset(cluster: Sequence[str], language: str) -> bool:
    """Whether a word of the language may begin with these consonants.

    >>> legal_onset(("s", "t", "ɹ"), "en"), legal_onset(("n", "d"), "en"), legal_onset(("t", "ɾ"), "es")
    (True, False, True)
    """
    if any(phone in NEVER_ONSET for phone in cluster):
        return False
    if len(cluster) < 2:
        return True
    inventory = load_inventory()
    first, second = cluster[0], cluster[1]
    if len(cluster) > 2:
        hissing = first in ("s", "z", "ʃ") and legal_onset((first, second), language)
        return (hissing or inventory[cluster[-1]].phone_class == "glide") and legal_onset(cluster[1:], language)
    if f"{first} {second}" in PAIRS.get(language, "").split("|"):
        return True
    if (first, second) in BAD_PAIRS:
        return False
    first_class, second_class = inventory[first].phone_class, inventory[second].phone_class
    if second_class == "glide":
        return first_class != "glide" and language != "en"
    return first_class in ("stop", "fricative") and second_class == "liquid"


def cut(cluster: Sequence[str], left_text: str, right_text: str, language: str) -> int:
    """How many phones of a cluster close the syllable before: the largest legal onset, unless the spelling objects.

    >>> cut(["n", "d"], "won", "der", "en"), cut(["n"], "an", "other", "en"), cut(["s", "t"], "e", "sta", "it")
    (1, 1, 0)
    """
    _, left_vowel, left_after = letters(left_text)
    right_before, right_vowel, _ = letters(right_text)
    inventory = load_inventory()

    def cost(coda: int) -> float:
        onset = cluster[coda:]
        total = 0.0 if legal_onset(onset, language) else 3.0
        total += 0.1 * coda
        held = sum(phone not in ("ɪ̯", "ʊ̯") for phone in cluster[:coda])
        total += 0.5 * held if left_vowel and not left_after else 0.0
        total += 1.2 * max(0, held - left_after) if left_vowel and left_after else 0.0
        glides = sum(inventory[phone].phone_class == "glide" for phone in onset)
        total += 1.0 * (len(onset) - glides) if right_vowel and not right_before else 0.0
        total += 1.0 if right_vowel and right_before and not onset else 0.0
        total += 0.4 if left_after and right_before and not held and len(cluster) > 1 else 0.0
        return total

    return min(range(len(cluster) + 1), key=cost)
