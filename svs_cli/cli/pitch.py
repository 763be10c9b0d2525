"""`svs pitch`: a `.ds` document gets its F0 and energy curves; `--evaluate` compares pitch models with singers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from svs_cli.cli.console import Console
from svs_cli.cli.options import (
    DocumentArgument,
    DocumentOutput,
    JsonOption,
    PitchModelOption,
    QuietOption,
    SeedOption,
    StyleOption,
)
from svs_cli.cli.streams import PIPE, read_document, write_document
from svs_cli.errors import CorpusError, UsageError

if TYPE_CHECKING:
    from svs_cli.corpus.sung import SungSong
    from svs_cli.performance.document import Performance
    from svs_cli.pitch.protocol import PitchModel

TAKES = 5  # of each model in an evaluation


def pitch_command(
    source: DocumentArgument = PIPE,
    output: DocumentOutput = Path(PIPE),
    seed: SeedOption = 0,
    model: PitchModelOption = None,
    style: StyleOption = None,
    evaluate: Annotated[
        bool,
        typer.Option("--evaluate", help="FILE is a shard of songs: compare the rule and the model with the singer."),
    ] = False,
    takes: Annotated[
        int | None, typer.Option("--takes", min=1, help=f"With --evaluate: takes of each model; {TAKES} by default.")
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Draw the F0 and energy curves of a .ds document, anew; edit them before 'svs acoustic'.

    What was chosen for each note (vibrato, portamento, scoop) stands in the document under "chosen"; copied into
    "overrides" it can be changed. With --evaluate the documents of all curves go to the folder -o, for 'svs plot'.
    """
    console = Console(quiet)
    if evaluate:
        evaluate_pitch(source, output, range(seed, seed + (takes or TAKES)), model, style, as_json, console)
        return
    if as_json:
        raise UsageError("--json is for --evaluate: a .ds document is JSON already")
    if takes is not None:
        raise UsageError("--takes is for --evaluate", fix="svs takes sings several takes of a score")
    document = pitch(read_document(source), seed, model, style)
    console.warn(document.warnings)
    write_document(document, output)


def pitch(
    performance: Performance, seed: int = 0, model: str | None = None, style: str | None = None
) -> Performance:
    """The document with new F0 and energy. Raises PerformanceError if it has no durations, see `load_pitch_model`."""
    from svs_cli.performance.completion import timed
    from svs_cli.performance.energy import rule_energy
    from svs_cli.voices.singer import load_pitch_model

    return rule_energy(load_pitch_model(model, style).predict(timed(performance), seed))


def evaluate_pitch(
    source: str, output: Path, seeds: range, model: str | None, style: str | None, as_json: bool, console: Console
) -> None:
    """Print how far the rule's and the model's curves lie from the singers' in a shard. Raises SvsError."""
    from svs_cli.cli.pitch_table import print_rows
    from svs_cli.evaluation.contour import compare
    from svs_cli.pitch.manner import PLAIN
    from svs_cli.voices.singer import RULE_PITCH, load_pitch_model

    songs = songs_of(source)
    models = [load_pitch_model(RULE_PITCH, style)]
    learned = load_pitch_model(model, style or PLAIN)
    if learned.name != RULE_PITCH:
        models.append(learned)
    console.stage("drawing")
    rows = compare(songs, {model.name: model.predict for model in models}, seeds)
    console.finish()
    if str(output) != PIPE:
        write_curves(songs, models, seeds.start, output)
    heard: tuple[str, ...] = getattr(learned, "heard", ())
    print_rows(rows, heard, as_json)


def songs_of(source: str) -> list[SungSong]:
    """The songs of a shard. Raises CorpusError if it is none, or holds none."""
    from svs_cli.corpus.shards import read_shard
    from svs_cli.corpus.sung import sung_song

    found = [sung_song(features) for features in read_shard(Path(source))]
    songs = [song for song in found if song is not None]
    if not songs:
        raise CorpusError(f"{source} holds no song with phones in time", fix="give it to 'svs align' first")
    return songs


def write_curves(songs: list[SungSong], models: list[PitchModel], seed: int, folder: Path) -> None:
    """A document a song and curve: SONG.singer.ds, SONG.rule.ds, SONG.MODEL.ds. Raises UsageError."""
    from svs_cli.corpus.sung import with_own_f0

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{folder} cannot be made: {error.strerror}", fix="name another folder with -o") from error
    for song in songs:
        stem = Path(song.name).stem
        write_document(with_own_f0(song), folder / f"{stem}.singer.ds")
        for model in models:
            write_document(model.predict(song.performance, seed), folder / f"{stem}.{model.name}.ds")
