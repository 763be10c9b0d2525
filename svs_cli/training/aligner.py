"""Teaching the aligner: by its labels where a recording has some, by the forward-sum over its text where it has none.

Conventions
-----------
- A recording without times is flat-started: the gradient of the log forward-sum is the occupation of the lattice's
  states under the current weights, which also says where phones begin (`expected_onsets`).
- Left alone, flat start learns that all sound is pause and phones last one frame each. So pauses cost what the frame's
  level lies above `PAUSE_LEVEL_DB` under the utterance's loudest.
- Or that all sound is one phone, the commonest. So the lattice scores a frame by probability over prior.
- Nor would it find out which phone is which. So at first phones are expected where they would be if all sound were
  shared out evenly among them (the diagonal prior of One TTS Alignment, Badlani et al. 2021); until `diagonal_steps`
  that counts less and less, and what the network says more and more.
- Every example is disturbed: speed (which moves pitch and formants as another singer would), equalisation, noise, and
  bands that are hidden, so that no phone is known by one of them alone (SpecAugment, Park et al. 2019; only its bands:
  a boundary that nobody can hear should not be learned).
- `shares` are parts of the audio that is heard, shard by shard, whatever their sizes are.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch.nn import functional

from svs_cli.alignment.features import LONG_MEL, RANGE_DB, SHORT_MEL, SHORT_PER_FRAME, aligner_features
from svs_cli.alignment.lattice import expected_onsets, occupation
from svs_cli.alignment.network import AlignerConfig, AlignerNetwork
from svs_cli.bundled import home
from svs_cli.frontend.inventory import BREATH, SILENCE, load_inventory
from svs_cli.training.loop import Losses
from svs_cli.training.task import Recipe, Task
from svs_cli.training.utterances import Batch, UtteranceConfig, Utterances

PAUSE_LEVEL_DB = -40.0
QUIET_LEVEL_DB = -55.0  # below it phones cost the more, at most for the range
QUIET_RANGE_DB = 5.0
PAUSE_COST_PER_DB = 0.4
BREATH_COST = 3.0  # only labels teach what a breath is
DIAGONAL_WIDTH = 0.08  # standard deviation, as a share of the utterance's sound


@dataclass(frozen=True)
class AlignerRecipe(Recipe):
    """The whole TOML file of an aligner recipe."""

    data: UtteranceConfig = field(default_factory=UtteranceConfig)
    model: AlignerConfig = field(default_factory=AlignerConfig)
    forward_sum_weight: float = 1.0
    diagonal_steps: int = 1000
    onset_weight: float = 2.0
    equaliser_db: float = 8.0  # random smooth curve over frequency, standard deviation
    hidden_bands: float = 0.2  # of an utterance's bands, at most, in one piece


def aligner_losses(model: AlignerNetwork, batch: Batch, recipe: AlignerRecipe, step: int | None) -> Losses:
    """Cross-entropy, forward-sum and onset losses, each a mean over its frames; without `step` nothing is disturbed."""
    features = read_at(aligner_features(batch.samples), batch.positions)
    trust = 1.0 if step is None else min(1.0, step / max(1, recipe.diagonal_steps))
    costs = lattice_costs(features, batch, 1.0 - trust)
    if step is not None:
        features = with_hidden_bands(equalised(features, recipe.equaliser_db, step), recipe.hidden_bands, step)
    phone_logits, onset_logits = model(features)
    log_probs = torch.log_softmax(phone_logits, dim=2)
    frames = log_probs.shape[1]
    within = torch.arange(frames)[None] < batch.frames[:, None]
    if step is not None:
        model.watch(log_probs[within])
    phone_targets, onset_targets = batch.phone_targets, batch.onset_targets.clone()
    timed = batch.timed

    known = timed[:, None] & within
    zero = log_probs.new_zeros(())
    cross_entropy = functional.nll_loss(log_probs[known], phone_targets[known]) if known.any() else zero
    right = (log_probs.argmax(2) == phone_targets)[known].float().mean() if known.any() else zero

    forward_sum = zero
    if not timed.all():
        occupied, is_breath = text_occupation(log_probs.detach()[~timed], model.log_prior, trust, costs[~timed], batch)
        scores = state_scores(log_probs[~timed], batch.phone_ids[~timed], is_breath)
        forward_sum = -(occupied * scores).sum() / batch.frames[~timed].sum()
        onset_targets[~timed] = softened(expected_onsets(occupied))
    onset = functional.binary_cross_entropy_with_logits(onset_logits[within], onset_targets[within])
    total = cross_entropy * timed.float().mean() + recipe.onset_weight * onset
    total = total + recipe.forward_sum_weight * forward_sum * (~timed).float().mean()
    return {
        "total": total,
        "cross_entropy": cross_entropy,
        "forward_sum": forward_sum,
        "onset": onset,
        "frames_right": right,
    }


def read_at(features: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
    """Features between frames, (B, T, C) at positions (B, U) in frames -> (B, U, C), linear; held at the end."""
    last = features.shape[1] - 1
    left = positions.floor().long().clamp(0, last)
    right = (left + 1).clamp_max(last)
    part = (positions - left).clamp(0.0, 1.0)[..., None]
    channels = features.shape[2]
    pick = [features.gather(1, index[..., None].expand(-1, -1, channels)) for index in (left, right)]
    return torch.lerp(pick[0], pick[1], part)


def lattice_costs(features: torch.Tensor, batch: Batch, diagonal: float) -> torch.Tensor:
    """What each state costs at each frame, by its level and place, (B, T, C) -> (B, T, S)."""
    level_db = (features[..., : LONG_MEL.bands].amax(2) - 1.0) * (RANGE_DB / 2.0)
    above_db = (level_db - PAUSE_LEVEL_DB).clamp_min(0.0)
    is_pause = (batch.phone_ids < 0)[:, None]
    below_db = (QUIET_LEVEL_DB - level_db).clamp(0.0, QUIET_RANGE_DB)
    costs = PAUSE_COST_PER_DB * torch.where(is_pause, above_db[..., None], below_db[..., None])
    if diagonal > 0:
        sound = (above_db > 0).float()
        passed = (sound.cumsum(1) / sound.sum(1, keepdim=True).clamp_min(1.0))[..., None]
        phones = (~is_pause).float()
        place = (phones.cumsum(2) - 0.5) / phones.sum(2, keepdim=True).clamp_min(1.0)
        costs = costs + diagonal * 0.5 * ((passed - place) / DIAGONAL_WIDTH).square() * phones
    return costs


def text_occupation(
    log_probs: torch.Tensor, log_prior: torch.Tensor, trust: float, costs: torch.Tensor, batch: Batch
) -> tuple[torch.Tensor, torch.Tensor]:
    """Lattice occupation of the batch's untimed utterances, and where a pause is a breath rather than silence.

    Shapes: (U, T, P), (P,) and (U, T, S) -> (U, T, S), (U, T). The probabilities count as much as `trust` in 0..1 says.
    """
    untimed = ~batch.timed
    ids = batch.phone_ids[untimed]
    scaled = trust * (log_probs - log_prior)
    silence, breath = pause_ids()
    is_breath = scaled[..., breath] - BREATH_COST > scaled[..., silence]
    scores = state_scores(scaled, ids, is_breath) - costs
    return occupation(scores, ids < 0, batch.frames[untimed], batch.states[untimed])[0], is_breath


def state_scores(log_probs: torch.Tensor, phone_ids: torch.Tensor, is_breath: torch.Tensor) -> torch.Tensor:
    """Score of each state at each frame, (U, T, P), (U, S) ids with -1 for pauses, (U, T) -> (U, T, S)."""
    silence, breath = pause_ids()
    scores = log_probs.gather(2, phone_ids.clamp_min(0)[:, None].expand(-1, log_probs.shape[1], -1))
    pause = torch.where(is_breath, log_probs[..., breath], log_probs[..., silence])
    return torch.where((phone_ids < 0)[:, None], pause[..., None], scores)


def pause_ids() -> tuple[int, int]:
    """Numbers of silence and breath in the inventory."""
    symbols = load_inventory().symbols
    return symbols.index(SILENCE), symbols.index(BREATH)


def softened(onsets: torch.Tensor) -> torch.Tensor:
    """Onsets as sharp as those of labels are, (B, T) -> (B, T)."""
    kernel = torch.tensor([[[1 / 3, 1.0, 1 / 3]]])
    return functional.conv1d(onsets[:, None], kernel, padding=1)[:, 0].clamp(0.0, 1.0)


def equalised(features: torch.Tensor, deviation_db: float, seed: int) -> torch.Tensor:
    """Features with a random smooth level curve over their bands, another for each utterance."""
    generator = torch.Generator().manual_seed(seed)
    knots = torch.randn(features.shape[0], 1, 5, generator=generator) * (deviation_db * 2.0 / RANGE_DB)
    long = functional.interpolate(knots, LONG_MEL.bands, mode="linear", align_corners=True)
    short = functional.interpolate(knots, SHORT_MEL.bands, mode="linear", align_corners=True)
    curve = torch.cat([long, short.repeat(1, 1, SHORT_PER_FRAME)], dim=2)
    return (features + curve).clamp_min(-1.0)


def with_hidden_bands(features: torch.Tensor, largest_share: float, seed: int) -> torch.Tensor:
    """Features without some neighbouring bands, others for each utterance; the same part of both spectrograms."""
    generator = torch.Generator().manual_seed(seed)
    width, place = torch.rand(2, features.shape[0], 1, 1, generator=generator)
    width = width * largest_share
    first = place * (1.0 - width)
    long, short = (torch.arange(bands).add(0.5) / bands for bands in (LONG_MEL.bands, SHORT_MEL.bands))
    height = torch.cat([long, short.repeat(SHORT_PER_FRAME)])
    return torch.where((height >= first) & (height < first + width), -1.0, features)


def aligner_task(recipe: AlignerRecipe) -> Task:
    """Model and losses of a recipe."""
    torch.manual_seed(recipe.seed)
    symbols = load_inventory().symbols
    data = Utterances(recipe.data, home() / "shards", recipe.seed)
    model = AlignerNetwork(len(symbols), recipe.model)
    description: dict[str, Any] = {"kind": "aligner", "network": asdict(recipe.model), "phones": list(symbols)}
    return Task(
        model,
        lambda step: aligner_losses(model, data.batch(step), recipe, step),
        lambda: aligner_losses(model, data.held_out_batch(), recipe, None) if data.held_out else {},
        description,
    )
