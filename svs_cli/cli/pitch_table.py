"""What `svs pitch --evaluate` prints: a table a song, or JSON."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from svs_cli.evaluation.contour import ContourRow, Spread

TITLES = (
    "", "RMSE", "corr", "dev corr", "melody RMSE", "melody corr", "mean RMSE", "mean dev corr", "off centre",
    "seeds differ", "vibrato", "rate Hz", "depth cents",
)  # fmt: skip


def print_rows(rows: Sequence[ContourRow], heard: Collection[str], as_json: bool) -> None:
    """Print the rows of an evaluation; songs that the model learned from are marked."""
    if as_json:
        print(json.dumps([{**asdict(row), "learned_from": row.song in heard} for row in rows], ensure_ascii=False))
        return
    for song in dict.fromkeys(row.song for row in rows):
        print(f"{song}{' (the model learned from it)' if song in heard else ''}")
        table = [TITLES, *(cells(row) for row in rows if row.song == song)]
        widths = [max(len(line[column]) for line in table) for column in range(len(TITLES))]
        for line in table:
            figures = [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
            print("  ".join([line[0].ljust(widths[0]), *figures]).rstrip())


def cells(row: ContourRow) -> tuple[str, ...]:
    """A row of the table; errors in cents."""
    share = "-" if row.vibrato_share is None else f"{100 * row.vibrato_share:.0f} %"
    return (
        row.curve, figure(row.rmse_cents, 1), figure(row.correlation, 4), figure(row.deviation_correlation, 3),
        figure(row.melody_rmse_cents, 1), figure(row.melody_correlation, 3),
        figure(row.expected_rmse_cents, 1), figure(row.expected_deviation_correlation, 3),
        figure(row.off_centre_cents, 1), figure(row.seeds_differ_cents, 1), share, spread(row.rate_hz, 2),
        spread(row.depth_cents, 0),
    )  # fmt: skip


def figure(value: float | None, decimals: int) -> str:
    """A number, or a dash."""
    return "-" if value is None else f"{value:.{decimals}f}"


def spread(value: Spread | None, decimals: int) -> str:
    """A median with its interquartile range."""
    return "-" if value is None else f"{value.median:.{decimals}f} ({value.quartiles:.{decimals}f})"
