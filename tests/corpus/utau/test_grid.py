import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svs_cli.corpus.utau.grid import SungEntry, fit_mora_times, places_of, tempo_of_folder
from svs_cli.corpus.utau.mora import moras_of_kana
from svs_cli.corpus.utau.words import LabelError

MORAS = moras_of_kana("かかきかくかんか")
ALIASES = ["- か", "a か", "a き", "i か", "a く", "u か", "a ん", "n か"]


def entries(times, aliases=ALIASES):
    return [SungEntry(time, alias) for time, alias in zip(times, aliases, strict=True)]


def test_entries_on_the_grid_are_kept_as_they_are():
    times = 1.0 + 0.6 * np.arange(8) + np.array([0, 0.02, -0.03, 0.01, 0, 0.02, 0.04, -0.01])
    found = fit_mora_times(MORAS, entries(times), 0.6)
    assert np.allclose([time.onset_seconds for time in found], times)
    assert all(time.known for time in found)


@pytest.mark.parametrize("missing", [[0], [7], [6], [0, 1], [3, 4], [0, 6, 7], [1, 3, 5]])
def test_missing_entries_are_filled_on_the_grid(missing):
    times = 1.0 + 0.61 * np.arange(8)
    given_entries = [entry for index, entry in enumerate(entries(times)) if index not in missing]
    found = fit_mora_times(MORAS, given_entries, 0.6)
    assert np.allclose([time.onset_seconds for time in found], times, atol=0.03)
    assert [index for index, time in enumerate(found) if not time.known] == missing


def test_a_wrong_place_is_ignored_and_a_wrong_alias_does_no_harm():
    times = 1.0 + 0.6 * np.arange(8)
    aliases = list(ALIASES)
    aliases[2], aliases[5] = "a く", "a き"
    moved = entries(times, aliases)
    moved[4] = SungEntry(times[4] + 0.29, "a く")
    found = fit_mora_times(MORAS, moved, 0.6)
    assert np.allclose([time.onset_seconds for time in found], times, atol=0.02)
    assert not found[4].known


def test_several_aliases_of_one_place_count_once():
    places = places_of([SungEntry(1.0, "a じ"), SungEntry(1.0, "a ぢ"), SungEntry(1.01, "a ずぃ"), SungEntry(2.0, "x")])
    assert len(places) == 1
    assert ("z", "i") in places[0].phones


def test_tempo_of_a_folder_comes_from_complete_strings():
    full = (entries(1.0 + 0.6 * np.arange(8)), 8)
    sparse = (entries([1.0, 4.0], ALIASES[:2]), 8)
    assert tempo_of_folder([sparse, full]) == pytest.approx(0.6)
    assert tempo_of_folder([sparse]) is None


def test_no_tempo_no_labels():
    with pytest.raises(LabelError, match="keep a tempo"):
        fit_mora_times(MORAS, entries([1.0, 1.31, 1.99, 2.2, 3.05, 3.4, 4.1, 4.13 + 0.2]), 0.6)
    with pytest.raises(LabelError, match=r"0 oto\.ini entries for 8 moras"):
        fit_mora_times(MORAS, [SungEntry(1.0, "a R")], 0.6)


@settings(max_examples=40, deadline=None)
@given(
    beat=st.floats(0.55, 0.65),
    start=st.floats(0.3, 2.0),
    jitter=st.lists(st.floats(-0.04, 0.04), min_size=8, max_size=8),
    missing=st.sets(st.integers(0, 7), max_size=3),
)
def test_times_rise_and_stay_near_the_truth(beat, start, jitter, missing):
    times = start + beat * np.arange(8)
    sung = entries(times + np.array(jitter))
    found = fit_mora_times(MORAS, [entry for index, entry in enumerate(sung) if index not in missing], 0.6)
    onsets = np.array([time.onset_seconds for time in found])
    assert len(onsets) == 8 and np.all(np.diff(onsets) > 0.3 * beat)
    assert np.max(np.abs(onsets - times)) < 0.2
