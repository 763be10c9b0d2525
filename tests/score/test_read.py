"""Dispatch: what a file is decides, its name is checked, and what is no score is said to be what it is."""

from __future__ import annotations

import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from svs_cli.errors import DataError, ScoreError, SvsError, UsageError
from svs_cli.score.model import Lyric, Note, Part, Score, TempoMap
from svs_cli.score.read import check_score, is_performance, kind_of, read_score
from tests.score.builders import midi_track, save_midi, scale, sung, ust_text, ustx_text

DEMOS = Path(__file__).parents[2] / "data" / "scores"
DS = b'[{"offset": 0, "ph_seq": "a", "ph_num": "1", "note_seq": "C4", "note_dur": "1"}]'


def midi_bytes(tmp_path: Path) -> bytes:
    return save_midi(tmp_path / "source.mid", midi_track(*scale(["do", "re"]))).read_bytes()


def test_each_format_is_found_by_content(tmp_path: Path) -> None:
    contents = {
        "a.mid": midi_bytes(tmp_path),
        "a.kar": midi_bytes(tmp_path),
        "a": midi_bytes(tmp_path),
        "a.ust": ust_text([("do", 480, 60), ("re", 480, 61)]).encode(),
        "a.ustx": ustx_text([(0, 480, 60, "do"), (480, 480, 61, "re")]).encode(),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        score = read_score(tmp_path / name)
        assert sung(score.parts[0]) == "do re"
        assert score.source == name


@pytest.mark.slow
def test_abc_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.abc").write_text("X:1\nT:Song\nM:4/4\nL:1/4\nK:G\nGABc|\n", encoding="utf-8")
    score = read_score(tmp_path / "a.abc")
    assert [note.midi for note in score.parts[0].notes] == [67, 69, 71, 72]
    assert sung(score.parts[0]) == "la la la la"


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"<?xml version='1.0'?><!DOCTYPE score-partwise PUBLIC 'x' 'y'><score-partwise>", "musicxml"),
        ("<?xml version='1.0' encoding='UTF-16'?><score-timewise>".encode("utf-16"), "musicxml"),
        (b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><score-partwise/>", "musicxml"),
        (b"<?xml version='1.0'?><!-- <html> --><mei xmlns='http://x'>", "mei"),
        (b"\xef\xbb\xbf[#VERSION]\r\nUST Version1.2", "ust"),
        (b"%abc-2.1\nX:1\nT:Song\nK:C\nCDE|", "abc"),
        (b"!!!COM: Bach\n**kern\n4c\n*-", "krn"),
        (DS, "ds"),
        (b"PK\x03\x04....META-INF/container.xml", "mxl"),
    ],
)
def test_kind_of_content(head: bytes, kind: str) -> None:
    assert kind_of(head) == kind


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"%PDF-1.7 ...", "a PDF"),
        (b"RIFF\0\0\0\0WAVEfmt ", "an audio file"),
        (b"<?xml version='1.0'?><museScore version='4'>", "a MuseScore document"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"<?xml version='1.0'?><plist>", "root <plist>"),
        (b'{"version": 113, "tracks": []}', "a JSON file"),
        (b"PK\x03\x04....song.mscx", "a MuseScore document"),
        (b"Dear diary", "no format that is known"),
    ],
)
def test_strangers_are_named(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "song.musicxml"
    path.write_bytes(content)
    with pytest.raises(ScoreError, match=said) as caught:
        read_score(path)
    assert caught.value.fix is not None


def test_a_wrong_suffix_is_refused_with_the_right_one(tmp_path: Path) -> None:
    path = tmp_path / "song.musicxml"
    path.write_bytes(midi_bytes(tmp_path))
    with pytest.raises(ScoreError, match="not what its name says: it is a MIDI file") as caught:
        read_score(path)
    assert caught.value.fix == "rename it to song.mid"


def test_midi_has_one_verse(tmp_path: Path) -> None:
    path = tmp_path / "song.mid"
    path.write_bytes(midi_bytes(tmp_path))
    assert read_score(path, verse=1) == read_score(path)
    with pytest.raises(UsageError, match="no verse 2"):
        read_score(path, verse=2)


def test_a_performance_is_pointed_on(tmp_path: Path) -> None:
    path = tmp_path / "song.ds"
    path.write_bytes(DS)
    assert is_performance(path)
    with pytest.raises(ScoreError, match="performance") as caught:
        read_score(path)
    assert "svs duration" in str(caught.value.fix)
    (tmp_path / "song.json").write_bytes(DS)
    assert is_performance(tmp_path / "song.json")
    assert not is_performance(tmp_path / "nothing.txt")
    assert is_performance(tmp_path / "later.ds")


@pytest.mark.parametrize("name", ["missing.mid", "folder"])
def test_no_file_is_a_data_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(DataError, match=name) as caught:
        read_score(tmp_path / name)
    assert caught.value.exit_code == 3


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in the file system here")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.mid")
    with pytest.raises(DataError, match="no regular file"):
        read_score(tmp_path / "a.mid")


@pytest.mark.parametrize("content", [b"", b" \n\n"])
def test_an_empty_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.mid").write_bytes(content)
    with pytest.raises(ScoreError, match="is empty"):
        read_score(tmp_path / "a.mid")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path: Path) -> None:
    (tmp_path / "a.mid").write_bytes(midi_bytes(tmp_path))
    (tmp_path / "a.mid").chmod(0)
    with pytest.raises(DataError, match="cannot be read"):
        read_score(tmp_path / "a.mid")


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "a.mid"
    path.write_bytes(midi_bytes(tmp_path))
    with path.open("r+b") as file:
        file.truncate(9 * 2**20)
    with pytest.raises(ScoreError, match="larger than 8 MiB"):
        read_score(path)


def test_a_piece_of_days_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.ust"
    path.write_text(ust_text([("a", 1_900_000, 60)], setting="Tempo=1"), encoding="utf-8")
    with pytest.raises(ScoreError, match="hours"):
        read_score(path)


NOTE = Note(Fraction(0), Fraction(1), 60.0, Lyric("la"), bar="7")
NEXT = replace(NOTE, onset_quarters=Fraction(1), lyric=None, continues=True)


def score_of(*notes: Note) -> Score:
    return Score("Song", (Part("P1", "Voice", notes),), TempoMap(), Fraction(4))


@pytest.mark.parametrize(
    ("notes", "message"),
    [
        ((replace(NOTE, duration_quarters=Fraction(0)),), "part 'Voice', bar 7: a note has no positive length"),
        ((replace(NOTE, midi=float("nan")),), "outside"),
        ((replace(NOTE, midi=97.0),), "outside"),
        ((NOTE, replace(NEXT, onset_quarters=Fraction(1, 2))), "two notes sound together"),
        ((NEXT,), "neither a lyric"),
        ((NOTE, replace(NEXT, continues=False)), "neither a lyric"),
        ((replace(NOTE, duration_quarters=Fraction(5)),), "after the end"),
        ((), "no notes"),
    ],
)
def test_the_models_promises_are_checked(notes: tuple[Note, ...], message: str) -> None:
    check_score(score_of(NOTE, NEXT))
    with pytest.raises(SvsError, match=message):
        check_score(score_of(*notes))


@pytest.mark.parametrize(
    ("name", "words", "lowest_and_highest", "bars"),
    [
        ("sakura.musicxml", "さ く ら さ く ら や よ い の そ ら~ わ み わ た す か ぎ~ り", (59, 72), 14),
        (
            "amazing_grace.musicxml",
            "A-maz-ing~ grace, how sweet the sound, that saved a~ wretch like me!",
            (62, 74),
            16,
        ),
        ("stille_nacht.musicxml", "Stil~-le Nacht, hei-li-ge Nacht! Al-les schläft, ein-sam wacht", (58, 75), 12),
        ("kojo_no_tsuki.musicxml", "は る こ ー ろ ー の は な の え ん", (59, 74), 8),
        ("twinkle.mid", "Twin-kle, twin-kle, lit-tle star, how I won-der what you are!", (60, 69), 12),
    ],
)
def test_demo_scores_sing(name: str, words: str, lowest_and_highest: tuple[int, int], bars: int) -> None:
    score = read_score(DEMOS / name)
    part = score.parts[0]
    # Where a prolongation mark stands is a matter of taste of `sung`; the words are not.
    assert sung(part).replace("~", "").replace("-", "").startswith(words.replace("~", "").replace("-", ""))
    assert (min(n.midi for n in part.notes), max(n.midi for n in part.notes)) == lowest_and_highest
    assert len({note.bar for note in part.notes}) == bars
    assert score.warnings == ()
