import pytest

from svs_cli.corpus.utau.labels import NOMINAL_SECONDS
from svs_cli.corpus.utau.mora import (
    NUCLEI,
    PHONES_OF_KANA,
    alias_phones,
    hiragana,
    mora_of_romaji,
    moras_of_kana,
    moras_of_stem,
)

# every mora that occurs in a file name of the four banks
BANK_MORAS = """
あ い いぇ う うぃ うぇ うぉ え お か が き きぇ きゃ きゅ きょ ぎ ぎぇ
ぎゃ ぎゅ ぎょ く くぁ くぃ くぇ くぉ ぐ ぐぁ ぐぃ ぐぇ ぐぉ け げ こ ご さ
ざ し しぇ しゃ しゅ しょ じ じぇ じゃ じゅ じょ す すぃ ず ずぃ せ ぜ そ
ぞ た だ ち ちぇ ちゃ ちゅ ちょ ぢ ぢぇ ぢゃ ぢゅ ぢょ つ つぁ つぃ つぇ
つぉ づ づぁ づぃ づぇ づぉ て てぃ てゅ で でぃ でぃぇ でゃ でゅ でょ と
とぅ ど どぅ な に にぇ にゃ にゅ にょ ぬ ね の は ば ぱ ひ ひぇ ひゃ ひゅ
ひょ び びぇ びゃ びゅ びょ ぴ ぴぇ ぴゃ ぴゅ ぴょ ふ ふぁ ふぃ ふぇ ふぉ ぶ
ぷ へ べ ぺ ほ ぼ ぽ ま み みぇ みゃ みゅ みょ む め も や ゆ よ ら り
りぇ りゃ りゅ りょ る れ ろ わ ん グァ グィ グゥ グェ グォ ヴ ヴぁ ヴぃ
ヴぃぇ ヴぇ ヴぉ ヴゃ ヴゅ ヴょ
""".split()
BANK_ROMAJI = """
a i u e o n ka ki ku ke ko kya kyu kye kyo ga gi gu ge go gya gyu gye gyo sa shi su se so sha shu she sho si
za ji zu ze zo ja ju je jo zi ta chi tsu te to cha chu che cho ti tu tsa tsi tse tso da de do di du dya dyu
dye dyo na ni nu ne no nya nyu nye nyo ha hi fu he ho hya hyu hye hyo fa fi fe fo fya fyu fye fyo ba bi bu be
bo bya byu bye byo pa pi pu pe po pya pyu pye pyo ma mi mu me mo mya myu mye myo ya yu ye yo ra ri ru re ro
rya ryu rye ryo wa wi we wo va vi vu ve vo
""".split()
CONSONANTS = set("k kʲ ɡ ɡʲ s ɕ z dʑ dz t tʲ tɕ ts d dʲ n ɲ h ç ɸ b bʲ p pʲ m mʲ j ɾ ɾʲ w v ŋ".split())


@pytest.mark.parametrize("kana", BANK_MORAS)
def test_every_mora_of_the_banks_is_one_mora(kana):
    moras = moras_of_kana(kana)
    assert moras is not None and len(moras) == 1
    assert moras[0].nucleus in NUCLEI
    assert set(moras[0].onset) <= CONSONANTS


@pytest.mark.parametrize("token", BANK_ROMAJI)
def test_every_romaji_syllable_of_the_banks_is_a_mora(token):
    mora = mora_of_romaji(token)
    assert mora is not None
    assert mora.nucleus in NUCLEI and set(mora.onset) <= CONSONANTS


def test_every_onset_has_a_nominal_length():
    onsets = {phone for phones in PHONES_OF_KANA.values() for phone in phones[:-1]}
    assert onsets <= set(NOMINAL_SECONDS)


@pytest.mark.parametrize(
    ("kana", "phones"),
    [
        ("か", "k a"), ("き", "k i"), ("きゃ", "kʲ a"), ("し", "ɕ i"), ("しゃ", "ɕ a"), ("すぃ", "s i"), ("ち", "tɕ i"),
        ("つ", "ts ɯ"), ("づ", "z ɯ"), ("ぢ", "dʑ i"), ("じゃ", "dʑ a"), ("に", "ɲ i"), ("ひ", "ç i"), ("ふ", "ɸ ɯ"),
        ("てぃ", "t i"), ("てゅ", "tʲ ɯ"), ("でぃぇ", "dʲ e"), ("とぅ", "t ɯ"), ("うぃ", "w i"), ("うぉ", "w o"),
        ("いぇ", "j e"), ("り", "ɾ i"), ("りゃ", "ɾʲ a"), ("を", "o"), ("ん", "ɴ"), ("っ", "cl"), ("くぁ", "k w a"),
        ("グァ", "ŋ a"), ("ガ", "ɡ a"), ("ヴぃぇ", "v j e"), ("ゔぁ", "v a"), ("や", "j a"), ("わ", "w a"),
        ("ｶ", "k a"), ("ｷﾞｬ", "ɡʲ a"), ("ｯ", "cl"),
    ],
)  # fmt: skip
def test_phones_of_kana(kana, phones):
    assert " ".join(moras_of_kana(kana)[0].phones) == phones


def test_romaji_and_kana_agree():
    pairs = {"kya": "きゃ", "shi": "し", "chu": "ちゅ", "tsa": "つぁ", "fu": "ふ", "du": "どぅ", "hye": "ひぇ"}
    for romaji, kana in pairs.items():
        assert mora_of_romaji(romaji).phones == PHONES_OF_KANA[kana]


def test_length_mark_repeats_the_vowel_and_attack_mark_is_dropped():
    assert [mora.phones for mora in moras_of_kana("きゃー・お")] == [("kʲ", "a"), ("a",), ("o",)]


@pytest.mark.parametrize(
    ("stem", "phones"),
    [
        ("_かかきかく", "ka ka ki ka kɯ"),
        ("_ｶｶｷｶｸ", "ka ka ki ka kɯ"),
        ("かかきかくかんか_ka-ka-ki-ka-ku-ka-n-ka", "ka ka ki ka kɯ ka ɴ ka"),
        ("めめも-me-me-mo", "me me mo"),
        ("a_a_i_n_chi", "a a i ɴ tɕi"),
        ("_うRいR", "ɯ SP i SP"),
        ("_あ吸", "a AP"),
        ("_ん・ん", "ɴ ɴ"),
        ("_ン・ン", "m m"),
        ("_吸う2", "AP"),
        ("ングィン", "ɴ ŋi ɴ"),
    ],
)
def test_stems_of_the_banks(stem, phones):
    assert " ".join("".join(mora.phones) for mora in moras_of_stem(stem)) == phones


def test_decomposed_file_names_are_read():
    assert moras_of_stem("か\u3099")[0].phones == ("ɡ", "a")


@pytest.mark.parametrize("stem", ["br1", "naya", "a_fr", "漢字", "_", "ー"])
def test_other_names_are_no_mora_strings(stem):
    assert not moras_of_stem(stem)


@pytest.mark.parametrize(
    ("alias", "phones"),
    [
        ("a か", ("k", "a")), ("- きゃA3", ("kʲ", "a")), ("n んWA3", ("ɴ",)), ("a R", ("SP",)),
        ("a RWA3", ("SP",)), ("R", None),
        ("brlo1囁", None), ("a x", None), ("", None), ("- あ'", ("a",)), ("か", ("k", "a")), ("かか", None),
        ("a ｶS", ("k", "a")),
    ],
)  # fmt: skip
def test_aliases(alias, phones):
    assert alias_phones(alias) == phones


def test_katakana_becomes_hiragana_but_the_nasal_row_stays():
    assert hiragana("カヴグゥー") == "かヴグゥー"
