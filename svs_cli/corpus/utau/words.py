"""Words that everything about labels shares."""

from __future__ import annotations

from svs_cli.errors import CorpusError

SILENCE = "SP"
BREATH = "AP"


class LabelError(CorpusError):
    """Why one recording has no usable labels; ends up in the list of rejected recordings."""
