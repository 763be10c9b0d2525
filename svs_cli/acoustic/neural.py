"""The trained acoustic model behind the stage's protocol.

Curves of a segment that are drawn (see `performance/document.py`) are offsets in dB: "energy" from the voice's normal
level, "breathiness" of the aperiodic part, "voicing" of the harmonic part, "tension" of the overtones against the
fundamental. The network knows energy and the relation of the two parts, so voicing moves both. What is not drawn is
left to the network; what is drawn is told as `response.py` says, so that the sound changes by so many dB.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from svs_cli.acoustic.accent import LENT, Natives, consonant_frames, foreign, lenders
from svs_cli.acoustic.conditions import Conditions, conditions
from svs_cli.acoustic.mixture import mixture_of, place_of
from svs_cli.acoustic.network import FRAMES_PER_TOKEN, AcousticNetwork
from svs_cli.acoustic.response import Drawn, Response
from svs_cli.acoustic.windows import in_windows
from svs_cli.analysis.mel import LOG_FLOOR, MEL
from svs_cli.errors import PerformanceError
from svs_cli.performance.document import Segment
from svs_cli.performance.voicing import voiced_f0
from svs_cli.units import DB_PER_NEPER

DEFAULT_STEPS = 6
# Noise smaller than in training gives the likelier, cleaner mels (temperature).
TEMPERATURE = 0.6
RECORDED, COPIED = 0, 1  # rows of the table of copies

Curve = NDArray[np.float32]


@dataclass(frozen=True)
class Known:
    """What a model knows, by name, in the order of its tables; the first style is the usual one.

    `natives` are the speakers who were recorded in each language, see `accent.py`. Raises ValueError for a native who
    is no speaker.
    """

    phones: tuple[str, ...]
    speakers: tuple[str, ...]
    styles: tuple[str, ...]
    languages: tuple[str, ...]
    natives: Natives = field(default_factory=dict)

    def __post_init__(self) -> None:
        for language, who in self.natives.items():
            if strangers := set(who) - set(self.speakers):
                raise ValueError(f"[natives] {language} names {min(strangers)!r}, who is no speaker of the model")


class NeuralAcoustic:
    """Flow-matching acoustic model with loaded weights; see acoustic/protocol.py."""

    def __init__(
        self, name: str, network: AcousticNetwork, known: Known, device: str = "cpu", response: Response = Response()
    ) -> None:
        self.name, self.response = name, response
        self.network = network.to(device).eval()
        self.known = known
        self.device = device
        self._phone_ids = {phone: index for index, phone in enumerate(known.phones)}

    def phones(self) -> frozenset[str]:
        """The phones it was trained on."""
        return frozenset(self.known.phones)

    def speakers(self) -> tuple[str, ...]:
        """The speakers it was trained on."""
        return self.known.speakers

    def render(self, segment: Segment, *, speaker: str, seed: int = 0, steps: int | None = None) -> Curve:
        """Log-mel of the segment, shape (segment.frames, 128); `speaker` may be a mixture, see acoustic/mixture.py.

        Raises PerformanceError, UsageError or VoiceMissingError.
        """
        frames = segment.frames
        techniques, gain_db = self.response.told(techniques_of(segment))
        told = self._conditions(segment, techniques)
        voices = self._voices(segment, speaker)
        shape = (frames + frames % FRAMES_PER_TOKEN, MEL.bands)
        noise = np.random.default_rng((seed, 1)).standard_normal(shape, np.float32) * np.float32(TEMPERATURE)

        def window(first: int, last: int) -> Curve:
            return self._window(told.cut(first, last), noise[first:], voices[first:last], steps or DEFAULT_STEPS)

        mel = in_windows(frames, window)
        if gain_db is not None:
            mel += (gain_db / np.float32(DB_PER_NEPER))[:, None]
        return np.maximum(mel, LOG_FLOOR)

    def _conditions(self, segment: Segment, techniques: Drawn) -> Conditions:
        if segment.f0 is None:
            raise PerformanceError("the document has no F0 yet", fix="run it through 'svs pitch' first")
        unknown = sorted(set(segment.phones) - set(self._phone_ids))
        if unknown:
            raise PerformanceError(f"the model {self.name} cannot sing {' '.join(unknown)}", fix="use phones it knows")
        return conditions(
            phone_ids=np.array([self._phone_ids[phone] for phone in segment.phones]),
            phone_frames=segment.phone_frames(),
            f0_hz=segment.f0.at_frames(segment.frames),
            voiced=voiced_f0(segment) > 0,
            techniques=techniques,
        )

    def _voices(self, segment: Segment, asked: str) -> NDArray[np.float32]:
        """The voice of each frame, (frames, D)."""
        with torch.inference_mode():
            tables = [
                table.weight.float().cpu().numpy()
                for table in (self.network.speaker, self.network.style, self.network.language, self.network.copy)
            ]
        speakers, styles, languages, copies = tables
        voices = np.broadcast_to(copies[RECORDED], (segment.frames, copies.shape[1])).copy()
        language = self._languages(segment)
        native = speakers[lenders(self.known.natives, self.known.languages, self.known.speakers)] + styles[0]
        lent = np.float32(LENT) * consonant_frames(segment.phones, segment.phone_frames())
        for part, share in mixture_of(segment, asked):
            style = styles[place_of(part.style or self.known.styles[0], self.known.styles, self.name, "style")]
            own = speakers[place_of(part.speaker, self.known.speakers, self.name)] + style
            helped = lent * foreign(self.known.natives, self.known.languages, part.speaker)[language]
            voices += share[:, None] * (own + helped[:, None] * (native[language] - own))
        return voices + languages[language]

    def _languages(self, segment: Segment) -> NDArray[np.int64]:
        """The row of each frame's language, that of its note, (frames,); unknown ones have the last row."""
        places = {language: index for index, language in enumerate(self.known.languages)}
        notes = [places.get(detail.language, len(places)) for detail in segment.details]
        ends_seconds = np.cumsum(segment.note_durations_seconds)
        if not notes:
            return np.full(segment.frames, len(places))
        share = (np.arange(segment.frames) + 0.5) / segment.frames * ends_seconds[-1]
        return np.array(notes)[np.minimum(np.searchsorted(ends_seconds, share), len(notes) - 1)]

    def _window(
        self, told: Conditions, noise: NDArray[np.float32], voices: NDArray[np.float32], steps: int
    ) -> NDArray[np.float32]:
        frames = len(told.scalars)
        missing = frames % FRAMES_PER_TOKEN
        whole, still = told.padded(missing), bool((voices == voices[:1]).all())
        voice = voices[:1] if still else voices[::FRAMES_PER_TOKEN]  # one for all costs less
        arrays = (whole.phones, whole.scalars, whole.comb, voice, noise[: frames + missing])
        phones, scalars, comb, voice_, start = (torch.as_tensor(a)[None].to(self.device) for a in arrays)
        with torch.inference_mode():
            h, first = self.network.encode(phones, scalars, comb, voice_)
            x = self.network.sample(h, first, voice_, start, steps)
            mel = x * self.network.mel_deviation + self.network.mel_mean
        return mel[0, :frames].float().cpu().numpy()


def techniques_of(segment: Segment) -> Drawn:
    """What is drawn of energy, of breath against tone, and of tension, in dB; see the module's docstring."""
    drawn = {name: curve.at_frames(segment.frames) for name, curve in segment.curves.items()}
    energy, breathiness, voicing = (drawn.get(name) for name in ("energy", "breathiness", "voicing"))
    if voicing is not None:
        energy = voicing if energy is None else energy + voicing
        breathiness = -voicing if breathiness is None else breathiness - voicing
    return energy, breathiness, drawn.get("tension")
