"""Formats that come in through music21."""

from __future__ import annotations

from pathlib import Path

import pytest

from svs_cli.errors import ScoreError
from svs_cli.score.abc_lyrics import split_abc
from svs_cli.score.music21_formats import read_with_music21
from tests.score.musicxml_builder import notes_of, texts

ABC = """X:1
T:Two bars
M:3/4
L:1/4
Q:1/4=90
K:G
|: G A "D7"B | c2 z :|
w: Tra-la li ho_
w: Zwei-tes Mal da
"""


def test_abc_with_lyrics_and_a_repeat(tmp_path: Path) -> None:
    path = tmp_path / "song.abc"
    path.write_text(ABC, encoding="utf-8")
    score = read_with_music21(path)
    assert score.title == "Two bars"
    assert [sung.midi for sung in notes_of(score)][:4] == [67, 69, 71, 72]
    assert texts(score)[:4] == ["Tra-", "-la", "li", "ho"]
    assert texts(read_with_music21(path, verse=2))[:4] == ["Zwei-", "-tes", "Mal", "da"]
    assert score.tempo.quarters_per_minute_at(0) == 90


def test_abc_alignment_follows_the_standard() -> None:
    _, syllables = split_abc("K:C\n[CE]{d}D E F|G A z B|\nw: a-_b * | in~the x\\-y\n")
    assert [(s.note, s.text) for s in syllables] == [(0, "a"), (1, "_"), (2, "b"), (4, "in the"), (5, "x‐y")]


def test_humdrum(tmp_path: Path) -> None:
    path = tmp_path / "song.krn"
    rows = ["**kern **text", "*staff1 *staff1", "*M4/4 *", "=1 =1", "4c Tra-", "4d -la", "2e la", "== ==", "*- *-"]
    path.write_text("\n".join(row.replace(" ", "\t") for row in rows) + "\n", encoding="utf-8")
    score = read_with_music21(path)
    assert [sung.midi for sung in notes_of(score)] == [60, 62, 64]
    assert texts(score) == ["Tra-", "-la", "la"]


@pytest.mark.parametrize("name, content", [("a.mei", "<mei"), ("a.mei", "<mei/>"), ("a.krn", "hello"), ("a.abc", "")])
def test_what_music21_cannot_read_is_a_score_error(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(ScoreError):
        read_with_music21(tmp_path / name)


def test_unknown_format_and_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ScoreError, match="no known score format"):
        read_with_music21(tmp_path / "song.doc")
    with pytest.raises(ScoreError, match="cannot be read"):
        read_with_music21(tmp_path / "song.abc")
