"""A user's folder with everything that the README talks about: small scores, recordings, and `svs` on the path."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.corpus.fake_bank import RATE_HZ, oto_line, sing, write_string

ROOT = Path(__file__).parents[1]
# What a voice of made recordings can sing as well: their phones are few.
SONGS = {"song": ["さくなく"], "choir": ["やよいの"], "hymn": ["I see the sun", "we hear the sea"]}
SCORE = """<?xml version="1.0"?><score-partwise version="4.0"><part-list><score-part id="P1"><part-name>Alto</part-name>
</score-part></part-list><part id="P1"><measure number="1"><attributes><divisions>1</divisions><time><beats>4</beats>
<beat-type>4</beat-type></time></attributes>{notes}</measure></part></score-partwise>"""
NOTE = "<note><pitch><step>{step}</step><octave>4</octave></pitch><duration>1</duration>{lyrics}</note>"
LYRIC = '<lyric number="{verse}"><text>{text}</text></lyric>'
# What a singer of tones and noise can say.
MORAS = {"あ": ("a",), "い": ("i",), "う": ("ɯ",), "か": ("k", "a"), "き": ("k", "i"), "く": ("k", "ɯ"),
         "さ": ("s", "a"), "す": ("s", "ɯ"), "な": ("n", "a"), "ぬ": ("n", "ɯ")}  # fmt: skip
TEXTS = ("かさきな", "なくすあ", "いかさぬ", "すなかき", "あぬくさ", "きすうな")


def make_user_folder(folder: Path) -> None:
    """Everything that the README's commands read."""
    for name, verses in SONGS.items():
        (folder / f"{name}.musicxml").write_text(small_score(verses), encoding="utf-8")
    write_recordings(folder / "my_recordings")
    write_voicebank(folder / "dorodoro-ja-vcv")
    write_script(folder / "bin")


def write_script(folder: Path) -> None:
    """`svs` as a command that runs this checkout."""
    folder.mkdir()
    script = folder / "svs"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m svs_cli "$@"\n')
    script.chmod(0o755)


def environment(folder: Path) -> dict[str, str]:
    """The quick voice, so that the commands are tested and not the models; a home of its own."""
    path = os.pathsep.join([str(folder / "bin"), os.environ["PATH"]])
    own = {"PATH": path, "PYTHONPATH": str(ROOT), "SVS_VOICE": "formant", "SVS_HOME": str(folder / "home")}
    return {**os.environ, **own}


def small_score(verses: list[str]) -> str:
    """Four notes with these verses: one word a note, or one kana."""
    syllables = [verse.split() if " " in verse else list(verse) for verse in verses]
    notes = ""
    for step, texts in zip("FGAG", zip(*syllables, strict=True), strict=True):
        lyrics = "".join(LYRIC.format(verse=number, text=text) for number, text in enumerate(texts, 1))
        notes += NOTE.format(step=step, lyrics=lyrics)
    return SCORE.format(notes=notes)


def write_recordings(folder: Path) -> None:
    """WAV files with a TXT of the same name that says what is sung."""
    import soundfile

    folder.mkdir()
    for number, text in enumerate(TEXTS, 1):
        samples, _ = sing([MORAS[kana] for kana in text])
        soundfile.write(folder / f"take{number}.wav", samples, RATE_HZ)
        (folder / f"take{number}.txt").write_text(text + "\n", encoding="utf-8")


def write_voicebank(folder: Path) -> None:
    """An UTAU bank of VCV strings with its oto.ini."""
    lines = []
    for text in TEXTS:
        moras = [MORAS[kana] for kana in text]
        onsets = write_string(folder, f"_{text}", moras)
        before = ["-", *(phones[-1].replace("ɯ", "u") for phones in moras)]
        lines += [
            oto_line(f"_{text}", f"{vowel} {kana}", onset)
            for vowel, kana, onset in zip(before, text, onsets, strict=False)
        ]
    (folder / "oto.ini").write_text("\n".join(lines), encoding="cp932")
