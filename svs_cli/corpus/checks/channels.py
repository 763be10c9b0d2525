"""Channel mix-ups: a silent channel, cancelling ones, different content, a delay, two equal ones.

Preparing takes the mean of the channels, which is wrong for each of these but the last.
"""

from __future__ import annotations

import numpy as np

from svs_cli.corpus.checks.finder import Finder
from svs_cli.corpus.checks.listen import Heard

SILENT_RATIO = 1e-4  # 40 dB
SILENT_POWER = 1e-9
EQUAL_RATIO = 1e-9
DELAY_GAIN = 0.15


def check_channels(find: Finder, heard: Heard) -> None:
    """Compare the first two channels."""
    channels = heard.channels
    powers = channels.powers
    if len(powers) < 2 or powers.max() < SILENT_POWER:
        return
    if powers.min() < SILENT_RATIO * powers.max():
        loud = int(np.argmax(powers))
        find.judge("channel_silent", detail=f"all of the sound is in channel {loud + 1} of {len(powers)}")
        return
    if channels.difference_power <= EQUAL_RATIO * float(powers.max()):
        find.judge("dual_mono")
        return
    if find.judge("out_of_phase", channels.correlation, f"correlation {channels.correlation:.2f}"):
        return
    gain = abs(channels.delayed_correlation) - abs(channels.correlation)
    delay_ms = 1000 * channels.delay_seconds
    if gain > DELAY_GAIN and abs(channels.delayed_correlation) > 0.5:
        find.judge("channel_delay", abs(delay_ms), f"{abs(delay_ms):.2f} ms")
        return
    find.judge("channels_differ", channels.correlation, f"correlation {channels.correlation:.2f}")
