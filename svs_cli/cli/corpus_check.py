"""`svs corpus check`: faults of recordings and labels, before anything is learned from them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from svs_cli.cli.console import Console
from svs_cli.cli.options import JsonOption, MovedOption, QuietOption, moved_folders
from svs_cli.errors import DataError, UsageError

if TYPE_CHECKING:
    from svs_cli.corpus.checks.check import Report
    from svs_cli.corpus.manifest import Recording

ALLOWED_SHARE = 0.05


def check_command(
    manifests: Annotated[
        list[Path] | None,
        typer.Argument(metavar="MANIFEST", help="From 'svs corpus import' or 'svs align'.", show_default=False),
    ] = None,
    write: Annotated[
        Path | None, typer.Option("--write", help="Write a manifest without the rejected recordings here.")
    ] = None,
    rejected: Annotated[
        Path | None, typer.Option("--rejected", help="Write the rejected recordings with reasons here, as JSON lines.")
    ] = None,
    plots: Annotated[Path | None, typer.Option("--plots", help="Folder for pictures of the worst recordings.")] = None,
    worst: Annotated[int, typer.Option("--worst", min=1, max=1000, help="How many recordings --plots draws.")] = 20,
    fix_splits: Annotated[
        Literal["no", "move"],
        typer.Option("--fix-splits", help="Songs in two splits: reject them, or move each whole to one (see --write)."),
    ] = "no",
    limit: Annotated[
        list[str] | None,
        typer.Option(
            "--limit", metavar="RULE=LIMITS", help="RULE=WARN:REJECT, RULE=warn (no rejects) or RULE=off; see --rules."
        ),
    ] = None,
    allow_rejected: Annotated[
        float, typer.Option("--allow-rejected", min=0, max=1, help="Exit with 3 if a larger share is rejected.")
    ] = ALLOWED_SHARE,
    moved: MovedOption = None,
    everything: Annotated[
        bool, typer.Option("--all", help="One line a file, even for what most of a speaker's files have.")
    ] = False,
    rules: Annotated[bool, typer.Option("--rules", help="Print what is looked for, with all limits.")] = False,
    jobs: Annotated[
        int | None, typer.Option("--jobs", min=1, max=1024, help="Processes; by default one a core.")
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Find what is wrong with recordings, labels, texts and splits: a line a problem, a summary a speaker.

    Exits with 3 when more than --allow-rejected of the recordings are rejected. Nothing is changed; --write gives a
    manifest of the good ones.
    """
    from svs_cli.atomic import check_writable
    from svs_cli.corpus.checks.check import check_recordings
    from svs_cli.corpus.checks.report import rules_table
    from svs_cli.corpus.checks.rules import RULES, with_limits

    limits = with_limits(RULES, limit or [])
    if rules:
        print(rules_table(limits))
        return
    if not manifests:
        raise UsageError("no manifest is given", fix="svs corpus check corpus.jsonl")
    for path in (write, rejected):
        if path is not None:
            check_writable(path)
    console = Console(quiet)
    recordings = recordings_in(manifests, moved)
    report = check_recordings(
        recordings, limits, jobs=jobs, fix_splits=fix_splits == "move", progress=console.stage
    )
    write_results(report, write, rejected)
    drawn = draw_worst(report, plots, worst, console)
    console.finish()
    show(report, as_json=as_json, everything=everything)
    if drawn:
        console.note(f"{drawn} pictures in {plots}")
    if report.rejected_share > allow_rejected:
        console.note(f"more than {allow_rejected:.1%} of the recordings are rejected; --allow-rejected sets the share")
        raise typer.Exit(DataError.exit_code)


def recordings_in(manifests: list[Path], moved: str | None) -> list[Recording]:
    """All recordings of all manifests, whose audio is there. Raises CorpusError or UsageError."""
    from svs_cli.corpus.manifest import REIMPORT, read_manifest, require_audio
    from svs_cli.errors import CorpusError

    pair = moved_folders(moved)
    recordings = [recording for path in manifests for recording in read_manifest(path, pair)]
    if not recordings:
        raise CorpusError(f"{', '.join(map(str, manifests))}: no recordings", fix=REIMPORT)
    require_audio(recordings)
    return recordings


def write_results(report: Report, write: Path | None, rejected: Path | None) -> None:
    """The manifest of the good recordings, and the reasons of the others."""
    from svs_cli.atomic import write_text
    from svs_cli.corpus.checks.report import problem_dict
    from svs_cli.corpus.manifest import write_manifest

    if write is not None:
        write_manifest(report.kept(), write)
    if rejected is not None:
        lines = [
            json.dumps(
                {"audio": str(item.recording.audio), "reasons": [problem_dict(problem) for problem in item.problems]},
                ensure_ascii=False,
            )
            for item in report.rejected
        ]
        write_text(rejected, "".join(line + "\n" for line in lines))


def draw_worst(report: Report, folder: Path | None, count: int, console: Console) -> int:
    """Pictures of the worst recordings; returns how many."""
    if folder is None:
        return 0
    from svs_cli.cli.job import make_folder
    from svs_cli.plots.check import draw_problems, worst_of

    make_folder(folder)
    chosen = worst_of(report, count)
    for number, item in enumerate(chosen):
        console.stage("drawing", number / len(chosen))
        draw_problems(item, folder / f"{number + 1:03d}_{item.problems[0].code}_{item.recording.audio.stem[:60]}.png")
    return len(chosen)


def show(report: Report, *, as_json: bool, everything: bool) -> None:
    """The report on stdout."""
    from svs_cli.corpus.checks.report import as_lines, as_text

    if as_json:
        for line in as_lines(report):
            print(json.dumps(line, ensure_ascii=False))
    else:
        print(as_text(report, everything=everything), flush=True)
