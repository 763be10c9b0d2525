"""Importers on damaged corpora: files are left out or the import is refused with an SvsError, whatever is broken."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from svs_cli.corpus.manifest import recording_of_json
from svs_cli.corpus.textgrid import Interval, write_textgrid
from svs_cli.errors import SvsError
from tests.corpus.importers.corpora import imported, write_audio, write_text
from tests.corpus.importers.test_text_formats import score

DAMAGES = 25
STRANGE = ["nan", "-1", "1e308", "inf", "", "|", ",", '"', "[", "null", "true", "\x00", "\n", "../x", "9" * 400, "か"]


def hts(folder: Path) -> Path:
    write_text(folder / "a.musicxml", score(("C", "か"), ("D", "か")))
    return write_text(folder / "a.lab", "0 2000000 pau\n2000000 3000000 k\n3000000 9000000 a\n9000000 10000000 pau\n")


def textgrid(folder: Path) -> Path:
    write_textgrid(folder / "a.TextGrid", {"words": [Interval(0, 1, "ka")], "phones": [Interval(0.2, 1, "a")]}, 1.0)
    return folder / "a.TextGrid"


def diffsinger(folder: Path) -> Path:
    columns = "name,ph_seq,ph_dur,note_seq,note_dur"
    return write_text(folder / "transcriptions.csv", f"{columns}\na,SP a,0.2 0.8,rest C4,0.2 0.8")


def document(folder: Path) -> Path:
    segment = {"offset": 0.0, "ph_seq": "SP a", "ph_dur": "0.2 0.8", "note_seq": "rest C4", "note_dur": "0.2 0.8"}
    return write_text(folder / "a.ds", json.dumps([segment]))


def opencpop(folder: Path) -> Path:
    return write_text(folder / "transcriptions.txt", "a|x|SP zh ang|rest C4 C4|0.2 0.8 0.8|0.2 0.1 0.7|0 0 0")


def gtsinger(folder: Path) -> Path:
    word = {"word": "la", "ph": ["L", "AA1"], "ph_start": [0.1, 0.3], "ph_end": [0.3, 1.0], "note": [60],
            "note_start": [0.1], "note_end": [1.0]}  # fmt: skip
    return write_text(folder / "a.json", json.dumps([word]))


def metadata_list(folder: Path) -> Path:
    row = {"item_name": "x#a", "txt": "a", "ph": ["SP", "AA1"], "ph_durs": [0.2, 0.8], "ep_pitches": [0, 60],
           "ep_types": [1, 2]}  # fmt: skip
    return write_text(folder / "metadata.json", json.dumps([row]))


def ljspeech(folder: Path) -> Path:
    return write_text(folder / "metadata.csv", "id,text,speaker\na,Hello you,Ann\n")


def utau(folder: Path) -> Path:
    return write_text(folder / "oto.ini", "a.wav=- あ,100,200,-300,80,40\na.wav=a い,500,200,-300,80,40\n", "cp932")


def with_score(folder: Path) -> Path:
    return write_text(folder / "a.musicxml", score(("C", "か"), ("D", "か")))


@pytest.mark.parametrize(
    ("format_name", "build"),
    [("hts", hts), ("textgrid", textgrid), ("diffsinger", diffsinger), ("diffsinger", document),
     ("opencpop", opencpop), ("gtsinger", gtsinger), ("gtsinger", metadata_list), ("ljspeech", ljspeech),
     ("utau", utau), ("folder", with_score)],
)  # fmt: skip
def test_damage_is_an_error_that_explains_itself(
    tmp_path: Path, format_name: str, build: Callable[[Path], Path]
) -> None:
    write_audio(tmp_path / "a.wav")
    path = build(tmp_path)
    whole = path.read_bytes()
    generator = random.Random(format_name)
    usable = 0
    for _ in range(DAMAGES):
        place = generator.randrange(len(whole))
        length = generator.choice((0, 1, 3, 30, len(whole)))
        path.write_bytes(whole[:place] + generator.choice(STRANGE).encode() + whole[place + length :])
        try:
            report = imported(tmp_path, format_name)
        except SvsError as error:
            assert error.message
            continue
        for recording in report.recordings:
            line = recording.to_json()
            assert "NaN" not in line and "Infinity" not in line
            recording_of_json(line)
            usable += 1
        assert all(rejection.reason for rejection in report.rejected)
    path.write_bytes(whole)
    if format_name != "utau":  # whose made-up sound does not bear the labels out
        assert imported(tmp_path, format_name).recordings and usable < DAMAGES
