"""Phones over the syllables of the score."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svs_cli.errors import LyricsError
from svs_cli.frontend.clusters import cut, is_mute_e, legal_onset
from svs_cli.frontend.inventory import load_inventory
from svs_cli.frontend.languages import pronounce
from svs_cli.frontend.syllables import distribute, split_syllable

LATIN = ("en", "de", "fr", "it", "es", "pt", "la")


def sung(word: str, language: str) -> str:
    texts = word.split("-")
    phones = pronounce(word.replace("-", "").lower(), language, len(texts))
    return " | ".join(" ".join(syllable) for syllable in distribute(phones, texts, language))


@pytest.mark.parametrize(
    ("language", "word", "expected"),
    [
        ("en", "won-der-ful", "w ʌ n | d ɚ | f ə l"),
        ("en", "an-oth-er", "ə n | ʌ ð | ɚ"),
        ("en", "fi-re", "f a ɪ̯ | ɚ"),
        ("en", "fire", "f a ɪ̯ ɹ"),
        ("en", "pow-er", "p a ʊ̯ | ɚ"),
        ("en", "power", "p a ʊ̯ ɹ"),
        ("en", "heaven", "h ɛ v n"),
        ("en", "ev-ery", "ɛ v | ɹ i"),
        ("en", "ev-er-y", "ɛ v | ɚ | i"),
        ("en", "glo-rious", "ɡ l ɔ ɹ | j ə s"),
        ("en", "wing-èd", "w ɪ ŋ | ə d"),
        ("de", "Himmel", "h ɪ m l"),
        ("de", "geh-en", "ɡ e | ə n"),
        ("de", "Knos-pen", "k n ɔ s | p ə n"),
        ("de", "Li-lie", "l i | l j ə"),
        ("fr", "bel-le", "b ɛ | l ə"),
        ("fr", "ai-ment", "ɛ | m ə"),
        ("fr", "dou-ce-ment", "d u | s ə | m ɑ̃"),
        ("fr", "vi-o-lon", "v i | o | l ɔ̃"),
        ("fr", "violon", "v j o l ɔ̃"),
        ("fr", "pri-è-re", "p ʁ i | ɛ | ʁ ə"),
        ("fr", "priè-re", "p ʁ j ɛ | ʁ ə"),
        ("fr", "li-on", "l i | ɔ̃"),
        ("it", "glo-ria", "ɡ l ɔ | r j a"),
        ("it", "glo-ri-a", "ɡ l ɔ | r i | a"),
        ("it", "mio", "m i o"),
        ("it", "fat-to", "f a cl | t o"),
        ("it", "que-sta", "k w e | s t a"),
        ("es", "Ma-rí-a", "m a | ɾ i | a"),
        ("pt", "sau-da-de", "s a ʊ̯ | d a | dʒ i"),
        ("la", "e-le-i-son", "ɛ | l ɛ | i | z ɔ n"),
        ("la", "e-lei-son", "ɛ | l ɛ ɪ̯ | z ɔ n"),
    ],
)
def test_words(language: str, word: str, expected: str) -> None:
    assert sung(word, language) == expected


def test_words_without_vowels_get_something_to_sing() -> None:
    assert distribute(["m"], ["mm"], "en") == [["m̩"]]
    assert distribute("p s t".split(), ["psst"], "de") == [["p", "s", "t", "ə"]]
    with pytest.raises(LyricsError):
        distribute([], ["a"], "en")


def test_vowels_are_repeated_when_the_score_repeats_them() -> None:
    assert distribute(["a"], ["a", "a", "a"], "it") == [["a"], ["a"], ["a"]]


def test_onsets() -> None:
    assert legal_onset(("ʃ", "t", "ɾ"), "de") and not legal_onset(("ʃ", "t"), "es")
    assert legal_onset(("s", "k", "w"), "en") and not legal_onset(("ŋ",), "en")
    assert not legal_onset(("t", "l"), "en")
    assert cut(["cl", "b", "r"], "lab", "bro", "it") == 1
    assert is_mute_e("gues") and is_mute_e("lent") and not is_mute_e("lé") and not is_mute_e("mer")


def test_split_syllable() -> None:
    assert split_syllable(["s", "t", "a", "ɪ̯"]) == (("s", "t"), ("a", "ɪ̯"))
    assert split_syllable(["ɴ"]) == ((), ("ɴ",)) and split_syllable(["cl"]) == ((), ("cl",))


phones_strategy = st.lists(st.sampled_from(sorted(set(load_inventory()) - {"SP", "AP", "cl"})), min_size=1, max_size=9)
texts_strategy = st.lists(st.text("abceghilmnorstuyé'", min_size=1, max_size=5), min_size=1, max_size=6)


@settings(max_examples=250, deadline=None)
@given(phones_strategy, texts_strategy, st.sampled_from(LATIN))
def test_every_syllable_has_a_nucleus_and_consonants_survive(
    phones: list[str], texts: list[str], language: str
) -> None:
    inventory = load_inventory()
    syllables = distribute(phones, texts, language)
    assert len(syllables) == len(texts)
    assert all(any(inventory[phone].nucleus for phone in syllable) for syllable in syllables)
    solid = ("stop", "fricative", "affricate")
    before = [phone for phone in phones if inventory[phone].phone_class in solid]
    assert before == [p for syllable in syllables for p in syllable if inventory[p].phone_class in solid]
