"""Whole utterances in batches, as the aligner learns from them.

Conventions
-----------
- A batch holds utterances of similar length, together about `batch_seconds` long; it depends on (seed, step) alone.
- Where a text is known its words make the lattice; otherwise a pause may stand between any two
  labelled syllables.
- Corpora hold short syllables, songs long notes: `stretch_share` of the labelled utterances get vowels that are up to
  `longest_stretch` times as long, by the `positions` at which features are read; transitions stay as they are.
- A long recording is cut to a piece of `longest_seconds` when its phones have times, and left out otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from svs_cli.alignment.features import ALIGN_GRID
from svs_cli.alignment.lattice import lattice_of
from svs_cli.corpus.shards import INT16_SCALE, read_shard, shards_matching
from svs_cli.errors import SvsError, UsageError
from svs_cli.frontend.inventory import BREATH, SILENCE, load_inventory

ONSET_WIDTH_FRAMES = 1.5
TRANSITION_SECONDS = 0.06
LONGEST_GROWTH = 1.7  # of a whole utterance


@dataclass(frozen=True)
class UtteranceConfig:
    """What a batch is."""

    shares: dict[str, float] = field(default_factory=dict)  # shard file, may have wildcards: share of the audio heard
    use_labels: bool = True  # False: texts alone, for measuring what flat start gives
    batch_seconds: float = 60.0
    longest_seconds: float = 14.0
    slowest: float = 0.85  # speeds are drawn between these
    fastest: float = 1.2
    loudest_noise_db: float = -25.0  # against the utterance's loudest sample
    dynamics_db: float = 8.0  # loudness wanders by this standard deviation
    stretch_share: float = 0.35
    longest_stretch: float = 5.0

    def __post_init__(self) -> None:
        if self.batch_seconds < self.longest_seconds or self.longest_seconds <= 0.5:
            raise ValueError("longest_seconds must be over 0.5 and no longer than batch_seconds")


@dataclass(frozen=True)
class Utterance:
    """A recording with the lattice of its words and, if its phones are timed, their ends."""

    samples: NDArray[np.int16]
    phone_ids: NDArray[np.int64]  # of the lattice's states, -1 for pauses
    label_ids: NDArray[np.int64]
    label_ends_seconds: NDArray[np.float64]
    positions: NDArray[np.float32] | None = None  # the frame of the samples that each frame is read at

    @property
    def frames(self) -> int:
        """Frames of 10 ms, after stretching."""
        return ALIGN_GRID.frames_of_samples(len(self.samples)) if self.positions is None else len(self.positions)

    @property
    def seconds(self) -> float:
        return len(self.samples) / ALIGN_GRID.sample_rate_hz


@dataclass(frozen=True)
class Batch:
    """Shapes: samples (B, n); frames, states, timed (B,); phone_ids (B, S); positions, both targets (B, T)."""

    samples: torch.Tensor
    frames: torch.Tensor
    phone_ids: torch.Tensor
    states: torch.Tensor
    timed: torch.Tensor
    positions: torch.Tensor
    phone_targets: torch.Tensor
    onset_targets: torch.Tensor


class Utterances:
    """All shards of a recipe in memory."""

    def __init__(self, config: UtteranceConfig, root: Path, seed: int) -> None:
        if not config.shares:
            raise UsageError("the recipe names no shards", fix="list them in [data.shares], each with its share")
        self.config, self.seed = config, seed
        self.training: list[Utterance] = []
        self.held_out: list[Utterance] = []
        weights: list[float] = []
        for name, share in config.shares.items():
            training = [u for path in shards_matching(root, [name]) for u in self._load(path)]
            if not training:
                raise UsageError(f"{name} holds no recording to learn from", fix="see the recipe's README.md")
            seconds = np.array([utterance.seconds for utterance in training])
            weights += list(share * seconds / seconds.sum())
            self.training += training
        self.weights = np.array(weights) / sum(weights)

    def _load(self, path: Path) -> list[Utterance]:
        training = []
        for features in read_shard(path):
            if features.samples is None:
                raise UsageError(f"{path} is a compact shard without samples", fix="prepare it without --compact")
            utterance = utterance_of(features.samples, features.info, self.config)
            if utterance is None:
                continue
            split = features.info.get("split", "train")
            if split == "train":
                training.append(utterance)
            elif split == "dev":
                self.held_out.append(utterance)
        return training

    def batch(self, step: int) -> Batch:
        """The batch of a step: a first utterance by the shares, then others of about its length."""
        random = np.random.default_rng((self.seed, step))
        pool = random.choice(len(self.training), 64, p=self.weights)
        lengths = np.array([min(self.training[i].seconds, self.config.longest_seconds) for i in pool])
        near = np.argsort(np.abs(lengths - lengths[0]), kind="stable")
        room = int(self.config.batch_seconds / (lengths[0] * self.config.slowest**-1))
        chosen = [self.training[pool[i]] for i in near[: max(1, min(room, 24))]]
        return collate([disturbed(cut(u, self.config, random), self.config, random) for u in chosen])

    def held_out_batch(self) -> Batch:
        """The same utterances at every call."""
        random = np.random.default_rng(self.seed)
        chosen = self.held_out[:: max(1, len(self.held_out) // 24)][:24]
        return collate([cut(utterance, self.config, random) for utterance in chosen])


def utterance_of(samples: NDArray[np.int16], info: dict[str, Any], config: UtteranceConfig) -> Utterance | None:
    """An utterance that can be learned from, None when neither words nor times are known or it is too long to cut."""
    from svs_cli.alignment.text import pausable, phones_of_text

    symbols = load_inventory().symbols
    number = {symbol: index for index, symbol in enumerate(symbols)}
    labels, ends = info.get("phones") or [], np.array(info.get("ends_seconds") or [], float)
    timed = bool(len(ends)) and config.use_labels
    if any(phone not in number for phone in labels):
        return None
    spoken = pausable([phone for phone in labels if phone not in (SILENCE, BREATH)])
    if not spoken and not timed:
        try:
            spoken = phones_of_text(info.get("text", ""), info.get("language", ""))
        except SvsError:
            return None
    seconds = len(samples) / ALIGN_GRID.sample_rate_hz
    if seconds > config.longest_seconds and not timed:
        return None
    if sum(map(len, spoken)) > seconds * config.slowest * 30.0:
        return None
    words = [[number[phone] for phone in word] for word in spoken]
    states = lattice_of(words).phone_ids if any(words) else np.array([-1])
    if not timed:
        return Utterance(samples, states, np.zeros(0, np.int64), np.zeros(0))
    return Utterance(samples, states, np.array([number[phone] for phone in labels]), ends)


def cut(utterance: Utterance, config: UtteranceConfig, random: np.random.Generator) -> Utterance:
    """A random piece of a timed utterance that is too long."""
    rate = ALIGN_GRID.sample_rate_hz
    over = utterance.seconds - config.longest_seconds
    if over <= 0:
        return utterance
    first = int(random.uniform(0.0, over) * rate)
    samples = utterance.samples[first : first + int(config.longest_seconds * rate)]
    ends = utterance.label_ends_seconds - first / rate
    inside = (ends > 0) & (np.concatenate([[0.0], ends[:-1]]) < config.longest_seconds)
    return Utterance(samples, utterance.phone_ids, utterance.label_ids[inside], ends[inside])


def disturbed(utterance: Utterance, config: UtteranceConfig, random: np.random.Generator) -> Utterance:
    """Another speed, other dynamics, longer vowels, and noise of any colour between white and brown."""
    speed = random.uniform(config.slowest, config.fastest)
    samples = utterance.samples
    count = int(len(samples) / speed)
    heard = np.interp(np.arange(count) * speed, np.arange(len(samples)), samples).astype(np.float32)
    knots_db = random.normal(0.0, config.dynamics_db, 2 + count // ALIGN_GRID.sample_rate_hz)
    heard *= 10 ** (np.interp(np.arange(count), np.linspace(0, count, len(knots_db)), knots_db) / 20).astype(np.float32)
    noise = random.standard_normal(count, dtype=np.float32)
    if random.random() < 0.5:
        noise[1:] = noise[1:] + noise[:-1]
    level_db = random.uniform(config.loudest_noise_db - 60.0, config.loudest_noise_db)
    peak = max(1.0, float(np.abs(heard).max()))
    heard = heard + noise * np.float32(peak * 10 ** (level_db / 20.0))
    heard *= 0.5 * INT16_SCALE / peak
    ends = utterance.label_ends_seconds / speed
    moved = Utterance(heard.astype(np.int16), utterance.phone_ids, utterance.label_ids, ends)
    return stretched(moved, config, random) if random.random() < config.stretch_share else moved


def stretched(utterance: Utterance, config: UtteranceConfig, random: np.random.Generator) -> Utterance:
    """Half of the vowels longer, between the transitions at their ends; an utterance without labels as it is."""
    if not len(utterance.label_ids):
        return utterance
    nuclei = nucleus_ids()
    old, factors = [0.0], []
    begin = 0.0
    for phone, end in zip(utterance.label_ids, utterance.label_ends_seconds, strict=True):
        if int(phone) in nuclei and end - begin > 3 * TRANSITION_SECONDS and random.random() < 0.5:
            old += [begin + TRANSITION_SECONDS, end - TRANSITION_SECONDS, end]
            factors += [1.0, random.uniform(1.0, config.longest_stretch), 1.0]
        else:
            old += [end]
            factors += [1.0]
        begin = end
    spans = np.diff(old)
    growth = float((spans * factors).sum() / spans.sum()) - 1.0
    eased = min(1.0, (LONGEST_GROWTH - 1.0) / max(growth, 1e-9))
    new = np.concatenate([[0.0], np.cumsum(spans * (1.0 + eased * (np.array(factors) - 1.0)))])
    frames = ALIGN_GRID.frames_of_samples(int(new[-1] * ALIGN_GRID.sample_rate_hz))
    read_at = np.interp(ALIGN_GRID.seconds_of(np.arange(frames)), new, old) * ALIGN_GRID.frames_per_second
    ends = np.interp(utterance.label_ends_seconds, old, new)
    return replace(utterance, label_ends_seconds=ends, positions=read_at.astype(np.float32))


@cache
def nucleus_ids() -> frozenset[int]:
    """Numbers of the phones that can carry a syllable."""
    inventory = load_inventory()
    return frozenset(number for number, symbol in enumerate(inventory.symbols) if symbol in inventory.nuclei)


def collate(utterances: list[Utterance]) -> Batch:
    """Utterances padded to the longest."""
    frames = [utterance.frames for utterance in utterances]
    longest, widest = max(frames), max(len(u.phone_ids) for u in utterances)
    samples = np.zeros((len(utterances), max(len(u.samples) for u in utterances)), np.float32)
    positions = np.tile(np.arange(longest, dtype=np.float32), (len(utterances), 1))
    phone_ids = np.full((len(utterances), widest), -1)
    phone_targets = np.zeros((len(utterances), longest), np.int64)
    onset_targets = np.zeros((len(utterances), longest), np.float32)
    for row, utterance in enumerate(utterances):
        samples[row, : len(utterance.samples)] = utterance.samples / INT16_SCALE
        phone_ids[row, : len(utterance.phone_ids)] = utterance.phone_ids
        if utterance.positions is not None:
            positions[row, : frames[row]] = utterance.positions
        if len(utterance.label_ids):
            phone_targets[row, : frames[row]] = frame_targets(utterance, frames[row])
            onset_targets[row, : frames[row]] = onset_shape(utterance.label_ends_seconds[:-1], frames[row])
    return Batch(
        torch.tensor(samples),
        torch.tensor(frames),
        torch.tensor(phone_ids),
        torch.tensor([len(u.phone_ids) for u in utterances]),
        torch.tensor([len(u.label_ids) > 0 for u in utterances]),
        torch.tensor(positions),
        torch.tensor(phone_targets),
        torch.tensor(onset_targets),
    )


def frame_targets(utterance: Utterance, frames: int) -> NDArray[np.int64]:
    """The label at the centre of each frame, (T,)."""
    centres = ALIGN_GRID.seconds_of(np.arange(frames))
    places = np.searchsorted(utterance.label_ends_seconds, centres, side="right")
    return utterance.label_ids[np.minimum(places, len(utterance.label_ids) - 1)]


def onset_shape(onsets_seconds: NDArray[np.float64], frames: int) -> NDArray[np.float32]:
    """A triangle around each onset, (T,): a phone that begins half a frame before frame f begins *at* frame f."""
    at = np.asarray(onsets_seconds) * ALIGN_GRID.frames_per_second + 0.5
    target = np.zeros(frames, np.float32)
    for offset in (-1, 0, 1, 2):
        places = np.floor(at).astype(int) + offset
        value = np.maximum(0.0, 1.0 - np.abs(places - at) / ONSET_WIDTH_FRAMES)
        inside = (places >= 0) & (places < frames)
        np.maximum.at(target, places[inside], value[inside].astype(np.float32))
    return target
