"""A model folder from a training state: averaged weights in float16 and the model.toml that describes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from svs_cli.atomic import writing
from svs_cli.training.loop import TrainingState
from svs_cli.training.task import Recipe, Task


def release(folder: Path, task: Task, state: TrainingState, recipe: Recipe) -> None:
    """Write `model.safetensors` and `model.toml`."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    tensors = {**state.model.state_dict(), **state.average}  # buffers as they are, parameters averaged
    weights = {name: tensor.to(torch.float16).contiguous() for name, tensor in tensors.items()}
    with writing(folder / "model.safetensors") as part:
        save_file(weights, part)
    description = {**task.description, "training": {"recipe": recipe.name, "steps": state.step, "seed": recipe.seed}}
    with writing(folder / "model.toml") as part:
        part.write_text(toml(description), encoding="utf-8")


def toml(table: dict[str, Any], prefix: str = "") -> str:
    """Plain values first, then tables. JSON's notation of strings, numbers and lists is TOML's too."""
    plain = [
        f"{key} = {json.dumps(value, ensure_ascii=False)}"
        for key, value in table.items()
        if not isinstance(value, dict)
    ]
    text = "\n".join(plain) + "\n" if plain else ""
    for key, value in table.items():
        if isinstance(value, dict):
            text += f"\n[{prefix}{key}]\n{toml(value, f'{prefix}{key}.')}"
    return text
