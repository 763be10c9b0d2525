"""`song.sing.toml`: wishes reach the notes that are meant, and what finds nothing says what is near."""

from __future__ import annotations

from dataclasses import fields, replace
from fractions import Fraction
from pathlib import Path

import pytest

from svs_cli.editing.sing_file import BarRange, EveryNote, NoteAddress, beside, directed, with_wishes
from svs_cli.errors import LyricsError, ScoreError
from svs_cli.frontend.draft import draft
from svs_cli.performance.document import NoteDetail
from svs_cli.performance.overrides import NoteOverrides, VibratoOverride
from svs_cli.score.model import Score
from tests.frontend.scores import score_of

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def song(text: str = "My love is like a red, red rose in love-ly love _") -> Score:
    """Quarters in bars of four, from bar 1 beat 1."""
    score = score_of(text)
    notes = [replace(note, beat=float(note.onset_quarters % 4) + 1) for note in score.parts[0].notes]
    return replace(score, parts=(replace(score.parts[0], name="Soprano", notes=tuple(notes)),))


def asked(tmp_path: Path, text: str, score: Score | None = None) -> list[NoteOverrides | None]:
    """What each note of the song is asked."""
    path = tmp_path / "song.sing.toml"
    path.write_text(text, encoding="utf-8")
    return [note.overrides for note in with_wishes(score or song(), path).parts[0].notes]


def touched(wishes: list[NoteOverrides | None]) -> list[int]:
    return [i for i, one in enumerate(wishes) if one is not None]


def test_bar_and_beat(tmp_path: Path) -> None:
    wishes = asked(tmp_path, '[[note]]\npart = "Soprano"\nbar = 2\nbeat = 3\nvibrato.depth_cents = 60')
    assert touched(wishes) == [6]
    assert wishes[6] == NoteOverrides(vibrato=VibratoOverride(depth_cents=60.0))


@pytest.mark.parametrize(
    ("address", "notes"),
    [
        ('word = "love"', [1, 11, 12]),  # not the first half of "lovely"
        ('word = "LOVE"\nnth = 2', [11, 12]),  # with its melisma
        ('word = "lovely"', [9, 10]),
        ('word = "lovely"\nsyllable = 2', [10]),
        ('word = "red"\nnth = 1', [5]),
        ('word = "red rose"', [6, 7]),
        ("bar = 3", [8, 9, 10, 11]),
        ('bar = "1"\nbeat = 1', [0]),
    ],
)
def test_addresses(tmp_path: Path, address: str, notes: list[int]) -> None:
    assert touched(asked(tmp_path, f"[[note]]\n{address}\nscoop_cents = 10")) == notes


def test_words_of_scripts_without_spaces(tmp_path: Path) -> None:
    score = song("や よ い の そ ら や")
    assert touched(asked(tmp_path, '[[note]]\nword = "やよい"\nscoop_cents = 10', score)) == [0, 1, 2]
    assert touched(asked(tmp_path, '[[note]]\nword = "や"\nscoop_cents = 10', score)) == [0, 6]


def test_the_narrower_wins_key_by_key(tmp_path: Path) -> None:
    wishes = asked(
        tmp_path,
        '[[note]]\nbar = 1\nbeat = 2\nvibrato.depth_cents = 60\n'
        '[all]\nstyle = "pop"\nvibrato.rate_hz = 5\nvibrato.depth_cents = 10\n'
        '[[bars]]\nbars = "1-2"\ndynamic = "p"\nstyle = "folk"\n[[bars]]\nbars = 1\ndynamic = ["p", 0.8]',
    )
    assert len(touched(wishes)) == len(wishes)
    assert wishes[1] == NoteOverrides(
        style="folk", dynamic=(0.36, 0.8), vibrato=VibratoOverride(rate_hz=5.0, depth_cents=60.0)
    )
    assert wishes[4] == NoteOverrides(style="folk", dynamic=(0.36, 0.36), vibrato=VibratoOverride(5.0, 10.0))
    assert wishes[8] == NoteOverrides(style="pop", vibrato=VibratoOverride(5.0, 10.0))


def test_a_repeated_bar_may_be_meant_once(tmp_path: Path) -> None:
    score = song()
    notes = score.parts[0].notes
    again = [replace(n, bar_pass=2, onset_quarters=n.onset_quarters + score.end_quarters) for n in notes]
    twice = replace(score, parts=(replace(score.parts[0], notes=(*notes, *again)),), end_quarters=Fraction(26))
    assert touched(asked(tmp_path, "[[note]]\nbar = 1\nbeat = 2\nscoop_cents = 1", twice)) == [1, 14]
    assert touched(asked(tmp_path, "[[note]]\nbar = 1\nbeat = 2\nrepeat = 2\nscoop_cents = 1", twice)) == [14]


@pytest.mark.parametrize(
    ("text", "message", "fix"),
    [
        ("[[note]]\nbar = 2\nbeat = 2.5", "no note begins at beat 2.5 of bar 2", "beat 2 'red,'; beat 3 'red'"),
        ("[[note]]\nbar = 9", "nothing is sung in bar 9", "'Soprano' sings in bars 1, 2, 3, 4"),
        ("[[note]]\nbar = 1\nrepeat = 2", "nothing is sung in bar 1 the 2. time", "bars 1, 2"),
        ('[[note]]\nword = "loove"', "the word 'loove' is not sung", "near it: love"),
        ('[[note]]\nword = "love"\nnth = 3', "'love' is sung 2 times", "in bar 1, 3"),
        ('[[note]]\nword = "love"\nsyllable = 2', "has no syllable 2", None),
        ('[[note]]\nword = "?!"', "is not sung", None),
        ('[[note]]\npart = "Bass"\nbar = 1', "there is no part 'Bass'", "Soprano"),
        ("[[note]]\nscoop_cents = 1", "addressed by 'bar' (and 'beat'), or by 'word'", None),
        ('[[note]]\nword = "my"\nbeat = 2', "'beat' needs 'bar'", None),
        ("[[note]]\nbar = 1\nvibrato.dept_cents = 2", "'dept_cents'", "depth_cents"),
        ("[[note]]\nbar = 1\nscop_cents = 2", "'scop_cents'", "scoop_cents"),
        ("[[note]]\nbar = 1\nscoop_cents = 5000", "between -1200 and 1200", None),
        ('[[note]]\nbar = 1\ndynamic = "loud"', "'loud' is no dynamic", "ppp to fff"),
        ('[[note]]\nbar = 1\nlanguage = "xx"', "the language 'xx' is not sung", "choose one of"),
        ('[[note]]\nword = "lovely"\nphones = "l a"', "several syllables", "syllable = 1"),
        ('[[note]]\nbar = 4\nbeat = 1\nphones = "l a"', "continues a syllable", "first note"),
        ('[all]\nphones = "l a"', "belong to one note", "[[note]]"),
        ('[[bars]]\nbars = "2-9"', "nothing is sung in bars 2-9", "bars 1, 2, 3, 4"),
        ("[[bars]]\nscoop_cents = 1", "which bars?", "5-8"),
        ("[note]\nbar = 1", "[note] stands for many", "[[note]]"),
        ("[notes]\nbar = 1", "unknown table 'notes'", "[[note]]"),
        ("[[note]\n", "not valid TOML", None),
    ],
)
def test_mistakes_are_told(tmp_path: Path, text: str, message: str, fix: str | None) -> None:
    with pytest.raises(ScoreError) as caught:
        asked(tmp_path, text)
    assert message in caught.value.message
    assert "song.sing.toml" in caught.value.message
    assert fix is None or fix in str(caught.value.fix)
    assert caught.value.exit_code == 3


def test_it_is_found_beside_the_score(tmp_path: Path) -> None:
    score = tmp_path / "song.musicxml"
    assert beside(score) is None
    assert directed(song(), score) == song()
    (tmp_path / "song.sing.toml").write_text("[all]\nscoop_cents = 5")
    (tmp_path / "other.toml").write_text("[all]\nscoop_cents = 6")
    assert directed(song(), score).parts[0].notes[0].overrides == NoteOverrides(scoop_cents=5.0)
    own = directed(song(), score, tmp_path / "other.toml")
    assert own.parts[0].notes[0].overrides == NoteOverrides(scoop_cents=6.0)
    with pytest.raises(ScoreError, match="there is no file"):
        directed(song(), score, tmp_path / "none.toml")


def drafted(tmp_path: Path, text: str, words: str, **options: str) -> tuple[list[str], tuple[NoteDetail, ...]]:
    path = tmp_path / "song.sing.toml"
    path.write_text(text, encoding="utf-8")
    score = with_wishes(song(words), path)
    segment = draft(score, score.parts[0], **options).segments[0]  # type: ignore[arg-type]
    return list(segment.phones), segment.details


def test_phones_and_languages_reach_the_draft(tmp_path: Path) -> None:
    phones, details = drafted(tmp_path, '[[note]]\nword = "か"\nphones = "g o"', "さ か な")
    assert "".join(phones) == "saɡonaSP"
    assert [d.overrides.phones for d in details if d.overrides] == [("g", "o")]
    text = '[[note]]\nword = "love"\nlanguage = "English"'
    german, _ = drafted(tmp_path, "", "die love", language="de")
    mixed, details = drafted(tmp_path, text, "die love", language="de")  # the wish wins over the option
    assert [detail.language for detail in details[:2]] == ["de", "en"]
    assert german != mixed


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[note]]\nword = "か"\nphones = "k"', "no vowel"),
        ('[[note]]\nword = "か"\nphones = "k ?"', "not in the inventory"),
        ('[[note]]\nword = "か"\nphone_lengths_seconds = { "-2" = 0.1 }', "'か' has no phone -2"),
        ('[[note]]\nword = "か"\nphone_lengths_seconds = { "1" = 0.1 }', "'か' has no phone 1"),
    ],
)
def test_phones_that_are_not_there(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(LyricsError, match=message.replace("?", r"\?")):
        drafted(tmp_path, text, "さ か な")


def test_every_key_stands_in_the_readme() -> None:
    keys = {field.name for kind in (EveryNote, BarRange, NoteAddress, VibratoOverride) for field in fields(kind)}
    missing = [key for key in sorted(keys) if f"`{key}`" not in README and f"`vibrato.{key}`" not in README]
    assert not missing
