"""`evaluate`: pairs of sounds and documents become rows of figures.

Conventions
-----------
- A row is a system (a voice, the given audio, the rule, copy-synthesis); every row has one set of figures a song, in
  the order of the songs, and a mean with its interval over them.
- All rows of a song are held against the same document: the one that the first voice sang, or that came with the
  audio.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svs_cli.errors import UsageError
from svs_cli.evaluation.asked import Asked, asked_of
from svs_cli.evaluation.bootstrap import Summary, summary
from svs_cli.evaluation.extract import F0Extractor, read_audio
from svs_cli.evaluation.judges import Bench
from svs_cli.evaluation.measure import Measures, measure, recording
from svs_cli.evaluation.metrics import METRICS, Metric
from svs_cli.evaluation.pairs import Pair
from svs_cli.evaluation.reference import Recording
from svs_cli.evaluation.rows import (
    AUDIO_ROW,
    COPY_ROW,
    RULE_ROW,
    Cast,
    Material,
    Progress,
    Samples,
    Singing,
    read_material,
)
from svs_cli.performance.document import Performance
from svs_cli.voices.library import Voice

Keep = Callable[[str, str, Samples], None]  # row, song, samples: what becomes of a rendered sound


@dataclass(frozen=True)
class SongFigures:
    """One row of one song."""

    title: str
    measures: Measures


@dataclass(frozen=True)
class Row:
    """A system over all songs; `note` says what it is."""

    name: str
    note: str
    songs: tuple[SongFigures, ...]

    def summary(self, metric: Metric) -> Summary | None:
        """Mean and interval of a metric over the songs that have it."""
        return summary([song.measures.values.get(metric.name) for song in self.songs])


@dataclass(frozen=True)
class Evaluation:
    """The whole table. `f0` names extractor and range, `asked_f0` where the asked F0 came from."""

    rows: tuple[Row, ...]
    f0: str
    asked_f0: str
    warnings: tuple[str, ...] = ()

    @property
    def titles(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(song.title for row in self.rows for song in row.songs))

    def metrics(self) -> list[Metric]:
        """The metrics that at least one row has, in the order of `METRICS`."""
        return [metric for metric in METRICS if any(row.summary(metric) for row in self.rows)]


@dataclass(frozen=True)
class Sound:
    """A row's sound of one song, before it is measured."""

    row: str
    note: str
    samples: Samples
    asked: Asked | None


def evaluate(
    pairs: Sequence[Pair],
    singing: Singing = Singing(),
    *,
    extractor: F0Extractor = F0Extractor(),
    bench: Bench = Bench(),
    baselines: bool = True,
    progress: Progress = lambda stage, share_done: None,
    keep: Keep = lambda row, title, samples: None,
) -> Evaluation:
    """Measure every pair, rendering what has no audio, with rule and copy-synthesis rows beside it.

    `baselines=False` leaves those rows out. Raises SvsError.
    """
    bench.check()
    for pair in pairs:
        if pair.audio is not None and pair.document is None and pair.reference is None and not bench.judges:
            raise UsageError(
                f"there is nothing to compare {pair.audio} with", fix="name the document that it sings with --ds"
            )
    cast = Cast(singing, progress)
    rows: dict[str, list[SongFigures]] = {}
    notes: dict[str, str] = {}
    warnings: list[str] = []
    sources: list[str] = []
    for pair, title in zip(pairs, unique_titles(pairs), strict=True):
        reference = None if pair.reference is None else recording(read_audio(pair.reference), extractor)
        for sound in sounds_of(pair, cast, extractor, reference, baselines, warnings):
            keep(sound.row, title, sound.samples)
            progress("measuring", 0.0)
            measures = measure(recording(sound.samples, extractor), sound.asked, reference, bench)
            rows.setdefault(sound.row, []).append(SongFigures(title, measures))
            notes.setdefault(sound.row, sound.note)
            warnings += [f"{title}, {sound.row}: {warning}" for warning in measures.warnings]
            sources += [sound.asked.f0_source] if sound.asked else []
    table = tuple(Row(name, notes[name], tuple(songs)) for name, songs in ordered(rows).items())
    return Evaluation(table, str(extractor), " and ".join(dict.fromkeys(sources)), tuple(dict.fromkeys(warnings)))


def unique_titles(pairs: Sequence[Pair]) -> list[str]:
    """A title a pair, numbered where several are alike."""
    titles: list[str] = []
    for pair in pairs:
        number = sum(1 for other in titles if other == pair.title or other.startswith(f"{pair.title} ("))
        titles.append(f"{pair.title} ({number + 1})" if number else pair.title)
    return titles


def ordered(rows: dict[str, list[SongFigures]]) -> dict[str, list[SongFigures]]:
    """What is judged first, then the ceiling, then the floor."""
    last = [name for name in rows if name.endswith(COPY_ROW)] + [name for name in rows if name == RULE_ROW]
    return {name: rows[name] for name in [name for name in rows if name not in last] + last}


def sounds_of(
    pair: Pair, cast: Cast, extractor: F0Extractor, reference: Recording | None, baselines: bool, warnings: list[str]
) -> Iterator[Sound]:
    """The rows of one song: given or rendered, then the baselines."""
    material = None if pair.document is None else read_material(pair.document, cast.singing)
    if pair.audio is not None:
        document = None if material is None else material.drafted(cast.singing)
        asked = None if document is None else asked_of(document)
        given = Sound(AUDIO_ROW, "the given audio", read_audio(pair.audio), asked)
        judged = [(cast.voices[0], given)]
    else:
        judged, document, asked = rendered(cast, material or Material(), warnings)
    yield from (sound for _, sound in judged)
    if not baselines:
        return
    for voice, sound in judged if reference is None else judged[:1]:
        source = recording(sound.samples, extractor) if reference is None else reference
        whose = sound.row if reference is None else "the reference"
        name = COPY_ROW if len(judged) == 1 or reference is not None else f"{sound.row} {COPY_ROW}"
        note = f"vocoder {cast.singer(voice).vocoder.name} on the mel and F0 heard in {whose}"
        yield Sound(name, note, cast.copy(voice, source), asked)
    if document is not None:
        samples = cast.sing_by_rule(cast.voices[0], document)
        yield Sound(RULE_ROW, "formant voice and WORLD, the same document", samples, asked)


def rendered(
    cast: Cast, material: Material, warnings: list[str]
) -> tuple[list[tuple[Voice, Sound]], Performance, Asked]:
    """Every voice's rendering. The first voice's document is what all are asked for, so that they sing the same."""
    sung: list[tuple[Voice, Performance, NDArray[np.float32]]] = []
    for voice in cast.voices:
        performance, samples = cast.sing(voice, material if not sung else Material(sung[0][1]))
        warnings += performance.warnings
        sung.append((voice, performance, samples))
    document = sung[0][1]
    asked = asked_of(document)
    judged = []
    for voice, _, samples in sung:
        models = cast.singer(voice)
        note = f"acoustic model {models.acoustic.name}, vocoder {models.vocoder.name}"
        judged.append((voice, Sound(voice.name, note, samples, asked)))
    return judged, document, asked
