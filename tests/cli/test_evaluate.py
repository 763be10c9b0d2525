"""`svs evaluate` from the command line: renderings, given audio, forms of output, and mistakes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import soundfile

from svs_cli.performance.ds_file import to_json
from tests.cli.conftest import Svs
from tests.evaluation.signals import Tune

TUNE = Tune(midis=(60, 64), consonants=("k", "s"))


@pytest.fixture
def pair(svs: Svs) -> Svs:
    """`out.wav` sings `song.ds` thirty cents sharp."""
    Path("song.ds").write_text(to_json(TUNE.document()))
    soundfile.write("out.wav", TUNE.sound(detuned_cents=30), 44_100)
    return svs


def test_audio_against_its_document(pair: Svs) -> None:
    ran = pair("evaluate", "out.wav", "--ds", "song.ds", "--no-baselines")
    assert (ran.code, ran.err) == (0, "")
    figures = dict(line.strip().rsplit(maxsplit=1) for line in ran.out.splitlines() if line.startswith("  "))
    assert float(figures["F0 bias (cents)"]) == pytest.approx(30, abs=0.5)
    assert figures["notes in tune (%)"] == "100.0"
    assert "praat in two passes, 50-1400 Hz" in ran.out


def test_floor_and_ceiling_stand_beside_it(pair: Svs) -> None:
    ran = pair("evaluate", "out.wav", "--ds", "song.ds", "--json", "-o", "report.html", "--save-audio", "sounds")
    table = json.loads(ran.out)
    assert [row["name"] for row in table["rows"]] == ["audio", "copy-synthesis", "rule"]
    bias = [row["summary"]["f0_bias_cents"]["mean"] for row in table["rows"]]
    assert bias == pytest.approx([30, 30, 0], abs=3)
    assert [note["midi"] for note in table["rows"][0]["songs"][0]["notes"]] == [60, 64]
    page = Path("report.html").read_text()
    assert page.startswith("<!doctype html>")
    assert "copy-synthesis" in page
    assert sorted(path.name for path in Path("sounds").iterdir()) == [
        "out.audio.wav", "out.copy-synthesis.wav", "out.rule.wav"
    ]  # fmt: skip


def test_a_reference_adds_its_figures(pair: Svs) -> None:
    soundfile.write("truth.wav", TUNE.sound(), 44_100)
    ran = pair("evaluate", "out.wav", "--ds", "song.ds", "--reference", "truth.wav", "--json", "--no-baselines")
    values = json.loads(ran.out)["rows"][0]["songs"][0]["values"]
    assert values["log_f0_rmse"] == pytest.approx(30 / 1200 * 0.6931, abs=0.001)
    assert values["mcd_dtw_db"] <= values["mcd_db"] + 0.1


def test_several_songs_have_intervals(pair: Svs) -> None:
    Path("second.ds").write_text(Path("song.ds").read_text())
    soundfile.write("second.wav", TUNE.sound(detuned_cents=10), 44_100)
    Path("pairs.csv").write_text("audio,ds\nout.wav,song.ds\nsecond.wav,second.ds\n")
    ran = pair("evaluate", "pairs.csv", "--no-baselines", "--json")
    bias = json.loads(ran.out)["rows"][0]["summary"]["f0_bias_cents"]
    assert (bias["mean"], bias["songs"]) == (pytest.approx(20, abs=0.5), 2)
    assert bias["low"] < 15 < 25 < bias["high"]


def test_a_document_is_sung_first(pair: Svs) -> None:
    """With the test's sines for a vocoder, every voice and the rule are in tune by construction."""
    table = json.loads(pair("evaluate", "song.ds", "--voice", "formant", "--json").out)
    assert [row["name"] for row in table["rows"]] == ["formant", "copy-synthesis", "rule"]
    assert all(row["summary"]["note_accuracy"]["mean"] == 1 for row in table["rows"])
    assert table["asked_f0"] == "f0_seq"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nothing.wav"], 3, "there is no file"),
        (["out.wav", "--voice", "formant"], 2, "nothing to compare"),
        (["out.wav", "--ds", "none.ds"], 3, "none.ds"),
        (["out.wav", "--ds", "song.ds", "--f0", "ear"], 2, "use one of: praat, harvest"),
        (["out.wav", "--ds", "song.ds", "--f0-range", "wide"], 2, "50-1400"),
        (["out.wav", "--ds", "song.ds", "--key", "2"], 2, "--key cannot change"),
        (["out.wav", "--ds", "song.ds", "--judge", "me"], 2, "naturalness, words, phones, speaker"),
        (["out.wav", "--ds", "song.ds", "-o", "no/where.html"], 2, "no folder"),
        (["song.ds", "--voice", "nobody"], 4, "no voice 'nobody'"),
        (["sakura.musicxml", "--ds", "song.ds"], 2, "leave --ds out"),
    ],
)
def test_mistakes_are_said(pair: Svs, arguments: list[str], code: int, words: str) -> None:
    ran = pair("evaluate", *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert words in ran.err
