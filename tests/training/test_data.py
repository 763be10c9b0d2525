"""What the trainings take from shards: which split, which recordings, and how far up they listen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from svs_cli.acoustic.network import AcousticConfig, AcousticNetwork, AcousticTables
from svs_cli.analysis.f0 import praat_f0
from svs_cli.analysis.mel import MEL, log_mel
from svs_cli.corpus.shards import INT16_SCALE, Features, MelScale, shards_matching, write_shard
from svs_cli.errors import UsageError
from svs_cli.training.acoustic import NATIVE_SECONDS, acoustic_losses, natives_of
from svs_cli.training.crops import AcousticDataConfig, Crops
from svs_cli.training.examples import Naming, Vocabulary, load_examples
from svs_cli.training.vocoder import VocoderData, VocoderDataConfig, bins_within


def recording(name: str, split: str, *, band_hz: float = 16_000.0, phones: bool = True, **known: object) -> Features:
    """A second of a tone between silences; without `phones` nothing but text is known."""
    time = np.arange(int(1.4 * 44_100)) / 44_100
    tone = 0.1 * sum(np.sin(2 * np.pi * 220 * k * time) / k for k in range(1, 12))
    samples = np.where((time > 0.2) & (time < 1.2), tone, 0).astype(np.float32)
    label = {"phones": ["SP", "a", "SP"], "ends_seconds": [0.2, 1.2, 1.4]} if phones else {"phones": ["a"]}
    info = {"path": name, "speaker": "ana", "style": "", "nominal_midi": None, "split": split, "band_hz": band_hz,
            "text": "a", **label, **known}  # fmt: skip
    stored = (samples * INT16_SCALE).astype(np.int16)
    return Features(stored, log_mel(samples).astype(np.float16), praat_f0(samples), info)


RECORDINGS = [
    recording("one", "train", band_hz=8000.0),
    recording("two", "dev"),
    recording("three", "test"),
    recording("four", "train", phones=False),
    recording("five", "train", phones=True, ends_seconds=[0.2, 1.2, 1.4]),
]
BREATH = replace(RECORDINGS[0], info={**RECORDINGS[0].info, "path": "breath", "phones": ["SP", "AP", "SP"]})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_shard(tmp_path / "ana-1.safetensors", RECORDINGS[:3])
    write_shard(tmp_path / "ana-2.safetensors", [*RECORDINGS[3:], BREATH])
    return tmp_path


def acoustic(root: Path, name: str = "ana-*.safetensors") -> Crops:
    config = AcousticDataConfig(batch=4, frames=24, speakers={"ana": 1.0})
    names, examples = load_examples(shards_matching(root, [name]), Naming(("ana",)))
    return Crops(config, names, examples, seed=0)


def test_acoustic_examples_have_times_and_the_right_split(root: Path) -> None:
    data = acoustic(root)
    assert [e.split for e in data.examples] == ["train", "train"] and len(data.held_out) == 1
    assert data.names.phones == ("SP", "a")
    assert all((e.f0_hz > 150).all() and (e.f0_hz < 300).all() for e in data.examples)


def test_bands_without_sound_do_not_count(root: Path) -> None:
    data = acoustic(root)
    limited = [e for e in data.examples if not e.bands.all()]
    assert len(limited) == 1 and limited[0].bands[:90].all() and not limited[0].bands[-1]
    batch = Crops(data.config, data.names, limited, seed=0).batch(0)
    torch.manual_seed(0)
    config = AcousticConfig(width=16, heads=2, encoder_blocks=1, decoder_blocks=1)
    model = AcousticNetwork(config, AcousticTables(2, 1))
    acoustic_losses(model, batch, torch.Generator().manual_seed(0), 0.5)["total"].backward()
    gradient = model.velocity_head.bias.grad
    assert gradient is not None
    per_band = gradient.reshape(-1, MEL.bands).abs().sum(0)
    within = torch.tensor(limited[0].bands)
    assert (per_band[within] > 0).all() and (per_band[~within] == 0).all()


def test_what_a_recording_lacks_does_not_reach_the_decoder(root: Path) -> None:
    data = acoustic(root)
    limited = [e for e in data.examples if not e.bands.all()]
    batch = Crops(data.config, data.names, limited, seed=0).batch(0)
    model = AcousticNetwork(AcousticConfig(width=16, heads=2, encoder_blocks=1, decoder_blocks=1), AcousticTables(2, 1))
    torch.nn.init.normal_(model.velocity_head.weight, std=0.1)
    without = replace(batch, mel=batch.mel - 9.0 * ~torch.tensor(limited[0].bands))
    ours, same = (acoustic_losses(model, b, torch.Generator().manual_seed(0), 0.5)["total"] for b in (batch, without))
    assert torch.equal(ours, same)


def test_recordings_end_where_their_speaker_s_usually_end(tmp_path: Path) -> None:
    found = [recording(str(i), "train", band_hz=hz) for i, hz in enumerate((7000.0, 6500.0, 16_000.0))]
    write_shard(tmp_path / "ana.safetensors", found)
    low, lower, none_found = acoustic(tmp_path, "ana.safetensors").examples
    assert (none_found.bands == low.bands).all() and lower.bands.sum() < low.bands.sum() < MEL.bands


def test_natives_were_recorded_long_enough_and_copies_do_not_count(root: Path) -> None:
    one = acoustic(root).examples[0]
    names = Vocabulary(("SP", "a"), ("ana", "bea", "cleo", "dora"), ("core",), ("en", "ja"))
    enough = int(np.ceil(NATIVE_SECONDS / one.frames * MEL.sample_rate_hz / MEL.hop_samples)) + 1
    found = [replace(one, speaker=speaker, language=language, copied=copied) for speaker, language, copied, count in (
        (0, 1, False, enough), (1, 1, False, 9 * enough), (2, 1, True, 3 * enough), (2, 0, False, enough // 2),
        (0, 2, False, enough), (3, 1, False, enough),
    ) for _ in range(count)]  # fmt: skip
    assert natives_of(names, found) == {"ja": ["bea", "ana", "dora"]}
    assert natives_of(names, [*found, *[replace(one, speaker=1, language=1)] * (2 * enough)]) == {"ja": ["bea"]}
    assert natives_of(names, found, NATIVE_SECONDS / 2.5) == {"en": ["cleo"], "ja": ["bea", "ana", "dora"]}


def test_the_vocoder_takes_everything_but_dev_and_test(root: Path) -> None:
    data = VocoderData(VocoderDataConfig(shards=("ana-*.safetensors",), batch=3, frames=24), root, seed=0)
    assert [f.info["path"] for f in data.recordings] == ["one", "four", "five", "breath"]
    assert [f.info["path"] for f in data.held_out] == ["two"]
    pieces = data.batch(1)
    assert pieces.samples.shape == (3, 24 * 512) and pieces.band_hz.shape == (3,)
    within = bins_within(torch.tensor([8000.0, 16_000.0]), 2048)[:, 0]
    assert within[0].sum() == 1 + int(8000 * 2048 / 44_100) and within[1].all()


def test_compact_shards_teach_no_vocoder(tmp_path: Path) -> None:
    write_shard(tmp_path / "small.safetensors", RECORDINGS, MelScale.between(-11.6, 5.0))
    with pytest.raises(UsageError, match="compact"):
        VocoderData(VocoderDataConfig(shards=("small.safetensors",), frames=24), tmp_path, seed=0)
    data = acoustic(tmp_path, "small.safetensors")
    assert len(data.examples) == 2 and torch.isfinite(data.batch(0).mel).all()
