"""Shards, plain and compact: what comes back, what it costs, and what is refused."""

import errno
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from svs_cli.analysis.mel import LOG_FLOOR
from svs_cli.corpus.shards import Features, MelScale, Shard, read_infos, read_shard, shards_matching, write_shard
from svs_cli.errors import CorpusError, UsageError


def recording(number: int, frames: int = 90) -> Features:
    random = np.random.default_rng(number)
    mel = np.maximum(random.normal(-6, 3, (frames, 128)), LOG_FLOOR).astype(np.float16)
    f0_hz = np.where(random.random(frames) < 0.8, 200 * 2 ** random.normal(0, 0.4, frames), 0.0).astype(np.float32)
    samples = random.integers(-20_000, 20_000, frames * 512 - 101).astype(np.int16)
    return Features(samples, mel, f0_hz, {"path": f"{number}.wav", "speaker": "ana", "text": "さ"})


def test_plain_shards_come_back_exactly(tmp_path: Path) -> None:
    written = [recording(0), recording(1, 33), recording(2, 1)]
    assert write_shard(tmp_path / "a.safetensors", iter(written)) == 3
    for before, after in zip(written, read_shard(tmp_path / "a.safetensors"), strict=True):
        np.testing.assert_array_equal(before.samples, after.samples)
        np.testing.assert_array_equal(before.mel, after.mel)
        np.testing.assert_array_equal(before.f0_hz, after.f0_hz)
        assert before.info == after.info
    assert read_infos(tmp_path / "a.safetensors")[2]["path"] == "2.wav"


def test_others_can_read_them(tmp_path: Path) -> None:
    write_shard(tmp_path / "a.safetensors", [recording(0), recording(1, 33)])
    tensors = load_file(tmp_path / "a.safetensors")
    np.testing.assert_array_equal(tensors["1.mel"], recording(1, 33).mel)
    assert len(tensors) == 6 and tensors["0.samples"].dtype == np.int16


def test_reading_loads_nothing_and_nothing_is_misaligned(tmp_path: Path) -> None:
    write_shard(tmp_path / "a.safetensors", [recording(n, 10 + n) for n in range(9)])
    for features in Shard(tmp_path / "a.safetensors"):
        for tensor in (features.samples, features.mel, features.f0_hz):
            assert tensor is not None and not tensor.flags.owndata and tensor.flags.aligned
            base = tensor
            while isinstance(base.base, np.ndarray):
                base = base.base
            assert isinstance(base, np.memmap)


def test_compact_shards_keep_what_they_promise(tmp_path: Path) -> None:
    written = [recording(n) for n in range(4)]
    write_shard(tmp_path / "plain.safetensors", written)
    scale = MelScale.between(*(float(f([g(x.mel) for x in written])) for f, g in ((min, np.min), (max, np.max))))
    write_shard(tmp_path / "small.safetensors", written, scale)
    for before, after in zip(written, Shard(tmp_path / "small.safetensors"), strict=True):
        assert after.samples is None and after.info == before.info
        assert after.mel.dtype == np.float16 and after.f0_hz.dtype == np.float32
        assert np.abs(after.mel.astype(float) - before.mel.astype(float)).max() <= 0.05
        np.testing.assert_array_equal(after.f0_hz > 0, before.f0_hz > 0)
        voiced = before.f0_hz > 0
        assert np.abs(1200 * np.log2(after.f0_hz[voiced] / before.f0_hz[voiced])).max() < 1.0
        with pytest.raises(UsageError, match="compact"):
            after.require_samples()
    sizes = [(tmp_path / f"{name}.safetensors").stat().st_size for name in ("small", "plain")]
    assert sizes[0] < 0.2 * sizes[1]


def test_a_compact_recording_without_pitch(tmp_path: Path) -> None:
    silent = Features(None, recording(0).mel, np.zeros(90, np.float32), {})
    write_shard(tmp_path / "a.safetensors", [silent], MelScale.between(-11.6, 5.0))
    assert not next(read_shard(tmp_path / "a.safetensors")).f0_hz.any()
    with pytest.raises(CorpusError, match="no spectra"):
        MelScale.between(-100.0, 100.0)


@pytest.mark.parametrize("kept", [0, 5, 100, 0.5, 0.999])
def test_what_is_no_shard_says_so(tmp_path: Path, kept: float) -> None:
    path = tmp_path / "a.safetensors"
    write_shard(path, [recording(0)])
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content)) if isinstance(kept, float) else kept])
    with pytest.raises(CorpusError, match=r"a\.safetensors is no feature shard") as caught:
        list(read_shard(path))
    assert "corpus prepare" in (caught.value.fix or "")


def test_lying_heads_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    for head in (
        {"0.mel": {"dtype": "F16", "shape": [4], "data_offsets": [0, 4]}, "__metadata__": {"recordings": "[{}]"}},
        {"0.mel": {"dtype": "F64", "shape": [1], "data_offsets": [0, 8]}, "__metadata__": {"recordings": "[{}]"}},
        {"0.mel": {"dtype": "F16", "shape": [2], "data_offsets": [0, 4]}, "__metadata__": {"recordings": "{}"}},
        {"0.mel": {"dtype": "F16", "shape": [2], "data_offsets": [0, 4]}, "__metadata__": {"recordings": "[{}]"}},
        {"0.mel": 3},
        {},
    ):
        text = json.dumps(head).encode()
        path.write_bytes(len(text).to_bytes(8, "little") + text + bytes(8))
        with pytest.raises(CorpusError, match="no feature shard"):
            list(read_shard(path))


def test_a_full_disk_leaves_the_old_shard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.safetensors"
    write_shard(path, [recording(0)])
    before = path.read_bytes()

    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", full)
    with pytest.raises(UsageError, match="disk is full"):
        write_shard(path, [recording(1)])
    assert path.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["a.safetensors"]


def test_recipes_name_shards_with_wildcards(tmp_path: Path) -> None:
    for name in ("kumi-core", "kumi-core-2", "yuki"):
        write_shard(tmp_path / f"{name}.safetensors", [recording(0)])
    found = shards_matching(tmp_path, ["yuki.safetensors", "kumi-*.safetensors", "*.safetensors"])
    assert [path.stem for path in found] == ["yuki", "kumi-core", "kumi-core-2"]
    with pytest.raises(CorpusError, match=r"no shard .*nobody"):
        shards_matching(tmp_path, ["nobody-*.safetensors"])
