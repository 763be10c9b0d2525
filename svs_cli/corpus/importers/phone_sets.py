"""Phone sets of other corpora, and what their symbols are in our inventory.

Conventions
-----------
- A symbol stands for zero or more of our phones; pauses and breaths are the same in every set.
- Marks that say the language (`zh/ang`, `ang_zh`), stress, tone and length are dropped.
- Context counts where sets leave to the reader what we write: Japanese n and h before i, Mandarin i after zh or z.
- Which set a corpus uses is found from all of its symbols: the set that knows most of them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from svs_cli.corpus.importers.phone_tables import (
    BREATHS,
    IPA_OTHERS,
    LANGUAGE_PREFIX,
    LANGUAGE_SUFFIX,
    ROMAJI,
    SILENCES,
    XSAMPA,
)
from svs_cli.corpus.importers.pinyin_symbols import is_pinyin, phones_of_pinyin
from svs_cli.corpus.utau.words import BREATH, SILENCE, LabelError
from svs_cli.errors import CorpusError, LyricsError
from svs_cli.frontend.english import ARPABET
from svs_cli.frontend.inventory import load_inventory, normalise

LEAST_KNOWN_SHARE = 0.5
Phones = tuple[str, ...]


@dataclass(frozen=True)
class PhoneSet:
    """A way to write phones: `knows` one symbol, `read` a whole sequence that it knows."""

    about: str
    languages: tuple[str, ...]
    knows: Callable[[str], bool]
    read: Callable[[Sequence[str]], list[Phones]]


def clean_symbol(symbol: str) -> str:
    """A symbol without brackets and language marks.

    >>> clean_symbol("<SP>"), clean_symbol("zh/ang"), clean_symbol("EH1_en")
    ('SP', 'ang', 'EH1')
    """
    bare = symbol.strip().removeprefix("<").removesuffix(">")
    return LANGUAGE_SUFFIX.sub("", LANGUAGE_PREFIX.sub("", bare))


def pause_of(symbol: str) -> str | None:
    """SP or AP for a symbol that means silence or breath in any set, else None."""
    lowered = symbol.lower()
    return SILENCE if lowered in SILENCES else BREATH if lowered in BREATHS else None


def ipa_phones(symbol: str) -> Phones | None:
    """Phones of an IPA symbol as eSpeak, the Montreal aligner or we write it; None if it is none."""
    inventory = load_inventory()
    plain = re.sub("[\u02d0\u02d1\u02c8\u02cc\u032a\u033a\u031f\u0320\u0361\u035c\u031a0-9]", "", symbol)
    for spelling in (symbol, plain, normalise(plain)):
        if spelling in inventory:
            return (spelling,)
        if spelling in IPA_OTHERS:
            return tuple(IPA_OTHERS[spelling].split())
    return None


def xsampa_phones(symbol: str) -> Phones | None:
    """Phones of an X-SAMPA symbol; None if it is none.

    >>> xsampa_phones("tS"), xsampa_phones("aI")
    (('tʃ',), ('a', 'ɪ̯'))
    """
    bare = symbol.replace(":", "").replace('"', "").replace("%", "")
    if bare in XSAMPA:
        return tuple(XSAMPA[bare].split())
    return ipa_phones(bare) if bare.isascii() and bare.islower() else None


def arpabet_symbol(symbol: str) -> str | None:
    """The key of an ARPAbet symbol, whatever its case and stress; None if it is none."""
    upper = symbol.upper()
    return next((key for key in (upper, upper.rstrip("012")) if key in ARPABET), None)


def read_romaji(symbols: Sequence[str]) -> list[Phones]:
    """Japanese phones in the letters of HTS, NNSVS and OpenJTalk."""
    read: list[Phones] = []
    following = [*symbols[1:], ""]
    for symbol, after in zip(symbols, following, strict=True):
        phones = ROMAJI[symbol]
        if after in ("i", "I") and symbol in ("n", "h"):
            phones = {"n": "ɲ", "h": "ç"}[symbol]
        elif after in ("u", "U") and symbol == "h":
            phones = "ɸ"
        read.append(tuple(phones.split()))
    return read


def read_arpabet(symbols: Sequence[str]) -> list[Phones]:
    """English phones in ARPAbet; an AH without stress is ə."""
    return [tuple(ARPABET[arpabet_symbol(symbol) or ""].split()) for symbol in symbols]


def reader_of(phones_of: Callable[[str], Phones | None]) -> Callable[[Sequence[str]], list[Phones]]:
    """A reader for a set in which every symbol stands for itself."""
    return lambda symbols: [phones_of(symbol) or () for symbol in symbols]


def knows_arpabet(symbol: str) -> bool:
    """Whether a symbol is ARPAbet."""
    return arpabet_symbol(symbol) is not None


def knows_ipa(symbol: str) -> bool:
    """Whether a symbol is IPA that we understand."""
    return ipa_phones(symbol) is not None


def knows_xsampa(symbol: str) -> bool:
    """Whether a symbol is X-SAMPA that we understand."""
    return xsampa_phones(symbol) is not None


PHONE_SETS = {
    "romaji": PhoneSet("Japanese of HTS and NNSVS: a N ky sh ts cl", ("ja",), ROMAJI.__contains__, read_romaji),
    "pinyin": PhoneSet("Mandarin initials and finals: zh ang j iao", ("zh",), is_pinyin, phones_of_pinyin),
    "arpabet": PhoneSet("English of CMUdict: AA1 HH ER0", ("en",), knows_arpabet, read_arpabet),
    "ipa": PhoneSet("IPA of svs, eSpeak or the Montreal aligner", (), knows_ipa, reader_of(ipa_phones)),
    "xsampa": PhoneSet("X-SAMPA: A @ tS r\\", (), knows_xsampa, reader_of(xsampa_phones)),
}


def detect_phone_set(symbols: Iterable[str], language: str = "") -> str:
    """The set that knows most of the distinct symbols; among equals, that of the language. Raises CorpusError.

    >>> detect_phone_set(["pau", "sh", "i", "N", "ky"]), detect_phone_set(["HH", "AH0", "L", "OW1"])
    ('romaji', 'arpabet')
    """
    counts = Counter(clean_symbol(symbol) for symbol in symbols)
    distinct = [symbol for symbol in counts if pause_of(symbol) is None]
    known = {name: sum(map(chosen.knows, distinct)) for name, chosen in PHONE_SETS.items()}
    spoken = {name: language in chosen.languages for name, chosen in PHONE_SETS.items()}
    best = max(known, key=lambda name: (known[name], spoken[name], name == "ipa" and bool(language)))
    if distinct and known[best] < LEAST_KNOWN_SHARE * len(distinct):
        unknown = [symbol for symbol in distinct if not PHONE_SETS[best].knows(symbol)]
        raise CorpusError(
            f"no phone set knows these symbols: {' '.join(sorted(unknown)[:12])}",
            fix=f"name the set with --phones: {', '.join(PHONE_SETS)}",
        )
    return best


def read_phones(symbols: Sequence[str], phone_set: str) -> list[Phones]:
    """Our phones of each symbol. Raises LabelError that lists the symbols which the set lacks.

    >>> read_phones(["pau", "h", "i", "t", "o"], "romaji")
    [('SP',), ('ç',), ('i',), ('t',), ('o',)]
    """
    chosen = PHONE_SETS[phone_set]
    cleaned = [clean_symbol(symbol) for symbol in symbols]
    pauses = [pause_of(symbol) for symbol in cleaned]
    unknown = [s for s, pause in zip(cleaned, pauses, strict=True) if pause is None and not chosen.knows(s)]
    if unknown:
        listed = ", ".join(map(repr, dict.fromkeys(unknown[:5])))
        raise LabelError(f"{listed}: not in the phone set {phone_set}")
    read: list[Phones] = []
    run: list[str] = []
    for symbol, pause in [*zip(cleaned, pauses, strict=True), ("", SILENCE)]:
        if pause is None:
            run.append(symbol)
            continue
        try:
            read += chosen.read(run) if run else []
        except LyricsError as error:
            raise LabelError(str(error)) from error
        read.append((pause,))
        run = []
    return read[:-1]
