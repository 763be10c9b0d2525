import json
from pathlib import Path

import numpy as np
import pytest

from svs_cli.corpus import banks
from svs_cli.errors import CorpusError, UsageError
from tests.corpus.fake_bank import oto_line, write_string

SHARED = Path(__file__).parents[2].parent / "shared" / "corpus"
STRING = [("k", "a"), ("s", "a"), ("n", "a"), ("ɴ",)]


@pytest.fixture
def small_bank(tmp_path, monkeypatch):
    """The table's dorodoro, but with one sung string of tones as its checkout."""
    stem = "かさなん"
    onsets = write_string(tmp_path, stem, STRING)
    aliases = ["- か", "a さ", "a な", "a ん"]
    lines = [oto_line(stem, alias, onset) for alias, onset in zip(aliases, onsets, strict=True)]
    (tmp_path / "oto.ini").write_bytes("\n".join(lines).encode("cp932"))
    return tmp_path


def test_label_all_writes_a_manifest_with_source_and_licence(small_bank, tmp_path):
    manifest = tmp_path / "labels.jsonl"
    report = banks.label_all({"dorodoro": small_bank}, manifest)
    assert report.recordings_by_speaker() == {"dorodoro": 1}
    item = json.loads(manifest.read_text(encoding="utf-8"))
    assert (
        item["terms"]["source"].startswith("https://github.com/")
        and banks.BANKS["dorodoro"].commit in item["terms"]["source"]
    )
    assert item["terms"]["licence"] == banks.BANKS["dorodoro"].licence
    assert (item["speaker"], item["style"], item["pitch_midi"]) == ("dorodoro", "core", 55.0)
    assert [phone for phone in item["phones"] if phone != "SP"] == ["k", "a", "s", "a", "n", "a", "ɴ"]
    assert len(item["phone_ends_seconds"]) == len(item["phones"])


def test_unknown_bank_and_missing_folder(tmp_path):
    with pytest.raises(UsageError, match="no bank is called 'kuni'") as caught:
        banks.label_all({"kuni": tmp_path})
    assert "kumi" in caught.value.fix
    with pytest.raises(CorpusError, match="not a voicebank folder"):
        banks.label_all({"kumi": tmp_path})


def test_every_bank_says_where_it_comes_from():
    for bank in banks.BANKS.values():
        assert bank.repository.startswith("https://github.com/") and len(bank.commit) == 40
        assert bank.licence and bank.credit and bank.folders
    speakers = {folder.speaker for bank in banks.BANKS.values() for folder in bank.folders}
    assert speakers == {"kumi", "kumi_strong", "kumi_whisper", "scottpoid", "yuki", "dorodoro"}


@pytest.mark.slow
@pytest.mark.skipif(not (SHARED / "dorodoro").is_dir(), reason="needs ../shared/corpus")
def test_real_strings_align_and_voiceless_consonants_are_not_voiced():
    from svs_cli.corpus.utau import read_audio
    from svs_cli.corpus.vcv_signal import features_of

    report = banks.label_all({"dorodoro": SHARED / "dorodoro"})
    assert len(report.recordings) >= 147
    drops = []
    for labelled in report.recordings[10:100:3]:
        features = features_of(*read_audio(labelled.audio))
        phones, ends = labelled.phones, labelled.phone_ends_seconds
        for index in range(2, len(phones) - 1):
            if phones[index] in ("s", "ɕ", "k", "t", "p") and phones[index + 1] in "aiɯeo":
                start, end = ends[index - 1], ends[index]
                vowel = features.level("low", end + 0.05, end + 0.2, 50.0)
                drops.append(vowel - features.level("low", start + 0.02, end - 0.02, 50.0))
    assert len(drops) > 20
    assert np.percentile(drops, 10) > 10.0
