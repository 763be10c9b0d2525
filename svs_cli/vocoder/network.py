"""Source-filter vocoder with an inverse-STFT head: F0 fixes the pitch, the network shapes gain, phase and noise.

Axes: B batch, T frames (hop 512), S = 4 T subframes (hop 128), K knots on the frequency axis, F bins of the filter.

    mel, F0 -> ConvNeXt blocks at frames -> ConvNeXt blocks at subframes
                     |                             |
                coarse gain                   fine gain, noise gain, pulse-synchronous noise
                     |                             |
    pulses(F0)  -> pieces * H(s, f) \\
                                      + -> inverse transform, overlap-add -> samples
    white noise -> pieces * N(s, f) /

The rendering is then measured and retouched, see retouch.py.

H is minimum phase, but its phase moves slower than its gain and hardly alters periods, see phase.py. Both gains start
from the mel, with the harmonics of F0 smoothed away; the network learns log-gain residuals. Noise swells and ebbs
with the pulses, as breath does in a voice. Fricatives, plosives and creak change faster than a frame of 11.6 ms, hence
the subframes. The backbone is ConvNeXt in one dimension, as in Vocos (Siuzdak 2023).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from svs_cli.analysis.comb import comb_table
from svs_cli.analysis.mel import LOG_FLOOR, MEL, log_mel_torch, mel_filterbank
from svs_cli.vocoder.blocks import ConvNeXtBlock, SongConv, head
from svs_cli.vocoder.filters import (
    PIECE_SAMPLES,
    SUBFRAMES,
    added_up,
    at_samples,
    at_subframes,
    band_centres_hz,
    bins_hz,
    combs_of,
    hush_nepers,
    hushed_parts,
    interpolation_matrix,
    mel_knots,
    smoothed,
    smoothing_matrix,
    spectra_of_pieces,
    to_gain,
)
from svs_cli.vocoder.phase import (
    STEADY_FRAMES,
    delay_kernel,
    loudness,
    minimum_phase_matrix,
    periods_kept,
    steadied,
)
from svs_cli.vocoder.retouch import Retouch
from svs_cli.vocoder.source import Course, excitation

# Mean STFT magnitude of unit white noise (Rayleigh) against the mel filters' unit area, as a log offset.
LEVEL_OFFSET = -0.13


@dataclass(frozen=True)
class VocoderConfig:
    """Size of the network."""

    width: int = 256
    blocks: int = 8
    fine_width: int = 96
    fine_blocks: int = 3
    expansion: int = 3
    gain_knots: int = 128
    fine_knots: int = 32
    noise_knots: int = 48
    retouch_width: int = 128
    retouch_blocks: int = 2


@dataclass(frozen=True)
class Outline:
    """What the network says of mel and F0, without the margins that it only saw.

    Shapes: mel (B, T, 128) and f0_hz (B, T), as asked; level (B, T, 128), the mel without harmonics; coarse
    (B, T, K), with the network's own gains after it; features (B, T, W), for the retouch; fine, noise (B, S, K),
    log-gains; pulses (B, n), unfiltered; breath (B, n), the gain of the noise within each pitch period.
    """

    mel: torch.Tensor
    f0_hz: torch.Tensor
    level: torch.Tensor
    coarse: torch.Tensor
    features: torch.Tensor
    fine: torch.Tensor
    noise: torch.Tensor
    pulses: torch.Tensor
    breath: torch.Tensor


@dataclass(frozen=True)
class Shape:
    """The filters of an outline, all real, (B, S, F): gain and angle of that of the pulses, gain of the noise's."""

    outline: Outline
    gain: torch.Tensor
    angle: torch.Tensor
    noise_gain: torch.Tensor


@dataclass(frozen=True)
class Response:
    """All but the noise: voiced (B, S, F), complex spectra of the filtered pulses; shape, see there."""

    voiced: torch.Tensor
    shape: Shape


class SourceFilterVocoder(nn.Module):
    """Log-mel and F0 to samples; see the module's picture."""

    smoothing: torch.Tensor
    combs: torch.Tensor
    mel_to_gain: torch.Tensor
    coarse_to_gain: torch.Tensor
    coarse_to_phase: torch.Tensor
    fine_to_gain: torch.Tensor
    fine_to_phase: torch.Tensor
    noise_to_gain: torch.Tensor
    hush: torch.Tensor
    delay: torch.Tensor
    window: torch.Tensor
    mel_window: torch.Tensor
    mel_bank: torch.Tensor

    def __init__(self, config: VocoderConfig) -> None:
        super().__init__()
        self.config = config
        width, fine = config.width, config.fine_width
        self.enter = SongConv(MEL.bands + 2, width, 7, padding=3)
        self.enter_evidence = SongConv(2 * MEL.bands, width, 3, padding=1, bias=False)
        nn.init.zeros_(self.enter_evidence.weight)
        self.enter_norm = nn.LayerNorm(width, eps=1e-6)
        self.blocks = nn.ModuleList(
            ConvNeXtBlock(width, config.expansion, 1.0 / config.blocks) for _ in range(config.blocks)
        )
        self.leave_norm = nn.LayerNorm(width, eps=1e-6)
        self.coarse_sizes = [config.gain_knots, SUBFRAMES * fine]
        self.coarse_head = head(width, sum(self.coarse_sizes), std=0.01)
        nn.init.normal_(self.coarse_head.weight[-self.coarse_sizes[-1] :], std=width**-0.5)
        self.fine_blocks = nn.ModuleList(
            ConvNeXtBlock(fine, config.expansion, 1.0 / config.fine_blocks) for _ in range(config.fine_blocks)
        )
        self.fine_norm = nn.LayerNorm(fine, eps=1e-6)
        self.fine_sizes = [config.fine_knots, config.noise_knots, 2]
        self.fine_head = head(fine, sum(self.fine_sizes), std=0.01)
        # Gain of the noise where the voice sounds, and whether there is less of it among low partials, see neural.py.
        self.voiced_noise, self.hushed = 1.0, False
        self.retouches = 1
        self.retouch = Retouch(width, config.retouch_width, config.retouch_blocks, config.expansion)
        self._register_tables()

    def _register_tables(self) -> None:
        config, bins = self.config, bins_hz()
        mel = interpolation_matrix(band_centres_hz(), bins)
        coarse = interpolation_matrix(mel_knots(config.gain_knots), bins)
        fine = interpolation_matrix(mel_knots(config.fine_knots), bins)
        tables = {
            "smoothing": smoothing_matrix(),
            "combs": torch.tensor(comb_table()),
            "mel_to_gain": mel,
            "coarse_to_gain": torch.cat([mel, coarse]),
            "coarse_to_phase": torch.cat([minimum_phase_matrix(mel), minimum_phase_matrix(coarse)]),
            "fine_to_gain": fine,
            "fine_to_phase": minimum_phase_matrix(fine),
            "noise_to_gain": interpolation_matrix(mel_knots(config.noise_knots), bins),
            "hush": hush_nepers(),
            "delay": delay_kernel(),
            "window": torch.hann_window(PIECE_SAMPLES),
            "mel_window": torch.hann_window(MEL.window_samples),
            "mel_bank": torch.tensor(mel_filterbank().T.copy()),
        }
        for name, table in tables.items():
            self.register_buffer(name, table, persistent=False)

    def controls(self, mel: torch.Tensor, f0_hz: torch.Tensor, ripple: torch.Tensor) -> list[torch.Tensor]:
        """At frames: features, log-gain residual, (B, T, K); at subframes: fine and noise log-gain, breath.

        `ripple` (B, T, 128) is what the mel stands above its smooth self. Where it goes with the comb of F0 the voice
        is clear, elsewhere noisy: evidence that a network cannot find from the number F0 alone.
        """
        voiced = (f0_hz > 0).float()
        pitch = torch.where(f0_hz > 0, torch.log(f0_hz.clamp_min(1.0)) - 5.5, 0.0)
        x = torch.cat([(mel + 5.0) * 0.4, pitch[..., None], voiced[..., None]], dim=-1).transpose(1, 2)
        evidence = torch.cat([ripple, ripple * voiced[..., None] * combs_of(f0_hz, self.combs)], dim=-1)
        x = self.enter(x) + self.enter_evidence(evidence.transpose(1, 2))
        x = self.enter_norm(x.transpose(1, 2)).transpose(1, 2)
        for block in self.blocks:
            x = block(x)
        features = self.leave_norm(x.transpose(1, 2))
        gain, fine = self.coarse_head(features).float().split(self.coarse_sizes, -1)
        y = torch.unflatten(fine, -1, (SUBFRAMES, self.config.fine_width)).flatten(1, 2).transpose(1, 2)
        for block in self.fine_blocks:
            y = block(y)
        fine_controls = self.fine_head(self.fine_norm(y.transpose(1, 2))).float().split(self.fine_sizes, -1)
        return [features, gain, *fine_controls]

    def outline(
        self, mel: torch.Tensor, f0_hz: torch.Tensor, course: Course | None = None, margins: tuple[int, int] = (0, 0)
    ) -> Outline:
        """mel (B, T, 128), f0_hz (B, T) -> pulses, and all that tells their filters and those of the noise.

        `margins`, frames before and after, are for the blocks to see; nothing is made for them.
        """
        # The floor of the mel means silence; below it gains fall on so that silence stays silent.
        rippled = torch.where(mel <= LOG_FLOOR + 0.05, mel - 6.0, mel) + LEVEL_OFFSET
        level = smoothed(rippled, f0_hz, self.smoothing)
        controls = self.controls(mel, f0_hz, (rippled - level).clamp(-3.0, 3.0))
        mel, f0_hz, level, features, gain = (inner(x, margins) for x in (mel, f0_hz, level, *controls[:2]))
        fine, noise, breath = (inner(x, margins, SUBFRAMES) for x in controls[2:])
        source = excitation(f0_hz, MEL.hop_samples, MEL.sample_rate_hz, course)
        breath = self._breath(breath, source.phase_cycles, source.voiced)
        coarse = torch.cat([level, gain], dim=-1)
        return Outline(mel, f0_hz, level, coarse, features, fine, noise, source.pulses, breath)

    def shape(self, mel: torch.Tensor, f0_hz: torch.Tensor) -> Shape:
        """mel (B, T, 128), f0_hz (B, T) -> pulses, and the filters that they and the noise are to pass."""
        outline = self.outline(mel, f0_hz)
        log_gain, noise_log_gain = self.log_gains(outline)
        return Shape(
            outline,
            to_gain(at_subframes(log_gain) + outline.fine @ self.fine_to_gain),
            at_subframes(self.angle(outline, log_gain)),
            to_gain(at_subframes(noise_log_gain) + outline.noise @ self.noise_to_gain),
        )

    def respond(self, mel: torch.Tensor, f0_hz: torch.Tensor) -> Response:
        """mel (B, T, 128), f0_hz (B, T) -> everything but the noise; see `outline`."""
        shape = self.shape(mel, f0_hz)
        spectra = spectra_of_pieces(shape.outline.pulses, self.window)
        return Response(spectra * torch.polar(shape.gain, shape.angle), shape)

    def log_gains(self, outline: Outline) -> tuple[torch.Tensor, torch.Tensor]:
        """Of pulses and noise at frames, (B, T, F) each; what `fine` and `noise` say of subframes is still to come."""
        noise = outline.level @ self.mel_to_gain
        if self.hushed:
            noise = noise - hushed_parts(outline.f0_hz) @ self.hush
        return outline.coarse @ self.coarse_to_gain, noise

    def angle(self, outline: Outline, log_gain: torch.Tensor) -> torch.Tensor:
        """Minimum phase of the pulses' log-gains (B, T, F) at frames, steadied by what is loud, see phase.py.

        Without it, the onset of a vowel takes the phase from silence to that of the vowel within a few periods.
        """
        power = loudness(outline.level)
        coarse = steadied(outline.coarse, power, STEADY_FRAMES)
        fine = steadied(outline.fine, at_subframes(power), SUBFRAMES * (STEADY_FRAMES + 1) - 1, SUBFRAMES)
        angle = coarse @ self.coarse_to_phase + fine @ self.fine_to_phase
        return periods_kept(angle, log_gain, outline.f0_hz, self.delay)

    def _breath(self, breath: torch.Tensor, phase_cycles: torch.Tensor, voiced: torch.Tensor) -> torch.Tensor:
        """Gain of the noise within each pitch period, of unit power: (B, S, 2), (B, n), (B, n) -> (B, n)."""
        # At most 0.9, so that noise never stops and the gain's derivative stays finite.
        depth = breath / (1 + breath.square().sum(dim=-1, keepdim=True)).sqrt() * 0.9
        radians = 2 * torch.pi * phase_cycles
        swell = at_samples(depth[..., 0]) * radians.cos() + at_samples(depth[..., 1]) * radians.sin()
        return (1 + voiced * swell).clamp_min(0.05).sqrt() * (1 - (1 - self.voiced_noise) * voiced)

    def sound(self, response: Response, noise: torch.Tensor) -> torch.Tensor:
        """Samples, given unit white noise: (B, n) -> (B, n)."""
        shape, outline = response.shape, response.shape.outline
        voiced = response.voiced
        noisy = spectra_of_pieces(noise * outline.breath, self.window) * shape.noise_gain
        for _ in range(self.retouches):
            with torch.no_grad():
                made = measured(added_up(voiced + noisy))
            log_gain, noise_log_gain = map(at_subframes, self.lacking(outline, made))
            voiced = voiced * to_gain(log_gain)
            noisy = noisy * to_gain(noise_log_gain)
        return added_up(voiced + noisy)

    def lacking(self, outline: Outline, made: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Log-gains for the pulses and for the noise of the next rendering, at frames, (B, T, F).

        `made` (B, T, 128) is the mel of the rendering before it. Noise that was quieted is not called back.
        """
        pulses, noise = self.retouch(outline.mel, made, outline.f0_hz, outline.features, self.smoothing)
        noise_log_gain = noise @ self.mel_to_gain
        if self.hushed:
            hush = (hushed_parts(outline.f0_hz) @ self.hush).clamp_max(1.0)
            noise_log_gain = noise_log_gain - hush * noise_log_gain.clamp_min(0.0)
        return pulses @ self.mel_to_gain, noise_log_gain

    def forward(self, mel: torch.Tensor, f0_hz: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """mel (B, T, 128), f0_hz (B, T), unit white noise (B, n) -> samples (B, n), n = T * 512; to learn by.

        Singing takes `rendering.rendered`, which says the same faster.
        """
        return self.sound(self.respond(mel, f0_hz), noise)


def inner(values: torch.Tensor, margins: tuple[int, int], steps: int = 1) -> torch.Tensor:
    """Without the margins at either end of time, in frames of so many steps, (B, steps T, ...) -> shorter."""
    # A graph that is traced must not learn a length.
    return values[:, margins[0] * steps : values.shape[1] - margins[1] * steps] if any(margins) else values


def measured(samples: torch.Tensor) -> torch.Tensor:
    """The mel of a sound amid silence, as the graph of export_graph.py has it, (B, n) -> (B, n / 512, 128)."""
    margin = MEL.window_samples // 2
    frames = margin // MEL.hop_samples
    return log_mel_torch(functional.pad(samples, (margin, margin)))[:, frames:-frames]
