"""What the aligner hears: two log-mel spectrograms on a grid of 10 ms, one fine in frequency, one fine in time.

Conventions
-----------
- Frame `i` is centred on `i * 10 ms`; the three short frames that belong to it on 10 ms * (i - 1/3, i, i + 1/3).
- Nothing above 8 kHz is heard, so that recordings of 16, 24 and 44.1 kHz look alike.
- Levels are relative to the loudest frame of what is heard and end 80 dB below it.
"""

from __future__ import annotations

import torch
from torch.nn import functional

from svs_cli.analysis.mel import MelSpec, log_mel_torch
from svs_cli.units import DB_PER_NEPER, FrameGrid

ALIGN_GRID = FrameGrid(44_100, 441)
SHORT_PER_FRAME = 3
LONG_MEL = MelSpec(hop_samples=441, window_samples=1024, bands=80, low_hz=60.0, high_hz=8_000.0)
SHORT_MEL = MelSpec(hop_samples=147, window_samples=512, bands=20, low_hz=60.0, high_hz=8_000.0)
CHANNELS = LONG_MEL.bands + SHORT_PER_FRAME * SHORT_MEL.bands
RANGE_DB = 80.0


def aligner_features(samples: torch.Tensor) -> torch.Tensor:
    """Features in about -1..1: (batch, samples) at 44.1 kHz -> (batch, ceil(samples / 441), CHANNELS)."""
    long = log_mel_torch(samples, LONG_MEL)
    frames = long.shape[1]
    short = log_mel_torch(functional.pad(samples, (SHORT_MEL.hop_samples, 2 * SHORT_MEL.hop_samples)), SHORT_MEL)
    short = short[:, : frames * SHORT_PER_FRAME].reshape(len(samples), frames, -1)
    return torch.cat([levelled(long), levelled(short)], dim=2)


def levelled(log_mel: torch.Tensor) -> torch.Tensor:
    """0 dB and -80 dB against the loudest frame become 1 and -1; a frame's loudness is its loudest band."""
    loudest = log_mel.amax(dim=(1, 2), keepdim=True)
    return ((log_mel - loudest) * (DB_PER_NEPER / RANGE_DB)).clamp_min(-1.0) * 2.0 + 1.0
