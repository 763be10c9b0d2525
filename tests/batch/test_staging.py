"""What a killed run leaves behind: committed work is put in its place, the rest is removed, living runs are let be."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from svs_cli.batch import staging
from svs_cli.batch.records import DONE, Record, described, is_done, is_untouched, read_record, record_path
from svs_cli.batch.staging import MOVES_FILE, Staging, commit, recover


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def staged(job: Path, *names: str) -> tuple[dict[Path, Path], Record]:
    """Finished files in a job's folder, their places two folders up, and their record."""
    place = job.parents[2]
    moves = {}
    for name in names:
        path = job / name
        path.write_text(f"sound of {name}")
        moves[path] = place / name
    record = Record(DONE, "a.mid", "f", tuple(described(path, path.name) for path in moves))
    return moves, record


def test_a_committed_job_is_in_its_place_with_a_record(tmp_path: Path) -> None:
    output = tmp_path / "new" / "a.wav"
    with Staging() as run:
        run.prepare(output)
        job = run.job_folder(output, 1)
        moves, record = staged(job, "a.wav", "b.wav")
        commit(job, moves, record, output)
        assert not job.exists()
    assert files(tmp_path / "new") == {"a.wav", "b.wav", ".svs/a.wav.json", ".svs/lock"}
    assert read_record(output) == record
    assert is_done(record, output, "f")
    assert not is_done(record, output, "another")
    (tmp_path / "new" / "b.wav").write_text("sound of b.WAV")
    assert not is_done(record, output, "f")


class Killed(BaseException):
    """Stands for a SIGKILL: nothing of the program runs after it."""


@pytest.mark.parametrize("moves_before_the_kill", [0, 1, 2, None])
def test_a_kill_between_any_two_moves_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moves_before_the_kill: int | None
) -> None:
    output = tmp_path / "a.wav"
    run = Staging()
    run.prepare(output)
    job, half_done = run.job_folder(output, 1), run.job_folder(output, 2)
    (half_done / "c.wav").write_text("half")
    moves, record = staged(job, "a.wav", "b.wav")
    left = moves_before_the_kill

    def killing(source: Path, target: Path) -> None:
        nonlocal left
        if left == 0:
            raise Killed
        left = None if left is None else left - 1
        os.replace(source, target)

    with monkeypatch.context() as context:
        context.setattr(staging, "move", killing)
        try:
            commit(job, moves, record, output)
        except Killed:
            assert not record_path(output).exists()
    (_, lock), = run.runs.values()
    lock.close()  # what the system does for a dead process
    recover(tmp_path / ".svs")
    assert files(tmp_path) == {"a.wav", "b.wav", ".svs/a.wav.json", ".svs/lock"}
    assert is_done(read_record(output), output, "f")


def test_a_kill_before_the_commit_leaves_nothing(tmp_path: Path) -> None:
    output = tmp_path / "a.wav"
    run = Staging()
    run.prepare(output)
    job = run.job_folder(output, 1)
    staged(job, "a.wav")
    assert not (job / MOVES_FILE).exists()
    (_, lock), = run.runs.values()
    lock.close()
    recover(tmp_path / ".svs")
    assert files(tmp_path) == {".svs/lock"}


def test_a_living_run_is_let_be(tmp_path: Path) -> None:
    output = tmp_path / "a.wav"
    with Staging() as living:
        living.prepare(output)
        job = living.job_folder(output, 1)
        moves, record = staged(job, "a.wav")
        with Staging() as other:
            other.prepare(tmp_path / "b.wav")
            assert (job / "a.wav").exists()
        assert (job / "a.wav").exists()
        commit(job, moves, record, output)
    assert is_done(read_record(output), output, "f")


def test_a_copied_output_is_known_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_text("sound")
    remembered = described(path, "a.wav")
    os.utime(path, (1, 1))
    assert is_untouched(tmp_path, remembered)
    path.write_text("noise")
    assert not is_untouched(tmp_path, remembered)
    path.unlink()
    assert not is_untouched(tmp_path, remembered)


def test_damaged_records_count_as_none(tmp_path: Path) -> None:
    output = tmp_path / "a.wav"
    assert read_record(output) is None
    record_path(output).parent.mkdir()
    for content in ("", "[]", '{"status": 1}', '{"status": "done", "source": "a", "extra": 1}', "[" * 100_000):
        record_path(output).write_text(content)
        assert read_record(output) is None


def test_long_names_have_records_too(tmp_path: Path) -> None:
    output = tmp_path / ("さくら" * 28)
    assert len(os.fsencode(record_path(output).name)) <= 255
    assert record_path(output) != record_path(tmp_path / ("さくら" * 28 + ".wav"))
