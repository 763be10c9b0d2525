"""`svs duration`: phones of a `.ds` document get their lengths."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from svs_cli.cli.console import Console
from svs_cli.cli.options import (
    DocumentArgument,
    DocumentOutput,
    HumaniseOption,
    JsonOption,
    QuietOption,
    RubatoOption,
    SeedOption,
    SwingOption,
    TimingOption,
)
from svs_cli.cli.streams import PIPE, read_document, write_document
from svs_cli.errors import CorpusError, UsageError

if TYPE_CHECKING:
    from svs_cli.duration.protocol import DurationModel
    from svs_cli.evaluation.timing import TimingErrors


def duration_command(
    source: DocumentArgument = PIPE,
    output: DocumentOutput = Path(PIPE),
    timing: TimingOption = None,
    swing: SwingOption = 0.0,
    rubato: RubatoOption = 0.0,
    humanise: HumaniseOption = 0.0,
    seed: SeedOption = 0,
    evaluate: Annotated[
        Path | None,
        typer.Option(
            "--evaluate", metavar="FOLDER", help="Instead: how far timing lies from singers' labels of these scores."
        ),
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Give every phone of a .ds document its length, anew; edit them before 'svs pitch'.

    F0 and curves that it has already go along with the phones; 'svs pitch' draws them anew.

    With --evaluate a table compares the rule, the rule refitted, and the model with songs that it never learned from.
    """
    console = Console(quiet)
    if evaluate is not None:
        refuse_beside_evaluate(source != PIPE, str(output) != PIPE, bool(swing or rubato or humanise or seed))
        print_errors(evaluate, timing, console, as_json)
        return
    if as_json:
        raise UsageError("--json is for --evaluate", fix="a .ds document is JSON already")
    from svs_cli.duration.carried import moves, with_curves_of
    from svs_cli.duration.feel import Feel, FeltDuration
    from svs_cli.parallel import single_threaded
    from svs_cli.voices.singer import load_duration_model

    feel = Feel(swing, rubato, humanise, seed)
    document = read_document(source)
    with single_threaded():
        timed = FeltDuration(load_duration_model(timing), feel).predict(document)
    console.warn(timed.warnings)
    if moves(document, timed):
        console.note("F0 and curves of the document went along with the phones; 'svs pitch' draws them anew")
    write_document(with_curves_of(document, timed), output)


def refuse_beside_evaluate(names_file: bool, names_output: bool, takes_liberties: bool) -> None:
    """Raise UsageError for what an evaluation would not heed."""
    for given, what in (
        (names_file, "a document: it reads the songs of its folder"),
        (names_output, "--output: its table goes to standard output"),
        (takes_liberties, "--swing, --rubato, --humanise or --seed: it measures the model alone"),
    ):
        if given:
            raise UsageError(f"--evaluate takes no {what}", fix="leave it out, or leave out --evaluate")


def print_errors(folder: Path, timing: str | None, console: Console, as_json: bool) -> None:
    """The table of errors of all songs in a folder that the model did not learn from.

    Raises CorpusError for a folder without such songs.
    """
    from svs_cli.corpus.importers.protocol import Rejection
    from svs_cli.corpus.sung_timing import sung_songs
    from svs_cli.duration.rule import RuleDuration
    from svs_cli.evaluation.timing import errors_of, refitted
    from svs_cli.voices.singer import load_duration_model

    model = load_duration_model(timing)
    learned = getattr(model, "learned_from", ())
    songs = []
    for found in sung_songs(folder):
        if isinstance(found, Rejection):
            console.note(f"left out: {found.path.name}: {found.reason}")
        else:
            songs.append(found)
    unheard = [song for song in songs if song.name not in learned]
    if not unheard:
        raise CorpusError(f"the model learned from every song of {folder}", fix="evaluate on songs that it never saw")
    others = [song for song in songs if song.name in learned] or unheard
    stages: dict[str, DurationModel] = {"rule": RuleDuration(), "rule, refitted": refitted(others)}
    if model.name != "rule":
        stages[model.name] = model
    rows = {name: errors_of(stage, unheard) for name, stage in stages.items()}
    if as_json:
        print(json.dumps({"songs": [song.name for song in unheard]} | {n: e.to_row() for n, e in rows.items()}))
        return
    console.note(f"songs: {' '.join(song.name for song in unheard)}")
    print_table(rows)


def print_table(rows: dict[str, TimingErrors]) -> None:
    """Root mean square errors in milliseconds, a line a stage."""
    titles = ("", "nucleus ms", "median", "consonant ms", "breath ms", "release ms", "nuclei", "consonants")
    lines = [titles, *((name, *errors.to_cells()) for name, errors in rows.items())]
    widths = [max(len(line[column]) for line in lines) for column in range(len(titles))]
    for line in lines:
        cells = [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
        print("  ".join([line[0].ljust(widths[0]), *cells]))
