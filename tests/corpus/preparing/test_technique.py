"""Technique curves in shards: measured once, added to shards that lack them, kept by compact ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from svs_cli.analysis.mel import log_mel
from svs_cli.corpus.preparing.technique import add_curves, with_curves
from svs_cli.corpus.shards import CURVES, INT16_SCALE, Features, MelScale, Shard, write_shard
from svs_cli.errors import UsageError


def tone(f0_hz: float) -> Features:
    """A second of harmonics."""
    time = np.arange(44_100) / 44_100
    samples = sum(0.1 / k * np.sin(2 * np.pi * k * f0_hz * time) for k in range(1, 9)).astype(np.float32)
    mel = log_mel(samples).astype(np.float16)
    return Features((samples * INT16_SCALE).astype(np.int16), mel, np.full(len(mel), f0_hz, np.float32), {"path": "a"})


def test_shards_get_their_curves_once(tmp_path: Path) -> None:
    path = tmp_path / "tones.safetensors"
    write_shard(path, [tone(200.0), tone(300.0)])
    assert not Shard(path)[0].curves
    assert add_curves([path]) == [path]
    before = path.read_bytes()
    assert add_curves([path]) == [] and path.read_bytes() == before
    tension_db = 10 * np.log10(sum(k**-2 for k in range(2, 9)))
    for features, plain in zip(Shard(path), (tone(200.0), tone(300.0)), strict=True):
        assert tuple(features.curves) == CURVES
        assert all(len(curve) == len(plain.mel) for curve in features.curves.values())
        np.testing.assert_array_equal(features.mel, plain.mel)
        assert abs(float(np.median(features.curves["tension_db"])) - tension_db) < 0.2


def test_compact_shards_keep_curves_and_cannot_get_them(tmp_path: Path) -> None:
    path, scale = tmp_path / "small.safetensors", MelScale.between(-11.6, 5.0)
    write_shard(path, [with_curves(tone(200.0))], scale)
    assert tuple(Shard(path)[0].curves) == CURVES and add_curves([path]) == []
    write_shard(path, [tone(200.0)], scale)
    with pytest.raises(UsageError, match="compact"):
        add_curves([path])
