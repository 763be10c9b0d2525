"""What the loop needs to know of a thing to train."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

import torch
from torch import nn

from svs_cli.training.loop import Losses, OptimiserConfig, Rival


@dataclass(frozen=True)
class Recipe:
    """Keys that every recipe has; each kind adds its tables."""

    name: str = "unnamed"
    seed: int = 0
    threads: int = 0  # 0: all cores
    log_every: int = 50
    save_every: int = 250
    check_every: int = 500
    licence: str = ""  # of recordings whose shards state none, e.g. "own"
    consent: str = ""  # and how it is known that the voice may be used
    optimiser: OptimiserConfig = field(default_factory=OptimiserConfig)

    def __post_init__(self) -> None:
        if not self.name.strip(".") or PurePath(self.name).name != self.name:
            raise ValueError(f"name must be good for a folder, not {self.name!r}")
        if min(self.log_every, self.save_every, self.check_every) < 1:
            raise ValueError("log_every, save_every and check_every must be at least 1")
        if not 0 <= self.seed < 2**32 or self.threads < 0:
            raise ValueError("seed must lie between 0 and 4294967295, and threads not be negative")


@dataclass(frozen=True)
class Task:
    """A model, what one step minimises, and how well it does on recordings it never learned from."""

    model: nn.Module
    losses_of_step: Callable[[int], Losses]
    held_out_losses: Callable[[], Losses]
    description: dict[str, Any]  # goes into model.toml
    # What the weights in training become in the model's folder
    released: Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]] = dict
    rival: Rival | None = None
