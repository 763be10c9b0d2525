"""`svs pitch`: a `.ds` document gets its F0 and energy curves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from svs_cli.cli.options import DocumentArgument, DocumentOutput, SeedOption
from svs_cli.cli.streams import PIPE, read_document, write_document

if TYPE_CHECKING:
    from svs_cli.performance.document import Performance


def pitch_command(
    source: DocumentArgument = PIPE, output: DocumentOutput = Path(PIPE), seed: SeedOption = 0
) -> None:
    """Draw the F0 and energy curves of a .ds document, anew; edit them before 'svs acoustic'."""
    write_document(pitch(read_document(source), seed), output)


def pitch(performance: Performance, seed: int = 0) -> Performance:
    """The document with new F0 and energy. Raises PerformanceError if it has no durations."""
    from svs_cli.performance.completion import timed
    from svs_cli.performance.energy import rule_energy
    from svs_cli.pitch.rule import RulePitch

    return rule_energy(RulePitch().predict(timed(performance), seed))
