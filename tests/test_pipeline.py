"""The pipeline with small stand-ins for the models: lengths, silences, seeds, and what an editor has drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from svs_cli.analysis.mel import LOG_FLOOR
from svs_cli.errors import PerformanceError
from svs_cli.frontend.inventory import load_inventory
from svs_cli.performance.document import Performance, SampledCurve, Segment
from svs_cli.performance.spectrogram import Spectrogram
from svs_cli.performance.voicing import continuous_f0, voiced_f0
from svs_cli.pipeline import Rendering, perform
from svs_cli.units import GRID
from svs_cli.voices.library import load_voice
from svs_cli.voices.singer import Singer, Take

Mel = NDArray[np.float32]


@dataclass(frozen=True)
class EqualDurations:
    name: str = "equal"

    def predict(self, performance: Performance) -> Performance:
        segments = []
        for segment in performance.segments:
            length = segment.duration_seconds / len(segment.phones)
            segments.append(segment.with_(phone_durations_seconds=(length,) * len(segment.phones)))
        return performance.with_(segments=tuple(segments))


@dataclass(frozen=True)
class FlatPitch:
    name: str = "flat"

    def predict(self, performance: Performance, seed: int = 0) -> Performance:
        curves = [SampledCurve(np.full(s.frames, 220.0, np.float32), GRID.frame_seconds) for s in performance.segments]
        pairs = zip(performance.segments, curves, strict=True)
        return performance.with_(segments=tuple(segment.with_(f0=curve) for segment, curve in pairs))


@dataclass(frozen=True)
class NoisyMel:
    name: str = "noisy"

    def phones(self) -> frozenset[str]:
        return frozenset({"SP", "AP", "a", "i", "ɯ", "e", "o", "s", "m"})

    def speakers(self) -> tuple[str, ...]:
        return ("one",)

    def render(self, segment: Segment, *, speaker: str, seed: int = 0, steps: int | None = None) -> Mel:
        return np.random.default_rng(seed).normal(-4, 1, (segment.frames, 128)).astype(np.float32)


@dataclass(frozen=True)
class Sines:
    name: str = "sines"

    def render(self, mel: Mel, f0_hz: Mel, *, seed: int = 0) -> Mel:
        phase = np.cumsum(np.repeat(f0_hz, GRID.hop_samples)) * 2 * np.pi / GRID.sample_rate_hz
        level = np.repeat(np.exp(mel.mean(axis=1)), GRID.hop_samples)
        return (level * np.cos(phase)).astype(np.float32)


SINGER = Singer(load_voice("formant").card, EqualDurations(), FlatPitch(), NoisyMel(), Sines(), "one")


def phrase(offset_seconds: float, phones: str = "SP s a m a SP") -> Segment:
    """A rest, two notes and a rest: 1.4 seconds; the consonants lie before their notes."""
    notes, lengths_seconds = (None, 57.0, 57.0, None), (0.2, 0.5, 0.5, 0.2)
    return Segment(offset_seconds, tuple(phones.split()), (2, 2, 1, 1), notes, lengths_seconds, (0,) * 4)


def piece(*offsets_seconds: float, duration_seconds: float = 10.0) -> Performance:
    return Performance(tuple(phrase(offset) for offset in offsets_seconds), duration_seconds, language="ja")


def test_the_audio_is_exactly_as_long_as_the_piece() -> None:
    rendering = perform(piece(0.3, 3.0, 7.77), SINGER)
    assert rendering.samples.shape == (GRID.frame_of(10.0) * 512,)
    assert rendering.samples.dtype == np.float32
    assert rendering.spectrogram.mel.shape == (GRID.frame_of(10.0), 128)


def test_between_phrases_there_is_digital_silence() -> None:
    rendering = perform(piece(0.3, 3.0), SINGER)
    sounding = np.zeros(len(rendering.samples), bool)
    for segment in rendering.performance.segments:
        start = segment.start_frame * 512
        sounding[start : start + segment.frames * 512] = True
    assert (rendering.samples[~sounding] == 0).all()
    assert (rendering.spectrogram.mel[~sounding[::512]] == np.float32(LOG_FLOOR)).all()
    assert abs(rendering.samples[sounding]).max() > 1e-3


def test_a_phrase_that_ends_with_the_piece_fits() -> None:
    ending = piece(0.0, 10.0 - 1.4)
    assert len(perform(ending, SINGER).samples) == GRID.frame_of(10.0) * 512


def test_equal_seeds_give_equal_samples_and_others_do_not() -> None:
    one, two, three = (perform(piece(0.3, 3.0), SINGER, Take(seed)).samples for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, two)
    assert (one != three).any()


def test_a_segments_own_seed_wins() -> None:
    own = piece(0.3).with_(segments=(phrase(0.3).with_(seed=9),))
    np.testing.assert_array_equal(perform(own, SINGER, Take(1)).samples, perform(own, SINGER, Take(2)).samples)


def test_what_an_editor_has_drawn_is_kept() -> None:
    drawn_f0 = SampledCurve(np.full(500, 330.0, np.float32), 0.005)
    lengths = (0.1, 0.1, 0.4, 0.1, 0.5, 0.2)
    edited = phrase(0.3).with_(phone_durations_seconds=lengths, f0=drawn_f0)
    rendering = perform(Performance((edited, phrase(3.0)), 5.0, language="ja"), SINGER)
    first, second = rendering.performance.segments
    assert first.phone_durations_seconds == lengths
    assert first.f0 is drawn_f0
    assert second.f0 is not None
    assert set(second.f0.values.tolist()) == {220.0}
    assert "energy" in first.curves


def test_phones_that_the_voice_lacks_are_replaced_and_reported_once() -> None:
    foreign = Performance((phrase(0.3, "SP θ a m a SP"), phrase(3.0, "SP θ a m a SP")), 5.0, language="ja")
    rendering = perform(foreign, SINGER)
    assert rendering.draft.segments[0].phones == ("SP", "s", "a", "m", "a", "SP")
    assert rendering.performance.warnings == ("the voice lacks 'θ': sung as 's'",)
    with pytest.raises(PerformanceError, match="segment 1: 'qq'"):
        perform(Performance((phrase(0.3, "SP qq a m a SP"),), 5.0), SINGER)


def test_progress_names_every_stage_in_order() -> None:
    seen: list[tuple[str, float]] = []
    perform(piece(0.3, 3.0), SINGER, Take(progress=lambda stage, share: seen.append((stage, share))))
    assert list(dict.fromkeys(stage for stage, _ in seen)) == ["timing and pitch", "acoustic", "vocoder"]
    assert all(0 <= share <= 1 for _, share in seen)


def test_endless_pieces_are_refused() -> None:
    with pytest.raises(PerformanceError, match="hours"):
        perform(piece(0.3, duration_seconds=1e9), SINGER)


def test_f0_is_heard_only_where_phones_are_voiced() -> None:
    timed = FlatPitch().predict(EqualDurations().predict(piece(0.3)))
    segment = timed.segments[0]
    f0_hz = voiced_f0(segment)
    voiced = np.repeat([load_inventory().is_voiced(phone) for phone in segment.phones], segment.phone_frames())
    assert f0_hz.shape == (segment.frames,)
    assert ((f0_hz > 0) == voiced).all()
    assert not voiced[: int(segment.phone_frames()[:2].sum())].any(), "SP and s are not voiced"


def test_zeros_of_other_programs_are_bridged_in_log_frequency() -> None:
    curve = SampledCurve(np.array([0, 100, 0, 400, 0], np.float32), 0.01)
    np.testing.assert_allclose(continuous_f0(curve).values, [100, 100, 200, 400, 400], rtol=1e-5)
    with pytest.raises(PerformanceError, match="only zeros"):
        continuous_f0(SampledCurve(np.zeros(3, np.float32), 0.01))


def test_a_rendering_keeps_every_artefact() -> None:
    rendering = perform(piece(0.3), SINGER)
    assert set(Rendering.__dataclass_fields__) == {"draft", "timed", "performance", "spectrogram", "samples"}
    assert rendering.draft.segments[0].phone_durations_seconds is None
    assert rendering.timed.segments[0].f0 is None
    assert isinstance(rendering.spectrogram, Spectrogram)
    assert replace(rendering, samples=rendering.samples[:1]).samples.size == 1
