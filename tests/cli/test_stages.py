"""The stage commands: each reads what the one before wrote, from files and from pipes."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.cli.conftest import Pipe, Svs


def test_the_chain_through_pipes_sings(svs: Svs) -> None:
    content = b""
    for command in (["score", "sakura.musicxml"], ["duration"], ["pitch", "-"], ["acoustic"]):
        ran = svs(*command, stdin=content)
        assert ran.code == 0, ran.err
        assert ran.raw
        content = ran.raw
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        assert arrays["mel"].shape == (len(arrays["f0_hz"]), 128)
        frames = len(arrays["f0_hz"])
    ran = svs("vocode", "-o", "song.wav", stdin=content)
    assert (ran.code, ran.out) == (0, "song.wav\n"), ran.err
    assert soundfile.info("song.wav").frames == frames * 512


def test_the_chain_and_synth_agree(svs: Svs) -> None:
    svs("score", "sakura.musicxml", "-o", "song.ds")
    svs("duration", "song.ds", "-o", "song.ds")
    svs("pitch", "song.ds", "-o", "song.ds", "--seed", 4)
    svs("acoustic", "song.ds", "-o", "song.mel.npz", "--seed", 4)
    svs("synth", "sakura.musicxml", "--save-stages", "stages", "--seed", 4)
    with np.load("song.mel.npz") as chain, np.load("stages/sakura.mel.npz") as whole:
        assert chain["mel"].shape == whole["mel"].shape
        np.testing.assert_allclose(chain["f0_hz"], whole["f0_hz"], atol=0.011)
        assert np.median(abs(chain["mel"] - whole["mel"])) < 0.02


def test_each_stage_adds_its_keys(svs: Svs) -> None:
    keys = []
    for command in (["score", "sakura.musicxml"], ["duration", "song.ds"], ["pitch", "song.ds"]):
        assert svs(*command, "-o", "song.ds").code == 0
        keys.append(set(json.loads(Path("song.ds").read_text(encoding="utf-8"))[0]))
    assert keys[1] - keys[0] == {"ph_dur"}
    curves = ("energy", "breathiness", "tension")  # the last two because the song has dynamic marks
    assert keys[2] - keys[1] == {"f0_seq", "f0_timestep", *curves, *(f"{curve}_timestep" for curve in curves)}


def test_a_stage_that_was_left_out_is_named(svs: Svs) -> None:
    svs("score", "sakura.musicxml", "-o", "song.ds")
    for command in (["pitch", "song.ds"], ["acoustic", "song.ds", "-o", "song.mel.npz"]):
        ran = svs(*command)
        assert ran.code == 3, ran.err
        assert "svs duration" in ran.err
    svs("duration", "song.ds", "-o", "song.ds")
    ran = svs("acoustic", "song.ds", "-o", "song.mel.npz")
    assert ran.code == 3
    assert "svs pitch" in ran.err
    assert not Path("song.mel.npz").exists()


@pytest.mark.parametrize("command", ["duration", "pitch", "acoustic"])
def test_input_that_is_no_document_exits_with_3(svs: Svs, command: str) -> None:
    for content in (b"", b"[]", b"\xff\xfe", b"PK\x03\x04", b'[{"ph_seq": "a"}]'):
        ran = svs(command, stdin=content)
        assert ran.code == 3, (content, ran.err)
        assert "standard input" in ran.err
    assert svs(command, "nothing.ds").code == 3


def test_vocode_refuses_what_is_no_spectrogram(svs: Svs) -> None:
    ran = svs("vocode", "-o", "song.wav", stdin=b"RIFF")
    assert ran.code == 3
    assert "svs acoustic" in ran.err
    assert not Path("song.wav").exists()


def test_binary_output_spares_the_terminal(svs: Svs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pipe, "isatty", lambda self: self is sys.stdout)
    svs("score", "sakura.musicxml", "-o", "song.ds")
    for command in (["acoustic", "song.ds"], ["vocode", "song.mel.npz", "-o", "-"], ["synth", "song.ds", "-o", "-"]):
        ran = svs(*command)
        assert ran.code == 2
        assert "terminal" in ran.err
        assert ran.raw == b""


def test_a_stage_at_a_terminal_asks_for_input(svs: Svs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pipe, "isatty", lambda self: self is sys.stdin)
    ran = svs("duration")
    assert ran.code == 2
    assert "pipe one in" in ran.err


@pytest.mark.parametrize(
    "words",
    [("score", "song.file"), ("acoustic", "song.file"), ("report", "song.file", "a.wav"), ("evaluate", "song.file")],
)
def test_an_input_is_not_overwritten(svs: Svs, words: tuple[str, ...]) -> None:
    Path("song.file").write_text("a day's work", encoding="utf-8")
    ran = svs(*words, "-o", "./song.file")
    assert ran.code == 2 and "take its place" in ran.err
    assert Path("song.file").read_text(encoding="utf-8") == "a day's work"


@pytest.mark.parametrize("words", [("acoustic", "song.ds", "-o", "no/song.mel.npz"), ("vocode", "-o", "no/song.wav")])
def test_a_missing_folder_is_noticed_before_anything_is_read(svs: Svs, words: tuple[str, ...]) -> None:
    ran = svs(*words, stdin=b"")
    assert ran.code == 2 and "no folder no" in ran.err
