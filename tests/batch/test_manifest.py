"""Arguments and manifests become rows; what is wrong in them is named with its row."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from svs_cli.batch.manifest import Row, rows_of
from svs_cli.batch.options import job_of, option_names
from svs_cli.cli.job import Job
from svs_cli.cli.synth import synth_command
from svs_cli.errors import DataError, SvsError, UsageError

COLUMNS = list(option_names())


def test_columns_are_the_options_of_synth() -> None:
    assert {"output", "voice", "lang", "part", "verse", "key", "tempo", "seed", "steps", "save-stages"} <= set(COLUMNS)
    assert not {"json", "quiet", "help", "score"} & set(COLUMNS)
    parameters = set(synth_command.__annotations__) - {"return", "score", "as_json", "quiet"}
    assert set(option_names().values()) == parameters


def test_every_option_reaches_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SVS_VOICE", raising=False)
    assert job_of("a.mid", {}, "row") == Job("a.mid")
    options = {
        "output": "o.wav", "voice": "v", "lang": "en", "part": "2", "verse": "3", "chord": "bottom", "key": "-2.5",
        "tempo": "0.5", "seed": "7", "steps": "4", "device": "cpu", "format": "wav", "acoustic": "rule",
        "vocoder": "world", "save-stages": "s", "expression": "0.5", "sing": "w.toml", "timing": "rule",
        "pitch-model": "p", "style": "pop", "swing": "0.5", "rubato": "0.25", "humanise": "12",
    }  # fmt: skip
    assert set(options) == set(COLUMNS), "a new option of synth: name its field in svs_cli/batch/options.py"
    assert job_of("-a b.mid", options, "row") == Job(
        "-a b.mid", Path("o.wav"), voice="v", language="en", part="2", verse=3, chord="bottom", key_semitones=-2.5,
        tempo_factor=0.5, expression=0.5, sing=Path("w.toml"), seed=7, steps=4, device="cpu", format="wav",
        acoustic="rule", vocoder="world", timing="rule", pitch_model="p", style="pop", swing=0.5, rubato=0.25,
        humanise_ms=12.0, stages_folder=Path("s"),
    )  # fmt: skip


def test_csv_rows_hold_options(tmp_path: Path) -> None:
    manifest = tmp_path / "songs.csv"
    manifest.write_bytes('\ufeffscore,Key,save_stages\r\na.mid,-3,\r\n\r\n"b, c.mid",,out\r\n'.encode())
    assert rows_of([str(manifest)], COLUMNS) == [
        Row(f"{manifest}, row 2", str(tmp_path / "a.mid"), {"key": "-3"}),
        Row(f"{manifest}, row 4", str(tmp_path / "b, c.mid"), {"save-stages": "out"}),
    ]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_spreadsheets_separate_as_their_language_does(tmp_path: Path, separator: str) -> None:
    manifest = tmp_path / "songs.csv"
    manifest.write_text(f"score{separator}key\na.mid{separator}2\n")
    (row,) = rows_of([str(manifest)], COLUMNS)
    assert row.options == {"key": "2"}


def test_json_rows_hold_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = '{"score": "a.mid", "key": -3, "lang": null}\n\n{"score": "/b.mid", "voice": "x"}\n'
    manifest = tmp_path / "songs.jsonl"
    manifest.write_text(lines)
    first, second = rows_of([str(manifest)], COLUMNS)
    assert (first.score, first.options) == (str(tmp_path / "a.mid"), {"key": "-3"})
    assert (second.score, second.options, second.where) == ("/b.mid", {"voice": "x"}, f"{manifest}, row 3")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines.encode())))
    assert [row.score for row in rows_of(["-"], COLUMNS)] == ["a.mid", "/b.mid"]


@pytest.mark.parametrize(("name", "content", "kind", "words"), [
    ("m.csv", "score,vioce\na.mid,x\n", UsageError, "row 1: there is no option 'vioce'"),
    ("m.csv", "score,key\n,2\n", UsageError, "row 2 names no score"),
    ("m.csv", "score,key,key\n", UsageError, "twice"),
    ("m.csv", "score\na.mid,b.mid\n", UsageError, "row 2: 2 cells for 1 columns"),
    ("m.csv", 'score\n"a.mid"x\n', DataError, "row 2"),
    ("m.csv", b"score\n\xff\xfe\n", DataError, "UTF-8"),
    ("m.jsonl", '{"score": "a.mid"}\n{"score": \n', DataError, "row 2 is no JSON"),
    ("m.jsonl", '["a.mid"]\n', UsageError, "row 1 must be an object"),
    ("m.jsonl", '{"score": "a.mid", "key": [1]}\n', UsageError, "row 1: key must be text or a number"),
    ("m.jsonl", '{"score": "a.mid", "key": true}\n', UsageError, "row 1: key"),
    ("m.jsonl", '{"score": "a.mid", "sede": 1}\n', UsageError, "'sede'"),
])  # fmt: skip
def test_mistakes_are_named_with_their_row(
    tmp_path: Path, name: str, content: str | bytes, kind: type[SvsError], words: str
) -> None:
    manifest = tmp_path / name
    manifest.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(kind) as caught:
        rows_of([str(manifest)], COLUMNS)
    assert words in caught.value.message
    if "vioce" in words:
        assert caught.value.fix == "did you mean 'voice'?"


@pytest.mark.parametrize(("option", "value"), [
    ("key", "100"), ("key", "high"), ("verse", "0"), ("verse", "1.5"), ("tempo", "0"), ("seed", "-1"), ("steps", "0"),
])  # fmt: skip
def test_values_are_checked_as_on_the_command_line(option: str, value: str) -> None:
    with pytest.raises(UsageError, match=rf"songs.csv, row 7: .*--{option}"):
        job_of("a.mid", {option: value}, "songs.csv, row 7")


def test_folders_and_globs_are_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("b.mid", "a.musicxml", "notes.txt", "a.ds", "sub/c.ds", ".hidden/d.mid", "sub [1]/e.mid"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    monkeypatch.chdir(tmp_path)
    rows = rows_of(["."], COLUMNS)
    assert [(row.score, str(row.subfolder)) for row in rows] == [
        ("a.musicxml", "."), ("b.mid", "."), ("sub/c.ds", "sub"), ("sub [1]/e.mid", "sub [1]"),
    ]  # fmt: skip
    assert [row.score for row in rows_of(["*.mid", "b.mid"], COLUMNS)] == ["b.mid"]
    assert [row.score for row in rows_of(["**/*.mid"], COLUMNS)] == ["b.mid", "sub [1]/e.mid"]
    assert [row.score for row in rows_of(["s*"], COLUMNS)] == ["sub/c.ds", "sub [1]/e.mid"]
    for pattern in ("*.xml", ".hidden"):
        with pytest.raises(UsageError):
            (tmp_path / ".hidden" / "d.mid").unlink(missing_ok=True)
            rows_of([pattern], COLUMNS)
