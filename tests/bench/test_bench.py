"""`svs bench`: songs of the asked length, figures from processes of their own, reports that say where they are from."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from svs_cli.bench import crews, run
from svs_cli.bench.machine import ModelSize, parameters_in, this_machine
from svs_cli.bench.measure import STAGES, WHOLE, Ask, Figures, Singing, measure
from svs_cli.bench.run import Bench, Measured, asks_for, in_new_process, song_seconds, time_of_help
from svs_cli.bench.song import write_song
from svs_cli.bench.table import report
from svs_cli.cli.run import run as svs
from svs_cli.errors import SvsError
from svs_cli.score.read import read_score

CREW = crews.Crew(2, 1, 12, 120.0, 30.0)
FIGURES = Figures(cold_seconds=2.0, warm_seconds=1.5, peak_mib=1500.0)


@pytest.mark.parametrize("seconds", [1.0, 10.0, 60.0, 600.0])
def test_songs_last_as_long_as_asked(tmp_path: Path, seconds: float) -> None:
    song = write_song(tmp_path, seconds)
    score = read_score(song)
    assert score.duration_seconds == pytest.approx(song_seconds(song))
    assert abs(score.duration_seconds - seconds) <= 2.0
    assert score.warnings == ()
    assert score.parts[0].has_lyrics


def test_every_stage_is_measured_alone(tmp_path: Path) -> None:
    song = write_song(tmp_path, 3.0)
    whole = measure(Ask(WHOLE, song, Singing("formant"), 1))
    assert whole.error == ""
    assert whole.cold_seconds > whole.warm_seconds > 0
    assert {path.name for path in tmp_path.iterdir()} > {f"{song.stem}.score.ds", f"{song.stem}.mel.npz"}
    for stage in STAGES:
        if stage not in (WHOLE, "vocoder"):
            figures = measure(Ask(stage, song, Singing("formant"), 1))
            assert figures.error == "", stage
            assert 10 < figures.peak_mib < 5000


def test_a_new_process_has_its_own_peak(tmp_path: Path) -> None:
    ballast = np.ones(2**27, np.uint8)  # 128 MiB, here and not there
    figures = in_new_process(Ask("score", write_song(tmp_path, 3.0), Singing("formant"), 1), 1)
    assert figures.error == ""
    assert figures.peak_mib < ballast.nbytes / 2**20


def test_a_failure_is_told(tmp_path: Path) -> None:
    assert "missing" in measure(Ask("score", tmp_path / "missing.mid", Singing("formant"))).error


def test_all_is_asked_for(tmp_path: Path) -> None:
    asks = asks_for(tmp_path, Singing("formant"), quick=False)
    assert [song_seconds(ask.song) for ask in asks if ask.stage == WHOLE] == [9, 30, 60, 120, 300, 600]
    assert [ask.stage for ask in asks if ask.stage != WHOLE] == [name for name in STAGES if name != WHOLE]
    assert len(asks_for(tmp_path, Singing("formant"), quick=True)) < len(asks)


def test_help_is_timed() -> None:
    assert 0 < time_of_help((sys.executable, "-S", "-c", "")) < 5


def test_parameters_are_counted_without_loading(tmp_path: Path) -> None:
    weights = tmp_path / "model.safetensors"
    save_file({"a": np.zeros((3, 4), np.float16), "b": np.zeros(5, np.float32)}, weights, metadata={"x": "y"})
    assert parameters_in(weights) == 17


def test_the_report_says_what_it_depends_on() -> None:
    models = (ModelSize("acoustic", "first", 6_400_000, 12 * 2**20), ModelSize("vocoder", "world"))
    rows = (Measured("acoustic", 30.0, FIGURES),)
    result = Bench(this_machine(), "alto", models, "cpu", 8, 2, 0.21, rows, (Measured(WHOLE, 60.0, FIGURES),))
    text = report(result)
    for words in ("cores", "GiB", "torch", "2 threads", "voice alto", "6.4 M parameters, 12 MiB", "8 steps", "0.21 s",
                  "vocoder world, no weights", "0.0500", "0.0250", "1.46 GiB", "60 s"):  # fmt: skip
        assert words in text
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert len({len(line) for line in tables[:3]}) == 1
    told = json.loads(json.dumps(result.as_dict()))
    assert told["growth"][0]["real_time_factor"] == 0.025
    assert told["models"][0]["parameters"] == 6_400_000
    assert told["threads"] == 2


def test_crews_are_compared_on_equal_songs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crews, "SONGS_A_CORE", 1)
    monkeypatch.setattr(crews, "usable_cores", lambda: 1)
    monkeypatch.setattr(crews, "SONG_SECONDS", 3.0)
    crew = crews.measure_crew(tmp_path, 1, 1, {"voice": "formant"})
    assert (crew.songs, crew.sung_seconds) == (1, pytest.approx(3.0, abs=0.01))
    assert crew.real_time_factor == crew.elapsed_seconds / crew.sung_seconds > 0
    with pytest.raises(SvsError, match="nobody"):
        crews.measure_crew(tmp_path, 1, 1, {"voice": "nobody"})


def test_the_command_writes_a_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(run, "in_new_process", lambda ask, threads: FIGURES)
    monkeypatch.setattr(run, "time_of_help", lambda: 0.2)
    monkeypatch.setattr(run, "measure_crew", lambda folder, workers, threads, options: CREW)
    assert svs(["bench", "--voice", "formant", "-o", "B.md", "-q"]) == 0
    assert "| vocoder " in Path("B.md").read_text()
    assert "12 songs of 10 s" in Path("B.md").read_text()
    assert "| 2 x 1             |           24.0 |           0.2500 |" in Path("B.md").read_text()
    assert svs(["bench", "--voice", "formant", "-o", "b.json", "-q", "--json", "--quick"]) == 0
    assert json.loads(Path("b.json").read_text())["steps"] is None
    assert svs(["bench", "--voice", "nobody", "-q"]) == 4
    assert svs(["bench", "-o", "none/b.json", "-q"]) == 2
    monkeypatch.setattr(run, "in_new_process", lambda ask, threads: Figures(error="out of luck"))
    with pytest.raises(SvsError, match="out of luck"):
        run.bench(Singing("formant"), quick=True)
