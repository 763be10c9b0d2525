"""What a picture is drawn from, and in which colours; the panels and lanes share it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from svs_cli.plots.bars import Stretch
from svs_cli.plots.fonts import Typeface
from svs_cli.plots.scene import Curve, Scene, SungNote, SungPhone
from svs_cli.units import GRID

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PAPER, INK, FAINT, BAR_LINE = "#ffffff", "#20242c", "#6a7280", "#9aa3af"
NOTE_FILL, NOTE_EDGE = "#e4e9f0", "#a9b6c8"
ASKED, HEARD = "#5d9cec", "#b3261e"  # told apart by colour-blind eyes, and by lightness in print
ASKED_WIDTH, HEARD_WIDTH = 2.8, 1.1  # where the singer does as asked, both are seen
ALONE_WIDTH = 1.7
OTHERS, OTHER_WIDTH = ("#b3261e", "#2e7d32", "#8e6c00", "#6a3fa0"), 1.1  # documents to compare with
KEY_SHADE, BAND = "#f3f4f6", "#e6f2e6"


@dataclass(frozen=True)
class View:
    """What is drawn: a scene, the stretch of it, and the fonts that can write it."""

    scene: Scene
    stretch: Stretch
    typeface: Typeface

    def frames(self, curve: Curve) -> slice:
        """The frames of a curve inside the stretch, and one more on each side so that lines reach the edge."""
        first = max(0, GRID.frame_of(self.stretch.start_seconds) - 1)
        return slice(first, min(len(curve), GRID.frame_of(self.stretch.end_seconds) + 2))

    def shown(self, start_seconds: float, end_seconds: float) -> bool:
        """Whether something of this lies inside."""
        return start_seconds < self.stretch.end_seconds and end_seconds > self.stretch.start_seconds

    @property
    def asked_width(self) -> float:
        """How thick the asked curves are: thick where a heard one lies on them."""
        return ASKED_WIDTH if self.scene.heard is not None else ALONE_WIDTH

    @property
    def notes(self) -> list[SungNote]:
        return [note for note in self.scene.notes if self.shown(note.start_seconds, note.end_seconds)]

    @property
    def phones(self) -> list[SungPhone]:
        return [phone for phone in self.scene.phones if self.shown(phone.start_seconds, phone.end_seconds)]

    def lyric(self, note: SungNote) -> str:
        """What is written under a note: its lyric, or its phones if there is none or no font for it."""
        if note.held:
            return ""
        return note.lyric if note.lyric and self.typeface.writes(note.lyric) else note.spoken


def plot_curve(axis: Axes, view: View, curve: Curve | None, colour: str, label: str, width: float) -> None:
    """A curve on the frame grid; gaps stay gaps."""
    if curve is not None:
        span = view.frames(curve)
        times = GRID.seconds_of(np.arange(span.start, span.stop))
        axis.plot(times, curve[span], color=colour, linewidth=width, label=label, solid_capstyle="round")
