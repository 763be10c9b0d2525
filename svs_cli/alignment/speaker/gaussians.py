"""Hidden Markov models of phones: three states each, mixtures of diagonal Gaussians, and the best walk through words.

Conventions
-----------
- State `k` of phone `p` is `STATES * p + k`; phone 0 is the pause. A phone lasts `STATES` frames at least.
- A walk goes through the states of a *chain* in order: it stays, goes on, or leaps over a pause between words, which
  is there with the probability `PAUSE_SHARE`.
- Estimation is by Viterbi training, the segmental k-means of Juang and Rabiner (1990): states' frames are those of the
  best walk, only components share them. What was seen in few frames stays near what it was.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

STATES = 3
PAUSE_SHARE = 0.1
PRIOR_FRAMES = 25.0
SMALLEST_VARIANCE = 0.02
SPLIT_DISTANCE = 0.2  # in standard deviations
IMPOSSIBLE = -1e9


@dataclass(frozen=True)
class Gaussians:
    """Shapes: mean, variance (S, M, D); log_weight (S, M); stay (S,): the probability of one more frame."""

    mean: torch.Tensor
    variance: torch.Tensor
    log_weight: torch.Tensor
    stay: torch.Tensor

    @staticmethod
    def equal(states: int, dimensions: int) -> Gaussians:
        """Standard normal states, of one component each."""
        shape = (states, 1, dimensions)
        return Gaussians(torch.zeros(shape), torch.ones(shape), torch.zeros(states, 1), torch.full((states,), 0.8))

    def components(self, frames: torch.Tensor) -> torch.Tensor:
        """Log-density of each component times its weight, (T, D) -> (T, S, M)."""
        states, count, dimensions = self.mean.shape
        mean, precision = self.mean.reshape(-1, dimensions), 1.0 / self.variance.reshape(-1, dimensions)
        constant = (mean.square() * precision - precision.log()).sum(1) + dimensions * math.log(2 * math.pi)
        joint = frames @ (mean * precision).T - 0.5 * (frames.square() @ precision.T + constant)
        return joint.reshape(-1, states, count) + self.log_weight

    def log_density(self, frames: torch.Tensor) -> torch.Tensor:
        """Log-density of each state, (T, D) -> (T, S)."""
        return torch.logsumexp(self.components(frames), 2)

    def split(self) -> Gaussians:
        """Each component as two, a little to either side of it."""
        apart = SPLIT_DISTANCE * self.variance.sqrt()
        mean = torch.cat([self.mean - apart, self.mean + apart], 1)
        weight = torch.cat([self.log_weight, self.log_weight], 1) - math.log(2)
        return Gaussians(mean, torch.cat([self.variance, self.variance], 1), weight, self.stay)

    def estimated(self, frames: Sequence[torch.Tensor], states: Sequence[torch.Tensor]) -> Gaussians:
        """From recordings' frames (T, D) and their states (T,)."""
        count, first = torch.zeros_like(self.log_weight), torch.zeros_like(self.mean)
        second = torch.zeros_like(self.mean)
        for x, state in zip(frames, states, strict=True):
            share = self._shares(x, state)
            count.index_add_(0, state, share)
            first.index_add_(0, state, share[..., None] * x[:, None])
            second.index_add_(0, state, share[..., None] * x.square()[:, None])
        prior = PRIOR_FRAMES / self.mean.shape[1]
        total = (count + prior)[..., None]
        mean = (first + prior * self.mean) / total
        variance = (second + prior * (self.variance + self.mean.square())) / total - mean.square()
        weight = (count + prior) / (count + prior).sum(1, keepdim=True)
        return Gaussians(mean, variance.clamp_min(SMALLEST_VARIANCE), weight.log(), self.stay)

    def _shares(self, frames: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
        """How much of each frame belongs to each component of its state, (T, D), (T,) -> (T, M)."""
        mean, variance = self.mean[states], self.variance[states]
        distance = ((frames[:, None] - mean).square() / variance + variance.log()).sum(2)
        return torch.softmax(self.log_weight[states] - 0.5 * distance, dim=1)


@dataclass(frozen=True)
class Chain:
    """The states of a recording's words in order, (S,); `leaps` says where a word begins, whose pause may lack."""

    states: NDArray[np.int64]
    leaps: NDArray[np.bool_]

    @staticmethod
    def of_words(words: Sequence[Sequence[int]]) -> Chain:
        """Words as phones' places, with a pause before, between and after them."""
        phones, begins = [0], [False]
        for word in words:
            phones += [*word, 0]
            begins += [True, *[False] * len(word)]
        states = STATES * np.repeat(phones, STATES) + np.tile(np.arange(STATES), len(phones))
        leaps = np.zeros(len(states), np.bool_)
        leaps[::STATES] = begins
        return Chain(states, leaps)


def best_walks(
    densities: Sequence[torch.Tensor], chains: Sequence[Chain], stay: torch.Tensor
) -> list[NDArray[np.int64] | None]:
    """Places in each chain, (T,), by log-densities of all states, (T, S); None where the sound is too short."""
    frames = torch.tensor([len(density) for density in densities])
    longest = max(len(chain.states) for chain in chains)
    padded = [functional.pad(torch.tensor(chain.states), (0, longest - len(chain.states))) for chain in chains]
    states = torch.stack(padded)
    leaps = torch.stack([functional.pad(torch.tensor(c.leaps), (0, longest - len(c.leaps))) for c in chains])
    heard = torch.nn.utils.rnn.pad_sequence(list(densities), batch_first=True)
    stays, goes = stay.log()[states], (1.0 - stay).log()[states]
    entering = functional.pad(leaps[:, STATES:], (0, STATES)) * math.log(PAUSE_SHARE)
    leaping = torch.where(leaps, math.log(1.0 - PAUSE_SHARE), IMPOSSIBLE)
    score = torch.full(states.shape, IMPOSSIBLE)
    score[:, 0] = score[:, STATES] = 0.0
    score = score + heard[:, 0].gather(1, states)
    back = np.zeros((int(frames.max()), *states.shape), np.int8)
    last = score
    for t in range(1, len(back)):
        on = score + goes
        step = functional.pad(on[:, :-1], (1, 0), value=IMPOSSIBLE) + entering
        leap = functional.pad(on[:, : -1 - STATES], (1 + STATES, 0), value=IMPOSSIBLE) + leaping
        score, move = torch.stack([score + stays, step, leap]).max(0)
        back[t] = move.numpy()
        score = score + heard[:, t].gather(1, states)
        last = torch.where((t < frames)[:, None], score, last)
    return [
        walk_back(back[: len(density), row], last[row].numpy(), len(chain.states))
        for row, (density, chain) in enumerate(zip(densities, chains, strict=True))
    ]


def walk_back(moves: NDArray[np.int8], scores: NDArray[np.float32], states: int) -> NDArray[np.int64] | None:
    """The places of the best walk that ends in the last word or the pause after it, (T, S), (S,) -> (T,)."""
    ends = (states - 1, states - 1 - STATES)
    place = max(ends, key=lambda end: scores[end])
    if scores[place] < IMPOSSIBLE / 2:
        return None
    places = np.empty(len(moves), np.int64)
    for t in range(len(moves) - 1, -1, -1):
        places[t] = place
        place -= (0, 1, 1 + STATES)[moves[t, place]]
    return places
