"""Phones of a speaker learned from the recordings themselves: `svs align --own`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from numpy.typing import NDArray
from typer.testing import CliRunner

from svs_cli.alignment.accuracy import boundary_errors_ms
from svs_cli.alignment.speaker import outcomes
from svs_cli.alignment.speaker.cepstra import DIMENSIONS, STEP_SAMPLES, STEP_SECONDS, cepstra
from svs_cli.alignment.speaker.gaussians import STATES, Chain, Gaussians, best_walks
from svs_cli.alignment.speaker.learned import Spoken, align_speaker, scaled
from svs_cli.cli.app import app
from svs_cli.corpus.manifest import Recording, read_manifest, write_manifest

RATE_HZ = 44_100
WORDS = (("s", "a"), ("m", "a", "s"), ("i", "m"), ("s", "i"))


def sound(phone: str, seconds: float, random: np.random.Generator) -> NDArray[np.float64]:
    """A fifth-rate actor's version of a phone."""
    time = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    if phone == "SP":
        return 1e-4 * random.standard_normal(len(time))
    if phone == "s":
        return 0.05 * np.diff(random.standard_normal(len(time) + 1))
    formants = {"a": (800, 1300), "i": (300, 2500), "m": (250, 900)}[phone]
    level = 0.1 if phone == "m" else 0.3
    numbers = np.arange(1, 40)
    gains = sum(1.0 / (1.0 + ((numbers * 150 - hz) / 120.0) ** 2) for hz in formants)
    return level * (gains[:, None] * np.sin(2 * np.pi * 150 * numbers[:, None] * time)).sum(0)


def spoken(number: int) -> tuple[NDArray[np.float32], list[tuple[str, ...]], tuple[list[str], list[float]]]:
    """Samples, words and labels of a recording."""
    random = np.random.default_rng(number)
    words = [WORDS[i] for i in random.integers(len(WORDS), size=8)]
    phones = ["SP"]
    for word in words:
        phones += [*word, *["SP"] * int(random.random() < 0.2)]
    phones += ["SP"] * (phones[-1] != "SP")
    seconds = [0.3 if p == "SP" else float(random.uniform(0.07, 0.25)) for p in phones]
    samples = np.concatenate([sound(p, s, random) for p, s in zip(phones, seconds, strict=True)]).astype(np.float32)
    return samples, words, (phones, [round(float(end), 4) for end in np.cumsum(seconds)])


def rough(labels: tuple[list[str], list[float]]) -> tuple[list[str], list[float]]:
    """Labels whose inner boundaries lie 60 ms late or early."""
    ends = np.array(labels[1])
    ends[:-1] += np.where(np.arange(len(ends) - 1) % 2, 0.06, -0.06)
    return labels[0], [float(end) for end in np.maximum.accumulate(ends)]


@pytest.mark.parametrize("own", [False, True])
def test_boundaries_are_learned_from_rough_labels_or_those_of_others(own: bool) -> None:
    made = [spoken(number) for number in range(8)]
    recordings = scaled([Spoken.of(x, RATE_HZ, words, rough(labels) if own else None) for x, words, labels in made])
    others = [] if own else [spoken(number) for number in range(100, 104)]
    examples = scaled([Spoken.of(x, RATE_HZ, words, labels) for x, words, labels in others]) if others else []
    errors_ms: list[float] = []
    for (samples, _, labels), found in zip(made, align_speaker(recordings, examples), strict=True):
        assert found is not None and found.ends_seconds[-1] == pytest.approx(len(samples) / RATE_HZ, abs=1e-3)
        assert all(0 <= c <= 1 for c in found.confidences) and (np.diff(found.ends_seconds) > 0).all()
        errors_ms += boundary_errors_ms(labels, (found.phones, found.ends_seconds))
    assert np.mean(np.abs(errors_ms) <= 20) > 0.9 and abs(np.median(errors_ms)) < 5


def test_cepstra_stand_where_the_sound_is() -> None:
    samples = np.zeros(RATE_HZ, np.float32)
    samples[22_050:] = sound("a", 0.5, np.random.default_rng(0))
    frames = cepstra(samples)
    assert frames.shape == (RATE_HZ // STEP_SAMPLES + 1, DIMENSIONS)
    level = frames[:, 0] - frames[0, 0]
    onset = int(np.argmax(level.numpy() > 0.5 * float(level.max())))
    assert onset * STEP_SECONDS == pytest.approx(0.5, abs=0.01)
    louder = cepstra(0.1 * samples)
    assert torch.allclose(louder[120:180, 1:13], frames[120:180, 1:13], atol=0.3)


def test_a_walk_goes_through_every_phone_and_leaps_over_pauses_only() -> None:
    chain = Chain.of_words([[1], [2]])
    states = np.repeat([1, 2], STATES) * STATES + np.tile(np.arange(STATES), 2)
    exact = torch.full((len(states), 3 * STATES), -50.0)
    exact[torch.arange(len(states)), torch.tensor(states)] = 0.0
    model = Gaussians.equal(3 * STATES, 1)
    walk, short = best_walks([exact, exact[:4]], [chain, chain], model.stay)
    assert walk is not None and (chain.states[walk] == states).all() and short is None


def test_a_manifest_is_aligned_by_its_own_speakers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcomes, "LEAST_SECONDS", 15.0)
    recordings = []
    for number in range(10):
        samples, words, labels = spoken(number)
        soundfile.write(tmp_path / f"{number}.wav", samples, RATE_HZ)
        phones, ends = (labels[0], labels[1]) if number < 2 else ([p for word in words for p in word], [])
        origin = "hand" if ends else ""
        recordings.append(
            Recording(
                tmp_path / f"{number}.wav", "me", "ja", phones=tuple(phones), phone_ends_seconds=tuple(ends),
                label_origin=origin,
            )
        )  # fmt: skip
    short = Recording(tmp_path / "0.wav", "you", "ja", phones=("a",))
    write_manifest([*recordings, short], tmp_path / "in.jsonl")
    call = ["align", str(tmp_path / "in.jsonl"), "--own", "-o", str(tmp_path / "out.jsonl")]
    result = CliRunner().invoke(app, call)
    assert result.exit_code == 0, result.output
    assert "8 aligned, 2 kept as labelled, 1 left out" in result.stderr and "too little to learn from" in result.stderr
    found = list(read_manifest(tmp_path / "out.jsonl"))
    assert len(found) == 10 and found[0] == recordings[0] and all(r.phone_ends_seconds for r in found)
    refused = CliRunner().invoke(app, ["align", str(tmp_path / "3.wav"), "--own", "--text", "a", "--lang", "ja"])
    assert refused.exit_code != 0
