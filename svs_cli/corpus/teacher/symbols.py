"""Our phones in the symbols that the teacher's network was taught to speak.

Conventions
-----------
- A *token* is one symbol of the network. Every token belongs to one phone of ours (`owners`) or to nobody: marks of
  stress and spaces between words are context that the network reads, and take no time of their own.
- A phone may be several tokens (ɑ̃ is ɑ and a tilde); its time is the sum of theirs.
- Spellings follow the habits of the data that the network has seen: Japanese わ is βa and す sɨ, Mandarin ʈʂ is ꭧ.
  Where a language has no sound of its own in that data (German), the nearest language lends its spelling.
- ʏ is spoken as a y (short, where its durations are): the network knows no lax one, and German is full of it.
- What has no entry cannot be taught: `lacking` lists it, and sentences that hold it are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from svs_cli.frontend.inventory import CLOSURE, SILENCE, load_inventory

STRESS, SPACE, STOP, LONG = "ˈ", " ", ".", "ː"
START, END = "^", "$"  # our names of the mark before and after a phrase
NOBODY = -1  # owner of a token that takes no time
SAME = "aɑɐʌæɛeəɪiɨɯyøœuʊoɔɤɴjwɥmnɲŋlrɾɹʁʎpbtdkɡʔfɸvβθðszʃʒɕʂçxɣʝh"
SPELLINGS = {phone: phone for phone in SAME} | {
    "ɚ": "əɹ", "ɑ̃": "ɑ̃", "ɛ̃": "ɛ̃", "ɔ̃": "ɔ̃", "œ̃": "œ̃", "ɐ̃": "ɐ̃", "ẽ": "e\u0303", "õ": "o\u0303", "ĩ": "i\u0303",
    "ũ": "u\u0303", "ɪ̯": "ɪ", "ʊ̯": "ʊ", "ɹ̩": "ɨ", "ɻ̩": "ɨ", "ʐ": "ɻ", CLOSURE: "ʔ",
    "ts": "ʦ", "tsʰ": "ʦʰ", "dz": "ʣ", "tʃ": "ʧ", "dʒ": "ʤ", "tɕ": "ʨ", "tɕʰ": "ʨʰ", "dʑ": "ʥ", "ʈʂ": "ꭧ", "ʈʂʰ": "ꭧʰ",
    "pf": "pf", "m̩": "m", "n̩": "n", "l̩": "l", "ʏ": "y", "pʰ": "pʰ", "tʰ": "tʰ", "kʰ": "kʰ",
    "kʲ": "kʲ", "ɡʲ": "ɡʲ", "tʲ": "tʲ", "dʲ": "dʲ", "bʲ": "bʲ", "pʲ": "pʲ", "mʲ": "mʲ", "ɾʲ": "ɾʲ",
}  # fmt: skip
BY_LANGUAGE = {
    "ja": {"w": "β"},
    "en": {"r": "ɹ", "ɐ": "ə"},
    "de": {"ɐ": "ɐ"},
    "es": {"ɪ̯": "j", "ʊ̯": "w"},
    "it": {"ɪ̯": "i", "ʊ̯": "u"},
    "la": {"ɪ̯": "i", "ʊ̯": "u"},
}
BEFORE_HIGH_VOWEL = {"k": "kʲ", "ɡ": "ɡʲ", "b": "bʲ", "p": "pʲ", "m": "mʲ", "ɾ": "ɾʲ"}  # Japanese き is kʲi there
# Which vowel of a word bears the stress: from the front (0, 1 ...) or from the back (-1, -2 ...).
STRESSED = {"en": 0, "de": 0, "fr": -1, "it": -2, "es": -2, "pt": -2, "la": -2}


@dataclass(frozen=True)
class Script:
    """A phrase for the network, from SP to SP: `symbols[i]` belongs to `phones[owners[i]]`, or to nobody."""

    phones: tuple[str, ...]
    symbols: tuple[str, ...]
    owners: tuple[int, ...]


def lacking(phones: Sequence[str], language: str) -> set[str]:
    """Those of `phones` that the network has no symbol for.

    >>> sorted(lacking(["a", "ʑ"], "de"))
    ['ʑ']
    """
    known = SPELLINGS.keys() | BY_LANGUAGE.get(language, {}).keys()
    return {phone for phone in phones if phone not in known and phone != SILENCE}


def script_of(words: Sequence[Sequence[str]], language: str) -> Script:
    """The words of a phrase, each a sequence of phones, as tokens. The caller has made sure that nothing is `lacking`.

    >>> script_of([["h", "a", "ɪ̯"]], "en").symbols
    ('^', 'h', 'ˈ', 'a', 'ɪ', '.', '$')
    """
    phones: list[str] = [SILENCE]
    tokens: list[tuple[str, int]] = [(START, 0)]
    for place, word in enumerate(words):
        if place and language not in ("ja", "zh"):
            tokens.append((SPACE, NOBODY))
        stressed = stressed_phone(word, language)
        for index, phone in enumerate(word):
            following = word[index + 1] if index + 1 < len(word) else ""
            if index == stressed:
                tokens.append((STRESS, NOBODY))
            tokens += [(symbol, len(phones)) for symbol in spelling(phone, phones[-1], following, language)]
            phones.append(phone)
    tokens += [(STOP, len(phones)), (END, len(phones))]
    phones.append(SILENCE)
    return Script(tuple(phones), tuple(symbol for symbol, _ in tokens), tuple(owner for _, owner in tokens))


def spelling(phone: str, previous: str, following: str, language: str) -> str:
    """The network's symbols for one phone among its neighbours.

    >>> spelling("ɯ", "s", "", "ja"), spelling("o", "o", "", "ja"), spelling("k", "", "i", "ja")
    ('ɨ', 'ː', 'kʲ')
    """
    if language == "ja":
        if phone == previous and phone in "aiɯeo":
            return LONG
        if phone == "ɯ" and previous in ("s", "ts", "z", "dz"):
            return "ɨ"
        if following == "i" and phone in BEFORE_HIGH_VOWEL:
            return BEFORE_HIGH_VOWEL[phone]
    return BY_LANGUAGE.get(language, {}).get(phone) or SPELLINGS[phone]


def stressed_phone(word: Sequence[str], language: str) -> int:
    """Index of the vowel that a mark of stress goes before, -1 for none: a rule of thumb, not a dictionary.

    >>> stressed_phone(["p", "a", "n", "e"], "it"), stressed_phone(["ð", "ə"], "en")
    (1, -1)
    """
    nuclei = [index for index, phone in enumerate(word) if phone in load_inventory().nuclei]
    if language not in STRESSED or not nuclei or len(word) < 3:
        return -1
    full = [index for index in nuclei if word[index] != "ə"]
    candidates = full or nuclei
    if STRESSED[language] == 0:
        return candidates[0]
    open_ending = word[-1] in load_inventory().nuclei
    if STRESSED[language] == -1 or len(nuclei) == 1 or (language in ("es", "pt") and not open_ending):
        return candidates[-1]
    return nuclei[-2]
