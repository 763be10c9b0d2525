"""`svs train`: a recipe becomes a run folder with checkpoints, a log and, at the end, a model folder.

Conventions
-----------
- A recipe is one TOML file; unknown keys are refused. Shards are looked up in `$SVS_HOME/shards`.
- The run folder is `$SVS_HOME/runs/<recipe name>`: `checkpoint.safetensors` (for `--resume`), `log.jsonl` (a line every
  `log_every` steps) and `model/` (averaged weights, float16, loadable by `svs synth`, with a CARD.md).
- The terms of all recordings are looked at before the first step: what may not be combined is not trained on.
"""

from __future__ import annotations

import json
import os
import shlex
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from svs_cli.bundled import home, shelf
from svs_cli.config import load_config
from svs_cli.corpus.manifest import Terms
from svs_cli.corpus.shards import shards_matching
from svs_cli.errors import UsageError
from svs_cli.training.acoustic import AcousticRecipe, acoustic_task
from svs_cli.training.aligner import AlignerRecipe, aligner_task
from svs_cli.training.card import Origin
from svs_cli.training.checkpoint import load_checkpoint, save_checkpoint
from svs_cli.training.duration import DurationRecipe, duration_task, share_of_songs
from svs_cli.training.loop import StepReport, TrainingState, start, training_steps
from svs_cli.training.parallel import joined, rank
from svs_cli.training.pitch import PitchRecipe, pitch_task
from svs_cli.training.provenance import check_shares, learned_shares, shares_of_model
from svs_cli.training.release import release
from svs_cli.training.task import Recipe, Task
from svs_cli.training.vocoder import VocoderRecipe, vocoder_task
from svs_cli.voices.library import find_model

CHECKPOINT = "checkpoint.safetensors"
KINDS: dict[str, tuple[type[Recipe], Callable[[Any], Task]]] = {
    "acoustic": (AcousticRecipe, acoustic_task),
    "aligner": (AlignerRecipe, aligner_task),
    "duration": (DurationRecipe, duration_task),
    "pitch": (PitchRecipe, pitch_task),
    "vocoder": (VocoderRecipe, vocoder_task),
}


@dataclass(frozen=True)
class Progress:
    """One line of the log; the first of a run has the notes on what the recordings' terms mean for the model."""

    report: StepReport
    held_out: dict[str, float] = field(default_factory=dict)
    elapsed_seconds: float = 0.0
    notes: tuple[str, ...] = ()


def train(kind: str, recipe_path: Path, overrides: list[str], resume: bool) -> Iterator[Progress]:
    """Run a recipe and yield progress; the last checkpoint is released into the run's `model/` folder.

    Raises UsageError for a recipe that cannot run, DataError for a checkpoint that does not fit, CorpusError for
    recordings whose terms forbid it.
    """
    import torch

    recipe_class, make_task = KINDS[kind]
    recipe = load_config(recipe_class, recipe_path, overrides)
    if recipe.threads:
        torch.set_num_threads(recipe.threads)
    folder = home() / "runs" / recipe.name
    checkpoint = folder / CHECKPOINT
    if checkpoint.exists() and not resume:
        raise UsageError(f"{folder} holds a run already", fix="add --resume to go on with it, or name=... for another")
    origin = origin_of(kind, recipe, training_command(kind, recipe_path, overrides))
    folder.mkdir(parents=True, exist_ok=True)
    with joined():
        task = make_task(recipe)
        state = start(task.model, recipe.optimiser, task.rival)
        if resume and checkpoint.exists():
            load_checkpoint(checkpoint, state)
        yield from steps_on_record(task, state, recipe, folder, origin.notes)
    if rank() == 0:
        release(folder / "model", task, state, recipe, origin)


def steps_on_record(
    task: Task, state: TrainingState, recipe: Recipe, folder: Path, notes: tuple[str, ...]
) -> Iterator[Progress]:
    """Train to the end; of several processes the first keeps checkpoints and the log, and alone yields progress."""
    began = time.perf_counter()
    with open(folder / "log.jsonl" if rank() == 0 else os.devnull, "a", encoding="utf-8") as log:
        for report in training_steps(state, recipe.optimiser, task.losses_of_step):
            last = report.step == recipe.optimiser.steps
            if rank():
                continue
            if report.step % recipe.save_every == 0 or last:
                save_checkpoint(folder / CHECKPOINT, state, asdict(recipe))
            if report.step % recipe.log_every == 0 or last:
                held_out = {}
                if report.step % recipe.check_every == 0 or last:
                    held_out = held_out_values(task)
                progress = Progress(report, held_out, time.perf_counter() - began, notes)
                notes = ()
                log.write(json.dumps(asdict(progress)) + "\n")
                log.flush()
                yield progress


def model_folder(kind: str, recipe_path: Path, overrides: list[str]) -> Path:
    """Where `train` releases the model of a recipe."""
    return home() / "runs" / load_config(KINDS[kind][0], recipe_path, overrides).name / "model"


def origin_of(kind: str, recipe: Recipe, command: str) -> Origin:
    """What the recipe's recordings are and what their terms mean. Raises CorpusError for what may not be combined."""
    data = getattr(recipe, "data", None)
    shards = (*getattr(data, "shards", ()), *getattr(data, "shares", ()))  # an aligner's recipe gives each a share
    shares = learned_shares(
        shards_matching(home() / "shards", shards),
        speakers=getattr(data, "speakers", ()),
        labelled_only=kind == "acoustic",
        unstated=Terms(licence=recipe.licence, consent=recipe.consent),
    )
    if isinstance(recipe, DurationRecipe):
        shares.append(share_of_songs(recipe))
    base = getattr(getattr(recipe, "start", None), "model", "")  # whose recordings' terms hold for what grows from it
    if base:
        shares = [*shares_of_model(find_model(base, kind)), *shares]
    return Origin(tuple(shares), tuple(check_shares(shares)), command)


def training_command(kind: str, recipe_path: Path, overrides: list[str]) -> str:
    """The command that trains this again; a shipped recipe is called by its name, another by its file's."""
    shipped = recipe_path.resolve().is_relative_to(shelf("recipes").resolve())
    name = recipe_path.parent.name if shipped else recipe_path.name
    return shlex.join(["svs", "train", kind, "--recipe", name, *overrides])


def held_out_values(task: Task) -> dict[str, float]:
    """Losses on held-out recordings, with the current (not the averaged) weights."""
    import torch

    with torch.no_grad():
        task.model.eval()
        values = {name: float(value) for name, value in task.held_out_losses().items()}
        task.model.train()
    return values
