"""Lines of text become words of phones."""

from __future__ import annotations

import pytest

from svs_cli.alignment.text import phones_of_text
from svs_cli.errors import LyricsError, UsageError


def spoken(text: str, language: str) -> str:
    return " | ".join(" ".join(word) for word in phones_of_text(text, language))


@pytest.mark.parametrize(
    ("text", "language", "phones"),
    [
        ("My love!", "en", "m a ɪ̯ | l ʌ v"),
        ("O'Brien's well-known", "English", "o ʊ̯ b ɹ a ɪ̯ ɪ n z | w ɛ l | n o ʊ̯ n"),
        ("かった、ねこ", "ja", "k a cl t a | n e | k o"),
        ("les amis, ont", "fr", "l e z | a m i | ɔ̃"),
        ("die Straße", "de", "d i | ʃ t ʁ a s ə"),
        ("你好", "zh", "n i | x ɑ ʊ̯"),
        ("ni hao", "zh", "n i | x ɑ ʊ̯"),
        ("la /k a/ la", "it", "l a | k a | l a"),
    ],
)
def test_texts(text: str, language: str, phones: str) -> None:
    assert spoken(text, language) == phones


@pytest.mark.parametrize(("text", "language"), [("", "en"), ("…", "ja"), ("привет", "en"), ("?!", "de")])
def test_what_cannot_be_read(text: str, language: str) -> None:
    with pytest.raises(LyricsError):
        phones_of_text(text, language)


def test_unknown_language() -> None:
    with pytest.raises(UsageError, match="klingon"):
        phones_of_text("nuq", "klingon")
