"""What of a recording's labels and text the aligner is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from svs_cli.alignment.recordings import words_of
from svs_cli.corpus.manifest import Recording
from svs_cli.errors import CorpusError


def words(phones: str, text: str = "", language: str = "en") -> str:
    """The words of a recording with such labels."""
    recording = Recording(Path("x.wav"), "me", language, text=text, phones=tuple(phones.split()))
    return " | ".join(" ".join(word) for word in words_of(recording))


def test_labels_are_parted_as_the_words_of_their_text() -> None:
    labels = "SP l æ f t SP ə n d SP"
    assert words(labels, "laughed, and") == "l æ f t | ə n d"
    assert words(labels) == "l æ | f | t ə | n | d"


@pytest.mark.parametrize(("text", "language"), [("coughed, and", "en"), ("laughed, and", ""), ("смех", "en")])
def test_a_text_that_does_not_fit_is_passed_over(text: str, language: str) -> None:
    assert words("l æ f t ə n d", text, language) == words("l æ f t ə n d")


def test_text_alone_is_pronounced() -> None:
    assert words("", "my love") == "m a ɪ̯ | l ʌ v"
    with pytest.raises(CorpusError, match="neither text nor phones"):
        words("")
    with pytest.raises(CorpusError, match="language is not known"):
        words("", "my love", "")
