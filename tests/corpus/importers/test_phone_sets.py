from __future__ import annotations

import pytest

from svs_cli.corpus.importers import phone_tables
from svs_cli.corpus.importers.phone_sets import PHONE_SETS, detect_phone_set, ipa_phones, read_phones
from svs_cli.corpus.importers.pinyin_symbols import EXTENDED
from svs_cli.corpus.utau.words import LabelError
from svs_cli.errors import CorpusError
from svs_cli.frontend.inventory import load_inventory
from svs_cli.frontend.mandarin import pinyin_phones


@pytest.mark.parametrize("table", [phone_tables.ROMAJI, phone_tables.IPA_OTHERS, phone_tables.XSAMPA, EXTENDED])
def test_tables_hold_phones_of_the_inventory(table: dict[str, str]) -> None:
    assert not {phone for phones in table.values() for phone in phones.split()} - set(load_inventory())


@pytest.mark.parametrize(
    ("phone_set", "symbols", "expected"),
    [
        ("romaji", "pau n i h o N cl ch i br h u", "SP ɲ i h o ɴ cl tɕ i AP ɸ ɯ"),
        ("arpabet", "HH AH0 l ow1 sp AY", "h ə l o ʊ̯ SP a ɪ̯"),
        ("ipa", "tʰ aj ɫ ɡ g oː dʒ", "tʰ a ɪ̯ l ɡ ɡ o dʒ"),
        ("xsampa", "h @ l @U r\\ tS", "h ə l o ʊ̯ ɹ tʃ"),
        ("pinyin", "<SP> g an sh ou zh i z i0 y uan w o <AP>", "SP k a n ʂ o ʊ̯ ʈʂ ɻ̩ ts ɹ̩ ɥ ɛ n w o AP"),
        ("pinyin", "zh/n zh/v zh/j zh/van", "n y tɕ ɥ ɛ n"),
        ("ipa", "ɕ_ko ʌ_ko", "ɕ ʌ"),
    ],
)
def test_symbols_become_our_phones(phone_set: str, symbols: str, expected: str) -> None:
    assert " ".join(p for phones in read_phones(symbols.split(), phone_set) for p in phones) == expected


@pytest.mark.parametrize(
    ("symbols", "language", "phone_set"),
    [
        ("pau k y o u N sh i", "", "romaji"),
        ("SP g an sh ou ting ing z ai", "", "pinyin"),
        ("AA1 B K AH0 sil", "", "arpabet"),
        ("k a ɕ ɯ ɴ SP", "", "ipa"),
        ("A @ tS r\\ S", "", "xsampa"),
        ("a e o l n t s", "it", "ipa"),
        ("a i o n t s", "ja", "romaji"),
    ],
)
def test_the_set_is_found(symbols: str, language: str, phone_set: str) -> None:
    assert detect_phone_set(symbols.split(), language) == phone_set


def test_every_pinyin_syllable_reads_as_the_frontend_reads_it() -> None:
    for initial, final in [("zh", "ong"), ("q", "ve"), ("x", "van"), ("n", "v"), ("l", "iu"), ("d", "ui"), ("j", "un")]:
        read = read_phones([initial, final], "pinyin")
        assert tuple(p for phones in read for p in phones) == pinyin_phones(initial + final), (initial, final)


def test_unknown_symbols_are_named() -> None:
    with pytest.raises(LabelError, match="'spn': not in the phone set ipa"):
        read_phones(["a", "spn"], "ipa")
    with pytest.raises(CorpusError, match="no phone set") as caught:
        detect_phone_set(["#1", "%%", "??", "a"])
    assert caught.value.fix and all(name in caught.value.fix for name in PHONE_SETS)


def test_nothing_is_ipa_by_accident() -> None:
    assert ipa_phones("spn") is None and ipa_phones("") is None and ipa_phones("zh") is None
