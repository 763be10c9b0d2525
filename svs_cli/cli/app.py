"""The list of commands, in the order of `svs --help`."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

from svs_cli import __version__
from svs_cli.cli.examples import show_example

# Name, where the command is (or, of those that have commands of their own, their app), and what --help says in a line.
COMMANDS = (
    ("synth", "synth:synth_command", "Sing a score: it becomes an audio file."),
    ("batch", "batch:batch_command", "Sing many scores at once; can be resumed."),
    ("score", "score:score_command", "Score to a .ds draft of notes and phones."),
    ("duration", "duration:duration_command", "Give the phones of a .ds their lengths."),
    ("pitch", "pitch:pitch_command", "Draw the F0 and energy curves of a .ds."),
    ("retake", "retake:retake_command", "Sing some bars of a .ds anew."),
    ("takes", "takes:takes_command", "Sing several takes; keep the best."),
    ("acoustic", "acoustic:acoustic_command", "Sing a .ds to a spectrogram, .mel.npz."),
    ("vocode", "vocode:vocode_command", "Turn a .mel.npz into audio."),
    ("evaluate", "evaluate:evaluate_command", "Measure audio against its score."),
    ("plot", "plot:plot_command", "Draw notes, F0, dynamics and spectrogram."),
    ("report", "report:report_command", "Make a page to see and hear a song."),
    ("voices", "voices:voices_app", "The voices that can sing here."),
    ("align", "align:align_command", "Find when each phone of a recording sounds."),
    ("corpus", "corpus:corpus_app", "Recordings become what training reads."),
    ("train", "train:train_command", "Train a model by a recipe."),
    ("export", "export:export_app", "Write models for other programs, as ONNX."),
    ("bench", "bench:bench_command", "Measure how fast this machine sings."),
    ("doctor", "doctor:doctor_command", "Show what is here and mend what is not."),
)


class CommandsOnDemand(TyperGroup):
    """Imports a command when it is called, so that --help and the tab key answer at once however many there are."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[Any, Any, Any]:
        """The name, the command itself, and its arguments. Raises typer's usage error for an unknown name."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command if name is None else load_command(name), rest


def load_command(name: str) -> Any:
    """The command of that name, or the group of commands, as typer builds it."""
    place, short_help = next((place, short_help) for known, place, short_help in COMMANDS if known == name)
    module, _, function = place.partition(":")
    found = getattr(import_module(f"svs_cli.cli.{module}"), function)
    if isinstance(found, typer.Typer):
        command: Any = get_group(found)
    else:
        alone = typer.Typer(rich_markup_mode=None, add_completion=False)
        alone.command(name, short_help=short_help)(found)
        command = get_command(alone)
    show_example(command, name)
    return command


def placeholder() -> None:
    """Stands for a command until it is called."""


# rich would double the time that --help takes
app = typer.Typer(
    cls=CommandsOnDemand,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _name, _, _short_help in COMMANDS:
    app.command(_name, short_help=_short_help)(placeholder)


def show_version(asked: bool) -> None:
    """Print the version and leave."""
    if asked:
        print(f"svs {__version__}")
        raise typer.Exit


@app.callback()
def svs(
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    """Sing a score: MusicXML, MIDI, UST, USTX or .ds with lyrics becomes audio.

    Start with: svs synth song.musicxml. Exit codes: 0 done, 1 a mistake of svs, 2 usage, 3 bad score or data, 4 voice
    or model missing.
    """
