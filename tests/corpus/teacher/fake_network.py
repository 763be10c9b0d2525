"""A stand-in for the teacher's network: hums through the frames of a phrase, silent in its first and last symbol."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from svs_cli.corpus.teacher.speaker import FRAME_SAMPLES, SAMPLE_RATE_HZ, Network
from svs_cli.corpus.teacher.symbols import BY_LANGUAGE, END, SPELLINGS, START
from svs_cli.corpus.teacher.voices import FULL_NAMES

EVERY_SYMBOL = sorted({symbol for text in SPELLINGS.values() for symbol in text} | set("ˈː .βɨiu"))


@dataclass
class Fake:
    """One session, which keeps the inputs that it was given."""

    name: str
    loudness: float = 0.2
    seen: list[dict[str, NDArray[Any]]] = field(default_factory=list)

    def run(self, outputs: None, inputs: dict[str, NDArray[Any]]) -> list[NDArray[Any]]:
        self.seen.append(inputs)
        tokens = inputs["tokens"].shape[1]
        if self.name == "durations":
            return [np.full((1, tokens), 3.3, np.float32)]
        frames = inputs["frames"].reshape(-1)
        if self.name == "curves":
            steps = 2 * int(frames.sum())
            return [np.full((1, 1, steps), 200, np.float32), np.full((1, 1, steps), 5, np.float32)]
        phase = np.cumsum(np.repeat(inputs["f0"].reshape(-1), FRAME_SAMPLES // 2)) * 2 * np.pi / SAMPLE_RATE_HZ
        audio = self.loudness * np.sin(phase)
        audio[: frames[0] * FRAME_SAMPLES - 1600] = 0
        audio[len(audio) - frames[-1] * FRAME_SAMPLES - 1600 :] = 0
        return [audio.astype(np.float32)]


def fake_network(loudness: float = 0.2) -> Network:
    """A network of three stand-ins that knows all symbols and voices."""
    vocabulary = {symbol: number for number, symbol in enumerate(EVERY_SYMBOL, 1)} | {START: 0, END: 0}
    assert set(BY_LANGUAGE["ja"].values()) <= set(vocabulary)
    styles = {name: np.full((510, 256), place, np.float32) for place, name in enumerate(FULL_NAMES)}
    return Network({name: Fake(name, loudness) for name in ("durations", "curves", "render")}, vocabulary, styles)
