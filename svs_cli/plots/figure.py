"""A scene as a picture for paper or screen: PNG, SVG, or PDF with a page for each stretch.

Conventions
-----------
- One time axis for all panels; bar numbers stand above the notes, seconds below the last panel.
- A picture is as wide as its time asks for, so that words and phones can be read, within what a screen shows.
- Equal scenes give equal files: no dates, no random ids.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from svs_cli.errors import UsageError
from svs_cli.plots import lanes, panels
from svs_cli.plots.bars import Stretch, bars_in
from svs_cli.plots.fonts import Typeface
from svs_cli.plots.palette import png_of
from svs_cli.plots.scene import Scene
from svs_cli.plots.view import BAR_LINE, FAINT, INK, PAPER, View

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = ("png", "svg", "pdf")
INCHES_PER_SECOND = 0.8
NARROWEST_INCHES, WIDEST_INCHES = 11.0, 32.0
LEFT_INCHES, RIGHT_INCHES, TOP_INCHES, BOTTOM_INCHES, GAP_INCHES = 0.8, 0.25, 0.85, 0.45, 0.1
LYRIC_ROW_INCHES = 0.26
DOTS_PER_INCH = 110
MOST_TICKS = 16
BAR_DIGIT_INCHES, BAR_GAP_INCHES = 0.085, 0.1


@dataclass(frozen=True)
class Panel:
    """One row of a picture."""

    height_inches: float
    draw: Callable[[Axes, View], None]
    is_lane: bool = False  # without a scale of its own


def draw(scene: Scene, stretches: Sequence[Stretch], format: str, *, dots_per_inch: int = DOTS_PER_INCH) -> bytes:
    """The picture as a file's bytes; several stretches need a PDF. Raises UsageError."""
    if format not in FORMATS:
        raise UsageError(f"svs draws no {format!r} pictures", fix=f"use one of: {', '.join(FORMATS)}")
    if len(stretches) > 1 and format != "pdf":
        raise UsageError("only a PDF has several pages", fix="name the picture .pdf, or choose a stretch with --bars")
    import matplotlib

    settings: dict[Any, Any] = {
        "text.parse_math": False,  # a dollar in a title is a dollar
        "svg.hashsalt": "svs",
        "axes.edgecolor": BAR_LINE,
        "axes.labelcolor": FAINT,
        "xtick.color": FAINT,
        "ytick.color": FAINT,
        "axes.labelsize": 9.0,
        "axes.unicode_minus": False,
        "pdf.fonttype": 42,
        "path.simplify_threshold": 0.3,
    }
    typeface = Typeface(texts_of(scene))
    with matplotlib.rc_context({**settings, "font.family": typeface.families}):
        figures = [figure_of(View(scene, stretch, typeface), dots_per_inch) for stretch in stretches]
        return saved(figures, format, dots_per_inch)


def texts_of(scene: Scene) -> list[str]:
    """All that may have to be written."""
    return [scene.title, scene.part, *(note.lyric for note in scene.notes), *(p.symbol for p in scene.phones)]


def saved(figures: Sequence[Figure], format: str, dots_per_inch: int) -> bytes:
    """Figures as one file."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    buffer = io.BytesIO()
    if format == "pdf":
        from matplotlib.backends.backend_pdf import PdfPages

        with PdfPages(buffer, metadata={"CreationDate": None, "Producer": None, "Creator": "svs"}) as book:
            for figure in figures:
                book.savefig(figure)
    elif format == "svg":
        figures[0].savefig(buffer, format=format, dpi=dots_per_inch, metadata={"Date": None, "Creator": "svs"})
    else:
        canvas: Any = FigureCanvasAgg(figures[0])
        canvas.draw()
        return png_of(np.ascontiguousarray(np.asarray(canvas.buffer_rgba())[..., :3]), dots_per_inch)
    return buffer.getvalue()


def panels_of(view: View, width_inches: float) -> list[Panel]:
    """The rows that have something to show, in a picture whose axes are that wide."""
    scene = view.scene
    rows = [Panel(2.9 if scene.notes else 2.4, panels.draw_roll)]
    if scene.notes:
        height = LYRIC_ROW_INCHES * lanes.lyric_rows(view, width_inches)
        rows.append(Panel(height, lanes.draw_lyrics, is_lane=True))
    if scene.phones:
        rows.append(Panel(0.46, lanes.draw_phones, is_lane=True))
    if scene.note_midi is not None:
        rows.append(Panel(1.15, panels.draw_cents))
    if scene.asked_energy_db is not None or scene.heard is not None:
        rows.append(Panel(0.95, panels.draw_dynamics))
    if scene.heard is not None:
        rows.append(Panel(1.9, panels.draw_mel))
    return rows


def figure_of(view: View, dots_per_inch: int) -> Figure:
    """One page."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    width = min(max(view.stretch.seconds * INCHES_PER_SECOND, NARROWEST_INCHES), WIDEST_INCHES)
    rows = panels_of(view, width - LEFT_INCHES - RIGHT_INCHES)
    height = TOP_INCHES + BOTTOM_INCHES + sum(row.height_inches for row in rows) + GAP_INCHES * (len(rows) - 1)
    figure = Figure(figsize=(width, height), dpi=dots_per_inch, facecolor=PAPER)
    FigureCanvasAgg(figure)
    top = height - TOP_INCHES
    axes: list[Axes] = []
    for row in rows:
        frame = (
            LEFT_INCHES / width,
            (top - row.height_inches) / height,
            (width - LEFT_INCHES - RIGHT_INCHES) / width,
            row.height_inches / height,
        )
        axis = figure.add_axes(frame, sharex=axes[0] if axes else None)
        axis.set_xlim(view.stretch.start_seconds, view.stretch.end_seconds)
        axes.append(axis)
        top -= row.height_inches + GAP_INCHES
    for row, axis in zip(rows, axes, strict=True):
        row.draw(axis, view)
        dress(axis, view, is_lane=row.is_lane, is_last=axis is axes[-1])
    number_bars(axes[0], view)
    write_title(figure, view, width, height)
    return figure


def dress(axis: Axes, view: View, *, is_lane: bool, is_last: bool) -> None:
    """Bar lines, and scales only where they say something."""
    axis.set_xlim(view.stretch.start_seconds, view.stretch.end_seconds)
    for line in view.scene.bars:
        if view.stretch.start_seconds < line.seconds < view.stretch.end_seconds:
            axis.axvline(line.seconds, color=BAR_LINE, linewidth=0.7, alpha=0.8, zorder=1.5)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)
    if is_lane:
        axis.set_yticks([])
        for spine in axis.spines.values():
            spine.set_visible(False)
    axis.tick_params(axis="x", labelbottom=is_last, length=3 if is_last else 0, labelsize=8.5)
    if is_last:
        axis.xaxis.set_major_formatter(lambda seconds, position: clock(seconds))
        ticks_by_seconds(axis, view)


def ticks_by_seconds(axis: Axes, view: View) -> None:
    """Ticks at round times, no more than have room."""
    from matplotlib.ticker import MultipleLocator

    steps = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60)
    step = next((step for step in steps if view.stretch.seconds / step <= MOST_TICKS), 120)
    axis.xaxis.set_major_locator(MultipleLocator(step))


def clock(seconds: float) -> str:
    """Seconds as a musician reads a player's clock.

    >>> clock(7.5), clock(83.0), clock(60.25)
    ('7.5 s', '1:23', '1:00.25')
    """
    if abs(seconds) < 60:
        return f"{seconds:g} s"
    minutes, rest = divmod(round(seconds, 2), 60)
    return f"{minutes:.0f}:{rest:05.2f}".rstrip("0").rstrip(".") if rest % 1 else f"{minutes:.0f}:{rest:02.0f}"


def number_bars(axis: Axes, view: View) -> None:
    """Printed bar numbers above the bar lines, as many as have room; the pickup has none."""
    free = float("-inf")  # where the next label may start, in pixels
    for line in view.scene.bars:
        inside = view.stretch.start_seconds - 1e-6 <= line.seconds < view.stretch.end_seconds - 1e-6
        if not inside or line.label in ("", "0"):
            continue
        pixel = axis.transData.transform((line.seconds, 0))[0]
        if pixel >= free:
            axis.annotate(
                line.label, (line.seconds, 1.0), xycoords=("data", "axes fraction"), xytext=(2, 3),
                textcoords="offset points", fontsize=9.5, fontweight="bold", color=FAINT,
            )  # fmt: skip
            free = pixel + (BAR_DIGIT_INCHES * len(line.label) + BAR_GAP_INCHES) * axis.figure.dpi


def write_title(figure: Figure, view: View, width: float, height: float) -> None:
    """Title, part and what is shown, above the bar numbers."""
    scene = view.scene
    y = (height - 0.34) / height
    place: dict[str, Any] = {"va": "center", "transform": figure.transFigure}
    title = scene.title if view.typeface.writes(scene.title) else ""
    part = scene.part if view.typeface.writes(scene.part) else ""
    heading = figure.text(LEFT_INCHES / width, y, title[:80], fontsize=14, color=INK, **place)
    whole = view.stretch.seconds >= scene.duration_seconds - 0.02
    where = "" if whole else bars_in(scene.bars, view.stretch) or (
        f"{clock(view.stretch.start_seconds)} to {clock(view.stretch.end_seconds)}"
    )
    small = "   ".join(text for text in (part, scene.language, where) if text)
    x = heading.get_window_extent().x1 / figure.bbox.width + (0.25 if title else 0.0) / width
    figure.text(x, y - 0.02 / height, small, fontsize=10, color=FAINT, **place)
