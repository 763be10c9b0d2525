"""Pictures: nothing clipped, nothing covered, bar numbers at their bars, equal input equal bytes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import matplotlib
import pytest
from matplotlib.figure import Figure

from svs_cli.errors import UsageError
from svs_cli.frontend.draft import draft
from svs_cli.plots import fonts
from svs_cli.plots.bars import Stretch
from svs_cli.plots.figure import clock, draw, figure_of
from svs_cli.plots.fonts import Typeface
from svs_cli.plots.scene import Scene, completed, scene_of, scene_of_sound
from svs_cli.plots.sound import heard_in
from svs_cli.plots.view import View
from svs_cli.score.read import read_score
from tests.plots.pieces import piece, sung

SCORES = Path(__file__).parents[2] / "data" / "scores"
LATIN = ("Stra", "ßen", "bahn")


def drawn(scene: Scene, stretch: Stretch | None = None) -> tuple[Figure, View]:
    view = View(scene, stretch or Stretch(0.0, scene.duration_seconds), Typeface([note.lyric for note in scene.notes]))
    with matplotlib.rc_context({"text.parse_math": False, "font.family": view.typeface.families}):
        figure = figure_of(view, 100)
        figure.draw_without_rendering()
    return figure, view


def boxes(figure: Figure, wanted: Sequence[str]) -> list[matplotlib.transforms.Bbox]:
    return [
        text.get_window_extent()
        for axis in figure.axes
        for text in axis.texts
        if text.get_text() in wanted and text.get_visible()
    ]


@pytest.mark.parametrize("lyrics", [LATIN, ("Schwellst", "straight,", "strengths") * 6, ("la",) * 30])
@pytest.mark.parametrize("note_seconds", [0.15, 0.6])
def test_lyrics_neither_clipped_nor_covered(lyrics: tuple[str, ...], note_seconds: float) -> None:
    scene = scene_of(piece(lyrics, (69.0,) * len(lyrics), note_seconds=note_seconds))
    figure, _ = drawn(scene)
    found = boxes(figure, lyrics)
    assert len(found) >= 3
    for box in found:
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.width
    for one, other in combinations(found, 2):
        assert one.x1 <= other.x0 or other.x1 <= one.x0 or abs(one.y0 - other.y0) > 10


def test_every_label_of_a_real_song_is_inside_the_picture() -> None:
    score = read_score(SCORES / "stille_nacht.musicxml")
    scene = scene_of(completed(draft(score, score.parts[0])))
    figure, view = drawn(scene, Stretch(0.0, 16.0))
    assert len(boxes(figure, [note.lyric for note in view.notes])) == sum(not note.held for note in view.notes)
    for text in [*figure.texts, *(text for axis in figure.axes for text in axis.texts)]:
        box = text.get_window_extent()
        assert box.x0 >= 0, text
        assert box.y0 >= 0, text
        assert box.x1 <= figure.bbox.width, text
        assert box.y1 <= figure.bbox.height, text


def test_bar_numbers_stand_at_their_bars() -> None:
    scene = scene_of(piece(("la",) * 8, (69.0,) * 8))
    figure, _ = drawn(scene)
    labels = {text.get_text(): text.xy[0] for text in figure.axes[0].texts}  # type: ignore[attr-defined]
    assert labels == {line.label: line.seconds for line in scene.bars}
    assert list(labels) == ["1", "2", "3", "4"]


def test_only_the_stretch_is_drawn() -> None:
    scene = scene_of(piece(("la", "le", "li", "lo"), (69.0,) * 4))
    figure, _ = drawn(scene, Stretch(1.25, 2.25))
    assert {text.get_text() for axis in figure.axes for text in axis.texts} >= {"li", "lo", "2"}
    assert not boxes(figure, ["la", "le", "1"])


def test_without_a_font_lyrics_are_spelled_in_phones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "system_fonts", list)
    scene = scene_of(piece(("さ", "la", "ら"), title="さくら"))
    figure, _ = drawn(scene)
    written = [text.get_text() for axis in figure.axes for text in axis.texts]
    assert written.count("sa") == 2
    assert "la" in written
    assert not any("さ" in text.get_text() for text in figure.texts)


def test_every_phone_of_the_inventory_can_be_written_anywhere() -> None:
    from svs_cli.frontend.inventory import load_inventory

    assert {ord(c) for phone in load_inventory() for c in phone} <= fonts.glyphs_of(fonts.BASE_FONT)


@pytest.mark.parametrize("format", ["png", "svg", "pdf"])
def test_equal_scenes_give_equal_files(format: str) -> None:
    performance = piece(LATIN, title="Two $dollars$ & <b>")
    scene = scene_of(performance, heard_in(sung(performance)))
    stretch = [Stretch(0.0, scene.duration_seconds)]
    first, second = draw(scene, stretch, format), draw(scene, stretch, format)
    assert first == second
    assert first.startswith({"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[format])


def test_a_png_has_the_colours_that_were_drawn() -> None:
    import io

    import numpy as np
    from PIL import Image

    from svs_cli.plots.palette import palette, png_of

    shown = np.repeat(palette()[::5, None], 2, axis=1)
    back = Image.open(io.BytesIO(png_of(np.ascontiguousarray(shown), 100)))
    assert back.mode == "P"
    assert round(back.info["dpi"][0]) == 100
    assert np.array_equal(np.asarray(back.convert("RGB")), shown)
    assert 100 < len(palette()) <= 256


def test_a_pdf_has_a_page_for_each_stretch_and_a_png_only_one() -> None:
    scene = scene_of(piece(LATIN))
    stretches = [Stretch(0.0, 0.8), Stretch(0.8, 1.75)]
    assert draw(scene, stretches, "pdf").count(b"/Type /Page ") == 2
    with pytest.raises(UsageError, match="pages"):
        draw(scene, stretches, "png")
    with pytest.raises(UsageError, match="gif"):
        draw(scene, stretches[:1], "gif")


def test_panels_are_those_that_have_something_to_show() -> None:
    performance = piece(LATIN)
    heard = heard_in(sung(performance))
    counts = [len(drawn(scene)[0].axes) for scene in (
        scene_of(performance), scene_of(performance, heard), scene_of_sound(heard, "take"),
    )]  # fmt: skip
    assert counts == [5, 6, 3]  # notes, lyrics, phones, cents, level; and mel; notes, level and mel


def test_clock() -> None:
    assert [clock(seconds) for seconds in (0.0, 0.5, 59.0, 60.0, 61.5, 600.0)] == [
        "0 s", "0.5 s", "59 s", "1:00", "1:01.5", "10:00",
    ]  # fmt: skip
