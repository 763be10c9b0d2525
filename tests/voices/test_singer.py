"""A voice at work: which models it loads, and what it says about a piece that does not suit it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from svs_cli.errors import UsageError, VoiceMissingError
from svs_cli.performance.document import Performance, Segment
from svs_cli.performance.spectrogram import Spectrogram
from svs_cli.voices.card import VoiceCard
from svs_cli.voices.choir import helpful_key
from svs_cli.voices.library import Voice, load_voice
from svs_cli.voices.singer import (
    Take,
    advised,
    load_acoustic_model,
    load_singer,
    load_vocoder_model,
    model_name,
    resolve_device,
)

CARD = VoiceCard(
    "voice", "alto", "An Alto", "first", "alto", "world", ("ja",), licence="CC0", range_midi=(55, 76)
)  # fmt: skip


def piece(*notes: float | None, language: str = "ja") -> Performance:
    """One phrase of half-second notes, a vowel each."""
    n = len(notes)
    segment = Segment(0.0, ("a",) * n, (1,) * n, notes, (0.5,) * n, (0,) * n)
    return Performance((segment,), 0.5 * n, language=language)


def test_a_piece_that_suits_the_voice_is_left_alone() -> None:
    suitable = piece(55.0, None, 76.0)
    assert advised(suitable, CARD) is suitable or advised(suitable, CARD) == suitable


def test_notes_out_of_range_come_with_the_key_that_helps() -> None:
    (warning,) = advised(piece(60.0, 79.0, 80.0), CARD).warnings
    assert warning == "2 notes are outside the range of 'alto' (G3 to E5); --key -4 brings all of them in"
    transposed = advised(piece(60.0, 79.0, 80.0).with_(part="Alto"), CARD, Take(key_semitones=24.0)).warnings
    assert transposed == (
        "2 notes of Alto are outside the range of 'alto' (G3 to E5); --key +20 brings all of them in",
    )
    once = advised(advised(piece(60.0, 80.0), CARD), CARD)
    assert len(once.warnings) == 1


def test_a_choir_is_not_told_a_key_of_its_own_for_every_part() -> None:
    soprano, bass = Counter([60.0, 81.0]), Counter([43.0, 55.0])
    (low,) = advised(piece(43.0, 55.0).with_(part="Bass", part_number=2), CARD, Take(choir=(soprano, bass))).warnings
    assert "--key" not in low and "no key suits all parts" in low
    assert "sing this one with --part 2 --voice " in low and low.endswith("scottpoid")
    (high,) = advised(piece(60.0, 81.0), CARD, Take(choir=(soprano, bass))).warnings
    assert "--voice formant" in high, "nobody else sings A5"
    (alone,) = advised(piece(43.0, 55.0), CARD).warnings
    assert "--key +12 brings all of them in" in alone
    (serving,) = advised(piece(60.0, 78.0), CARD, Take(choir=(Counter([60.0, 78.0]), Counter([60.0, 62.0])))).warnings
    assert "--key -2 brings all of them in" in serving
    (nobody,) = advised(piece(20.0, 50.0), CARD, Take(choir=(soprano, bass))).warnings
    assert "wider than the voice" in nobody


def test_sounds_of_a_choir_have_seeds_of_their_own() -> None:
    first, second = piece(60.0), piece(60.0).with_(part_number=2)
    assert Take(7).seed_of(first, 0) == 7, "a solo song stays as it was"
    assert Take(7).seed_of(second, 0) != 7
    song, other = Spectrogram.silent(3), Spectrogram.silent(3, part_number=2)
    assert Take(7).seed_at(40, song) == 47 != Take(7).seed_at(40, other)
    assert Spectrogram.from_bytes(other.to_bytes()).part_number == 2


def test_foreign_languages_are_said_to_be_approximated() -> None:
    (warning,) = advised(piece(60.0, language="en"), CARD).warnings
    assert "'alto' sings ja: en is approximated; --voice kathleen or kumo is at home in it" in warning
    (warning,) = advised(piece(60.0, language="sw"), CARD).warnings
    assert warning.endswith("sw is approximated")


@pytest.mark.parametrize(("lowest", "highest", "words"), [
    (50, 60, "--key +5 "), (60, 88, "wider"),
    (40, 88, "wider than the voice, --key -12 leaves 1"), (40, 45, "--key +15 "), (70, 77, "--key -1 "),
])  # fmt: skip
def test_the_helpful_key_is_the_smallest(lowest: int, highest: int, words: str) -> None:
    assert words in helpful_key([Counter([lowest, highest])], 55, 76)


def test_choices_of_a_model() -> None:
    assert model_name(None, "first", "rule") == "first"
    assert model_name("neural", "first", "rule") == "first"
    assert model_name("rule", "first", "rule") == "rule"
    assert model_name("second", "first", "rule") == "second"
    with pytest.raises(UsageError):
        model_name("neural", "rule", "rule")


def test_a_missing_model_or_speaker_is_named() -> None:
    voice = load_voice("formant")
    with pytest.raises(VoiceMissingError, match="no acoustic model 'nowhere'"):
        load_singer(voice, acoustic="nowhere")
    stranger = Voice(replace(voice.card, speaker="child"), voice.folder)
    with pytest.raises(UsageError, match="no speaker 'child'") as caught:
        load_singer(stranger)
    assert "woman" in str(caught.value.fix)


def test_devices_that_are_not_there_are_refused() -> None:
    assert resolve_device("cpu") == "cpu"
    assert resolve_device("auto").split(":")[0] in ("cpu", "mps", "cuda")
    with pytest.raises(UsageError, match="no device 'quantum'") as caught:
        resolve_device("quantum")
    for load, by_rule in ((load_acoustic_model, "rule"), (load_vocoder_model, "world")):  # which run nowhere else
        with pytest.raises(UsageError, match="no device 'quantum'"):
            load(by_rule, "quantum")
    assert "auto, cpu" in str(caught.value.fix)
