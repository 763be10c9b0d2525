"""`svs corpus prepare` and `svs corpus shift`: feature shards."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from svs_cli.cli.console import Console
from svs_cli.cli.options import QuietOption
from svs_cli.errors import UsageError


def prepare_command(
    banks: Annotated[
        list[str], typer.Argument(metavar="NAME=FOLDER...", help="Checkouts of banks, e.g. yuki=downloads/UTAU-Yuki.")
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for the shards; by default $SVS_HOME/shards.")
    ] = None,
    quiet: QuietOption = False,
) -> None:
    """Label voicebanks and write a feature shard of each. Prints the path of each shard."""
    from svs_cli.bundled import home
    from svs_cli.corpus.banks import BANKS
    from svs_cli.corpus.prepare import prepare_bank

    roots = {name: checkout(name, folder, list(BANKS)) for name, folder in map(split_bank, banks)}
    folder = output or home() / "shards"
    folder.mkdir(parents=True, exist_ok=True)
    console = Console(quiet)
    for name, root in roots.items():
        shard = folder / f"{name}.safetensors"
        counts = prepare_bank(BANKS[name], root, shard, lambda share, name=name: console.stage(name, share))  # type: ignore[misc]
        console.finish()
        console.note(f"{name}: " + ", ".join(f"{count} {what}" for what, count in counts.items()))
        print(shard, flush=True)


def split_bank(text: str) -> tuple[str, Path]:
    """Name and folder of "name=folder". Raises UsageError.

    >>> split_bank("yuki=banks/yuki")[0]
    'yuki'
    """
    name, equals, folder = text.partition("=")
    if not (name and equals and folder):
        raise UsageError(f"{text!r} is not of the form NAME=FOLDER", fix="see the names with 'svs corpus sources'")
    return name, Path(folder)


def checkout(name: str, folder: Path, known: list[str]) -> Path:
    """The folder of a known bank. Raises UsageError."""
    from svs_cli.config import suggestion

    if name not in known:
        raise UsageError(f"no bank is called {name!r}", fix=suggestion(name, known))
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}", fix="fetch it; 'svs corpus sources' says from where")
    return folder


def shift_command(
    shard: Annotated[
        Path, typer.Argument(help="A shard that 'svs corpus prepare' wrote.", dir_okay=False, exists=True)
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The shard of copies to write.")],
    semitones: Annotated[
        float, typer.Option(min=0.1, max=12, help="How far copies may lie from their original.")
    ] = 3.2,
    speaker: Annotated[str | None, typer.Option(help="Only this speaker's recordings.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Another number draws other pitches.")] = 1,
    quiet: QuietOption = False,
) -> None:
    """Copy a shard's labelled recordings to other pitches, formants kept, some with vibrato. Prints the new shard."""
    from svs_cli.corpus.shift import ShiftConfig, shift_shard

    console = Console(quiet)
    count = shift_shard(
        shard,
        output,
        ShiftConfig(semitones=semitones),
        seed,
        keep=lambda features: speaker in (None, features.info["speaker"]),
        progress=lambda share: console.stage(shard.stem, share),
    )
    console.finish()
    console.note(f"{count} copies")
    print(output)
