from __future__ import annotations

from pathlib import Path

import pytest

from svs_cli.corpus.importers.prompts import PromptGroups, song_of
from svs_cli.corpus.manifest import Terms
from svs_cli.errors import CorpusError
from tests.corpus.importers.corpora import by_stem, imported, reasons, write_audio, write_text

GERMAN = "Die Vögel singen im Wald und auf der Wiese."
SCORE = """<?xml version="1.0"?><score-partwise version="3.1"><part-list><score-part id="P1"><part-name>V</part-name>
</score-part></part-list><part id="P1"><measure number="1"><attributes><divisions>1</divisions><time><beats>4</beats>
<beat-type>4</beat-type></time></attributes><sound tempo="60"/>{notes}</measure></part></score-partwise>"""
NOTE = """<note><pitch><step>{step}</step><octave>4</octave></pitch><duration>1</duration><type>quarter</type>
<lyric><text>{lyric}</text></lyric></note>"""


def score(*notes: tuple[str, str]) -> str:
    return SCORE.format(notes="".join(NOTE.format(step=step, lyric=lyric) for step, lyric in notes))


def test_ljspeech_with_three_columns(tmp_path: Path) -> None:
    for name in ("LJ001", "LJ002"):
        write_audio(tmp_path / "wavs" / f"{name}.wav")
    write_text(tmp_path / "metadata.csv", "LJ001|In 1920|In nineteen twenty\nLJ002|Hello, you|\nLJ003|No audio|x\n")
    report = imported(tmp_path, "ljspeech", language="en", terms=Terms("CC0-1.0"))
    recordings = by_stem(report)
    assert [recordings[name].text for name in ("LJ001", "LJ002")] == ["In nineteen twenty", "Hello, you"]
    assert recordings["LJ001"].audio == tmp_path / "wavs" / "LJ001.wav"
    assert recordings["LJ001"].speaker == tmp_path.name and recordings["LJ001"].terms.licence == "CC0-1.0"
    assert recordings["LJ001"].phones == () and recordings["LJ001"].label_origin == ""
    assert reasons(report) == {"LJ003": "there is no audio 'LJ003'"}


@pytest.mark.parametrize(
    ("table", "texts"),
    [
        ("a|x, y; z\nb|w", ["x, y; z", "w"]),
        ("a\tx; y\nb\tw", ["x; y", "w"]),
        ("a;x\nb;w", ["x", "w"]),
        ('a,"x, y"\nb,w', ["x, y", "w"]),
        ("a,x, y and z\nb,v, w", ["x, y and z", "v, w"]),
        ("path\tsentence\tclient_id\na.wav\tx\tAnn\nb.wav\tw\tBen", ["x", "w"]),
        ("file,text\r\nsub/a.wav,x\r\nsub/b.wav,w\r\n", ["x", "w"]),
    ],
)
def test_tables_of_every_kind(tmp_path: Path, table: str, texts: list[str]) -> None:
    for name in ("a", "b"):
        write_audio(tmp_path / "sub" / f"{name}.wav")
    write_text(tmp_path / "metadata.csv", table)
    recordings = by_stem(imported(tmp_path, "ljspeech", language="en"))
    assert [recordings[name].text for name in ("a", "b")] == texts
    if "client_id" in table:
        assert recordings["a"].speaker == "Ann"


def test_lines_without_text_or_twice_are_left_out(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        write_audio(tmp_path / f"{name}.wav")
    write_text(tmp_path / "metadata.csv", "a|Hello\na|Again\nb|...\n")
    report = imported(tmp_path, "ljspeech")
    assert list(by_stem(report)) == ["a"]
    assert reasons(report) == {"a": "'a' is listed twice", "b": "line 3 has no text", "c.wav": "no line names it"}


@pytest.mark.parametrize("content", ["", "\n\n", "only names\nand more\n", "RIFF\0\0\0WAVE", "file,text\n"])
def test_damaged_tables_are_refused(tmp_path: Path, content: str) -> None:
    write_audio(tmp_path / "a.wav")
    write_text(tmp_path / "metadata.csv", content)
    with pytest.raises(CorpusError):
        imported(tmp_path, "ljspeech")


def test_a_huge_field_is_refused(tmp_path: Path) -> None:
    write_audio(tmp_path / "a.wav")
    write_text(tmp_path / "metadata.csv", "a," + "x" * 300_000)
    with pytest.raises(CorpusError, match="no table"):
        imported(tmp_path, "ljspeech")


def test_a_folder_of_takes(tmp_path: Path) -> None:
    for name in ("arctic_a0001_1592748574", "arctic_a0001_1592748585", "arctic_b0007_1592748600"):
        write_audio(tmp_path / "data" / f"{name}.wav")
        write_text(tmp_path / "data" / f"{name}.txt", f"  Author of\nthe danger trail {name[7]}. \n")
    write_audio(tmp_path / "data" / "mute.wav")
    write_text(tmp_path / "data" / "README.txt", "About the data.")
    report = imported(tmp_path, "folder")
    recordings = by_stem(report)
    assert [r.group for r in recordings.values()] == ["arctic_a0001", "arctic_a0001", "arctic_b0007"]
    assert {r.text for r in recordings.values()} == {"Author of the danger trail a.", "Author of the danger trail b."}
    assert {r.language for r in recordings.values()} == {"en"} and "language: en" in report.remarks[0]
    assert reasons(report) == {"mute.wav": "there is no text and no score of this name"}


def test_the_language_is_found_in_the_texts(tmp_path: Path) -> None:
    for name, text in {"a": GERMAN, "b": GERMAN.replace("Wald", "Garten")}.items():
        write_audio(tmp_path / f"{name}.wav")
        write_text(tmp_path / f"{name}.txt", text)
    assert {r.language for r in imported(tmp_path, "folder").recordings} == {"de"}
    assert {r.language for r in imported(tmp_path, "folder", language="en").recordings} == {"en"}


def test_a_folder_with_scores(tmp_path: Path) -> None:
    write_audio(tmp_path / "timed.wav", 3.0)
    write_audio(tmp_path / "free.wav", 9.0)
    for name in ("timed", "free"):
        write_text(tmp_path / f"{name}.musicxml", score(("C", "さ"), ("D", "く"), ("E", "ら")))
    write_audio(tmp_path / "broken.wav")
    write_text(tmp_path / "broken.musicxml", "<score-partwise>")
    report = imported(tmp_path, "folder")
    recordings = by_stem(report)
    assert recordings["timed"].phones == ("s", "a", "k", "ɯ", "ɾ", "a")
    assert [(n.start_seconds, n.midi, n.lyric) for n in recordings["timed"].notes] == [
        (0.0, 60.0, "さ"),
        (1.0, 62.0, "く"),
        (2.0, 64.0, "ら"),
    ]
    assert recordings["free"].score_nuclei_seconds == recordings["timed"].score_nuclei_seconds == (0.0, 1.0, 2.0)
    assert recordings["free"].notes == () and recordings["free"].phones == recordings["timed"].phones
    assert recordings["timed"].language == "ja"
    assert list(reasons(report)) == ["broken.wav"]


def test_sound_alone_is_for_the_vocoder(tmp_path: Path) -> None:
    for name in ("A2", "C#3", "noise"):
        write_audio(tmp_path / f"{name}.wav")
    write_text(tmp_path / "z.wav", "damaged")
    report = imported(tmp_path, "folder")
    assert {name: r.pitch_midi for name, r in by_stem(report).items()} == {"A2": 45.0, "C#3": 49.0, "noise": None}
    assert "vocoder" in report.remarks[0] and list(reasons(report)) == ["z.wav"]


def test_labels_with_times_are_not_words(tmp_path: Path) -> None:
    write_audio(tmp_path / "a.wav")
    write_audio(tmp_path / "b.wav")
    write_text(tmp_path / "a.lab", "0 5000000 pau\n5000000 10000000 a\n")
    write_text(tmp_path / "b.lab", "la la")
    assert "--as hts" in reasons(imported(tmp_path, "folder"))["a.wav"]


def test_equal_words_are_one_prompt_and_songs_lose_their_numbers() -> None:
    groups = PromptGroups()
    assert groups.group_of("x1", "Guten Tag!") == groups.group_of("y2", "guten  tag") == "x1"
    assert groups.group_of("y3", "Guten Abend") == "y3"
    assert groups.group_of("a", "") == "a" and groups.group_of("b", "…") == "b"
    assert [song_of(name) for name in ("song_01", "song-seg12", "01", "take")] == ["song", "song", "01", "take"]
