"""Where a segment's F0 is heard: the curve of the document made continuous, and masked by the phones.

Conventions
-----------
- In a document F0 is positive everywhere, through rests and unvoiced phones too; documents of other programs may
  hold 0 Hz where they found no pitch, which `continuous_f0` bridges in log frequency.
- A vocoder wants 0 Hz where nothing vibrates: `voiced_f0` gives that, from the voicing of the phones.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from svs_cli.errors import PerformanceError
from svs_cli.performance.document import SampledCurve, Segment


def continuous_f0(curve: SampledCurve) -> SampledCurve:
    """The curve with its zeros bridged (linearly in log frequency, held at the ends).

    Raises PerformanceError if there is no pitch at all.
    """
    voiced = curve.values > 0
    if voiced.all():
        return curve
    if not voiced.any():
        raise PerformanceError("f0_seq holds only zeros", fix="remove f0_seq and run 'svs pitch' on the file")
    index = np.arange(len(curve.values))
    bridged = np.exp(np.interp(index, index[voiced], np.log(curve.values[voiced])))
    return SampledCurve(bridged.astype(np.float32), curve.timestep_seconds)


def voiced_f0(segment: Segment) -> NDArray[np.float32]:
    """F0 in Hz on the frame grid, shape (segment.frames,), 0 in frames of unvoiced and silent phones.

    Raises PerformanceError if the segment has no F0 or no phone durations yet.
    """
    # The inventory reads a data file: here, so that documents can be handled without it.
    from svs_cli.frontend.inventory import load_inventory

    if segment.f0 is None:
        raise PerformanceError("the document has no F0 yet", fix="run it through 'svs pitch' first")
    inventory = load_inventory()
    voiced = [inventory.is_voiced(phone) for phone in segment.phones]
    mask = np.repeat(np.array(voiced), segment.phone_frames())
    return np.where(mask, continuous_f0(segment.f0).at_frames(segment.frames), 0.0).astype(np.float32)
