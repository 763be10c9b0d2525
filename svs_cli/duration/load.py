"""Which timing stage: the rule, the model that ships, or another by its folder's name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from svs_cli.config import build
from svs_cli.duration.network import DurationConfig, DurationNetwork
from svs_cli.duration.neural import NeuralDuration
from svs_cli.errors import DataError
from svs_cli.frontend.inventory import load_inventory
from svs_cli.model_folder import load_weights, read_description, understood


def load_duration(folder: Path) -> NeuralDuration:
    """A timing model from its folder. Raises VoiceMissingError or DataError; see model_folder."""
    description = read_description(folder, "duration")
    with understood(folder):
        network = DurationNetwork(build(DurationConfig, description["network"], "[network]"))
        learned_from = tuple(map(str, description.get("learned_from", ())))
    load_weights(folder, network)
    evidence = evidence_of(description.get("evidence", {}), str(folder / "model.toml"))
    return NeuralDuration(
        folder.name, network.eval(), evidence, bool(description.get("clusters_learned", True)), learned_from
    )


def evidence_of(table: dict[str, Any], where: str) -> dict[str, float]:
    """How often each phone was seen. Raises DataError for a damaged table."""
    try:
        evidence = {str(p): float(n) for p, n in zip(table["phones"], table["times"], strict=True)}
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{where}: [evidence] is damaged ({error})", fix="train the model anew") from error
    unknown = [phone for phone in evidence if phone not in load_inventory()]
    if unknown:
        raise DataError(f"{where}: {unknown[0]!r} is no phone of the inventory", fix="train the model anew")
    return evidence
