"""The panels of a picture: notes with F0, cents, dynamics, spectrogram.

Every function draws one panel of a `View` into one matplotlib axis whose horizontal axis is seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from svs_cli.analysis.mel import LOG_FLOOR, MEL, hz_to_slaney_mel
from svs_cli.performance.ds_file import note_name
from svs_cli.plots.scene import Curve, Scene
from svs_cli.plots.view import (
    ASKED,
    BAND,
    BAR_LINE,
    HEARD,
    HEARD_WIDTH,
    KEY_SHADE,
    NOTE_EDGE,
    NOTE_FILL,
    OTHER_WIDTH,
    OTHERS,
    View,
    plot_curve,
)
from svs_cli.units import GRID

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLACK_KEYS = frozenset({1, 3, 6, 8, 10})
SMALLEST_ROLL_SEMITONES = 9.0
CENTS_SHOWN = 220.0
TUNE_CENTS = 50.0
MEL_SHOWN = 9.5  # of natural log below the loudest: 80 dB
MEL_TICKS_HZ = (100, 500, 1000, 2000, 4000, 8000, 16000)


def draw_roll(axis: Axes, view: View) -> None:
    """Notes as boxes, asked and heard F0 over them, note names to the left."""
    from matplotlib.patches import FancyBboxPatch

    low, high = midi_limits(view)
    axis.set_ylim(low, high)
    for midi in range(int(np.ceil(low)) - 1, int(high) + 2):
        if midi % 12 in BLACK_KEYS:
            axis.axhspan(midi - 0.5, midi + 0.5, color=KEY_SHADE, linewidth=0, zorder=0)
        if midi % 12 == 0:
            axis.axhline(midi - 0.5, color=BAR_LINE, linewidth=0.6, zorder=1)
    gap = 0.004
    for note in view.notes:
        axis.add_patch(
            FancyBboxPatch(
                (note.start_seconds + gap, note.midi - 0.42),
                max(gap, note.end_seconds - note.start_seconds - 2 * gap),
                0.84,
                boxstyle="round,pad=0,rounding_size=0.04",
                mutation_aspect=6.0,
                facecolor=NOTE_FILL,
                edgecolor=NOTE_EDGE,
                linewidth=0.9,
                zorder=2,
            )
        )
    plot_curve(axis, view, view.scene.asked_midi, ASKED, "asked F0", view.asked_width)
    plot_curve(axis, view, view.scene.heard_midi, HEARD, "heard F0", HEARD_WIDTH)
    for (name, curve), colour in zip(view.scene.others, OTHERS, strict=False):
        plot_curve(axis, view, curve, colour, name, OTHER_WIDTH)
    named = [midi for midi in range(int(np.ceil(low)), int(high) + 1) if names_key(midi, high - low)]
    axis.set_yticks(named, [note_name(midi) for midi in named], fontsize=8)
    axis.set_ylabel("pitch")
    if axis.lines:
        legend(axis)


def names_key(midi: int, semitones: float) -> bool:
    """Whether a key gets its name: white keys, or only C where there are many."""
    return midi % 12 == 0 if semitones > 26 else midi % 12 not in BLACK_KEYS


def midi_limits(view: View) -> tuple[float, float]:
    """Lowest and highest pitch shown: that of the notes, or of the curves where there are none."""
    values = [note.midi for note in view.notes]
    if not values:
        for curve in (view.scene.asked_midi, view.scene.heard_midi):
            inside = curve[view.frames(curve)] if curve is not None else np.array([])
            inside = inside[np.isfinite(inside)]
            values += np.percentile(inside, [1, 99]).tolist() if len(inside) else []
    if not values:
        values = [60.0, 72.0]
    centre, half = (min(values) + max(values)) / 2, (max(values) - min(values)) / 2
    half = max(half + 2.0, SMALLEST_ROLL_SEMITONES / 2)
    return centre - half, centre + half


def draw_cents(axis: Axes, view: View) -> None:
    """F0 against the note of the score; the green band is what ears take for in tune."""
    axis.axhspan(-TUNE_CENTS, TUNE_CENTS, color=BAND, linewidth=0, zorder=0)
    axis.axhline(0, color=BAR_LINE, linewidth=0.8)
    scene = view.scene
    asked, heard = (broken_at_notes(scene.against_notes(c), scene) for c in (scene.asked_midi, scene.heard_midi))
    plot_curve(axis, view, asked, ASKED, "asked", view.asked_width)
    plot_curve(axis, view, heard, HEARD, "heard", HEARD_WIDTH)
    for (name, curve), colour in zip(scene.others, OTHERS, strict=False):
        plot_curve(axis, view, broken_at_notes(scene.against_notes(curve), scene), colour, name, OTHER_WIDTH)
    axis.set_ylim(-CENTS_SHOWN, CENTS_SHOWN)
    axis.set_yticks([-200, -100, 0, 100, 200], ["-200", "-100", "0", "+100", "+200"], fontsize=8)
    axis.set_ylabel("cents\nfrom note")


def broken_at_notes(cents: Curve | None, scene: Scene) -> Curve | None:
    """The curve with a gap where the note changes: the jump there is the score's, not the singer's."""
    if cents is None or scene.note_midi is None:
        return cents
    changes = np.flatnonzero(np.diff(scene.note_midi[: len(cents)]) != 0)
    out = cents.copy()
    out[changes] = np.nan
    return out


def draw_dynamics(axis: Axes, view: View) -> None:
    """Asked energy in dB against mezzo forte; the heard level, moved so that both have the same median."""
    scene = view.scene
    asked, heard = scene.asked_energy_db, heard_level(scene)
    axis.axhline(0, color=BAR_LINE, linewidth=0.8)
    plot_curve(axis, view, asked, ASKED, "asked", view.asked_width)
    plot_curve(axis, view, heard, HEARD, "heard", HEARD_WIDTH)
    inside = [c[view.frames(c)] for c in (asked, heard) if c is not None]
    values = np.concatenate([c[np.isfinite(c)] for c in inside]) if inside else np.array([])
    low = float(np.percentile(values, 4)) if len(values) else -6.0
    high = float(values.max()) if len(values) else 6.0
    axis.set_ylim(min(-6.0, max(low, -30.0)) - 2.0, max(6.0, high) + 2.0)
    axis.tick_params(labelsize=8)
    axis.set_ylabel("level\n(dB)")


def heard_level(scene: Scene) -> Curve | None:
    """The heard level in dB on the scale of the asked one (or against its own median), NaN in silence."""
    if scene.heard is None:
        return None
    level = scene.heard.level_db.astype(np.float64)
    sounding = level > max(-60.0, float(level.max()) - 45.0)
    if not sounding.any():
        return None
    wanted = 0.0
    if scene.asked_energy_db is not None:
        asked = np.full(len(level), np.nan)
        asked[: len(scene.asked_energy_db)] = scene.asked_energy_db[: len(level)]
        sounding &= np.isfinite(asked)
        wanted = float(np.nanmedian(asked)) if sounding.any() else 0.0
    middle = float(np.median(level[sounding])) if sounding.any() else 0.0
    return np.where(sounding, level - middle + wanted, np.nan)


def draw_mel(axis: Axes, view: View) -> None:
    """The mel spectrogram, 80 dB below its loudest band are black."""
    if view.scene.heard is None:
        return
    mel = view.scene.heard.mel
    span = slice(
        max(0, GRID.frame_of(view.stretch.start_seconds) - 1), GRID.frame_of(view.stretch.end_seconds) + 2
    )
    loudest = max(float(mel.max()), LOG_FLOOR + MEL_SHOWN)
    left, right = GRID.seconds_of(np.array([span.start - 0.5, min(span.stop, len(mel)) - 0.5]))
    axis.set_facecolor("black")
    if span.start < len(mel):
        axis.imshow(
            mel[span].T, origin="lower", aspect="auto", cmap="magma", vmin=loudest - MEL_SHOWN, vmax=loudest,
            extent=(left, right, 0, MEL.bands), interpolation="bilinear",
        )  # fmt: skip
    axis.set_ylim(0, MEL.bands)
    axis.set_yticks(
        [band_of(hz) for hz in MEL_TICKS_HZ], [f"{hz // 1000}k" if hz >= 1000 else str(hz) for hz in MEL_TICKS_HZ],
        fontsize=8,
    )  # fmt: skip
    axis.set_ylabel("mel (Hz)")


def band_of(hz: float) -> float:
    """Where a frequency lies on the spectrogram's vertical axis, in bands from the bottom."""
    low, high, wanted = hz_to_slaney_mel(np.array([MEL.low_hz, MEL.high_hz, hz]))
    return float((wanted - low) / (high - low) * MEL.bands)


def legend(axis: Axes) -> None:
    """Which line is which, out of the way of the curves."""
    axis.legend(
        loc="lower right", bbox_to_anchor=(1.0, 1.055), ncols=4, fontsize=8.5, frameon=False, borderaxespad=0.0,
        handlelength=1.6,
    )  # fmt: skip
