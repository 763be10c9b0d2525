"""All songs of the shared collection, where it is at hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from svs_cli.frontend.draft import draft
from svs_cli.frontend.inventory import load_inventory

from .scores import sung_words

LIEDER = Path(__file__).parents[2].parent / "shared" / "scores" / "lieder"


@pytest.mark.slow
@pytest.mark.skipif(not LIEDER.is_dir(), reason="the shared scores are not here")
def test_every_syllable_of_every_song_is_sung() -> None:
    from svs_cli.score.read import read_score

    inventory = load_inventory()
    songs = sorted(LIEDER.glob("*.mxl"))
    assert songs
    for path in songs:
        score = read_score(path)
        for part in (part for part in score.parts if part.has_lyrics):
            performance = draft(score, part)
            syllables = sum(note.lyric is not None or not note.continues for note in part.notes)
            resumed = sum(b.lyric is None and a.breath_after for a, b in zip(part.notes, part.notes[1:], strict=False))
            assert sung_words(performance) == syllables + resumed, (path.name, part.name)
            assert all(phone in inventory for segment in performance.segments for phone in segment.phones)
