"""Several voices as one: what the mixture's card says, and which voices cannot be mixed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from svs_cli.errors import UsageError, VoiceMissingError
from svs_cli.voices.card import VoiceCard
from svs_cli.voices.library import load_voice
from svs_cli.voices.mixing import mixed_card

ALTO = VoiceCard("voice", "alto", "An Alto", "both", "ann", "v", ("ja",), "CC0", "Ann", range_midi=(50, 70))
BASS = replace(ALTO, name="bass", title="A Bass", speaker="bob/strong", languages=("en", "ja"), credit="Bob",
               licence="CC BY 4.0", range_midi=(40, 60))  # fmt: skip
CARDS = {"alto": ALTO, "bass": BASS, "rule": replace(ALTO, acoustic="rule"), "other": replace(ALTO, acoustic="other")}


def test_a_mixture_says_what_it_is_made_of() -> None:
    card = mixed_card("alto:3,bass:1", CARDS.__getitem__)
    assert card.speaker == "ann:0.75,bob/strong:0.25" and (card.acoustic, card.vocoder) == ("both", "v")
    assert card.range_midi == (48, 68) and card.languages == ("ja", "en")
    assert card.licence == "CC0; CC BY 4.0" and card.credit == "Ann; Bob" and "An Alto (75%)" in card.title
    assert mixed_card("alto,bass/soft", CARDS.__getitem__).speaker == "ann:0.5,bob/soft:0.5"


@pytest.mark.parametrize(
    ("name", "message"),
    [("alto:x", "no name with a share"), ("alto:-1,bass:2", "no name with a share"), ("alto:0,bass:0", "sum to"),
     ("alto,rule", "by rule"), ("alto,other", "different models"), (":1", "no name")],
)  # fmt: skip
def test_what_cannot_be_mixed_is_said(name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        mixed_card(name, CARDS.__getitem__)


def test_shelves_give_mixtures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SVS_HOME", str(tmp_path))
    for name in ("alto", "bass"):
        folder = tmp_path / "voices" / name
        folder.mkdir(parents=True)
        (folder / "model.toml").write_text(
            f'kind = "voice"\nname = "{name}"\ntitle = "{name}"\nacoustic = "both"\nspeaker = "{name}"\n'
            'vocoder = "world"\nlanguages = ["ja"]\nlicence = "CC0"\n'
        )
    (tmp_path / "models" / "both").mkdir(parents=True)
    (tmp_path / "models" / "both" / "model.toml").write_text('kind = "acoustic"\n')
    assert load_voice("alto:0.7,bass:0.3").card.speaker == "alto:0.7,bass:0.3"
    with pytest.raises(VoiceMissingError, match="'tenor'"):
        load_voice("alto:0.7,tenor:0.3")


def test_one_voice_in_another_style() -> None:
    styled = replace(ALTO, styles=("core", "soft"))
    card = mixed_card("alto/soft", lambda name: styled)
    assert (card.speaker, card.title, card.styles) == ("ann/soft:1", "An Alto, soft", ("core", "soft"))
    assert card.range_midi == ALTO.range_midi
    with pytest.raises(UsageError, match="no style 'loud'"):
        mixed_card("alto/loud", lambda name: styled)
    assert mixed_card("bass/loud", CARDS.__getitem__).speaker == "bob/loud:1"
