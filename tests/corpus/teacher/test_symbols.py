"""Our phones in the network's symbols."""

from __future__ import annotations

import pytest

from svs_cli.corpus.teacher.symbols import END, NOBODY, START, lacking, script_of, spelling, stressed_phone
from svs_cli.frontend.inventory import load_inventory

# The symbols that the published network has numbers for, as far as these spellings use them.
KNOWN = set("ʣʥʦʨꭧabdefhijklmnoprstuvwxyzɑɐæβɔɕçðʤəɛɡɥɨɪʝɯŋɲɴøɸθœɹɾɻʁʂʃʧʊʌɣɤʎʒʔˈː ʰʲ.\u0303") | {START, END}


def test_what_cannot_be_spoken_is_known() -> None:
    assert lacking(list(load_inventory()), "en") == {"AP", "ʑ"}


@pytest.mark.parametrize("language", ["ja", "en", "de", "fr", "it", "es", "pt", "la", "zh"])
def test_every_phone_owns_symbols_of_the_network_in_order(language: str) -> None:
    phones = [phone for phone in load_inventory() if phone != "SP" and not lacking([phone], language)]
    words = [phones[start : start + 4] for start in range(0, len(phones), 4)]
    script = script_of(words, language)
    assert script.phones == ("SP", *phones, "SP")
    assert set(script.symbols) <= KNOWN
    owned = [owner for owner in script.owners if owner != NOBODY]
    assert owned == sorted(owned) and set(owned) == set(range(len(script.phones)))
    assert (script.symbols[0], script.symbols[-1]) == (START, END)


def test_a_phone_of_several_symbols_owns_them_all() -> None:
    script = script_of([["b", "ɔ̃"]], "fr")
    owned = [symbol for symbol, owner in zip(script.symbols, script.owners, strict=True) if owner == 2]
    assert owned == ["ɔ", "\u0303"]


def test_japanese_is_spelled_as_the_network_learned_it() -> None:
    assert [spelling(*case, "ja") for case in (("ɯ", "ts", ""), ("w", "", "a"), ("ɡ", "", "i"), ("e", "e", ""))] == [
        "ɨ",
        "β",
        "ɡʲ",
        "ː",
    ]


def test_stress_falls_where_the_language_has_it() -> None:
    assert stressed_phone(["k", "a", "n", "t", "a", "ɾ"], "es") == 4
    assert stressed_phone(["k", "a", "n", "t", "o"], "it") == 1
    assert stressed_phone(["ʃ", "ɑ̃", "t", "e"], "fr") == 3
    assert stressed_phone(["k", "a", "s", "a"], "ja") == -1
