"""The network at work: phones, times and pitch go in, samples come out.

Conventions
-----------
- A *frame* is 25 ms (600 samples at 24 kHz): the network's clock for durations. F0 and energy have two steps a frame.
- `frames` hold one number for each symbol; symbols begin with a START mark and end with an END mark.
- F0 in Hz; the network writes about 10 Hz where nothing is voiced. Energy is the network's own logarithmic measure.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from svs_cli.corpus.teacher.graph import CUTS, PURPOSE, cut_files, network_data
from svs_cli.corpus.teacher.symbols import END, START
from svs_cli.corpus.teacher.voices import TeacherVoice, load_styles
from svs_cli.errors import ExtraMissingError

SAMPLE_RATE_HZ = 24_000
FRAME_SAMPLES = 600
FRAME_SECONDS = FRAME_SAMPLES / SAMPLE_RATE_HZ
STEP_SECONDS = FRAME_SECONDS / 2  # of F0 and energy
MARK = 0  # the number of both marks


class Session(Protocol):
    """What is used of an `onnxruntime.InferenceSession`."""

    def run(self, outputs: None, inputs: dict[str, NDArray[Any]]) -> Sequence[NDArray[Any]]: ...


@dataclass(frozen=True)
class Curves:
    """F0 in Hz and energy, each of shape (2 * frames,)."""

    f0_hz: NDArray[np.float32]
    energy: NDArray[np.float32]


@dataclass(frozen=True)
class Network:
    """The three parts of the network, the numbers of its symbols, and the styles of its voices."""

    sessions: dict[str, Session]
    vocabulary: dict[str, int]
    styles: dict[str, NDArray[np.float32]]

    def durations(self, symbols: Sequence[str], voice: TeacherVoice) -> NDArray[np.float64]:
        """Frames that the network gives each symbol, not rounded, shape (symbols,)."""
        inputs = self._inputs(symbols, voice) | {"speed": np.ones(1, np.float32)}
        return self.sessions["durations"].run(None, inputs)[0].reshape(-1).astype(np.float64)

    def curves(self, symbols: Sequence[str], voice: TeacherVoice, frames: NDArray[np.int64]) -> Curves:
        """The F0 and energy that the network gives symbols of so many frames."""
        inputs = self._inputs(symbols, voice) | {"frames": frames.astype(np.int64)[None]}
        f0_hz, energy = self.sessions["curves"].run(None, inputs)
        return Curves(f0_hz.reshape(-1), energy.reshape(-1))

    def render(
        self, symbols: Sequence[str], voice: TeacherVoice, frames: NDArray[np.int64], curves: Curves
    ) -> NDArray[np.float32]:
        """Samples in about -1..1, shape (600 * frames,)."""
        inputs = self._inputs(symbols, voice) | {"frames": frames.astype(np.int64)[None]}
        for name, curve in (("f0", curves.f0_hz), ("energy", curves.energy)):
            inputs[name] = curve.astype(np.float32)[None, None]
        return self.sessions["render"].run(None, inputs)[0].reshape(-1).astype(np.float32)

    def _inputs(self, symbols: Sequence[str], voice: TeacherVoice) -> dict[str, NDArray[Any]]:
        numbers = [self.vocabulary[symbol] for symbol in symbols]
        return {"tokens": np.array([numbers], np.int64), "style": voice.style(len(symbols) - 2)}


def load_network(cache: Path, threads: int = 1) -> Network:
    """The network, cut into its parts under `cache` if it is used for the first time.

    Raises ExtraMissingError if the packages are not installed, MissingError if they are damaged.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise ExtraMissingError("onnxruntime", extra="teacher", purpose=PURPOSE) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    files = cut_files(cache)
    sessions = {
        name: onnxruntime.InferenceSession(str(files[name]), options, providers=["CPUExecutionProvider"])
        for name in CUTS
    }
    vocabulary = json.loads(network_data("vocab.json").read_text(encoding="utf-8"))["vocab"]
    vocabulary |= {START: MARK, END: MARK}
    return Network(sessions, vocabulary, load_styles(network_data("voices_ja.npz")))
