"""`svs train`: a recipe becomes a model."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from svs_cli.cli.completion import complete_recipe
from svs_cli.cli.options import QuietOption
from svs_cli.errors import UsageError

if TYPE_CHECKING:
    from svs_cli.training.run import Progress

RECIPE_FILE = "recipe.toml"
NEW_SPEAKER_RECIPE = "acoustic-voice"


def train_command(
    kind: Annotated[
        Literal["acoustic", "aligner", "duration", "pitch", "vocoder"], typer.Argument(help="Which model to train.")
    ],
    recipe: Annotated[
        Path | None,
        typer.Option(
            "--recipe",
            help="A recipe.toml, its folder, or the name of a recipe that ships with svs.",
            autocompletion=complete_recipe,
        ),
    ] = None,
    overrides: Annotated[
        list[str] | None,
        typer.Argument(metavar="KEY=VALUE", help="Recipe keys to change, e.g. optimiser.steps=500."),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint of this recipe.")] = False,
    start: Annotated[
        str | None, typer.Option("--from", metavar="MODEL", help="A trained acoustic model, to teach it a new speaker.")
    ] = None,
    speaker: Annotated[
        str | None, typer.Option(help="The new speaker: a name in shards; theirs are all NAME*.safetensors.")
    ] = None,
    quiet: QuietOption = False,
) -> None:
    """Train a model by a recipe; a line on stderr for every logged step. Prints the model's folder at the end.

    The folder gets a CARD.md: data with licences and credits, command, cost, losses. Recordings whose terms forbid it
    are refused before the first step.
    """
    changes = [*new_speaker(kind, start, speaker), *(overrides or [])]
    if recipe is None and start is None:
        raise UsageError("which recipe?", fix="name one with --recipe: a file, or one that ships with svs")
    path = find_recipe(recipe or Path(NEW_SPEAKER_RECIPE))
    from svs_cli.training.parallel import rank
    from svs_cli.training.run import model_folder, train

    for progress in train(kind, path, changes, resume):
        if not quiet:
            for note in progress.notes:
                print(f"terms: {note}", file=sys.stderr)
            print(progress_line(progress), file=sys.stderr, flush=True)
    if rank() == 0:
        print(model_folder(kind, path, changes))


def new_speaker(kind: str, start: str | None, speaker: str | None) -> list[str]:
    """What --from and --speaker change in a recipe. Raises UsageError.

    >>> new_speaker("acoustic", "base", "me")[:3]
    ['name="me"', 'start.model="base"', 'start.speaker="me"']
    """
    if start is None and speaker is None:
        return []
    if start is None or speaker is None or kind != "acoustic":
        fix = "write: svs train acoustic --from MODEL --speaker NAME"
        raise UsageError("a new speaker takes an acoustic model and a name", fix=fix)
    named, begun = json.dumps(speaker, ensure_ascii=False), json.dumps(start, ensure_ascii=False)
    shards = json.dumps([f"{speaker}*.safetensors"], ensure_ascii=False)
    return [
        f"name={named}",
        f"start.model={begun}",
        f"start.speaker={named}",
        f"data.shards={shards}",
        f"data.speakers={{{named} = 1.0}}",
    ]


def find_recipe(recipe: Path) -> Path:
    """The `recipe.toml` that is meant: a file, a folder, or a shipped recipe's name. Raises UsageError."""
    from svs_cli.bundled import shelf
    from svs_cli.config import suggestion

    for candidate in (recipe, recipe / RECIPE_FILE):
        if candidate.is_file():
            return candidate
    shipped = {folder.parent.name: folder for folder in sorted(shelf("recipes").glob(f"*/{RECIPE_FILE}"))}
    if str(recipe) in shipped:
        return shipped[str(recipe)]
    raise UsageError(f"there is no recipe {str(recipe)!r}", fix=suggestion(str(recipe), list(shipped)))


def progress_line(progress: Progress) -> str:
    """Step, losses, speed and, when they were measured, the held-out losses."""
    report = progress.report
    losses = " ".join(f"{name} {value:.4f}" for name, value in report.losses.items())
    held_out = "".join(f" held-out {name} {value:.4f}" for name, value in progress.held_out.items())
    return f"step {report.step} {losses}{held_out} ({report.seconds:.2f} s a step, {progress.elapsed_seconds:.0f} s)"
