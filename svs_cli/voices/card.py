"""A voice package: one folder with a `model.toml` that says which models sing it, and on which terms.

    kind = "voice"
    name = "kumi"                      # what --voice takes; also the folder's name
    title = "Hitsuboku Kumi"
    acoustic = "first"                 # a model folder on a shelf, or "rule" (formants, no weights)
    speaker = "kumi"                   # one of that model's speakers
    vocoder = "first-vocoder"          # a model folder, or "world"
    languages = ["ja"]                 # what the singer recorded; other languages are approximated
    styles = ["core", "whisper"]       # of that model, what the singer recorded: --voice kumi/whisper asks for one
    range_midi = [55, 76]              # lowest and highest note that sounds like the singer
    licence = "CC BY 4.0"
    credit = "who has to be named"
    terms = "what one may and may not do with the songs"
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from svs_cli.score.compass import HIGHEST_MIDI, LOWEST_MIDI

RULE_ACOUSTIC = "rule"
WORLD_VOCODER = "world"


@dataclass(frozen=True)
class VoiceCard:
    """The keys of a voice's `model.toml`; MIDI ranges include both ends."""

    kind: Literal["voice"]
    name: str
    title: str
    acoustic: str
    speaker: str
    vocoder: str
    languages: tuple[str, ...]
    licence: str
    credit: str = ""
    terms: str = ""
    url: str = ""
    description: str = ""
    range_midi: tuple[int, int] = (LOWEST_MIDI, HIGHEST_MIDI)
    comfortable_midi: tuple[int, int] | None = None
    default: bool = False
    styles: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for low, high in (self.range_midi, self.comfortable_midi or self.range_midi):
            if not 0 <= low < high <= 127:
                raise ValueError("a range must be [lowest, highest] in MIDI numbers")
        if not self.languages:
            raise ValueError("languages must name at least one language")
