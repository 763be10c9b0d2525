"""From manifests to shards: levels, splits, resuming, sameness, and what is left out."""

import errno
import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from svs_cli.analysis.mel import log_mel
from svs_cli.corpus import crew
from svs_cli.corpus.manifest import Note, Recording, write_manifest
from svs_cli.corpus.preparing import gather, measure
from svs_cli.corpus.preparing import prepare as prepare_module
from svs_cli.corpus.preparing.levels import TARGET_LUFS, block_loudness, gated_loudness
from svs_cli.corpus.preparing.prepare import PrepareConfig, prepare
from svs_cli.corpus.preparing.split import SplitConfig
from svs_cli.corpus.shards import INT16_SCALE, read_infos, read_shard
from svs_cli.errors import CorpusError, UsageError

ALONE = PrepareConfig(jobs=1)


def voice(hz: float, amplitude: float, seconds: float = 0.6, rate_hz: int = 44_100, seed: int = 0) -> np.ndarray:
    """A tone with overtones between silences of 0.4 s."""
    time = np.arange(int(seconds * rate_hz)) / rate_hz
    tone = sum(np.sin(2 * np.pi * hz * k * time) / k for k in range(1, 9))
    gap = np.zeros(int(0.4 * rate_hz))
    joined = np.concatenate([gap, amplitude * tone, gap])
    return (joined + 1e-5 * np.random.default_rng(seed).normal(size=len(joined))).astype(np.float32)


def record(folder: Path, name: str, samples: np.ndarray, rate_hz: int = 44_100, **known: Any) -> Recording:
    folder.mkdir(exist_ok=True)
    soundfile.write(folder / f"{name}.wav", samples, rate_hz)
    known = {"speaker": "ana", "style": "core", "language": "ja", **known}
    return Recording(folder / f"{name}.wav", **known)


def timed(recording: Recording, seconds: float = 1.4) -> Recording:
    return replace(recording, phones=("SP", "a", "SP"), phone_ends_seconds=(0.4, 1.0, seconds))


def few(folder: Path, count: int = 4) -> list[Recording]:
    return [
        timed(record(folder, f"s{n}", voice(200 + 10 * n, 0.05 + 0.02 * n, seed=n), pitch_midi=57.0))
        for n in range(count)
    ]


def run(tmp_path: Path, recordings: Sequence[Recording], name: str = "out", config: PrepareConfig = ALONE) -> Path:
    write_manifest(recordings, tmp_path / "m.jsonl")
    prepare([tmp_path / "m.jsonl"], tmp_path / name, config)
    return tmp_path / name


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.safetensors")}


def test_features_fit_each_other_and_the_label(tmp_path: Path) -> None:
    out = run(tmp_path, few(tmp_path / "a"))
    for index, features in enumerate(read_shard(out / "ana-core.safetensors")):
        samples = features.require_samples().astype(np.float32) / INT16_SCALE
        assert len(features.mel) == len(features.f0_hz) == -(-len(samples) // 512)
        assert np.abs(log_mel(samples) - features.mel.astype(np.float32)).max() < 0.01
        assert np.median(features.f0_hz[features.f0_hz > 0]) == pytest.approx(200 + 10 * index, rel=0.01)
        assert features.info["ends_seconds"] == pytest.approx([0.25, 0.85, 1.1], abs=0.03)
        assert features.info["nominal_midi"] == 57.0 and features.info["band_hz"] <= 16_000


def test_one_gain_for_a_group(tmp_path: Path) -> None:
    louder = record(tmp_path / "a", "high", voice(400, 0.02), pitch_midi=69.0)
    out = run(tmp_path, [*few(tmp_path / "a"), louder])
    recordings = list(read_shard(out / "ana-core.safetensors"))
    gains = [f.info["gain_db"] for f in recordings]
    assert len(set(gains[:4])) == 1 and gains[4] != gains[0]
    peaks = [int(np.abs(f.require_samples()).max()) for f in recordings]
    assert peaks[3] / peaks[0] == pytest.approx(0.11 / 0.05, rel=0.02) and max(peaks) < 32_767
    blocks = np.concatenate([block_loudness(f.require_samples() / np.float32(INT16_SCALE)) for f in recordings[:4]])
    assert gated_loudness(blocks) == pytest.approx(TARGET_LUFS, abs=0.1)


def test_breaths_take_the_singers_gain(tmp_path: Path) -> None:
    breath = record(tmp_path / "a", "breath", 0.02 * voice(150, 0.1), phones=("SP", "AP", "SP"),
                    phone_ends_seconds=(0.4, 1.0, 1.4))  # fmt: skip
    out = run(tmp_path, [*few(tmp_path / "a"), breath])
    gains = [info["gain_db"] for info in read_infos(out / "ana-core.safetensors")]
    assert gains[4] == gains[0]


def test_text_alone_and_low_rates(tmp_path: Path) -> None:
    speech = [
        record(tmp_path / "b", f"p{n}", voice(120, 0.1, rate_hz=24_000, seed=n), 24_000, speaker="bea", style="speech",
               language="en", text="hello") for n in range(3)
    ]  # fmt: skip
    out = run(tmp_path, speech)
    for features in read_shard(out / "bea-speech.safetensors"):
        info = features.info
        assert info["text"] == "hello" and "ends_seconds" not in info and info["nominal_midi"] is None
        assert info["band_hz"] < 12_000
        assert np.median(features.f0_hz[features.f0_hz > 0]) == pytest.approx(120, rel=0.01)


def test_notes_an_octave_off_still_give_the_right_f0(tmp_path: Path) -> None:
    sung = record(tmp_path / "a", "song", voice(110, 0.1, 1.5), notes=(Note(0.4, 1.9, 57.0),))
    features = next(read_shard(run(tmp_path, [sung]) / "ana-core.safetensors"))
    assert np.median(features.f0_hz[features.f0_hz > 0]) == pytest.approx(110, rel=0.01)
    assert features.info["notes"][0]["midi"] == 57.0
    assert features.info["notes"][0]["start_seconds"] == pytest.approx(0.25, abs=0.03)


@pytest.mark.slow
def test_the_number_of_processes_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "LEAST_ITEMS", 2)
    recordings = few(tmp_path / "a", 6)
    one = run(tmp_path, recordings, "one")
    two = run(tmp_path, recordings, "two", PrepareConfig(jobs=2))
    assert content(one) == content(two) and content(one)


@pytest.mark.parametrize("finished", [0, 2, 4])
def test_a_run_that_was_ended_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, finished: int) -> None:
    recordings = few(tmp_path / "a")
    whole = run(tmp_path, recordings, "whole")
    done: list[Any] = []
    original = prepare_module.extract_into

    def ended(work: Any, *others: Any) -> str:
        if len(done) == finished:
            raise KeyboardInterrupt
        done.append(work)
        return original(work)

    with monkeypatch.context() as context:
        context.setattr(prepare_module, "extract_into", ended)
        if finished == 4:
            context.setattr(prepare_module, "write_shards", ended)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path, recordings, "parts")
    assert not content(tmp_path / "parts")
    (tmp_path / "parts" / ".prepare" / ".x.safetensors.abc.part").write_bytes(b"half")
    with (tmp_path / "parts" / ".prepare" / "measures.jsonl").open("a") as journal:
        journal.write('{"key": "cut sho')

    def counted(work: Any) -> str:
        done.append(work)
        return original(work)

    monkeypatch.setattr(prepare_module, "extract_into", counted)
    monkeypatch.setattr(measure, "measured", never)
    parts = run(tmp_path, recordings, "parts")
    assert len(done) == 4 and content(parts) == content(whole)
    assert [path.name for path in (parts / ".prepare").iterdir()] == ["measures.jsonl"]


def never(*arguments: object) -> None:
    raise AssertionError("this was done before")


@pytest.mark.parametrize("compact", [False, True])
def test_a_second_run_does_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compact: bool) -> None:
    config = replace(ALONE, compact=compact)
    recordings = few(tmp_path / "a")
    before = content(run(tmp_path, recordings, config=config))
    monkeypatch.setattr(prepare_module, "extract_into", never)
    monkeypatch.setattr(gather, "write_shard", never)
    assert content(run(tmp_path, recordings, config=config)) == before


def test_new_words_need_no_new_features(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recordings = few(tmp_path / "a")
    run(tmp_path, recordings)
    monkeypatch.setattr(prepare_module, "extract_into", never)
    out = run(tmp_path, [replace(recording, text="new", split="test") for recording in recordings])
    assert {(i["text"], i["split"]) for i in read_infos(out / "ana-core.safetensors")} == {("new", "test")}


def test_compact_shards_are_the_same_but_smaller(tmp_path: Path) -> None:
    recordings = few(tmp_path / "a")
    plain = run(tmp_path, recordings, "plain") / "ana-core.safetensors"
    small = run(tmp_path, recordings, "small", replace(ALONE, compact=True)) / "ana-core.safetensors"
    assert small.stat().st_size < 0.25 * plain.stat().st_size
    for one, other in zip(read_shard(plain), read_shard(small), strict=True):
        assert one.info == other.info and other.samples is None
        assert np.abs(one.mel.astype(float) - other.mel.astype(float)).max() <= 0.05
    both = run(tmp_path, recordings, "small")  # plain again, over the compact ones
    assert content(both)["ana-core.safetensors"] == plain.read_bytes()


def test_parts_of_half_a_gigabyte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather, "SHARD_BYTES", 300_000)
    recordings = few(tmp_path / "a", 5)
    out = run(tmp_path, recordings)
    names = ["ana-core.safetensors", "ana-core-2.safetensors", "ana-core-3.safetensors"]
    assert sorted(content(out)) == sorted(names)
    assert [i["path"] for name in names for i in read_infos(out / name)] == [f"s{n}.wav" for n in range(5)]
    run(tmp_path, recordings[:2])
    assert sorted(content(out)) == names[:1]


def test_everything_left_out_has_a_reason(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    good = few(folder)
    shutil.copy(good[0].audio, folder / "copy.wav")
    bad = {
        "same audio as s0.wav": replace(good[0], audio=folder / "copy.wav"),
        "silence": record(folder, "silent", np.zeros(44_100)),
        "labels end at": timed(record(folder, "other", voice(200, 0.2)), 3.0),
        "unknown phones": record(folder, "odd", voice(210, 0.2), phones=("zzz",)),
    }
    write_manifest([*good, *bad.values()], tmp_path / "m.jsonl")
    result = prepare([tmp_path / "m.jsonl"], tmp_path / "out", ALONE)
    found = {rejected.audio: rejected.reason for rejected in result.rejected}
    assert len(found) == 4
    for reason, recording in bad.items():
        assert reason in found[recording.audio]
    assert result.speakers["ana", "core"].recordings == 4 and "4 with times" in result.speakers["ana", "core"].line()
    write_manifest(list(bad.values())[1:], tmp_path / "m.jsonl")
    with pytest.raises(CorpusError, match="not one of 3 recordings"):
        prepare([tmp_path / "m.jsonl"], tmp_path / "none", ALONE)


def test_a_full_disk_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    recordings = few(tmp_path / "a")
    with monkeypatch.context() as context:
        context.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1000))
        with pytest.raises(UsageError, match="are needed"):
            run(tmp_path, recordings)

    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("svs_cli.corpus.shard_file.shutil.copyfileobj", full)
    with pytest.raises(UsageError, match="disk is full") as caught:
        run(tmp_path, recordings)
    assert "kept" in (caught.value.fix or "") and not content(tmp_path / "out")


def test_no_song_is_in_two_splits(tmp_path: Path) -> None:
    low, high = tmp_path / "low", tmp_path / "high"
    recordings = [
        record(folder, f"s{n}", voice(hz + n, 0.1, 0.3, seed=n), speaker=who, pitch_midi=None)
        for who, folder, hz in (("ana", low, 300), ("bea", high, 400)) for n in range(6)
    ]  # fmt: skip
    out = run(tmp_path, recordings, config=PrepareConfig(SplitConfig(0.2, 0.2), jobs=1))
    splits: dict[str, set[str]] = {}
    for path in out.glob("*.safetensors"):
        for info in read_infos(path):
            splits.setdefault(info["group"], set()).add(info["split"])
    assert len(splits) == 6 and all(len(found) == 1 for found in splits.values())
    assert {"train", "dev"} <= set().union(*splits.values())
