"""An acoustic model from its model folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from svs_cli.acoustic.network import AcousticConfig, AcousticNetwork, AcousticTables
from svs_cli.acoustic.neural import Known, NeuralAcoustic
from svs_cli.acoustic.protocol import AcousticModel
from svs_cli.acoustic.response import Response
from svs_cli.config import build
from svs_cli.errors import DataError
from svs_cli.model_folder import load_weights, read_description, understood

VERSION = 2  # of the network


@dataclass(frozen=True)
class Opened:
    """A model folder's network, what it knows and how it follows curves; training goes on from it."""

    config: AcousticConfig
    network: AcousticNetwork
    known: Known
    response: Response = field(default_factory=Response)


def load_acoustic(folder: Path, device: str = "cpu") -> AcousticModel:
    """Raises VoiceMissingError or DataError; see model_folder."""
    opened = open_acoustic(folder)
    return NeuralAcoustic(folder.name, opened.network, opened.known, device, opened.response)


def open_acoustic(folder: Path) -> Opened:
    """The network of a folder. Raises VoiceMissingError or DataError."""
    description = read_description(folder, "acoustic")
    if description.get("version") != VERSION:
        raise DataError(f"{folder} holds an acoustic model of another version", fix="train it again")
    with understood(folder):
        phones, speakers, styles, languages = (
            tuple(map(str, description[key])) for key in ("phones", "speakers", "styles", "languages")
        )
        natives = {str(language): tuple(map(str, who)) for language, who in description.get("natives", {}).items()}
        known = Known(phones, speakers, styles, languages, natives)
        config = build(AcousticConfig, description["network"], "[network]")
        response = build(Response, description.get("response", {}), "[response]")
        network = AcousticNetwork(config, tables_of(known, int(description["articulation"])))
    load_weights(folder, network)
    return Opened(config, network, known, response)


def tables_of(known: Known, articulation: int) -> AcousticTables:
    """The sizes of the tables of what is known."""
    return AcousticTables(
        len(known.phones), len(known.speakers), len(known.styles), len(known.languages), articulation
    )

