"""Teaching the timing model: songs with labelled phones and notes, and speech for what clusters do to consonants.

Conventions
-----------
- Songs are read as `corpus/sung_timing.py` says; those named in `test` and `dev` are not learned from, those in `dev`
  are what a run reports on.
- One row a sung phone: the length of a consonant or breath, the shift of a word's first phone; NaN where there is none.
- The loss is Huber's on seconds, because seconds are what counts, and what is far off is often a slip of the labels.
- Of speech only lengths against the utterance's own mean are learned: how fast somebody talks is no matter of clusters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from svs_cli.bundled import home
from svs_cli.corpus.importers.protocol import Rejection
from svs_cli.corpus.shards import read_infos, shards_matching
from svs_cli.corpus.sources.table import find_source, source_folder
from svs_cli.corpus.sung_timing import SungSong, sung_songs, targets_of
from svs_cli.duration.features import is_alone, song_features, spoken_features, sung_features
from svs_cli.duration.network import USUAL_SECONDS, DurationConfig, DurationNetwork
from svs_cli.errors import CorpusError
from svs_cli.frontend.inventory import load_inventory
from svs_cli.training.loop import Losses
from svs_cli.training.provenance import Share
from svs_cli.training.task import Recipe, Task

UNIT_SECONDS = 0.03
HUBER_UNITS = 3.0
SHORTEST_SPOKEN_SECONDS, LONGEST_SPOKEN_SECONDS = 0.015, 0.4

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class TimingData:
    """What is learned from: a fetched corpus of songs, and shards of speech with timed phones."""

    songs: str = "no7"
    test: tuple[str, ...] = ()
    dev: tuple[str, ...] = ()
    shards: tuple[str, ...] = ()
    least_confidence: float = 0.5
    utterances: int = 2000  # of speech, at most


@dataclass(frozen=True)
class DurationRecipe(Recipe):
    """The whole TOML file of a timing recipe."""

    data: TimingData = field(default_factory=TimingData)
    model: DurationConfig = field(default_factory=DurationConfig)
    batch: int = 512
    shift_weight: float = 1.0
    release_weight: float = 0.2
    spoken_weight: float = 1.0


@dataclass(frozen=True)
class SungRows:
    """Rows of sung phones: features (N, F), seconds of consonants and breaths (N,), shifts (N,), which are of rests."""

    features: Floats
    lengths_seconds: Floats
    shifts_seconds: Floats
    of_rest: NDArray[np.bool_]
    phones: tuple[str, ...]

    def tensors(self) -> tuple[torch.Tensor, ...]:
        return tuple(map(torch.from_numpy, (self.features, self.lengths_seconds, self.shifts_seconds, self.of_rest)))


def sung_rows(songs: Iterable[SungSong]) -> SungRows:
    """The phones of songs that teach something."""
    features: list[Floats] = []
    targets: list[tuple[float, float, bool]] = []
    phones: list[str] = []
    inventory = load_inventory()
    for song in songs:
        rhythm = song_features(song.performance)
        for segment, starts, ends in song.segments():
            facts = [inventory[phone] for phone in segment.phones]
            rows = sung_features(segment, facts, rhythm)
            for i, target in enumerate(targets_of(segment, facts, starts, ends)):
                if np.isfinite(target[0]) or np.isfinite(target[1]):
                    features.append(rows[i])
                    targets.append(target)
                    phones.append(segment.phones[i])
    lengths, shifts, rests = zip(*targets, strict=True)
    return SungRows(
        np.array(features), np.array(lengths, np.float32), np.array(shifts, np.float32), np.array(rests), tuple(phones)
    )


def spoken_rows(recipe: DurationRecipe, split: str) -> tuple[Floats, Floats]:
    """Features (N, F) and log-lengths (N,) of consonants of speech, each utterance around its own mean.

    Raises CorpusError for a shard that is not there.
    """
    inventory = load_inventory()
    features: list[Floats] = []
    targets: list[float] = []
    taken = 0
    for path in shards_matching(home() / "shards", recipe.data.shards):
        for info in read_infos(path):
            usable = info.get("ends_seconds") and set(info["phones"]) <= set(inventory)
            if not usable or (info.get("split") in ("dev", "test")) != (split != "train"):
                continue
            rows, lengths = spoken_utterance(info, recipe.data.least_confidence)
            if len(lengths) > 4:
                features.append(rows)
                targets += (lengths - lengths.mean()).tolist()
                taken += 1
            if taken >= recipe.data.utterances:
                break
    if not features:
        raise CorpusError("the shards hold no speech with timed phones", fix="prepare what 'svs align' has written")
    return np.concatenate(features), np.array(targets, np.float32)


def spoken_utterance(info: dict[str, Any], least_confidence: float) -> tuple[Floats, Floats]:
    """Features and log-lengths of the consonants of one recording that the aligner was sure of."""
    inventory = load_inventory()
    phones = info["phones"]
    facts = [inventory[phone] for phone in phones]
    lengths = np.diff([0.0, *info["ends_seconds"]])
    sure = np.array(info.get("phone_confidences") or [1.0] * len(phones)) >= least_confidence
    within = (lengths > SHORTEST_SPOKEN_SECONDS) & (lengths < LONGEST_SPOKEN_SECONDS)
    consonant = np.array([not is_alone(phone, one) for phone, one in zip(phones, facts, strict=True)])
    use = consonant & sure & within
    together, _ = spoken_features(phones, facts)
    return together[use], np.log(lengths[use] / USUAL_SECONDS).astype(np.float32)


def sung_losses(model: DurationNetwork, rows: Sequence[torch.Tensor], recipe: DurationRecipe) -> Losses:
    """Huber losses of lengths and shifts, in units of `UNIT_SECONDS`."""
    features, lengths, shifts, of_rest = rows
    long, shifted = model(features)
    timed, lagged, released = lengths.isfinite(), shifts.isfinite() & ~of_rest, shifts.isfinite() & of_rest
    length = huber(long[:, timed], lengths[timed])
    lag, release = huber(shifted[:, lagged], shifts[lagged]), huber(shifted[:, released], shifts[released])
    total = length + recipe.shift_weight * lag + recipe.release_weight * release
    return {"total": total, "length": length, "lag": lag, "release": release}


def huber(found_seconds: torch.Tensor, asked_seconds: torch.Tensor) -> torch.Tensor:
    """Mean Huber loss of every member's seconds, (M, N) and (N,); 0 of nothing."""
    if not len(asked_seconds):
        return found_seconds.sum()
    asked = asked_seconds.expand_as(found_seconds) / UNIT_SECONDS
    return functional.huber_loss(found_seconds / UNIT_SECONDS, asked, delta=HUBER_UNITS)


def duration_task(recipe: DurationRecipe) -> Task:
    """Model and losses of a recipe. Raises CorpusError if songs or shards are missing."""
    torch.manual_seed(recipe.seed)
    found = list(sung_songs(source_folder(recipe.data.songs)))
    songs = {song.name: song for song in found if not isinstance(song, Rejection)}
    unknown = [name for name in (*recipe.data.test, *recipe.data.dev) if name not in songs]
    if unknown:
        raise CorpusError(f"there is no song {unknown[0]!r} in {recipe.data.songs}", fix="see data.test and data.dev")
    kept = {*recipe.data.test, *recipe.data.dev}
    learned = sung_rows(song for name, song in songs.items() if name not in kept)
    check = sung_rows(songs[name] for name in recipe.data.dev).tensors() if recipe.data.dev else None
    spoken = tuple(map(torch.from_numpy, spoken_rows(recipe, "train"))) if recipe.data.shards else None
    model = DurationNetwork(recipe.model)
    rows = learned.tensors()

    def losses_of_step(step: int) -> Losses:
        chosen = torch.Generator().manual_seed(recipe.seed * 1_000_003 + step)
        torch.manual_seed(recipe.seed * 1_000_003 + step)  # for dropout
        some = torch.randint(len(rows[0]), (recipe.batch,), generator=chosen)
        losses = sung_losses(model, [part[some] for part in rows], recipe)
        if spoken is not None:
            some = torch.randint(len(spoken[0]), (recipe.batch,), generator=chosen)
            losses["spoken"] = functional.huber_loss(model.spoken_log_length(spoken[0][some]), spoken[1][some])
            losses["total"] = losses["total"] + recipe.spoken_weight * losses["spoken"]
        return losses

    def held_out() -> Losses:
        return {} if check is None else errors_ms(model, check)

    counts = Counter(phone for phone, length in zip(learned.phones, learned.lengths_seconds, strict=True)
                     if np.isfinite(length))  # fmt: skip
    description: dict[str, Any] = {
        "kind": "duration",
        "clusters_learned": spoken is not None,
        "learned_from": sorted(set(songs) - kept),
        "network": asdict(recipe.model),
        "evidence": {"phones": sorted(counts), "times": [counts[phone] for phone in sorted(counts)]},
    }
    return Task(model, losses_of_step, held_out, description)


def errors_ms(model: DurationNetwork, rows: Sequence[torch.Tensor]) -> Losses:
    """Root mean square errors in milliseconds, before the notes set their limits."""
    features, lengths, shifts, of_rest = rows
    long, shifted = (members.mean(0) for members in model(features))
    wrong = {"length_ms": long - lengths,
             "lag_ms": (shifted - shifts)[~of_rest], "release_ms": (shifted - shifts)[of_rest]}  # fmt: skip
    return {name: 1000 * error[error.isfinite()].square().mean().sqrt() for name, error in wrong.items()}


def share_of_songs(recipe: DurationRecipe) -> Share:
    """Whose songs these are and on which terms, for the model's card. Raises UsageError for an unknown source."""
    source = find_source(recipe.data.songs)
    return Share(source.name, source.terms, minutes=source.minutes or 0.0, languages=(source.language,))
