"""The vocoder as it sings says what the network that learned says."""

from __future__ import annotations

import pytest
import torch

from svs_cli.analysis.mel import LOG_FLOOR, MEL
from svs_cli.vocoder import rendering
from svs_cli.vocoder.blocks import gelu
from svs_cli.vocoder.rendering import rendered
from tests.vocoder.networks import small_network, song


@pytest.mark.parametrize("frames", [1, 31, 32, 150])
@pytest.mark.parametrize("retouches", [0, 1, 2])
def test_what_is_sung_is_what_was_learned(frames: int, retouches: int) -> None:
    network = small_network(less_noise_nepers=1.0)
    network.retouches = retouches
    mel, f0_hz = (torch.from_numpy(x)[None] for x in song(frames))
    mel[:, 100:120] = LOG_FLOOR
    noise = torch.randn(1, frames * MEL.hop_samples, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        learned, sung = network(mel, f0_hz, noise)[0], rendered(network, mel, f0_hz, noise)
    assert learned.abs().max() > 0.01
    torch.testing.assert_close(sung, learned, atol=2e-6 * float(learned.abs().max()), rtol=0)


def test_where_the_blocks_end_is_not_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    network = small_network()
    mel, f0_hz = (torch.from_numpy(x)[None] for x in song(90))
    noise = torch.randn(1, 90 * MEL.hop_samples)
    with torch.inference_mode():
        whole = rendered(network, mel, f0_hz, noise)
        monkeypatch.setattr(rendering, "BLOCK_FRAMES", 7)
        torch.testing.assert_close(rendered(network, mel, f0_hz, noise), whole, atol=1e-6, rtol=0)


def test_gelu_is_the_same_in_place() -> None:
    x = torch.linspace(-12, 12, 5000).reshape(1, 50, 100)
    expected = gelu(x.clone())  # gradients are on: torch's own
    with torch.no_grad():
        torch.testing.assert_close(gelu(x), expected, atol=1e-6, rtol=1e-6)
