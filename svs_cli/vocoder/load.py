"""A vocoder from its model folder."""

from __future__ import annotations

from pathlib import Path

from svs_cli.config import build
from svs_cli.model_folder import load_weights, read_description
from svs_cli.vocoder.network import SourceFilterVocoder, VocoderConfig
from svs_cli.vocoder.neural import NeuralVocoder


def load_vocoder(folder: Path, device: str = "cpu") -> NeuralVocoder:
    """Raises VoiceMissingError or DataError; see model_folder."""
    description = read_description(folder, "vocoder")
    network = SourceFilterVocoder(build(VocoderConfig, description["network"], str(folder / "model.toml")))
    load_weights(folder, network)
    return NeuralVocoder(folder.name, network, device)
