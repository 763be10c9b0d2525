"""What one step of the acoustic training hears: crops of recordings, drawn in balance.

Conventions
-----------
- A crop is drawn around an *anchor*, a phone of a recording. Speakers have the recipe's shares; within a speaker, rare
  phones and rare pitches are drawn more often than they occur, by a power of how rare they are.
- The crops of a step depend on (seed, step, rank) alone; ranks are the processes that train together.
- What may be missing in singing is left out at random, so that each way of being told less is learned.
- Frames of doubtful phones count little, bands above what a recording holds not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from svs_cli.acoustic.conditions import TECHNIQUES, Conditions, conditions
from svs_cli.frontend.inventory import BREATH, SILENCE
from svs_cli.training.examples import Example, Vocabulary

HELD_OUT_CROPS = 24
LONGEST_COUNTED_FRAMES = 80  # of a phone: a long one is not drawn more often for it
SILENCE_SHARE = 0.15
PITCH_STEP_SEMITONES = 2.0
RAREST, COMMONEST = 6.0, 0.3  # how much more or less often than it occurs a phone is drawn at most


@dataclass(frozen=True)
class AcousticDataConfig:
    """What an example is, how often each speaker is heard, and what is left out how often."""

    shards: tuple[str, ...] = ()
    batch: int = 10
    frames: int = 128
    speakers: dict[str, float] = field(default_factory=dict)  # names in the shards, with their shares of the crops
    singers: dict[str, str] = field(default_factory=dict)  # who is meant, of names that mean the same
    styles: dict[str, str] = field(default_factory=dict)
    balance: float = 0.5  # 0: phones and pitches as often as they occur, 1: all equally often
    copies: float = 0.4  # how often a copy on another pitch is drawn, against a recording of the same length
    speaker_dropout: float = 0.04
    style_dropout: float = 0.1
    language_dropout: float = 0.3
    technique_dropout: float = 0.25
    gain_db: float = 4.0  # each crop is made louder or softer by up to this, and told so
    doubtful_share: float = 0.05
    doubtful_weight: float = 0.2
    regression_weight: float = 0.5

    def __post_init__(self) -> None:
        if self.batch < 1 or self.frames < 2 or self.frames % 2:
            raise ValueError("batch must be positive and frames even")
        if any(share <= 0 for share in self.speakers.values()):
            raise ValueError("the shares of speakers must be positive")


@dataclass(frozen=True)
class Batch:
    """Shapes: mel (B, T, M) log magnitude, phones (B, T, 3), scalars (B, T, S), comb (B, T, M).

    speakers, styles, languages, copies (B,) are rows of the network's tables; `weight` (B, T, M) is what each value
    counts, 1 on average.
    """

    mel: torch.Tensor
    phones: torch.Tensor
    scalars: torch.Tensor
    comb: torch.Tensor
    speakers: torch.Tensor
    styles: torch.Tensor
    languages: torch.Tensor
    copies: torch.Tensor
    weight: torch.Tensor


class Crops:
    """Draws batches from examples; what is drawn depends on (seed, step, rank) alone."""

    def __init__(
        self, config: AcousticDataConfig, names: Vocabulary, examples: Sequence[Example], seed: int, rank: int = 0
    ) -> None:
        self.config, self.names, self.seed, self.rank = config, names, seed, rank
        self.held_out = [e for e in examples if e.split == "dev" and e.frames > config.frames and not e.copied]
        self.examples = [e for e in examples if e.split == "train"]
        self.anchors = anchors_of(self.examples)
        self.odds = np.cumsum(anchor_odds(self.examples, self.anchors, config, names))

    def statistics(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and standard deviation of each mel band over sung frames of recordings that fill all bands."""
        whole = [e for e in self.examples if e.bands.all()] or self.examples
        frames = np.concatenate([e.levelled()[e.sung] for e in whole[:: max(1, len(whole) // 400)]])
        return torch.tensor(frames.mean(axis=0)), torch.tensor(frames.std(axis=0) + 0.3)

    def batch(self, step: int) -> Batch:
        """Random crops."""
        random = np.random.default_rng((self.seed, step, self.rank))
        chosen = np.searchsorted(self.odds, random.random(self.config.batch) * self.odds[-1], side="right")
        places = [self.anchors[min(int(i), len(self.anchors) - 1)] for i in chosen]
        crops = []
        for index, phone in places:
            example = self.examples[index]
            ends = np.cumsum(example.phone_frames)
            anchor = int(random.integers(ends[phone] - example.phone_frames[phone], ends[phone]))
            first = anchor - int(random.integers(self.config.frames))
            crops.append(self._crop(example, first, random))
        return self._batch([self.examples[index] for index, _ in places], crops, random)

    def held_out_batch(self) -> Batch | None:
        """The same crops of up to `HELD_OUT_CROPS` held-out recordings at every call."""
        chosen = self.held_out[:: max(1, len(self.held_out) // HELD_OUT_CROPS)][:HELD_OUT_CROPS]
        if not chosen:
            return None
        middle = [(e.frames - self.config.frames) // 2 for e in chosen]
        crops = [self._crop(e, first, None) for e, first in zip(chosen, middle, strict=True)]
        return self._batch(chosen, crops, None)

    def _crop(
        self, e: Example, first: int, random: np.random.Generator | None
    ) -> tuple[NDArray[np.float32], Conditions, NDArray[np.float32]]:
        """Mel, conditions and weight of frames; what ends too soon is followed by its own last frame, of no weight."""
        gain_db, curves = 0.0, [np.asarray(curve, np.float32) for curve in e.curves]
        known = [True] * len(TECHNIQUES)
        if random is not None:
            gain_db = float(random.uniform(-1, 1)) * self.config.gain_db
            known = list(random.random(len(TECHNIQUES)) >= self.config.technique_dropout)
        curves[0] = curves[0] + np.float32(gain_db)
        if not known[0]:
            gain_db = 0.0  # loudness that nobody is told of would be noise
        length = min(self.config.frames, e.frames)
        first = min(max(0, first), e.frames - length)
        span, missing = slice(first, first + length), self.config.frames - length
        energy, breathiness, tension = (c if k else None for c, k in zip(curves, known, strict=True))
        told = conditions(e.phone_ids, e.phone_frames, e.f0_hz, e.voiced, (energy, breathiness, tension), span)
        doubtful = np.repeat(e.doubtful, e.phone_frames)[span]
        weight = np.where(doubtful, self.config.doubtful_weight, 1.0).astype(np.float32)
        mel = e.levelled(span, gain_db)
        if missing:
            mel, told = np.pad(mel, ((0, missing), (0, 0)), "edge"), told.padded(missing)
            weight = np.pad(weight, (0, missing))
        return mel, told, weight

    def _batch(
        self,
        examples: Sequence[Example],
        crops: Sequence[tuple[NDArray[np.float32], Conditions, NDArray[np.float32]]],
        random: np.random.Generator | None,
    ) -> Batch:
        def rows(own: list[int], unknown: int, dropout: float) -> torch.Tensor:
            left_out = np.zeros(len(own), bool) if random is None else random.random(len(own)) < dropout
            return torch.tensor(np.where(left_out, unknown, own))

        names, config = self.names, self.config
        bands = np.stack([e.bands for e in examples]).astype(np.float32)[:, None]
        weight = np.stack([weight for _, _, weight in crops])[..., None] * bands
        return Batch(
            torch.tensor(np.stack([mel for mel, _, _ in crops])),
            torch.tensor(np.stack([told.phones for _, told, _ in crops])),
            torch.tensor(np.stack([told.scalars for _, told, _ in crops])),
            torch.tensor(np.stack([told.comb for _, told, _ in crops])),
            rows([e.speaker for e in examples], len(names.speakers), config.speaker_dropout),
            rows([e.style for e in examples], len(names.styles), config.style_dropout),
            rows([e.language for e in examples], len(names.languages), config.language_dropout),
            torch.tensor([int(e.copied) for e in examples]),
            torch.tensor(weight / max(float(weight.mean()), 1e-6)),
        )


def anchors_of(examples: Sequence[Example]) -> NDArray[np.int64]:
    """Every phone that lasts a frame: index of the example and of the phone in it, (anchors, 2)."""
    parts = []
    for index, example in enumerate(examples):
        phones = np.flatnonzero(example.phone_frames > 0)
        parts.append(np.stack([np.full(len(phones), index), phones], axis=1))
    return np.concatenate(parts) if parts else np.zeros((0, 2), np.int64)


def anchor_odds(
    examples: Sequence[Example], anchors: NDArray[np.int64], config: AcousticDataConfig, names: Vocabulary
) -> NDArray[np.float64]:
    """How likely each anchor is drawn, (anchors,); see the module's conventions."""
    lengths = np.array([examples[i].phone_frames[p] for i, p in anchors])
    phones = np.array([examples[i].phone_ids[p] for i, p in anchors])
    starts = np.array([np.r_[0, np.cumsum(examples[i].phone_frames)][p] for i, p in anchors])
    midi = np.array([12 * np.log2(examples[i].f0_hz[s]) for (i, _), s in zip(anchors, starts, strict=True)])
    doubtful = np.array([examples[i].doubtful[p] for i, p in anchors])
    copied = np.array([examples[i].copied for i, _ in anchors])
    speakers = np.array([examples[i].recorded_as for i, _ in anchors])
    odds = np.minimum(lengths, LONGEST_COUNTED_FRAMES).astype(np.float64)
    odds *= rarity(phones, odds, config.balance)
    odds *= np.where(doubtful, config.doubtful_weight, 1.0) * np.where(copied, config.copies, 1.0)
    quiet = [index for index, phone in enumerate(names.phones) if phone in (SILENCE, BREATH)]
    odds *= np.where(np.isin(phones, quiet), SILENCE_SHARE, 1.0)
    for speaker in np.unique(speakers):
        own = speakers == speaker
        odds[own] *= rarity(np.round(midi[own] / PITCH_STEP_SEMITONES).astype(int), odds[own], config.balance / 2)
        odds[own] *= config.speakers[speaker] / odds[own].sum()
    return odds


def rarity(kinds: NDArray[np.int64], odds: NDArray[np.float64], power: float) -> NDArray[np.float64]:
    """By how much each item is to be drawn more often, so that rare kinds are rare to the power of 1 - `power`."""
    _, kind = np.unique(kinds, return_inverse=True)
    share = np.bincount(kind, odds) / odds.sum()
    return np.asarray(np.clip((share * len(share)) ** -power, COMMONEST, RAREST)[kind])
