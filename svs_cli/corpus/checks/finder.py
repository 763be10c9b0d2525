"""A recording, what was heard in it, and the rules: what every check is given.

Conventions: `Finder.judge` turns a figure into a problem if its rule says so; checks never compare with thresholds
of their own table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from svs_cli.corpus.checks.rules import Problem, Rules
from svs_cli.corpus.manifest import Recording
from svs_cli.frontend.inventory import BREATH, SILENCE

MOST_SPANS = 20
Span = tuple[float, float]


@dataclass
class Finder:
    """Collects the problems of one recording."""

    recording: Recording
    rules: Rules
    problems: list[Problem] = field(default_factory=list)

    @property
    def only_breath(self) -> bool:
        """Whether the labels say that nobody speaks or sings; breaths may be soft."""
        return bool(self.recording.phones) and not set(self.recording.phones) - {SILENCE, BREATH}

    def judge(
        self,
        code: str,
        value: float = 1.0,
        detail: str = "",
        *,
        spans: Sequence[Span] = (),
        other: Path | None = None,
        fix: str = "",
    ) -> bool:
        """Note a problem if the rule minds this figure; returns whether it does."""
        rule = self.rules[code]
        severity = rule.severity(value)
        if severity is None:
            return False
        what = f"{rule.finds}: {detail}" if detail else rule.finds
        shown = round(float(value), 6) if rule.unit or code == "confidence" else None
        marked = tuple((round(start, 4), round(end, 4)) for start, end in spans[:MOST_SPANS])
        self.problems.append(
            Problem(code, severity, self.recording.audio, what, shown, rule.unit, fix or rule.fix, marked, other)
        )
        return True
