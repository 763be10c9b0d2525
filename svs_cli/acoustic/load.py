"""An acoustic model from its model folder."""

from __future__ import annotations

from pathlib import Path

from svs_cli.acoustic.network import AcousticConfig, AcousticNetwork
from svs_cli.acoustic.neural import NeuralAcoustic
from svs_cli.config import build
from svs_cli.model_folder import load_weights, read_description


def load_acoustic(folder: Path, device: str = "cpu") -> NeuralAcoustic:
    """Raises VoiceMissingError or DataError; see model_folder."""
    description = read_description(folder, "acoustic")
    phones, speakers = tuple(description["phones"]), tuple(description["speakers"])
    config = build(AcousticConfig, description["network"], str(folder / "model.toml"))
    network = AcousticNetwork(config, len(phones), len(speakers))
    load_weights(folder, network)
    return NeuralAcoustic(folder.name, network, phones, speakers, device)
