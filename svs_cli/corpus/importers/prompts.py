"""What corpora of read or sung texts share: their language, and which recordings say the same thing.

Conventions
-----------
- The group of a prompt is the name of its first recording without the number of the take, so that several takes of one
  prompt, by whomever, are never divided between splits. Equal texts are one prompt, whatever their names.
- The name of a piece of a song ends in the piece's number; its group is the song.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from svs_cli.corpus.importers.protocol import ImportRequest, Remark
from svs_cli.frontend.detect import detect_language

WORDS_FOR_DETECTION = 5_000
# "arctic_a0001_1592748574" is a take of "arctic_a0001", "hello-take2" one of "hello"
TAKE = re.compile(r"(?<=[^_-])[_-](?:\d{6,}|take[_-]?\d+|t\d{1,2})$", re.IGNORECASE)
PIECE = re.compile(r"(?<=[^_\s\d-])[_\s-]*(?:seg|segment|part|phrase|slice|s|p|cut)?[_\s-]*\d+$", re.IGNORECASE)


class PromptGroups:
    """Groups of prompts, by text and by name."""

    def __init__(self) -> None:
        self._of_text: dict[str, str] = {}

    def group_of(self, name: str, text: str) -> str:
        """The group of a recording called `name` that says `text`.

        >>> groups = PromptGroups()
        >>> groups.group_of("a1_1592748574", "Hello!"), groups.group_of("b7", "hello")
        ('a1', 'a1')
        """
        words = "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum() or c.isspace())
        group = TAKE.sub("", name)
        return self._of_text.setdefault(" ".join(words.split()), group) if words.strip() else group


def song_of(name: str) -> str:
    """The song that a piece is from, by its name.

    >>> song_of("amazing_grace_seg003"), song_of("lullaby-12"), song_of("2001000001"), song_of("solo")
    ('amazing_grace', 'lullaby', '2001', 'solo')
    """
    if re.fullmatch(r"\d{10}", name):
        return name[:4]  # Opencpop: four digits of the song, six of the piece
    return PIECE.sub("", name)


def language_of_texts(request: ImportRequest, texts: Iterable[str]) -> tuple[str, list[Remark]]:
    """The language asked for, or what the texts are in, and a remark that says so."""
    if request.language:
        return request.language, []
    words: list[str] = []
    for text in texts:
        words += text.split()
        if len(words) > WORDS_FOR_DETECTION:
            break
    if not words:
        return "", []
    language = detect_language(words)
    return language, [Remark(f"language: {language}, judging by the texts; --language says otherwise")]
