"""Church Latin, as it is sung in the Roman manner (Liber Usualis), by rule.

Conventions: e and o are open (ɛ ɔ); ae and oe are ɛ; double stops are `cl` + stop, other double consonants stay double.
The first rule that matches at a place wins; rules are regular expressions over the rest of the word.
"""

from __future__ import annotations

import re
import unicodedata

SOFT = "(?=[eiy]|ae|oe|æ|œ)"
VOWEL = "(?=[aeiouyæœ])"
RULES: tuple[tuple[str, str], ...] = (
    (f"cc{SOFT}", "cl tʃ"), (f"sc{SOFT}", "ʃ"), (f"xc{SOFT}", "k ʃ"), (f"c{SOFT}", "tʃ"), ("cch|ch", "k"),
    ("gn", "ɲ"), (f"gg{SOFT}", "cl dʒ"), (f"g{SOFT}", "dʒ"), (f"ngu{VOWEL}", "ŋ ɡ w"), ("n(?=[cgkq])", "ŋ"),
    ("qu", "k w"), ("ph", "f"), ("th", "t"), ("rh", "r"), (f"(?<![stx])ti{VOWEL}", "ts i"),
    ("(?<=[aeiouyæœ])s(?=[aeiouyæœ])", "z"), ("cc|ck|kk", "cl k"), ("tt", "cl t"), ("pp", "cl p"), ("bb", "cl b"),
    ("dd", "cl d"), ("gg", "cl ɡ"), (f"(?<![a-zæœ])ex{VOWEL}", "ɛ ɡ z"), ("x", "k s"), ("zz|z", "dz"),
    ("ae|oe|æ|œ", "ɛ"), ("au", "a ʊ̯"), ("eu(?![msn])", "ɛ ʊ̯"), (f"(?<![a-zæœ])i{VOWEL}", "j"),
    (f"(?:(?<=[aeoy])|(?<=[^qg]u))[ij]{VOWEL}", "j"), ("j", "j"), ("y", "i"), ("a", "a"), ("e", "ɛ"), ("i", "i"),
    ("o", "ɔ"), ("u", "u"),
    ("[ckq]", "k"), ("g", "ɡ"), ("h", ""), ("w", "v"), ("b", "b"), ("d", "d"), ("f", "f"), ("l", "l"), ("m", "m"),
    ("n", "n"), ("p", "p"), ("r", "r"), ("s", "s"), ("t", "t"), ("v", "v"),
)  # fmt: skip
COMPILED = tuple((re.compile(pattern), phones.split()) for pattern, phones in RULES)
HARD_H = {"mihi": "miki", "nihil": "nikil", "nihilo": "nikilo"}


def pronounce(word: str) -> tuple[str, ...]:
    """Phones of one lower-case word; letters without a rule are passed over.

    >>> " ".join(pronounce("excelsis")), " ".join(pronounce("agnus"))
    ('ɛ k ʃ ɛ l s i s', 'a ɲ u s')
    """
    plain = "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
    plain = HARD_H.get(plain, plain)
    phones: list[str] = []
    place = 0
    while place < len(plain):
        for pattern, sung in COMPILED:
            match = pattern.match(plain, place)
            if match:
                phones += sung
                place = match.end()
                break
        else:
            place += 1
    return tuple(phones)
