"""CARD.md of a model that was just trained: what it is, what it learned from, on which terms, what it cost.

It says only what is known; scores and limits that need ears or measurements are named as missing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from svs_cli.corpus.sources.terms import conditions_of
from svs_cli.training.provenance import Share

TITLES = {
    "acoustic": "An acoustic model: phones, durations, F0 and loudness to a mel spectrogram.",
    "duration": "A timing model: notes and phones to the lengths of the phones.",
    "pitch": "A pitch model: notes and timing to an F0 curve.",
    "vocoder": "A vocoder: mel spectrogram and F0 to samples.",
    "aligner": "An aligner: where in a recording each phone of its text sounds.",
}
CREDIT_DIGITS = 8


@dataclass(frozen=True)
class Origin:
    """Where a model comes from: its shares, what their terms mean for it, and the command that trained it."""

    shares: tuple[Share, ...] = ()
    notes: tuple[str, ...] = ()
    command: str = ""


@dataclass(frozen=True)
class Cost:
    """What the log of a run says; losses are those of the last line that has them."""

    seconds: float = 0.0
    losses: tuple[tuple[str, float], ...] = ()
    held_out: tuple[tuple[str, float], ...] = ()


def card_text(kind: str, name: str, parameters: int, size_bytes: int, steps: int, origin: Origin, cost: Cost) -> str:
    """The whole CARD.md in Markdown."""
    parts = [
        f"# {name}\n\n{TITLES.get(kind, f'A model of kind {kind}.')}\n"
        f"{parameters / 1e6:.{1 if parameters >= 1e5 else 3}f} M parameters, float16, {size_bytes / 1e6:.1f} MB.",
        data_text(origin),
        training_text(origin.command, steps, cost),
        "## Scores\n\nNot measured yet; `svs evaluate` does it.",
        limits_text(origin.shares),
    ]
    return "\n\n".join(parts) + "\n"


def data_text(origin: Origin) -> str:
    """The table of what was learned from, the credits, and what follows for the model."""
    if not origin.shares:
        return "## Data\n\nWhat it learned from is not known."
    terms_told = dict.fromkeys((share.terms.credit, share.terms.consent) for share in origin.shares)
    told = [f"- {credit or 'no credit asked'}{f' ({consent})' if consent else ''}" for credit, consent in terms_told]
    edits = "The recordings were edited: resampled, trimmed, levelled, labelled and learned by a neural network"
    copied_minutes = sum(share.copied_minutes for share in origin.shares)
    if copied_minutes:
        edits += f"; {copied_minutes:.0f} minutes of copies on other pitches were made of them"
    parts = ["## Data", table_text(origin.shares), "Credits and consent:", "\n".join(told)]
    parts += ["Licences:", licences_text(origin.shares), f"{edits}. Nothing of them is in here."]
    if origin.notes:
        parts += ["What their terms mean for this model:", "\n".join(f"- {note}" for note in origin.notes)]
    return "\n\n".join(parts)


def table_text(shares: Iterable[Share]) -> str:
    """A row a share, in Markdown."""
    rows = [
        "| speaker | languages | minutes | recordings | source | licence |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for share in shares:
        cells = (share.speaker, " ".join(share.languages), f"{share.minutes:.1f}", str(share.recordings))
        rows.append("| " + " | ".join(map(cell, (*cells, short(share.terms.source), share.terms.licence))) + " |")
    return "\n".join(rows)


def licences_text(shares: Iterable[Share]) -> str:
    """A line for each licence: what it asks, and where it can be read."""
    lines = []
    for licence in dict.fromkeys(share.terms.licence for share in shares):
        conditions = conditions_of(licence)
        lines.append(f"- {conditions.id}: {conditions.summary}{f', {conditions.url}' if conditions.url else ''}")
    return "\n".join(lines)


def cell(text: str) -> str:
    """Text that cannot break a Markdown table.

    >>> cell("a|b")
    'a\\\\|b'
    """
    return " ".join(text.split()).replace("|", "\\|")


def short(source: str) -> str:
    """An address with its commit shortened.

    >>> short("https://example.org/x@0123456789abcdef0123456789abcdef01234567")
    'https://example.org/x at 01234567'
    """
    address, at, commit = source.rpartition("@")
    return f"{address} at {commit[:CREDIT_DIGITS]}" if at else source


def training_text(command: str, steps: int, cost: Cost) -> str:
    """The command, and what it took."""
    lines = [f"`{command}`" if command else "The command is not known."]
    took = f"{steps:,} steps"
    if cost.seconds:
        took += f" in {cost.seconds / 60:.0f} minutes" if cost.seconds >= 120 else f" in {cost.seconds:.0f} seconds"
    lines.append(f"{took}.")
    for title, losses in (("Last losses", cost.losses), ("On recordings never learned from", cost.held_out)):
        if losses:
            lines.append(f"{title}: {', '.join(f'{name} {value:.4g}' for name, value in losses)}.")
    return "## Training\n\n" + "\n\n".join(lines)


def limits_text(shares: Iterable[Share]) -> str:
    """What follows from the data alone."""
    languages = list(dict.fromkeys(language for share in shares for language in share.languages))
    heard = f"Learned from recordings in {', '.join(languages)} only." if languages else "Languages were not stated."
    return f"## Limits\n\n- {heard}\n- Nobody has listened yet: write here what you hear."


def cost_of_log(lines: Iterable[str]) -> Cost:
    """Seconds over all resumed parts, and the last losses, from the lines of a run's `log.jsonl`.

    A part's clock starts at zero, so a line that is earlier than the one before begins a new part.
    """
    whole_seconds = part_seconds = 0.0
    losses: Sequence[tuple[str, float]] = ()
    held_out: Sequence[tuple[str, float]] = ()
    for line in lines:
        try:
            entry = json.loads(line)
            seconds = float(entry["elapsed_seconds"])
            losses = tuple((name, float(value)) for name, value in entry["report"]["losses"].items())
            held_out = tuple((name, float(value)) for name, value in entry["held_out"].items()) or held_out
        except (ValueError, KeyError, TypeError, AttributeError):
            continue  # the line that a killed run did not finish
        if seconds < part_seconds:
            whole_seconds += part_seconds
        part_seconds = seconds
    return Cost(whole_seconds + part_seconds, tuple(losses), tuple(held_out))


def read_cost(path: Path) -> Cost:
    """The cost of the run that wrote this log; nothing if there is none."""
    try:
        return cost_of_log(path.read_text(encoding="utf-8").splitlines())
    except (OSError, UnicodeDecodeError):
        return Cost()
