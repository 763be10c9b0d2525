"""Vocoders of the community, and exported ones: an OpenUtau package run by onnxruntime, behind the stage's protocol.

Conventions
-----------
- Such a graph sums phase from 0 at its first frame. So that a long song can be rendered in windows, F0 is bent by a
  hertz or two where a window begins, in frames that nobody hears, until its phase is the song's; then the window is
  blended into the one before, and periods meet periods.
- Vocoders of DiffSinger expect F0 everywhere, also under consonants; those that svs exported know by 0 that a frame is
  unvoiced (see export_graph.py).
- onnxruntime gets one thread: phrases are rendered side by side (parallel.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from svs_cli.analysis.mel import MEL
from svs_cli.errors import DataError, ExtraMissingError
from svs_cli.vocoder.inputs import check
from svs_cli.vocoder.openutau import read_vocoder_yaml

WINDOW_FRAMES = 512
CONTEXT_FRAMES = 64  # more than the network of svs reaches
BENT_FRAMES = 24
BLENDED_FRAMES = 2
NEPERS_PER_DECADE = math.log(10.0)
INPUTS = ("mel", "f0")
MARK = "svs"  # the producer's name in graphs that svs exported


@dataclass(frozen=True)
class Graph:
    """A session of onnxruntime, and what the graph expects."""

    session: Any
    mel_factor: float  # natural logarithm to that of the graph
    knows_unvoiced: bool

    def phase_cycles(self, f0_hz: NDArray[np.float32]) -> NDArray[np.float64]:
        """What the graph counts from its first frame, at each frame: (frames,) -> (frames,)."""
        return phase_along_lines(f0_hz) if self.knows_unvoiced else phase_in_steps(f0_hz)

    def run(self, mel: NDArray[np.float32], f0_hz: NDArray[np.float32]) -> NDArray[np.float32]:
        """Shapes: (frames, 128), (frames,) -> (frames * 512,). Raises DataError if the graph fails."""
        feed = {"mel": (mel * np.float32(self.mel_factor))[None], "f0": f0_hz[None]}
        try:
            made = np.asarray(self.session.run(None, feed)[0], np.float32).reshape(-1)
        except Exception as error:  # onnxruntime's errors have no common class of their own
            raise DataError(f"the vocoder's graph fails: {first_line(error)}") from error
        if made.shape != (len(mel) * MEL.hop_samples,):
            raise DataError(f"the vocoder's graph gives {len(made)} samples for {len(mel)} frames of {MEL.hop_samples}")
        return made


class OnnxVocoder:
    """A graph in a folder with `vocoder.yaml`; see vocoder/protocol.py. Its noise does not depend on the seed."""

    device = "cpu"

    def __init__(self, name: str, graph: Graph) -> None:
        self.name = name
        self.graph = graph

    def render(
        self,
        mel: NDArray[np.float32],
        f0_hz: NDArray[np.float32],
        *,
        seed: int = 0,  # noqa: ARG002
    ) -> NDArray[np.float32]:
        """Shapes: mel (frames, 128), f0_hz (frames,) with 0 where unvoiced -> (frames * 512,). Raises DataError."""
        check(mel, f0_hz)
        asked_hz = f0_hz.astype(np.float32) if self.graph.knows_unvoiced else through_consonants(f0_hz)
        if not len(mel):
            return np.zeros(0, np.float32)
        phase_cycles = self.graph.phase_cycles(asked_hz)
        samples = np.zeros(len(mel) * MEL.hop_samples, np.float32)
        for window in overlapping_windows(len(mel)):
            own_hz = bent(asked_hz[window], phase_cycles[window], self.graph) if window.start else asked_hz[window]
            made = self.graph.run(mel[window].astype(np.float32), own_hz)
            blend(samples, made, window.start)
        return samples


def load_onnx_vocoder(folder: Path) -> OnnxVocoder:
    """The package in a folder. Raises ExtraMissingError, VoiceMissingError, or DataError if svs cannot use it."""
    header = read_vocoder_yaml(folder)
    path = folder / header.model
    try:
        import onnxruntime
    except ImportError as error:
        raise ExtraMissingError("onnxruntime", extra="onnx", purpose=f"the vocoder {header.name!r}") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors have no common class of their own
        raise DataError(f"{path} is no ONNX graph that onnxruntime can run: {first_line(error)}") from error
    inputs = {found.name: found.type for found in session.get_inputs()}
    if inputs != dict.fromkeys(INPUTS, "tensor(float)"):
        fix = "name the folder of a vocoder"
        raise DataError(f"{path} takes {inputs}, but a vocoder takes mel and f0, both float32", fix=fix)
    factor = 1.0 if header.mel_base == "e" else 1.0 / NEPERS_PER_DECADE
    return OnnxVocoder(header.name, Graph(session, factor, session.get_modelmeta().producer_name == MARK))


def first_line(error: Exception) -> str:
    """An error in one line."""
    return next(iter(str(error).splitlines()), type(error).__name__)


def through_consonants(f0_hz: NDArray[np.float32]) -> NDArray[np.float32]:
    """F0 drawn through unvoiced frames, straight on the logarithmic scale and held at the ends; (frames,) -> same.

    >>> through_consonants(np.array([0, 100, 0, 400, 0], np.float32)).round().tolist()
    [100.0, 100.0, 200.0, 400.0, 400.0]
    """
    voiced = np.flatnonzero(f0_hz > 0)
    if not len(voiced):
        return f0_hz.astype(np.float32)
    return np.exp(np.interp(np.arange(len(f0_hz)), voiced, np.log(f0_hz[voiced]))).astype(np.float32)


def phase_along_lines(f0_hz: NDArray[np.float32]) -> NDArray[np.float64]:
    """Cycles at each frame as the graphs of svs count them: F0 draws lines between frames; (frames,) -> (frames,)."""
    import torch

    from svs_cli.vocoder.source import course_of

    return course_of(torch.from_numpy(f0_hz)[None], MEL.hop_samples, MEL.sample_rate_hz).phase_cycles[0].numpy()


def phase_in_steps(f0_hz: NDArray[np.float32]) -> NDArray[np.float64]:
    """Cycles at each frame as NSF-HiFiGAN counts them in DiffSinger: F0 holds for a frame; (frames,) -> (frames,)."""
    steps = np.mod(f0_hz.astype(np.float64) * (MEL.hop_samples / MEL.sample_rate_hz), 1.0)
    return np.cumsum(steps) - steps


def overlapping_windows(frames: int) -> Iterator[slice]:
    """Windows of frames that cover a song, overlapping by two contexts.

    >>> list(overlapping_windows(700))
    [slice(0, 640, None), slice(512, 700, None)]
    """
    for start in range(0, frames, WINDOW_FRAMES):
        stop = min(frames, start + WINDOW_FRAMES + 2 * CONTEXT_FRAMES)
        yield slice(start, stop)
        if stop == frames:
            return


def bent(f0_hz: NDArray[np.float32], phase_cycles: NDArray[np.float64], graph: Graph) -> NDArray[np.float32]:
    """A window's F0, changed in its first voiced frames so that the graph comes into the song's phase; (frames,).

    Where nothing is voiced before the window's own frames, nothing can be bent, and no period has to meet another.
    """
    own = f0_hz.copy()
    at = np.flatnonzero(own[: CONTEXT_FRAMES - BLENDED_FRAMES] > 0)
    if len(at) < 2:
        return own
    # The first stays: unvoiced frames before it may hold its F0.
    changed, place = at[1 : BENT_FRAMES + 1], at[-1]
    for _ in range(3):  # what a change does depends a little on its neighbours
        apart = phase_cycles[place] - graph.phase_cycles(own)[place]
        apart -= np.round(apart)
        own[changed] += np.float32(apart / len(changed) * MEL.sample_rate_hz / MEL.hop_samples)
    return own


def blend(samples: NDArray[np.float32], made: NDArray[np.float32], start_frame: int) -> None:
    """Put a window's samples where they belong, after a short blend with the window before, in place."""
    hop = MEL.hop_samples
    first = (start_frame + CONTEXT_FRAMES) * hop if start_frame else 0
    own = made[first - start_frame * hop :]
    rise = np.linspace(0.0, 1.0, BLENDED_FRAMES * hop if start_frame else 0, dtype=np.float32)
    blended = samples[first : first + len(rise)]
    blended[:] = blended * (1 - rise) + own[: len(rise)] * rise
    samples[first + len(rise) : first + len(own)] = own[len(rise) :]
