"""`svs batch`: the bytes of `svs synth`, resumed, retried, reported; an engine without processes unless said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from svs_cli.batch import work
from svs_cli.batch.workers import Died
from svs_cli.cli import batch
from svs_cli.errors import ExtraMissingError
from tests.batch.songs import cut, inline, short_scores
from tests.cli.conftest import Ran, Svs


@pytest.fixture(autouse=True)
def in_this_process(svs: Svs, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(batch, "engine_called", lambda name: inline)
    work.loaded.cache_clear()
    yield
    work.loaded.cache_clear()


@pytest.fixture
def songs(svs: Svs) -> Path:
    folder = Path("songs")
    folder.mkdir()
    short_scores(folder, 3)
    return folder


def told(ran: Ran) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ran.out.splitlines()]


def statuses(ran: Ran) -> list[str]:
    return [line["status"] for line in told(ran)]


def test_the_bytes_are_those_of_synth(svs: Svs, songs: Path) -> None:
    ran = svs("batch", "songs", "-o", "out", "--seed", 4, "--format", "flac")
    assert ran.code == 0, ran.err
    written = [Path(line) for line in ran.out.splitlines()]
    assert [path.name for path in written] == [f"{path.stem}.flac" for path in sorted(songs.iterdir())]
    for score, path in zip(sorted(songs.iterdir()), written, strict=True):
        svs("synth", score, "-o", "alone.flac", "--seed", 4)
        assert Path("alone.flac").read_bytes() == path.read_bytes()
    assert {path.name for path in Path("out").iterdir()} == {".svs", *(path.name for path in written)}
    assert "3 sung, 0 already there, 0 failed" in ran.err
    assert "real-time factor" in ran.err


def test_what_is_finished_is_kept(svs: Svs, songs: Path) -> None:
    svs("batch", "songs", "-o", "out")
    before = {path: path.stat().st_mtime_ns for path in Path("out").glob("*.wav")}
    ran = svs("batch", "songs", "-o", "out", "--json")
    assert statuses(ran) == ["kept"] * 3
    assert told(ran)[0]["results"][0]["seconds"] > 1
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_what_has_changed_is_sung_again(svs: Svs, songs: Path) -> None:
    first, second, third = sorted(songs.iterdir())
    outputs = [Path("out") / f"{score.stem}.wav" for score in (first, second, third)]
    svs("batch", "songs", "-o", "out")
    first.write_bytes(cut("sakura", 5, 2))
    outputs[1].unlink()
    outputs[2].write_bytes(outputs[2].read_bytes()[:-3] + b"abc")
    assert statuses(svs("batch", "songs", "-o", "out", "--json")) == ["sung"] * 3
    assert statuses(svs("batch", "songs", "-o", "out", "--json", "--key", 1)) == ["sung"] * 3
    assert statuses(svs("batch", "songs", "-o", "out", "--json", "--key", 1)) == ["kept"] * 3
    model = Path("home/voices/formant")
    model.mkdir(parents=True)
    shipped = Path(batch.__file__).parents[2] / "models" / "formant" / "model.toml"
    (model / "model.toml").write_text(shipped.read_text() + 'description = "another"\n'.replace("description", "url"))
    from svs_cli.batch.records import model_hashes

    model_hashes.cache_clear()
    assert statuses(svs("batch", "songs", "-o", "out", "--json", "--key", 1)) == ["sung"] * 3
    model_hashes.cache_clear()


def test_a_failure_does_not_stop_the_others(svs: Svs, songs: Path) -> None:
    (songs / "001-bad.musicxml").write_text("<score-partwise>")
    ran = svs("batch", "songs", "-o", "out", "nowhere.mid")
    assert ran.code == 3
    assert len(ran.out.splitlines()) == 3
    assert "failed: songs/001-bad.musicxml: " in ran.err
    assert "failed: nowhere.mid: there is no file nowhere.mid" in ran.err
    assert "3 sung, 0 already there, 2 failed" in ran.err
    assert not list(Path("out").glob("*bad*"))
    (songs / "001-bad.musicxml").write_bytes(cut("sakura", 0, 2))
    again = svs("batch", "songs", "-o", "out", "nowhere.mid", "--retry-failed", "--json")
    assert again.code == 3
    assert {(line["status"], line["score"]) for line in told(again)} == {
        ("sung", "songs/001-bad.musicxml"), ("failed", "nowhere.mid"),
    }  # fmt: skip
    (failure,) = (line["error"] for line in told(again) if line["status"] == "failed")
    assert failure == {"message": "there is no file nowhere.mid", "fix": "", "code": 3}
    assert statuses(svs("batch", "songs", "-o", "out", "--retry-failed", "--json")) == []


def test_the_gravest_failure_gives_the_exit_code(svs: Svs, songs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert svs("batch", "songs", "--voice", "formnat").code == 4
    Path("mixed.jsonl").write_text('{"score": "none.mid"}\n{"score": "twinkle.mid", "voice": "nobody"}\n')
    assert svs("batch", "mixed.jsonl").code == 4
    assert svs("batch", "songs", "--part", "Bass").code == 2

    def dying(tasks: Any, workers: int | None, threads: int | None) -> Iterator[Any]:
        for task in tasks:
            yield task, Died(-9)

    monkeypatch.setattr(batch, "engine_called", lambda name: dying)
    ran = svs("batch", "songs", "none.mid")
    assert ran.code == 1
    assert ran.err.count("the worker was killed (SIGKILL") == 3


def test_rows_choose_for_themselves(svs: Svs) -> None:
    Path("lists").mkdir()
    Path("lists/a.musicxml").write_bytes(cut("sakura", 0, 2))
    Path("lists/songs.csv").write_text(
        "score,output,key,seed\na.musicxml,,,\na.musicxml,high/,5,\na.musicxml,other.ogg,,9\n"
    )
    ran = svs("batch", "lists/songs.csv", "-o", "out", "--seed", 3, "--json")
    assert ran.code == 0, ran.err
    results = [line["results"][0] for line in told(ran)]
    assert [result["output"] for result in results] == ["out/a.wav", "out/high/a.wav", "out/other.ogg"]
    assert [result["seed"] for result in results] == [3, 3, 9]


def test_parts_and_stages_are_outputs_too(svs: Svs) -> None:
    duet = Path("duet.jsonl")
    duet.write_text('{"score": "sakura.musicxml", "part": "all", "save-stages": "stages"}\n')
    assert svs("batch", duet, "-o", "out").code == 0
    assert {path.name for path in Path("out").rglob("*.*")} >= {
        "sakura-voice.wav", "sakura-voice.score.ds", "sakura-voice.mel.npz"
    }  # fmt: skip
    assert statuses(svs("batch", duet, "-o", "out", "--json")) == ["kept"]
    Path("out/stages/sakura-voice.mel.npz").unlink()
    assert statuses(svs("batch", duet, "-o", "out", "--json")) == ["sung"]


@pytest.mark.parametrize(("arguments", "words"), [
    (("sakura.musicxml", "-o", "song.wav"), "folder"),
    (("sakura.musicxml", "-o", "-"), "folder"),
    (("songs.csv",), "would both write"),
    (("all.jsonl",), "would both write"),
    (("sakura.musicxml", "--key", "99"), "--key"),
    (("sakura.musicxml", "--format", "mp3"), "mp3"),
    (("sakura.musicxml", "--workers", "0"), "--workers"),
    (("*.abc",), "nothing matches"),
    ((), "Missing argument"),
])  # fmt: skip
def test_impossible_requests_are_refused_before_any_work(svs: Svs, arguments: tuple[str, ...], words: str) -> None:
    Path("songs.csv").write_text("score,output\nsakura.musicxml,a.wav\ntwinkle.mid,./a.wav\n")
    Path("all.jsonl").write_text(
        '{"score": "sakura.musicxml", "part": "all"}\n{"score": "twinkle.mid", "output": "sakura-voice.wav"}\n'
    )
    ran = svs("batch", *arguments)
    assert ran.code == 2
    assert words in ran.err
    assert not list(Path().glob("*.wav"))


def test_an_interrupted_batch_leaves_whole_files(svs: Svs, songs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(tasks: Any, workers: int | None, threads: int | None) -> Iterator[Any]:
        yield next(inline(tasks, workers, threads))
        next(iter(tasks)).folder.joinpath("half.wav").write_text("half")
        raise KeyboardInterrupt

    monkeypatch.setattr(batch, "engine_called", lambda name: interrupted)
    ran = svs("batch", "songs", "-o", "out", "--json")
    assert (ran.code, statuses(ran)) == (130, ["sung"])
    names = sorted(str(path.relative_to("out")) for path in Path("out").rglob("*"))
    assert names == [".svs", ".svs/000-sakura.wav.json", ".svs/lock", "000-sakura.wav"]
    monkeypatch.setattr(batch, "engine_called", lambda name: inline)
    assert statuses(svs("batch", "songs", "-o", "out", "--json")) == ["kept", "sung", "sung"]


def test_warnings_name_their_song(svs: Svs, songs: Path) -> None:
    ran = svs("batch", "songs", "--key", 20)
    assert "warning: songs/000-sakura.musicxml: " in ran.err
    assert svs("batch", "songs", "--key", 21, "-q").err == ""


def test_ray_is_optional(svs: Svs, monkeypatch: pytest.MonkeyPatch) -> None:
    from svs_cli.batch import ray_engine

    monkeypatch.undo()
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(ExtraMissingError) as caught:
        batch.engine_called("ray")
    assert caught.value.fix == "pip install 'svs-cli[ray]'"
    assert ray_engine.on_ray is not None
