"""The lanes of a picture: words and phones under the notes, each where it is sung, none over another."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

from svs_cli.plots.labels import Wish, placed
from svs_cli.plots.scene import SungNote, SungPhone
from svs_cli.plots.view import FAINT, INK, View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

PHONE_COLOURS = {
    "vowel": "#f7dfae", "voiced": "#cfe3d4", "voiceless": "#e4d5ea", "closure": "#d9dce1", "breath": "#eef1f4",
    "silence": "#ffffff",
}  # fmt: skip
MOST_LYRIC_ROWS = 3
LYRIC_POINTS, POINTS_PER_INCH = 11.0, 72.0
LABEL_GAP_PIXELS = 6.0


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
        if text_end is not None and until - 0.02 > text_end[0]:
            axis.plot([text_end[0], until - 0.02], [text_end[1] - 0.28] * 2, color=FAINT, linewidth=0.8)


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
