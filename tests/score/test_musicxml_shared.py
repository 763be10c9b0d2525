"""Real scores: every one is read, and music21 agrees on pitches, onsets and repeats."""

from __future__ import annotations

import re
import warnings
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import pytest

from svs_cli.errors import SvsError
from svs_cli.score.container import open_musicxml
from svs_cli.score.model import Part, Score
from svs_cli.score.musicxml import read_musicxml

SHARED = Path(__file__).parents[2].parent / "shared" / "scores"
LIEDER = sorted(SHARED.glob("lieder/*.mxl"))
SUITE = sorted(path for path in SHARED.glob("testsuite/*") if path.suffix in (".xml", ".musicxml", ".mxl"))
needs_shared = pytest.mark.skipif(not LIEDER, reason="the shared scores are not there")
# music21 keeps both meters of bars in which voice and piano have different ones, so nothing can agree.
# In "Love Relaps'd" it takes the halves of a bar that a repeat sign splits (2 + 1 quarters) for 3 + 1.
DIFFERENT_BARS = ("Les_petits_oiseaux", "Les_tron_ons", "6_V_u", "Love_Relaps_d")
# Sung rests and graces that music21 places differently leave a few notes apart.
AGREEMENT = 0.97


def check_promises(score: Score) -> None:
    assert score.parts
    assert len({part.id for part in score.parts}) == len(score.parts)
    for part in score.parts:
        assert part.notes
        assert not part.notes[0].continues
        end = Fraction(0)
        for note in part.notes:
            assert note.onset_quarters >= end
            assert note.duration_quarters > 0
            assert (note.lyric is None) == note.continues
            assert not note.continues or note.onset_quarters == end
            end = note.end_quarters
        assert end <= score.end_quarters
        positions = [mark.onset_quarters for mark in part.dynamics]
        assert positions == sorted(set(positions))
        assert all(0 <= mark.level <= 1 for mark in part.dynamics)


@pytest.mark.slow
@needs_shared
def test_all_lieder_keep_the_promises() -> None:
    defaulted = 0
    for path in LIEDER:
        score = read_musicxml(path)
        check_promises(score)
        assert 10 < score.duration_seconds < 1200, path.name
        if "Prelude" not in path.name:  # a piano piece that belongs to a cycle of songs
            assert score.parts[0].verses, path.name
        defaulted += sum(int(count) for count in re.findall(r"(\d+) notes without a lyric", " ".join(score.warnings)))
    assert defaulted <= 20  # vocalises after a rest, and syllables that the editors forgot


@pytest.mark.slow
@needs_shared
@pytest.mark.parametrize("path", SUITE, ids=lambda path: path.stem)
def test_testsuite_reads_or_says_why(path: Path) -> None:
    try:
        score = read_musicxml(path)
    except SvsError as error:
        assert error.message
        assert error.exit_code == 3
    else:
        check_promises(score)


def texted_parts_only(path: Path) -> str:
    """The document without its piano, which music21 takes most of its time for."""
    root = open_musicxml(path)
    listed = root.find("part-list")
    for part in root.findall("part"):
        if part.find(".//lyric") is None:
            root.remove(part)
            for entry in listed.findall("score-part"):
                if entry.get("id") == part.get("id"):
                    listed.remove(entry)
    return ElementTree.tostring(root, encoding="unicode")


def music21_notes(path: Path) -> list[set[tuple[float, float]]]:
    """(onset in quarters, MIDI) of all notes and chord tops of each texted part, repeats expanded."""
    from music21 import converter

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parsed = converter.parseData(texted_parts_only(path), format="musicxml")
        return [
            {
                (round(float(note.offset), 3), max(pitch.ps for pitch in note.pitches))
                for note in part.expandRepeats().toSoundingPitch().flatten().notes
                if not note.duration.isGrace and hasattr(note, "pitches")
            }
            for part in parsed.parts
        ]


def plain_notes(part: Part) -> list[tuple[float, float]]:
    """Notes that no grace note has moved."""
    pairs = zip((None, *part.notes), part.notes, strict=False)
    return [
        (round(float(note.onset_quarters), 3), note.midi)
        for before, note in pairs
        if not note.grace and not (before is not None and before.grace)
    ]


@pytest.mark.slow
@needs_shared
@pytest.mark.parametrize("path", LIEDER, ids=lambda path: path.stem[:40])
def test_music21_agrees(path: Path) -> None:
    from music21.repeat import ExpanderException

    if any(name in path.name for name in DIFFERENT_BARS):
        pytest.skip("music21 counts its bars differently")
    score = read_musicxml(path)
    try:
        expected = music21_notes(path)
    except ExpanderException:
        pytest.skip("music21 cannot expand its repeats")
    for part in score.parts:
        if part.verses:
            ours = plain_notes(part)
            best = max(sum(note in notes for note in ours) / len(ours) for notes in expected)
            assert best >= AGREEMENT, f"{part.name}: {best:.3f}"
