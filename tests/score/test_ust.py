"""UTAU scores: aliases, rests, tempos, encodings, and damaged files."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from svs_cli.errors import ScoreError
from svs_cli.score.ust import read_ust
from svs_cli.score.utau_lyrics import split_word, sung_of
from tests.score.builders import sung, ust_text

SONG = [("- さ", 480, 69), ("a く", 480, 69), ("u ら", 960, 71), ("R", 480, 60), ("や", 240, 69), ("-", 240, 71)]


@pytest.mark.parametrize("encoding", ["cp932", "utf-8", "utf-8-sig"])
def test_a_song_in_each_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.ust"
    path.write_bytes(ust_text(SONG).encode(encoding))
    score = read_ust(path)
    assert sung(score.parts[0]) == "さ く ら や~"
    assert [n.onset_quarters for n in score.parts[0].notes] == [0, 1, 2, 5, Fraction(11, 2)]
    assert (score.title, score.end_quarters, score.warnings) == ("Song", 6, ())
    assert score.parts[0].notes[3].bar == "2"


def test_declared_charset_is_believed_only_if_it_fits(tmp_path: Path) -> None:
    path = tmp_path / "a.ust"
    path.write_bytes(ust_text(SONG, setting="Charset=UTF-8\nTempo=120").encode("cp932"))
    assert sung(read_ust(path).parts[0]) == "さ く ら や~"


def test_tempo_changes_at_notes_and_decimal_commas(tmp_path: Path) -> None:
    text = ust_text([("あ", 480, 60), ("い", 480, 62)], setting="Tempo=60,00")
    path = tmp_path / "a.ust"
    path.write_text(text.replace("[#0001]", "[#0001]\r\nTempo=120"), encoding="utf-8")
    assert read_ust(path).duration_seconds == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("raw", "text"),
    [("あ", "あ"), ("a か", "か"), ("- か", "か"), ("か_C4", "か"), ("かC4", "か"), ("か↑", "か"), ("か2", "か"),
     ("?か", "か"), ("n きゃ_F#4", "きゃ"), ("か強", "か"), ("* あ", "あ"), ("ｶ", "カ"), ("ka2", "ka"), ("a ka", "ka"),
     ("love", "love"), ("A4", "A4"), ("桜", "桜"), ("hello[hh ax l ow]", "hello")],
)  # fmt: skip
def test_aliases_give_the_mora(raw: str, text: str) -> None:
    assert (sung_of(raw).kind, sung_of(raw).text) == ("syllable", text)


@pytest.mark.parametrize(
    ("raw", "kind"),
    [("R", "rest"), ("", "rest"), ("a R", "rest"), ("a -", "rest"), ("-", "continue"), ("+", "continue"),
     ("+~", "continue"), ("+2", "continue"), ("ー", "continue"), ("a k", "continue"), ("息", "breath"),
     ("br", "breath")],
)  # fmt: skip
def test_other_lyrics(raw: str, kind: str) -> None:
    assert sung_of(raw).kind == kind


def test_a_breath_is_taken_before_its_rest(tmp_path: Path) -> None:
    path = tmp_path / "a.ust"
    path.write_text(ust_text([("あ", 480, 60), ("息", 480, 60), ("い", 480, 60)]), encoding="utf-8")
    notes = read_ust(path).parts[0].notes
    assert [note.breath_after for note in notes] == [True, False]
    assert notes[1].onset_quarters == 2


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [("Length=960", "Length=-960", r"bar 1: note \[#0002\]: Length='-960'"),
     ("Length=960", "Length=0", "no positive number"), ("Length=960", "Length=nan", "no positive number"),
     ("Length=960", "Length=1e300", "no positive number"), ("NoteNum=71", "NoteNum=high", "no MIDI number"),
     ("NoteNum=71", "NoteNum=97", "bar 1: MIDI note 97 is outside"), ("Tempo=120.00", "Tempo=0", "no tempo"),
     ("Tempo=120.00", "Tempo=inf", "no tempo")],
)  # fmt: skip
def test_damage_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "a.ust"
    path.write_text(ust_text(SONG).replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ScoreError, match=message):
        read_ust(path)


def test_only_rests_are_no_song(tmp_path: Path) -> None:
    path = tmp_path / "a.ust"
    path.write_text(ust_text([("R", 480, 60)]), encoding="utf-8")
    with pytest.raises(ScoreError, match="no notes"):
        read_ust(path)


@pytest.mark.parametrize("word", ["hello", "amazing", "beautiful", "strength", "Über", "a"])
def test_split_words_join_again(word: str) -> None:
    for count in range(1, 6):
        pieces = split_word(word, count)
        assert "".join(pieces) == word
        assert 1 <= len(pieces) <= count
        assert all(pieces)
