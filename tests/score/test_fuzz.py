"""Damaged scores of every format are read, or refused with a clear error; nothing else ever happens.

Every example is a demo score, or one built here, with a few random injuries. The injuries follow from a seed, so a
failure names all that is needed to see it again.
"""

from __future__ import annotations

import io
import random
import re
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from svs_cli.errors import SvsError
from svs_cli.score.compass import HIGHEST_MIDI, LOWEST_MIDI
from svs_cli.score.model import Score
from svs_cli.score.read import read_score
from tests.score.builders import meter, midi_track, save_midi, scale, tempo, ust_text, ustx_text

DEMOS = Path(__file__).parents[2] / "data" / "scores"
LIEDER = Path(__file__).parents[2].parent / "shared" / "scores" / "lieder"
SECONDS_ALLOWED = 5.0  # of processor time: a busy machine is nobody's fault
NUMBERS = [
    "0",
    "-1",
    "-480",
    "1",
    "97",
    "1000000",
    "99999999999999999999",
    "1e308",
    "NaN",
    "inf",
    "-0.5",
    "1/0",
    "",
    "x",
]
Injury = Callable[[random.Random, bytes], bytes]


def flip_bytes(rng: random.Random, data: bytes) -> bytes:
    damaged = bytearray(data)
    for _ in range(rng.choice([1, 2, 8, 40])):
        damaged[rng.randrange(len(damaged))] = rng.randrange(256)
    return bytes(damaged)


def remove_chunk(rng: random.Random, data: bytes) -> bytes:
    start = rng.randrange(len(data))
    return data[:start] + data[start + rng.choice([1, 4, 30, 300, 3000]) :]


def repeat_chunk(rng: random.Random, data: bytes) -> bytes:
    start = rng.randrange(len(data))
    chunk = data[start : start + rng.choice([1, 4, 30, 300, 3000])]
    at = rng.randrange(len(data))
    return data[:at] + chunk * rng.choice([1, 1, 3]) + data[at:]


def truncate(rng: random.Random, data: bytes) -> bytes:
    return data[: rng.randrange(len(data))]


def replace_numbers(rng: random.Random, data: bytes) -> bytes:
    share = rng.choice([0.003, 0.02, 0.2])
    return re.sub(
        rb"(?<![\w#])-?\d+(\.\d+)?",
        lambda m: rng.choice(NUMBERS).encode() if rng.random() < share else m.group(),
        data,
    )


def edit_elements(rng: random.Random, data: bytes) -> bytes:
    """XML: some elements lose their tags, become others, or lose an attribute; in other formats, some lines go."""
    tags = sorted(set(re.findall(rb"<([a-z-]+)", data)))
    if not tags:
        lines = data.splitlines(keepends=True)
        return b"".join(line for line in lines if rng.random() > 0.03)
    tag, other = rng.choice(tags), rng.choice(tags)
    kind = rng.randrange(5)
    if kind == 0:
        return re.sub(rb"</?" + tag + rb"\b[^>]*>", b"", data)
    if kind == 1:
        return re.sub(rb"(</?)" + tag + rb"\b", rb"\1" + other, data)
    if kind == 2:
        return re.sub(rb"(<" + tag + rb")\s[^>/]*", rb"\1", data)
    if kind == 3:
        return re.sub(rb'="[^"]*"', lambda m: b'="' + rng.choice([b"stop", b"start", b"-1", b""]) + b'"', data, count=9)
    elements = re.findall(rb"<" + tag + rb"\b.*?</" + tag + rb">", data, re.DOTALL)
    return data.replace(rng.choice(elements), b"", rng.choice([1, -1])) if elements else data


INJURIES: tuple[Injury, ...] = (flip_bytes, remove_chunk, repeat_chunk, truncate, replace_numbers, edit_elements)


def healthy(kind: str, tmp_path: Path) -> list[tuple[str, bytes]]:
    """(file name, content) of undamaged scores of a format."""
    musicxml = sorted(DEMOS.glob("*.musicxml"))
    if kind == "musicxml":
        return [(path.name, path.read_bytes()) for path in musicxml]
    if kind == "mxl":
        return [(f"{path.stem}.mxl", compressed(path.read_bytes())) for path in musicxml]
    if kind == "ust":
        lyrics = ["- さ", "a く", "u ら", "R", "-", "や", "息", "a k", "い"]
        text = ust_text([(lyric, 480, 60 + i) for i, lyric in enumerate(lyrics * 3)])
        return [("a.ust", text.encode("cp932")), ("b.ust", text.encode())]
    if kind == "ustx":
        notes = [(i * 480, 480, 60 + i % 12, text) for i, text in enumerate(["hello", "+", "la", "-", "さ", "R"] * 4)]
        return [("a.ustx", ustx_text(notes, position=960).encode())]
    notes, texts = scale(["A-", "maz-", "ing ", "grace ", "-", "how "] * 5)
    voice = midi_track(notes, name="Voice", meta=[tempo(0, 90), meter(0, 3, 4), tempo(960, 120), meter(1440, 6, 8)])
    words = midi_track(texts=[(0, "@KMIDI"), *((t, "/" + w) for t, w in texts)], kind="text", name="Words")
    karaoke = save_midi(tmp_path / "source.kar", voice, words).read_bytes()
    return [("a.kar", karaoke), ("twinkle.mid", (DEMOS / "twinkle.mid").read_bytes())]


def compressed(score: bytes) -> bytes:
    container = b'<container><rootfiles><rootfile full-path="score.xml"/></rootfiles></container>'
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("META-INF/container.xml", container)
        archive.writestr("score.xml", score)
    return packed.getvalue()


def check_invariants(score: Score) -> None:
    assert any(part.notes for part in score.parts)
    assert 0 < score.duration_seconds < 5 * 3600
    for part in score.parts:
        end = None
        for note in part.notes:
            assert note.duration_quarters > 0
            assert LOWEST_MIDI <= note.midi <= HIGHEST_MIDI
            assert note.onset_quarters >= (end or 0)
            assert note.lyric is not None or (note.continues and end is not None)
            end = note.end_quarters
        assert end is None or end <= score.end_quarters


def injure_and_read(name: str, content: bytes, seed: int, folder: Path) -> str:
    """ "read" or "refused"; anything else raises, and says how to repeat it."""
    rng = random.Random(f"{name} {seed}")
    data = content
    for injury in rng.choices(INJURIES, k=rng.choice([1, 1, 2, 3])):
        data = injury(rng, data) or b" "
    path = folder / f"{seed}-{name}"
    path.write_bytes(data)
    started = time.process_time()
    try:
        check_invariants(read_score(path))
        outcome = "read"
    except SvsError as error:
        assert str(error)
        outcome = "refused"
    except Exception as error:
        raise AssertionError(f"{name}, seed {seed}, kept as {path}: {type(error).__name__}: {error}") from error
    assert time.process_time() - started < SECONDS_ALLOWED, f"{name}, seed {seed}, kept as {path}: too slow"
    path.unlink()
    return outcome


def fuzz(kind: str, tmp_path: Path, examples: int) -> None:
    scores = healthy(kind, tmp_path)
    outcomes = {"read": 0, "refused": 0}
    for name, content in scores:
        (tmp_path / name).write_bytes(content)
        check_invariants(read_score(tmp_path / name))
        for seed in range(examples // len(scores)):
            outcomes[injure_and_read(name, content, seed, tmp_path)] += 1
    assert all(outcomes.values()), f"the injuries are all too light or all too heavy: {outcomes}"


@pytest.mark.parametrize(
    ("kind", "examples"), [("midi", 200), ("ust", 200), ("ustx", 80), ("musicxml", 80), ("mxl", 60)]
)
def test_damage_gives_clear_errors(kind: str, examples: int, tmp_path: Path) -> None:
    fuzz(kind, tmp_path, examples)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["midi", "ust", "ustx", "musicxml", "mxl"])
def test_much_damage_gives_clear_errors(kind: str, tmp_path: Path) -> None:
    fuzz(kind, tmp_path, 2000)


@pytest.mark.slow
@pytest.mark.skipif(not LIEDER.is_dir(), reason="the shared scores are not here")
def test_damaged_songs_with_piano_give_clear_errors(tmp_path: Path) -> None:
    for path in sorted(LIEDER.rglob("*.mxl"))[::12]:
        with zipfile.ZipFile(path) as archive:
            inner = max(
                (item for item in archive.infolist() if "META-INF" not in item.filename), key=lambda i: i.file_size
            )
            content = archive.read(inner)
        for seed in range(6):
            injure_and_read("song.musicxml", content, seed, tmp_path)
