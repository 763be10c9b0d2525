"""`svs plot` and `svs report` as commands: every kind of input, choices, refusals."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile

from svs_cli.performance.ds_file import to_json
from svs_cli.performance.spectrogram import Spectrogram
from svs_cli.plots.sound import heard_in
from tests.cli.conftest import Svs
from tests.plots.pieces import piece, sung


@pytest.fixture
def song(svs: Svs) -> Svs:
    """The known piece as .ds, .wav and .mel.npz, beside the scores."""
    performance = piece()
    samples = sung(performance)
    heard = heard_in(samples)
    Path("song.ds").write_text(to_json(performance), encoding="utf-8")
    Path("song.mel.npz").write_bytes(Spectrogram(heard.mel, heard.f0_hz).to_bytes())
    soundfile.write("song.wav", samples, 44_100)
    return svs


@pytest.mark.parametrize(
    ("arguments", "written"),
    [
        (["song.ds"], "song.png"),
        (["song.ds", "--audio", "song.wav", "-o", "both.svg"], "both.svg"),
        (["song.wav"], "song.png"),
        (["song.mel.npz", "-o", "mel.pdf"], "mel.pdf"),
        (["song.mel.npz", "--audio", "song.wav", "--seconds", "0.5:1"], "song.png"),
        (["sakura.musicxml", "--bars", "5-6", "--key", "2"], "sakura.png"),
    ],
    ids=" ".join,
)
def test_every_kind_of_input_is_drawn(song: Svs, arguments: list[str], written: str) -> None:
    ran = song("plot", *arguments)
    assert (ran.code, ran.out, ran.err) == (0, f"{written}\n", "")
    assert Path(written).stat().st_size > 3_000


def test_a_long_piece_says_what_it_shows(song: Svs) -> None:
    ran = song("plot", "sakura.musicxml")
    assert ran.code == 0
    assert "bars 1-8" in ran.err
    assert "--bars" in ran.err
    assert song("plot", "sakura.musicxml", "--quiet", "--bars", "1-2").err == ""


def test_a_long_piece_has_pages_in_a_pdf(song: Svs) -> None:
    assert song("plot", "sakura.musicxml", "-o", "sakura.pdf").err == ""
    assert Path("sakura.pdf").read_bytes().count(b"/Type /Page ") == 2


def test_pipes(song: Svs) -> None:
    document = Path("song.ds").read_bytes()
    assert song("plot", "-", "-o", "-", stdin=document).raw.startswith(b"\x89PNG")
    assert song("plot", "-", stdin=document).code == 2


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["song.ds", "-o", "song.gif"], 2, ".png"),
        (["song.ds", "--bars", "9"], 2, "no bar '9'"),
        (["song.ds", "--bars", "1", "--seconds", "0:1"], 2, "use one of them"),
        (["song.ds", "--seconds", "later"], 2, "3:10"),
        (["song.wav", "--bars", "1"], 2, "no bar numbers"),
        (["song.wav", "--audio", "song.wav"], 2, "recording already"),
        (["song.ds", "--key", "2"], 2, "svs score"),
        (["none.ds"], 3, "none.ds"),
        (["none.wav"], 3, "none.wav"),
        (["song.ds", "--audio", "sakura.musicxml"], 3, "sakura.musicxml"),
        (["song.ds", "-o", "nowhere/song.png"], 2, "nowhere"),
        (["sakura.musicxml", "--part", "all", "--part", "Tenor"], 2, "Tenor"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_refusals_say_how_to_mend_it(song: Svs, arguments: list[str], code: int, said: str) -> None:
    ran = song("plot", *arguments)
    assert ran.code == code, ran.err
    assert said in ran.err
    assert not list(Path().glob("*.part"))


def test_report_writes_one_page(song: Svs) -> None:
    ran = song("report", "song.ds", "song.wav")
    assert (ran.code, ran.out, ran.err) == (0, "song.html\n", "")
    assert "Content-Security-Policy" in Path("song.html").read_text(encoding="utf-8")
    assert song("report", "song.ds", "song.wav", "-o", "-").out.startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["song.ds", "none.wav"], 3, "none.wav"),
        (["none.ds", "song.wav"], 3, "none.ds"),
        (["song.ds", "song.wav", "-o", "nowhere/x.html"], 2, "nowhere"),
        (["song.ds", "song.wav", "--tempo", "2"], 2, "--tempo"),
    ],
)
def test_report_refuses(song: Svs, arguments: list[str], code: int, said: str) -> None:
    ran = song("report", *arguments)
    assert ran.code == code, ran.err
    assert said in ran.err
