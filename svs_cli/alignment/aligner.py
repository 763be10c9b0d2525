"""From sound and words to timed phones, with a confidence for each.

Conventions
-----------
- Times are seconds from the start of the samples; phones are contiguous from 0 to the end, pauses are SP or AP.
- A boundary lies between two frames of 10 ms, where most walks near the best one have it (`spread.py`); where the onset
  output points to a place inside, it moves there.
- The confidence of a phone is the geometric mean of its probability over its frames, 0..1, among all phones.
- A phone lasts the frames of its class in `LEAST_FRAMES` at least, unless the recording is too short for that. They are
  about the first percentile of sung phones (17,668 hand-made labels of no7_singing).
- `nuclei_seconds` are known starts of syllable nuclei (oto.ini, a score), None for one that is free: each may begin
  only near its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from svs_cli.alignment.conventions import Convention, by_convention
from svs_cli.alignment.features import ALIGN_GRID, aligner_features
from svs_cli.alignment.lattice import Lattice, best_walk, free_walk, lattice_of
from svs_cli.alignment.network import AlignerConfig, AlignerEnsemble, AlignerNetwork
from svs_cli.alignment.spread import Banded, entry_probs, likeliest_entry
from svs_cli.config import build
from svs_cli.errors import CorpusError, DataError, LyricsError
from svs_cli.frontend.inventory import BREATH, CLOSURE, SILENCE, load_inventory
from svs_cli.model_folder import load_weights, read_description, understood

CHUNK_FRAMES = 6_000
ONSET_WEIGHT = 2.0
PRIOR_WEIGHT = 0.7  # 1 would be the likelihood
CLASS_SHARE = 0.2  # of a phone's probability that its class gives: a vowel like none of the known ones is still a vowel
PHONE_WEIGHT = 0.3  # neighbouring frames hear the same, so each counts for less than one
SHARPNESS = 0.2  # of the probabilities of walks
NUCLEUS_REACH_SECONDS = 0.08  # a known nucleus is free within it
NUCLEUS_COST_PER_SECOND = 60.0
LEAST_FRAMES = {"vowel": 4, "stop": 3, "fricative": 3, "affricate": 3}  # 2 for the others
BREATH_CHANGE_COST = 8.0
SMALLEST_PROB = 1e-9
LARGEST_LATTICE = 400_000_000  # frames times states, of nine bytes at most


@dataclass(frozen=True)
class Alignment:
    """Phones with their ends in seconds and confidences 0..1, all of one length; `score` is a mean over frames."""

    phones: tuple[str, ...]
    ends_seconds: tuple[float, ...]
    confidences: tuple[float, ...]
    score: float

    @property
    def confidence(self) -> float:
        """Mean confidence of what is no pause."""
        spoken = [c for p, c in zip(self.phones, self.confidences, strict=True) if p not in (SILENCE, BREATH)]
        return float(np.mean(spoken)) if spoken else 0.0


@dataclass(frozen=True)
class Heard:
    """What the network says of a recording: log-probabilities (T, P) of phones, probability (T,) of a phone's onset."""

    phone_log_probs: NDArray[np.float32]
    onset_probs: NDArray[np.float32]
    seconds: float

    @property
    def onset_log_odds(self) -> NDArray[np.float32]:
        """ln p / (1 - p) of an onset at each frame, held between about -7 and 7, (T,)."""
        return np.log(self.onset_probs + 1e-3) - np.log(1.0 - self.onset_probs + 1e-3)


class Aligner:
    """A trained aligner; `phones` are the inventory's symbols in the network's order.

    Its `convention` says whose short silences are: see `conventions.py`.
    """

    convention = Convention.sound

    def __init__(self, network: AlignerNetwork | AlignerEnsemble, phones: Sequence[str]) -> None:
        self.network = network.eval()
        self.phones = tuple(phones)
        self.number = {phone: index for index, phone in enumerate(self.phones)}

    @cached_property
    def _pause_ids(self) -> tuple[int, int]:
        return self.number[SILENCE], self.number[BREATH]

    @cached_property
    def _least_frames(self) -> dict[int, int]:
        inventory = load_inventory()
        return {n: LEAST_FRAMES.get(inventory[phone].phone_class, 2) for phone, n in self.number.items()}

    @cached_property
    def _classes(self) -> list[NDArray[np.int64]]:
        """Numbers of the phones of each class, voiced and voiceless ones apart."""
        inventory = load_inventory()
        kinds = [(inventory[phone].phone_class, inventory[phone].voiced, phone == CLOSURE) for phone in self.phones]
        return [np.flatnonzero([kind == other for other in kinds]) for kind in dict.fromkeys(kinds)]

    @torch.no_grad()
    def hear(self, samples: NDArray[np.float32]) -> Heard:
        """Run the network over samples (n,) at 44.1 kHz, in chunks, so that its layers hold a minute at most."""
        features = aligner_features(torch.as_tensor(samples, dtype=torch.float32)[None])
        frames, reach = features.shape[1], self.network.reach_frames
        log_probs = np.empty((frames, len(self.phones)), np.float32)
        onsets = np.empty(frames, np.float32)
        for first in range(0, frames, CHUNK_FRAMES):
            last = min(frames, first + CHUNK_FRAMES)
            start = max(0, first - reach)
            phone_logits, onset_logits = self.network(features[:, start : min(frames, last + reach)])
            inside = slice(first - start, last - start)
            log_probs[first:last] = torch.log_softmax(phone_logits[0, inside], dim=1).numpy()
            onsets[first:last] = torch.sigmoid(onset_logits[0, inside]).numpy()
        return Heard(log_probs, onsets, len(samples) / ALIGN_GRID.sample_rate_hz)

    def align(self, heard: Heard, words: list[list[str]], nuclei_seconds: Sequence[float | None] = ()) -> Alignment:
        """Find when each phone of the words sounds.

        Raises CorpusError when the sound is too short for the words or so long that it has to be cut, LyricsError for a
        phone that the aligner does not know.
        """
        unknown = [phone for word in words for phone in word if phone not in self.number]
        if unknown:
            raise LyricsError(f"the aligner does not know {' '.join(dict.fromkeys(unknown))}", fix="train it anew")
        plain = lattice_of([[self.number[phone] for phone in word] for word in words])
        lattice = plain.lasting(self._least_frames)
        frames = len(heard.onset_probs)
        if frames < 1.5 * lattice.shortest_frames:
            lattice = plain
        if frames * len(lattice.phone_ids) > LARGEST_LATTICE:
            raise CorpusError(
                f"{heard.seconds / 60:.0f} minutes with {lattice.phones} phones are too much at once",
                fix="cut recording and text into songs or lines",
            )
        scores = self._state_scores(heard, lattice)
        entry = self._entry_costs(lattice, nuclei_seconds, frames)
        gain = ONSET_WEIGHT * heard.onset_log_odds
        walk, score = best_walk(scores, lattice, gain, entry)
        spread_gain = SHARPNESS * gain if entry is None else SHARPNESS * gain[:, None] + entry
        entered = entry_probs(SHARPNESS * scores, lattice, walk, spread_gain)
        return self._read_off(walk, lattice, heard, entered, score / frames)

    def _state_scores(self, heard: Heard, lattice: Lattice) -> NDArray[np.float32]:
        prior = (PRIOR_WEIGHT * self.network.log_prior).numpy()
        scaled: NDArray[np.float32] = PHONE_WEIGHT * (self._softened(heard.phone_log_probs) - prior).astype(np.float32)
        silence, closure = self.number[SILENCE], self.number.get(CLOSURE)
        if closure is not None:  # a closure is silence in the middle of a word
            scaled[:, closure] = np.maximum(scaled[:, closure], scaled[:, silence])
        pause = scaled[:, list(self._pause_ids)].max(axis=1)
        scores = scaled[:, np.maximum(lattice.phone_ids, 0)]
        scores[:, lattice.pauses] = pause[:, None]
        return scores

    def _softened(self, log_probs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Log-probabilities of which each class shares out a part among its phones, as common as they are, (T, P)."""
        probs = np.exp(log_probs)
        prior = self.network.log_prior.exp().numpy()
        softened = (1.0 - CLASS_SHARE) * probs
        for members in self._classes:
            share = prior[members] / prior[members].sum()
            softened[:, members] += CLASS_SHARE * probs[:, members].sum(axis=1, keepdims=True) * share
        return np.asarray(np.log(softened + SMALLEST_PROB))

    def _entry_costs(
        self, lattice: Lattice, nuclei_seconds: Sequence[float | None], frames: int
    ) -> NDArray[np.float32] | None:
        """Costs (T, S) of entering a nucleus far from where it is known to begin, None where nothing is known."""
        nuclei = load_inventory().nuclei
        heads = np.flatnonzero(lattice.heads & ~lattice.pauses)
        states = [s for s in heads if self.phones[lattice.phone_ids[s]] in nuclei]
        if not nuclei_seconds or len(nuclei_seconds) != len(states):
            return None
        entry = np.zeros((frames, len(lattice.phone_ids)), np.float32)
        at = ALIGN_GRID.seconds_of(np.arange(frames) - 0.5)
        for state, known in zip(states, nuclei_seconds, strict=True):
            if known is not None:
                entry[:, state] = -NUCLEUS_COST_PER_SECOND * np.maximum(0.0, np.abs(at - known) - NUCLEUS_REACH_SECONDS)
        return entry

    def _read_off(
        self, walk: NDArray[np.int64], lattice: Lattice, heard: Heard, entered: Banded, score: float
    ) -> Alignment:
        """Phones of a walk; pauses are split into silence and breath, boundaries moved to the onsets inside frames."""
        firsts = np.flatnonzero(np.diff(walk, prepend=-1).astype(bool) & lattice.heads[walk])
        lasts = np.append(firsts[1:], len(walk))
        runs: list[tuple[int, int, int]] = []  # phone, first frame, frame after the last
        for first, last in zip(firsts, lasts, strict=True):
            phone = int(lattice.phone_ids[walk[first]])
            runs += [(phone, int(first), int(last))] if phone >= 0 else self._split_pause(heard, int(first), int(last))
        begins = set(firsts.tolist())  # other runs part a pause
        places = [likeliest_entry(entered, walk, last) if last in begins else last for _, _, last in runs[:-1]]
        ends = [boundary_seconds(heard.onset_probs, round(place)) for place in places] + [heard.seconds]
        phones = tuple(self.phones[phone] for phone, _, _ in runs)
        means = [heard.phone_log_probs[first:last, phone].mean() for phone, first, last in runs]
        confidences = tuple(float(np.exp(mean)) for mean in means)
        return Alignment(*by_convention((phones, rising(ends), confidences), self.convention), float(score))

    def _split_pause(self, heard: Heard, first: int, last: int) -> list[tuple[int, int, int]]:
        """Runs of silence and breath inside a pause."""
        pair = heard.phone_log_probs[first:last, list(self._pause_ids)]
        kind, _ = free_walk(pair, np.full(last - first, -BREATH_CHANGE_COST))
        cuts = [0, *(np.flatnonzero(np.diff(kind)) + 1).tolist(), len(kind)]
        return [(self._pause_ids[kind[a]], first + a, first + b) for a, b in zip(cuts, cuts[1:], strict=False)]


def boundary_seconds(onset_probs: NDArray[np.float32], frame: int) -> float:
    """Where the phone that is first heard at `frame` begins: the centre of the onset's peak, within a frame."""
    low, high = max(0, frame - 1), min(len(onset_probs), frame + 2)
    weights = onset_probs[low:high] ** 2 + 1e-6
    centre = float((np.arange(low, high) * weights).sum() / weights.sum())
    return float(ALIGN_GRID.seconds_of(centre - 0.5))


def rising(ends_seconds: list[float], shortest_seconds: float = 0.001) -> tuple[float, ...]:
    """Ends in order, each at least a millisecond after the one before; the last stays where it is."""
    out = list(ends_seconds)
    for index in range(len(out) - 1):
        out[index] = max(out[index], (out[index - 1] if index else 0.0) + shortest_seconds)
    for index in range(len(out) - 2, -1, -1):
        out[index] = min(out[index], out[index + 1] - shortest_seconds)
    return tuple(out)


def load_aligner(folder: Path) -> Aligner:
    """An aligner from its model folder; networks in folders inside it are heard too, and the mean counts.

    Raises VoiceMissingError or DataError; see model_folder.
    """
    network, phones = network_of(folder)
    others = [network_of(path) for path in companions_of(folder)]
    if any(known != phones for _, known in others):
        raise DataError(f"{folder}: its networks do not know the same phones", fix="train them on one inventory")
    members = [network, *(other for other, _ in others)]
    return Aligner(AlignerEnsemble(members) if others else network, phones)


def companions_of(folder: Path) -> list[Path]:
    """The model folders inside an aligner's folder."""
    return sorted(path.parent for path in folder.glob("*/model.toml"))


def network_of(folder: Path) -> tuple[AlignerNetwork, tuple[str, ...]]:
    """One trained network with its phones. Raises VoiceMissingError or DataError."""
    description = read_description(folder, "aligner")
    with understood(folder):
        phones = tuple(description["phones"])
        unknown = [phone for phone in phones if phone not in load_inventory()]
        network = AlignerNetwork(len(phones), build(AlignerConfig, description["network"], "[network]"))
    if unknown or SILENCE not in phones or BREATH not in phones:
        listed = " ".join(map(str, unknown[:5]))
        raise DataError(f"{folder / 'model.toml'}: its phones are not the inventory's: {listed}")
    load_weights(folder, network)
    return network, phones
