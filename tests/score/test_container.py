"""Files that are not what they seem: archives, encodings, bombs."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from svs_cli.errors import ScoreError
from svs_cli.score import container
from svs_cli.score.musicxml import read_musicxml
from tests.score.musicxml_builder import bar, document, note

SONG = document({"Voice": [bar(note("C4", 4, "Grüß"))]})
CONTAINER = '<container><rootfiles><rootfile full-path="{}"/></rootfiles></container>'


def archive(path: Path, members: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def lyric_of(path: Path) -> str:
    lyric = read_musicxml(path).parts[0].notes[0].lyric
    assert lyric is not None
    return lyric.text


@pytest.mark.parametrize(
    "encoding, declared",
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("latin-1", "ISO-8859-1"),
        ("cp1252", "windows-1252"),
        ("utf-8", "UTF-16"),
    ],
)
def test_encodings(tmp_path: Path, encoding: str, declared: str) -> None:
    path = tmp_path / "song.xml"
    path.write_bytes(SONG.replace("UTF-8", declared, 1).encode(encoding))
    assert lyric_of(path) == "Grüß"


def test_shift_jis(tmp_path: Path) -> None:
    path = tmp_path / "song.xml"
    path.write_bytes(SONG.replace("UTF-8", "Shift_JIS", 1).replace("Grüß", "さくら").encode("shift_jis"))
    assert lyric_of(path) == "さくら"


@pytest.mark.parametrize("encoding", ["klingon", "zlib_codec", "ascii"])
def test_impossible_encodings(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "song.xml"
    path.write_bytes(SONG.replace("UTF-8", encoding, 1).encode())
    with pytest.raises(ScoreError, match=r"encoding|not valid"):
        read_musicxml(path)


def test_timewise_and_namespaced_scores(tmp_path: Path) -> None:
    path = tmp_path / "song.xml"
    part = '<part id="P1"><attributes><divisions>48</divisions></attributes>' + note("C4", 4, "la") + "</part>"
    path.write_text(
        '<score-timewise xmlns="http://www.musicxml.org/ns"><part-list><score-part id="P1"><part-name>Voice'
        f'</part-name></score-part></part-list><measure number="1">{part}</measure></score-timewise>',
        encoding="utf-8",
    )
    score = read_musicxml(path)
    assert score.parts[0].name == "Voice"
    assert score.end_quarters == 4


def test_archive_follows_its_container(tmp_path: Path) -> None:
    members = {"META-INF/container.xml": CONTAINER.format("deep/a.xml"), "deep/a.xml": SONG, "b.xml": "<other/>"}
    assert lyric_of(archive(tmp_path / "song.mxl", members)) == "Grüß"
    assert lyric_of(archive(tmp_path / "bare.mxl", {"b.musicxml": SONG})) == "Grüß"


@pytest.mark.parametrize(
    "members, message",
    [
        ({"META-INF/container.xml": CONTAINER.format("../../etc/passwd"), "a.xml": SONG}, "outside of the archive"),
        ({"../a.xml": SONG}, "outside of the archive"),
        ({"/a.xml": SONG}, "outside of the archive"),
        ({"C:\\a.xml": SONG}, "outside of the archive"),
        ({"notes.txt": "hello"}, "without a score"),
        ({f"{i}.txt": "" for i in range(1001)}, "too many"),
        ({"a.xml": "<html><body/></html>"}, "not a MusicXML score"),
    ],
)
def test_bad_archives(tmp_path: Path, members: dict[str, str | bytes], message: str) -> None:
    with pytest.raises(ScoreError, match=message):
        read_musicxml(archive(tmp_path / "song.mxl", members))


def test_zip_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "LARGEST_XML_BYTES", 100_000)
    path = archive(tmp_path / "song.mxl", {"a.xml": b"<!--" + b" " * 1_000_000 + b"-->"})
    assert path.stat().st_size < 100_000
    with pytest.raises(ScoreError, match="zip bomb"):
        read_musicxml(path)


def test_cut_archive(tmp_path: Path) -> None:
    whole = archive(tmp_path / "whole.mxl", {"a.xml": SONG}).read_bytes()
    path = tmp_path / "song.mxl"
    for keep in (30, len(whole) // 2, len(whole) - 5):
        path.write_bytes(whole[:keep])
        with pytest.raises(ScoreError, match="broken archive"):
            read_musicxml(path)


@pytest.mark.parametrize(
    "name, content, message",
    [
        ("a.xml", b"<score-partwise><part>", "broken XML: .*line 1"),
        ("a.xml", b"", "empty"),
        ("a.xml", b"MThd\0\0\0\6", "not MusicXML but a MIDI file"),
        ("a.mxl", b"<score-partwise/>", "no compressed archive"),
        ("a.xml", b"PK\x03\x04rest", "compressed archive although"),
        ("a.xml", b"<score-partwise/>", "no parts"),
        ("a.xml", b"<score-partwise><part/></score-partwise>", "only rests"),
        ("a.xml", b"<opus/>", "opus"),
    ],
)
def test_not_a_score(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ScoreError, match=message):
        read_musicxml(path)


def test_entities_are_refused(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE a [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;">]><score-partwise>&b;</score-partwise>'
    external = '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]><score-partwise>&a;</score-partwise>'
    for text in (bomb, external):
        (tmp_path / "a.xml").write_text(text, encoding="utf-8")
        with pytest.raises(ScoreError, match="entities"):
            read_musicxml(tmp_path / "a.xml")


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ScoreError, match="there is no file"):
        read_musicxml(tmp_path / "none.xml")
