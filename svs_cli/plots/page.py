"""A scene as one self-contained HTML page: picture, sound, measures, and nothing that has to be fetched.

Conventions
-----------
- The page holds the scene as JSON in a data block; text goes into the document by escaping or as text nodes, and the
  content security policy lets only the page's own script (by its hash) run: lyrics cannot.
- Curves are integers, hundredths of a semitone or tenths of a dB, null where there is nothing.
- The spectrogram is a row of palette PNGs, one pixel a frame and band.
"""

from __future__ import annotations

import base64
import hashlib
import html
import io
import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from svs_cli import __version__
from svs_cli.analysis.mel import LOG_FLOOR
from svs_cli.plots.findings import Findings
from svs_cli.plots.panels import MEL_SHOWN, MEL_TICKS_HZ, band_of, heard_level
from svs_cli.plots.scene import Curve, Scene
from svs_cli.plots.sound import packed
from svs_cli.units import GRID

TILE_FRAMES = 2048
CENTS_PER_SEMITONE, TENTHS = 100, 10
# What HTML or a line of JavaScript could take for its own inside a JSON string
DANGEROUS = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def page_of(scene: Scene, findings: Findings, samples: NDArray[np.float32]) -> str:
    """The whole page; `samples` (n,) at 44.1 kHz are what it plays."""
    style, script = resource("page.css"), resource("page_draw.js") + resource("page.js")
    content = {
        "title": html.escape(scene.title or "svs report"),
        "language": html.escape(scene.language or "en", quote=True),
        "policy": (
            f"default-src 'none'; img-src data:; media-src blob:; style-src '{digest(style)}'; "
            f"script-src '{digest(script)}'"
        ),
        "style": style,
        "script": script,
        "scene": as_json(scene_data(scene, findings, samples)),
    }
    return filled_in(resource("page.html"), content)


def resource(name: str) -> str:
    """A text file of this folder."""
    return (files("svs_cli.plots") / name).read_text(encoding="utf-8")


def filled_in(template: str, content: Mapping[str, str]) -> str:
    """The template with each {{name}} replaced, once: what content holds is not looked at again.

    >>> filled_in("<{{a}}{{b}}>", {"a": "{{b}}", "b": "2"})
    '<{{b}}2>'
    """
    return re.sub(r"\{\{(\w+)\}\}", lambda match: content[match[1]], template)


def digest(text: str) -> str:
    """How a content security policy names an inline script or style."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode()


def as_json(data: object) -> str:
    """JSON that cannot end the element that it stands in.

    >>> as_json({"lyric": "</script>"})
    '{"lyric":"\\\\u003c/script\\\\u003e"}'
    """
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False).translate(DANGEROUS)


def scene_data(scene: Scene, findings: Findings, samples: NDArray[np.float32]) -> dict[str, Any]:
    """What the page's script draws and plays."""
    media_type, sound = packed(samples)
    return {
        "version": __version__,
        "title": scene.title,
        "part": scene.part,
        "language": scene.language,
        "seconds": round(scene.duration_seconds, 4),
        "frameSeconds": GRID.frame_seconds,
        "notes": [
            [round(n.start_seconds, 4), round(n.end_seconds, 4), round(n.midi, 3), n.lyric or n.spoken, int(n.held)]
            for n in scene.notes
        ],
        "phones": [[round(p.start_seconds, 4), round(p.end_seconds, 4), p.symbol, p.kind] for p in scene.phones],
        "bars": [[round(line.seconds, 4), line.label] for line in scene.bars],
        "noteCents": integers(scene.note_midi, CENTS_PER_SEMITONE),
        "asked": integers(scene.asked_midi, CENTS_PER_SEMITONE),
        "heard": integers(scene.heard_midi, CENTS_PER_SEMITONE),
        "askedLevel": integers(scene.asked_energy_db, TENTHS),
        "heardLevel": integers(heard_level(scene), TENTHS),
        "mel": tiles_of(scene),
        "melTicks": [[round(band_of(hz), 2), f"{hz // 1000}k" if hz >= 1000 else str(hz)] for hz in MEL_TICKS_HZ],
        "sound": {"type": media_type, "base64": base64.b64encode(sound).decode()},
        "findings": asdict(findings),
    }


def integers(curve: Curve | None, scale: int) -> list[int | None]:
    """A curve in whole steps of 1 / scale; empty for no curve.

    >>> integers(np.array([69.005, np.nan]), 100)
    [6900, None]
    """
    if curve is None:
        return []
    return [None if np.isnan(value) else round(float(value) * scale) for value in curve]


def tiles_of(scene: Scene) -> list[str]:
    """The spectrogram as data addresses of PNGs, `TILE_FRAMES` frames each, high bands on top."""
    if scene.heard is None:
        return []
    from matplotlib import colormaps
    from PIL import Image

    mel = scene.heard.mel
    loudest = max(float(mel.max()), LOG_FLOOR + MEL_SHOWN)
    levels = np.clip((mel - loudest + MEL_SHOWN) / MEL_SHOWN, 0.0, 1.0)
    pixels = np.ascontiguousarray((levels * 255).astype(np.uint8).T[::-1])
    palette = (colormaps["magma"](np.arange(256))[:, :3] * 255).round().astype(np.uint8)
    found = []
    for start in range(0, pixels.shape[1], TILE_FRAMES):
        image = Image.fromarray(np.ascontiguousarray(pixels[:, start : start + TILE_FRAMES]))
        image.putpalette(palette.tobytes())
        buffer = io.BytesIO()
        image.save(buffer, format="png", optimize=True)
        found.append("data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode())
    return found
