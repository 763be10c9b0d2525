"""The vocoder as it sings: what `SourceFilterVocoder.forward` says of one song, within rounding, in half the time.

Conventions
-----------
- Axes: T frames (hop 512), S = 4 T subframes (hop 128), F bins of the filter, n = T * 512 samples. There is no batch.
- The network runs over the whole stretch, the filters over blocks of it that fit a processor's cache. Blocks need no
  overlap: all that reaches over their borders are the pieces, which are added up.
- Between frames log-gains and angles move on straight lines: a subframe's turn is the one before it times a factor
  that holds for the frame, so sines are needed at frames alone.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import nn
from torch.nn import functional

from svs_cli.analysis.mel import LOG_FLOOR, MEL
from svs_cli.vocoder.blocks import SongConv
from svs_cli.vocoder.filters import (
    FILTER_FFT,
    HIGHEST_LOG_GAIN,
    LEAD_SAMPLES,
    LOWEST_LOG_GAIN,
    PIECE_SAMPLES,
    SUBFRAME_SAMPLES,
    SUBFRAMES,
)
from svs_cli.vocoder.network import SourceFilterVocoder
from svs_cli.vocoder.source import Course

BLOCK_FRAMES = 32  # 128 subframes of 513 bins are 0.26 MB
STEPS = FILTER_FFT // SUBFRAME_SAMPLES  # subframes that a filtered piece reaches over
FIRST_STEP = (LEAD_SAMPLES + PIECE_SAMPLES // 2) // SUBFRAME_SAMPLES


def rendered(
    network: SourceFilterVocoder,
    mel: torch.Tensor,
    f0_hz: torch.Tensor,
    noise: torch.Tensor,
    course: Course | None = None,
    margins: tuple[int, int] = (0, 0),
) -> torch.Tensor:
    """Shapes: mel (1, T + both margins, 128), f0_hz (1, T + both margins), noise (1, n) -> (n,); see `forward`."""
    outline = network.outline(mel, f0_hz, course, margins)
    frames = outline.f0_hz.shape[1]
    pulses, noises = Pieces(outline.pulses, network.window), Pieces(noise * outline.breath, network.window)
    log_gain, noise_log_gain = network.log_gains(outline)
    gain, noise_gain, turns = Line(log_gain), Line(noise_log_gain), Turns(network.angle(outline, log_gain))
    total = Total(frames, mel.device)
    spectra = []
    for block in blocks(frames, mel.device):
        own = slice(block.start * SUBFRAMES, block.stop * SUBFRAMES)
        voiced, noisy = pulses.spectra(own), noises.spectra(own)
        voiced.mul_(turns.at(block))
        voiced.mul_(gain_of(gain.at(block).addmm_(outline.fine[0, own], network.fine_to_gain)))
        noisy.mul_(gain_of(noise_gain.at(block).addmm_(outline.noise[0, own], network.noise_to_gain)))
        total.add(own, voiced + noisy)
        spectra.append((block, own, voiced, noisy))
    for _ in range(network.retouches):
        log_gain, noise_log_gain = network.lacking(outline, log_mel(total.samples(), network))
        total = Total(frames, mel.device)
        gain, noise_gain = Line(log_gain), Line(noise_log_gain)
        for block, own, voiced, noisy in spectra:
            voiced.mul_(gain_of(gain.at(block)))
            noisy.mul_(gain_of(noise_gain.at(block)))
            total.add(own, voiced + noisy)
    return total.samples()


@torch.no_grad()
def hear_silence(network: SourceFilterVocoder, reach_frames: int) -> None:
    """Tell every convolution what it hears in endless silence, so that songs need not begin and end with much of it."""
    frames = 2 * (reach_frames + 1)
    device = network.window.device
    heard: dict[SongConv, torch.Tensor] = {}

    def hear(layer: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        if isinstance(layer, SongConv):
            heard[layer] = inputs[0]

    hooks = [layer.register_forward_pre_hook(hear) for layer in network.modules() if isinstance(layer, SongConv)]
    mel = torch.full((1, frames, MEL.bands), LOG_FLOOR, device=device)
    network.lacking(network.outline(mel, torch.zeros(1, frames, device=device)), mel)
    for hook in hooks:
        hook.remove()
    for layer, values in heard.items():
        middle, reach = values.shape[2] // 2, int(layer.padding[0])
        layer.silence = values[..., middle - reach : middle].clone(), values[..., middle : middle + reach].clone()


def blocks(frames: int, device: torch.device) -> Iterator[slice]:
    """Stretches of frames to be worked at in one go: a processor has a cache, other devices want all at once."""
    size = BLOCK_FRAMES if device.type == "cpu" else max(frames, 1)
    return (slice(first, min(first + size, frames)) for first in range(0, frames, size))


def log_mel(samples: torch.Tensor, network: SourceFilterVocoder) -> torch.Tensor:
    """`network.measured` block by block: the mel of a sound amid silence, (n,) -> (1, n / 512, 128)."""
    half = MEL.window_samples // 2
    pieces = functional.pad(samples, (half, half)).unfold(0, MEL.window_samples, MEL.hop_samples)
    mel = samples.new_empty(len(samples) // MEL.hop_samples, MEL.bands)
    for block in blocks(len(mel), mel.device):
        spectra = torch.fft.rfft(pieces[block] * network.mel_window)
        magnitude = torch.addcmul(spectra.real.square(), spectra.imag, spectra.imag).add_(1e-12).sqrt_()
        torch.mm(magnitude, network.mel_bank, out=mel[block])
    return mel.clamp_min_(MEL.floor).log_()[None]


def gain_of(log_gain: torch.Tensor) -> torch.Tensor:
    """`filters.to_gain` in place."""
    return log_gain.clamp_(LOWEST_LOG_GAIN, HIGHEST_LOG_GAIN).exp_()


class Line:
    """Frame values at every subframe, straight lines between, as `filters.at_subframes`."""

    def __init__(self, values: torch.Tensor) -> None:
        """Shape (1, T, F)."""
        self.values = torch.cat([values[0], values[0, -1:]])

    def ends(self, block: slice) -> tuple[torch.Tensor, torch.Tensor]:
        """The frames' values, and how much is added to them from subframe to subframe, (t, F) each."""
        here, following = self.values[block], self.values[block.start + 1 : block.stop + 1]
        return here, (following - here).mul_(1 / SUBFRAMES)

    def at(self, block: slice) -> torch.Tensor:
        """(4 t, F)."""
        here, step = self.ends(block)
        values = here.new_empty(len(here), SUBFRAMES, here.shape[1])
        values[:, 0] = here
        for i in range(1, SUBFRAMES):
            torch.add(here, step, alpha=i, out=values[:, i])
        return values.flatten(0, 1)


class Turns(Line):
    """exp(i angle) at every subframe: that of the subframe before times a factor that holds for the frame."""

    def at(self, block: slice) -> torch.Tensor:
        """Complex (4 t, F)."""
        here, factor = map(turn, self.ends(block))
        values = here.new_empty(len(here), SUBFRAMES, here.shape[1])
        values[:, 0] = here
        for i in range(1, SUBFRAMES):
            torch.mul(values[:, i - 1], factor, out=values[:, i])
        return values.flatten(0, 1)


def turn(angle: torch.Tensor) -> torch.Tensor:
    """exp(i angle), as `torch.polar` has it, which takes three times as long."""
    return torch.complex(angle.cos(), angle.sin())


class Pieces:
    """Windowed pieces of samples, centred on the subframes, as `filters.pieces_of`."""

    def __init__(self, samples: torch.Tensor, window: torch.Tensor) -> None:
        """Shapes (1, n), (512,)."""
        half = PIECE_SAMPLES // 2
        self.pieces = functional.pad(samples[0], (half, half)).unfold(0, PIECE_SAMPLES, SUBFRAME_SAMPLES)
        self.window = window

    def spectra(self, own: slice) -> torch.Tensor:
        """Complex (s, F) of some of the subframes."""
        room = self.window.new_zeros(own.stop - own.start, FILTER_FFT)
        torch.mul(self.pieces[own], self.window, out=room[:, LEAD_SAMPLES : LEAD_SAMPLES + PIECE_SAMPLES])
        return torch.fft.rfft(room)


class Total:
    """Samples of filtered pieces added up, as `filters.added_up`."""

    def __init__(self, frames: int, device: torch.device) -> None:
        self.subframes = frames * SUBFRAMES
        self.sums = torch.zeros(self.subframes + STEPS - 1, SUBFRAME_SAMPLES, device=device)

    def add(self, own: slice, spectra: torch.Tensor) -> None:
        """Spectra of some of the subframes, complex (s, F)."""
        parts = torch.unflatten(torch.fft.irfft(spectra, n=FILTER_FFT), -1, (STEPS, SUBFRAME_SAMPLES))
        for step in range(STEPS):
            self.sums[own.start + step : own.stop + step] += parts[:, step]

    def samples(self) -> torch.Tensor:
        """All that has been added, (n,)."""
        return 0.5 * self.sums[FIRST_STEP : FIRST_STEP + self.subframes].flatten()
