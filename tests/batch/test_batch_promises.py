"""What `svs batch` promises, with real processes: the bytes of `svs synth`, faster, and unharmed by kills.

The full size (a hundred scores, twenty kills) takes minutes and both cores: `make check-batch` runs it, with
SVS_CHECK_SCORES=100 and SVS_CHECK_KILLS=20. Without these variables a small one runs.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import soundfile

from svs_cli.batch.records import HIDDEN_FOLDER
from svs_cli.batch.workers import usable_cores
from tests.batch.songs import short_scores

ROOT = Path(__file__).parents[2]
SCORES = int(os.environ.get("SVS_CHECK_SCORES", "4"))
KILLS = int(os.environ.get("SVS_CHECK_KILLS", "3"))
FULL_SIZE = 100
SPEED_UP = 1.6
VOICE = os.environ.get("SVS_CHECK_VOICE", "formant")
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "SVS_HOME": str(folder / "home"), "SVS_VOICE": VOICE}


def svs(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "svs_cli", *map(str, arguments)]
    return subprocess.run(command, cwd=folder, env=environment(folder), capture_output=True, text=True, check=False)


def keyed_manifest(folder: Path, scores: list[Path]) -> list[tuple[str, str, int]]:
    """A manifest with a key for each score; (score, output, key) of its rows."""
    rows = [(path.name, f"{path.stem}.wav", number % 5 - 2) for number, path in enumerate(scores)]
    lines = [",".join(map(str, row)) for row in rows]
    (folder / "songs.csv").write_text("\n".join(["score,output,key", *lines]) + "\n")
    return rows


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("*.wav"))}


@pytest.mark.slow
def test_throughput_and_bytes_against_synth_in_a_loop(tmp_path: Path) -> None:
    rows = keyed_manifest(tmp_path, short_scores(tmp_path, SCORES))
    (tmp_path / "alone").mkdir()
    svs(tmp_path, "synth", rows[0][0], "-o", "warm-up.wav", "-q")  # the disk's cache for both
    started = time.perf_counter()
    for score, output, key in rows:
        ran = svs(tmp_path, "synth", score, "-o", f"alone/{output}", "--key", key, "-q")
        assert ran.returncode == 0, ran.stderr
    alone_seconds = time.perf_counter() - started
    started = time.perf_counter()
    ran = svs(tmp_path, "batch", "songs.csv", "-o", "together")
    together_seconds = time.perf_counter() - started
    assert ran.returncode == 0, ran.stderr
    gain = alone_seconds / together_seconds
    sung_seconds = sum(soundfile.info(path).duration for path in (tmp_path / "together").glob("*.wav"))
    sys.stderr.write(
        f"\n{len(rows)} scores, {sung_seconds:.0f} s of sound, voice {VOICE}, {usable_cores()} cores: svs synth in a "
        f"loop {alone_seconds:.1f} s, svs batch {together_seconds:.1f} s: {gain:.2f} times\n"
    )
    assert digests(tmp_path / "together") == digests(tmp_path / "alone")
    assert len(digests(tmp_path / "together")) == len(rows)
    if len(rows) >= FULL_SIZE and usable_cores() >= 2:
        assert gain >= SPEED_UP


def start_batch(folder: Path, log: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "svs_cli", "batch", "songs.csv", "-o", "out", "--json"]
    with log.open("wb") as stdout, log.with_suffix(".err").open("wb") as stderr:
        return subprocess.Popen(
            command, cwd=folder, env=environment(folder), stdout=stdout, stderr=stderr, start_new_session=True
        )


def told(log: Path) -> list[dict[str, object]]:
    """Whole lines of a run's output."""
    return [json.loads(line) for line in log.read_text().splitlines(keepends=True) if line.endswith("\n")]


@pytest.mark.slow
def test_kills_at_random_lose_nothing_and_repeat_nothing(tmp_path: Path) -> None:
    chance = random.Random(7)
    rows = keyed_manifest(tmp_path, short_scores(tmp_path, SCORES))
    out = tmp_path / "out"
    sung: list[str] = []
    known: dict[str, str] = {}
    ends: list[int] = []
    for number in range(KILLS + 1):
        log = tmp_path / f"run-{number}.jsonl"
        before = digests(out)
        assert known.items() <= before.items(), "a finished file was lost or changed"
        running = start_batch(tmp_path, log)
        if number < KILLS:
            # Some die while they start, the others within the time that their share of the songs takes.
            wait_for_songs(running, log, chance.randint(0, max(1, 2 * (SCORES - len(known)) // (KILLS - number))))
            time.sleep(chance.uniform(0.0, 0.5))
            interrupt(running, SIGNALS[number % len(SIGNALS)], everybody=bool(number % 2))
        ends.append(running.wait(timeout=600))
        complaint = log.with_suffix(".err").read_text()
        assert "Traceback" not in complaint or "svs_cli/cli" not in complaint  # Python's own start is not ours
        lines = told(log)
        assert not [line for line in lines if line["status"] == "failed"]
        sung += [str(line["output"]) for line in lines if line["status"] == "sung"]
        known = digests(out)
        for path in out.glob("*.wav"):
            assert soundfile.info(path).frames > 0, "a broken file"
    assert ends[-1] == 0
    assert len(known) == len(rows)
    assert len(sung) == len(set(sung)), "a song was sung twice"
    assert {path.name for path in (out / HIDDEN_FOLDER).iterdir()} == {"lock", *(f"{name}.json" for _, name, _ in rows)}
    assert not [path for path in out.rglob("*") if path.suffix == ".part"]
    last = told(tmp_path / f"run-{KILLS}.jsonl")
    assert {line["status"] for line in last} <= {"kept", "sung"}
    reference = tmp_path / "reference"
    ran = svs(tmp_path, "batch", "songs.csv", "-o", reference.name)
    assert ran.returncode == 0, ran.stderr
    assert digests(reference) == known
    late = sum(code == 0 for code in ends) - 1
    sys.stderr.write(f"\n{len(rows)} scores, {KILLS} kills ({late} after the end), {len(sung)} sung, 0 twice\n")


def interrupt(running: subprocess.Popen[bytes], number: signal.Signals, everybody: bool) -> None:
    """Signal the batch, or its workers too, as a terminal does on Ctrl-C and a system that shuts down."""
    if running.poll() is None:
        os.killpg(running.pid, number) if everybody else running.send_signal(number)


def wait_for_songs(running: subprocess.Popen[bytes], log: Path, songs: int) -> None:
    """Until a run has sung so many, or has ended."""
    while running.poll() is None and sum(line["status"] == "sung" for line in told(log)) < songs:
        time.sleep(0.02)


@pytest.mark.slow
def test_ray_gives_the_same_bytes(tmp_path: Path) -> None:
    pytest.importorskip("ray")
    rows = keyed_manifest(tmp_path, short_scores(tmp_path, 2))
    manifest = tmp_path / "songs.csv"
    manifest.write_text(f"{manifest.read_text()}nowhere.mid,none.wav,0\n")
    here = svs(tmp_path, "batch", "songs.csv", "-o", "here")
    there = svs(tmp_path, "batch", "songs.csv", "-o", "there", "--engine", "ray", "--workers", 2, "--json")
    assert (here.returncode, there.returncode) == (3, 3), there.stderr
    assert digests(tmp_path / "there") == digests(tmp_path / "here")
    assert len(digests(tmp_path / "there")) == len(rows)
    assert "Traceback" not in there.stderr
    again = svs(tmp_path, "batch", "songs.csv", "-o", "there", "--engine", "ray", "--json")
    assert sorted(json.loads(line)["status"] for line in again.stdout.splitlines()) == ["failed", "kept", "kept"]
