"""The trained acoustic model behind the stage's protocol.

Long phrases are rendered in overlapping windows that share their noise and are cross-faded, so memory stays bounded.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from svs_cli.acoustic.first.conditions import Conditions, conditions
from svs_cli.acoustic.first.network import FRAMES_PER_TOKEN, AcousticNetwork
from svs_cli.acoustic.mixture import parse_mixture, place_of
from svs_cli.analysis.mel import LOG_FLOOR, MEL
from svs_cli.errors import PerformanceError
from svs_cli.performance.document import Segment
from svs_cli.performance.voicing import voiced_f0
from svs_cli.units import DB_PER_NEPER

DEFAULT_STEPS = 8
SHALLOW_START = 0.2
# Noise smaller than in training gives the likelier, cleaner mels (temperature); the card has the listening figures.
TEMPERATURE = 0.6
# Recordings vary by about this much around a singer's normal level; what is asked beyond is a plain gain.
HEARD_ENERGY_DB = 4.0
WINDOW_FRAMES = 1600
OVERLAP_FRAMES = 160


class FirstAcoustic:
    """Flow-matching acoustic model with loaded weights; see acoustic/protocol.py."""

    def __init__(
        self,
        name: str,
        network: AcousticNetwork,
        phones: tuple[str, ...],
        speakers: tuple[str, ...],
        device: str = "cpu",
    ) -> None:
        self.name = name
        self.network = network.to(device).eval()
        self.device = device
        self._phones = phones
        self._phone_ids = {phone: index for index, phone in enumerate(phones)}
        self._speakers = speakers

    def phones(self) -> frozenset[str]:
        """The phones it was trained on."""
        return frozenset(self._phones)

    def speakers(self) -> tuple[str, ...]:
        """The speakers it was trained on."""
        return self._speakers

    def render(self, segment: Segment, *, speaker: str, seed: int = 0, steps: int | None = None) -> NDArray[np.float32]:
        """Log-mel of the segment, shape (segment.frames, 128). Raises PerformanceError or VoiceMissingError."""
        frames = segment.frames
        curve = segment.curves.get("energy")
        energy_db = curve.at_frames(frames) if curve else np.zeros(frames, np.float32)
        heard_db = np.clip(energy_db, -HEARD_ENERGY_DB, HEARD_ENERGY_DB)
        told = self._conditions(segment, heard_db)
        shape = (frames + frames % FRAMES_PER_TOKEN, MEL.bands)
        noise = np.random.default_rng((seed, 1)).standard_normal(shape, np.float32) * np.float32(TEMPERATURE)
        vector = self._speaker_vector(speaker)
        mel = np.full((frames, MEL.bands), LOG_FLOOR, np.float32)
        fade = np.linspace(0.0, 1.0, OVERLAP_FRAMES, dtype=np.float32)[:, None]
        first = 0
        while True:
            last = min(frames, first + WINDOW_FRAMES)
            window = self._render_window(told.cut(first, last), noise[first:], vector, steps or DEFAULT_STEPS)
            if first:
                shared = min(OVERLAP_FRAMES, len(window))
                window[:shared] = mel[first : first + shared] * (1 - fade[:shared]) + window[:shared] * fade[:shared]
            mel[first:last] = window
            if last == frames:
                return np.maximum(mel + ((energy_db - heard_db) / DB_PER_NEPER)[:, None], LOG_FLOOR)
            first = last - OVERLAP_FRAMES

    def _conditions(self, segment: Segment, energy_db: NDArray[np.float32]) -> Conditions:
        if segment.f0 is None:
            raise PerformanceError("the document has no F0 yet", fix="run it through 'svs pitch' first")
        unknown = sorted(set(segment.phones) - set(self._phones))
        if unknown:
            raise PerformanceError(f"the model {self.name} cannot sing {' '.join(unknown)}", fix="use phones it knows")
        return conditions(
            phone_ids=np.array([self._phone_ids[phone] for phone in segment.phones]),
            phone_frames=segment.phone_frames(),
            f0_hz=segment.f0.at_frames(segment.frames),
            voiced=voiced_f0(segment) > 0,
            energy_db=energy_db,
        )

    def _speaker_vector(self, speaker: str) -> torch.Tensor:
        shares = np.zeros((1, len(self._speakers)), np.float32)
        for part in parse_mixture(speaker):
            shares[0, place_of(part.speaker, self._speakers, self.name)] += part.share
        with torch.inference_mode():
            return torch.as_tensor(shares, device=self.device) @ self.network.speaker.weight

    def _render_window(
        self, told: Conditions, noise: NDArray[np.float32], speaker: torch.Tensor, steps: int
    ) -> NDArray[np.float32]:
        frames = len(told.scalars)
        missing = frames % FRAMES_PER_TOKEN
        whole = told.padded(missing)
        tensors = [torch.as_tensor(a)[None].to(self.device) for a in (whole.phones, whole.scalars, whole.comb)]
        with torch.inference_mode():
            h, first = self.network.encode(tensors[0], tensors[1], tensors[2], speaker)
            start = torch.as_tensor(noise[: frames + missing])[None].to(self.device)
            x = self.network.sample(h, first, speaker, start, steps, SHALLOW_START)
            mel = x * self.network.mel_deviation + self.network.mel_mean
        return mel[0, :frames].float().cpu().numpy()
