"""Who speaks: the teacher's five voices, and mixtures of them that make further speakers.

Conventions
-----------
- A voice is a table of style vectors, shape (510, 256), one row for each number of tokens in a sentence.
- A mixture is written `alpha+kumo` or with weights `alpha:0.7+kumo:0.3`; weights are scaled to sum to 1. A weight may
  be negative: `kumo:1.3+alpha:-0.3` is further from alpha than kumo is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from svs_cli.errors import UsageError

FULL_NAMES = {
    "alpha": "jf_alpha",
    "gongitsune": "jf_gongitsune",
    "nezumi": "jf_nezumi",
    "tebukuro": "jf_tebukuro",
    "kumo": "jm_kumo",
}
# Women, men, and what lies between and beyond; the order is the order in which a corpus uses them.
DEFAULT_VOICES = (
    "alpha",
    "kumo",
    "tebukuro",
    "kumo:1.25+alpha:-0.25",
    "gongitsune",
    "kumo:0.6+tebukuro:0.4",
    "nezumi",
    "alpha:0.5+gongitsune:0.5",
)
SPEAKER = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class TeacherVoice:
    """A speaker; `styles` has shape (510, 256), `speaker` is its name in a manifest."""

    name: str
    styles: NDArray[np.float32]

    @property
    def speaker(self) -> str:
        return "teacher_" + speaker_name(self.name)

    def style(self, tokens: int) -> NDArray[np.float32]:
        """The style vector for a sentence of so many tokens, shape (1, 256)."""
        return self.styles[min(max(tokens, 1), len(self.styles)) - 1][None]


def speaker_name(voice: str) -> str:
    """A mixture's name as part of a file name.

    >>> speaker_name("kumo:1.25+alpha:-0.25")
    'kumo125_alpham025'
    """
    spelled = re.sub(r"(?<=\d)\.(?=\d)", "", voice).replace("-", "m").replace(":", "").replace("+", "_")
    return SPEAKER.sub("_", spelled)


def parse_voice(text: str) -> dict[str, float]:
    """Weights by voice, which sum to 1. Raises UsageError.

    >>> parse_voice("alpha+kumo")
    {'alpha': 0.5, 'kumo': 0.5}
    """
    from svs_cli.config import suggestion

    weights: dict[str, float] = {}
    for part in text.split("+"):
        name, _, weight = part.strip().partition(":")
        if name not in FULL_NAMES:
            raise UsageError(f"the teacher has no voice {name!r}", fix=suggestion(name, list(FULL_NAMES)))
        try:
            weights[name] = weights.get(name, 0.0) + float(weight or 1)
        except ValueError:
            raise UsageError(f"{weight!r} in the voice {text!r} is no weight", fix="e.g. alpha:0.7+kumo:0.3") from None
    total = sum(weights.values())
    if not 0.1 < total < 1000 or max(map(abs, weights.values())) / total > 2:
        raise UsageError(f"the weights of the voice {text!r} do not make a voice", fix="e.g. alpha:0.7+kumo:0.3")
    return {name: weight / total for name, weight in weights.items()}


def load_styles(path: Path) -> dict[str, NDArray[np.float32]]:
    """The style tables of all voices, by short name, from the package's file."""
    with np.load(path) as tables:
        return {name: tables[full].reshape(-1, 256).astype(np.float32) for name, full in FULL_NAMES.items()}


def mix(names: Sequence[str], styles: Mapping[str, NDArray[np.float32]]) -> list[TeacherVoice]:
    """The voices of those names or mixtures. Raises UsageError."""
    voices = []
    for name in names:
        weights = parse_voice(name)
        mixed = sum((weight * styles[part] for part, weight in weights.items()), np.zeros((1, 256)))
        voices.append(TeacherVoice(name, np.asarray(mixed, dtype=np.float32)))
    return voices
