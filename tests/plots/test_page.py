"""The page: whole in itself, safe against what lyrics may hold, and true to its scene."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
import soundfile

from svs_cli.plots.findings import BarFinding, findings_of, warned
from svs_cli.plots.page import TILE_FRAMES, page_of, tiles_of
from svs_cli.plots.scene import Scene, scene_of
from svs_cli.plots.sound import heard_in
from tests.plots.pieces import NOTE_SECONDS, piece, sung

NASTY = "</script><script>alert(1)</script>"


def page_with(lyric: str = "さ", title: str = "Song", note_seconds: float = NOTE_SECONDS) -> str:
    performance = piece(
        (lyric, "く", "ら"), title=title, warnings=(f"bar 2: {lyric} is odd",), note_seconds=note_seconds
    )
    samples = sung(performance)
    heard = heard_in(samples)
    return page_of(scene_of(performance, heard), findings_of(performance, samples, heard), samples)


@pytest.fixture(scope="module")
def page() -> str:
    return page_with()


class Elements(HTMLParser):
    """The elements of a page, and the text of its scripts and title."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.found:
            self.texts.setdefault(self.found[-1][0], []).append(data)


def parsed(page: str) -> Elements:
    elements = Elements()
    elements.feed(page)
    return elements


def scene_in(page: str) -> dict[str, object]:
    match = re.search(r'<script type="application/json" id="scene">(.*?)</script>', page, re.DOTALL)
    assert match
    return dict(json.loads(match[1]))


def test_nothing_is_fetched(page: str) -> None:
    assert not re.findall(r"(?:https?:)?//[\w.-]+\.\w+", re.sub(r"data:[\w/;,+=-]+", "", page))
    for tag, attributes in parsed(page).found:
        assert tag not in ("link", "iframe", "object", "base", "form")
        assert "src" not in attributes
        assert "href" not in attributes
        assert not [name for name in attributes if name.startswith("on") or name == "style"]


@pytest.mark.parametrize(
    "text", [NASTY, "<!--<script>", "]]>", "{{script}}", "\u2028'\"\\", "<img src=x onerror=alert(1)>"]
)
def test_what_users_write_stays_text(text: str) -> None:
    page = page_with(text, title=text)
    elements = parsed(page)
    tags = [tag for tag, _ in elements.found]
    assert tags == [tag for tag, _ in parsed(page_with()).found]
    assert scene_in(page)["title"] == text
    assert scene_in(page)["notes"][0][3] == text  # type: ignore[index]
    assert "".join(elements.texts["title"]).strip() == text.strip()


def test_the_policy_lets_run_only_what_is_ours(page: str) -> None:
    policy = next(a["content"] for t, a in parsed(page).found if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    script = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)[-1]
    style = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)[-1]
    for text in (script, style):
        assert base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


def test_the_page_holds_the_sound_and_the_curves(page: str) -> None:
    scene = scene_in(page)
    sound = scene["sound"]
    samples, rate_hz = soundfile.read(io.BytesIO(base64.b64decode(sound["base64"])), dtype="float32")  # type: ignore[index]
    expected = sung(piece())
    assert (len(samples), rate_hz) == (len(expected), 44_100)
    assert np.abs(samples - expected).max() < 1e-4
    frame = 40  # inside the first vowel
    assert scene["asked"][frame] == 6900  # type: ignore[index]
    assert abs(scene["heard"][frame] - 6900) <= 2  # type: ignore[index]


def test_the_spectrogram_is_cut_into_tiles_without_losing_a_frame() -> None:
    from PIL import Image

    samples = np.zeros(512 * (TILE_FRAMES + 10), np.float32)
    samples[1000:2000] = 0.5
    scene = Scene("", "", "", len(samples) / 44_100, heard=heard_in(samples))
    images = [Image.open(io.BytesIO(base64.b64decode(tile.partition(",")[2]))) for tile in tiles_of(scene)]
    assert [image.size for image in images] == [(TILE_FRAMES, 128), (10, 128)]
    loud, silent = (np.asarray(images[0])[:, frame].mean() for frame in (3, 1000))
    assert loud > 100 > silent == 0


@pytest.mark.parametrize(("detuned_cents", "accuracy"), [(0.0, "100.0"), (80.0, "0.0")])
def test_measures_and_remarks_say_what_is_heard(detuned_cents: float, accuracy: str) -> None:
    performance = piece()
    samples = sung(performance, detuned_cents=detuned_cents)
    findings = findings_of(performance, samples, heard_in(samples))
    figures = {figure.label: figure.value for figure in findings.figures}
    assert figures["notes in tune"] == accuracy
    assert abs(float(figures["F0 bias"]) - detuned_cents) < 2
    assert [bar.bar for bar in findings.bars] == ["1", "2"]
    assert [bar.words for bar in findings.bars] == ["さ く", "ら"]
    remarks = [remark for bar in findings.bars for remark in bar.remarks if "cents" in remark]
    assert len(remarks) == (3 if detuned_cents else 0)
    assert all("sharp" in remark for remark in remarks)


@pytest.mark.filterwarnings("ignore:Estimated melody has no voiced frames")
def test_silence_is_remarked_upon() -> None:
    performance = piece()
    samples = np.zeros_like(sung(performance))
    findings = findings_of(performance, samples, heard_in(samples))
    first: BarFinding = findings.bars[0]
    assert first.error_cents is None
    assert first.remarks[0] == "A4 “さ”: no pitch heard"


def test_phones_that_cannot_be_judged_leave_a_page_without_measures() -> None:
    performance = piece()
    segment = performance.segments[0]
    strange = performance.with_(segments=(segment.with_(phones=("SP", "hh", *segment.phones[2:])),))
    samples = sung(performance)
    heard = heard_in(samples)
    findings = findings_of(strange, samples, heard)
    assert findings.figures == ()
    assert "hh" in findings.warnings[-1].text
    assert page_of(scene_of(strange, heard), findings, samples)


def test_warnings_know_their_bar() -> None:
    assert [warned(text).bar for text in ("bar 12a: x", "first in bar 3", "no place")] == ["12a", "3", ""]
