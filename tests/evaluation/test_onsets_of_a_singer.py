"""The onset detector against labels that people made of a real singer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from svs_cli.evaluation.asked import AskedSyllable
from svs_cli.evaluation.extract import F0Extractor, read_audio
from svs_cli.evaluation.onsets import heard_syllables, onset_metrics
from svs_cli.units import GRID

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus" / "nit_song070"
VOWELS = frozenset("aiueo")
VOICELESS = frozenset({"k", "s", "sh", "t", "ch", "ts", "h", "p", "cl", "pau", "br", "sil"})
HTK_UNITS_PER_SECOND = 1e7


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the recording is not part of the project")
def test_heard_onsets_agree_with_labels() -> None:
    samples = read_audio(CORPUS / "nitech_jp_song070_f001_029.flac")
    f0_hz = F0Extractor().f0_hz(samples)
    rows = [line.split() for line in (CORPUS / "labels" / "nitech_jp_song070_f001_029.lab").read_text().splitlines()]
    labels = [(int(a) / HTK_UNITS_PER_SECOND, int(b) / HTK_UNITS_PER_SECOND, phone) for a, b, phone in rows]
    syllables = []
    for (_, _, before), (start, end, phone) in zip(labels, labels[1:], strict=False):
        heard = f0_hz[GRID.frame_of(start) : GRID.frame_of(end)]
        if phone in VOWELS and before not in VOWELS and heard.any():
            cue = "voicing" if before in VOICELESS else "opening"
            syllables.append(AskedSyllable(start, end, cue, False, float(np.median(heard[heard > 0]))))
    assert len(syllables) > 40
    figures = onset_metrics(heard_syllables(syllables, samples))
    assert figures["onset_detected"] > 0.85
    assert figures["onset_median_absolute_ms"] < 12
    assert abs(figures["onset_median_ms"]) < 10
