"""Figures as Markdown, which is also what the terminal shows."""

from __future__ import annotations

from collections.abc import Sequence

from svs_cli.bench.machine import GIBIBYTE, ModelSize
from svs_cli.bench.run import Bench, Measured

MEBIBYTE = 2**20
STAGE_HEADER = ("stage", "cold", "warm", "real-time factor", "peak memory")
GROWTH_HEADER = ("song", "cold", "warm", "real-time factor", "peak memory")
NOTES = """\
Cold is the first time in a new process, with imports and loading of models; warm is the work alone, the median of
repetitions. The real-time factor is warm time over the length of the song: below 1 is faster than it sounds. Peak
memory is that of a process that does nothing else, with Python and the models in it."""


def report(bench: Bench) -> str:
    """The whole report, ending in a line feed."""
    stage_seconds = bench.stages[0].song_seconds
    blocks = [
        "# How fast svs sings",
        bullets(bench),
        f"## Every stage, on {stage_seconds:g} s of song",
        table(STAGE_HEADER, [(row.stage, *cells(row)) for row in bench.stages]),
        "## From score to file, by length",
        table(GROWTH_HEADER, [(f"{row.song_seconds:g} s", *cells(row)) for row in bench.growth]),
        *crews(bench),
        NOTES,
    ]
    return "\n\n".join(blocks) + "\n"


def crews(bench: Bench) -> list[str]:
    """The section about `svs batch`, if it was measured."""
    if not bench.crews:
        return []
    first = bench.crews[0]
    header = ("workers x threads", "songs a minute", "real-time factor")
    rows = [
        (f"{crew.workers} x {crew.threads}", f"{60 * crew.songs / crew.elapsed_seconds:.1f}",
         f"{crew.real_time_factor:.4f}")
        for crew in bench.crews
    ]  # fmt: skip
    songs = f"{first.songs} songs of {first.sung_seconds / first.songs:.0f} s"
    return [f"## svs batch, {songs}, start of the workers included", table(header, rows)]


def bullets(bench: Bench) -> str:
    """What the figures depend on."""
    machine = bench.machine
    steps = "no" if bench.steps is None else str(bench.steps)
    lines = [
        f"{machine.processor}, {machine.cores} cores, {machine.memory_gib:g} GiB, {machine.system}; "
        f"load before: {machine.load:g}",
        f"svs {machine.svs}, Python {machine.python}, torch {machine.torch}; {bench.threads} threads, "
        f"device {bench.device}",
        f"voice {bench.voice}: {'; '.join(map(described, bench.models))}; {steps} steps",
        f"svs --help answers in {bench.help_seconds:.2f} s",
    ]
    return "\n".join(f"- {line}" for line in lines)


def described(model: ModelSize) -> str:
    """A model in a few words."""
    if not model.parameters:
        return f"{model.stage} {model.name}, no weights"
    size = f"{model.parameters / 1e6:.1f} M parameters, {model.size_bytes / MEBIBYTE:.0f} MiB"
    return f"{model.stage} {model.name}, {size}"


def cells(row: Measured) -> tuple[str, ...]:
    """A row's figures as text."""
    figures = row.figures
    memory = figures.peak_mib
    size = f"{memory:.0f} MiB" if memory < 1024 else f"{memory * MEBIBYTE / GIBIBYTE:.2f} GiB"
    return f"{figures.cold_seconds:.2f} s", f"{figures.warm_seconds:.3f} s", f"{row.real_time_factor:.4f}", size


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns are aligned as plain text too.

    >>> print(table(("stage", "warm"), [("pitch", "1 s"), ("vocoder", "12 s")]))
    | stage   | warm |
    | ------- | ---: |
    | pitch   |  1 s |
    | vocoder | 12 s |
    """
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    rule = ["-" * widths[0], *(f"{'-' * (width - 1)}:" for width in widths[1:])]
    lines = [rule] if not rows else [header, rule, *rows]
    return "\n".join(f"| {' | '.join(aligned(line, widths))} |" for line in lines)


def aligned(cells: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Cells padded to their columns: the first to the left, figures to the right."""
    return [cells[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True))]
