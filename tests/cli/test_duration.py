"""`svs duration`: models by name, knobs, and the table of errors."""

from __future__ import annotations

import json

import numpy as np
import pytest

from svs_cli.cli.run import run
from tests.corpus.sung_folder import write_song


@pytest.fixture
def document(tmp_path, monkeypatch):
    monkeypatch.setenv("SVS_HOME", str(tmp_path / "home"))
    write_song(tmp_path, "one")
    assert run(["score", str(tmp_path / "musicxml" / "one.xml"), "--lang", "ja", "-o", str(tmp_path / "one.ds")]) == 0
    return tmp_path / "one.ds"


def timed(document, *options: str) -> list[dict]:
    out = document.with_name("timed.ds")
    assert run(["duration", str(document), "-o", str(out), *options]) == 0
    return json.loads(out.read_text())


def lengths(segments: list[dict], key: str) -> np.ndarray:
    return np.array([float(number) for segment in segments for number in segment[key].split()])


def test_rule_and_model_differ_and_both_fill_the_notes(document):
    by_rule, learned = timed(document, "--timing", "rule"), timed(document, "--timing", "neural")
    assert timed(document) == learned
    assert np.abs(lengths(by_rule, "ph_dur") - lengths(learned, "ph_dur")).max() > 0.01
    for segments in (by_rule, learned):
        assert lengths(segments, "ph_dur").sum() == pytest.approx(lengths(segments, "note_dur").sum(), abs=1e-4)


@pytest.mark.parametrize("options", [["--swing", "1"], ["--rubato", "1"], ["--humanise", "30", "--seed", "4"]])
def test_knobs_move_notes_and_keep_the_length(document, options):
    plain, felt = timed(document), timed(document, *options)
    assert lengths(felt, "note_dur").sum() == pytest.approx(lengths(plain, "note_dur").sum(), abs=1e-4)
    assert np.abs(lengths(felt, "note_dur") - lengths(plain, "note_dur")).max() > 0.005
    assert timed(document, *options) == felt


def test_a_model_that_is_on_no_shelf(document, capsys):
    assert run(["duration", str(document), "--timing", "durations"]) == 4
    assert "did you mean 'duration'" in capsys.readouterr().err


def test_liberties_with_phones_that_have_lengths_are_refused(document, capsys):
    timed(document)
    code = run(["synth", str(document.with_name("timed.ds")), "--voice", "formant", "--swing", "1",
                "-o", str(document.with_name("x.wav"))])  # fmt: skip
    assert code == 2 and "svs duration" in capsys.readouterr().err


def test_a_drawn_curve_goes_along_with_the_phones(document, capsys):
    drawn = document.with_name("drawn.ds")
    assert run(["duration", str(document), "--timing", "rule", "-o", str(drawn)]) == 0
    assert run(["pitch", str(drawn), "--pitch-model", "rule", "-o", str(drawn)]) == 0
    before = json.loads(drawn.read_text())
    capsys.readouterr()
    assert timed(drawn, "--timing", "rule") == before
    assert "went along" not in capsys.readouterr().err
    after = timed(drawn, "--timing", "rule", "--rubato", "1")
    assert "F0 and curves of the document went along with the phones" in capsys.readouterr().err
    for key in ("f0_seq", "energy"):
        old, new = lengths(before, key), lengths(after, key)
        assert len(old) == len(new) and np.abs(old - new).max() > 0.5
        assert old.min() - 0.01 <= new.min() and new.max() <= old.max() + 0.01


@pytest.mark.parametrize("options", [["song.ds"], ["--swing", "1"], ["--seed", "3"], ["-o", "out.ds"]])
def test_an_evaluation_refuses_what_it_would_not_heed(options, capsys):
    assert run(["duration", "--evaluate", "no7", *options]) == 2
    assert "--evaluate takes no" in capsys.readouterr().err


def test_the_table_compares_with_singers(document, capsys):
    folder = str(document.parent)
    assert run(["duration", "--evaluate", folder]) == 0
    shown = capsys.readouterr()
    assert [line.split("  ")[0] for line in shown.out.splitlines()[1:]] == ["rule", "rule, refitted", "duration"]
    assert run(["duration", "--evaluate", folder, "--json", "--quiet"]) == 0
    shown = capsys.readouterr()
    assert shown.err == "" and json.loads(shown.out)["rule"]["nucleus_rms_ms"] == pytest.approx(30.0, abs=0.2)
    assert run(["duration", "--evaluate", folder + "/nowhere"]) == 3
    assert run(["duration", str(document), "--json"]) == 2
