"""What the teacher reads: sentences of a text file, one a line, as phrases of words of phones.

Conventions
-----------
- Empty lines and lines that start with # are no sentences. A sentence keeps the number of its line, so that adding
  others leaves its recordings as they are, and its `group` is the language and that number: a sentence read by several
  voices never lies on both sides of a split.
- Punctuation parts a sentence into phrases, between which the speaker pauses.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from svs_cli.alignment.text import phones_of_text
from svs_cli.bundled import shelf
from svs_cli.corpus.teacher.symbols import lacking
from svs_cli.errors import CorpusError, LyricsError, UsageError

CLAUSES = re.compile(r"[,;:.!?…、。，；：！？]+")
LONGEST_PHRASE_PHONES = 120  # the network takes 500 symbols, but speaks best what fits into a breath


@dataclass(frozen=True)
class Sentence:
    """A sentence, and its phones by phrase and word; `group` is what a split never divides."""

    group: str
    text: str
    phrases: tuple[tuple[tuple[str, ...], ...], ...]


def shipped_texts(language: str) -> Path:
    """The file of sentences that ships with svs for a language. Raises UsageError if there is none."""
    path = shelf("data") / "texts" / f"{language}.txt"
    if not path.is_file():
        known = sorted(file.stem for file in path.parent.glob("*.txt"))
        raise UsageError(
            f"no sentences ship for the language {language!r}",
            fix=f"give a file of your own, one sentence a line; there are sentences for: {' '.join(known)}",
        )
    return path


def read_sentences(paths: Sequence[Path], language: str) -> tuple[list[Sentence], list[str]]:
    """The sentences of text files, in order, and why others were left out.

    Raises CorpusError for a file that is no text or holds no sentence that can be spoken.
    """
    sentences: list[Sentence] = []
    left_out: list[str] = []
    for path in paths:
        try:
            lines = path.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise CorpusError(f"{path} cannot be read as a text: {error}", fix="save it as UTF-8") from error
        for number, line in enumerate(lines, 1):
            text = line.strip()
            if not text or text.startswith("#"):
                continue
            try:
                sentences.append(sentence_of(text, language, f"{language}_{path.stem}_{number}"))
            except LyricsError as error:
                left_out.append(f"{path.name}, line {number}: {error.message}")
    if not sentences:
        reason = left_out[0] if left_out else "there are only empty lines and remarks"
        raise CorpusError(f"nothing in {', '.join(map(str, paths))} can be spoken: {reason}")
    return sentences, left_out


def sentence_of(text: str, language: str, group: str) -> Sentence:
    """One sentence as phones. Raises LyricsError if it cannot be read, or holds a phone that the teacher lacks.

    >>> sentence_of("Ciao, zio!", "it", "it_1").phrases
    ((('tʃ', 'a', 'o'),), (('dz', 'i', 'o'),))
    """
    phrases = []
    for clause in CLAUSES.split(text):
        if any(map(str.isalnum, clause)):
            words = tuple(tuple(word) for word in phones_of_text(clause, language))
            phrases.append(words)
    phones = [phone for words in phrases for word in words for phone in word]
    if not phones:
        raise LyricsError(f"{text!r} holds no words")
    missing = lacking(phones, language)
    if missing:
        raise LyricsError(f"the teacher cannot speak {' '.join(sorted(missing))}", fix="leave the sentence out")
    longest = max(sum(map(len, words)) for words in phrases)
    if longest > LONGEST_PHRASE_PHONES:
        raise LyricsError(f"a phrase of {longest} phones is too long", fix="part it with commas or into sentences")
    return Sentence(group, text, tuple(phrases))
