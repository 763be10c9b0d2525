"""Japanese kana and romaji as phones, one group of phones a mora, by table.

Conventions
-----------
- Consonants before i are plain (き = k i) except ɕ tɕ dʑ ɲ ç; before ゃゅょ palatalised (きゃ = kʲ a).
- ぢ = じ, づ = ず, を = お.
- ん is ɴ, っ is cl, ー repeats the vowel before it. Each is a mora of its own.
"""

from __future__ import annotations

import unicodedata
from functools import cache

VOWELS = ("a", "i", "ɯ", "e", "o")
ROWS = {
    "あいうえお": ",,,,", "かきくけこ": "k,k,k,k,k", "がぎぐげご": "ɡ,ɡ,ɡ,ɡ,ɡ", "さしすせそ": "s,ɕ,s,s,s",
    "ざじずぜぞ": "z,dʑ,z,z,z",
    "たちつてと": "t,tɕ,ts,t,t", "だぢづでど": "d,dʑ,z,d,d", "なにぬねの": "n,ɲ,n,n,n", "はひふへほ": "h,ç,ɸ,h,h",
    "ばびぶべぼ": "b,b,b,b,b", "ぱぴぷぺぽ": "p,p,p,p,p", "まみむめも": "m,m,m,m,m", "らりるれろ": "ɾ,ɾ,ɾ,ɾ,ɾ",
}  # fmt: skip
SINGLE = {
    "や": "j a",
    "ゆ": "j ɯ",
    "よ": "j o",
    "わ": "w a",
    "を": "o",
    "ゐ": "i",
    "ゑ": "e",
    "ん": "ɴ",
    "っ": "cl",
    "ゔ": "v ɯ",
    "ゎ": "w a",
}
PALATAL = {
    "き": "kʲ", "ぎ": "ɡʲ", "し": "ɕ", "じ": "dʑ", "ち": "tɕ", "ぢ": "dʑ", "に": "ɲ", "ひ": "ç", "び": "bʲ",
    "ぴ": "pʲ", "み": "mʲ",
    "り": "ɾʲ", "て": "tʲ", "で": "dʲ", "ふ": "ɸ j", "ゔ": "v j",
}  # fmt: skip
BEFORE_SMALL_VOWEL = {
    "ふ": ("ɸ", "ぁぃぇぉ"), "ゔ": ("v", "ぁぃぇぉ"), "つ": ("ts", "ぁぃぇぉ"), "て": ("t", "ぃ"), "で": ("d", "ぃ"),
    "と": ("t", "ぅ"),
    "ど": ("d", "ぅ"), "う": ("w", "ぃぇぉ"), "す": ("s", "ぃ"), "ず": ("z", "ぃ"), "く": ("k w", "ぁぃぇぉゎ"),
    "ぐ": ("ɡ w", "ぁぃぇぉゎ"),
    "い": ("j", "ぇ"), "し": ("ɕ", "ぇ"), "じ": ("dʑ", "ぇ"), "ち": ("tɕ", "ぇ"), "き": ("kʲ", "ぇ"), "に": ("ɲ",
    "ぇ"), "ひ": ("ç", "ぇ"),
}  # fmt: skip
ROMAJI_CONSONANTS = {
    "k": "k,k,k,k,k", "g": "ɡ,ɡ,ɡ,ɡ,ɡ", "s": "s,ɕ,s,s,s", "z": "z,dʑ,z,z,z", "t": "t,tɕ,ts,t,t", "d": "d,dʑ,z,d,d",
    "n": "n,ɲ,n,n,n", "h": "h,ç,ɸ,h,h", "b": "b,b,b,b,b", "p": "p,p,p,p,p", "m": "m,m,m,m,m", "r": "ɾ,ɾ,ɾ,ɾ,ɾ",
    "y": "j,,j,j,j", "w": "w,w,,w,", "f": "ɸ,ɸ,ɸ,ɸ,ɸ", "v": "v,v,v,v,v", "j": "dʑ,dʑ,dʑ,dʑ,dʑ", "sh": "ɕ,ɕ,ɕ,ɕ,ɕ",
    "ch": "tɕ,tɕ,tɕ,tɕ,tɕ", "ts": "ts,ts,ts,ts,ts", "th": ",t,,,", "dh": ",d,,,", "": ",,,,",
}  # fmt: skip
ROMAJI_PALATAL = {
    "ky": "kʲ", "gy": "ɡʲ", "sy": "ɕ", "zy": "dʑ", "jy": "dʑ", "ty": "tɕ", "cy": "tɕ", "dy": "dʑ", "ny": "ɲ", "hy": "ç",
    "by": "bʲ", "py": "pʲ", "my": "mʲ", "ry": "ɾʲ", "kw": "k w", "gw": "ɡ w",
}  # fmt: skip
ITERATION = {"ゝ": False, "ゞ": True, "々": False}


@cache
def table() -> dict[str, tuple[str, ...]]:
    """Every kana and digraph (hiragana) with its phones."""
    kana = {k: phones.split() for k, phones in SINGLE.items()}
    for row, consonants in ROWS.items():
        kana |= {k: [*c.split(), v] for k, c, v in zip(row, consonants.split(","), VOWELS, strict=True)}
    for base, consonant in PALATAL.items():
        kana |= {base + small: [*consonant.split(), v] for small, v in zip("ゃゅょ", ("a", "ɯ", "o"), strict=True)}
    for base, (consonant, smalls) in BEFORE_SMALL_VOWEL.items():
        kana |= {base + s: [*consonant.split(), VOWELS["ぁぃぅぇぉゎ".index(s) % 5]] for s in smalls}
    kana |= {small: [v] for small, v in zip("ぁぃぅぇぉ", VOWELS, strict=True)}
    kana |= {"ゃ": ["j", "a"], "ゅ": ["j", "ɯ"], "ょ": ["j", "o"], "ゕ": ["k", "a"], "ゖ": ["k", "e"]}
    return {k: tuple(phones) for k, phones in kana.items()}


def hiragana(text: str) -> str:
    """Kana of any width as hiragana; other characters unchanged.

    >>> hiragana("サクラｱｰ")
    'さくらあー'
    """
    wide = unicodedata.normalize("NFKC", text).replace("〜", "ー").replace("～", "ー")
    return "".join(chr(ord(c) - 0x60) if "ァ" <= c <= "ヶ" else c for c in wide)


def is_kana(character: str) -> bool:
    """Whether a character (any width) is kana or the long-vowel mark."""
    return all("ぁ" <= c <= "ゖ" or c in "ーゝゞ" for c in hiragana(character))


def moras(text: str, vowel_before: str = "a") -> tuple[list[tuple[str, ...]], str]:
    """Phones of each mora of a kana text, and the characters that are no kana.

    A leading ー repeats `vowel_before`.

    >>> moras("きゃっとー")
    ([('kʲ', 'a'), ('cl',), ('t', 'o'), ('o',)], '')
    """
    kana, text = table(), hiragana(text)
    found: list[tuple[str, ...]] = []
    unknown, place = "", 0
    while place < len(text):
        size = 2 if text[place : place + 2] in kana else 1
        piece = text[place : place + size]
        if piece == "ー":
            found.append((found[-1][-1] if found and found[-1][-1] in (*VOWELS, "ɴ") else vowel_before,))
        elif piece in kana:
            found.append(kana[piece])
        elif piece in ITERATION and found:
            found.append(found[-1])
        elif unicodedata.category(piece)[0] in "LNS":
            unknown += piece
        place += size
    return found, unknown


@cache
def romaji_table() -> dict[str, tuple[str, ...]]:
    """Every romaji mora (Hepburn and Kunrei) with its phones."""
    romaji: dict[str, tuple[str, ...]] = {"n'": ("ɴ",), "n": ("ɴ",), "nn": ("ɴ",), "wo": ("o",)}
    for letters, consonants in ROMAJI_CONSONANTS.items():
        for vowel, letter, consonant in zip(VOWELS, "aiueo", consonants.split(","), strict=True):
            if consonant or not letters:
                romaji.setdefault(letters + letter, (consonant, vowel) if consonant else (vowel,))
    for letters, consonant in ROMAJI_PALATAL.items():
        romaji |= {
            letters + letter: (*consonant.split(), v) for letter, v in zip("auoe", ("a", "ɯ", "o", "e"), strict=True)
        }
    return romaji


def romaji_moras(text: str) -> list[tuple[str, ...]]:
    """Phones of each mora of a romaji text; empty if it is not romaji.

    >>> romaji_moras("kitte"), romaji_moras("shinbun"), romaji_moras("love")
    ([('k', 'i'), ('cl',), ('t', 'e')], [('ɕ', 'i'), ('ɴ',), ('b', 'ɯ'), ('ɴ',)], [])
    """
    decomposed = unicodedata.normalize("NFD", text.lower())
    word = "".join(c for c in decomposed if c.isascii() and (c.isalpha() or c == "'") or c == "\u0304")
    known, place = romaji_table(), 0
    found: list[tuple[str, ...]] = []
    while place < len(word):
        following = word[place + 1 : place + 2]
        if word[place] == "\u0304":
            found.append((found[-1][-1],) if found else ("a",))
            place += 1
        elif (
            word[place] == "n"
            and following not in tuple("aiueoyn'")
            or (word[place] == "m" and following in tuple("bpm"))
        ):
            found.append(("ɴ",))
            place += 1
        elif word[place] in "kstpgdbzcjf" and (following == word[place] or word[place : place + 3] == "tch"):
            found.append(("cl",))
            place += 1
        else:
            size = next((n for n in (3, 2, 1) if len(word) >= place + n and word[place : place + n] in known), 0)
            if not size:
                return []
            found.append(known[word[place : place + size]])
            place += size
    return found
