"""Teaching the acoustic model: flow matching plus a regression head, on labelled shards.

Conventions
-----------
- Recordings are levelled: the median loudness of their vowels is brought to one value, because banks were recorded at
  different gains. What remains is `energy_db`: loudness of a frame against the speaker's mean for that phone.
- Recordings of the shards' dev split check the training, those of the test split are not touched.
- Bands above what a recording holds (a codec's or a low sample rate's limit) do not count.
- Silence inside files is kept, but crops are drawn around sung frames.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from svs_cli.acoustic.conditions import Conditions, conditions
from svs_cli.acoustic.network import AcousticConfig, AcousticNetwork
from svs_cli.analysis.mel import MEL
from svs_cli.bundled import home
from svs_cli.corpus.shards import shards_matching
from svs_cli.errors import UsageError
from svs_cli.training.examples import Example, load_examples
from svs_cli.training.loop import Losses
from svs_cli.training.task import Recipe, Task
from svs_cli.units import DB_PER_NEPER


@dataclass(frozen=True)
class AcousticDataConfig:
    """What an example is and how often each speaker is heard."""

    shards: tuple[str, ...] = ()
    batch: int = 12
    frames: int = 128
    speakers: dict[str, float] = field(default_factory=dict)
    energy_dropout: float = 0.15
    gain_db: float = 3.0
    regression_weight: float = 0.5


@dataclass(frozen=True)
class AcousticRecipe(Recipe):
    """The whole TOML file of an acoustic recipe."""

    data: AcousticDataConfig = field(default_factory=AcousticDataConfig)
    model: AcousticConfig = field(default_factory=AcousticConfig)


@dataclass(frozen=True)
class Batch:
    """Shapes: mel (B, T, M) log magnitude, phones (B, T, 3), scalars (B, T, S), comb (B, T, M), speakers (B,).

    `bands` (B, M) is 1 where a recording holds sound, 0 above its band.
    """

    mel: torch.Tensor
    phones: torch.Tensor
    scalars: torch.Tensor
    comb: torch.Tensor
    speakers: torch.Tensor
    bands: torch.Tensor


class AcousticData:
    """Examples in memory; the batch of a step depends on (seed, step) alone."""

    def __init__(self, config: AcousticDataConfig, root: Path, seed: int) -> None:
        self.config, self.seed = config, seed
        paths = shards_matching(root, config.shards)
        self.phones, self.speakers, every = load_examples(paths, tuple(config.speakers))
        self.held_out = [e for e in every if e.split == "dev" and e.frames > config.frames]
        self.examples = [e for e in every if e.split == "train"]
        if not self.examples:
            raise UsageError("no shard holds a labelled recording of the recipe's speakers", fix="see its README.md")
        weights = np.array([e.frames for e in self.examples], float)
        for speaker in {e.speaker for e in self.examples}:
            own = np.array([e.speaker == speaker for e in self.examples])
            weights[own] *= config.speakers[self.speakers[speaker]] / weights[own].sum()
        self.weights = weights / weights.sum()

    def statistics(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and standard deviation of each mel band over sung frames."""
        frames = np.concatenate(
            [e.mel[e.sung].astype(np.float32) for e in self.examples[:: max(1, len(self.examples) // 400)]]
        )
        return torch.tensor(frames.mean(axis=0)), torch.tensor(frames.std(axis=0) + 0.3)

    def batch(self, step: int) -> Batch:
        """Random crops."""
        random = np.random.default_rng((self.seed, step))
        chosen = random.choice(len(self.examples), self.config.batch, p=self.weights)
        return self._crops([self.examples[i] for i in chosen], random, train=True)

    def held_out_batch(self) -> Batch:
        """The same crops of up to 32 held-out recordings at every call."""
        chosen = self.held_out[:: max(1, len(self.held_out) // 32)]
        return self._crops(chosen, np.random.default_rng(self.seed), train=False)

    def _crops(self, examples: list[Example], random: np.random.Generator, train: bool) -> Batch:
        crops = [self._crop(example, random, train) for example in examples]
        mels, told = [mel for mel, _ in crops], [c for _, c in crops]
        return Batch(
            torch.tensor(np.stack(mels)),
            torch.tensor(np.stack([c.phones for c in told])),
            torch.tensor(np.stack([c.scalars for c in told])),
            torch.tensor(np.stack([c.comb for c in told])),
            torch.tensor([e.speaker for e in examples]),
            torch.tensor(np.stack([e.bands for e in examples]).astype(np.float32)),
        )

    def _crop(self, e: Example, random: np.random.Generator, train: bool) -> tuple[NDArray[np.float32], Conditions]:
        length = self.config.frames
        gain_db = float(random.uniform(-1, 1)) * self.config.gain_db if train else 0.0
        energy_db = e.energy_db + gain_db
        if train and random.random() < self.config.energy_dropout:
            energy_db, gain_db = np.zeros_like(energy_db), 0.0
        told = conditions(e.phone_ids, e.phone_frames, e.f0_hz, e.voiced, energy_db)
        mel = np.maximum(e.mel.astype(np.float32) + gain_db / DB_PER_NEPER, np.float32(np.log(MEL.floor)))
        first = self._first_frame(e, random)
        told, mel = told.cut(first, first + length), mel[first : first + length]
        missing = length - len(mel)
        if missing > 0:  # a short recording is followed by its own last frame, which is silence
            mel = np.pad(mel, ((0, missing), (0, 0)), mode="edge")
            told = told.padded(missing)
        return mel, told

    def _first_frame(self, e: Example, random: np.random.Generator) -> int:
        last_start = max(0, e.frames - self.config.frames)
        sung = np.flatnonzero(e.sung)
        low = max(0, int(sung[0]) - self.config.frames // 3) if len(sung) else 0
        high = min(last_start, int(sung[-1]) - self.config.frames // 2) if len(sung) else last_start
        return min(last_start, int(random.integers(low, max(low, high) + 1)))


def acoustic_losses(
    model: AcousticNetwork, batch: Batch, generator: torch.Generator, config: AcousticDataConfig
) -> Losses:
    """Flow matching (velocity, squared) and regression (absolute), both on mels normalised per band."""
    target = (batch.mel - model.mel_mean) / model.mel_deviation
    speaker = model.speaker(batch.speakers)
    h, first = model.encode(batch.phones, batch.scalars, batch.comb, speaker)
    t = torch.rand(len(target), generator=generator)
    noise = torch.randn(target.shape, generator=generator)
    x = (1 - t[:, None, None]) * noise + t[:, None, None] * target
    velocity = model.velocity(x, t, h, first.detach(), speaker)
    weight = batch.bands[:, None] / batch.bands.mean()
    flow = (weight * (velocity - (target - noise)).square()).mean()
    regression = (weight * (first - target).abs()).mean()
    return {"total": flow + config.regression_weight * regression, "flow": flow, "regression": regression}


def acoustic_task(recipe: AcousticRecipe) -> Task:
    """Model and losses of a recipe."""
    torch.manual_seed(recipe.seed)
    data = AcousticData(recipe.data, home() / "shards", recipe.seed)
    model = AcousticNetwork(recipe.model, len(data.phones), len(data.speakers))
    model.mel_mean, model.mel_deviation = data.statistics()

    def losses_of_step(step: int) -> Losses:
        return acoustic_losses(model, data.batch(step), torch.Generator().manual_seed(step), recipe.data)

    def held_out_losses() -> Losses:
        if not data.held_out:
            return {}
        return acoustic_losses(model, data.held_out_batch(), torch.Generator().manual_seed(0), recipe.data)

    description = {
        "kind": "acoustic",
        "phones": list(data.phones),
        "speakers": list(data.speakers),
        "network": asdict(recipe.model),
        "mel": asdict(MEL),
    }
    return Task(model, losses_of_step, held_out_losses, description)
