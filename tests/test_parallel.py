"""Work on all cores: the order, the errors, and results that no number of threads changes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from threadpoolctl import threadpool_info

from svs_cli.acoustic.network import AcousticConfig, AcousticNetwork, AcousticTables
from svs_cli.acoustic.neural import Known, NeuralAcoustic
from svs_cli.parallel import each, shared, single_threaded
from svs_cli.pipeline import perform
from svs_cli.vocoder.network import SourceFilterVocoder, VocoderConfig
from svs_cli.vocoder.neural import NeuralVocoder
from svs_cli.voices.library import load_voice
from svs_cli.voices.singer import Singer
from tests.test_pipeline import EqualDurations, FlatPitch, piece

PHONES = ("SP", "AP", "a", "i", "ɯ", "e", "o", "s", "m")


@pytest.fixture(params=[1, 2, 5])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def ignored(stage: str, share_done: float) -> None:
    pass


def test_results_keep_their_order(threads: int) -> None:
    def late(number: int) -> int:
        time.sleep(0.002 * (9 - number))
        return number

    told: list[tuple[str, float]] = []
    found = each(late, range(10), None, "counting", lambda stage, share: told.append((stage, share)))
    assert list(found) == list(range(10))
    assert told == [("counting", number / 10) for number in range(11)]
    assert list(each(late, [], None, "nothing", ignored)) == []


def test_pieces_run_at_once_on_one_thread_each(threads: int) -> None:
    crew = min(threads, 3)
    together = threading.Barrier(crew, timeout=10)

    def piece_of_work(number: int) -> int:
        together.wait()
        return torch.get_num_threads()

    assert list(each(piece_of_work, range(crew), None, "", ignored)) == [1] * crew
    assert torch.get_num_threads() == threads


def test_shares_of_pieces_never_crowd_the_cores(threads: int) -> None:
    lock, running, most = threading.Lock(), 0, 0

    def share(number: int) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.002)
        with lock:
            running -= 1
        return number

    def piece_of_work(size: int) -> int:
        return sum(shared(share, iter(range(size)), size, None, ahead=3))

    assert list(each(piece_of_work, [1, 4, 9, 30], None, "", ignored)) == [0, 6, 36, 435]
    assert most == threads  # all are at work on the long piece at the end, too


def test_no_more_is_made_than_is_needed_soon(threads: int) -> None:
    made = 0

    def item(number: int) -> int:
        nonlocal made
        made = number
        return number

    for number, result in enumerate(shared(abs, map(item, range(1, 21)), 20, None, ahead=6), 1):
        assert result == number
        assert made <= number + 6


def test_an_error_in_a_share_comes_through(threads: int) -> None:
    def piece_of_work(number: int) -> float:
        return sum(shared(lambda part: part / number, range(1, 9), 8, None, ahead=2))

    with pytest.raises(ZeroDivisionError):
        list(each(piece_of_work, [1, 2, 0, 4], None, "", ignored))
    assert list(each(piece_of_work, [1, 2], None, "", ignored)) == [36.0, 18.0]


def test_a_model_on_its_own_device_works_alone(threads: int) -> None:
    class Elsewhere:
        device = "cuda:0"

    names = set(each(lambda _: threading.current_thread().name, range(4), Elsewhere(), "", ignored))
    assert names == {threading.current_thread().name}


def test_an_error_comes_through_and_threads_come_back(threads: int) -> None:
    with pytest.raises(ZeroDivisionError):
        list(each(lambda number: 1 // number, [1, 0, 2], None, "", ignored))
    assert torch.get_num_threads() == threads


def test_blocks_nest(threads: int) -> None:
    with single_threaded() as outer:
        with single_threaded() as inner:
            assert (outer, inner) == (threads, threads)
            assert all(pool["num_threads"] == 1 for pool in threadpool_info() if pool["user_api"] == "blas")
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == threads


def singer() -> Singer:
    """Small networks with random weights, as wide as their first layers need to split their sums over threads."""
    torch.manual_seed(0)
    network = AcousticNetwork(AcousticConfig(width=96), AcousticTables(len(PHONES), 1, 1, 0))
    acoustic = NeuralAcoustic("random", network, Known(PHONES, ("one",), ("core",), ()))
    vocoder = NeuralVocoder("random", SourceFilterVocoder(VocoderConfig(blocks=2)))
    return Singer(load_voice("formant").card, EqualDurations(), FlatPitch(), acoustic, vocoder, "one")


def test_no_number_of_threads_changes_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("svs_cli.vocoder.neural.LONGEST_FRAMES", 100)  # phrases are rendered in shares
    notes, random_singer = piece(0.3, 2.0, 4.1, 6.0), singer()
    before, takes = torch.get_num_threads(), {}
    for number in (1, 2, 3, 7):
        torch.set_num_threads(number)
        takes[number] = perform(notes, random_singer)
    torch.set_num_threads(before)
    samples: dict[int, NDArray[np.float32]] = {number: take.samples for number, take in takes.items()}
    assert np.abs(samples[1]).max() > 0
    for number in (2, 3, 7):
        assert np.array_equal(takes[number].spectrogram.mel, takes[1].spectrogram.mel), number
        assert np.array_equal(samples[number], samples[1]), number
