"""One more speaker for a trained acoustic model, from a few minutes of recordings.

What is learned is little: the speaker's row, the modulations (which is where voices act; AdaSpeech, Chen et al. 2021,
adapts nothing else), and a change of low rank to every other matrix (LoRA, Hu et al. 2022, W + B A). At release the
change is added to the matrix, so that the model is like any other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import nn
from torch.nn.utils import parametrize

from svs_cli.acoustic.load import Opened, open_acoustic, tables_of
from svs_cli.acoustic.network import AcousticNetwork
from svs_cli.errors import UsageError
from svs_cli.training.examples import Vocabulary
from svs_cli.voices.library import find_model

ORIGINAL = "parametrizations.weight.original"
LEFT, RIGHT = "parametrizations.weight.0.left", "parametrizations.weight.0.right"
LEARNED = ("speaker", "modulation", "encoder_voice", "decoder_voice")  # whole, not by a change of low rank


@dataclass(frozen=True)
class StartConfig:
    """The model to start from (a folder's name on a shelf; empty: none), the new speaker's name, the change's rank."""

    model: str = ""
    speaker: str = ""
    rank: int = 8

    def __post_init__(self) -> None:
        if bool(self.model) != bool(self.speaker):
            raise ValueError("start.model and start.speaker go together")
        if self.rank < 1:
            raise ValueError("the rank must be at least 1")


class LowRankChange(nn.Module):
    """A matrix plus one of low rank that starts at zero, (out, in) -> (out, in)."""

    def __init__(self, rows: int, columns: int, rank: int) -> None:
        super().__init__()
        self.left = nn.Parameter(torch.zeros(rows, rank))
        self.right = nn.Parameter(torch.randn(rank, columns) / math.sqrt(columns))

    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        return weight + self.left @ self.right


def opened_for(start: StartConfig) -> tuple[Opened, Vocabulary]:
    """The model with a row for the new speaker: the mean of the others. Raises MissingError, DataError, UsageError."""
    base = open_acoustic(find_model(start.model, "acoustic"))
    if start.speaker in base.known.speakers:
        raise UsageError(
            f"the model {start.model!r} has a speaker {start.speaker!r} already", fix="give the new one another name"
        )
    speakers = (*base.known.speakers, start.speaker)
    names = Vocabulary(base.known.phones, speakers, base.known.styles, base.known.languages)
    known = replace(base.known, speakers=speakers)
    network = AcousticNetwork(base.config, tables_of(known, base.network.tables.articulation))
    weights = base.network.state_dict()
    rows = weights["speaker.weight"]
    weights["speaker.weight"] = torch.cat([rows[:-1], rows[:-1].mean(0, keepdim=True), rows[-1:]])
    network.load_state_dict(weights)
    return Opened(base.config, network, known, base.response), names


def prepare_for_speaker(network: AcousticNetwork, start: StartConfig) -> None:
    """Leave only what the new speaker changes to be learned; see the module's docstring."""
    for name, parameter in network.named_parameters():
        parameter.requires_grad = any(part in LEARNED for part in name.split("."))
    for name, module in list(network.named_modules()):
        if isinstance(module, nn.Linear) and not any(part in LEARNED for part in name.split(".")):
            change = LowRankChange(module.out_features, module.in_features, start.rank)
            parametrize.register_parametrization(module, "weight", change)
            module.parametrizations["weight"].original.requires_grad = False  # type: ignore[index, union-attr]


def merged(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Weights with each change added to its matrix, under the names of an ordinary network."""
    whole = {name: tensor for name, tensor in weights.items() if "parametrizations" not in name}
    for name, tensor in weights.items():
        if name.endswith(ORIGINAL):
            layer = name.removesuffix(ORIGINAL)
            whole[f"{layer}weight"] = tensor + weights[layer + LEFT] @ weights[layer + RIGHT]
    return whole
