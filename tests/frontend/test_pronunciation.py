"""Single words of the languages in Latin script."""

from __future__ import annotations

import pytest

from svs_cli.errors import LyricsError, UsageError
from svs_cli.frontend.english import spellings
from svs_cli.frontend.espeak import phones_of
from svs_cli.frontend.inventory import load_inventory
from svs_cli.frontend.languages import LANGUAGES, clean, language_code, lexicon, phonetic, pronounce
from svs_cli.frontend.sandhi import link


@pytest.mark.parametrize(
    ("language", "word", "phones"),
    [
        ("en", "strength", "s t ɹ ɛ ŋ k θ"),
        ("en", "kiss'd", "k ɪ s t"),
        ("en", "heav'n", "h ɛ v ə n"),
        ("en", "o'er", "ɔ ɹ"),
        ("en", "winter's", "w ɪ n t ɚ z"),
        ("en", "thou", "ð a ʊ̯"),
        ("de", "himmel", "h ɪ m ə l"),
        ("de", "zwei", "ts v a ɪ̯"),
        ("de", "durch", "d ʊ ɾ ç"),
        ("de", "nacht", "n a x t"),
        ("fr", "lui", "l ɥ i"),
        ("fr", "l'enfant", "l ɑ̃ f ɑ̃"),
        ("fr", "y", "i"),
        ("it", "bella", "b ɛ l l a"),
        ("it", "fatto", "f a cl t o"),
        ("it", "gnocchi", "ɲ o cl k i"),
        ("es", "corazón", "k o ɾ a θ o n"),
        ("es", "muy", "m u ɪ̯"),
        ("pt", "coração", "k o ɾ a s ɐ̃ ʊ̯"),
        ("pt", "é", "ɛ"),
        ("la", "agnus", "a ɲ u s"),
        ("la", "gratia", "ɡ r a ts i a"),
        ("la", "ecce", "ɛ cl tʃ ɛ"),
        ("la", "excelsis", "ɛ k ʃ ɛ l s i s"),
        ("la", "requiem", "r ɛ k w i ɛ m"),
        ("la", "eius", "ɛ j u s"),
        ("la", "mihi", "m i k i"),
        ("la", "cœli", "tʃ ɛ l i"),
    ],
)
def test_words(language: str, word: str, phones: str) -> None:
    assert " ".join(pronounce(word, language)) == phones


def test_the_number_of_syllables_chooses_the_pronunciation() -> None:
    assert pronounce("fire", "en", 1) == ("f", "a", "ɪ̯", "ɹ")
    assert pronounce("fire", "en", 2) == ("f", "a", "ɪ̯", "ɚ")


def test_unknown_english_words_are_read_by_espeak() -> None:
    phones = pronounce("glimmerwing", "en")
    assert phones[:2] == ("ɡ", "l") and phones[-1] == "ŋ"


def test_every_language_yields_phones_of_the_inventory() -> None:
    inventory = load_inventory()
    words = "amor luna quando gloria vento natura elefant philosophie xylophon jazz sport weekend çà über niño".split()
    for language in set(LANGUAGES) - {"ja", "zh"}:
        for word in words:
            assert all(phone in inventory for phone in pronounce(word, language)), (language, word)


def test_lexicons_are_in_the_inventory() -> None:
    entries = {language: lexicon(language) for language in LANGUAGES}
    assert entries["en"] and entries["fr"]  # lexicon() parses every entry by the inventory


def test_espeak_tokens() -> None:
    assert phones_of("ʃ t ɾ ɑː s ə", "de") == ("ʃ", "t", "ɾ", "a", "s", "ə")
    assert phones_of("b r a z iʊ", "pt")[-2:] == ("i", "ʊ̯")
    assert phones_of("b ʌ ʔ n̩", "en") == ("b", "ʌ", "t", "n̩")


def test_clean_keeps_words_and_names_strangers() -> None:
    assert clean("«Ô,") == ("ô", "")
    assert clean("don’t!") == ("don't", "")
    assert clean("2.Am") == ("am", "")
    assert clean("—") == ("", "")
    assert clean("Привет") == ("", "привет")


def test_phones_in_the_lyric() -> None:
    assert phonetic("/k a/") == phonetic("[ka]") == ("k", "a")
    assert phonetic("ka") is None
    with pytest.raises(LyricsError, match="inventory"):
        phonetic("/k ☃/")


def test_language_names() -> None:
    assert [language_code(name) for name in ("en-US", "jpn", "Deutsch", "zh-Hans", "pt_BR")] == [
        "en",
        "ja",
        "de",
        "zh",
        "pt",
    ]
    with pytest.raises(UsageError) as caught:
        language_code("klingon")
    assert "ja en de" in str(caught.value.fix)


def test_poetic_spellings() -> None:
    assert "wandering" in spellings("wand'ring") and "winged" in spellings("wingèd")


def test_liaison_only_where_singers_make_it() -> None:
    oiseaux = pronounce("oiseaux", "fr")
    assert link("les", ("l", "e"), "oiseaux", oiseaux, "fr")[-1] == "z"
    assert link("les", ("l", "e"), "héros", ("e", "ʁ", "o"), "fr") == ("l", "e")
    assert link("les", ("l", "e"), "fleurs", ("f", "l", "œ", "ʁ"), "fr") == ("l", "e")
    assert link("beau", ("b", "o"), "oiseau", oiseaux, "fr") == ("b", "o")


def test_the_before_vowels() -> None:
    assert link("the", ("ð", "ə"), "yes", ("j", "ɛ", "s"), "en") == ("ð", "ə")
    assert link("the", ("ð", "ə"), "air", ("ɛ", "ɹ"), "en") == ("ð", "i")
