"""A learned pitch model from its folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from svs_cli.config import build
from svs_cli.errors import DataError
from svs_cli.model_folder import load_weights, read_description, understood

if TYPE_CHECKING:
    from svs_cli.pitch.neural import NeuralPitch

KIND = "pitch"


def load_pitch(folder: Path, style: str | None = None) -> NeuralPitch:
    """The model of a folder, ready to draw on the CPU. Raises VoiceMissingError, DataError."""
    from svs_cli.pitch.context import FRAME_FEATURES, NOTE_FEATURES
    from svs_cli.pitch.fluctuation import Wander
    from svs_cli.pitch.manner import MODERATE, manner_of
    from svs_cli.pitch.network import PitchConfig, PitchNetwork
    from svs_cli.pitch.neural import NeuralPitch
    from svs_cli.pitch.parameters import PARAMETERS, Swing

    description = read_description(folder, KIND)
    manner_of(style or MODERATE)
    told = {"note_features": NOTE_FEATURES, "frame_features": FRAME_FEATURES, "parameters": PARAMETERS}
    with understood(folder):
        for key, own in told.items():
            if tuple(description.get(key, own)) != tuple(own):
                raise DataError(f"{folder}: the model was trained with other {key}", fix="train it again")
        swing = build(Swing, description.get("swing", {}), "[swing]")
        wander = build(Wander, description.get("wander", {}), "[wander]")
        variety = float(description.get("variety", NeuralPitch.variety))
        heard = tuple(str(name) for name in description.get("heard", {}).get("songs", ()))
        network = PitchNetwork(build(PitchConfig, description.get("network", {}), "[network]"))
    load_weights(folder, network)
    return NeuralPitch(network.eval(), folder.name, swing, wander, variety, style or MODERATE, heard=heard)
