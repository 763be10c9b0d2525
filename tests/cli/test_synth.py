"""`svs synth`: files, names, parts, options, JSON, pipes, and nothing left behind when it fails."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from svs_cli.score.read import read_score
from svs_cli.units import GRID
from svs_cli.voices.library import load_voice
from tests.cli.conftest import Svs

DUET = """<?xml version="1.0"?><score-partwise version="4.0"><part-list>
<score-part id="P1"><part-name>Alto</part-name></score-part>
<score-part id="P2"><part-name>Tenor 1/2</part-name></score-part></part-list>
{parts}</score-partwise>"""
PART = """<part id="{id}"><measure number="1"><attributes><divisions>1</divisions>
<time><beats>4</beats><beat-type>4</beat-type></time></attributes>
<note><pitch><step>{step}</step><octave>4</octave></pitch><duration>4</duration>
<lyric><text>{text}</text></lyric></note></measure></part>"""


@pytest.fixture
def duet(svs: Svs) -> Path:
    parts = PART.format(id="P1", step="A", text="さ") + PART.format(id="P2", step="D", text="ら")
    path = Path("duet.musicxml")
    path.write_text(DUET.format(parts=parts), encoding="utf-8")
    return path


def left(*patterns: str) -> set[str]:
    """Files in the current folder, temporary ones too, except the scores."""
    known = {"sakura.musicxml", "amazing_grace.musicxml", "twinkle.mid", "duet.musicxml"}
    return {path.name for path in Path().iterdir()} - known


def test_a_score_becomes_a_file_of_its_name_here(svs: Svs) -> None:
    ran = svs("synth", "sakura.musicxml")
    assert (ran.code, ran.out) == (0, "sakura.wav\n"), ran.err
    samples, rate_hz = soundfile.read("sakura.wav")
    assert rate_hz == 44_100
    length_seconds = read_score(Path("sakura.musicxml")).duration_seconds
    assert abs(len(samples) - length_seconds * rate_hz) <= GRID.hop_samples
    assert np.sqrt(np.mean(samples**2)) > 0.02
    assert left() == {"sakura.wav"}


def test_json_tells_all_about_the_file(svs: Svs) -> None:
    ran = svs("synth", "sakura.musicxml", "-o", "take.flac", "--json", "--seed", 3)
    (line,) = ran.out.splitlines()
    told = json.loads(line)
    assert told["output"] == "take.flac"
    assert told["seconds"] == pytest.approx(soundfile.info("take.flac").duration, abs=1e-3)
    assert (told["voice"], told["language"], told["seed"]) == ("formant", "ja", 3)
    assert told["real_time_factor"] > 0
    assert {"score", "lyrics", "timing and pitch", "acoustic", "vocoder", "writing"} <= set(told["stages_seconds"])
    with soundfile.SoundFile("take.flac") as file:
        assert file.title == told["title"]
        assert "Synthetic singing by svs" in file.comment
        assert file.artist == "Formant (synthetic)"


def test_all_parts_get_a_file_each(svs: Svs, duet: Path) -> None:
    ran = svs("synth", duet, "--part", "all", "--format", "ogg")
    assert ran.out.split() == ["duet-alto.ogg", "duet-tenor-1-2.ogg"], ran.err
    assert left() == set(ran.out.split())
    Path("choir").mkdir()
    ran = svs("synth", duet, "--part", "all", "-o", "choir", "--json")
    assert [json.loads(line)["part"] for line in ran.out.splitlines()] == ["Alto", "Tenor 1/2"]
    assert {path.name for path in Path("choir").iterdir()} == {"duet-alto.wav", "duet-tenor-1-2.wav"}


def test_one_part_can_be_chosen(svs: Svs, duet: Path) -> None:
    for choice in ("Tenor 1/2", "2", "P2"):
        told = json.loads(svs("synth", duet, "--part", choice, "--json").out)
        assert (told["output"], told["part"]) == ("duet.wav", "Tenor 1/2")
    ran = svs("synth", duet, "--part", "Bass")
    assert ran.code == 2
    assert "Alto" in ran.err


def test_key_and_tempo_change_the_performance(svs: Svs) -> None:
    Path("stages").mkdir()
    svs("synth", "sakura.musicxml", "-o", "plain.wav", "--save-stages", "stages")
    svs("synth", "sakura.musicxml", "-o", "other.wav", "--save-stages", "stages", "--key", -12, "--tempo", 2)
    plain, other = (json.loads(Path(f"stages/{name}.score.ds").read_text()) for name in ("plain", "other"))
    assert plain[0]["note_seq"].split()[0] == "A4"
    assert other[0]["note_seq"].split()[0] == "A3"
    half = soundfile.info("plain.wav").frames / 2
    assert abs(soundfile.info("other.wav").frames - half) <= GRID.hop_samples


def test_stages_are_saved_and_give_the_same_song_again(svs: Svs) -> None:
    svs("synth", "sakura.musicxml", "--save-stages", "stages", "-q")
    names = {path.name for path in Path("stages").iterdir()}
    assert names == {"sakura.score.ds", "sakura.duration.ds", "sakura.pitch.ds", "sakura.mel.npz"}
    assert svs("synth", "stages/sakura.pitch.ds", "-o", "again.wav").code == 0
    first, again = soundfile.read("sakura.wav")[0], soundfile.read("again.wav")[0]
    assert first.shape == again.shape
    # The document rounds F0 to 0.01 Hz, so the phase of the stand-in vocoder wanders a little.
    levels = [np.sqrt(np.mean(samples**2)) for samples in (first, again)]
    assert levels[0] == pytest.approx(levels[1], rel=0.01)


def test_the_same_seed_gives_the_same_bytes(svs: Svs) -> None:
    for name in ("one.wav", "two.wav"):
        svs("synth", "twinkle.mid", "-o", name, "--seed", 5)
    svs("synth", "twinkle.mid", "-o", "three.wav", "--seed", 6)
    one, two, three = (Path(f"{name}.wav").read_bytes() for name in ("one", "two", "three"))
    assert one == two
    assert one != three


def test_sound_can_be_piped(svs: Svs) -> None:
    document = svs("score", "sakura.musicxml").raw
    ran = svs("synth", "-", "-o", "-", "--format", "flac", "--quiet", stdin=document)
    assert ran.code == 0, ran.err
    assert soundfile.info(io.BytesIO(ran.raw)).format == "FLAC"
    assert left() == set()
    assert svs("synth", "-", stdin=document).code == 2, "a piped document has no name"


@pytest.mark.parametrize(("arguments", "code", "words"), [
    (("nothing.musicxml",), 3, "no file nothing.musicxml"),
    (("sakura.musicxml", "-o", "none/song.wav"), 2, "mkdir"),
    (("sakura.musicxml", "-o", "song.mp3"), 2, "format"),
    (("sakura.musicxml", "-o", "song.wav", "--format", "flac"), 2, "song.flac"),
    (("sakura.musicxml", "--format", "mp3"), 2, "mp3"),
    (("sakura.musicxml", "--voice", "formnat"), 4, "did you mean 'formant'?"),
    (("sakura.musicxml", "--acoustic", "nowhere"), 4, "nowhere"),
    (("sakura.musicxml", "--acoustic", "neural"), 2, "neural"),
    (("sakura.musicxml", "--key", "nan"), 2, "key"),
    (("sakura.musicxml", "--key", "200"), 2, "--key"),
    (("sakura.musicxml", "--tempo", "0"), 2, "--tempo"),
    (("sakura.musicxml", "--tempo", "nan"), 2, "tempo"),
    (("sakura.musicxml", "--chord", "middle"), 2, "top, bottom"),
    (("sakura.musicxml", "--verse", "0"), 2, "--verse"),
    (("sakura.musicxml", "--part", "all", "-o", "-"), 0, ""),
    ((), 2, "Missing argument"),
    (("sakura.musicxml", "--nonsense"), 2, "--nonsense"),
])  # fmt: skip
def test_mistakes_have_their_codes(svs: Svs, arguments: tuple[str, ...], code: int, words: str) -> None:
    ran = svs("synth", *arguments)
    assert ran.code == code, ran.err
    assert words in ran.err
    assert left() == set()


def test_several_parts_do_not_fit_into_a_pipe(svs: Svs, duet: Path) -> None:
    assert svs("synth", duet, "--part", "all", "-o", "-").code == 2


@pytest.mark.parametrize("command", [("score",), ("takes", "--n", 2)])
def test_commands_for_one_part_refuse_all(svs: Svs, duet: Path, command: tuple[object, ...]) -> None:
    ran = svs(*command, duet, "--part", "all")
    assert ran.code == 2 and "--part" in ran.err


@pytest.mark.parametrize("content", ["<score-partwise>", "no score at all", "", '{"ph_seq": 1}', "\x00\x01"])
def test_bad_scores_exit_with_3(svs: Svs, content: str) -> None:
    Path("bad.musicxml").write_text(content)
    assert svs("synth", "bad.musicxml").code == 3
    Path("bad.ds").write_text(content)
    ran = svs("synth", "bad.ds")
    assert ran.code == 3
    assert ran.err.startswith("error: ")
    assert left() == {"bad.musicxml", "bad.ds"}


def test_options_of_the_score_do_not_change_a_document(svs: Svs) -> None:
    svs("score", "sakura.musicxml", "-o", "song.ds")
    for option, value in (("--key", 1), ("--tempo", 2), ("--part", "1"), ("--lang", "ja"), ("--verse", 1)):
        ran = svs("synth", "song.ds", option, value)
        assert ran.code == 2
        assert option in ran.err


def test_the_score_is_never_overwritten(svs: Svs) -> None:
    Path("sakura.musicxml").rename("sakura.wav")
    ran = svs("synth", "sakura.wav")
    assert ran.code in (2, 3)
    assert Path("sakura.wav").read_bytes().startswith(b"<?xml")


def test_quiet_keeps_quiet(svs: Svs) -> None:
    loud, quiet = svs("synth", "sakura.musicxml", "--key", 24), svs("synth", "sakura.musicxml", "--key", 24, "-q")
    assert "outside the range" in loud.err
    assert loud.err.count("outside the range") == 1
    assert quiet.err == ""
    (offered,) = re.findall(r"--key ([+-]\d+) brings", loud.err)
    highest = max(note.midi for note in read_score(Path("sakura.musicxml")).parts[0].notes)
    assert highest + int(offered) == load_voice("formant").card.range_midi[1]


def test_each_part_of_a_choir_is_told_its_key(svs: Svs, duet: Path) -> None:
    err = svs("synth", duet, "--part", "all", "--key", -36, "-o", "low.wav").err
    assert err.count("outside the range") == 2
    assert len(set(re.findall(r"notes? of (.+?) (?:is|are) outside", err))) == 2


def test_an_interrupted_rendering_leaves_no_file(svs: Svs, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("svs_cli.audio.write_tags", interrupt)
    ran = svs("synth", "sakura.musicxml")
    assert ran.code == 130
    assert left() == set()


def test_unexpected_errors_ask_for_a_report(svs: Svs, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("bug")

    monkeypatch.setattr("svs_cli.audio.write_tags", fail)
    ran = svs("synth", "sakura.musicxml")
    assert ran.code == 1
    assert "ZeroDivisionError: bug" in ran.err
    assert "report" in ran.err
    assert len(ran.err.splitlines()) == 2
