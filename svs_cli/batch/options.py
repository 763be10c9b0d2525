"""The options of `svs synth` as a manifest's columns: parsed by the very parser of that command.

So a cell means what it means on the command line, with the same checks, and a new option is a new column.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import typer

from svs_cli.cli.job import Job
from svs_cli.cli.run import CLICK_ERROR
from svs_cli.cli.synth import synth_command
from svs_cli.errors import UsageError

# Where a parameter of the command and a field of the job differ in name.
FIELD_OF = {"key": "key_semitones", "tempo": "tempo_factor", "humanise": "humanise_ms", "save_stages": "stages_folder"}
NOT_A_COLUMN = {"score", "as_json", "quiet", "help"}
PATH_FIELDS = {"output", "stages_folder", "sing"}


@cache
def parser() -> Any:
    """The command `svs synth`, to parse rows with."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command("synth")(synth_command)
    return typer.main.get_command(app)


@cache
def option_names() -> dict[str, str]:
    """Column name to parameter name, e.g. "lang" to "language"."""
    found = {}
    for parameter in parser().params:
        long = [name for name in parameter.opts if name.startswith("--")]
        if parameter.name not in NOT_A_COLUMN and long:
            found[long[0].removeprefix("--")] = parameter.name
    return found


def job_of(score: str, options: Mapping[str, str], where: str) -> Job:
    """The job of one row. Raises UsageError that says which row and which option."""
    words = [f"--{name}={value}" for name, value in options.items()]
    try:
        parsed = parser().make_context("svs synth", [*words, "--", score]).params
    except CLICK_ERROR as error:
        raise UsageError(f"{where}: {error.format_message()}") from error
    values: dict[str, Any] = {"source": score}
    for name in option_names().values():
        field, value = FIELD_OF.get(name, name), parsed[name]
        values[field] = Path(value) if field in PATH_FIELDS and value is not None else value
    return Job(**values)
