"""Mora strings of file names and aliases, and the phones of each mora.

Conventions
-----------
- Phones are those of data/phones/inventory.toml (IPA); a mora is zero to two onset consonants and a nucleus
  (`a i ɯ e o ɴ`), or one mark: `R` rest (SP), `息`/`吸` breath (AP), `っ` (cl).
- Consonants before i are plain except し ち じ に ひ; き + small ya/yu/yo/e is palatal (`kʲ a`).
- づ ず share `z`, ぢ じ share `dʑ`; くぁ is `k w a`; ヴゃ `v j a`; を is `o`.
- `ー` repeats the nucleus before it; `・` (a vowel attack) has no phones of its own and is dropped.
- Katakana グァ グィ グゥ グェ グォ are the nasal が-row (`ŋ a` ...), as SCOTTPOID sings and writes it; other katakana
  are read as hiragana; a file of nothing but ン is a hummed `m`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from svs_cli.corpus.utau.words import BREATH, SILENCE

NUCLEI = frozenset({"a", "i", "ɯ", "e", "o", "ɴ"})
VOWEL_OF_KANA = {"あ": "a", "い": "i", "う": "ɯ", "え": "e", "お": "o"}
VOWELS = ("a", "i", "ɯ", "e", "o")
DROPPED_MARKS = "・'’!！?？　 "

# kana of the five vowels; consonant before a ɯ e o; consonant before i
_ROWS: tuple[tuple[str, str, str], ...] = (
    ("あいうえお", "", ""),
    ("かきくけこ", "k", "k"),
    ("がぎぐげご", "ɡ", "ɡ"),
    ("さしすせそ", "s", "ɕ"),
    ("ざじずぜぞ", "z", "dʑ"),
    ("たち_てと", "t", "tɕ"),
    ("だぢ_でど", "d", "dʑ"),
    ("なにぬねの", "n", "ɲ"),
    ("はひ_へほ", "h", "ç"),
    ("ばびぶべぼ", "b", "b"),
    ("ぱぴぷぺぽ", "p", "p"),
    ("まみむめも", "m", "m"),
    ("らりるれろ", "ɾ", "ɾ"),
    ("や_ゆ_よ", "j", ""),
    ("わ____", "w", ""),
)
# kana before a small ya, yu, yo or e: its onset there
_PALATAL = {
    "き": "kʲ", "ぎ": "ɡʲ", "し": "ɕ", "じ": "dʑ", "ち": "tɕ", "ぢ": "dʑ", "に": "ɲ", "ひ": "ç", "び": "bʲ", "ぴ": "pʲ",
    "み": "mʲ", "り": "ɾʲ", "て": "tʲ", "で": "dʲ", "ヴ": "v j", "ふ": "ɸ j", "てぃ": "tʲ", "でぃ": "dʲ", "ヴぃ": "v j",
    "ふぃ": "ɸ j",
}  # fmt: skip
# kana before a small vowel: onset, and the vowels that it takes
_SMALL_VOWEL = {
    "う": ("w", "ieo"), "く": ("k w", "aieo"), "ぐ": ("ɡ w", "aieo"), "す": ("s", "i"), "ず": ("z", "i"),
    "て": ("t", "i"), "で": ("d", "i"), "と": ("t", "ɯ"), "ど": ("d", "ɯ"), "つ": ("ts", "aieo"),
    "づ": ("z", "aieo"), "ふ": ("ɸ", "aieo"), "ヴ": ("v", "aieo"),
}  # fmt: skip
_SMALL_OF_VOWEL = {"a": "ぁ", "i": "ぃ", "ɯ": "ぅ", "e": "ぇ", "o": "ぉ"}
_SINGLE = {
    "つ": "ts ɯ", "づ": "z ɯ", "ふ": "ɸ ɯ", "ヴ": "v ɯ", "ん": "ɴ", "を": "o", "っ": "cl", "いぇ": "j e", "ぐぅ": "ɡ ɯ",
    "くぅ": "k ɯ", "グァ": "ŋ a", "グィ": "ŋ i", "グゥ": "ŋ ɯ",
    "グェ": "ŋ e", "グォ": "ŋ o", "R": SILENCE, "息": BREATH, "吸": BREATH,
}  # fmt: skip
# Romaji of the banks (Hepburn, with si = すぃ, tu = とぅ, ...): initials and their onsets.
_ROMAJI_INITIAL = {
    "": "", "k": "k", "g": "ɡ", "s": "s", "z": "z", "t": "t", "d": "d", "n": "n", "h": "h", "b": "b", "p": "p",
    "m": "m", "r": "ɾ", "w": "w", "y": "j", "v": "v", "f": "ɸ", "sh": "ɕ", "j": "dʑ", "ch": "tɕ", "ts": "ts",
    "ky": "kʲ", "gy": "ɡʲ", "ny": "ɲ", "hy": "ç", "by": "bʲ", "py": "pʲ", "my": "mʲ", "ry": "ɾʲ", "ty": "tʲ",
    "dy": "dʲ", "fy": "ɸ j", "vy": "v j", "kw": "k w", "gw": "ɡ w",
}  # fmt: skip
_ROMAJI_VOWEL = {"a": "a", "i": "i", "u": "ɯ", "e": "e", "o": "o"}
_ROMAJI_SINGLE = {"n": "ɴ", "ni": "ɲ i", "hi": "ç i", "hu": "ɸ ɯ", "wo": "w o", "R": SILENCE}
_ROMAJI = re.compile(r"^([bcdfghjkmnprstvwyz]{0,2})([aiueo])$")
_HIRAGANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヴ"))}
_NASAL_G = re.compile("(グ[ァィゥェォ])")
_HAS_KANA = re.compile(r"[\u3040-\u30ff息吸]")


@dataclass(frozen=True)
class Mora:
    """One mora as written, and its phones: onset consonants, then the nucleus or mark."""

    text: str
    phones: tuple[str, ...]

    @property
    def onset(self) -> tuple[str, ...]:
        return self.phones[:-1]

    @property
    def nucleus(self) -> str:
        return self.phones[-1]


def _kana_table() -> dict[str, tuple[str, ...]]:
    table = {kana: tuple(phones.split()) for kana, phones in _SINGLE.items()}
    for row, plain, before_i in _ROWS:
        for kana, vowel in zip(row, VOWELS, strict=True):
            if kana != "_":
                table[kana] = tuple(f"{before_i if vowel == 'i' else plain} {vowel}".split())
    for kana, onset in _PALATAL.items():
        for small, vowel in (("ゃ", "a"), ("ゅ", "ɯ"), ("ょ", "o"), ("ぇ", "e")):
            if small == "ぇ" and kana in ("て", "で", "ヴ", "ふ"):
                continue  # there a small e means the plain consonant
            table[kana + small] = (*onset.split(), vowel)
    for kana, (onset, vowels) in _SMALL_VOWEL.items():
        for vowel in vowels:
            table[kana + _SMALL_OF_VOWEL[vowel]] = (*onset.split(), vowel)
    return table


PHONES_OF_KANA: dict[str, tuple[str, ...]] = _kana_table()
_LONGEST = max(map(len, PHONES_OF_KANA))


def hiragana(text: str) -> str:
    """Katakana, half-width too, as hiragana, composed form; `ー`, `ヴ` and the nasal グァ グィ グゥ グェ グォ stay.

    >>> hiragana("キャグァヴィ")
    'きゃグァヴぃ'
    """
    text = unicodedata.normalize("NFKC", text).replace("ゔ", "ヴ")
    parts = _NASAL_G.split(text)  # every second part is a nasal mora
    return "".join(part if index % 2 else part.translate(_HIRAGANA) for index, part in enumerate(parts))


def moras_of_kana(text: str) -> tuple[Mora, ...] | None:
    """The moras of a kana string, longest match first; None if something in it is no mora.

    >>> [" ".join(mora.phones) for mora in moras_of_kana("きゃーん")]
    ['kʲ a', 'a', 'ɴ']
    """
    text = "".join(c for c in hiragana(text) if c not in DROPPED_MARKS)
    moras: list[Mora] = []
    position = 0
    while position < len(text):
        if text[position] == "ー" and moras and moras[-1].nucleus in NUCLEI:
            moras.append(Mora("ー", (moras[-1].nucleus,)))
            position += 1
            continue
        for length in range(min(_LONGEST, len(text) - position), 0, -1):
            chunk = text[position : position + length]
            if chunk in PHONES_OF_KANA:
                moras.append(Mora(chunk, PHONES_OF_KANA[chunk]))
                position += length
                break
        else:
            return None
    return tuple(moras)


def mora_of_romaji(token: str) -> Mora | None:
    """One romaji syllable of the banks' spelling; None if it is none.

    >>> mora_of_romaji("chu").phones, mora_of_romaji("n").phones
    (('tɕ', 'ɯ'), ('ɴ',))
    """
    if token in _ROMAJI_SINGLE:
        return Mora(token, tuple(_ROMAJI_SINGLE[token].split()))
    match = _ROMAJI.match(token)
    if not match or match.group(1) not in _ROMAJI_INITIAL:
        return None
    return Mora(token, (*_ROMAJI_INITIAL[match.group(1)].split(), _ROMAJI_VOWEL[match.group(2)]))


def moras_of_stem(stem: str) -> tuple[Mora, ...] | None:
    """The moras that a file name (without extension) promises; None if it is no mora string.

    Takes kana ("_かかきかく"), kana with its romaji after "_" or "-" (which is ignored), and romaji alone ("a_a_i").

    >>> [" ".join(mora.phones) for mora in moras_of_stem("ささ_sa-sa")]
    ['s a', 's a']
    """
    name = unicodedata.normalize("NFKC", stem).lstrip("_")
    if _HAS_KANA.search(name):
        hummed = [c for c in name if c not in DROPPED_MARKS]
        if "ン" in hummed and set(hummed) <= {"ン", "吸"}:
            return tuple(Mora(c, ("m",)) if c == "ン" else Mora(c, (BREATH,)) for c in hummed)
        name = re.split(r"[_-]", name, maxsplit=1)[0].rstrip("0123456789")
        return moras_of_kana(name.replace("吸う", "吸")) or None
    moras = tuple(mora_of_romaji(token) for token in name.split("_"))
    return tuple(mora for mora in moras if mora is not None) if all(moras) else None


def alias_phones(alias: str) -> tuple[str, ...] | None:
    """Phones of the mora that a VCV alias such as "a かS" or "a R" (rest) is for; None for anything else.

    >>> alias_phones("a かWA3"), alias_phones("a R"), alias_phones("br1")
    (('k', 'a'), ('SP',), None)
    """
    last = unicodedata.normalize("NFKC", alias).split(" ")[-1].rstrip("ABCDEFGWSPabcdefg0123456789#↑↓_")
    if last == "R" and " " in alias:
        return (SILENCE,)
    moras = moras_of_kana(last)
    if not moras or len(moras) != 1 or moras[0].nucleus not in NUCLEI:
        return None
    return moras[0].phones
