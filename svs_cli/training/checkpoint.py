"""Checkpoints without pickle: weights, their average and the optimiser's moments as one safetensors file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import nn

from svs_cli.atomic import writing
from svs_cli.errors import DataError
from svs_cli.training.loop import TrainingState


def save_checkpoint(path: Path, state: TrainingState, config: dict[str, Any]) -> None:
    """Write everything that `load_checkpoint` needs, atomically."""
    from safetensors.torch import save_file

    tensors = parts_of(state.model, state.optimiser)
    for name, value in state.average.items():
        tensors[f"average.{name}"] = value
    if state.rival is not None:
        for name, value in parts_of(state.rival.model, state.rival.optimiser).items():
            tensors[f"rival.{name}"] = value
    parameters = {name for name, _ in state.model.named_parameters()}
    for name, value in state.model.state_dict().items():
        if name not in parameters:
            tensors[f"buffer.{name}"] = value
    contiguous = {name: tensor.contiguous().clone() for name, tensor in tensors.items()}
    with writing(path) as part:
        save_file(contiguous, part, metadata={"step": str(state.step), "config": json.dumps(config, default=str)})


def load_checkpoint(path: Path, state: TrainingState) -> None:
    """Put a checkpoint into a fresh state. Raises DataError when it belongs to another model."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as checkpoint:
            names = set(checkpoint.keys())
            step = int((checkpoint.metadata() or {})["step"])
            with torch.no_grad():
                restore(state.model, state.optimiser, checkpoint, names, "")
                for name, value in state.average.items():
                    value.copy_(checkpoint.get_tensor(f"average.{name}"))
                if state.rival is not None and any(name.startswith("rival.") for name in names):
                    restore(state.rival.model, state.rival.optimiser, checkpoint, names, "rival.")
                for name, value in state.model.state_dict().items():
                    if f"buffer.{name}" in names:
                        value.copy_(checkpoint.get_tensor(f"buffer.{name}"))
    except (SafetensorError, RuntimeError, KeyError, OSError, ValueError) as error:
        raise DataError(f"{path} does not fit this recipe: {error}", fix="start anew without --resume") from error
    state.step = step


def parts_of(model: nn.Module, optimiser: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    """Parameters and the optimiser's moments by name."""
    tensors: dict[str, torch.Tensor] = {}
    for name, parameter in model.named_parameters():
        tensors[f"model.{name}"] = parameter.detach()
        for key, value in optimiser.state.get(parameter, {}).items():
            tensors[f"optimiser.{key}.{name}"] = torch.as_tensor(value)
    return tensors


def restore(
    model: nn.Module, optimiser: torch.optim.Optimizer, checkpoint: Any, names: set[str], prefix: str
) -> None:
    """The reverse of `parts_of`."""
    for name, parameter in model.named_parameters():
        parameter.copy_(checkpoint.get_tensor(f"{prefix}model.{name}"))
        moments = [n for n in ("step", "exp_avg", "exp_avg_sq") if f"{prefix}optimiser.{n}.{name}" in names]
        if moments:
            optimiser.state[parameter] = {
                n: checkpoint.get_tensor(f"{prefix}optimiser.{n}.{name}").clone() for n in moments
            }
