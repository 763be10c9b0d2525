"""`svs evaluate --controls`: whether a technique curve changes what it names and leaves the rest alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from svs_cli.cli.console import Console
from svs_cli.cli.evaluate_copies import numbers_of
from svs_cli.errors import UsageError

if TYPE_CHECKING:
    from svs_cli.evaluation.extract import F0Extractor
    from svs_cli.evaluation.rows import Singing

ControlsOption = Annotated[
    str | None,
    typer.Option(
        "--controls", metavar="DB", help="Sing with energy, breathiness and tension moved by these dB, e.g. -6,6."
    ),
]


def evaluate_controls(
    inputs: Sequence[str], offsets: str, singing: Singing, extractor: F0Extractor, *, as_json: bool, console: Console
) -> None:
    """Sing, measure and print. Raises SvsError."""
    from svs_cli.evaluation.controls import checked_offsets, control_changes
    from svs_cli.evaluation.controls_report import as_json as as_plain
    from svs_cli.evaluation.controls_report import as_text
    from svs_cli.evaluation.evaluate import unique_titles
    from svs_cli.evaluation.pairs import pairs_of
    from svs_cli.evaluation.rows import Cast, read_material

    offsets_db = checked_offsets(numbers_of(offsets, "--controls", "-6,6"))
    pairs = pairs_of(inputs)
    if any(pair.audio is not None for pair in pairs):
        raise UsageError("--controls sings, and audio is sung already", fix="give scores or .ds documents")
    cast = Cast(singing, console.stage)
    changes = [
        change
        for voice in cast.voices
        for pair, title in zip(pairs, unique_titles(pairs), strict=True)
        if pair.document is not None
        for change in control_changes(
            cast, voice, title, read_material(pair.document, singing), offsets_db, extractor
        )
    ]
    console.finish()
    print(json.dumps(as_plain(changes, extractor), ensure_ascii=False) if as_json else as_text(changes, extractor))
