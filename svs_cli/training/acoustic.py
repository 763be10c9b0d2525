"""Teaching the acoustic model: flow matching plus a regression head, on labelled shards.

A recipe that names a model to start from (`start.model`) teaches it one more speaker: see `training.new_speaker`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch

from svs_cli.acoustic.load import VERSION, tables_of
from svs_cli.acoustic.network import START, AcousticConfig, AcousticNetwork
from svs_cli.acoustic.neural import Known
from svs_cli.analysis.mel import MEL
from svs_cli.bundled import home
from svs_cli.corpus.shards import shards_matching
from svs_cli.duration.articulation import ARTICULATION, articulation_of
from svs_cli.errors import UsageError
from svs_cli.frontend.inventory import load_inventory
from svs_cli.training.crops import AcousticDataConfig, Batch, Crops
from svs_cli.training.examples import Example, Naming, Vocabulary, load_examples
from svs_cli.training.loop import Losses
from svs_cli.training.new_speaker import StartConfig, merged, opened_for, prepare_for_speaker
from svs_cli.training.parallel import rank
from svs_cli.training.task import Recipe, Task
from svs_cli.units import GRID

# Recordings in a language before a speaker is at home in it: so much (two minutes a language of a synthetic voice had
# nothing to lend), and this share of what who has most has. A speaker who joins a model lends nothing, and has
# consonants of her own sooner.
NATIVE_SECONDS, NATIVE_SHARE = 600.0, 0.1
OWN_SECONDS = 60.0


@dataclass(frozen=True)
class AcousticRecipe(Recipe):
    """The whole TOML file of an acoustic recipe."""

    data: AcousticDataConfig = field(default_factory=AcousticDataConfig)
    model: AcousticConfig = field(default_factory=AcousticConfig)
    start: StartConfig = field(default_factory=StartConfig)


def acoustic_task(recipe: AcousticRecipe) -> Task:
    """Model and losses of a recipe. Raises UsageError, CorpusError or, for a model to start from, MissingError."""
    torch.manual_seed(recipe.seed)
    if recipe.start.model:
        return task_of_new_speaker(recipe)
    names, crops = crops_of(recipe)
    model = new_network(recipe.model, names)
    model.mel_mean, model.mel_deviation = crops.statistics()
    return task_of(recipe, model, recipe.model, names, crops, {"natives": natives_of(names, crops.examples)})


def crops_of(recipe: AcousticRecipe, known: Vocabulary | None = None) -> tuple[Vocabulary, Crops]:
    """The recordings of a recipe. Raises CorpusError or UsageError."""
    data = recipe.data
    naming = Naming(tuple(data.speakers), data.singers, data.styles, data.doubtful_share)
    names, examples = load_examples(shards_matching(home() / "shards", data.shards), naming, known)
    crops = Crops(data, names, examples, recipe.seed, rank())
    if not crops.examples:
        raise UsageError("every recording is kept for checking: none is left to learn from", fix="prepare more")
    return names, crops


def new_network(config: AcousticConfig, names: Vocabulary) -> AcousticNetwork:
    """A network with random weights for all that occurs."""
    inventory = load_inventory()
    model = AcousticNetwork(config, tables_of(known_of(names), len(ARTICULATION)))
    made = np.stack([articulation_of(phone, inventory[phone]) for phone in names.phones])
    model.articulation = torch.tensor(made)
    return model


def task_of_new_speaker(recipe: AcousticRecipe) -> Task:
    """A trained network, and one more speaker for it to learn."""
    opened, names = opened_for(recipe.start)
    _, crops = crops_of(recipe, names)
    prepare_for_speaker(opened.network, recipe.start)
    own = natives_of(names, crops.examples, OWN_SECONDS)  # where nobody lends yet, the new one must not begin to
    natives = {language: [*who, *own.get(language, ())] for language, who in opened.known.natives.items()}
    heard = {"natives": natives, "response": asdict(opened.response)}
    return task_of(recipe, opened.network, opened.config, names, crops, heard, lambda weights: merged(weights))


def task_of(
    recipe: AcousticRecipe,
    model: AcousticNetwork,
    config: AcousticConfig,
    names: Vocabulary,
    crops: Crops,
    heard: dict[str, Any],
    released: Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]] = dict,
) -> Task:
    """Losses of a step and of what is held out, and what model.toml says; `heard` are its tables for singing."""

    def losses_of_step(step: int) -> Losses:
        generator = torch.Generator().manual_seed(step * 1009 + rank())
        return acoustic_losses(model, crops.batch(step), generator, recipe.data.regression_weight)

    def held_out_losses() -> Losses:
        batch = crops.held_out_batch()
        if batch is None:
            return {}
        return acoustic_losses(model, batch, torch.Generator().manual_seed(0), recipe.data.regression_weight)

    description: dict[str, Any] = {
        "kind": "acoustic",
        "version": VERSION,
        **{name: list(values) for name, values in asdict(names).items()},
        "articulation": model.tables.articulation,
        **heard,
        "network": asdict(config),
        "mel": asdict(MEL),
    }
    return Task(model, losses_of_step, held_out_losses, description, released)


def known_of(names: Vocabulary) -> Known:
    return Known(names.phones, names.speakers, names.styles, names.languages)


def natives_of(
    names: Vocabulary, examples: Sequence[Example], least_seconds: float = NATIVE_SECONDS
) -> dict[str, list[str]]:
    """Who is at home in each language, see `NATIVE_SECONDS`, those with the longest recordings first."""
    frames = np.zeros((len(names.languages) + 1, len(names.speakers)))
    for example in examples:
        if not example.copied:
            frames[example.language, example.speaker] += example.frames
    enough = GRID.frame_of(least_seconds)
    at_home = (frames >= enough) & (frames >= NATIVE_SHARE * frames.max(axis=1, keepdims=True))
    return {
        language: [names.speakers[i] for i in np.argsort(-own, kind="stable") if native[i]]
        for language, own, native in zip(names.languages, frames, at_home, strict=False)
        if native.any()
    }


def acoustic_losses(
    model: AcousticNetwork, batch: Batch, generator: torch.Generator, regression_weight: float
) -> Losses:
    """Flow matching (velocity, squared) and regression (absolute), both on mels normalised per band.

    The times of a batch are spread evenly over `START`..1 at a random offset, which costs nothing and varies less.
    What counts nothing, as the bands that a recording lacks, is hidden behind the regressed mel: in singing there is
    sound in those bands too, so the decoder must not learn to expect none.
    """
    count = len(batch.mel)
    voice = model.voice(batch.speakers, batch.styles, batch.languages, batch.copies)
    h, first = model.encode(batch.phones, batch.scalars, batch.comb, voice)
    target = torch.where(batch.weight > 0, (batch.mel - model.mel_mean) / model.mel_deviation, first.detach())
    even = (torch.randperm(count, generator=generator) + torch.rand(1, generator=generator)) / count
    t = START + (1 - START) * even
    noise = torch.randn(target.shape, generator=generator)
    x = (1 - t[:, None, None]) * noise + t[:, None, None] * target
    velocity = model.velocity(x, t, h, first.detach(), voice)
    flow = (batch.weight * (velocity - (target - noise)).square()).mean()
    regression = (batch.weight * (first - target).abs()).mean()
    return {"total": flow + regression_weight * regression, "flow": flow, "regression": regression}
