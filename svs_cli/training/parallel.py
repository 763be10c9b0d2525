"""Several processes that train one model: `torchrun --nproc-per-node 2 -m svs_cli train ...` on the same recipe.

Each process draws its own crops; after every step their gradients are averaged, so all weights stay the same. That is
what DistributedDataParallel does, on one flat buffer and without wrapping the model, whose losses are no `forward`.

Conventions
-----------
- torchrun's environment says who is who: RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT. Without it there is one process.
- The process of rank 0 alone writes checkpoints, the log and the model.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import torch
from torch import distributed, nn

TIMEOUT = timedelta(minutes=10)


def world_size() -> int:
    """How many processes train together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """Which of them this is, from 0."""
    return int(os.environ.get("RANK", "0")) if world_size() > 1 else 0


@contextmanager
def joined() -> Iterator[None]:
    """Meet the other processes, and part from them at the end."""
    if world_size() == 1:
        yield
        return
    distributed.init_process_group("gloo", timeout=TIMEOUT)
    try:
        yield
    finally:
        distributed.destroy_process_group()


def average_gradients(model: nn.Module) -> None:
    """Replace each gradient by its mean over all processes; a parameter without one counts as zero."""
    if world_size() == 1:
        return
    learned = [parameter for parameter in model.parameters() if parameter.requires_grad]
    for parameter in learned:
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
    gradients = [parameter.grad for parameter in learned if parameter.grad is not None]
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    distributed.all_reduce(flat)
    flat /= world_size()
    parts = torch.split(flat, [gradient.numel() for gradient in gradients])
    for gradient, part in zip(gradients, parts, strict=True):
        gradient.copy_(part.view_as(gradient))
