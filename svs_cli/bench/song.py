"""Songs of any length to measure with: the bars of a demo score, over and over."""

from __future__ import annotations

import copy
from pathlib import Path
from xml.etree import ElementTree

from svs_cli.bundled import shelf

DEMO = "sakura"
BAR_SECONDS = 3.0  # four quarters at 80 a minute, the demo's only tempo
LEFT_OUT = ("barline", "print", "fermata")  # what belongs to the page, or would stretch a bar


def song_of(seconds: float) -> bytes:
    """MusicXML of the nearest whole number of bars, at least one. Raises MissingError without the demo score."""
    import defusedxml.ElementTree

    raw = (shelf("data") / "scores" / f"{DEMO}.musicxml").read_bytes()
    root: ElementTree.Element = defusedxml.ElementTree.fromstring(raw)
    (part,) = root.findall("part")
    measures = part.findall("measure")
    for measure in measures:
        part.remove(measure)
    for number in range(max(1, round(seconds / BAR_SECONDS))):
        bar = copy.deepcopy(measures[number % len(measures)])
        bar.set("number", str(number + 1))
        for parent in list(bar.iter()):
            for element in [element for element in parent if element.tag in LEFT_OUT]:
                parent.remove(element)
        part.append(bar)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def write_song(folder: Path, seconds: float) -> Path:
    """A song's file in a folder."""
    path = folder / f"song-{seconds:g}s.musicxml"
    path.write_bytes(song_of(seconds))
    return path
