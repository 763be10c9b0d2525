"""Scores meet labels: phones, clocks, and songs that do not belong together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from svs_cli.corpus.importers.protocol import Rejection
from svs_cli.corpus.sung_timing import Clock, SungSong, onsets, sung_song, sung_songs
from svs_cli.duration.rule import RuleDuration
from svs_cli.duration.times import ConsonantTimes
from svs_cli.errors import CorpusError
from svs_cli.evaluation.timing import errors_of, refitted
from tests.corpus.sung_folder import LAG_MS, song, write_song

SHARED = Path(__file__).parents[2].parent / "shared" / "corpus"


def lags(found: SungSong) -> np.ndarray:
    asked, sung = onsets(found.performance, found.starts_seconds)
    return sung - asked


def test_labels_on_the_scores_clock_give_the_lags_of_the_singer(tmp_path):
    write_song(tmp_path, "plain")
    found = song(tmp_path, "plain")
    assert found.clock == Clock()
    assert lags(found) == pytest.approx(LAG_MS / 1000, abs=1e-6)


def test_a_count_in_is_taken_out(tmp_path):
    write_song(tmp_path, "late", late=1.5)
    found = song(tmp_path, "late")
    assert found.clock.offset_seconds == pytest.approx(1.5, abs=0.005)
    assert np.ptp(lags(found)) < 1e-6


def test_a_score_without_its_tempo_is_stretched(tmp_path):
    write_song(tmp_path, "slow", stretch=1.25)
    found = song(tmp_path, "slow")
    assert found.clock.stretch == pytest.approx(1.25, abs=1e-3)
    assert np.abs(np.diff(lags(found))).max() < 0.005


def test_what_does_not_belong_together_is_left_out_with_its_reason(tmp_path):
    write_song(tmp_path, "one")
    write_song(tmp_path, "other", shift=5)
    (tmp_path / "mono_label" / "other.lab").write_text("0 9000000 pau\n9000000 20000000 a\n20000000 30000000 o\n")
    (tmp_path / "mono_label" / "alone.lab").write_text("0 9000000 pau\n9000000 20000000 a\n")
    found = {getattr(item, "name", None) or item.path.stem: item for item in sung_songs(tmp_path)}
    assert isinstance(found["one"], SungSong)
    assert isinstance(found["other"], Rejection) and "are found in the labels" in found["other"].reason
    assert isinstance(found["alone"], Rejection) and "no score of that name" in found["alone"].reason


def test_a_folder_without_labels_is_an_error(tmp_path):
    (tmp_path / "readme.txt").write_text("nothing here")
    with pytest.raises(CorpusError, match=r"no \.lab files"):
        list(sung_songs(tmp_path))


def test_errors_are_those_that_were_made(tmp_path):
    write_song(tmp_path, "a")
    write_song(tmp_path, "b", tempo=80, shift=4)
    songs = [song(tmp_path, name) for name in "ab"]
    row = errors_of(RuleDuration(), songs).to_row()
    assert row["nucleus_median_ms"] == pytest.approx(-LAG_MS, abs=0.1)
    assert row["nucleus_rms_ms"] == pytest.approx(LAG_MS, abs=0.1)
    late = errors_of(RuleDuration(ConsonantTimes(stop_voiceless_ms=70.0, nucleus_lag_ms=LAG_MS)), songs).to_row()
    assert late["nucleus_rms_ms"] == pytest.approx(0.0, abs=0.01)
    assert late["consonant_rms_ms"] == pytest.approx(0.0, abs=0.01)
    again = errors_of(refitted(songs), songs).to_row()
    assert again["nucleus_rms_ms"] == pytest.approx(0.0, abs=0.1)
    assert again["consonant_rms_ms"] < row["consonant_rms_ms"]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared corpora are not here")
def test_full_context_labels_bring_their_notes():
    found = sung_song(SHARED / "nit_song070" / "labels" / "nitech_jp_song070_f001_004.lab", None, "ja")
    first, second = found.performance.segments[:2]
    assert first.notes[1:4] == (65.0, 67.0, 69.0) and second.offset_seconds > 3.2
    assert np.median(lags(found)) == pytest.approx(0.0, abs=0.03)
