"""PNGs with a palette chosen for these pictures: a quarter of the size, and nothing that the eye would miss.

The spectrogram gets about half of the colours, in steps of little more than a decibel. The rest are those of notes,
phones and curves, with the shades in which letters and lines fade into what is behind them.
"""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from svs_cli.plots.lanes import PHONE_COLOURS
from svs_cli.plots.view import (
    ASKED,
    BAND,
    BAR_LINE,
    FAINT,
    HEARD,
    INK,
    KEY_SHADE,
    NOTE_EDGE,
    NOTE_FILL,
    PAPER,
)

SPECTRUM_COLOURS = 64
BLOCK_COLOURS = 4096
VOWEL = PHONE_COLOURS["vowel"]
# What lies on what, and in how many steps the one fades into the other
FADES = (
    (INK, PAPER, 10), (FAINT, PAPER, 6), (ASKED, PAPER, 6), (HEARD, PAPER, 6), (BAR_LINE, PAPER, 4), (INK, VOWEL, 6),
    (ASKED, NOTE_FILL, 5), (HEARD, NOTE_FILL, 5), (HEARD, ASKED, 5), (NOTE_EDGE, NOTE_FILL, 3), (HEARD, BAND, 3),
    (ASKED, BAND, 3),
)  # fmt: skip
FILLS = (PAPER, KEY_SHADE, BAND, NOTE_FILL, NOTE_EDGE, BAR_LINE, *PHONE_COLOURS.values())


@lru_cache(maxsize=1)
def palette() -> NDArray[np.uint8]:
    """The colours, shape (n, 3), at most 256."""
    from matplotlib import colormaps
    from matplotlib.colors import to_rgb

    found = {to_rgb(fill) for fill in FILLS}
    for upper, lower, steps in FADES:
        for share in np.linspace(0.0, 1.0, steps):
            mixed = (1.0 - share) * np.array(to_rgb(upper)) + share * np.array(to_rgb(lower))
            found.add(tuple(mixed.tolist()))
    own = np.array(sorted(found))
    spectrum = colormaps["magma"](np.linspace(0.0, 1.0, SPECTRUM_COLOURS))[:, :3]
    return np.round(np.concatenate([own, spectrum]) * 255).astype(np.uint8)


def png_of(pixels: NDArray[np.uint8], dots_per_inch: int) -> bytes:
    """Pixels, shape (rows, columns, 3), as a PNG with these colours."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    about = PngInfo()
    about.add_text("Software", "svs")
    image = Image.fromarray(nearest(pixels))
    image.putpalette(palette().tobytes())
    buffer = io.BytesIO()
    image.save(buffer, format="png", optimize=True, dpi=(dots_per_inch, dots_per_inch), pnginfo=about)
    return buffer.getvalue()


def nearest(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The palette's entry for each pixel, (rows, columns, 3) -> (rows, columns)."""
    weights = np.array([1 << 16, 1 << 8, 1], np.int32)
    seen, where = np.unique(pixels.astype(np.int32) @ weights, return_inverse=True)
    colours = np.stack([seen >> 16, (seen >> 8) & 255, seen & 255], axis=1)
    own = palette().astype(np.int32)
    entries = np.empty(len(colours), np.uint8)
    for start in range(0, len(colours), BLOCK_COLOURS):
        block = colours[start : start + BLOCK_COLOURS]
        distances = np.square(block[:, None] - own[None]).sum(axis=2)
        entries[start : start + BLOCK_COLOURS] = distances.argmin(axis=1)
    return entries[where].reshape(pixels.shape[:2])
