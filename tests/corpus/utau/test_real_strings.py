"""Labels of a real voicebank, where one is at hand."""

from pathlib import Path

import numpy as np
import pytest

from svs_cli.corpus.audio_file import read_audio
from svs_cli.corpus.importers.run import import_source
from svs_cli.corpus.utau.signal import features_of

BANK = Path(__file__).parents[3].parent / "shared" / "corpus" / "dorodoro"


@pytest.mark.slow
@pytest.mark.skipif(not BANK.is_dir(), reason="needs ../shared/corpus")
def test_real_strings_align_and_voiceless_consonants_are_not_voiced() -> None:
    reading = import_source("dorodoro", BANK)
    assert len(reading.recordings) >= 147
    drops = []
    for labelled in reading.recordings[10:100:3]:
        features = features_of(*read_audio(labelled.audio))
        phones, ends = labelled.phones, labelled.phone_ends_seconds
        for index in range(2, len(phones) - 1):
            if phones[index] in ("s", "ɕ", "k", "t", "p") and phones[index + 1] in "aiɯeo":
                start, end = ends[index - 1], ends[index]
                vowel = features.level("low", end + 0.05, end + 0.2, 50.0)
                drops.append(vowel - features.level("low", start + 0.02, end - 0.02, 50.0))
    assert len(drops) > 20
    assert np.percentile(drops, 10) > 10.0
