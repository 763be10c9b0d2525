"""What technique curves do, as a table for a terminal or as plain values.

Conventions
-----------
- A line is a curve and what it was moved by. Its own column should show the same number, the others and the pitch none.
- Over several documents changes are means; pitch figures are of all their frames.
- Below stands what each model's `[response]` should be, over all its voices, as lines for its model.toml.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from svs_cli import __version__
from svs_cli.acoustic.conditions import TECHNIQUES
from svs_cli.evaluation.bootstrap import summary
from svs_cli.evaluation.controls import Change, responses_of
from svs_cli.evaluation.extract import F0Extractor
from svs_cli.evaluation.likeness import PitchErrors
from svs_cli.evaluation.report import aligned

PITCH_HEADS = {"f0_median_absolute_cents": "F0 cents", "within_20_cents": "<20 cents %", "voicing_error": "voicing %"}
SHARES = ("within_20_cents", "voicing_error")


def table_rows(changes: Sequence[Change]) -> Iterator[dict[str, Any]]:
    """One for each voice, curve and offset, in the order in which they come: means over documents."""
    for voice, curve, asked_db in dict.fromkeys((one.voice, one.curve, one.asked_db) for one in changes):
        same = [one for one in changes if (one.voice, one.curve, one.asked_db) == (voice, curve, asked_db)]
        means = {name: summary([one.changes_db[name] for one in same]) for name in TECHNIQUES}
        pitch = sum((one.pitch for one in same), PitchErrors()).values()
        yield {
            "voice": voice, "curve": curve, "asked_db": asked_db, "documents": len(same),
            "changes_db": {name: None if told is None else told.mean for name, told in means.items()},
            "pitch": {name: pitch[name] for name in PITCH_HEADS},
        }  # fmt: skip


def as_text(changes: Sequence[Change], extractor: F0Extractor) -> str:
    """A table for each voice."""
    titles = list(dict.fromkeys(one.title for one in changes))
    blocks = [f"documents: {len(titles)}\nheard F0: {extractor}\nchanges against the curves as they are, in dB"]
    rows = list(table_rows(changes))
    for voice in dict.fromkeys(row["voice"] for row in rows):
        lines = [[voice, *(f"{name} dB" for name in TECHNIQUES), *PITCH_HEADS.values()]]
        for row in rows:
            if row["voice"] == voice:
                cells = [shown(row["changes_db"][name], "+.2f") for name in TECHNIQUES]
                cells += [shown(row["pitch"][name], ".1f", 100 if name in SHARES else 1) for name in PITCH_HEADS]
                lines.append([f"  {row['curve']} {row['asked_db']:+g}", *cells])
        blocks.append(aligned(lines))
    for model, response in responses_of(changes).items():
        rows_of_table = [f"{name} = {list(row)}" for name, row in asdict(response).items()]
        told = f"for {model}/model.toml, so that a dB drawn is a dB heard:"
        blocks.append("\n".join([told, "[response]", *rows_of_table]))
    return "\n\n".join(blocks)


def shown(value: float | None, form: str, factor: float = 1) -> str:
    """A cell, "-" where there is no figure."""
    return "-" if value is None else format(value * factor, form)


def as_json(changes: Sequence[Change], extractor: F0Extractor) -> dict[str, Any]:
    """The table, and each document, as plain values."""
    return {
        "svs": __version__,
        "f0": str(extractor),
        "rows": list(table_rows(changes)),
        "responses": {model: asdict(response) for model, response in responses_of(changes).items()},
        "documents": [
            {"title": one.title, "voice": one.voice, "curve": one.curve, "asked_db": one.asked_db,
             "changes_db": one.changes_db, "pitch": one.pitch.values()}
            for one in changes
        ],
    }  # fmt: skip
