"""From the lyrics under notes to phones under notes.

Conventions
-----------
- Only notes with a lyric count here; "lyric number" is the index among them.
- A *piece* is what one word has on one note; elided syllables make several pieces on a note, usually of two words.
- Kana and Han characters are read as Japanese or Mandarin whatever the part's language is; Latin script in such a
  part is romaji, pinyin or English.
- A *line* is a run of lyrics without a long rest: the context in which Japanese and Mandarin are read.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from svs_cli.errors import LyricsError, UsageError
from svs_cli.frontend.japanese import is_kanji
from svs_cli.frontend.kana import is_kana, romaji_moras
from svs_cli.frontend.languages import LINE_LANGUAGES, clean, language_code, phonetic, pronounce
from svs_cli.frontend.mandarin import pinyin_words
from svs_cli.frontend.sandhi import link
from svs_cli.frontend.syllables import distribute, with_nucleus
from svs_cli.score.model import Lyric, Note

LINE_END = ",.;:!?…、。！？"


@dataclass(frozen=True)
class Piece:
    """One word's share of one note: `place` counts the pieces on the note."""

    text: str
    lyric: int
    place: int


@dataclass
class Reading:
    """`phones[n]` belong to lyric number n (empty: nothing to say), sung in `languages[n]`."""

    phones: list[tuple[str, ...]]
    languages: list[str]
    warnings: list[str] = field(default_factory=list)


def pieces_of(lyric: Lyric) -> list[str]:
    """The texts on one note; phones written with spaces (`/k a/`), which look like elided words, are one text."""
    texts = [lyric.text, *lyric.elided]
    joined = " ".join(text for text in texts if text.strip())
    if joined[:1] in "/[" and joined[-1:] in "/]" and len(joined) > 1:
        return [joined]
    pieces: list[str] = []
    for token in joined.split():
        if pieces and not (any(map(str.isalnum, token)) and any(map(str.isalnum, pieces[-1]))):
            pieces[-1] += token  # stray punctuation stays with its neighbour
        else:
            pieces.append(token)
    return pieces or [""]


def group_words(lyrics: Sequence[Lyric]) -> list[list[Piece]]:
    """The pieces of every word, in order; hyphenation that doesn't fit begins a new word."""
    words: list[list[Piece]] = []
    is_open = False
    for number, lyric in enumerate(lyrics):
        texts = pieces_of(lyric)
        following = lyrics[number + 1].position if number + 1 < len(lyrics) else "single"
        for place, text in enumerate(texts):
            piece = Piece(text, number, place)
            joins = place == 0 and is_open and lyric.position in ("middle", "end")
            if joins:
                words[-1].append(piece)
            else:
                words.append([piece])
        own = lyric.position in ("begin", "middle")
        is_open = following in ("middle", "end") and (own or len(texts) > 1)
    return words


def whole_words(notes: Sequence[Note]) -> list[str]:
    """The words of a part as written, without hyphens, for language detection."""
    lyrics = [note.lyric for note in notes if note.lyric is not None]
    return ["".join(piece.text for piece in word) for word in group_words(lyrics) if not phonetic_word(word)]


def phonetic_word(word: Sequence[Piece]) -> bool:
    """Whether a word is written in phones."""
    return all(piece.text[:1] in "/[" and piece.text[-1:] in "/]" for piece in word if piece.text)


def read_lyrics(notes: Sequence[Note], default_language: str, forced: bool, line_starts: frozenset[int]) -> Reading:
    """Phones of every note of `notes`, all of which have a lyric.

    `forced` makes `default_language` win over languages that lyrics declare; `line_starts` are lyric numbers.
    Raises LyricsError, with the bar, for words that cannot be read.
    """
    lyrics = [note.lyric for note in notes if note.lyric is not None]
    reading = Reading([()] * len(lyrics), [default_language] * len(lyrics))
    found: dict[tuple[int, int], tuple[str, ...]] = {}
    words = [run for word in group_words(lyrics) for run in single_script(word)]
    for number, (note, lyric) in enumerate(zip(notes, lyrics, strict=True)):
        wished = note.overrides is not None and note.overrides.language is not None
        reading.languages[number] = declared(lyric, default_language, forced and not wished, reading)
    plain: list[tuple[list[Piece], str, str]] = []  # pieces, cleaned word, language
    lines: dict[tuple[int, str], list[Piece]] = {}
    line = 0
    for word in words:
        line = max(line, sum(start <= word[0].lyric for start in line_starts))
        language = script_language([p.text for p in word], reading.languages[word[0].lyric])
        for piece in word:
            reading.languages[piece.lyric] = language
        where = f"bar {notes[word[0].lyric].bar}" if notes[word[0].lyric].bar else "the lyrics"
        if not read_phonetic(word, where, found):
            if language in LINE_LANGUAGES:
                lines.setdefault((line, language), []).extend(word)
            else:
                plain.append((word, read_word(word, where, reading), language))
    read_plain(plain, notes, line_starts, found)
    read_lines(lines, notes, found, reading)
    for (number, _), phones in sorted(found.items()):
        reading.phones[number] += phones
    return reading


def declared(lyric: Lyric, default_language: str, forced: bool, reading: Reading) -> str:
    """The language of one lyric: what it says itself, unless that is unknown or overruled."""
    if forced or not lyric.language:
        return default_language
    try:
        return language_code(lyric.language)
    except UsageError as error:
        warn(reading, f"{error.message}: read as {default_language!r}")
        return default_language


def warn(reading: Reading, message: str) -> None:
    """Add a warning once."""
    if message not in reading.warnings:
        reading.warnings.append(message)


def script_language(texts: list[str], language: str) -> str:
    """The language in which the pieces of a word, all of one script, are read in a part of `language`."""
    text = "".join(texts)
    if is_wide(text):
        if any(map(is_kana, text)):
            return "ja"
        return language if language in LINE_LANGUAGES else "zh"
    foreign = {"ja": romaji_moras, "zh": pinyin_words}.get(language)
    if foreign and not all(foreign(clean(piece)[0]) for piece in texts if any(map(str.isalpha, piece))):
        return "en"
    return language


def single_script(word: list[Piece]) -> list[list[Piece]]:
    """A word cut where its script changes between Latin and kana or Han characters."""
    runs: list[list[Piece]] = []
    for piece in word:
        if runs and is_wide(piece.text) == is_wide(runs[-1][-1].text):
            runs[-1].append(piece)
        else:
            runs.append([piece])
    return runs


def is_wide(text: str) -> bool:
    """Whether a text holds kana or Han characters."""
    return any(is_kana(character) or is_kanji(character) for character in text if ord(character) > 0x3000)


def read_phonetic(word: list[Piece], where: str, found: dict[tuple[int, int], tuple[str, ...]]) -> bool:
    """Read a word that is written in phones; False if it isn't."""
    if not phonetic_word(word):
        return False
    try:
        phones = [phonetic(piece.text) for piece in word]
    except LyricsError as error:
        raise LyricsError(f"{where}: {error.message}", fix=error.fix) from error
    if any(sung is None for sung in phones):
        return False
    from svs_cli.frontend.inventory import load_inventory

    for piece, sung in zip(word, phones, strict=True):
        found[piece.lyric, piece.place] = tuple(with_nucleus(list(sung or ()), load_inventory()))
    return True


def read_word(word: list[Piece], where: str, reading: Reading) -> str:
    """The cleaned spelling of a word. Warns of stray characters; raises LyricsError if nothing else is left."""
    text = "".join(piece.text for piece in word)
    spelling, unknown = clean(text)
    if unknown and not spelling and any(unicodedata.category(c)[0] == "L" for c in unknown):
        raise LyricsError(
            f"{where}: {text!r} is in a script that svs cannot read",
            fix="write the word in Latin letters, or its phones, e.g. /l a/",
        )
    if unknown:
        warn(reading, f"{where}: {', '.join(map(repr, sorted(set(unknown))))} in {text!r} is not sung")
    return spelling


def read_plain(
    words: Sequence[tuple[list[Piece], str, str]],
    notes: Sequence[Note],
    line_starts: frozenset[int],
    found: dict[tuple[int, int], tuple[str, ...]],
) -> None:
    """Pronounce whole words and spread them over their notes. Raises LyricsError with the bar."""
    spoken: list[tuple[str, ...]] = []
    for word, spelling, language in words:
        try:
            spoken.append(pronounce(spelling, language, len(word)) if spelling else ())
        except LyricsError as error:
            raise LyricsError(f"bar {notes[word[0].lyric].bar}: {error.message}", fix=error.fix) from error
    for index, (word, spelling, language) in enumerate(words):
        phones = spoken[index]
        if phones and index + 1 < len(words) and linked(word, words[index + 1][0], line_starts):
            phones = link(spelling, phones, words[index + 1][1], spoken[index + 1], language)
        if phones:
            texts = [clean(piece.text)[0] for piece in word]
            for piece, sung in zip(word, distribute(phones, texts, language), strict=True):
                found[piece.lyric, piece.place] = tuple(sung)


def linked(word: list[Piece], following: list[Piece], line_starts: frozenset[int]) -> bool:
    """Whether two words are sung without a pause or punctuation between."""
    closed = word[-1].text.rstrip("»\"”'’) ")[-1:] in tuple(LINE_END)
    return following[0].lyric not in line_starts and not closed


def read_lines(
    lines: dict[tuple[int, str], list[Piece]],
    notes: Sequence[Note],
    found: dict[tuple[int, int], tuple[str, ...]],
    reading: Reading,
) -> None:
    """Read Japanese and Mandarin line by line. Raises LyricsError with the bar, ExtraMissingError."""
    readers: dict[str, Callable[[list[str]], list[tuple[str, ...]]]] = {"ja": read_japanese, "zh": read_mandarin}
    for (_, language), pieces in lines.items():
        sung = readers[language]([piece.text for piece in pieces])
        for piece, phones in zip(pieces, sung, strict=True):
            if phones:
                found[piece.lyric, piece.place] = phones
            elif any(unicodedata.category(c)[0] == "L" for c in piece.text):
                bar = notes[piece.lyric].bar
                raise LyricsError(
                    f"bar {bar}: {piece.text!r} cannot be read as {language!r}",
                    fix="write it in kana or pinyin, or as /k a/",
                )
            elif any(unicodedata.category(c)[0] == "S" for c in piece.text):
                warn(reading, f"bar {notes[piece.lyric].bar}: {piece.text!r} is not sung")


def read_japanese(texts: list[str]) -> list[tuple[str, ...]]:
    """Phones of each text of a line; a kanji without a share in its word's reading repeats the vowel before."""
    from svs_cli.frontend.japanese import read_notes

    out: list[tuple[str, ...]] = []
    for text, moras in zip(texts, read_notes(texts), strict=True):
        phones = tuple(phone for mora in moras for phone in mora)
        if not phones and any(map(is_kanji, text)) and out and out[-1]:
            phones = (out[-1][-1],)
        out.append(phones)
    return out


def read_mandarin(texts: list[str]) -> list[tuple[str, ...]]:
    """Phones of each text of a line: characters in context, or pinyin."""
    from svs_cli.frontend.mandarin import read_line

    characters = [c for text in texts for c in text if is_kanji(c)]
    syllables = iter(read_line("".join(characters)) if characters else [])
    out = []
    for text in texts:
        han = [phone for c in text if is_kanji(c) for phone in next(syllables, ())]
        out.append(
            tuple(han) if any(map(is_kanji, text)) else tuple(p for s in pinyin_words(clean(text)[0]) for p in s)
        )
    return out
