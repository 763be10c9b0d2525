"""The page in a real browser: it loads without complaint, plays, its cursor moves, a click goes there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.plots.browser import Browser, find_chromium
from tests.plots.test_page import NASTY, page_with

CHROMIUM = find_chromium()
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    folder = tmp_path_factory.mktemp("browser")
    page = folder / "report.html"
    page.write_text(page_with(NASTY, title=NASTY, note_seconds=2.0), encoding="utf-8")
    with Browser(str(CHROMIUM), folder / "profile") as browser:
        browser.call("Page.addScriptToEvaluateOnNewDocument", source="window.alert = () => { window.harmed = true; };")
        browser.open(page)
        browser.wait("audio.readyState >= 3")
        yield browser


def test_it_loads_without_complaint_and_lyrics_do_not_run(browser: Browser) -> None:
    assert browser.complaints() == []
    assert browser.run("window.harmed === undefined")
    assert browser.run("document.getElementById('title').textContent") == NASTY
    assert abs(browser.run("audio.duration") - 6.25) < 0.02


def test_the_picture_has_been_drawn(browser: Browser) -> None:
    count = """(() => {
        const data = view.pen.getImageData(0, 0, canvas.width, canvas.height).data, seen = new Set();
        for (let i = 0; i < data.length; i += 4000) seen.add(`${data[i]} ${data[i + 1]} ${data[i + 2]}`);
        return seen.size; })()"""
    browser.wait(f"{count} > 5")
    assert browser.run("document.querySelectorAll('#figures div').length") > 8
    assert browser.run("document.querySelectorAll('#rows tr').length") == 2


def test_space_plays_and_the_cursor_runs(browser: Browser) -> None:
    before = browser.run("cursor.style.transform")
    browser.key(" ", " ")
    browser.wait("audio.currentTime > 0.2")
    assert browser.run("part('play').textContent") == "Pause"
    browser.wait(f"cursor.style.transform !== {before!r}")
    browser.key(" ", " ")
    browser.wait("audio.paused && part('play').textContent === 'Play'")
    browser.wait("Math.abs(view.now - audio.currentTime) < 0.05")
    browser.wait("Math.abs(parseFloat(cursor.style.transform.slice(11)) - xOf(view, view.now)) < 1")


def test_a_click_goes_there_and_arrows_go_by_bars(browser: Browser) -> None:
    browser.run("audio.pause()")
    box = browser.run("canvas.getBoundingClientRect().toJSON()")
    browser.click(box["left"] + browser.run("xOf(view, 0.9)"), box["top"] + 100)
    browser.wait("Math.abs(audio.currentTime - 0.9) < 0.02")
    browser.key("ArrowRight")
    browser.wait("Math.abs(audio.currentTime - 4.25) < 0.02")
    browser.key("ArrowLeft")
    browser.wait("Math.abs(audio.currentTime - 0.25) < 0.02")


def test_zoom_keeps_its_place_and_the_piece_scrolls(browser: Browser) -> None:
    whole = browser.run("view.scale")
    browser.key("+", "+")
    browser.wait(f"Math.abs(view.scale - Math.min({whole} * 1.5, HIGHEST_SCALE)) < 1e-6")
    for _ in range(9):
        browser.key("-", "-")
    browser.wait("Math.abs(endOf(view) - scene.seconds) < 0.01 && view.start === 0")
    browser.run("setScale(400, 0, 0)")
    browser.run("scroller.scrollLeft = 200")
    browser.wait("Math.abs(view.start - 0.5) < 0.01")
