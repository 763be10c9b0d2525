"""Teaching pitch: gestures fitted to singers, drawn by the thousand for random melodies, and the real ones weighted.

Conventions
-----------
- Real singing with a licence is scarce, so the network first learns distributions that were fitted to it (a ridge
  regression, which cannot learn by heart), on melodies that nobody sang, and the real notes beside them.
- Copies: real notes are also heard at other tempos (their lengths scaled, moves and vibrato as they are). Transposing
  them changes nothing, because the network is told intervals only. Time is not reversed: a move is prepared before
  and overshot after, and a reversed vibrato fades in where it should end.
- The residual is taught on real frames alone: what the fitted gestures leave, below `largest_left_cents`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from svs_cli.bundled import home
from svs_cli.corpus.shards import read_shard, shards_matching
from svs_cli.corpus.sung import SungSong, sung_song
from svs_cli.duration.rule import shipped_table
from svs_cli.errors import UsageError
from svs_cli.pitch.context import (
    FRAME_FEATURES,
    NOTE_FEATURES,
    frame_features,
    note_features,
    onset_sounds,
    phone_kinds,
)
from svs_cli.pitch.detect import find_vibrato
from svs_cli.pitch.draw import curve_cents
from svs_cli.pitch.network import PitchConfig, PitchNetwork
from svs_cli.pitch.parameters import COLUMN, PARAMETERS, VIBRATO, Swing, gesture_of, valid, vector_of
from svs_cli.training.loop import Losses
from svs_cli.training.pitch_draws import Distributions, fit_distributions, fit_swing, fit_wander, random_melody
from svs_cli.training.pitch_fit import FittedSong, fit_song
from svs_cli.training.task import Recipe, Task

Array = NDArray[np.float64]
GAIN_DRAWS = 3
LENGTH_FEATURES = [NOTE_FEATURES.index(name) for name in ("length", "length_before", "length_after")]


@dataclass(frozen=True)
class PitchData:
    """What it learns from."""

    shards: tuple[str, ...] = ()  # of songs with phones in time; may have wildcards
    leave_out: tuple[str, ...] = ()  # recordings kept for checking, by a part of their path
    tunes: int = 600  # random melodies in all
    melodies: int = 16  # of them a step
    notes: int = 24  # in each
    real_share: float = 0.3  # of the loss
    slowest: float = 0.85  # tempo of the copies of real notes
    fastest: float = 1.18
    feature_noise: float = 0.5  # of their standard deviation, so that single notes are not learned by heart
    crops: int = 12  # of real frames a step, for the residual
    crop_frames: int = 256
    largest_left_cents: float = 150.0

    def __post_init__(self) -> None:
        if not 0 <= self.real_share <= 1 or not 0 < self.slowest <= self.fastest:
            raise ValueError("real_share must lie in 0..1, and slowest be positive and not above fastest")


@dataclass(frozen=True)
class PitchRecipe(Recipe):
    """The whole TOML file of a pitch recipe."""

    data: PitchData = field(default_factory=PitchData)
    model: PitchConfig = field(default_factory=PitchConfig)
    variety: float = 0.35  # share of the fitted spread that a take draws, but of vibrato


@dataclass(frozen=True)
class RealSong:
    """A fitted song as tensors: notes (N, ...) and frames (T, ...)."""

    fitted: FittedSong
    features: Array
    numbers: Array
    valid: NDArray[np.bool_]
    frames: Array
    owner: NDArray[np.int64]
    left_cents: Array  # what the gestures leave, NaN where unvoiced or too far off


def real_song(song: SungSong, largest_left_cents: float) -> RealSong:
    """Fit a song and measure what is left."""
    fitted = fit_song(song)
    kinds = phone_kinds(song.segment, shipped_table(), song.name)
    features = note_features(fitted.notes, onset_sounds(song.segment, fitted.notes, kinds))
    masks = valid(features, [gesture.vibrato is not None for gesture in fitted.gestures])
    curve = fitted.fitted_cents
    frames, owner = frame_features(fitted.notes, kinds, song.segment, fitted.times, curve)
    left = fitted.cents - curve
    left[~(np.abs(left) < largest_left_cents)] = np.nan
    numbers = np.stack([vector_of(gesture) for gesture in fitted.gestures])
    return RealSong(fitted, features, numbers, masks & np.array(fitted.known)[:, None], frames, owner, left)


def read_songs(data: PitchData, root: Path) -> tuple[list[RealSong], list[RealSong]]:
    """The songs to learn from, and those left out. Raises UsageError if there is nothing to learn from."""
    learned: list[RealSong] = []
    kept: list[RealSong] = []
    for path in shards_matching(root, data.shards):
        for features in read_shard(path):
            song = sung_song(features)
            if song is None:
                continue
            aside = any(part in song.name for part in data.leave_out) or features.info.get("split") in ("dev", "test")
            (kept if aside else learned).append(real_song(song, data.largest_left_cents))
    if not learned:
        raise UsageError("the recipe's shards hold no song with phones in time", fix="see the recipe's README.md")
    return learned, kept


class PitchLessons:
    """Losses of a step and on the songs left out."""

    def __init__(
        self, recipe: PitchRecipe, network: PitchNetwork, learned: list[RealSong], kept: list[RealSong]
    ) -> None:
        self.recipe, self.network, self.learned, self.kept = recipe, network, learned, kept
        self.distributions: Distributions = fit_distributions(
            np.concatenate([song.features for song in learned]),
            np.concatenate([song.numbers for song in learned]),
            np.concatenate([song.valid for song in learned]),
        )
        random = np.random.default_rng(recipe.seed)
        self.melodies = [random_melody(random, recipe.data.notes) for _ in range(recipe.data.tunes)]
        self._start_from_fit()

    @torch.no_grad()
    def _start_from_fit(self) -> None:
        """Let the network begin as the fitted regression; a probability p of vibrato has log odds of about 4 p - 2."""
        fit, odds = self.distributions, COLUMN[VIBRATO]
        weights, base = fit.weights.copy(), fit.base.copy()
        weights[odds], base[odds] = 4.0 * weights[odds], 4.0 * base[odds] - 2.0
        values = {
            self.network.feature_mean: fit.feature_mean, self.network.feature_spread: fit.feature_spread,
            self.network.log_spread: np.log(fit.spread), self.network.straight.weight: weights,
            self.network.straight.bias: base,
        }  # fmt: skip
        for tensor, value in values.items():
            tensor.copy_(torch.from_numpy(value))

    def step(self, number: int) -> Losses:
        """Melodies of this step, real notes, real frames."""
        data = self.recipe.data
        rng = np.random.default_rng((self.recipe.seed, number))
        torch.manual_seed(int(rng.integers(2**31)))
        melodies = [self.melodies[i] for i in rng.integers(0, len(self.melodies), data.melodies)]
        drawn = [self.distributions.drawn(features, rng) for features in melodies]
        masks = [valid(f, n[:, COLUMN[VIBRATO]] > 0) for f, n in zip(melodies, drawn, strict=True)]
        from_draws, _ = self._note_loss(melodies, drawn, masks)
        real = [self._at_other_tempo(song.features, rng) for song in self.learned]
        songs = self.learned
        from_real, states = self._note_loss(real, [s.numbers for s in songs], [s.valid for s in songs])
        residual = self._residual_loss(states.detach(), songs, rng)
        share = data.real_share
        total = (1.0 - share) * from_draws + share * from_real + residual
        return {"total": total, "drawn": from_draws, "real": from_real, "residual": residual}

    def held_out(self) -> Losses:
        """The same on the songs left out; nothing if there are none."""
        if not self.kept:
            return {}
        songs = self.kept
        features, numbers = [song.features for song in songs], [song.numbers for song in songs]
        real, states = self._note_loss(features, numbers, [song.valid for song in songs])
        return {"real": real, "residual": self._residual_loss(states, songs, np.random.default_rng(0))}

    def _at_other_tempo(self, features: Array, rng: np.random.Generator) -> Array:
        """A copy of real notes, slower or faster, and a little uncertain."""
        data = self.recipe.data
        noise = self.distributions.feature_spread * rng.standard_normal(features.shape)
        copy: Array = features + data.feature_noise * noise
        copy[:, LENGTH_FEATURES] -= rng.uniform(np.log(data.slowest), np.log(data.fastest))
        return copy

    def _note_loss(
        self, features: list[Array], numbers: list[Array], masks: list[NDArray[np.bool_]]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Negative log likelihood a parameter, and the notes' states (B, N, width)."""
        told = padded([torch.from_numpy(f).float() for f in features])
        asked = padded([torch.from_numpy(n).float() for n in numbers])
        counted = padded([torch.from_numpy(m) for m in masks])
        there = padded([torch.ones(len(f), dtype=torch.bool) for f in features])
        mean, log_spread, state = self.network.notes(told, there)
        normal = 0.5 * ((asked - mean) * (-log_spread).exp()).square() + log_spread
        odds = COLUMN[VIBRATO]
        likelihood = normal.index_copy(
            2,
            torch.tensor([odds]),
            functional.binary_cross_entropy_with_logits(mean[..., odds], asked[..., odds], reduction="none")[..., None],
        )
        return likelihood[counted].mean(), state

    def _residual_loss(self, states: torch.Tensor, songs: list[RealSong], rng: np.random.Generator) -> torch.Tensor:
        """Squared error of the residual over voiced frames of crops, against doing nothing."""
        data = self.recipe.data
        chosen = rng.integers(0, len(songs), data.crops)
        length = min(data.crop_frames, min(len(song.frames) for song in songs))
        spans = [slice(a := int(rng.integers(0, len(songs[i].frames) - length + 1)), a + length) for i in chosen]
        pairs = list(zip(chosen, spans, strict=True))
        frames = torch.from_numpy(np.stack([songs[i].frames[span] for i, span in pairs])).float()
        owner = torch.from_numpy(np.stack([songs[i].owner[span] for i, span in pairs]))
        left = torch.from_numpy(np.stack([songs[i].left_cents[span] for i, span in pairs])).float()
        known = torch.isfinite(left)
        cents = self.network.residual(states[torch.from_numpy(chosen)], owner, frames)
        error = (cents - left)[known].square().sum()
        return error / left[known].square().sum().clamp_min(1.0)


def depth_gain(songs: list[RealSong], distributions: Distributions, swing: Swing, seed: int) -> float:
    """Median depth of the singer's vibratos against those found in draws for the same notes; see `Swing`."""
    sung = [g.vibrato.depth_cents for song in songs for g in song.fitted.gestures if g.vibrato]
    found = []
    rng = np.random.default_rng(seed)
    for song in songs * GAIN_DRAWS:
        notes, times = song.fitted.notes, song.fitted.times
        drawn = distributions.drawn(song.features, rng)
        rate_hz = swing.drawn_rate_hz(rng)
        gestures = [
            gesture_of(numbers, note.consonants_seconds, numbers[COLUMN[VIBRATO]] > 0, *swing.drawn(rate_hz, rng))
            for note, numbers in zip(notes, drawn, strict=True)
        ]
        curve = curve_cents(notes, gestures, times)
        for note in notes:
            inside = (times >= note.start_seconds) & (times < note.vowel_end_seconds) & np.isfinite(song.fitted.cents)
            cents = curve[inside] - 100.0 * (note.midi - notes[0].midi)
            vibrato = find_vibrato(cents, times[inside] - note.start_seconds)
            found += [vibrato.depth_cents] if vibrato else []
    return float(np.median(sung) / np.median(found)) if sung and found else 1.0


def padded(parts: list[torch.Tensor]) -> torch.Tensor:
    """Stack tensors of different lengths, zeros after the shorter ones."""
    return torch.nn.utils.rnn.pad_sequence(parts, batch_first=True)


def pitch_task(recipe: PitchRecipe) -> Task:
    """The network, its lessons, and what goes into model.toml."""
    torch.manual_seed(recipe.seed)
    learned, kept = read_songs(recipe.data, home() / "shards")
    network = PitchNetwork(recipe.model)
    lessons = PitchLessons(recipe, network, learned, kept)
    fitted = [song.fitted for song in learned]
    swing = fit_swing(fitted)
    gain = depth_gain(learned, lessons.distributions, swing, recipe.seed)
    description = {
        "kind": "pitch",
        "variety": recipe.variety,
        "note_features": list(NOTE_FEATURES),
        "frame_features": list(FRAME_FEATURES),
        "parameters": list(PARAMETERS),
        "heard": {
            "songs": [song.name for song in fitted],
            "notes": sum(sum(song.known) for song in fitted),
            "voiced_seconds": round(sum(song.voiced_seconds for song in fitted), 1),
        },
        "network": asdict(recipe.model),
        "swing": asdict(replace(swing, depth_gain=round(gain, 3))),
        "wander": asdict(fit_wander(fitted)),
        "distributions": lessons.distributions.described(),
    }
    return Task(network, lessons.step, lessons.held_out, description)
