"""A trained vocoder becomes an ONNX package for OpenUtau and DiffSinger, after it has proved to sound the same.

The graph is traced from the very network that sings here, run by onnxruntime, and compared with torch on made mels and
F0 curves; a package that fails is not written.
"""

from __future__ import annotations

import io
import re
import warnings
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from svs_cli import __version__
from svs_cli.analysis.mel import LOG_FLOOR, MEL
from svs_cli.atomic import write_bytes, write_text
from svs_cli.errors import ExtraMissingError, SvsError, UsageError
from svs_cli.vocoder.export_graph import VocoderGraph, graph_noise
from svs_cli.vocoder.load import load_neural_vocoder
from svs_cli.vocoder.network import SourceFilterVocoder
from svs_cli.vocoder.onnx import MARK
from svs_cli.vocoder.openutau import HEADER, INSTALLER_HEADER, VocoderYaml

OPSET = 17  # onnxruntime 1.13 and later, so every OpenUtau of the last years
CHECKED_FRAMES = (97, 400)  # neither is the length that was traced
TRACED_FRAMES = 64
LARGEST_RELATIVE_DIFFERENCE = 1e-4  # of the peak: -80 dB
CARD = "CARD.md"


@dataclass(frozen=True)
class Agreement:
    """How far onnxruntime's samples are from torch's, on a made song of so many frames."""

    frames: int
    largest_difference: float
    peak: float

    @property
    def relative_difference(self) -> float:
        """The difference as a share of the peak."""
        return self.largest_difference / self.peak if self.peak > 0 else float("inf")


@dataclass(frozen=True)
class VocoderExport:
    """What was written, and how well it agrees with torch."""

    folder: Path
    files: tuple[str, ...]
    graph_bytes: int
    agreements: tuple[Agreement, ...]


def export_vocoder(source: Path, folder: Path, name: str | None = None) -> VocoderExport:
    """Write the vocoder of the model folder `source` as a package `name` into `folder`, which is made if need be.

    Raises ExtraMissingError without the packages onnx and onnxruntime, VoiceMissingError or DataError for a model
    that cannot be loaded, UsageError for a folder that cannot be written, SvsError if onnxruntime and torch disagree.
    """
    require_onnx()
    header = VocoderYaml(name or source.name, f"{name or source.name}.onnx", mel_base="e", pitch_controllable=True)
    check_name(header.name)
    make_folder(folder)
    network = load_neural_vocoder(source).network
    graph = traced(VocoderGraph(network))
    agreements = tuple(agreement(network, graph, frames) for frames in CHECKED_FRAMES)
    refuse_disagreement(agreements)
    write_bytes(folder / header.model, graph)
    write_text(folder / INSTALLER_HEADER, f"name: {header.name}\n")
    card = source / CARD
    if card.is_file():  # terms and credits go where the weights go
        write_bytes(folder / CARD, card.read_bytes())
    write_text(folder / HEADER, header.to_text())
    files = [header.model, HEADER, INSTALLER_HEADER, *([CARD] if card.is_file() else [])]
    return VocoderExport(folder, tuple(files), len(graph), agreements)


def require_onnx() -> None:
    """Raise ExtraMissingError unless the packages are installed."""
    for package in ("onnx", "onnxruntime"):
        if find_spec(package) is None:
            raise ExtraMissingError(package, extra="onnx", purpose="exporting to ONNX")


def check_name(name: str) -> None:
    """Raise UsageError unless the name can be a file's and a package's."""
    if not re.fullmatch(r"\w[\w.-]*", name):
        raise UsageError(f"{name!r} cannot be the name of a package", fix="use letters, digits, '-', '_' and '.'")


def make_folder(folder: Path) -> None:
    """The folder, if its parent is there. Raises UsageError."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file", fix="name a folder")
    try:
        folder.mkdir(exist_ok=True)
    except FileNotFoundError as error:
        raise UsageError(f"there is no folder {folder.parent}", fix=f"mkdir -p '{folder.parent}'") from error
    except OSError as error:
        raise UsageError(f"the folder {folder} cannot be made: {error.strerror}") from error


def traced(graph: VocoderGraph) -> bytes:
    """The graph as an ONNX file for any number of frames."""
    mel, f0_hz = made_song(TRACED_FRAMES)
    file: Any = io.BytesIO()  # taken, though torch's stubs say paths only
    with warnings.catch_warnings(), torch.inference_mode():
        # The exporter by tracing is the older one. The newer one (torch 2.13) takes minutes for this graph, and its
        # samples are wrong by 0.5 % of the peak, because it computes phases in float32.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            graph.eval(),
            (torch.from_numpy(mel)[None], torch.from_numpy(f0_hz)[None]),
            file,
            input_names=["mel", "f0"],
            output_names=["waveform"],
            dynamic_axes={"mel": {1: "n_frames"}, "f0": {1: "n_frames"}, "waveform": {1: "n_samples"}},
            opset_version=OPSET,
            dynamo=False,
        )
    return signed(file.getvalue())


def signed(graph: bytes) -> bytes:
    """The graph with a mark that svs made it, which tells svs that F0 0 means unvoiced there."""
    import onnx

    model = onnx.load_model_from_string(graph)
    model.producer_name, model.producer_version = MARK, __version__
    return model.SerializeToString()


def agreement(network: SourceFilterVocoder, graph: bytes, frames: int) -> Agreement:
    """torch against onnxruntime on a made song, with the same noise."""
    import onnxruntime

    mel, f0_hz = made_song(frames)
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    (made,) = session.run(None, {"mel": mel[None], "f0": f0_hz[None]})
    noise = torch.from_numpy(graph_noise(frames * MEL.hop_samples))[None]
    with torch.inference_mode():
        asked = network(torch.from_numpy(mel)[None], torch.from_numpy(f0_hz)[None], noise).numpy()
    if made.shape != asked.shape:
        raise SvsError(f"the exported graph gives {made.shape} samples for {frames} frames, not {asked.shape}")
    return Agreement(frames, float(np.abs(made - asked).max()), float(np.abs(asked).max()))


def refuse_disagreement(agreements: tuple[Agreement, ...]) -> None:
    """Raise SvsError if a difference is too large, or not a number."""
    for found in agreements:
        if not found.relative_difference <= LARGEST_RELATIVE_DIFFERENCE:
            raise SvsError(
                f"onnxruntime and torch differ by {found.relative_difference:.2g} of the peak over {found.frames} "
                f"frames; at most {LARGEST_RELATIVE_DIFFERENCE:g} is allowed, so nothing was written",
                fix="install the tested version of torch, or report it with 'svs doctor'",
            )


def made_song(frames: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A rustling mel that ends in silence, under a gliding F0 with unvoiced stretches; always the same."""
    at = np.arange(frames) / frames
    rustle = np.random.default_rng(frames).normal(0.0, 0.5, (frames, MEL.bands))
    mel = (-2.0 - np.linspace(0.0, 4.0, MEL.bands) + rustle).astype(np.float32)
    mel[at > 0.9] = LOG_FLOOR
    f0_hz = (220.0 * 2.0 ** np.sin(6.0 * at)).astype(np.float32)
    f0_hz[(at < 0.1) | ((at > 0.4) & (at < 0.6)) | (at > 0.85)] = 0.0
    return mel, f0_hz
