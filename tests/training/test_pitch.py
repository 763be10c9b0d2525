"""From a made song with known gestures to a model folder: what was put in is found, and the recipe runs."""

from __future__ import annotations

import json

import numpy as np
import pytest

from svs_cli.corpus.shards import Features, write_shard
from svs_cli.corpus.sung import snapped_to_key, sung_song
from svs_cli.duration.rule import RuleDuration, shipped_table
from svs_cli.errors import UsageError
from svs_cli.evaluation.contour import SCORE, SINGER, compare
from svs_cli.performance.document import Performance
from svs_cli.pitch.context import NOTE_FEATURES, note_features, onset_sounds, phone_kinds
from svs_cli.pitch.draw import curve_cents
from svs_cli.pitch.fluctuation import Wander
from svs_cli.pitch.gesture import Gesture, Vibrato
from svs_cli.pitch.parameters import PARAMETERS, gesture_of, vector_of
from svs_cli.pitch.rule import RulePitch
from svs_cli.pitch.stage import PitchStage
from svs_cli.pitch.steps import held_notes
from svs_cli.training.pitch_draws import fit_distributions, random_melody
from svs_cli.training.pitch_fit import fit_song
from tests.duration.fakes import performance, segment

PITCHES = [60.0, 64.0, 62.0, 67.0, 65.0, 60.0, 72.0, 71.0]
WOBBLE = Vibrato(6.0, 80.0, onset_seconds=0.1, fade_seconds=0.25)
KNOWN = Gesture(move_start_seconds=-0.1, move_seconds=0.12, overshoot_cents=30.0, dip_cents=60.0, vibrato=WOBBLE)


def made_song(seed: int = 0, told: bool = True) -> Features:
    """A recording of a singer whose every gesture is known, as a shard holds it."""
    words = [("SP", [(None, 0.5)]), *[("a n", [(midi, 0.9)]) for midi in PITCHES], ("SP", [(None, 0.5)])]
    timed = RuleDuration().predict(performance(segment(words)))
    stage = PitchStage("known", lambda phrase: [KNOWN] * len(phrase.notes), Wander(0.5, 10.0, 0.5, 1.0))
    one = stage.predict(timed, None, seed)
    sung = one.segments[0]
    ends = np.cumsum(sung.phone_durations_seconds)
    f0 = sung.f0.values.copy()
    f0[np.repeat([phone == "SP" for phone in sung.phones], sung.phone_frames())] = 0.0
    starts = 0.5 + 0.9 * np.arange(len(PITCHES))
    notes = [{"start_seconds": s, "end_seconds": s + 0.9, "midi": m} for s, m in zip(starts, PITCHES, strict=True)]
    info = {
        "path": f"made_{seed}.wav", "speaker": "nobody", "language": "ja", "phones": list(sung.phones),
        "ends_seconds": [float(end) for end in ends], "notes": notes if told else [], "split": "train",
        "terms": {"licence": "CC0-1.0", "consent": "made by a rule"},
    }  # fmt: skip
    return Features(np.zeros(len(f0) * 512, np.int16), np.zeros((len(f0), 128), np.float16), f0, info)


def test_notes_come_with_the_singers_times_and_can_be_read_off():
    told, read_off = sung_song(made_song()), sung_song(made_song(told=False))
    assert not told.read_off and read_off.read_off
    for song in (told, read_off):
        notes = held_notes(song.segment, shipped_table())
        assert [note.midi for note in notes] == PITCHES
        assert [round(note.start_seconds, 2) for note in notes] == [round(0.5 + 0.9 * i, 2) for i in range(8)]
    assert snapped_to_key([60.9, 62.8]) == [61.0, 63.0]
    assert sung_song(Features(None, np.zeros((9, 128), np.float16), np.zeros(9, np.float32), {})) is None


def test_what_was_sung_is_found_again():
    fitted = fit_song(sung_song(made_song()))
    left = (fitted.cents - fitted.fitted_cents)[np.isfinite(fitted.cents)]
    assert np.sqrt(np.mean(left**2)) < 20.0
    moves = fitted.gestures[1:]
    assert np.median([one.move_start_seconds for one in moves]) == pytest.approx(-0.1, abs=0.04)
    assert np.median([one.dip_cents for one in moves]) == pytest.approx(60.0, abs=25.0)
    assert np.median([one.vibrato.rate_hz for one in moves]) == pytest.approx(6.0, abs=0.15)
    assert np.median([one.vibrato.depth_cents for one in moves]) == pytest.approx(80.0, rel=0.15)


def test_gestures_survive_as_numbers():
    again = gesture_of(vector_of(KNOWN), 0.1, True, WOBBLE.rate_hz, WOBBLE.phase)
    assert again.dip_cents == pytest.approx(KNOWN.dip_cents)
    assert again.move_seconds == pytest.approx(KNOWN.move_seconds)
    assert again.vibrato.depth_cents == pytest.approx(80.0)
    wild = gesture_of(np.full(len(PARAMETERS), 1e3), 0.1, True, 5.5, 0.0)
    assert wild.overshoot_cents <= 250.0 and abs(wild.centre_cents) <= 6.0


def test_distributions_find_a_linear_rule_and_draw_by_it():
    rng = np.random.default_rng(0)
    features = np.concatenate([random_melody(rng, 40) for _ in range(20)])
    column, parameter = NOTE_FEATURES.index("length"), PARAMETERS.index("dip")
    numbers = np.zeros((len(features), len(PARAMETERS)))
    numbers[:, parameter] = 2.0 + features[:, column] + 0.1 * rng.standard_normal(len(features))
    fit = fit_distributions(features, numbers, np.ones(numbers.shape, bool))
    drawn = fit.drawn(features, rng)[:, parameter]
    assert np.corrcoef(drawn, features[:, column])[0, 1] > 0.95
    assert drawn.mean() == pytest.approx(numbers[:, parameter].mean(), abs=0.05)


def test_the_singer_agrees_with_himself_and_the_rule_less():
    songs = [sung_song(made_song())]

    def himself(document: Performance, seed: int) -> Performance:
        notes = held_notes(document.segments[0], shipped_table())
        assert curve_cents(notes, [KNOWN] * len(notes), np.arange(3.0)).shape == (3,)
        return PitchStage("known", lambda phrase: [KNOWN] * len(phrase.notes), Wander(0.0, 10.0, 0.0, 1.0)).predict(
            document, None, 0
        )

    rows = {row.curve: row for row in compare(songs, {"rule": RulePitch().predict, "same": himself}, range(2))}
    assert rows["same"].rmse_cents < 5.0 < rows["rule"].rmse_cents
    assert rows["same"].deviation_correlation > 0.99 > rows["rule"].deviation_correlation
    assert rows[SINGER].rate_hz.median == pytest.approx(6.0, abs=0.15)
    assert rows[SCORE].vibrato_share == 0.0
    assert rows["rule"].seeds_differ_cents > 1.0


def test_the_recipe_runs_and_its_model_sings(tmp_path, monkeypatch):
    from svs_cli.pitch.load import load_pitch
    from svs_cli.training.run import model_folder, train

    monkeypatch.setenv("SVS_HOME", str(tmp_path))
    (tmp_path / "shards").mkdir()
    write_shard(tmp_path / "shards" / "made.safetensors", [made_song(seed) for seed in range(3)])
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        'name = "made"\nthreads = 1\nlog_every = 1\n[data]\nshards = ["made.safetensors"]\nleave_out = ["made_2"]\n'
        "tunes = 8\nmelodies = 2\nnotes = 6\ncrops = 2\ncrop_frames = 64\n[model]\nwidth = 16\nlayers = 1\n"
        "frame_width = 8\nframe_layers = 1\n[optimiser]\nsteps = 2\n"
    )
    steps = list(train("pitch", recipe, [], resume=False))
    assert np.isfinite(steps[-1].report.losses["total"]) and "real" in steps[-1].held_out
    model = load_pitch(model_folder("pitch", recipe, []), "classical")
    assert model.heard == ("made_0.wav", "made_1.wav")
    assert model.swing.rate_hz == pytest.approx(6.0, abs=0.15)
    assert np.all(model.predict(sung_song(made_song(2)).performance).segments[0].f0.values > 0)


def test_the_command_compares_as_many_takes_as_are_asked_for(tmp_path, capsys):
    from svs_cli.cli.run import run

    shard = str(tmp_path / "made.safetensors")
    write_shard(tmp_path / "made.safetensors", [made_song()])
    for asked, takes in ((["--takes", "1"], 1), (["--takes", "2"], 2), ([], 5)):
        assert run(["pitch", shard, "--evaluate", "--pitch-model", "rule", "--json", *asked]) == 0
        rows = {row["curve"]: row for row in json.loads(capsys.readouterr().out)}
        songs = [sung_song(made_song())]
        [expected] = [row for row in compare(songs, {"rule": RulePitch().predict}, range(takes)) if row.curve == "rule"]
        assert rows["rule"]["rmse_cents"] == pytest.approx(expected.rmse_cents)
        assert (rows["rule"]["seeds_differ_cents"] is None) == (takes == 1)
    assert run(["pitch", shard, "--takes", "2"]) == 2
    assert "svs takes" in capsys.readouterr().err


def test_a_recipe_without_songs_says_so(tmp_path):
    from svs_cli.training.pitch import PitchData, read_songs

    with pytest.raises(UsageError, match="no song"):
        read_songs(PitchData(), tmp_path)


def test_features_hold_no_absolute_pitch():
    for semitones in (0, 5):
        words = [("a n", [(60.0 + semitones, 0.5)]), ("o", [(64.0 + semitones, 0.5)])]
        one = RuleDuration().predict(performance(segment(words))).segments[0]
        notes = held_notes(one, shipped_table())
        features = note_features(notes, onset_sounds(one, notes, phone_kinds(one, shipped_table())))
        if not semitones:
            first = features
    np.testing.assert_array_equal(first, features)
