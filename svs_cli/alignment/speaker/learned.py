"""A speaker's phones learned from the recordings that are to be aligned: monophone HMMs by Viterbi training.

So do HTK and Kaldi begin (Young et al., "The HTK Book"), from nothing; a start from rough labels, or from those of
another speaker, is safer, and with it ten minutes of a speaker are enough.

Conventions
-----------
- Each speaker has a model. It starts from labels, the speaker's own or else everybody's; phones that nobody labelled
  start as their class does.
- States have one Gaussian at first, doubled after `SPLITS`. All pauses are SP.
- The confidence of a phone is the geometric mean over its frames of its probability among all phones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from svs_cli.alignment.aligner import Alignment
from svs_cli.alignment.speaker.cepstra import DIMENSIONS, STEP_SECONDS, cepstra
from svs_cli.alignment.speaker.gaussians import STATES, Chain, Gaussians, best_walks
from svs_cli.frontend.inventory import BREATH, SILENCE, load_inventory

ROUNDS = 14
SPLITS = (4, 7, 10)  # rounds after which components are doubled
FIRST_VARIANCE = 0.15  # at least, before anything of the speaker was seen
BATCH_CELLS = 30_000_000  # frames times states of a batch of walks
Progress = Callable[[str, float], None]
Timed = tuple[Sequence[str], Sequence[float]]


@dataclass(frozen=True)
class Spoken:
    """A recording to learn from: its frames (T, D), its words as phones, and labels if it has some."""

    frames: torch.Tensor
    seconds: float
    words: tuple[tuple[str, ...], ...]
    labels: Timed | None = None

    @staticmethod
    def of(samples: NDArray[np.float32], rate_hz: int, words: Sequence[Sequence[str]], labels: Timed | None) -> Spoken:
        """From samples (n,)."""
        spoken = tuple(tuple(word) for word in words)
        return Spoken(cepstra(samples), len(samples) / rate_hz, spoken, labels)


class Phones:
    """The phones of a model by their places; 0 is every pause."""

    def __init__(self, recordings: Sequence[Spoken]) -> None:
        self.symbols = (SILENCE, *sorted({phone for r in recordings for word in r.words for phone in word}))
        self.places = {phone: place for place, phone in enumerate(self.symbols)} | {BREATH: 0}

    def chain(self, recording: Spoken) -> Chain:
        return Chain.of_words([[self.places[phone] for phone in word] for word in recording.words])


def scaled(recordings: Sequence[Spoken]) -> list[Spoken]:
    """The recordings of one speaker with deviations of 1 in each dimension."""
    deviation = torch.cat([r.frames for r in recordings]).std(0).clamp_min(1e-3)
    return [replace(r, frames=r.frames / deviation) for r in recordings]


def align_speaker(
    recordings: Sequence[Spoken], examples: Sequence[Spoken], progress: Progress = lambda stage, share: None
) -> list[Alignment | None]:
    """Alignments of one speaker's recordings, None for one too short for its words; `examples` are of others.

    Some of either have labels. Both are `scaled`, speaker by speaker.
    """
    phones = Phones(recordings)
    model = first_model(phones, recordings, examples)
    chains = [phones.chain(r) for r in recordings]
    walks: list[NDArray[np.int64] | None] = [None] * len(recordings)
    for number in range(ROUNDS):
        done = 0
        for batch in batches(recordings, chains):
            densities = [model.log_density(recordings[i].frames) for i in batch]
            found = best_walks(densities, [chains[i] for i in batch], model.stay)
            for index, walk in zip(batch, found, strict=True):
                walks[index] = walk
            done += len(batch)
            progress("learning", (number + done / len(recordings)) / ROUNDS)
        if number + 1 < ROUNDS:
            model = relearned(model.split() if number + 1 in SPLITS else model, recordings, chains, walks)
    return [
        None if walk is None else read_off(model, phones, recording, walk)
        for recording, walk in zip(recordings, walks, strict=True)
    ]


def batches(recordings: Sequence[Spoken], chains: Sequence[Chain]) -> Iterator[list[int]]:
    """Indices of recordings of similar length, as many as `BATCH_CELLS` allow."""
    batch: list[int] = []
    for index in sorted(range(len(recordings)), key=lambda i: len(recordings[i].frames)):
        states = max(len(chains[i].states) for i in [*batch, index])
        if batch and (len(batch) + 1) * len(recordings[index].frames) * states > BATCH_CELLS:
            yield batch
            batch = []
        batch.append(index)
    yield batch


def relearned(
    model: Gaussians, recordings: Sequence[Spoken], chains: Sequence[Chain], walks: Sequence[NDArray[np.int64] | None]
) -> Gaussians:
    """The model after the best walks."""
    together = zip(recordings, chains, walks, strict=True)
    walked = [(r.frames, chain.states[walk], walk) for r, chain, walk in together if walk is not None]
    if not walked:
        return model
    count = len(model.stay)
    frames, visits = np.zeros(count), np.zeros(count)
    for _, states, walk in walked:
        frames += np.bincount(states, minlength=count)
        visits += np.bincount(states[np.diff(walk, prepend=-1) != 0], minlength=count)
    stay = torch.tensor((frames - visits + 2.0) / (frames + 4.0), dtype=torch.float32).clamp(0.05, 0.98)
    learned = model.estimated([x for x, _, _ in walked], [torch.tensor(states) for _, states, _ in walked])
    return replace(learned, stay=stay)


def first_model(phones: Phones, recordings: Sequence[Spoken], examples: Sequence[Spoken]) -> Gaussians:
    """One Gaussian a state, from the speaker's own labels or everybody's."""
    model = Gaussians.equal(STATES * len(phones.symbols), DIMENSIONS)
    labelled = [r for r in recordings if r.labels] or [r for r in examples if r.labels]
    parts = [part for r in labelled for part in labelled_parts(r)]
    kinds = load_inventory()
    by_class: dict[str, list[tuple[torch.Tensor, torch.Tensor]]] = defaultdict(list)
    for phone, frames, thirds in parts:
        by_class[kinds[phone].phone_class].append((frames, thirds))
    mean, variance = model.mean.clone(), model.variance.clone()
    for place, phone in enumerate(phones.symbols):
        kin = by_class.get(kinds[phone].phone_class, [])
        for third in range(STATES if kin else 0):
            heard = torch.cat([frames[thirds == third] for frames, thirds in kin])
            mean[STATES * place + third, 0] = heard.mean(0)
            variance[STATES * place + third, 0] = heard.var(0, correction=0)
    known = [(frames, STATES * phones.places[p] + thirds) for p, frames, thirds in parts if p in phones.places]
    start = replace(model, mean=mean, variance=variance.clamp_min(FIRST_VARIANCE))
    model = start.estimated([frames for frames, _ in known], [states for _, states in known])
    return replace(model, variance=model.variance.clamp_min(FIRST_VARIANCE))


def labelled_parts(recording: Spoken) -> Iterator[tuple[str, torch.Tensor, torch.Tensor]]:
    """Phones of a labelled recording with their frames (t, D), and which third of the phone each is in, (t,)."""
    phones, ends_seconds = recording.labels or ((), ())
    edges = np.minimum(np.round(np.array([0.0, *ends_seconds]) / STEP_SECONDS).astype(int), len(recording.frames))
    for phone, first, last in zip(phones, edges[:-1], edges[1:], strict=True):
        if last - first >= STATES:
            thirds = torch.arange(last - first) * STATES // (last - first)
            yield phone, recording.frames[first:last], thirds


def read_off(model: Gaussians, phones: Phones, recording: Spoken, walk: NDArray[np.int64]) -> Alignment:
    """Phones with ends and confidences from the places of a walk."""
    chain = phones.chain(recording)
    densities = model.log_density(recording.frames).reshape(len(walk), -1, STATES).logsumexp(2)
    log_probs = torch.log_softmax(densities, 1).numpy()
    order = walk // STATES  # which phone of the chain
    last = np.flatnonzero(np.diff(order, append=-1))
    places = chain.states[walk[last]] // STATES
    first = np.concatenate([[0], last[:-1] + 1])
    spans = zip(places, first, last, strict=True)
    confidences = [float(np.exp(log_probs[a : b + 1, place].mean())) for place, a, b in spans]
    ends = [*((last[:-1] + 0.5) * STEP_SECONDS), recording.seconds]
    score = float(log_probs[np.arange(len(walk)), chain.states[walk] // STATES].mean())
    return Alignment(
        tuple(phones.symbols[place] for place in places),
        tuple(round(float(end), 4) for end in ends),
        tuple(confidences),
        score,
    )
