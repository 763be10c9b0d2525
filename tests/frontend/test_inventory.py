"""The phone inventory is closed under substitution and leads to Japanese."""

from __future__ import annotations

import unicodedata

import pytest

from svs_cli.errors import LyricsError
from svs_cli.frontend.inventory import CLASSES, load_inventory, normalise

from .scores import JAPANESE


def test_classes_and_substitutes_exist() -> None:
    inventory = load_inventory()
    for symbol, phone in inventory.phones.items():
        assert phone.phone_class in CLASSES, symbol
        assert all(nearest in inventory for nearest in phone.nearest), symbol
        assert unicodedata.is_normalized("NFC", symbol) and "g" not in symbol and " " not in symbol


def test_every_phone_reaches_the_japanese_set() -> None:
    inventory = load_inventory()
    assert set(inventory) >= JAPANESE
    for language in ("", "en", "de", "zh"):
        assert all(inventory.nearest_in(symbol, JAPANESE, language) in JAPANESE for symbol in inventory)


def test_substitutes_of_vowels_are_nuclei_and_of_consonants_are_not() -> None:
    inventory = load_inventory()
    for symbol, phone in inventory.phones.items():
        used = inventory[inventory.nearest_in(symbol, JAPANESE)]
        if phone.phone_class == "vowel":
            assert used.phone_class == "vowel", symbol
        elif phone.phone_class in ("stop", "fricative", "affricate", "liquid") and not phone.nucleus:
            assert not used.nucleus, symbol


def test_direct_substitutes_come_before_indirect_ones() -> None:
    inventory = load_inventory()
    assert inventory.substitute(["y"], frozenset({"ɯ", "i"}))[0] == ("ɯ",)
    assert inventory.substitute(["ə"], JAPANESE, "en")[0] == ("a",)
    assert inventory.substitute(["ə"], JAPANESE, "fr")[0] == ("e",)


def test_substitution_keeps_what_the_voice_has_and_reports_the_rest() -> None:
    sung, replaced = load_inventory().substitute(["θ", "a", "θ"], JAPANESE)
    assert sung == ("s", "a", "s") and replaced == {"θ": "s"}


def test_a_voice_without_any_substitute_is_an_error() -> None:
    with pytest.raises(LyricsError, match="lacks 'a'"):
        load_inventory().substitute(["a"], frozenset({"k"}))


def test_parse_and_normalise() -> None:
    inventory = load_inventory()
    assert inventory.parse("k a g o") == ("k", "a", "ɡ", "o")
    assert inventory.parse("ˈtʃaɪ̯nə") == ("tʃ", "a", "ɪ̯", "n", "ə")
    assert normalise("c\u0327") == "ç"
    with pytest.raises(LyricsError, match="☃"):
        inventory.parse("k ☃")


def test_unknown_phone_says_where_phones_are_listed() -> None:
    with pytest.raises(LyricsError) as caught:
        load_inventory()["QQ"]
    assert "inventory.toml" in str(caught.value.fix)
