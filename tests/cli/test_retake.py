"""`svs retake` and `svs takes`: what they write, print and refuse."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from svs_cli.performance.ds_file import from_json
from tests.cli.conftest import Svs


@pytest.fixture
def document(svs: Svs) -> Path:
    """Sakura with F0, in the current folder."""
    for words in (["score", "sakura.musicxml", "--tempo", 4], ["duration", "song.ds"], ["pitch", "song.ds"]):
        assert svs(*words, "-o", "song.ds").code == 0
    return Path("song.ds")


def test_bars_are_sung_anew(svs: Svs, document: Path) -> None:
    before = document.read_text()
    ran = svs("retake", document, "--bars", "2-3", "--seed", 3, "-o", "new.ds")
    assert (ran.code, ran.out) == (0, ""), ran.err
    assert "with seed 3" in ran.err
    assert document.read_text() == before
    old, new = (from_json(Path(name).read_text()) for name in ("song.ds", "new.ds"))
    assert sum(len(segment.retakes) for segment in new.segments) >= 1
    assert [segment.phones for segment in old.segments] == [segment.phones for segment in new.segments]
    again = svs("retake", document, "--bars", "2-3", "--seed", 3, "-o", "-", "--quiet")
    assert (again.out, again.err) == (Path("new.ds").read_text(), "")
    assert svs("retake", document, "--bars", "2-3", "--seed", 3).code == 0
    assert document.read_text() == Path("new.ds").read_text()


def test_who_drew_the_document_draws_its_retakes(svs: Svs) -> None:
    svs("score", "sakura.musicxml", "--tempo", 4, "-o", "draft.ds")
    svs("duration", "draft.ds", "-o", "timed.ds")
    drawn = {}
    for style in ("straight", "classical"):
        assert svs("pitch", "timed.ds", "--pitch-model", "rule", "--style", style, "-o", f"{style}.ds").code == 0
        for asked in ([], ["--style", "straight"]):
            ran = svs("retake", f"{style}.ds", "--bars", "2-3", "--seed", 0, *asked, "-o", "-")
            assert ran.code == 0, ran.err
            document = from_json(ran.out)
            assert (document.pitch_model, document.style) == ("rule", style)
            drawn[style, bool(asked)] = [note.chosen for segment in document.segments for note in segment.details]
        first = from_json(Path(f"{style}.ds").read_text())
        chosen = [note.chosen for segment in first.segments for note in segment.details]
        assert drawn[style, False] == chosen  # the same seed, model and style: the same choice
    assert drawn["classical", True] != drawn["classical", False]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ([], 2, "which bars"),
        (["--bars", "99"], 2, "no bar '99'"),
        (["--bars", "2", "--seconds", "1:2"], 2, "which bars"),
        (["--seconds", "5"], 2, "no stretch of time"),
        (["--bars", "2", "--seed", "-1"], 2, "seed"),
    ],
)
def test_retake_refuses(svs: Svs, document: Path, words: list[str], code: int, message: str) -> None:
    ran = svs("retake", document, *words)
    assert ran.code == code
    assert message in ran.err


def test_a_draft_has_nothing_to_retake(svs: Svs) -> None:
    svs("score", "sakura.musicxml", "-o", "draft.ds")
    ran = svs("retake", "draft.ds", "--bars", "2")
    assert ran.code == 3
    assert "svs pitch" in ran.err


def test_takes_are_ranked_and_the_best_is_kept(svs: Svs) -> None:
    ran = svs("takes", "sakura.musicxml", "--n", 2, "--tempo", 4, "-o", "out", "--json", "--quiet")
    assert ran.code == 0, ran.err
    first, second = json.loads(ran.out)
    assert [first["place"], second["place"]] == [1, 2]
    assert first["mean_rank"] <= second["mean_rank"]
    assert {first["seed"], second["seed"]} == {1, 2}
    assert first["note_accuracy"] is not None and first["roughness_db"] is not None
    assert second["audio"] == second["document"] == ""
    assert sorted(path.name for path in Path("out").iterdir()) == sorted(
        Path(first[key]).name for key in ("audio", "document")
    )


def test_a_take_of_some_bars_can_be_sung_again(svs: Svs, document: Path) -> None:
    ran = svs("takes", document, "--n", 2, "--bars", "2", "-o", "out", "--keep", "all")
    assert ran.code == 0, ran.err
    assert ran.out.splitlines()[0].split()[:2] == ["seed", "rank"]
    assert len(list(Path("out").glob("*.wav"))) == len(list(Path("out").glob("*.ds"))) == 2
    svs("synth", "out/song-2.ds", "-o", "again.wav")
    svs("synth", document, "-o", "first.wav")
    taken, again, first = (soundfile.read(name)[0] for name in ("out/song-2.wav", "again.wav", "first.wav"))
    np.testing.assert_array_equal(taken, again)
    assert 0 < np.mean(taken != first) < 0.5


def test_takes_of_a_song_differ_in_timing_too(svs: Svs) -> None:
    words = ["takes", "sakura.musicxml", "--tempo", 4, "--keep", "all", "--quiet"]
    assert svs(*words, "--n", 3, "-o", "out").code == 0
    songs = [from_json(Path(f"out/sakura-{seed}.ds").read_text()) for seed in (1, 2, 3)]
    timings = [[segment.phone_durations_seconds for segment in song.segments] for song in songs]
    assert timings[0] != timings[1] != timings[2] != timings[0]
    for song in songs:
        assert [segment.seed is not None for segment in song.segments] == [True] * len(song.segments)
        for segment in song.segments:
            assert sum(segment.phone_durations_seconds or ()) == pytest.approx(segment.duration_seconds, abs=1e-4)
            assert segment.phone_frames().sum() == segment.frames and segment.phone_frames().min() >= 1
    assert svs(*words, "--n", 2, "--seed", 2, "-o", "later").code == 0
    for name in ("sakura-2.ds", "sakura-3.wav"):  # the same seed is the same take, whatever was sung before
        assert Path("out", name).read_bytes() == Path("later", name).read_bytes()
    svs("synth", "out/sakura-2.ds", "-o", "again.wav")
    np.testing.assert_array_equal(soundfile.read("again.wav")[0], soundfile.read("out/sakura-2.wav")[0])


def test_takes_of_some_bars_of_a_score_render_nothing_else(svs: Svs, monkeypatch: pytest.MonkeyPatch) -> None:
    from svs_cli import pipeline

    sung, perform = [], pipeline.perform
    monkeypatch.setattr(pipeline, "perform", lambda *given: sung.append(perform(*given)) or sung[-1])
    ran = svs("takes", "sakura.musicxml", "--n", 2, "--bars", "2", "--tempo", 4, "-o", "out", "--keep", "all")
    assert ran.code == 0, ran.err
    assert len(sung) == 2 and sum(len(one.retakes) for one in sung[0].performance.segments) == 1
    first, second = (from_json(Path(f"out/sakura-{seed}.ds").read_text()) for seed in (1, 2))
    assert first.segments[0].retakes != second.segments[0].retakes
    assert first.segments[0].phones == second.segments[0].phones


def test_interrupted_takes_leave_nothing_and_harm_nothing(svs: Svs, monkeypatch: pytest.MonkeyPatch) -> None:
    from svs_cli.evaluation import takes

    Path("out").mkdir()
    Path("out/sakura-1.wav").write_text("mine")
    found = []

    def interrupted(*arguments: object) -> dict[str, float | None]:
        found.append(1)
        if len(found) > 1:
            raise KeyboardInterrupt
        return {}

    monkeypatch.setattr(takes, "figures_of", interrupted)
    assert svs("takes", "sakura.musicxml", "--n", 3, "--tempo", 4, "-o", "out").code == 130
    assert [path.name for path in Path("out").iterdir()] == ["sakura-1.wav"]
    assert Path("out/sakura-1.wav").read_text() == "mine"


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["nothing.musicxml"], 3, "nothing.musicxml"),
        (["sakura.musicxml", "--keep", "worst"], 2, "best or all"),
        (["sakura.musicxml", "--judge", "me"], 2, "no judge"),
        (["sakura.musicxml", "--n", "1"], 2, "--n"),
        (["sakura.musicxml", "--format", "mp3"], 2, "no 'mp3' files"),
    ],
)
def test_takes_refuses(svs: Svs, words: list[str], code: int, message: str) -> None:
    ran = svs("takes", *words, "-o", "out")
    assert ran.code == code
    assert message in ran.err
    assert not Path("out").exists()
