"""The acoustic network and the model around it, with random weights: shapes, borders, voices, determinism."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from svs_cli.acoustic.blocks import LocalAttention
from svs_cli.acoustic.load import load_acoustic
from svs_cli.acoustic.network import RESIDUAL, AcousticConfig, AcousticNetwork, AcousticTables
from svs_cli.acoustic.neural import Known, NeuralAcoustic, techniques_of
from svs_cli.errors import DataError, PerformanceError, VoiceMissingError
from svs_cli.performance.document import NoteDetail, SampledCurve, Segment
from svs_cli.units import GRID

KNOWN = Known(("SP", "a", "s"), ("ann", "bob"), ("core", "strong"), ("en", "ja"))
SEGMENT = Segment(
    0.0, ("SP", "s", "a", "SP"), (2, 1, 1), (None, 57.0, None), (0.3, 1.0, 0.2), (0, 0, 0),
    phone_durations_seconds=(0.2, 0.1, 1.0, 0.2),
    f0=SampledCurve(np.full(131, 220.0, np.float32), GRID.frame_seconds),
)  # fmt: skip


@pytest.fixture(scope="module")
def model() -> NeuralAcoustic:
    torch.manual_seed(0)
    config = AcousticConfig(width=32, heads=2, encoder_blocks=2, decoder_blocks=2, attention_reach=8)
    network = AcousticNetwork(config, AcousticTables(3, 2, 2, 2, 4))
    with torch.no_grad():  # untrained modulations are zero, and then nobody's voice is heard
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape))
    return NeuralAcoustic("random", network, KNOWN)


def test_attention_is_local_and_does_not_depend_on_groups() -> None:
    torch.manual_seed(1)
    attention = LocalAttention(16, 2, reach=4)
    x = torch.randn(2, 23, 16)
    with torch.no_grad():
        whole = attention(x)
        q, k, v = attention.query_key_value(x).view(2, 23, 3, 2, 8).permute(2, 0, 3, 1, 4)
        from svs_cli.acoustic.blocks import rotary, rotate

        turn, at = rotary(23, 8, x.device), torch.arange(23)
        band = (at[:, None] - at[None]).abs() <= 4
        plain = torch.nn.functional.scaled_dot_product_attention(rotate(q, turn), rotate(k, turn), v, attn_mask=band)
        np.testing.assert_allclose(whole, attention.leave(plain.transpose(1, 2).reshape(2, 23, 16)), atol=1e-5)
        far = x.clone()
        far[:, 0] += 5
        assert torch.equal(attention(far)[:, 5:], whole[:, 5:]) and not torch.equal(attention(far)[:, :5], whole[:, :5])


def test_an_untrained_decoder_guesses_the_best_line_and_can_learn() -> None:
    config = AcousticConfig(width=16, heads=2, encoder_blocks=1, decoder_blocks=1)
    network = AcousticNetwork(config, AcousticTables(3, 1))
    torch.manual_seed(0)
    zero = torch.zeros(2, dtype=torch.long)
    voice = network.voice(zero, zero, zero, zero)
    first, noise = torch.randn(2, 600, 128), torch.randn(2, 600, 128)
    mel, t = first + RESIDUAL * torch.randn(2, 600, 128), torch.tensor([0.3, 0.8])
    at = t[:, None, None]
    velocity = network.velocity((1 - at) * noise + at * mel, t, torch.randn(2, 300, 16), first, voice)
    lacking = (velocity - (mel - noise)).square().mean(dim=(1, 2))
    best = RESIDUAL**2 / (t.square() * RESIDUAL**2 + (1 - t).square())  # what no line can know
    torch.testing.assert_close(lacking, best, rtol=0.03, atol=0.0)
    (velocity - 1).square().sum().backward()
    assert network.velocity_head.weight.grad is not None and network.velocity_head.weight.grad.any()


def test_the_same_seed_sings_the_same(model: NeuralAcoustic) -> None:
    mel = model.render(SEGMENT, speaker="ann", seed=3, steps=2)
    assert mel.shape == (SEGMENT.frames, 128) and np.isfinite(mel).all()
    np.testing.assert_array_equal(mel, model.render(SEGMENT, speaker="ann", seed=3, steps=2))
    assert np.abs(mel - model.render(SEGMENT, speaker="ann", seed=4, steps=2)).max() > 1e-3


def test_a_mixture_lies_between_and_may_move(model: NeuralAcoustic) -> None:
    ann, bob, both = (model.render(SEGMENT, speaker=who, steps=1) for who in ("ann", "bob", "ann,bob"))
    assert np.abs(ann - bob).mean() > 2 * np.abs(both - (ann + bob) / 2).mean() > 0
    moving = SEGMENT.with_(speaker_mix={"ann": [1.0, 0.0], "bob": [0.0, 1.0]}, other={"spk_mix_timestep": "1.5"})
    mel = model.render(moving, speaker="ann", steps=1)
    assert np.abs(mel[:20] - ann[:20]).mean() < np.abs(mel[:20] - bob[:20]).mean()
    assert np.abs(mel[-20:] - bob[-20:]).mean() < np.abs(mel[-20:] - ann[-20:]).mean()
    still = SEGMENT.with_(speaker_mix={"ann": [1.0, 1.0]}, other={"spk_mix_timestep": "1.5"})
    np.testing.assert_allclose(model.render(still, speaker="bob", steps=1), ann, atol=1e-4)


def test_styles_and_languages_are_heard(model: NeuralAcoustic) -> None:
    plain = model.render(SEGMENT, speaker="ann", steps=1)
    np.testing.assert_array_equal(plain, model.render(SEGMENT, speaker="ann/core", steps=1))
    assert np.abs(plain - model.render(SEGMENT, speaker="ann/strong", steps=1)).mean() > 1e-3
    details = tuple(NoteDetail(language=language) for language in ("", "ja", ""))
    assert np.abs(plain - model.render(SEGMENT.with_(details=details), speaker="ann", steps=1)).mean() > 1e-4


def test_a_native_lends_consonants_and_no_vowels(model: NeuralAcoustic) -> None:
    lent = NeuralAcoustic("random", model.network, replace(KNOWN, natives={"ja": ("bob",)}))

    def difference(speaker: str, language: str) -> np.ndarray:
        details = tuple(NoteDetail(language=language) for _ in range(3))
        segment = SEGMENT.with_(details=details)
        voices = [acoustic._voices(segment, speaker) for acoustic in (model, lent)]
        return np.abs(voices[1] - voices[0]).max(axis=1)

    assert not difference("bob", "ja").any() and not difference("ann", "en").any() and not difference("ann", "").any()
    helped = difference("ann", "ja") > 0
    consonant = np.repeat([False, True, False, False], SEGMENT.phone_frames())
    np.testing.assert_array_equal(helped, consonant)
    half = difference("ann:1,bob:1", "ja")
    np.testing.assert_allclose(half, difference("ann", "ja") / 2, atol=1e-6)


def test_what_a_model_lacks_is_said(model: NeuralAcoustic) -> None:
    with pytest.raises(VoiceMissingError, match="no speaker 'cleo'") as caught:
        model.render(SEGMENT, speaker="cleo")
    assert "ann, bob" in str(caught.value.fix)
    with pytest.raises(VoiceMissingError, match="no style 'loud'"):
        model.render(SEGMENT, speaker="ann/loud")
    with pytest.raises(PerformanceError, match="cannot sing o"):
        model.render(SEGMENT.with_(phones=("SP", "s", "o", "SP")), speaker="ann")


def test_voicing_moves_tone_against_breath_and_level() -> None:
    def curve(level_db: float) -> SampledCurve:
        return SampledCurve(np.array([level_db], np.float32), 1.0)

    assert techniques_of(SEGMENT) == (None, None, None)
    energy, breath, tension = techniques_of(SEGMENT.with_(curves={"energy": curve(1.0), "voicing": curve(-4.0)}))
    assert energy is not None and breath is not None and tension is None
    assert energy[0] == -3.0 and breath[0] == 4.0


def test_energy_beyond_what_was_heard_is_a_gain(model: NeuralAcoustic) -> None:
    loud, louder = (
        model.render(SEGMENT.with_(curves={"energy": SampledCurve(np.array([db], np.float32), 1.0)}), speaker="ann")
        for db in (8.0, 12.0)
    )
    np.testing.assert_allclose(louder - loud, 4.0 / 8.6859, atol=1e-4)


def test_a_model_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.toml").write_text('kind = "acoustic"\nphones = ["a"]\nspeakers = ["ann"]\n')
    with pytest.raises(DataError, match="another version"):
        load_acoustic(tmp_path)


@pytest.mark.parametrize(
    ("table", "message"),
    [("[response]\ntension = [0, 0, 0]", "move itself"), ('[natives]\nen = ["bob"]', "'bob', who is no speaker")],
)
def test_tables_for_singing_that_cannot_be_are_refused(tmp_path: Path, table: str, message: str) -> None:
    names = ('phones = ["a"]', 'speakers = ["ann"]', "styles = []", "languages = []")
    lines = ('kind = "acoustic"', "version = 2", *names, "articulation = 4", "[network]", table)
    (tmp_path / "model.toml").write_text("\n".join(lines))
    with pytest.raises(DataError, match=message):
        load_acoustic(tmp_path)
