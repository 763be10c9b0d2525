"""What a person asks of a note and the timing stage cannot give: said by bar and syllable, never passed over.

Conventions
-----------
- A length that is asked of a phone which is not the syllable's own is an error: it would go to another syllable.
- What came too late, such as phones or a language in a document whose words are phones already, is a warning.
- A wish that a whole word or bar has in common is its first note's; that melisma notes have it too says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from svs_cli.duration.arrange import is_vowel
from svs_cli.duration.plan import first_nucleus
from svs_cli.duration.times import GEMINATE, PhoneFacts
from svs_cli.errors import PerformanceError, UsageError
from svs_cli.performance.document import NoteDetail, Performance, Segment
from svs_cli.performance.overrides import NoteOverrides

OF_SYLLABLES = ("phone_lengths_seconds", "nucleus_offset_seconds", "phones")


def unheard(performance: Performance, segment: Segment, facts: Sequence[PhoneFacts]) -> Iterator[str]:
    """Warnings for the wishes in a segment that change nothing. Raises PerformanceError for impossible lengths."""
    if not any(detail.overrides for detail in segment.details):
        return
    words = zip(segment.word_phone_slices(), segment.word_note_slices(), strict=True)
    for w, (phones, notes) in enumerate(words):
        first, *others = segment.details[notes]
        for detail in others if segment.notes[notes.start] is not None else ():
            yield from of_melisma(detail, first.overrides or NoteOverrides())
        wishes = first.overrides
        if not wishes:
            continue
        if segment.notes[notes.start] is None:
            if any(getattr(wishes, name) is not None for name in OF_SYLLABLES):
                yield f"bar {first.bar}: a rest has no vowel: what is asked of its phones is not done"
            continue
        nucleus = first_nucleus(facts, phones)
        check_lengths(wishes, first, segment, nucleus, reach(segment, facts, w, nucleus))
        if wishes.nucleus_offset_seconds is not None and not w:
            yield f"{place(first)}: nothing is before it, so that its vowel starts with the phrase"
        if wishes.phones is not None and not has_phones(performance, segment, nucleus, wishes.phones):
            there = "phones are settled by 'svs score'; edit ph_seq, ph_num and ph_dur instead"
            yield f"{place(first)}: 'phones' asks for {' '.join(wishes.phones)!r}, which is not what is sung: {there}"
        if wishes.language is not None and first.language and not speaks(first.language, wishes.language):
            yield f"{place(first)}: its phones are of language {first.language!r}: give 'language' to 'svs score'"


def place(detail: NoteDetail) -> str:
    """A syllable in words; documents of other programs do not know its bar."""
    named = [f"bar {detail.bar}"] * bool(detail.bar) + [repr(detail.lyric)] * bool(detail.lyric)
    return ", ".join(named) or "a note"


def of_melisma(detail: NoteDetail, first: NoteOverrides) -> Iterator[str]:
    """Wishes about a syllable on a note that only holds its vowel."""
    for name in OF_SYLLABLES:
        asked = getattr(detail.overrides, name, None)
        if asked is not None and asked != getattr(first, name):
            where = f"bar {detail.bar}, beat {detail.beat:g}"
            yield f"{where}: the note holds a vowel: give {name!r} to the syllable's first note"


def reach(segment: Segment, facts: Sequence[PhoneFacts], word: int, nucleus: int) -> range:
    """Numbers of the phones that may be the syllable's own: from the end of the vowel or pause before to the next."""
    def stands_apart(i: int) -> bool:
        pause = facts[i].phone_class in ("silence", "breath") and segment.phones[i] != GEMINATE
        return pause or is_vowel(segment.phones[i], facts[i])

    first = nucleus
    while first and not stands_apart(first - 1):
        first -= 1
    slices = segment.word_phone_slices()
    return range(first, slices[word].stop)


def check_lengths(
    wishes: NoteOverrides, detail: NoteDetail, segment: Segment, nucleus: int, own: range
) -> None:
    """Raise PerformanceError for a length of a phone that is not the syllable's."""
    for asked in wishes.phone_lengths_seconds or {}:
        if nucleus + asked not in own:
            listed = ", ".join(f"{i - nucleus} {segment.phones[i]}" for i in own if i != nucleus)
            raise PerformanceError(
                f"{place(detail)}: a length is asked of phone {asked}, which is not its own",
                fix=f"its phones, counted from the vowel: {listed or 'the vowel alone'}",
            )


def has_phones(performance: Performance, segment: Segment, nucleus: int, asked: Sequence[str]) -> bool:
    """Whether the phones around a nucleus are those asked for, as the voice can sing them."""
    def same(symbol: str, sung: str) -> bool:
        return symbol == sung or f"the voice lacks {symbol!r}: sung as {sung!r}" in performance.warnings

    sung = segment.phones
    for vowel, symbol in enumerate(asked):
        before = sung[max(0, nucleus - vowel) : nucleus]
        if not same(symbol, sung[nucleus]) or len(before) < vowel:
            continue
        following = iter(sung[nucleus + 1 :])
        coda = all(any(same(one, other) for other in following) for one in asked[vowel + 1 :])
        if coda and all(map(same, asked[:vowel], before)):
            return True
    return False


def speaks(language: str, asked: str) -> bool:
    """Whether two names of a language mean the same one."""
    from svs_cli.frontend.languages import language_code

    try:
        return language == asked or language == language_code(asked)
    except UsageError:
        return False
