"""Retakes: other F0 inside the bars, the same document outside, and the same samples outside the cross-fade."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svs_cli.acoustic.formant import FormantAcoustic
from svs_cli.duration.rule import RuleDuration
from svs_cli.editing.layers import FADE_FRAMES, layers_of
from svs_cli.editing.phase import cycles_of
from svs_cli.editing.retake import retake
from svs_cli.errors import PerformanceError
from svs_cli.frontend.draft import draft
from svs_cli.performance.document import Performance, SampledCurve
from svs_cli.performance.ds_file import from_json, to_json
from svs_cli.performance.retakes import F0_FADE_SECONDS, states
from svs_cli.pipeline import perform
from svs_cli.pitch.rule import RulePitch
from svs_cli.units import GRID
from svs_cli.vocoder.world import WorldVocoder
from svs_cli.voices.library import load_voice
from svs_cli.voices.singer import Singer
from tests.frontend.scores import score_of
from tests.test_pipeline import Sines

BY_RULE = Singer(load_voice("formant").card, RuleDuration(), RulePitch(), FormantAcoustic(), WorldVocoder(), "woman")
QUICK = replace(BY_RULE, vocoder=Sines())
START, END = 2.0, 4.0


def predict(performance: Performance, seed: int) -> Performance:
    return RulePitch().predict(performance, seed)


@pytest.fixture(scope="module")
def song() -> Performance:
    """Ten seconds in two phrases, as read from a file."""
    score = score_of("sa ku ra sa ku ra ya yo i no", rests={6: 1.0}, quarters=1)
    document = RuleDuration().predict(draft(score, score.parts[0], language="ja"))
    return from_json(to_json(predict(document, 0)))


def f0_of(performance: Performance) -> list[float]:
    return [float(v) for segment in performance.segments for v in segment.f0.values]  # type: ignore[union-attr]


def test_only_the_bars_change(song: Performance) -> None:
    new = retake(song, START, END, 3, predict)
    first, again = song.segments[0], new.segments[0]
    times = np.arange(len(first.f0.values)) * first.f0.timestep_seconds + first.offset_seconds
    inside = (times >= START) & (times < END)
    np.testing.assert_array_equal(again.f0.values[~inside], first.f0.values[~inside])
    middle = (times > START + F0_FADE_SECONDS) & (times < END - F0_FADE_SECONDS)
    cents = 1200 * np.log2(again.f0.values / first.f0.values)
    assert np.sqrt(np.mean(cents[middle] ** 2)) > 3
    assert np.abs(np.diff(cents)).max() < 40  # no step at the seams
    assert new.segments[1] is song.segments[1]


def test_the_file_is_the_same_but_for_the_bars(song: Performance) -> None:
    old, new = json.loads(to_json(song)), json.loads(to_json(retake(song, START, END, 3, predict)))
    assert new[1] == old[1]
    notes = [item["svs"].pop("notes") for item in (old[0], new[0])]
    changed = [i for i, (a, b) in enumerate(zip(*notes, strict=True)) if a != b]
    assert all(notes[0][i] | {"chosen": 0} == notes[1][i] | {"chosen": 0} for i in changed)
    (told,) = new[0]["svs"].pop("retakes")
    assert (told["start"] + old[0]["offset"], told["end"] + old[0]["offset"], told["seed"]) == (START, END, 3)
    before, after = old[0].pop("f0_seq").split(), new[0].pop("f0_seq").split()
    assert new[0] == old[0]
    count = len(told["f0_before"].split())
    assert before[: told["f0_first"]] == after[: told["f0_first"]]
    assert before[told["f0_first"] + count :] == after[told["f0_first"] + count :]
    assert before[told["f0_first"] :][:count] == told["f0_before"].split()


def test_what_was_there_comes_back_from_the_file(song: Performance) -> None:
    new = retake(retake(song, START, END, 3, predict), 3.0, 5.0, 4, predict)
    back = from_json(to_json(new))
    assert to_json(back) == to_json(new)
    first, second, third = (state.f0.values for state in states(back.segments[0]))
    np.testing.assert_array_equal(first, song.segments[0].f0.values)
    once = from_json(to_json(retake(song, START, END, 3, predict)))
    np.testing.assert_array_equal(second, once.segments[0].f0.values)
    np.testing.assert_array_equal(third, back.segments[0].f0.values)


def test_the_same_bars_twice_is_once_with_the_second_seed(song: Performance) -> None:
    twice = retake(retake(song, START, END, 3, predict), START, END, 4, predict)
    assert to_json(twice) == to_json(retake(song, START, END, 4, predict))
    wider = retake(retake(song, START, END, 3, predict), START - 1, END + 1, 4, predict)
    assert len(wider.segments[0].retakes) == 1


def test_the_first_seed_gives_back_the_first_curve(song: Performance) -> None:
    new = retake(song, START, END, 0, predict)
    np.testing.assert_allclose(f0_of(new), f0_of(song), rtol=2e-4)
    other = retake(song, START, END, 5, predict)
    assert f0_of(other) == f0_of(retake(song, START, END, 5, predict))
    assert f0_of(other) != f0_of(retake(song, START, END, 6, predict))


def test_the_samples_outside_are_the_same(song: Performance) -> None:
    before = perform(song, BY_RULE).samples
    after = perform(retake(song, START, END, 3, predict), BY_RULE).samples
    first, stop = (GRID.samples_of_frames(GRID.frame_of(t)) for t in (START, END))
    np.testing.assert_array_equal(after[:first], before[:first])
    np.testing.assert_array_equal(after[stop:], before[stop:])
    assert np.abs(after[first:stop] - before[first:stop]).max() > 0.01


def small_neural_singer() -> Singer:
    """Untrained networks whose every frame hears its neighbours, so that a retake would leak if it could."""
    import torch

    from svs_cli.acoustic.network import AcousticConfig, AcousticNetwork, AcousticTables
    from svs_cli.acoustic.neural import Known, NeuralAcoustic
    from svs_cli.frontend.inventory import load_inventory
    from svs_cli.vocoder.network import SourceFilterVocoder, VocoderConfig
    from svs_cli.vocoder.neural import NeuralVocoder

    torch.manual_seed(0)
    known = Known(load_inventory().symbols, ("woman",), ("core",), ("ja",))
    config = AcousticConfig(width=24, encoder_blocks=1, decoder_blocks=2, heads=2, phone_channels=8, voice_channels=8)
    network = AcousticNetwork(config, AcousticTables(len(known.phones), 1))
    torch.nn.init.normal_(network.velocity_head.weight, std=0.1)
    network.mel_mean.fill_(-5.0)
    vocoder = SourceFilterVocoder(VocoderConfig(width=16, blocks=2))
    acoustic = NeuralAcoustic("small", network, known)
    return Singer(BY_RULE.card, RuleDuration(), RulePitch(), acoustic, NeuralVocoder("small", vocoder), "woman")


def test_the_samples_outside_are_the_same_with_networks(song: Performance) -> None:
    singer = small_neural_singer()
    retaken = retake(song, START, END, 3, predict)
    before, after = perform(song, singer).samples, perform(retaken, singer).samples
    first, stop = (GRID.samples_of_frames(GRID.frame_of(t)) for t in (START, END))
    np.testing.assert_array_equal(after[:first], before[:first])
    np.testing.assert_array_equal(after[stop:], before[stop:])
    assert np.abs(after[first:stop] - before[first:stop]).max() > 0.001
    without = retaken.with_(segments=tuple(segment.with_(retakes=()) for segment in retaken.segments))
    leaky = perform(without, singer).samples  # the same F0 without its retake: all of the phrase changes
    assert 0 < np.abs(leaky[stop:] - before[stop:]).max() < 0.001  # a little, because it ends in phase


def test_several_retakes_leave_all_others_alone(song: Performance) -> None:
    one = retake(song, START, END, 3, predict)
    both = retake(retake(one, 3.0, 5.0, 4, predict), 7.0, 8.0, 5, predict)
    assert [len(layer.performance.segments) for layer in layers_of(both)] == [2, 2, 1]
    plain, first, second = (perform(document, QUICK).samples for document in (song, one, both))
    cut = GRID.samples_of_frames(GRID.frame_of(3.0))
    np.testing.assert_array_equal(second[:cut], first[:cut])
    rest = slice(GRID.samples_of_frames(GRID.frame_of(5.0)), GRID.samples_of_frames(GRID.frame_of(7.0)))
    np.testing.assert_array_equal(second[rest], plain[rest])
    last = slice(GRID.samples_of_frames(GRID.frame_of(8.0)), None)
    np.testing.assert_array_equal(second[last], plain[last])


def test_the_seam_is_no_click(song: Performance) -> None:
    new = retake(song, START, END, 3, predict)
    before, after = perform(song, QUICK).samples, perform(new, QUICK).samples
    for at in (START, END):
        centre = GRID.samples_of_frames(GRID.frame_of(at))
        usual = np.abs(np.diff(before[centre - 20_000 : centre + 20_000])).max()
        assert np.abs(np.diff(after[centre - 64 : centre + 64])).max() < 2.0 * usual


def test_a_retake_ends_in_phase_with_what_follows(song: Performance) -> None:
    for seed in range(3, 9):
        new = retake(song, START, END, seed, predict).segments[0]
        cycles = cycles_of(new) - cycles_of(song.segments[0])
        assert abs(cycles - round(cycles)) < 0.01


def test_a_document_without_f0_or_notes_there_says_so(song: Performance) -> None:
    with pytest.raises(PerformanceError, match="nothing is sung"):
        retake(song, 6.05, 6.2, 1, predict)
    drafted = song.with_(segments=tuple(segment.with_(f0=None) for segment in song.segments))
    with pytest.raises(PerformanceError, match="no F0 yet"):
        retake(drafted, START, END, 1, predict)


def test_documents_of_other_programs_keep_their_grid_and_zeros(song: Performance) -> None:
    own = song.segments[0]
    values = np.where(np.arange(700) % 100 < 10, 0.0, 220.0).astype(np.float32)
    other = song.with_(segments=(own.with_(f0=SampledCurve(values, 0.01)), song.segments[1]))
    new = retake(other, START, END, 3, predict)
    curve = new.segments[0].f0
    assert curve is not None and curve.timestep_seconds == 0.01
    np.testing.assert_array_equal(curve.values == 0, values == 0)
    np.testing.assert_array_equal(states(new.segments[0])[0].f0.values, values)
    before, after = perform(other, QUICK).samples, perform(new, QUICK).samples
    stop = GRID.samples_of_frames(GRID.frame_of(END))
    np.testing.assert_array_equal(after[stop:], before[stop:])


@pytest.mark.parametrize(
    "damage",
    [
        {"seed": "x"}, {"f0_first": -1}, {"f0_first": 10**9}, {"f0_before": "1 nan"}, {"end": 0.0}, {"start": "inf"},
        {"f0_before": "1e9"}, {"seed": -1},
    ],
)  # fmt: skip
def test_damaged_retakes_are_refused(song: Performance, damage: dict[str, object]) -> None:
    raw = json.loads(to_json(retake(song, START, END, 3, predict)))
    raw[0]["svs"]["retakes"][0] |= damage
    with pytest.raises(PerformanceError, match="retake 1"):
        from_json(json.dumps(raw))


@settings(deadline=None, max_examples=25, derandomize=True)
@given(st.lists(st.tuples(st.floats(0, 9), st.floats(0.3, 5), st.integers(0, 99)), min_size=1, max_size=4))
def test_any_stack_can_be_taken_apart(song: Performance, takes: list[tuple[float, float, int]]) -> None:
    document = song
    for start, seconds, seed in takes:
        try:
            document = retake(document, start, start + seconds, seed, predict)
        except PerformanceError:
            continue
    back = from_json(to_json(document))
    for segment, first in zip(back.segments, song.segments, strict=True):
        np.testing.assert_array_equal(states(segment)[0].f0.values, first.f0.values)


def test_fades_stay_inside_short_stretches(song: Performance) -> None:
    new = retake(song, 2.0, 2.12, 3, predict)
    (stretch,) = layers_of(new)[1].stretches
    assert stretch.stop - stretch.start < 4 * FADE_FRAMES
    before, after = perform(song, QUICK).samples, perform(new, QUICK).samples
    different = np.flatnonzero(before != after)
    assert different[0] >= GRID.samples_of_frames(stretch.start)
    assert different[-1] < GRID.samples_of_frames(stretch.stop)
