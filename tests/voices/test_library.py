"""Voices on shelves: found, listed, hidden by the user's own, and missed with a hint."""

from __future__ import annotations

from pathlib import Path

import pytest

from svs_cli.errors import UsageError, VoiceMissingError
from svs_cli.voices.library import DEFAULT_VOICE, default_voice_name, find_model, list_voices, load_voice

CARD = """
kind = "voice"
name = "{name}"
title = "{title}"
acoustic = "first"
speaker = "{name}"
vocoder = "world"
languages = ["ja"]
range_midi = [55, 76]
licence = "CC0"
{more}
"""


def put(folder: Path, name: str, title: str = "A Singer", more: str = "") -> Path:
    """A voice folder in the user's home."""
    voice = folder / name
    voice.mkdir(parents=True)
    (voice / "model.toml").write_text(CARD.format(name=name, title=title, more=more))
    return voice


@pytest.fixture
def user_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SVS_HOME", str(tmp_path))
    return tmp_path


def test_the_formant_voice_is_always_there(user_home: Path) -> None:
    voice = load_voice("formant")
    assert (voice.card.acoustic, voice.card.vocoder) == ("rule", "world")
    assert "formant" in {voice.name for voice in list_voices()}


def test_the_users_shelves_come_first(user_home: Path) -> None:
    put(user_home / "voices", "formant", title="Mine")
    put(user_home / "models", "alto")
    assert load_voice("formant").card.title == "Mine"
    names = [voice.name for voice in list_voices()]
    assert names == sorted(set(names))
    assert {"alto", "formant"} <= set(names)


def test_a_voice_is_found_by_its_name_too(user_home: Path) -> None:
    put(user_home / "voices", "tenor").rename(user_home / "voices" / "tenor-v2")
    assert load_voice("tenor").folder.name == "tenor-v2"
    assert load_voice("tenor-v2").name == "tenor"


def test_an_unknown_voice_is_missed_with_the_closest_name(user_home: Path) -> None:
    with pytest.raises(VoiceMissingError) as caught:
        load_voice("formnat")
    assert caught.value.exit_code == 4
    assert caught.value.fix == "did you mean 'formant'?"
    with pytest.raises(VoiceMissingError) as caught:
        load_voice("zzzzzz")
    assert "svs voices list" in str(caught.value.fix)


def test_a_damaged_header_hides_no_other_voice(user_home: Path) -> None:
    (put(user_home / "voices", "broken") / "model.toml").write_text("kind = ")
    put(user_home / "voices", "wrong", more='langauges = ["ja"]')
    put(user_home / "voices", "silly", more="comfortable_midi = [80, 60]")
    names = {voice.name for voice in list_voices()}
    assert "formant" in names
    assert not {"broken", "wrong", "silly"} & names
    with pytest.raises(UsageError, match="unknown key 'langauges'") as caught:
        load_voice("wrong")
    assert caught.value.fix == "did you mean 'languages'?"
    with pytest.raises(UsageError, match="a range must be"):
        load_voice("silly")
    with pytest.raises(UsageError, match=r"broken.*not valid TOML"):
        load_voice("broken")


def test_the_default_voice_can_be_marked(user_home: Path) -> None:
    put(user_home / "voices", "alto", more="default = true")
    assert default_voice_name() in (DEFAULT_VOICE, "alto")
    put(user_home / "voices", DEFAULT_VOICE)
    assert default_voice_name() == DEFAULT_VOICE
    assert load_voice().name == DEFAULT_VOICE


def test_models_are_found_by_kind(user_home: Path) -> None:
    folder = user_home / "models" / "first"
    folder.mkdir(parents=True)
    (folder / "model.toml").write_text('kind = "acoustic"\n')
    assert find_model("first", "acoustic") == folder
    with pytest.raises(VoiceMissingError, match="no vocoder model 'first'"):
        find_model("first", "vocoder")
