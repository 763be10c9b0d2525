"""Mandarin in initials and finals (Opencpop, M4Singer, DiffSinger's dictionaries) as our phones.

Conventions
-----------
- A syllable is an initial and a final, or a final alone; y and w count as initials where a corpus writes them so.
- The initial's symbol has the syllable's first phone, the final's symbol all others: j iang is tɕ | j ɑ ŋ.
- What a final sounds like depends on its initial (zh i, z i, x i), so symbols are read in sequence.
- Extended spellings are understood: ir and i0 for the vowels of zhi and zi, E and En for those of ye and yan.
"""

from __future__ import annotations

from collections.abc import Sequence

from svs_cli.frontend.mandarin import FINALS, FULL_FINALS, INITIALS, pinyin_phones

GLIDE_INITIALS = {"y": "j", "w": "w"}
ONLY_INITIALS = frozenset({*INITIALS, *GLIDE_INITIALS})
EXTENDED = {"ir": "ɻ̩", "i0": "ɹ̩", "ih": "ɻ̩", "E": "ɛ", "En": "ɛ n", "ê": "ɛ", "ea": "j ɛ", "van": "ɥ ɛ n", "ve": "ɥ ɛ",
            "v": "y", "vn": "y n", "ian": "j ɛ n"}  # fmt: skip
TONES = "12345"


def is_initial(symbol: str) -> bool:
    """Whether a symbol is an initial (m, n, r are never finals in these corpora)."""
    return symbol in ONLY_INITIALS


def is_final(symbol: str) -> bool:
    """Whether a symbol is a final or a whole syllable without initial, with or without tone."""
    bare = symbol.rstrip(TONES)
    return bare in EXTENDED or bare.replace("v", "ü") in FINALS or bare in FULL_FINALS


def is_pinyin(symbol: str) -> bool:
    """Whether a symbol can stand in such a transcription."""
    return is_initial(symbol) or symbol == "i0" or is_final(symbol)


def phones_of_pinyin(symbols: Sequence[str]) -> list[tuple[str, ...]]:
    """Phones of each symbol of a run without pauses; every symbol is known.

    >>> phones_of_pinyin(["zh", "i", "j", "iang", "y", "ou"])
    [('ʈʂ',), ('ɻ̩',), ('tɕ',), ('j', 'ɑ', 'ŋ'), ('j',), ('o', 'ʊ̯')]
    """
    read: list[tuple[str, ...]] = []
    before = ""
    for symbol in symbols:
        if is_initial(symbol):
            read.append((INITIALS.get(symbol) or GLIDE_INITIALS[symbol],))
            before = symbol
            continue
        phones = final_phones(symbol if symbol == "i0" else symbol.rstrip(TONES), before)
        if before in GLIDE_INITIALS and phones[0] in ("j", "w", "ɥ") and len(phones) > 1:
            read[-1], phones = phones[:1], phones[1:]
        elif before == "y" and phones[0] == "y":
            read[-1] = ("ɥ",)
        read.append(phones)
        before = ""
    return read


def final_phones(final: str, initial: str) -> tuple[str, ...]:
    """Phones of a final after its initial ("" for none); of a glide initial, they begin with the glide."""
    if final in EXTENDED and (final not in FINALS or initial not in INITIALS):
        if final == "E" and initial == "y":
            return ("j", "ɛ")
        if final == "En" and initial == "y":
            return ("j", "ɛ", "n")
        if not (initial in GLIDE_INITIALS and final in ("v", "ve", "van", "vn")):
            return tuple(EXTENDED[final].split())
    syllable = pinyin_phones(initial + final)
    if syllable:
        return syllable[1:] if initial in INITIALS else syllable
    key = FULL_FINALS.get(final, final.replace("v", "ü"))
    return tuple(FINALS[key].split())
