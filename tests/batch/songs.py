"""Short scores, cut from the demo scores, and an engine that renders in this very process."""

from __future__ import annotations

import copy
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from xml.etree import ElementTree

from svs_cli.batch.work import Outcome, Task, render

SCORES = Path(__file__).parents[2] / "data" / "scores"
SUNG_FROM = ("sakura", "kojo_no_tsuki", "amazing_grace", "stille_nacht")


def cut(name: str, first_bar: int, bars: int) -> bytes:
    """Some bars of a demo score as MusicXML, with the key, metre and tempo of its beginning, without repeats."""
    tree = ElementTree.parse(SCORES / f"{name}.musicxml")
    for part in tree.getroot().iter("part"):
        measures = part.findall("measure")
        opening = [copy.deepcopy(element) for element in measures[0] if element.tag in ("attributes", "direction")]
        kept = measures[first_bar : first_bar + bars]
        for measure in measures:
            part.remove(measure)
        for measure in kept:
            for barline in measure.findall("barline"):
                measure.remove(barline)
            part.append(measure)
        if first_bar:
            kept[0][:0] = opening
    return ElementTree.tostring(tree.getroot(), encoding="utf-8", xml_declaration=True)


def short_scores(folder: Path, count: int) -> list[Path]:
    """That many different scores of 2 to 4 bars in a folder, named so that their order is that of the list."""
    paths = []
    for number, (name, first_bar, bars) in zip(range(count), cuts(), strict=False):
        path = folder / f"{number:03d}-{name}.musicxml"
        path.write_bytes(cut(name, first_bar, bars))
        paths.append(path)
    return paths


def cuts() -> Iterator[tuple[str, int, int]]:
    """Score, first bar, number of bars: enough for a hundred."""
    for bars in (2, 3, 4):
        for first_bar in range(12):
            for name in SUNG_FROM:
                total = len(ElementTree.parse(SCORES / f"{name}.musicxml").getroot().findall("part/measure"))
                if first_bar + bars <= total:
                    yield name, first_bar, bars


def inline(
    tasks: Iterable[Task], workers: int | None, threads: int | None
) -> Generator[tuple[Task, Outcome], None, None]:
    """An engine without processes."""
    for task in tasks:
        yield task, render(task)
