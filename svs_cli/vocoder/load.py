"""A vocoder from its folder: trained here (`model.toml`), or a package of the community (`vocoder.yaml`)."""

from __future__ import annotations

from pathlib import Path

from svs_cli.config import build
from svs_cli.model_folder import load_weights, read_description, understood
from svs_cli.vocoder.network import SourceFilterVocoder, VocoderConfig
from svs_cli.vocoder.neural import NeuralVocoder
from svs_cli.vocoder.protocol import Vocoder

OWN_HEADER = "model.toml"
PACKAGE_HEADER = "vocoder.yaml"


def load_vocoder(folder: Path, device: str = "cpu") -> Vocoder:
    """A vocoder of either kind; a package runs on the CPU. Raises MissingError or DataError."""
    if (folder / PACKAGE_HEADER).is_file() and not (folder / OWN_HEADER).is_file():
        from svs_cli.vocoder.onnx import load_onnx_vocoder

        return load_onnx_vocoder(folder)
    return load_neural_vocoder(folder, device)


def load_neural_vocoder(folder: Path, device: str = "cpu") -> NeuralVocoder:
    """Raises VoiceMissingError or DataError; see model_folder."""
    description = read_description(folder, "vocoder")
    with understood(folder):
        network = SourceFilterVocoder(build(VocoderConfig, description["network"], "[network]"))
    load_weights(folder, network)
    return NeuralVocoder(folder.name, network, device)
