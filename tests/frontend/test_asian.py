"""Kana, romaji, kanji, Mandarin characters and pinyin."""

from __future__ import annotations

import pytest

from svs_cli.errors import ExtraMissingError
from svs_cli.frontend import japanese
from svs_cli.frontend.inventory import load_inventory
from svs_cli.frontend.kana import hiragana, moras, romaji_moras, romaji_table, table
from svs_cli.frontend.mandarin import FINALS, INITIALS, pinyin_phones, pinyin_words, read_line

from .scores import JAPANESE


def flat(text: str) -> str:
    return " ".join(phone for mora in moras(text)[0] for phone in mora)


@pytest.mark.parametrize(
    ("kana", "phones"),
    [
        ("きゃく", "kʲ a k ɯ"), ("き", "k i"), ("しゃ", "ɕ a"), ("し", "ɕ i"), ("ち", "tɕ i"), ("じ", "dʑ i"), ("ぢ",
        "dʑ i"),
        ("に", "ɲ i"), ("ひ", "ç i"), ("つ", "ts ɯ"), ("づ", "z ɯ"), ("ふ", "ɸ ɯ"), ("てぃ", "t i"), ("てゅ",
        "tʲ ɯ"), ("うぃ", "w i"),
        ("うぉ", "w o"), ("いぇ", "j e"), ("さん", "s a ɴ"), ("いった", "i cl t a"), ("おー", "o o"), ("を", "o"),
        ("ヴァ", "v a"),
        ("ﾌｧｲﾄ", "ɸ a i t o"), ("みゃう", "mʲ a ɯ"), ("くゎ", "k w a"),
    ],
)  # fmt: skip
def test_kana(kana: str, phones: str) -> None:
    assert flat(kana) == phones


def test_all_kana_and_romaji_sing_in_the_japanese_set() -> None:
    for phones in (*table().values(), *romaji_table().values()):
        assert JAPANESE.issuperset(phones)


def test_kana_and_romaji_agree() -> None:
    pairs = {
        "さくら": "sakura",
        "しんぶん": "shinbun",
        "いっしょ": "issho",
        "ちょっと": "chotto",
        "まっちゃ": "matcha",
        "きゅう": "kyuu",
    }
    for kana, romaji in pairs.items():
        assert moras(kana)[0] == romaji_moras(romaji), kana


def test_unknown_characters_are_reported() -> None:
    assert moras("あ☃い") == ([("a",), ("i",)], "☃")
    assert romaji_moras("hello") == []
    assert hiragana("ラ〜") == "らー"


def test_long_mark_at_the_start_repeats_the_vowel_before() -> None:
    assert japanese.read_notes(["か", "ー", "ー"]) == [[("k", "a")], [("a",)], [("a",)]]


def test_kanji_and_particles_in_context() -> None:
    pytest.importorskip("pyopenjtalk")
    notes = japanese.read_notes(["桜", "の", "花", "は", "さ", "く"])
    assert [" ".join(p for mora in note for p in mora) for note in notes] == [
        "s a k ɯ ɾ a", "n o", "h a n a", "w a", "s a", "k ɯ",
    ]  # fmt: skip
    assert japanese.read_notes(list("はる"))[0] == [("h", "a")]
    assert japanese.read_notes(["今", "日"]) == [[("kʲ", "o")], [("ɯ",)]]


def test_kanji_without_the_extra_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(japanese, "analyser", lambda: None)
    with pytest.raises(ExtraMissingError) as caught:
        japanese.read_notes(["春"])
    assert "[ja]" in str(caught.value.fix)
    assert japanese.read_notes(["は", "る"]) == [[("h", "a")], [("ɾ", "ɯ")]]


@pytest.mark.parametrize(
    ("pinyin", "phones"),
    [
        ("zhong1", "ʈʂ ʊ ŋ"), ("shì", "ʂ ɻ̩"), ("si", "s ɹ̩"), ("xiǎo", "ɕ j ɑ ʊ̯"), ("yuè", "ɥ ɛ"), ("nǚ", "n y"),
        ("qu", "tɕʰ y"),
        ("wo", "w o"), ("you", "j o ʊ̯"), ("er", "ɚ"), ("liu", "l j o ʊ̯"), ("ying", "i ŋ"), ("lv", "l y"), ("bo",
        "p w o"),
    ],
)  # fmt: skip
def test_pinyin(pinyin: str, phones: str) -> None:
    assert " ".join(pinyin_phones(pinyin)) == phones


def test_pinyin_has_one_nucleus_each_and_stays_in_the_inventory() -> None:
    inventory = load_inventory()
    for initial in (*INITIALS, ""):
        for final in FINALS:
            phones = pinyin_phones(initial + final)
            assert not phones or sum(inventory[phone].nucleus for phone in phones) == 1, initial + final
    assert pinyin_phones("hello") == () and pinyin_phones("") == ()


def test_characters_are_read_in_context() -> None:
    assert [" ".join(s) for s in read_line("音乐快乐")] == ["i n", "ɥ ɛ", "kʰ w a ɪ̯", "l ɤ"]
    assert read_line("我, a")[1:] == [(), (), ()]
    assert len(pinyin_words("wo3men")) == 2 and pinyin_words("xyz") == []
