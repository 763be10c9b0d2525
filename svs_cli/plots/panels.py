"""The panels of a picture, from top to bottom: notes, lyrics, phones, cents, dynamics, spectrogram.

Every function draws one panel of a `Scene` into one matplotlib axis whose horizontal axis is seconds.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from svs_cli.analysis.mel import LOG_FLOOR, MEL, hz_to_slaney_mel
from svs_cli.performance.ds_file import note_name
from svs_cli.plots.bars import Stretch
from svs_cli.plots.fonts import Typeface
from svs_cli.plots.labels import Wish, placed
from svs_cli.plots.scene import Curve, Scene, SungNote, SungPhone
from svs_cli.units import GRID

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

INK, FAINT, GRID_LINE, BAR_LINE = "#20242c", "#6a7280", "#e3e6ea", "#9aa3af"
NOTE_FILL, NOTE_EDGE = "#e4e9f0", "#a9b6c8"
ASKED, HEARD = "#5d9cec", "#b3261e"  # told apart by colour-blind eyes, and by lightness in print
ASKED_WIDTH, HEARD_WIDTH = 2.8, 1.1  # where the singer does as asked, both are seen
KEY_SHADE, BAND = "#f3f4f6", "#e6f2e6"
PHONE_COLOURS = {
    "vowel": "#f7dfae", "voiced": "#cfe3d4", "voiceless": "#e4d5ea", "closure": "#d9dce1", "breath": "#eef1f4",
    "silence": "#ffffff",
}  # fmt: skip
BLACK_KEYS = frozenset({1, 3, 6, 8, 10})
SMALLEST_ROLL_SEMITONES = 9.0
CENTS_SHOWN = 220.0
TUNE_CENTS = 50.0
MOST_LYRIC_ROWS = 3
LYRIC_POINTS, POINTS_PER_INCH = 11.0, 72.0
LABEL_GAP_PIXELS = 3.0
MEL_SHOWN = 9.5  # of natural log below the loudest: 80 dB
MEL_TICKS_HZ = (100, 500, 1000, 2000, 4000, 8000, 16000)


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
    plot_curve(axis, view, view.scene.asked_midi, ASKED, "asked F0", ASKED_WIDTH)
    plot_curve(axis, view, view.scene.heard_midi, HEARD, "heard F0", HEARD_WIDTH)
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


def draw_lyrics(axis: Axes, view: View) -> None:
    """Each syllable from its note's onset on; a line after it as long as it is held over further notes."""
    rows = lyric_rows(view, axis.get_window_extent().width / axis.figure.dpi)
    axis.set_ylim(0, rows)
    sung = syllables(view)
    texts = [axis.text(0, 0, view.lyric(note), fontsize=LYRIC_POINTS, color=INK, va="center") for note in sung]
    ends = put_rows(axis, texts, [note.start_seconds for note in sung], rows=rows)
    held_until = {id(note): until for note, until in melisma_ends(view.notes)}
    for note, text_end in zip(sung, ends, strict=True):
        until = min(held_until.get(id(note), 0.0), view.stretch.end_seconds)
        if text_end is not None and until > text_end[0]:
            axis.plot([text_end[0], until], [text_end[1] - 0.28] * 2, color=FAINT, linewidth=0.8)


def syllables(view: View) -> list[SungNote]:
    """The notes in the stretch under which something is written."""
    return [note for note in view.notes if view.lyric(note) and note.start_seconds >= view.stretch.start_seconds - 1e-6]


def lyric_rows(view: View, width_inches: float) -> int:
    """How many rows the words need, 1 to `MOST_LYRIC_ROWS`, judged by widths that are a little too large."""
    inches_per_second = width_inches / view.stretch.seconds
    wishes = []
    for note in syllables(view):
        ems = sum(1.0 if unicodedata.east_asian_width(c) in "WF" else 0.66 for c in view.lyric(note))
        left = (note.start_seconds - view.stretch.start_seconds) * inches_per_second
        wishes.append(Wish(left, ems * LYRIC_POINTS / POINTS_PER_INCH))
    for rows in range(1, MOST_LYRIC_ROWS):
        if all(placed(wishes, rows=rows, gap=0.03, bounds=(0.0, width_inches))):
            return rows
    return MOST_LYRIC_ROWS if wishes else 1


def melisma_ends(notes: Sequence[SungNote]) -> list[tuple[SungNote, float]]:
    """Syllables that are held over several notes, and when they end."""
    found: list[tuple[SungNote, float]] = []
    for note in notes:
        if not note.held:
            found.append((note, 0.0))
        elif found:
            found[-1] = (found[-1][0], note.end_seconds)
    return [(note, end) for note, end in found if end]


def put_rows(
    axis: Axes, texts: Sequence[Text], starts_seconds: Sequence[float], *, rows: int
) -> list[tuple[float, float] | None]:
    """Move texts to where none covers another; returns the end (seconds, y) of each, None for those left out."""
    to_pixels, from_pixels = axis.transData, axis.transData.inverted()
    box = axis.get_window_extent()
    wishes = [
        Wish(to_pixels.transform((seconds, 0))[0] + 2, text.get_window_extent().width, slack=6.0)
        for text, seconds in zip(texts, starts_seconds, strict=True)
    ]
    places = placed(wishes, rows=rows, gap=LABEL_GAP_PIXELS, bounds=(box.x0, box.x1))
    ends: list[tuple[float, float] | None] = []
    for text, wish, place in zip(texts, wishes, places, strict=True):
        if place is None:
            text.remove()
            ends.append(None)
            continue
        y = rows - place.row - 0.5
        text.set_position((from_pixels.transform((place.left, 0))[0], y))
        ends.append((from_pixels.transform((place.left + wish.width + LABEL_GAP_PIXELS, 0))[0], y))
    return ends


def draw_phones(axis: Axes, view: View) -> None:
    """Phones as boxes, consonants above vowels, each named where its name fits."""
    axis.set_ylim(0, 2)
    for row, vowels in ((0, True), (1, False)):
        phones = [phone for phone in view.phones if (phone.kind == "vowel") is vowels and phone.kind != "silence"]
        for phone in phones:
            length = phone.end_seconds - phone.start_seconds
            colour = PHONE_COLOURS[phone.kind]
            axis.broken_barh(
                [(phone.start_seconds, length)], (row + 0.04, 0.92), facecolor=colour, edgecolor="white", linewidth=0.5
            )
        name_phones(axis, view, phones, row + 0.5)


def name_phones(axis: Axes, view: View, phones: Sequence[SungPhone], y: float) -> None:
    """Write each phone in the middle of its box, or beside it where neighbours leave room."""
    to_pixels, from_pixels, box = axis.transData, axis.transData.inverted(), axis.get_window_extent()
    texts = [axis.text(0, y, phone.symbol, fontsize=9, color=INK, va="center") for phone in phones]
    wishes = []
    for phone, text in zip(phones, texts, strict=True):
        start = max(phone.start_seconds, view.stretch.start_seconds)
        end = min(phone.end_seconds, view.stretch.end_seconds)
        width = text.get_window_extent().width
        wishes.append(Wish(to_pixels.transform(((start + end) / 2, 0))[0] - width / 2, width, slack=width * 0.8))
    for text, place in zip(texts, placed(wishes, rows=1, gap=1.0, bounds=(box.x0, box.x1)), strict=True):
        if place is None:
            text.remove()
        else:
            text.set_x(from_pixels.transform((place.left, 0))[0])


def draw_cents(axis: Axes, view: View) -> None:
    """F0 against the note of the score; the green band is what ears take for in tune."""
    axis.axhspan(-TUNE_CENTS, TUNE_CENTS, color=BAND, linewidth=0, zorder=0)
    axis.axhline(0, color=BAR_LINE, linewidth=0.8)
    scene = view.scene
    plot_curve(axis, view, broken_at_notes(scene.against_notes(scene.asked_midi), scene), ASKED, "asked", ASKED_WIDTH)
    plot_curve(axis, view, broken_at_notes(scene.against_notes(scene.heard_midi), scene), HEARD, "heard", HEARD_WIDTH)
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
    plot_curve(axis, view, asked, ASKED, "asked", ASKED_WIDTH)
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
        loc="lower right", bbox_to_anchor=(1.0, 1.055), ncols=2, fontsize=8.5, frameon=False, borderaxespad=0.0,
        handlelength=1.6,
    )  # fmt: skip
