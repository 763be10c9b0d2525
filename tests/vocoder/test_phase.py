"""The phase of the filter: where the mouth moves, periods stay as long as they were asked for."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from svs_cli.evaluation.extract import F0Extractor
from svs_cli.evaluation.made_vowels import MadeVowel, formant_gain
from svs_cli.units import GRID, cents
from svs_cli.vocoder.filters import (
    BORDER_FRAMES,
    BORDER_HUSH_NEPERS,
    HUSH_NEPERS,
    PIECE_SAMPLES,
    added_up,
    at_subframes,
    bins_hz,
    spectra_of_pieces,
)
from svs_cli.vocoder.phase import DELAY_FRAMES, delay_kernel, minimum_phase_matrix, periods_kept
from svs_cli.vocoder.source import excitation
from tests.vocoder.networks import small_network

FRAMES = 80


def moved_mouth(f0_hz: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Log-gain of a filter that goes from /a/ to /i/ and back, each time within 70 ms, and its phase, (1, T, F)."""
    bins = bins_hz().double().numpy()
    vowels = [np.log(formant_gain(MadeVowel(phone, f0_hz), bins)) for phone in ("a", "i")]
    share = np.interp(np.arange(FRAMES), [20, 26, 50, 56], [0.0, 1.0, 1.0, 0.0])[:, None]
    log_gain = torch.tensor((1 - share) * vowels[0] + share * vowels[1], dtype=torch.float32)
    return log_gain[None], minimum_phase_matrix(log_gain)[None]


def heard_errors_cents(angle: torch.Tensor, log_gain: torch.Tensor, f0_hz: float) -> np.ndarray:
    """How far from F0 pulses are heard that passed this filter, by frame."""
    pulses = excitation(torch.full((1, FRAMES), f0_hz), GRID.hop_samples, GRID.sample_rate_hz).pulses
    filters = torch.polar(at_subframes(log_gain).exp(), at_subframes(angle))
    samples = added_up(spectra_of_pieces(pulses, torch.hann_window(PIECE_SAMPLES)) * filters)[0].numpy()
    heard_hz = F0Extractor().f0_hz((0.1 * samples / np.abs(samples).max()).astype(np.float32))[8 : FRAMES - 8]
    assert (heard_hz > 0).all()
    return np.asarray(np.abs(cents(np.full(len(heard_hz), f0_hz), heard_hz)))


@pytest.mark.parametrize("f0_hz", [110.0, 220.0, 440.0])
def test_a_mouth_that_moves_leaves_the_pitch_alone(f0_hz: float) -> None:
    log_gain, angle = moved_mouth(f0_hz)
    kept = periods_kept(angle, log_gain, torch.full((1, FRAMES), f0_hz), delay_kernel())
    before, after = heard_errors_cents(angle, log_gain, f0_hz), heard_errors_cents(kept, log_gain, f0_hz)
    assert after.max() < 0.75 * before.max()
    assert np.mean(after**2) < 0.5 * np.mean(before**2)


def test_a_delay_is_taken_out_but_for_its_slow_part() -> None:
    f0_hz, delay_seconds = torch.full((1, FRAMES), 200.0), torch.zeros(1, FRAMES)
    delay_seconds[:, 40:] = 3e-4
    delayed = -2 * torch.pi * delay_seconds[..., None] * bins_hz()
    kept = periods_kept(delayed, torch.zeros_like(delayed), f0_hz, delay_kernel())
    found_seconds = -kept[0, :, 10] / (2 * torch.pi * bins_hz()[10])
    reach = DELAY_FRAMES // 2 + 1
    assert float(found_seconds[: 40 - reach].abs().max()) < 1e-9
    torch.testing.assert_close(found_seconds[40 + reach :], delay_seconds[0, 40 + reach :], atol=1e-9, rtol=0)
    steps = found_seconds.diff()
    assert float(steps.min()) >= -1e-9 and float(steps.max()) < 3e-4 * 2.1 / DELAY_FRAMES  # where it was 3e-4 at once


def test_what_does_not_move_or_does_not_sound_is_left_alone() -> None:
    log_gain, angle = moved_mouth(220.0)
    still = angle[:, :1].expand(-1, FRAMES, -1)
    kernel, sung = delay_kernel(), torch.full((1, FRAMES), 220.0)
    assert torch.equal(periods_kept(still, log_gain, sung, kernel), still)
    assert torch.equal(periods_kept(angle, log_gain, torch.zeros(1, FRAMES), kernel), angle)


def test_a_cut_knows_what_the_whole_knows() -> None:
    log_gain, angle = moved_mouth(220.0)
    sung, kernel, reach = torch.full((1, FRAMES), 220.0), delay_kernel(), DELAY_FRAMES // 2 + 1
    whole = periods_kept(angle, log_gain, sung, kernel)
    cut = slice(10, 70)
    part = periods_kept(angle[:, cut], log_gain[:, cut], sung[:, cut], kernel)
    torch.testing.assert_close(part[:, reach:-reach], whole[:, cut][:, reach:-reach])


def test_noise_is_hushed_in_song_alone_and_only_beside_low_partials() -> None:
    network = small_network()
    mel, f0_hz = torch.full((1, 40, 128), -4.0), torch.zeros(1, 40)
    f0_hz[:, 10:30] = 220.0
    with torch.no_grad():
        outline = network.outline(mel, f0_hz)
        learned = network.log_gains(outline)
        network.hushed = True
        sung = network.log_gains(outline)
    assert torch.equal(learned[0], sung[0])
    less = (learned[1] - sung[1])[0]
    assert not less[:10].any() and not less[30:].any()
    low, high = int(300 / float(bins_hz()[1])), int(6000 / float(bins_hz()[1]))
    assert not less[:, high:].any()
    torch.testing.assert_close(less[10 : 10 + BORDER_FRAMES, low], torch.full((BORDER_FRAMES,), BORDER_HUSH_NEPERS))
    torch.testing.assert_close(less[15:25, low], torch.full((10,), HUSH_NEPERS))
