"""The formant voice: right shape and scale, vowels told apart, silence silent, everything repeatable."""

from __future__ import annotations

import time

import numpy as np
import pytest

from svs_cli.acoustic.formant import FormantAcoustic
from svs_cli.acoustic.formant_tables import SPEAKERS, sound_of
from svs_cli.analysis.mel import LOG_FLOOR, MEL, hz_to_slaney_mel, log_mel
from svs_cli.duration.rule import RuleDuration
from svs_cli.errors import PerformanceError, VoiceMissingError
from svs_cli.frontend.inventory import load_inventory
from svs_cli.performance.document import SampledCurve, Segment
from svs_cli.pitch.rule import RulePitch
from svs_cli.units import GRID
from tests.duration.fakes import performance, segment

VOICE = FormantAcoustic()


def sung(*words) -> Segment:
    return RulePitch().predict(RuleDuration().predict(performance(segment(list(words))))).segments[0]


def mel_of(*words, speaker: str = "man", seed: int = 0) -> np.ndarray:
    return VOICE.render(sung(*words), speaker=speaker, seed=seed)


def band(hz: float) -> int:
    low, high, mel = hz_to_slaney_mel(np.array([MEL.low_hz, MEL.high_hz, hz]))
    return round(float((mel - low) / (high - low) * (MEL.bands + 1))) - 1


def steady(phone: str, midi: float = 45.0, speaker: str = "man") -> np.ndarray:
    """Mean log-mel in the middle of a long vowel, shape (bands,)."""
    mel = mel_of((phone, [(midi, 1.0)]), speaker=speaker)
    return mel[30:50].mean(axis=0)


def test_shape_floor_and_scale():
    plain = sung(("SP AP k", [(None, 0.8)]), ("a n", [(57.0, 1.0)]), ("SP", [(None, 0.5)]))
    mel = VOICE.render(plain, speaker="man")
    assert mel.shape == (plain.frames, MEL.bands) and mel.dtype == np.float32
    assert np.all(np.isfinite(mel)) and mel.min() == pytest.approx(LOG_FLOOR)
    assert np.all(mel[-20:] == mel.min())
    assert 0.0 < mel.max() < 3.0


def test_level_and_harmonics_agree_with_the_shared_mel_of_a_real_signal():
    seconds = np.arange(2 * MEL.sample_rate_hz) / MEL.sample_rate_hz
    harmonics = sum(np.cos(2 * np.pi * 220.0 * k * seconds + k * k) / k for k in range(1, 60))
    samples = (harmonics / np.sqrt(np.mean(harmonics**2)) * 10 ** (-22 / 20)).astype(np.float32)
    reference = log_mel(samples)[80]
    voice = steady("ə", midi=57.0)
    assert np.log(np.exp(2 * voice).sum()) / 2 == pytest.approx(np.log(np.exp(2 * reference).sum()) / 2, abs=0.5)
    assert voice[band(220.0)] > voice[band(330.0)] + 1.0
    assert voice[band(440.0)] > voice[band(330.0)] + 1.0


def test_vowels_have_their_formants():
    a, i, o = steady("a"), steady("i"), steady("o")
    assert i[band(2250)] > a[band(1800)] and i[band(2250)] > o[band(2250)] + 1.0
    assert a[band(750)] > i[band(750)] + 1.5
    assert o[band(850)] > i[band(850)] + 1.0


def test_a_woman_has_a_shorter_tract():
    man, woman = steady("i", 57.0), steady("i", 57.0, speaker="woman")
    high = slice(band(1700), band(3000))
    assert woman[high].argmax() > man[high].argmax()


def test_high_notes_keep_a_strong_fundamental():
    soprano = steady("i", midi=81.0, speaker="woman")
    assert soprano[band(880.0)] > soprano.max() - 0.5


def test_sibilants_are_noise_above_stops_have_a_gap():
    plain = sung(("a s", [(50.0, 0.5)]), ("a k", [(50.0, 0.5)]), ("a", [(50.0, 0.5)]))
    mel = VOICE.render(plain, speaker="man")
    boundaries = np.concatenate([[0], np.cumsum(plain.phone_frames())])
    s, k = (slice(boundaries[i], boundaries[i + 1]) for i in (1, 3))
    middle_s = mel[s][3:-3]
    assert middle_s[:, band(7000)].mean() > middle_s[:, band(300)].mean() + 3.0
    vowel_level = np.log(np.exp(mel[5:20]).sum(axis=1)).mean()
    assert np.log(np.exp(mel[k]).sum(axis=1)).min() < vowel_level - 3.0


def test_energy_moves_the_level_and_brightens():
    plain = sung(("a", [(57.0, 1.0)]))
    loud = plain.with_(curves={"energy": SampledCurve(np.full(plain.frames, 6.0, np.float32), GRID.frame_seconds)})
    difference = (VOICE.render(loud, speaker="man") - VOICE.render(plain, speaker="man"))[30:50].mean(axis=0)
    assert difference[band(700)] == pytest.approx(6.0 / 8.686, abs=0.2)
    assert difference[band(3000)] > difference[band(300)] + 0.05


def test_every_phone_of_the_inventory_sounds_or_is_silent_on_purpose():
    inventory = load_inventory()
    for phone in inventory:
        entry = inventory[phone]
        sound = sound_of(phone, entry.phone_class, entry.voiced)
        noise_db = sound.noise.level_db if sound.noise else -200.0
        loudest = max(sound.voice_db, sound.murmur_db, sound.aspiration_db, noise_db)
        assert (loudest > -40.0) == (phone not in ("SP", "cl")), phone
        if entry.voiced:
            assert max(sound.voice_db, sound.murmur_db) > -20.0, phone
        elif phone not in ("SP", "AP", "cl"):
            assert max(sound.voice_db, sound.murmur_db) < -40.0, phone
    words = [(phone, [(57.0, 0.2)]) for phone in inventory]
    assert np.all(np.isfinite(mel_of(*words)))
    assert VOICE.phones() == frozenset(inventory)


def test_seed_decides():
    words = [("s", [(57.0, 0.3)]), ("a", [(57.0, 0.3)])]
    np.testing.assert_array_equal(mel_of(*words, seed=1), mel_of(*words, seed=1))
    assert not np.array_equal(mel_of(*words, seed=1), mel_of(*words, seed=2))


def test_errors_name_the_remedy():
    plain = sung(("a", [(57.0, 0.3)]))
    with pytest.raises(VoiceMissingError) as caught:
        VOICE.render(plain, speaker="child")
    assert all(name in str(caught.value.fix) for name in SPEAKERS)
    with pytest.raises(PerformanceError, match="F0"):
        VOICE.render(plain.with_(f0=None), speaker="man")
    with pytest.raises(PerformanceError, match="durations"):
        VOICE.render(plain.with_(phone_durations_seconds=None), speaker="man")


def test_faster_than_a_tenth_of_real_time():
    plain = sung(*[("a k", [(57.0, 0.5)])] * 60)
    VOICE.render(plain, speaker="man")
    started = time.process_time()
    VOICE.render(plain, speaker="man")
    assert time.process_time() - started < 0.1 * plain.duration_seconds
