import numpy as np
import pytest
import soundfile

from svs_cli.corpus.text_files import decode
from svs_cli.corpus.utau.bank import read_oto, sung_files
from svs_cli.errors import CorpusError
from tests.corpus.fake_bank import LENGTH_SECONDS, oto_line, write_string
from tests.corpus.importers.corpora import imported

KAKI = [("k", "a"), ("k", "a"), ("s", "i"), ("a",), ("n", "ɯ"), ("ɴ",), ("k", "a")]
KAKI_STEM = "_かかすぃあぬんか"
KAKI_ALIASES = ["- か", "a か", "a すぃ", "i あ", "a ぬ", "u ん", "n か"]


@pytest.fixture
def bank(tmp_path):
    """One complete string, one with gaps and a wrong alias, a breath, and a file of another kind."""
    onsets = write_string(tmp_path, KAKI_STEM, KAKI)
    lines = [oto_line(KAKI_STEM, alias, onset) for alias, onset in zip(KAKI_ALIASES, onsets, strict=True)]
    sasa = [("s", "a"), ("s", "a"), ("k", "ɯ"), ("s", "i"), ("n", "a")]
    onsets = write_string(tmp_path, "_ささくすぃな", sasa, breath=True)
    lines += [oto_line("_ささくすぃな", "a さ", onsets[1] + 0.01), oto_line("_ささくすぃな", "a な", onsets[2])]
    lines += [oto_line("_ささくすぃな", "i な", onsets[4] - 0.02), "_ささくすぃな.wav=broken,1,2", "no line at all"]
    breath = np.concatenate([np.zeros(20000), np.random.default_rng(1).normal(size=40000) * 0.01, np.zeros(20000)])
    soundfile.write(tmp_path / "br1.wav", breath, 44100)
    soundfile.write(tmp_path / "noise.wav", breath, 44100)
    (tmp_path / "oto.ini").write_bytes("\r\n".join(lines).encode("cp932"))
    return tmp_path


def read(bank):
    report = imported(bank, "utau", speaker="somebody", style="core", pitch_midi=57.0, encoding="cp932")
    rejected = {rejection.path: rejection.reason for rejection in report.rejected}
    return {recording.audio.stem: recording for recording in report.recordings}, rejected


def starts_of(recording):
    return list(zip(recording.phones, recording.phone_starts_seconds, strict=True))


def test_boundaries_of_a_complete_string(bank):
    recording = read(bank)[0][KAKI_STEM]
    expected = [phone for mora in KAKI for phone in mora]
    assert [phone for phone in recording.phones if phone not in ("SP", "AP")] == expected
    assert recording.phones[0] == recording.phones[-1] == "SP"
    starts = [start for phone, start in starts_of(recording) if phone not in ("SP", "AP")]
    position = 0
    for index, mora in enumerate(KAKI):
        nucleus = 0.8 + 0.5 * index
        assert starts[position + len(mora) - 1] == pytest.approx(nucleus, abs=0.02), (index, mora)
        if len(mora) > 1 and index:
            assert starts[position] == pytest.approx(nucleus - LENGTH_SECONDS[mora[0]], abs=0.025), (index, mora)
        position += len(mora)
    assert recording.phone_ends_seconds[-2] == pytest.approx(0.8 + 0.5 * len(KAKI), abs=0.03)


def test_gaps_and_a_wrong_alias_are_survived(bank):
    recording = read(bank)[0]["_ささくすぃな"]
    sung = [(phone, start) for phone, start in starts_of(recording) if phone not in ("SP", "AP")]
    assert [phone for phone, _ in sung] == "s a s a k ɯ s i n a".split()
    nuclei = [start for phone, start in sung if phone in "aɯi"]
    assert np.allclose(nuclei, 0.8 + 0.5 * np.arange(5), atol=0.03)


def test_a_breath_before_the_string_is_labelled(bank):
    recording = read(bank)[0]["_ささくすぃな"]
    index = recording.phones.index("AP")
    assert recording.phone_starts_seconds[index] == pytest.approx(0.05, abs=0.05)
    assert recording.phone_ends_seconds[index] == pytest.approx(0.45, abs=0.05)


def test_labels_cover_the_file_without_gaps(bank):
    for recording in read(bank)[0].values():
        recording.check()
        info = soundfile.info(recording.audio)
        assert recording.phone_ends_seconds[-1] == pytest.approx(info.frames / info.samplerate, abs=1e-6)


def test_breath_files_and_strangers(bank):
    recordings, rejected = read(bank)
    assert recordings["br1"].phones == ("SP", "AP", "SP")
    assert recordings["br1"].pitch_midi is None
    assert recordings[KAKI_STEM].pitch_midi == 57.0
    assert rejected == {bank / "noise.wav": "the file name is no string of moras"}


def test_a_string_that_is_not_sung_is_rejected_with_the_mora(bank):
    path = bank / f"{KAKI_STEM}.flac"
    samples, rate_hz = soundfile.read(path)
    samples[round(2.2 * rate_hz) : round(2.8 * rate_hz)] = 0.0
    soundfile.write(path, samples, rate_hz)
    assert "mora 4 is" in read(bank)[1][path]


def test_held_vowels_need_no_entry(bank):
    from tests.corpus import fake_bank

    held = 0.1 * np.concatenate([np.zeros(30000), fake_bank.tone("a", 0.8), np.zeros(9000), fake_bank.tone("a", 0.8)])
    held = np.concatenate([held, np.zeros(30000)]) + np.random.default_rng(0).normal(size=len(held) + 30000) * 1e-6
    soundfile.write(bank / "_あ・あ.wav", held, 44100)
    recording = read(bank)[0]["_あ・あ"]
    assert recording.phones == ("SP", "a", "SP", "a", "SP")
    assert recording.phone_starts_seconds[1] == pytest.approx(30000 / 44100, abs=0.02)


def test_one_vowel_without_silence_has_no_times_yet(bank):
    from tests.corpus import fake_bank

    loud = 0.1 * fake_bank.tone("a", 3.0)
    soundfile.write(bank / "あ.wav", loud, 44100)
    soundfile.write(bank / "_あ・あ.wav", loud, 44100)
    recordings, rejected = read(bank)
    assert (recordings["あ"].phones, recordings["あ"].phone_ends_seconds) == (("a",), ())
    assert "no silence beside the vowel" in rejected[bank / "_あ・あ.wav"]


def test_unreadable_audio_is_rejected_not_raised(bank):
    (bank / f"{KAKI_STEM}.flac").write_bytes(b"not audio")
    assert "cannot be read as audio" in read(bank)[1][bank / f"{KAKI_STEM}.flac"]


def test_oto_lines(bank):
    entries = read_oto(bank / "oto.ini", encoding="cp932")
    assert len(entries) == len(KAKI) + 3
    assert entries[0].alias == "- か"
    assert entries[0].stem == KAKI_STEM
    assert entries[0].vowel_onset_seconds == pytest.approx(0.8, abs=1e-3)


def test_encodings():
    from pathlib import Path

    assert decode("か".encode("cp932"), None, Path("x")) == "か"
    assert decode("\ufeffか".encode(), None, Path("x")) == "か"
    with pytest.raises(CorpusError, match="not text in utf-8"):
        decode("か".encode("cp932"), "utf-8", Path("x"))
    with pytest.raises(CorpusError, match="unknown encoding"):
        decode(b"a", "klingon", Path("x"))


def test_a_folder_that_is_no_bank(tmp_path):
    with pytest.raises(CorpusError, match="not a voicebank folder") as caught:
        sung_files(tmp_path)
    assert caught.value.fix
    (tmp_path / "oto.ini").write_text("nothing", encoding="utf-8")
    with pytest.raises(CorpusError):
        read_oto(tmp_path / "oto.ini")
