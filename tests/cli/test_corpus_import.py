"""`svs corpus import`: what it prints, writes and answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from svs_cli.corpus.importers.formats import FORMATS, guess_format
from svs_cli.corpus.manifest import read_manifest
from svs_cli.corpus.sources.table import FORMATS as SOURCE_FORMATS
from svs_cli.corpus.sources.table import TEACHER
from tests.cli.conftest import Svs
from tests.corpus.importers.corpora import write_audio, write_text
from tests.corpus.importers.test_utau_import import write_folder

CORPUS = ("corpus", "import")


def write_takes(folder: Path, texts: dict[str, str]) -> None:
    """Audio with text files; no text file for an empty text."""
    for name, text in texts.items():
        write_audio(folder / f"{name}.wav")
        if text:
            write_text(folder / f"{name}.txt", text)


def test_ones_own_recordings(svs: Svs, tmp_path: Path) -> None:
    write_takes(tmp_path / "mine", {"a": "Hello you", "b": "Good night"})
    ran = svs(*CORPUS, "mine", "--as", "folder", "--speaker", "me", "--lang", "English", "--licence", "own",
              "--consent", "my own voice", "--credit", "Me", "--style", "soft", "--pitch", "A3")  # fmt: skip
    assert (ran.code, ran.out) == (0, "mine.jsonl\n")
    assert "me: 2 recordings, 0.0 minutes" in ran.err and "warning" not in ran.err
    first = next(read_manifest(tmp_path / "mine.jsonl"))
    assert first.audio == tmp_path / "mine" / "a.wav" and first.audio.is_absolute()
    assert (first.speaker, first.language, first.style, first.pitch_midi) == ("me", "en", "soft", 57.0)
    assert (first.terms.licence, first.terms.credit, first.terms.consent) == ("own", "Me", "my own voice")
    again = svs(*CORPUS, "mine", "-o", "again.jsonl", "-q")
    assert again.code == 0 and again.err == ""
    assert svs(*CORPUS, "mine", "-o", "-", "-q").out == (tmp_path / "again.jsonl").read_text()


def test_rejections_are_listed_and_counted(svs: Svs, tmp_path: Path) -> None:
    write_takes(tmp_path / "mine", {"a": "Hello you", "b": ""})
    ran = svs(*CORPUS, "mine", "--as", "folder", "--rejected", "left.jsonl", "--json")
    assert ran.code == 3 and "1 of 2 files were left out" in ran.err
    assert "b.wav: there is no text" in ran.err and "no licence is stated" in ran.err
    summary = json.loads(ran.out)
    assert (summary["files"], summary["recordings"], summary["rejected"]) == (2, 1, 1)
    assert len(list(read_manifest(tmp_path / "mine.jsonl"))) == 1
    (left,) = map(json.loads, (tmp_path / "left.jsonl").read_text().splitlines())
    assert left["file"].endswith("b.wav") and "no text" in left["reason"]
    assert svs(*CORPUS, "mine", "--as", "folder", "--allow-rejected", "0.5").code == 0


def test_nothing_usable_leaves_nothing_behind(svs: Svs, tmp_path: Path) -> None:
    write_text(tmp_path / "bad" / "a.wav", "no audio")
    write_text(tmp_path / "bad" / "a.txt", "words")
    ran = svs(*CORPUS, "bad", "--as", "folder")
    assert ran.code == 3 and "cannot be read as audio" in ran.err
    assert not (tmp_path / "bad.jsonl").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "no source"),
        (("nowhere",), 2, "no folder and no public corpus"),
        (("dorodora",), 2, "dorodoro"),
        (("dorodoro",), 4, "svs corpus fetch dorodoro"),
        (("dorodoro", "--speaker", "me"), 2, "speaker"),
        (("dorodoro", "--as", "utau"), 2, "leave out --as"),
        (("kokoro",), 2, "corpus teach"),
        (("mine", "--as", "foldr"), 2, "folder"),
        (("mine", "--as", "folder", "--phones", "ipo"), 2, "ipa"),
        (("mine", "--as", "folder", "--lang", "Klingon"), 2, "Klingon"),
        (("mine", "--as", "folder", "--pitch", "loud"), 2, "no pitch"),
        (("mine", "--as", "folder", "-o", "none/x.jsonl"), 2, "no folder"),
        (("mine", "--as", "utau"), 3, "oto.ini"),
        (("mine", "--as", "folder", "--encoding", "klingon"), 3, "klingon"),
        (("empty",), 2, "--as"),
    ],
)
def test_wrong_wishes(svs: Svs, tmp_path: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    write_takes(tmp_path / "mine", {"a": "Hello you"})
    (tmp_path / "empty").mkdir()
    ran = svs(*CORPUS, *arguments)
    assert ran.code == code and words in ran.err


def test_a_public_corpus_by_name(svs: Svs, tmp_path: Path) -> None:
    write_folder(tmp_path / "copy", "_かさきな")
    ran = svs(*CORPUS, "dorodoro", "--root", "copy", "-o", "d.jsonl")
    assert ran.code == 0, ran.err
    (recording,) = read_manifest(tmp_path / "d.jsonl")
    assert (recording.speaker, recording.pitch_midi, recording.language) == ("dorodoro", 55.0, "ja")
    assert recording.terms.licence and "dorodoro-ja-vcv@" in recording.terms.source and recording.terms.consent
    write_folder(tmp_path / "home" / "corpora" / "dorodoro", "_かさきな")
    assert svs(*CORPUS, "dorodoro").code == 0 and (tmp_path / "dorodoro.jsonl").is_file()


def test_formats_are_listed_and_guessed(svs: Svs, tmp_path: Path) -> None:
    listed = svs(*CORPUS, "--formats")
    assert listed.code == 0 and all(name in listed.out for name in (*FORMATS, "romaji", "xsampa"))
    assert set(FORMATS) | {TEACHER} == set(SOURCE_FORMATS)
    for number, (name, file) in enumerate(
        [("utau", "A3/oto.ini"), ("diffsinger", "transcriptions.csv"), ("opencpop", "transcriptions.txt"),
         ("textgrid", "a.TextGrid"), ("ljspeech", "metadata.csv"), ("hts", "mono_label/a.lab"), ("folder", "a.txt")]
    ):  # fmt: skip
        write_text(tmp_path / str(number) / file, "x")
        assert guess_format(tmp_path / str(number)) == name
