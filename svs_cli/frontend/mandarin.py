"""Mandarin: characters (read in context by pypinyin) or pinyin, as IPA; one syllable a character.

Conventions: tones are dropped, the melody replaces them; b d g are p t k, p t k are pʰ tʰ kʰ; -i after z c s is ɹ̩,
after zh ch sh r ɻ̩; medials are the glides j w ɥ; -n and -ng are n and ŋ.
"""

from __future__ import annotations

import re
import unicodedata

from svs_cli.errors import MissingError

INITIALS = {
    "zh": "ʈʂ", "ch": "ʈʂʰ", "sh": "ʂ", "b": "p", "p": "pʰ", "m": "m", "f": "f", "d": "t", "t": "tʰ", "n": "n",
    "l": "l",
    "g": "k", "k": "kʰ", "h": "x", "j": "tɕ", "q": "tɕʰ", "x": "ɕ", "r": "ʐ", "z": "ts", "c": "tsʰ", "s": "s",
}  # fmt: skip
FINALS = {
    "a": "a", "o": "w o", "e": "ɤ", "ê": "ɛ", "er": "ɚ", "ai": "a ɪ̯", "ei": "e ɪ̯", "ao": "ɑ ʊ̯", "ou": "o ʊ̯",
    "an": "a n",
    "en": "ə n", "ang": "ɑ ŋ", "eng": "ə ŋ", "ong": "ʊ ŋ", "i": "i", "ia": "j a", "ie": "j ɛ", "iao": "j ɑ ʊ̯",
    "iou": "j o ʊ̯",
    "ian": "j ɛ n", "in": "i n", "iang": "j ɑ ŋ", "ing": "i ŋ", "iong": "j ʊ ŋ", "io": "j o", "u": "u", "ua": "w a",
    "uo": "w o", "uai": "w a ɪ̯", "uei": "w e ɪ̯", "uan": "w a n", "uen": "w ə n", "uang": "w ɑ ŋ", "ueng": "w ə ŋ",
    "ü": "y",
    "üe": "ɥ ɛ", "üan": "ɥ ɛ n", "ün": "y n", "m": "m̩", "n": "n̩", "ng": "n̩",
}  # fmt: skip
FULL_FINALS = {"iu": "iou", "ui": "uei", "un": "uen", "ue": "üe"}


def split_pinyin(syllable: str) -> tuple[str, str]:
    """Initial and full final of one pinyin syllable without tone; ('', '') if it is none.

    >>> split_pinyin("xiu"), split_pinyin("yuan"), split_pinyin("wo")
    (('x', 'iou'), ('', 'üan'), ('', 'uo'))
    """
    text = syllable.replace("v", "ü").replace("u:", "ü")
    text = re.sub("^yu", "ü", text)
    text = re.sub("^yi", "i", text)
    text = re.sub("^y", "i", text)
    text = re.sub("^wu", "u", text)
    text = re.sub("^w", "u", text)
    initial = next((i for i in INITIALS if text.startswith(i) and len(text) > len(i)), "")
    final = text[len(initial) :]
    if initial in ("j", "q", "x"):
        final = re.sub("^u", "ü", final)
    final = FULL_FINALS.get(final, final)
    return (initial, final) if final in FINALS and text not in ("ng",) else ("", text if text in FINALS else "")


def pinyin_phones(syllable: str) -> tuple[str, ...]:
    """Phones of one pinyin syllable, with or without tone marks or numbers; empty if it is none.

    >>> " ".join(pinyin_phones("zhōng")), " ".join(pinyin_phones("shi4"))
    ('ʈʂ ʊ ŋ', 'ʂ ɻ̩')
    """
    decomposed = unicodedata.normalize("NFD", syllable.lower().strip().rstrip("012345"))
    plain = "".join(c for c in decomposed if not unicodedata.combining(c) or c in "\u0308\u0302")
    initial, final = split_pinyin(unicodedata.normalize("NFC", plain))
    if not final:
        return ()
    vowel = FINALS[final]
    if final == "i" and initial in ("zh", "ch", "sh", "r"):
        vowel = "ɻ̩"
    elif final == "i" and initial in ("z", "c", "s"):
        vowel = "ɹ̩"
    elif final == "o" and not initial:
        vowel = "o"
    return tuple(f"{INITIALS.get(initial, '')} {vowel}".split())


def read_line(text: str) -> list[tuple[str, ...]]:
    """Phones of every character of a line, read in context; empty for a character that nobody can read.

    Raises MissingError without pypinyin.
    """
    try:
        from pypinyin import Style, pinyin
    except ImportError as error:
        raise MissingError("reading Chinese lyrics needs the package 'pypinyin'", fix="pip install pypinyin") from error
    found: list[tuple[str, ...]] = []
    for reading in pinyin(text, style=Style.NORMAL, errors="default", v_to_u=True):
        phones = pinyin_phones(reading[0])  # what it cannot read comes back in runs, as written
        found += [phones] if phones else [()] * len(reading[0])
    return found


def pinyin_words(text: str) -> list[tuple[str, ...]]:
    """Phones of a lyric in pinyin that may hold several syllables ("nihao", "ni hao"); empty if it can't be split.

    >>> [" ".join(s) for s in pinyin_words("nǐhǎo")]
    ['n i', 'x ɑ ʊ̯']
    """
    out: list[tuple[str, ...]] = []
    for word in re.split(r"[\s'\-]+", unicodedata.normalize("NFC", text).lower()):
        while word:
            for size in range(min(8, len(word)), 0, -1):
                phones = pinyin_phones(word[:size])
                if phones and (size == len(word) or word[size].isalpha() or word[size].isdigit()):
                    out.append(phones)
                    word = word[size:].lstrip("012345")
                    break
            else:
                return []
    return out
