"""The list of commands, in the order of `svs --help`."""

from __future__ import annotations

from typing import Annotated

import typer

from svs_cli import __version__
from svs_cli.cli.acoustic import acoustic_command
from svs_cli.cli.batch import batch_command
from svs_cli.cli.bench import bench_command
from svs_cli.cli.corpus import corpus_app
from svs_cli.cli.doctor import doctor_command
from svs_cli.cli.duration import duration_command
from svs_cli.cli.evaluate import evaluate_command
from svs_cli.cli.pitch import pitch_command
from svs_cli.cli.plot import plot_command
from svs_cli.cli.report import report_command
from svs_cli.cli.score import score_command
from svs_cli.cli.synth import synth_command
from svs_cli.cli.train import train_command
from svs_cli.cli.vocode import vocode_command
from svs_cli.cli.voices import voices_app

# rich would double the time that --help takes
app = typer.Typer(
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("synth", short_help="Sing a score: it becomes an audio file.")(synth_command)
app.command("batch", short_help="Sing many scores at once; can be resumed.")(batch_command)
app.command("score", short_help="Score to a .ds draft of notes and phones.")(score_command)
app.command("duration", short_help="Give the phones of a .ds their lengths.")(duration_command)
app.command("pitch", short_help="Draw the F0 and energy curves of a .ds.")(pitch_command)
app.command("acoustic", short_help="Sing a .ds to a spectrogram, .mel.npz.")(acoustic_command)
app.command("vocode", short_help="Turn a .mel.npz into audio.")(vocode_command)
app.command("evaluate", short_help="Measure audio against its score.")(evaluate_command)
app.command("plot", short_help="Draw notes, F0, dynamics and spectrogram.")(plot_command)
app.command("report", short_help="Make a page to see and hear a song.")(report_command)
app.add_typer(voices_app, name="voices")
app.add_typer(corpus_app, name="corpus")
app.command("train", short_help="Train a model by a recipe.")(train_command)
app.command("bench", short_help="Measure how fast this machine sings.")(bench_command)
app.command("doctor", short_help="Show what is here and mend what is not.")(doctor_command)


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
