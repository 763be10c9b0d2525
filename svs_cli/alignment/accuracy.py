"""How far found boundaries lie from hand-made ones.

Conventions
-----------
- A boundary is the start of a phone that is no pause, and the end of one before a pause. Both sequences hold the same
  phones; pauses may differ (a label without a short pause, say), and then that end is not counted.
- Errors are found minus labelled, in milliseconds: positive is late.
- Shares are of boundaries within a tolerance, as in the aligners' papers (10, 20, 50, 100 ms).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from svs_cli.alignment.aligner import Aligner
from svs_cli.alignment.recognise import phone_error_rate, recognise
from svs_cli.alignment.recordings import words_of
from svs_cli.alignment.score_clock import on_singers_clock
from svs_cli.corpus.audio_file import read_at
from svs_cli.corpus.manifest import Recording
from svs_cli.errors import CorpusError
from svs_cli.frontend.inventory import BREATH, SILENCE
from svs_cli.parallel import each

TOLERANCES_MS = (10, 20, 50, 100)
PAUSES = (SILENCE, BREATH)
Timed = tuple[Sequence[str], Sequence[float]]
Figures = tuple[str, list[float], float | None]  # group, boundary errors in ms, phone error rate


@dataclass
class Boundaries:
    """Errors in milliseconds of one group of recordings, and the phone error rate of each."""

    errors_ms: list[float] = field(default_factory=list)
    phone_error_rates: list[float] = field(default_factory=list)
    recordings: int = 0

    def share_within(self, tolerance_ms: float) -> float:
        """Share of boundaries within a tolerance, 0..1; NaN without boundaries."""
        return float(np.mean(np.abs(self.errors_ms) <= tolerance_ms)) if self.errors_ms else float("nan")

    def to_row(self) -> dict[str, float | int | None]:
        """The group's figures, as the table and `--json` show them."""
        errors: NDArray[np.float64] = np.array(self.errors_ms)
        row: dict[str, float | int | None] = {"recordings": self.recordings, "boundaries": len(errors)}
        row |= {f"within_{t}_ms": round(self.share_within(t), 4) if len(errors) else None for t in TOLERANCES_MS}
        row["median_ms"] = round(float(np.median(errors)), 2) if len(errors) else None
        row["mean_absolute_ms"] = round(float(np.abs(errors).mean()), 2) if len(errors) else None
        rates = self.phone_error_rates
        row["phone_error_rate"] = round(float(np.mean(rates)), 4) if rates else None
        return row


def boundary_errors_ms(labelled: Timed, found: Timed) -> list[float]:
    """Errors of all boundaries; see the module's conventions. Raises CorpusError if the phones differ."""
    label, other = edges(labelled), edges(found)
    if [phone for phone, _, _, _ in label] != [phone for phone, _, _, _ in other]:
        raise CorpusError("the labelled and the found phones differ; boundaries cannot be compared")
    errors = []
    for (_, start, end, paused), (_, found_start, found_end, found_paused) in zip(label, other, strict=True):
        errors.append(1000.0 * (found_start - start))
        if paused and found_paused:
            errors.append(1000.0 * (found_end - end))
    return errors


def edges(timed: Timed) -> list[tuple[str, float, float, bool]]:
    """Phone, start, end in seconds, and whether a pause follows, of every phone that is no pause."""
    phones, ends = timed
    starts = [0.0, *ends[:-1]]
    following = [*phones[1:], ""]
    return [
        (phone, start, end, after in PAUSES)
        for phone, start, end, after in zip(phones, starts, ends, following, strict=True)
        if phone not in PAUSES
    ]


def by_group(items: Iterable[Figures]) -> dict[str, Boundaries]:
    """Errors and phone error rates collected by the groups' names, in order of appearance."""
    groups: dict[str, Boundaries] = defaultdict(Boundaries)
    for name, errors_ms, rate in items:
        group = groups[name]
        group.errors_ms += errors_ms
        group.recordings += 1
        group.phone_error_rates += [] if rate is None else [rate]
    return dict(groups)


def accuracy_of(
    aligner: Aligner, recordings: Sequence[Recording], progress: Callable[[str, float], None]
) -> Iterator[Figures]:
    """Align labelled recordings by their phones alone, as if nothing were known of the times, and by their scores.

    A group is a speaker and a language; what a score guided is a group of its own. Raises CorpusError or LyricsError
    for a recording that cannot be aligned.
    """

    def work(recording: Recording) -> list[Figures]:
        samples, _ = read_at(recording.audio)
        heard = aligner.hear(samples)
        found = aligner.align(heard, words_of(recording))
        labelled = (recording.phones, recording.phone_ends_seconds)
        errors_ms = boundary_errors_ms(labelled, (found.phones, found.ends_seconds))
        rate = phone_error_rate(recording.phones, recognise(aligner, heard).phones)
        figures: list[Figures] = [(group_of(recording), errors_ms, rate)]
        if known := on_singers_clock(recording.score_nuclei_seconds, found):
            guided = aligner.align(heard, words_of(recording), known)
            errors_ms = boundary_errors_ms(labelled, (guided.phones, guided.ends_seconds))
            figures.append((f"{group_of(recording)}, by its score", errors_ms, None))
        return figures

    for figures in each(work, recordings, aligner, "aligning", progress):
        yield from figures


def accuracy_of_own(
    aligner: Aligner, recordings: Sequence[Recording], progress: Callable[[str, float], None]
) -> Iterator[Figures]:
    """The same for `alignment.speaker`, which sees the recordings and their phones, and none of the labels."""
    from svs_cli.alignment.speaker.outcomes import align_speakers

    untimed = [replace(r, phone_ends_seconds=(), nuclei_seconds=(), label_origin="") for r in recordings]
    for recording, outcome in zip(recordings, align_speakers(untimed, aligner, progress), strict=True):
        if outcome.reason:
            raise CorpusError(outcome.reason)
        found = (outcome.recording.phones, outcome.recording.phone_ends_seconds)
        errors_ms = boundary_errors_ms((recording.phones, recording.phone_ends_seconds), found)
        yield group_of(recording), errors_ms, None


def group_of(recording: Recording) -> str:
    """Speaker and language."""
    return " ".join(filter(None, (recording.speaker, recording.language)))
