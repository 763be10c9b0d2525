"""Words to syllables: the phones of a word over the syllables that the score gives it.

Conventions
-----------
- A syllable is onset + one nucleus + coda, as a flat list of phones. Every score syllable gets one.
- The nuclei of the pronunciation are aligned with the score's syllables at least cost: in order, guided by the letters.
  Fewer syllables than nuclei: neighbours share a note (heav'n, glo-ria with j). More: a glide becomes a vowel
  (vi-o-lon), a mute e is sung (bel-le), or a vowel is added from the spelling or repeated.
- Where two vowels must share a note and neither can be a glide, the second is kept after the first, like a coda.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from svs_cli.errors import LyricsError
from svs_cli.frontend.clusters import BASE_LETTERS, cut, is_mute_e, letters, sounds_of
from svs_cli.frontend.inventory import CLOSURE, Inventory, load_inventory

VOWEL_OF_GLIDE = {"j": "i", "ɪ̯": "i", "w": "u", "ʊ̯": "u", "ɥ": "y"}
GLIDE_BEFORE = {"i": "j", "ɪ": "j", "u": "w", "ʊ": "w", "y": "ɥ"}
ONSET_OF_VOWEL = GLIDE_BEFORE | {"ɚ": "ɹ"}
GLIDE_AFTER = {"i": "ɪ̯", "ɪ": "ɪ̯", "u": "ʊ̯", "ʊ": "ʊ̯"}
SYLLABIC = {"m": "m̩", "n": "n̩", "ɲ": "n̩", "ŋ": "n̩", "l": "l̩", "ɹ": "ɚ"}
LETTER_VOWELS = {
    "a": "a",
    "e": "e",
    "i": "i",
    "o": "o",
    "u": "u",
    "y": "i",
    "ä": "ɛ",
    "ö": "ø",
    "ü": "y",
    "œ": "œ",
    "æ": "ɛ",
}
SCHWA_LANGUAGES = frozenset({"en", "de", "fr"})
MISMATCH_COST = {"en": 0.25, "fr": 0.5}
MUTE_MISMATCH_COST, PROMOTION_COST, INSERTION_COST, MUTE_INSERTION_COST, JOIN_COST = 0.7, 0.6, 0.9, 0.2, 0.8


@dataclass
class Item:
    """One phone of the word and its syllable (-1: a consonant); of several nuclei in it, one is the `head`."""

    phone: str
    syllable: int = -1
    head: bool = False


def distribute(phones: Sequence[str], syllable_texts: Sequence[str], language: str) -> list[list[str]]:
    """The phones of each syllable, one list a text of `syllable_texts`, each with a nucleus.

    Raises LyricsError when there are no phones or no syllables.

    >>> distribute("h ɛ v ə n".split(), ["heav", "en"], "en")
    [['h', 'ɛ', 'v'], ['ə', 'n']]
    >>> distribute("b ɛ l".split(), ["bel", "le"], "fr"), distribute("ɡ l ɔ r i a".split(), ["glo", "ria"], "it")
    ([['b', 'ɛ'], ['l', 'ə']], [['ɡ', 'l', 'ɔ'], ['r', 'j', 'a']])
    """
    if not phones or not syllable_texts:
        raise LyricsError(f"nothing to sing in {'-'.join(syllable_texts)!r}", fix="write its phones, e.g. /l a/")
    inventory = load_inventory()
    phones = with_nucleus(list(phones), inventory)
    items = align(phones, list(syllable_texts), language, inventory)
    items = insert_missing(items, syllable_texts, language)
    items = reduce_joined(items, len(syllable_texts), language, inventory)
    return assemble(items, syllable_texts, language)


def with_nucleus(phones: list[str], inventory: Inventory) -> list[str]:
    """The phones, with a syllabic consonant or a schwa if they have no nucleus ("mm", "psst")."""
    if any(inventory[phone].nucleus for phone in phones) or CLOSURE in phones:
        return phones
    for index, phone in enumerate(phones):
        if phone in SYLLABIC:
            return [*phones[:index], SYLLABIC[phone], *phones[index + 1 :]]
    return [*phones, "ə"]


def align(phones: list[str], texts: list[str], language: str, inventory: Inventory) -> list[Item]:
    """Give nuclei to syllables by dynamic programming; a syllable may stay without."""
    candidates = [i for i, p in enumerate(phones) if inventory[p].nucleus or p in VOWEL_OF_GLIDE or p == CLOSURE]
    best: dict[int, tuple[float, tuple[tuple[int, int, bool], ...]]] = {
        0: (0.0, ())
    }  # syllables begun -> cost, choices
    for index in candidates:
        true_nucleus = inventory[phones[index]].nucleus
        following: dict[int, tuple[float, tuple[tuple[int, int, bool], ...]]] = {}
        for begun, (cost, choices) in best.items():
            options = [] if true_nucleus else [(cost, begun, choices)]
            if true_nucleus and any(head for _, _, head in choices):
                options.append(
                    (cost + join_cost(phones, index, choices, texts), begun, (*choices, (index, begun - 1, False)))
                )
            skipped = 0.0
            for syllable in range(begun, len(texts)):
                own = cost + skipped + head_cost(phones[index], texts[syllable], syllable, language)
                options.append((own, syllable + 1, (*choices, (index, syllable, True))))
                skipped += insertion_cost(texts[syllable], syllable, language)
            for total, state, chosen in options:
                if state not in following or total < following[state][0]:
                    following[state] = (total, chosen)
        best = following
    ends = []
    for begun, (cost, choices) in best.items():
        rest = sum(insertion_cost(texts[k], k, language) for k in range(begun, len(texts)))
        ends.append((cost + rest, choices))
    chosen_items = [Item(phone) for phone in phones]
    for index, syllable, head in min(ends)[1]:
        phone = phones[index] if inventory[phones[index]].nucleus else VOWEL_OF_GLIDE.get(phones[index], phones[index])
        chosen_items[index] = Item(phone, syllable, head)
    return chosen_items


def head_cost(phone: str, text: str, syllable: int, language: str) -> float:
    """Cost of `phone` as the nucleus of a syllable written `text`."""
    promoted = phone in VOWEL_OF_GLIDE
    cost = PROMOTION_COST if promoted else (2.0 if phone == CLOSURE else 0.0)
    phone = VOWEL_OF_GLIDE.get(phone, phone)
    possible = sounds_of(text)
    if possible and phone not in possible:
        cost += 1.0 if promoted else MISMATCH_COST.get(language, 0.6)
    nasal_ending = phone == "ɑ̃" and "nt" in text
    if language == "fr" and syllable and is_mute_e(text) and phone != "ə" and not nasal_ending:
        cost += MUTE_MISMATCH_COST
    return cost


def insertion_cost(text: str, syllable: int, language: str) -> float:
    """Cost of a syllable without a nucleus of its own in the pronunciation."""
    mute = language == "fr" and syllable > 0 and is_mute_e(text)
    marked = language == "en" and ("è" in text or "é" in text)  # wingèd, belovéd
    return MUTE_INSERTION_COST if mute or marked else INSERTION_COST


def join_cost(phones: list[str], index: int, choices: tuple[tuple[int, int, bool], ...], texts: list[str]) -> float:
    """Cost of a nucleus that shares the syllable of the nucleus before."""
    previous, syllable, _ = choices[-1]
    vowel_groups = sum(a not in "bcdfghjklmnpqrstvwxz" for a in letters(texts[syllable])[1])
    spelled = -0.2 if vowel_groups > sum(s == syllable for _, s, _ in choices) else 0.0
    adjacent = index - previous == 1
    weak = "ə" in (phones[index], phones[previous]) or phones[index] == "ɚ"
    return JOIN_COST + spelled - (0.3 if adjacent else 0.0) - (0.2 if weak else 0.0)


def insert_missing(items: list[Item], texts: Sequence[str], language: str) -> list[Item]:
    """Add a vowel for each syllable that got no nucleus, among the consonants where its letters stand."""
    for syllable, text in enumerate(texts):
        if any(item.head and item.syllable == syllable for item in items):
            continue
        before = [i for i, item in enumerate(items) if 0 <= item.syllable < syllable]
        after = [i for i, item in enumerate(items) if item.syllable > syllable]
        start, end = (before[-1] + 1 if before else 0), (after[0] if after else len(items))
        while start < end and items[start].phone in ("ɪ̯", "ʊ̯"):
            start += 1
        wants_onset = letters(text)[0] > 0
        next_wants_onset = bool(after) and letters(texts[syllable + 1])[0] > 0
        closed = letters(text)[2] > 0 and not (language == "fr" and is_mute_e(text))
        place = end - (1 if next_wants_onset and end - start > wants_onset else 0)
        if not wants_onset:
            place = start if after else max(start, end - letters(text)[2])
        elif closed and place - start > 1:
            place -= 1
        vowel = added_vowel(text, items[before[-1]].phone if before else "", language)
        items = [*items[:place], Item(vowel, syllable, True), *items[place:]]
    return items


def added_vowel(text: str, previous: str, language: str) -> str:
    """The vowel of a syllable that the pronunciation lacks: schwa for e, the vowel before if the letters allow it."""
    middle = letters(text)[1].translate(BASE_LETTERS)
    if language in SCHWA_LANGUAGES and middle[:1] == "e":
        return "ə"
    if previous and (not middle or previous in sounds_of(text)):
        return previous
    return LETTER_VOWELS.get(middle[:1], "ə") if middle else "ə"


def reduce_joined(items: list[Item], syllables: int, language: str, inventory: Inventory) -> list[Item]:
    """Where nuclei share a syllable: high vowels become glides, schwas before sonorants fall out."""
    for syllable in range(syllables):
        members = [i for i, item in enumerate(items) if item.syllable == syllable]
        if len(members) < 2:
            continue
        first, second = members[0], members[1]
        whole_word = syllables == 1 and not any(item.syllable < 0 for item in items[first + 1 :])
        if second == first + 1 and items[first].phone in ONSET_OF_VOWEL and not whole_word:
            items[first] = Item(ONSET_OF_VOWEL[items[first].phone])
            items[second] = Item(items[second].phone, syllable, True)
            members = members[1:]
        for index in members[1:]:
            items[index] = weakened(items, index, language, inventory)
    return [item for item in items if item.phone]


def weakened(items: list[Item], index: int, language: str, inventory: Inventory) -> Item:
    """What a second nucleus in a syllable becomes; an empty phone falls out."""
    item, before = items[index], items[index - 1].phone
    after = items[index + 1].phone if index + 1 < len(items) else ""
    if item.phone == "ɚ":
        return Item("ɹ")
    after_vowel = before in inventory and inventory[before].nucleus
    if item.phone in GLIDE_AFTER and after_vowel:
        return Item(GLIDE_AFTER[item.phone])
    before_vowel = after in inventory and inventory[after].nucleus
    if item.phone in GLIDE_BEFORE and before_vowel and not after_vowel:
        return Item(GLIDE_BEFORE[item.phone])
    sonorant = after in inventory and inventory[after].phone_class in ("nasal", "liquid")
    if item.phone == "ə" and language in SCHWA_LANGUAGES and sonorant and not after_vowel:
        return Item("")
    return item


def assemble(items: list[Item], texts: Sequence[str], language: str) -> list[list[str]]:
    """Cut the consonants between syllables and return the phones of each."""
    spans = []
    for syllable in range(len(texts)):
        members = [i for i, item in enumerate(items) if item.syllable == syllable]
        spans.append((members[0], members[-1] + 1))
    starts = [0]
    for syllable in range(1, len(texts)):
        left, right = spans[syllable - 1][1], spans[syllable][0]
        cluster = [item.phone for item in items[left:right]]
        starts.append(left + cut(cluster, texts[syllable - 1], texts[syllable], language))
    ends = [*starts[1:], len(items)]
    return [[item.phone for item in items[a:b]] for a, b in zip(starts, ends, strict=True)]


def split_syllable(phones: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Onset consonants, and nucleus with coda, of one syllable; without any nucleus everything counts as nucleus.

    >>> split_syllable(["k", "a", "ɴ"]), split_syllable(["cl"])
    ((('k',), ('a', 'ɴ')), ((), ('cl',)))
    """
    inventory = load_inventory()
    place = next((i for i, phone in enumerate(phones) if inventory[phone].nucleus), 0)
    return tuple(phones[:place]), tuple(phones[place:])
