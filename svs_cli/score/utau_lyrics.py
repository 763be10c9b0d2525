"""What the lyric of a UTAU or OpenUtau note means: a syllable, a prolongation, a rest or a breath.

Conventions
-----------
- VCV aliases name the vowel before ("a か"), phrase starts a hyphen ("- か"): only the mora counts.
- CVVC transitions ("a k") are notes of their own: they prolong the vowel before.
- Phrase ends ("a R", "a -") are rests. Suffixes choose a recording of the voicebank ("か_C4", "か↑", "か2"): dropped.
- A lyric that begins with "?" forbids the prefix map: dropped.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

KANA_RUN = "[\u3041-\u3096\u30a1-\u30fa\u30fc]+"
CONTEXT = frozenset("a i u e o n N あ い う え お ん - * ・".split())
REST = frozenset(["", "r", "rest", "pau", "sil", "sp", "・"])
BREATH = re.compile(r"(br|breath|ap|息|吸)\d*", re.IGNORECASE)
CONTINUE = re.compile(r"[-~_ー]|\+[~*.]?|\+\d+")
ROMAJI_MORA = re.compile(r"[bcdfghjkmnprstvwyz']{0,3}[aiueo]|n|N")
CONSONANTS = re.compile(r"[bcdfghjklmnpqrstvwxyz']+")
SUFFIXES = re.compile(r"(?:[_ ]?[A-G][#b♯♭]?\d|[↑↓→←⤴⤵]+|(?<=[a-z])_?\d+)$")
HINT = re.compile(r"\[[^\]]*\]?")
WORD_VOWELS = re.compile(r"[aeiouyàáâãäåæèéêëìíîïòóôõöøœùúûüýÿāēīōū]+", re.IGNORECASE)


@dataclass(frozen=True)
class Sung:
    """`text` is set only for a syllable."""

    kind: Literal["syllable", "continue", "rest", "breath"]
    text: str = ""


def sung_of(raw: str) -> Sung:
    """The meaning of one note's lyric.

    >>> [sung_of(raw).text for raw in ("a か", "か_C4", "- さ↑", "hello[hh ax l ow]")]
    ['か', 'か', 'さ', 'hello']
    >>> [sung_of(raw).kind for raw in ("-", "+~", "a k", "a R", "R", "br")]
    ['continue', 'continue', 'continue', 'rest', 'rest', 'breath']
    """
    text = unicodedata.normalize("NFKC", HINT.sub("", raw)).strip().lstrip("?").strip()
    if text.lower() in REST:
        return Sung("syllable", "la") if HINT.search(raw) else Sung("rest")
    if BREATH.fullmatch(text):
        return Sung("breath")
    if CONTINUE.fullmatch(text):
        return Sung("continue")
    words = text.split()
    if len(words) == 2 and words[0] in CONTEXT:
        if words[1] in ("R", "r", "-"):
            return Sung("rest")
        if CONSONANTS.fullmatch(words[1]):
            return Sung("continue")
        mora = without_suffix(words[1])
        if re.match(KANA_RUN, mora) or ROMAJI_MORA.fullmatch(mora) or words[0] in ("-", "*"):
            text = mora
    return Sung("syllable", without_suffix(text))


def without_suffix(text: str) -> str:
    """A mora or word without what chooses a recording: pitch, power or number suffixes, onset marks."""
    bare = text.lstrip("-*・ ") or text
    kana = re.match(KANA_RUN, bare)
    if kana and len(bare) - kana.end() <= 1 or kana and not re.search("[\u4e00-\u9fff]", bare):
        return kana.group()
    previous = None
    while previous != bare:
        previous, bare = bare, SUFFIXES.sub("", bare) or bare
    return bare


def split_word(word: str, syllables: int) -> list[str]:
    """A word cut into at most `syllables` pieces, each with a vowel letter, for OpenUtau's "+" notes.

    The cut is one of spelling only, before the consonant that leads to the next vowel: joined, the pieces are the
    word, and the frontend aligns its sounds to the notes.

    >>> split_word("hello", 2), split_word("amazing", 2), split_word("la", 3)
    (['hel', 'lo'], ['a', 'mazing'], ['la'])
    """
    cuts: list[int] = []
    groups = [match.span() for match in WORD_VOWELS.finditer(word)]
    for (_, end), (start, _) in zip(groups, groups[1:], strict=False):
        if len(cuts) + 1 < syllables:
            cuts.append(max(end, start - 1))
    return [word[a:b] for a, b in zip([0, *cuts], [*cuts, len(word)], strict=True)]
