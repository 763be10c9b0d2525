"""Acoustic models by what they make of labelled recordings: each voice sings the same phones, timing, F0 and dynamics.

Conventions
-----------
- The *recording* stands in the first row, *copy-synthesis* (the first voice's vocoder on the recording's mel and F0) in
  the second: what no acoustic model can do better. Then each voice has a row, and each of several acoustic models.
- A voice sings in the octave that fits its range best, the recording's own singer in the style of the recording as it
  was, and all at the interval that was asked for, if one was. Octaves may differ between rows, so pitch is held against
  the F0 that the voice was asked for.
- Distances to the copy-synthesis are taken where they mean something: of a voice that is the recording's own singer in
  the recording's style, in the recording's key.
- Heard words are compared with the recording's text, or with the kana of its Japanese phones; the recording's own
  errors, in the first row, say how much of that is the listener's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from svs_cli.acoustic.mixture import parse_mixture
from svs_cli.errors import UsageError
from svs_cli.evaluation.copies import RECORDING_ROW, Copied, Figures, Values, measured_alone, measured_each
from svs_cli.evaluation.extract import F0Extractor, fitted
from svs_cli.evaluation.judges import Bench
from svs_cli.evaluation.labelled import (
    asked_f0_hz,
    fitting_octave_semitones,
    labelled,
    lyrics_of,
    moved,
    without_dynamics,
)
from svs_cli.evaluation.likeness import PitchErrors, likenesses, pitch_errors
from svs_cli.evaluation.rows import COPY_ROW, Progress, Samples
from svs_cli.evaluation.sources import Original, Source, info_of
from svs_cli.performance.document import Performance
from svs_cli.units import GRID
from svs_cli.voices.library import load_voice
from svs_cli.voices.singer import NEURAL, Singer, Take, load_singer

KEY = "key_semitones"  # of a row of one file: how much higher than the recording it was sung
USUAL_STYLE = "core"
SUNG_STYLES = frozenset({"", USUAL_STYLE, "song", "sung"})  # what a corpus may call the usual way of singing


@dataclass(frozen=True)
class ResingConfig:
    """Who sings the recordings, how, and who listens. `acoustics` may replace the voices' own models, "neural"."""

    voices: tuple[str, ...] = ()
    acoustics: tuple[str, ...] = (NEURAL,)
    vocoder: str | None = None
    dynamics: bool = True
    key_semitones: float | None = None
    extractor: F0Extractor = field(default_factory=F0Extractor)
    bench: Bench = field(default_factory=Bench)
    device: str = "cpu"
    seed: int = 0
    steps: int | None = None
    keep_folder: Path | None = None

    def __post_init__(self) -> None:
        unfit = [judge for judge in self.bench.judges if judge not in ("naturalness", "words")]
        if unfit:
            raise UsageError(f"the judge {unfit[0]!r} does not hear songs sung again", fix="ask naturalness or words")

    @property
    def rows(self) -> tuple[SungRow, ...]:
        """The rows of voices, in order."""
        cards = [load_voice(name).card for name in self.voices or (None,)]
        sung = [(card.name, card.acoustic if model == NEURAL else model) for card in cards for model in self.acoustics]
        return tuple(SungRow(*row, named=len(self.acoustics) > 1) for row in dict.fromkeys(sung))

    def check(self) -> None:
        """Raise before any work is done if a voice, a model or a judge is not there."""
        self.bench.check()
        for row in self.rows:
            singer_of(row, self)


@dataclass(frozen=True)
class SungRow:
    """A voice and the name of its acoustic model, or of another; `named` if the row has to say which."""

    voice: str
    acoustic: str
    named: bool = False

    @property
    def name(self) -> str:
        return f"{self.voice} {self.acoustic}" if self.named else self.voice


def measure_resung(
    sources: Sequence[Source],
    config: ResingConfig,
    jobs: int | None = None,
    progress: Progress = lambda stage, share_done: None,
) -> list[Copied]:
    """Sing and measure every source, in order, in `jobs` processes (None: one for each core; a GPU: one).

    A source that cannot be sung carries its error. Raises VoiceMissingError or ExtraMissingError before any work is
    done, DataError if no recording could be sung.
    """
    config.check()
    return measured_each(ResingWork(config), sources, jobs if config.device == "cpu" else 1, progress)


@dataclass(frozen=True)
class ResingWork:
    """What a process does with a source."""

    config: ResingConfig

    def __call__(self, source: Source) -> Copied:
        def measure(original: Original) -> Copied:
            return resung_and_measured(source, original, self.config)

        return measured_alone(source, self.config.extractor, measure)


def resung_and_measured(source: Source, original: Original, config: ResingConfig) -> Copied:
    """All rows of one recording."""
    document = labelled(source, original)
    copy = copy_of(original, config)
    copied = replace(original, samples=copy)
    text = lyrics_of(info_of(source))
    own_f0_hz = fitted(asked_f0_hz(document), len(original.f0_hz))
    rows = {
        RECORDING_ROW: Figures(judged(original.samples, text, document.language, config)),
        COPY_ROW: Figures(judged(copy, text, document.language, config), heard_in(copy, own_f0_hz, config)),
    }
    copy_mos = rows[COPY_ROW].values.get("naturalness_mos")
    keep(config, source, COPY_ROW, copy, document)
    for row in config.rows:
        own = is_own_singer(singer_of(row, config).speaker, source.labels)
        key = key_for(document, row, config, own)
        asked = moved(document, key) if key else document
        samples = sung_again(asked, row, config, len(copy))
        values = {KEY: key, **judged(samples, text, document.language, config)}
        mos = values.get("naturalness_mos")
        if mos is not None and copy_mos is not None:
            values["naturalness_to_copy_mos"] = mos - copy_mos
        asked_hz = fitted(asked_f0_hz(asked), len(original.f0_hz))
        if own and not key:
            values |= likenesses([samples], copied)[0]
        rows[row.name] = Figures(values, heard_in(samples, asked_hz, config))
        keep(config, source, row.name, samples, asked)
    return Copied(source, rows, {}, len(original.samples) / GRID.sample_rate_hz, original.band_hz)


def key_for(document: Performance, row: SungRow, config: ResingConfig, own: bool) -> float:
    """By how many semitones a row's key is higher than the recording's."""
    if config.key_semitones is not None:
        return config.key_semitones
    if own:
        return 0.0
    return fitting_octave_semitones(asked_f0_hz(document), singer_of(row, config).card.range_midi)


def sung_again(document: Performance, row: SungRow, config: ResingConfig, length: int) -> Samples:
    """A row's sound of the document, `length` samples."""
    from svs_cli.pipeline import perform

    asked = document if config.dynamics else without_dynamics(document)
    samples = perform(asked, singer_of(row, config), Take(config.seed, config.steps)).samples
    return np.pad(samples, (0, max(0, length - len(samples))))[:length]


def copy_of(original: Original, config: ResingConfig) -> Samples:
    """The recording made again by the first voice's vocoder, same length."""
    from svs_cli.analysis.mel import log_mel

    vocoder = singer_of(config.rows[0], config).vocoder
    return vocoder.render(log_mel(original.samples), original.f0_hz, seed=config.seed)[: len(original.samples)]


def judged(samples: Samples, text: str, language: str, config: ResingConfig) -> Values:
    """What the judges say of a row."""
    if not samples.any():
        return {}
    return config.bench.metrics(samples, (text,), language, None)


def heard_in(samples: Samples, asked_hz: Samples, config: ResingConfig) -> PitchErrors:
    """Heard against asked F0, the latter of shape (frames,)."""
    return pitch_errors(fitted(config.extractor.f0_hz(samples), len(asked_hz)), asked_hz)


def is_own_singer(speaker: str, labels: dict[str, str]) -> bool:
    """Whether a voice's speaker is the one that was recorded, in the recording's style.

    >>> is_own_singer("kumi/strong", {"speaker": "kumi_strong", "style": "strong"})
    True
    >>> is_own_singer("kumi", {"speaker": "kumi_strong", "style": "strong"})
    False
    """
    parts = parse_mixture(speaker)
    style = labels.get("style", "")
    singer = labels.get("speaker", "").removesuffix(f"_{style}")
    asked = parts[0].speaker if parts[0].style else parts[0].speaker.removesuffix(f"_{style}")
    asked_style = parts[0].style or (style if parts[0].speaker != asked else USUAL_STYLE)
    same_style = asked_style == style or {asked_style, style} <= SUNG_STYLES
    return len(parts) == 1 and asked == singer and same_style


def keep(config: ResingConfig, source: Source, row: str, samples: Samples, document: Performance) -> None:
    """Write a row's sound and document into the folder, if there is one."""
    if config.keep_folder is None:
        return
    from svs_cli.atomic import write_text
    from svs_cli.audio import Tags, write_audio
    from svs_cli.performance.ds_file import to_json

    path = config.keep_folder / f"{source.title}.{in_file_names(row)}.wav"
    tags = Tags(title=source.title, comment=f"svs evaluate, row {row}")
    write_audio(path, samples, GRID.sample_rate_hz, "wav", tags)
    write_text(path.with_suffix(".ds"), to_json(document))


def in_file_names(row: str) -> str:
    """A row's name without what folders and shells would stumble over.

    >>> in_file_names("kathleen/speech my-voice"), in_file_names("kumi:0.7,yuki:0.3")
    ('kathleen-speech-my-voice', 'kumi-0.7-yuki-0.3')
    """
    return re.sub(r"[^\w.]+", "-", row)


@lru_cache(maxsize=16)
def singer_of(row: SungRow, config: ResingConfig) -> Singer:
    """A row's models, loaded once a process."""
    return load_singer(load_voice(row.voice), device=config.device, acoustic=row.acoustic, vocoder=config.vocoder)
