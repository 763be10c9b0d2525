"""The sounds that stand side by side in a table: what is judged, and the floor and ceiling that it is judged by.

Conventions
-----------
- *rule*: the formant voice and WORLD sing the same document: same notes, lengths and F0. No training went into it.
- *copy-synthesis*: the vocoder makes the sound again from the mel and the F0 heard in it: in the reference recording
  where there is one, else in the judged sound. It shows what the vocoder loses whatever the acoustic model does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from svs_cli.errors import DataError, UsageError
from svs_cli.evaluation.reference import Recording
from svs_cli.performance.document import Performance
from svs_cli.score.model import Part, Score
from svs_cli.voices.card import RULE_ACOUSTIC, WORLD_VOCODER
from svs_cli.voices.library import Voice, load_voice
from svs_cli.voices.singer import Singer, Take, load_singer

Samples = NDArray[np.float32]
Progress = Callable[[str, float], None]
RULE_ROW = "rule"
COPY_ROW = "copy-synthesis"
AUDIO_ROW = "audio"


@dataclass(frozen=True)
class Singing:
    """How documents are rendered; None means the voice's own model, and the key that is written or suits it."""

    voices: tuple[str, ...] = ()
    acoustic: str | None = None
    vocoder: str | None = None
    device: str = "auto"
    seed: int = 0
    steps: int | None = None
    language: str | None = None
    part: str | None = None
    key_semitones: float | None = None


@dataclass(frozen=True)
class Material:
    """What is to be sung: a document, or a score's part that still has to become one."""

    document: Performance | None = None
    score: Score | None = None
    part: Part | None = None

    def drafted(self, singing: Singing) -> Performance:
        """The document, with every phone of its language. Raises SvsError."""
        from svs_cli.frontend.draft import draft

        if self.document is not None:
            return self.document
        if self.score is None or self.part is None:
            raise DataError("there is neither a document nor a score")
        return draft(self.score, self.part, language=singing.language)


class Cast:
    """The singers of an evaluation, each loaded once."""

    def __init__(self, singing: Singing, progress: Progress) -> None:
        self.singing = singing
        self.progress = progress
        self.voices: list[Voice] = [load_voice(name) for name in singing.voices or (None,)]
        self._singers: dict[tuple[str, bool], Singer] = {}

    @property
    def take(self) -> Take:
        return Take(self.singing.seed, self.singing.steps, self.progress)

    def singer(self, voice: Voice, *, by_rule: bool = False) -> Singer:
        """A voice's models, or those of the rule-based row."""
        key = (voice.name, by_rule)
        if key not in self._singers:
            self.progress("loading the voice", 0.0)
            acoustic = RULE_ACOUSTIC if by_rule else self.singing.acoustic
            vocoder = WORLD_VOCODER if by_rule else self.singing.vocoder
            self._singers[key] = load_singer(voice, device=self.singing.device, acoustic=acoustic, vocoder=vocoder)
        return self._singers[key]

    def sing(self, voice: Voice, material: Material) -> tuple[Performance, Samples]:
        """A voice's own rendering, and the document as it was sung."""
        from svs_cli.pipeline import perform, synth

        singer = self.singer(voice)
        if material.score is not None and material.part is not None:
            rendering = synth(material.score, material.part, singer, self.singing.language, self.take)
        else:
            rendering = perform(material.drafted(self.singing), singer, self.take)
        return rendering.performance, rendering.samples

    def sing_by_rule(self, voice: Voice, document: Performance) -> Samples:
        """The rule-based row of a document."""
        from svs_cli.pipeline import perform

        return perform(document, self.singer(voice, by_rule=True), self.take).samples

    def copy(self, voice: Voice, sound: Recording) -> Samples:
        """The sound made again by a voice's vocoder, same length."""
        from svs_cli.analysis.mel import log_mel

        self.progress("copy-synthesis", 0.0)
        vocoder = self.singer(voice).vocoder
        made = vocoder.render(log_mel(sound.samples), sound.f0_hz, seed=self.singing.seed)
        return made[: len(sound.samples)]


def read_material(path: Path, singing: Singing) -> Material:
    """A `.ds` document, or the asked part of a score. Raises DataError or UsageError."""
    from svs_cli.editing.sing_file import directed
    from svs_cli.performance.ds_file import from_json
    from svs_cli.score.read import is_performance, read_score
    from svs_cli.score.transform import select_part, transpose

    if is_performance(path):
        for option, value in (("--part", singing.part), ("--lang", singing.language), ("--key", singing.key_semitones)):
            if value:
                raise UsageError(f"{option} cannot change the document {path.name}", fix="leave it out")
        try:
            return Material(from_json(path.read_text(encoding="utf-8-sig"), str(path)))
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{path} cannot be read as a .ds document: {error}") from error
    score = directed(read_score(path), path)
    if singing.key_semitones:
        score = transpose(score, singing.key_semitones)
    return Material(None, score, select_part(score, singing.part))
