"""One recording: listen to it once and run every check that needs nothing else.

Conventions: `examine` is what worker processes run, so all that it takes and gives can be sent between processes; it
never raises because of a recording, but notes what is wrong with it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from svs_cli.corpus.checks.channels import check_channels
from svs_cli.corpus.checks.finder import Finder
from svs_cli.corpus.checks.fingerprint import Words, fingerprint
from svs_cli.corpus.checks.labels import (
    check_confidence,
    check_durations,
    check_end,
    check_phone_names,
    check_silences,
    check_voicing,
)
from svs_cli.corpus.checks.listen import Heard, listen
from svs_cli.corpus.checks.pitch import check_notes, check_pitch
from svs_cli.corpus.checks.rules import Problem, Rules
from svs_cli.corpus.checks.signal import (
    check_bandwidth,
    check_clipping,
    check_gaps,
    check_length,
    check_level,
    check_noise,
    check_numbers,
    check_offset,
)
from svs_cli.corpus.checks.text import check_language, check_rights, check_text
from svs_cli.corpus.manifest import Recording
from svs_cli.errors import CorpusError
from svs_cli.units import amplitude_to_db

FEWEST_VOICED_FRAMES = 10


@dataclass(frozen=True)
class Figures:
    """What was measured; levels in dB of full scale, None where there was nothing to measure."""

    seconds: float
    sample_rate_hz: int
    channels: int
    peak_db: float
    active_db: float
    noise_db: float | None
    silence_share: float
    clipped_share: float
    dc: float
    bandwidth_hz: float
    f0_low_hz: float | None
    f0_median_hz: float | None
    f0_high_hz: float | None
    phones: int | None
    phones_per_second: float | None

    @property
    def snr_db(self) -> float | None:
        return None if self.noise_db is None else self.active_db - self.noise_db

    def as_dict(self) -> dict[str, Any]:
        """For JSON, rounded, without what is unknown."""
        item = {**asdict(self), "snr_db": self.snr_db}
        return {
            key: round(value, 6) if isinstance(value, float) else value
            for key, value in item.items()
            if value is not None
        }


@dataclass(frozen=True)
class Examined:
    """What `examine` found; `figures` is None if the file could not be heard."""

    problems: tuple[Problem, ...]
    figures: Figures | None = None
    language: str = ""
    digest: str = ""
    words: Words = field(default_factory=lambda: np.zeros(0, np.uint32))


def examine(recording: Recording, rules: Rules) -> Examined:
    """All checks of one recording by itself."""
    find = Finder(recording, rules)
    language = check_language(find)
    phones = check_text(find, language)
    check_rights(find)
    check_phone_names(find)
    try:
        heard = listen(recording.audio)
    except CorpusError as error:
        find.judge("unreadable", detail=error.message.partition("cannot be read as audio: ")[2])
        return Examined(tuple(find.problems), None, language)
    if not heard.seconds:
        find.judge("empty")
        return Examined(tuple(find.problems), None, language)
    figures = measured(find, heard, phones)
    return Examined(tuple(find.problems), figures, language, heard.digest, fingerprint(heard.mono))


def measured(find: Finder, heard: Heard, phones: int | None) -> Figures:
    """The checks of the sound and of the labels against it."""
    check_length(find, heard)
    check_numbers(find, heard)
    silence_share = check_level(find, heard)
    clipped_share = check_clipping(find, heard)
    check_gaps(find, heard)
    check_offset(find, heard)
    check_channels(find, heard)
    noise_db = check_noise(find, heard) if silence_share < 1.0 else None
    bandwidth_hz = check_bandwidth(find, heard)
    check_end(find, heard)
    check_durations(find)
    check_confidence(find)
    if silence_share < 1.0:
        check_pitch(find, heard)
        check_voicing(find, heard)
        check_silences(find, heard)
    check_notes(find, heard)
    voiced = heard.f0_hz[heard.f0_hz > 0]
    low, middle, high = np.percentile(voiced, [10, 50, 90]) if len(voiced) >= FEWEST_VOICED_FRAMES else [None] * 3
    sounding_seconds = heard.seconds * (1.0 - silence_share)
    return Figures(
        seconds=heard.seconds,
        sample_rate_hz=heard.sample_rate_hz,
        channels=len(heard.channels.powers),
        peak_db=float(amplitude_to_db(heard.peak)),
        active_db=heard.active_db,
        noise_db=noise_db,
        silence_share=silence_share,
        clipped_share=clipped_share,
        dc=heard.dc,
        bandwidth_hz=bandwidth_hz,
        f0_low_hz=None if low is None else float(low),
        f0_median_hz=None if middle is None else float(middle),
        f0_high_hz=None if high is None else float(high),
        phones=phones,
        phones_per_second=phones / sounding_seconds if phones and sounding_seconds > 0 else None,
    )
