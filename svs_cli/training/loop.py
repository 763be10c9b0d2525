"""The training loop: a generator of steps. Checkpoints, logs and progress bars consume it.

Conventions
-----------
- Step numbers count from 1. The batch of step `s` depends on (seed, s) alone, so a resumed run sees what an
  uninterrupted one would have seen.
- The learning rate warms up linearly, holds, and decays linearly to 1 % over the last `decay_fraction` of the steps.
- An exponential moving average of the weights is what gets evaluated and released.
- A rival (the discriminators of adversarial training) learns beside the model from its own loss, "rival", at its own
  rate under the same schedule.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import torch
from torch import nn

from svs_cli.training.parallel import average_gradients

Losses = dict[str, torch.Tensor]


@dataclass(frozen=True)
class OptimiserConfig:
    """AdamW with warm-up, hold and decay."""

    steps: int = 6000
    learning_rate: float = 6e-4
    warmup_steps: int = 300
    decay_fraction: float = 0.3
    weight_decay: float = 0.01
    beta2: float = 0.98
    gradient_clip: float = 1.0
    average: float = 0.999

    def __post_init__(self) -> None:
        if self.steps < 1 or not 0 < self.learning_rate < 1:
            raise ValueError("steps must be positive and learning_rate between 0 and 1")


@dataclass
class Rival:
    """A second model that learns from the loss "rival" of the steps that have one."""

    model: nn.Module
    learning_rate: float
    optimiser: torch.optim.AdamW = field(init=False)

    def __post_init__(self) -> None:
        self.optimiser = torch.optim.AdamW(self.model.parameters(), lr=self.learning_rate, betas=(0.8, 0.99))

    def learn(self, loss: torch.Tensor, rate_share: float, gradient_clip: float) -> None:
        """One step; the model's own backward pass must be over."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.learning_rate * rate_share
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        average_gradients(self.model)
        norm = float(nn.utils.clip_grad_norm_(self.model.parameters(), gradient_clip))
        if norm == norm and norm != float("inf"):
            self.optimiser.step()


@dataclass
class TrainingState:
    """Everything a run needs to go on."""

    model: nn.Module
    optimiser: torch.optim.AdamW
    average: dict[str, torch.Tensor]
    step: int = 0
    rival: Rival | None = None


@dataclass(frozen=True)
class StepReport:
    """What one step did; losses are floats, `gradient_norm` is before clipping."""

    step: int
    losses: dict[str, float]
    gradient_norm: float
    learning_rate: float
    seconds: float
    extra: dict[str, float] = field(default_factory=dict)


def start(model: nn.Module, config: OptimiserConfig, rival: Rival | None = None) -> TrainingState:
    """Fresh state for a model."""
    matrices = [p for p in model.parameters() if p.requires_grad and p.ndim > 1]
    vectors = [p for p in model.parameters() if p.requires_grad and p.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": config.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, config.beta2))
    average = {name: p.detach().clone() for name, p in model.named_parameters()}
    return TrainingState(model, optimiser, average, rival=rival)


def learning_rate_at(step: int, config: OptimiserConfig) -> float:
    """Learning rate of a step (from 1)."""
    rising = min(1.0, step / max(1, config.warmup_steps))
    decay_steps = config.steps * config.decay_fraction
    falling = min(1.0, max(0.01, (config.steps - step) / decay_steps)) if decay_steps else 1.0
    return config.learning_rate * rising * falling


def training_steps(
    state: TrainingState, config: OptimiserConfig, losses_of_step: Callable[[int], Losses]
) -> Iterator[StepReport]:
    """Train until `config.steps`; `losses_of_step(step)` must return a dict with the key "total"."""
    while state.step < config.steps:
        began = time.perf_counter()
        step = state.step + 1
        rate = learning_rate_at(step, config)
        for group in state.optimiser.param_groups:
            group["lr"] = rate
        losses = losses_of_step(step)
        state.optimiser.zero_grad(set_to_none=True)
        losses["total"].backward()  # type: ignore[no-untyped-call]
        average_gradients(state.model)
        norm = float(nn.utils.clip_grad_norm_(state.model.parameters(), config.gradient_clip))
        if norm == norm and norm != float("inf"):  # a step that overflowed is skipped, not learned
            state.optimiser.step()
            update_average(state, config)
        if state.rival is not None and "rival" in losses:
            state.rival.learn(losses["rival"], rate / config.learning_rate, config.gradient_clip)
        state.step = step
        values = {name: float(value.detach()) for name, value in losses.items()}
        yield StepReport(step, values, norm, rate, time.perf_counter() - began)


@torch.no_grad()
def update_average(state: TrainingState, config: OptimiserConfig) -> None:
    """Exponential moving average, faster at the start so that early checkpoints mean something."""
    keep = min(config.average, (1 + state.step) / (10 + state.step))
    names, parameters = zip(*state.model.named_parameters(), strict=True)
    torch._foreach_lerp_([state.average[n] for n in names], [p.detach() for p in parameters], 1 - keep)
