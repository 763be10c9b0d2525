"""Checkpoints without pickle: weights, their average and the optimiser's moments as one safetensors file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from svs_cli.atomic import writing
from svs_cli.errors import DataError
from svs_cli.training.loop import TrainingState


def save_checkpoint(path: Path, state: TrainingState, config: dict[str, Any]) -> None:
    """Write everything that `load_checkpoint` needs, atomically."""
    from safetensors.torch import save_file

    tensors: dict[str, torch.Tensor] = {}
    for name, parameter in state.model.named_parameters():
        tensors[f"model.{name}"] = parameter.detach()
        tensors[f"average.{name}"] = state.average[name]
        for key, value in state.optimiser.state.get(parameter, {}).items():
            tensors[f"optimiser.{key}.{name}"] = torch.as_tensor(value)
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
                for name, parameter in state.model.named_parameters():
                    parameter.copy_(checkpoint.get_tensor(f"model.{name}"))
                    state.average[name].copy_(checkpoint.get_tensor(f"average.{name}"))
                    moments = [n for n in ("step", "exp_avg", "exp_avg_sq") if f"optimiser.{n}.{name}" in names]
                    if moments:
                        state.optimiser.state[parameter] = {
                            n: checkpoint.get_tensor(f"optimiser.{n}.{name}").clone() for n in moments
                        }
                for name, value in state.model.state_dict().items():
                    if f"buffer.{name}" in names:
                        value.copy_(checkpoint.get_tensor(f"buffer.{name}"))
    except (SafetensorError, RuntimeError, KeyError, OSError, ValueError) as error:
        raise DataError(f"{path} does not fit this recipe: {error}", fix="start anew without --resume") from error
    state.step = step
