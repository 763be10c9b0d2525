from __future__ import annotations

from pathlib import Path

import pytest

from svs_cli.corpus.importers.files import AudioIndex, audio_seconds, tree_of
from svs_cli.corpus.text_files import decode, read_text
from svs_cli.corpus.utau.words import LabelError
from svs_cli.errors import CorpusError
from tests.corpus.importers.corpora import write_audio, write_text


def test_the_nearest_file_of_a_name_is_meant(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        write_audio(tmp_path / folder / "wav" / "01.wav")
    write_audio(tmp_path / "a" / "wav" / "Ä.FLAC".replace("FLAC", "flac"))
    index = AudioIndex(tree_of(tmp_path))
    assert index.find("01", tmp_path / "b" / "lab" / "01.lab") == tmp_path / "b" / "wav" / "01.wav"
    assert index.find("a/wav/01.wav", tmp_path / "b" / "list.csv") == tmp_path / "a" / "wav" / "01.wav"
    assert index.find("A\u0308.wav", tmp_path / "x").name == "Ä.flac"
    for outside in ("../a/wav/01.wav", "/etc/01.wav", "02"):
        with pytest.raises(LabelError):
            index.find(outside, tmp_path / "x")


def test_audio_that_is_not_read_says_so(tmp_path: Path) -> None:
    write_text(tmp_path / "a.webm", "x")
    write_text(tmp_path / "b.wav", "no audio")
    with pytest.raises(LabelError, match="convert it to FLAC"):
        AudioIndex(tree_of(tmp_path)).find("a", tmp_path / "x")
    with pytest.raises(LabelError, match="cannot be read as audio"):
        audio_seconds(tmp_path / "b.wav")
    assert audio_seconds(write_audio(tmp_path / "c.wav", 1.5)) == pytest.approx(1.5)


def test_links_out_of_the_folder_are_refused(tmp_path: Path) -> None:
    write_audio(tmp_path / "outside.wav")
    write_audio(tmp_path / "corpus" / "store" / "inside.wav")
    (tmp_path / "corpus" / "a.wav").symlink_to(tmp_path / "outside.wav")
    (tmp_path / "corpus" / "b.wav").symlink_to(tmp_path / "corpus" / "store" / "inside.wav")
    tree = tree_of(tmp_path / "corpus")
    assert [path.name for path in tree.files] == ["b.wav", "inside.wav"]
    assert [rejection.path.name for rejection in tree.refused] == ["a.wav"]


def test_a_folder_that_is_none_or_empty(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(CorpusError):
            tree_of(folder)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("_かかきかく.wav=- か,100", "cp932"),
        ("_かかきかく.wav=- か,100", "utf-8"),
        ("ガギグゲゴ　あ゛", "cp932"),
        ("你好世界我们的歌声", "gb18030"),
        ("我爱你", "gb18030"),
        ("가나다라마바사", "euc_kr"),
        ("für immer", "cp1252"),
        ("Das schöne Mädchen", "cp1252"),
        ("élève à Noël", "cp1252"),
        ("Ünï|text", "utf-16"),
        ("か", "utf-8-sig"),
    ],
)
def test_encodings_are_found(tmp_path: Path, text: str, encoding: str) -> None:
    assert read_text(write_text(tmp_path / "a.txt", text, encoding)) == text


def test_binary_and_huge_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="binary"):
        decode(b"RIFF\0\0\0\0WAVE", None, Path("metadata.csv"))
    with (tmp_path / "metadata.csv").open("wb") as file:
        file.truncate(200 * 2**20)
    with pytest.raises(CorpusError, match="200 MiB"):
        read_text(tmp_path / "metadata.csv")
