"""A scene says when what is sung, on the axis that the sound has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from svs_cli.frontend.draft import draft
from svs_cli.performance.spectrogram import Spectrogram
from svs_cli.plots.scene import completed, kind_of, scene_of, scene_of_sound, scene_of_spectrogram
from svs_cli.plots.sound import heard_in, packed
from svs_cli.score.read import read_score
from svs_cli.units import GRID
from tests.plots.pieces import NOTE_SECONDS, REST_SECONDS, piece, sung

SCORES = Path(__file__).parents[2] / "data" / "scores"


def test_notes_phones_and_bars_of_a_known_piece() -> None:
    scene = scene_of(piece())
    assert [(note.start_seconds, note.midi, note.lyric) for note in scene.notes] == [
        (0.25, 69.0, "さ"), (0.75, 71.0, "く"), (1.25, 72.0, "ら"),
    ]  # fmt: skip
    assert [(line.seconds, line.label) for line in scene.bars] == [(0.25, "1"), (1.25, "2")]
    assert [phone.symbol for phone in scene.phones] == ["SP", "s", "a", "s", "a", "s", "a"]
    vowels = [phone.start_seconds for phone in scene.phones if phone.kind == "vowel"]
    assert vowels == pytest.approx([note.start_seconds for note in scene.notes])
    assert scene.phones[-1].end_seconds == pytest.approx(scene.duration_seconds)


def test_a_syllable_is_spelled_with_its_own_onset() -> None:
    assert [note.spoken for note in scene_of(piece()).notes] == ["sa", "sa", "sa"]
    held = scene_of(piece(("さ", "", "ら"))).notes
    assert [(note.spoken, note.held) for note in held] == [("sa", False), ("", True), ("sa", False)]


def test_f0_as_written_deviates_by_nothing_and_rests_are_empty() -> None:
    scene = scene_of(piece())
    deviation = scene.against_notes(scene.asked_midi)
    assert deviation is not None
    assert np.nanmax(np.abs(deviation)) < 1e-3
    rest = GRID.frame_of(REST_SECONDS - 0.1) - 1
    assert np.isnan(deviation[:rest]).all()


@pytest.mark.parametrize("detuned_cents", [0.0, 30.0, -45.0])
def test_heard_pitch_is_off_by_what_it_was_detuned(detuned_cents: float) -> None:
    performance = piece()
    scene = scene_of(performance, heard_in(sung(performance, detuned_cents=detuned_cents)))
    deviation = scene.against_notes(scene.heard_midi)
    assert deviation is not None
    assert np.nanmedian(deviation) == pytest.approx(detuned_cents, abs=2.0)


def test_the_level_falls_where_the_voice_stops() -> None:
    performance = piece()
    heard = heard_in(sung(performance))
    vowel, silence = GRID.frame_of(REST_SECONDS + NOTE_SECONDS / 3), 2
    assert heard.level_db[vowel] > -20 > -90 > heard.level_db[silence]


def test_a_draft_is_completed_by_rule_and_a_complete_document_is_kept() -> None:
    score = read_score(SCORES / "sakura.musicxml")
    scene = scene_of(completed(draft(score, score.parts[0])))
    assert [(line.seconds, line.label) for line in scene.bars] == [(3.0 * i, str(i + 1)) for i in range(14)]
    assert scene.asked_midi is not None
    assert scene.duration_seconds == pytest.approx(score.duration_seconds)
    whole = piece()
    assert completed(whole) == whole


def test_a_sound_longer_than_its_document_is_shown_to_its_end() -> None:
    performance = piece()
    samples = np.concatenate([sung(performance), np.zeros(GRID.sample_rate_hz, np.float32)])
    scene = scene_of(performance, heard_in(samples))
    assert scene.duration_seconds == pytest.approx(performance.duration_seconds + 1.0, abs=0.02)


def test_a_sound_alone_and_a_spectrogram_alone() -> None:
    heard = heard_in(sung(piece()))
    alone = scene_of_sound(heard, "take")
    assert (alone.title, alone.notes, alone.bars) == ("take", (), ())
    assert alone.heard_midi is not None
    spectrogram = scene_of_spectrogram(Spectrogram(heard.mel, heard.f0_hz), "take")
    assert spectrogram.heard_midi is None
    assert np.array_equal(spectrogram.asked_midi, alone.heard_midi, equal_nan=True)  # type: ignore[arg-type]


def test_phones_of_other_dictionaries_are_shown() -> None:
    assert [kind_of(phone) for phone in ("a", "s", "n", "SP", "AP", "cl", "hh", "pau")] == [
        "vowel", "voiceless", "voiced", "silence", "breath", "closure", "voiced", "silence",
    ]  # fmt: skip


def test_a_packed_sound_is_the_sound() -> None:
    import io

    import soundfile

    samples = sung(piece())
    media_type, content = packed(samples)
    assert media_type == "audio/flac"
    back, rate_hz = soundfile.read(io.BytesIO(content), dtype="float32")
    assert rate_hz == GRID.sample_rate_hz
    assert np.abs(back - samples).max() < 1e-4
    assert packed(np.zeros(181 * GRID.sample_rate_hz, np.float32))[0] == "audio/ogg"
