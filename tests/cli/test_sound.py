"""What an audio file says about itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from svs_cli.cli.sound import tags_for, write_sound
from svs_cli.voices.card import VoiceCard

CARD = VoiceCard(
    "voice", "ann", "Ann Alto", "first", "ann", "world", ("ja",), licence="CC BY 4.0", credit="Ann of Nowhere",
    terms="The name Ann Alto stays.", url="https://ann.example/voice",
)  # fmt: skip


@pytest.mark.parametrize("format", ["wav", "flac", "ogg"])
def test_a_file_names_the_voice_its_terms_and_that_nobody_sang(tmp_path: Path, format: str) -> None:
    path = tmp_path / f"song.{format}"
    write_sound(path, np.zeros(4410, np.float32), format, tags_for(CARD, "春"))
    with soundfile.SoundFile(path) as file:
        assert (file.title, file.artist) == ("春", "Ann Alto (synthetic)")
        assert "Synthetic singing" in file.comment and file.comment.endswith("voice ann")
        for told in (CARD.credit, CARD.licence, CARD.terms, CARD.url):
            assert told in file.copyright
