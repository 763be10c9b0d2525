"""`svs corpus shift` and `svs corpus sing`: copies of recordings on other pitches, and of speech as singing."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from svs_cli.cli.console import Console
from svs_cli.cli.options import QuietOption

if TYPE_CHECKING:
    from svs_cli.corpus.copies import Copy

ShardArgument = Annotated[
    Path, typer.Argument(help="A shard that 'svs corpus prepare' wrote.", dir_okay=False, exists=True)
]
CopiesOption = Annotated[Path, typer.Option("--output", "-o", help="The shard of copies to write.")]
SpeakerOption = Annotated[str | None, typer.Option(help="Only this speaker's recordings.")]
MinutesOption = Annotated[
    float | None, typer.Option(min=0.1, help="Copy only so much, evenly over the shard; by default all.")
]
JobsOption = Annotated[
    int | None, typer.Option("--jobs", "-j", min=1, help="Processes at once; by default one for each core.")
]


def shift_command(
    shard: ShardArgument,
    output: CopiesOption,
    semitones: Annotated[
        float, typer.Option(min=0.1, max=12, help="How far copies may lie from their original.")
    ] = 3.2,
    speaker: SpeakerOption = None,
    minutes: MinutesOption = None,
    seed: Annotated[int, typer.Option(min=0, help="Another number draws other pitches.")] = 1,
    jobs: JobsOption = None,
    quiet: QuietOption = False,
) -> None:
    """Copy a shard's labelled recordings to other pitches, formants kept, some with vibrato. Prints the new shard."""
    from svs_cli.corpus.shift import ShiftConfig, shifted_copy

    copy = partial(shifted_copy, config=ShiftConfig(semitones=semitones))
    write(shard, output, copy, seed, speaker, minutes, jobs, quiet)


def sing_command(
    shard: ShardArgument,
    output: CopiesOption,
    low: Annotated[str, typer.Option(help="The lowest note, e.g. G3.")] = "G3",
    high: Annotated[str, typer.Option(help="The highest note.")] = "F5",
    style: Annotated[str, typer.Option(help="The style that the copies are said to be in.")] = "core",
    speaker: SpeakerOption = None,
    minutes: MinutesOption = None,
    seed: Annotated[int, typer.Option(min=0, help="Another number draws other notes.")] = 1,
    jobs: JobsOption = None,
    quiet: QuietOption = False,
) -> None:
    """Copy labelled speech as singing: notes with held vowels, the speaker's own sound. Prints the new shard."""
    from svs_cli.corpus.sing import SingConfig, sung_copy
    from svs_cli.errors import UsageError
    from svs_cli.performance.ds_file import note_midi

    lowest, highest = note_midi(low), note_midi(high)
    try:
        config = SingConfig(low_midi=lowest or 0.0, high_midi=highest or 0.0, style=style)
    except ValueError as error:
        raise UsageError(f"from {low} to {high} is no range: {error}", fix="write --low A3 --high D5") from error
    write(shard, output, partial(sung_copy, config=config), seed, speaker, minutes, jobs, quiet)


def write(
    shard: Path,
    output: Path,
    copy: Copy,
    seed: int,
    speaker: str | None,
    minutes: float | None,
    jobs: int | None,
    quiet: bool,
) -> None:
    """Make the copies and say how many there are."""
    from svs_cli.corpus.copies import write_copies

    console = Console(quiet)
    count = write_copies(
        shard,
        output,
        copy,
        seed,
        keep=lambda features: speaker in (None, features.info["speaker"]),
        minutes=minutes,
        jobs=jobs,
        progress=lambda share: console.stage(shard.stem, share),
    )
    console.finish()
    console.note(f"{count} copies")
    print(output)
