"""What every vocoder checks before it starts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from svs_cli.analysis.mel import MEL
from svs_cli.errors import DataError

HIGHEST_F0_HZ = 4000.0
HIGHEST_MEL = 20.0  # natural logarithm: far above any sound


def check(mel: NDArray[np.float32], f0_hz: NDArray[np.float32]) -> None:
    """Raise DataError unless mel is (frames, 128) and F0 (frames,), both finite and within what sounds have."""
    if mel.ndim != 2 or mel.shape[1] != MEL.bands or f0_hz.shape != (len(mel),):
        raise DataError(f"mel {mel.shape} and F0 {f0_hz.shape} must be (frames, {MEL.bands}) and (frames,)")
    if not np.isfinite(mel).all() or not np.isfinite(f0_hz).all():
        raise DataError("the mel or F0 holds values that are not finite")
    if len(mel) and mel.max() > HIGHEST_MEL:
        raise DataError(f"the mel holds {mel.max():.0f}: no sound is that loud")
    if len(f0_hz) and not 0 <= f0_hz.min() <= f0_hz.max() <= HIGHEST_F0_HZ:
        raise DataError(f"F0 must lie between 0 and {HIGHEST_F0_HZ:.0f} Hz")
