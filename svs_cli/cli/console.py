"""What the user sees while a command works: warnings and a progress bar, on stderr only."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable

SHOWN_AFTER_SECONDS = 2.0
REDRAWN_EVERY_SECONDS = 0.1
BAR_WIDTH = 24


class Console:
    """Warnings once each, and a bar for work that takes over two seconds, if stderr is a terminal.

    `stage` is called with a stage's name and the share of it that is done; it also keeps the seconds of each stage.
    """

    def __init__(self, quiet: bool = False) -> None:
        self.quiet = quiet
        self.stage_seconds: dict[str, float] = {}
        self._warned: set[str] = set()
        self._bar = not quiet and sys.stderr.isatty()
        self._started = self._stage_started = time.monotonic()
        self._drawn = 0.0
        self._width = 0
        self._stage = ""

    def stage(self, name: str, share_done: float = 0.0) -> None:
        """Work is at this share (0..1) of this stage."""
        now = time.monotonic()
        if name != self._stage:
            self._close_stage(now)
            self._stage, self._stage_started = name, now
        if self._bar and now - self._started > SHOWN_AFTER_SECONDS and now - self._drawn > REDRAWN_EVERY_SECONDS:
            self._draw(name, share_done)
            self._drawn = now

    def finish(self) -> dict[str, float]:
        """Clear the bar; returns the seconds of each stage and starts counting anew."""
        self._close_stage(time.monotonic())
        self._clear()
        self._stage, self._started = "", time.monotonic()
        seconds, self.stage_seconds = self.stage_seconds, {}
        return seconds

    def warn(self, warnings: Iterable[str]) -> None:
        """Lines on stderr, each once a run."""
        for warning in warnings:
            if warning not in self._warned and not self.quiet:
                self._clear()
                print(f"warning: {warning}", file=sys.stderr)
            self._warned.add(warning)

    def note(self, text: str) -> None:
        """A line on stderr, unless quiet."""
        if not self.quiet:
            self._clear()
            print(text, file=sys.stderr)

    def _close_stage(self, now: float) -> None:
        if self._stage:
            seconds = self.stage_seconds.get(self._stage, 0.0) + now - self._stage_started
            self.stage_seconds[self._stage] = round(seconds, 4)

    def _draw(self, name: str, share_done: float) -> None:
        full = round(BAR_WIDTH * min(1.0, max(0.0, share_done)))
        text = f"{name:<18} [{'#' * full}{'.' * (BAR_WIDTH - full)}] {share_done:4.0%}"
        print(f"\r{text:<{self._width}}", end="", file=sys.stderr, flush=True)
        self._width = len(text)

    def _clear(self) -> None:
        if self._width:
            print(f"\r{'':<{self._width}}\r", end="", file=sys.stderr, flush=True)
            self._width = 0
