"""A model folder from a training state: averaged weights in float16, the model.toml that describes them, a CARD.md."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from svs_cli.atomic import write_text, writing
from svs_cli.training.card import Origin, card_text, read_cost
from svs_cli.training.loop import TrainingState
from svs_cli.training.provenance import credits_of
from svs_cli.training.task import Recipe, Task

WEIGHTS = "model.safetensors"


def release(folder: Path, task: Task, state: TrainingState, recipe: Recipe, origin: Origin = Origin()) -> None:
    """Write `model.safetensors`, `model.toml` and `CARD.md`; what the run cost is read from the log beside `folder`."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    # buffers as they are, parameters averaged
    tensors = task.released({**state.model.state_dict(), **state.average})
    weights = {name: tensor.to(torch.float16).contiguous() for name, tensor in tensors.items()}
    with writing(folder / WEIGHTS) as part:
        save_file(weights, part)
    training = {"recipe": recipe.name, "steps": state.step, "seed": recipe.seed}
    description = {**task.description, "training": training}
    if origin.shares:
        description["credits"] = credits_of(origin.shares)
    write_text(folder / "model.toml", toml(description))
    write_text(
        folder / "CARD.md",
        card_text(
            kind=str(task.description["kind"]),
            name=recipe.name,
            parameters=sum(tensor.numel() for tensor in weights.values()),
            size_bytes=(folder / WEIGHTS).stat().st_size,
            steps=state.step,
            origin=origin,
            cost=read_cost(folder.parent / "log.jsonl"),
        ),
    )


def toml(table: dict[str, Any], prefix: str = "") -> str:
    """Plain values first, then tables, then arrays of tables. JSON's strings, numbers and lists are TOML's too.

    >>> print(toml({"credits": [{"who": "me"}], "kind": "vocoder"}))
    kind = "vocoder"
    <BLANKLINE>
    [[credits]]
    who = "me"
    <BLANKLINE>
    """
    arrays = {key: value for key, value in table.items() if is_array_of_tables(value)}
    tables = {key: value for key, value in table.items() if isinstance(value, dict)}
    plain = [
        f"{key} = {json.dumps(value, ensure_ascii=False)}"
        for key, value in table.items()
        if key not in arrays and key not in tables
    ]
    text = "\n".join(plain) + "\n" if plain else ""
    for key, value in tables.items():
        text += f"\n[{prefix}{key}]\n{toml(value, f'{prefix}{key}.')}"
    for key, values in arrays.items():
        text += "".join(f"\n[[{prefix}{key}]]\n{toml(value, f'{prefix}{key}.')}" for value in values)
    return text


def is_array_of_tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)
