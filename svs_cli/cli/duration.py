"""`svs duration`: phones of a `.ds` document get their lengths."""

from __future__ import annotations

from pathlib import Path

from svs_cli.cli.options import DocumentArgument, DocumentOutput
from svs_cli.cli.streams import PIPE, read_document, write_document


def duration_command(source: DocumentArgument = PIPE, output: DocumentOutput = Path(PIPE)) -> None:
    """Give every phone of a .ds document its length, anew; edit them before 'svs pitch'."""
    from svs_cli.duration.rule import RuleDuration

    write_document(RuleDuration().predict(read_document(source)), output)
