"""Fetching: from a repository over the network (a local one stands in), from disk, and what goes wrong."""

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile

from svs_cli.corpus.sources import fetch as fetching
from svs_cli.corpus.sources import git_objects
from svs_cli.corpus.sources.fetch import STAMP, Fetched, Network, fetch, fetch_source
from svs_cli.corpus.sources.listing import list_folder
from svs_cli.corpus.sources.table import find_source
from svs_cli.errors import CorpusError, MissingError, UsageError
from tests.corpus.made_source import PATHS, Made, git, make_source, write_tone

SHARED = Path(__file__).parents[3].parent / "shared"
LOCAL = Network("file", ())
Get = Callable[..., Fetched]

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    return make_source(tmp_path, monkeypatch)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "corpora" / "made"


@pytest.fixture
def get(made: Made, folder: Path) -> Get:
    def run(origin: Path | None = None, accept: bool = False, network: Network = LOCAL) -> Fetched:
        return fetch_source(made.source, origin, folder, accept, lambda stage, share: None, network)

    return run


def names(folder: Path) -> list[str]:
    """All that lies beside the folder and in it."""
    return sorted(path.relative_to(folder.parent).as_posix() for path in folder.parent.rglob("*") if path.is_file())


def everything(folder: Path) -> list[str]:
    files = [STAMP, "LICENSE", "oto.ini", *(f"songs/か{number}.wav" for number in range(5))]
    return sorted(f"{folder.name}/{name}" for name in files)


def test_a_repository_gives_the_needed_files_byte_for_byte(made: Made, folder: Path, get: Get) -> None:
    fetched = get()
    assert (fetched.how, fetched.files, fetched.accepted) == ("git", 7, ())
    assert names(folder) == everything(folder)
    assert (folder / "oto.ini").read_bytes() == b"a.wav=a,1,2,3,4,5\n"
    assert (folder / "songs" / "か3.wav").read_bytes() == (made.repository / "songs" / "か3.wav").read_bytes()


def test_once_there_it_is_checked_and_left_alone(folder: Path, get: Get) -> None:
    get()
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert get(network=Network("none", ())).how == "present"
    assert before == {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    (folder / "songs" / "か2.wav").unlink()
    with pytest.raises(CorpusError, match="songs/か2 is missing"):
        get()


def test_an_interrupted_download_goes_on_where_it_stopped(
    made: Made, folder: Path, get: Get, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_objects, "BATCH_FILES", 2)
    bring, asked = git_objects.bring, []

    def failing(store: Path, url: str, wanted: list[str], *more: object) -> None:
        asked.extend(wanted)
        if len(asked) > 5:
            raise MissingError("the line is dead")
        bring(store, url, wanted, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(git_objects, "bring", failing)
    with pytest.raises(MissingError, match="dead"):
        get()
    assert not folder.exists() and not (folder.parent / ".made.part").exists()
    arrived = set(asked[:5])
    asked.clear()
    monkeypatch.setattr(git_objects, "bring", lambda *arguments: (asked.extend(arguments[2]), bring(*arguments)))
    assert get().how == "git"
    assert asked and not arrived & set(asked)
    assert names(folder) == everything(folder)


def test_a_server_that_ignores_filters_will_do(made: Made, folder: Path, get: Get) -> None:
    git(made.repository, "config", "uploadpack.allowFilter", "false")
    assert get().how == "git"
    assert names(folder) == everything(folder)


def test_protocols_are_limited_and_final_failures_are_not_tried_again(made: Made, get: Get) -> None:
    with pytest.raises(MissingError, match="not allowed"):
        get(network=Network("https", (100.0,)))
    gone = replace(made.source, commit="0" * 39 + "1")
    with pytest.raises(MissingError, match="not our ref"):
        fetch_source(gone, None, made.repository.parent / "x", False, lambda *_: None, Network("file", (100.0,)))


def test_a_stalled_line_is_tried_again(made: Made, get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    run, failures = git_objects.run_git, [CorpusError("git fetch failed: early EOF")] * 2

    def sometimes(arguments: list[str], *more: object) -> bytes:
        if arguments[0] == "fetch" and failures:
            raise failures.pop()
        return run(arguments, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(git_objects, "run_git", sometimes)
    with pytest.raises(MissingError, match="early EOF"):
        get(network=Network("file", (0.0,)))
    failures[:] = [CorpusError("git fetch failed: early EOF")] * 2
    assert get(network=Network("file", (0.0, 0.0))).how == "git"


def test_checkouts_and_bare_repositories_are_read_at_the_commit(made: Made, folder: Path, get: Get) -> None:
    (made.repository / "oto.ini").write_text("changed since, and committed")
    git(made.repository, "commit", "--quiet", "--all", "--message", "later")
    assert get(made.repository).how == "repository"
    assert (folder / "oto.ini").read_bytes() == b"a.wav=a,1,2,3,4,5\n"
    shutil.rmtree(folder)
    bare = folder.parent / "bare"
    git(made.repository, "clone", "--quiet", "--bare", ".", str(bare))
    assert get(bare).how == "repository"
    assert sorted(list_folder(folder, PATHS)) == sorted(list_folder(made.repository, PATHS))


def object_file(made: Made, path: str) -> Path:
    name = git(made.repository, "rev-parse", f"HEAD:{path}")
    return made.repository / ".git" / "objects" / name[:2] / name[2:]


def test_objects_that_nobody_needs_may_be_missing(made: Made, folder: Path, get: Get) -> None:
    object_file(made, "film.mp4").unlink()
    assert get(made.repository).how == "repository"
    shutil.rmtree(folder)
    object_file(made, "songs/か1.wav").unlink()
    with pytest.raises(CorpusError, match=r"lacks the content of songs/か1\.wav"):
        get(made.repository)
    assert not folder.exists()


def test_a_bare_repository_without_the_commit_is_refused(made: Made, tmp_path: Path, get: Get) -> None:
    git(tmp_path, "init", "--quiet", "--bare", "empty")
    with pytest.raises(CorpusError, match="does not hold commit"):
        get(tmp_path / "empty")


def test_a_pointer_of_large_file_storage_is_no_recording(made: Made, tmp_path: Path) -> None:
    (made.repository / "oto.ini").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    git(made.repository, "commit", "--quiet", "--all", "--message", "pointer")
    source = replace(made.source, commit=git(made.repository, "rev-parse", "HEAD"))
    with pytest.raises(CorpusError, match=r"oto\.ini is a Git LFS pointer"):
        fetch_source(source, made.repository, tmp_path / "out", False, lambda *_: None)


def plain_copy(made: Made, place: Path) -> Path:
    shutil.copytree(made.repository, place, ignore=shutil.ignore_patterns(".git", "film.mp4"))
    return place


def test_a_copy_that_was_converted_without_loss_is_the_same(made: Made, tmp_path: Path, folder: Path, get: Get) -> None:
    copy = plain_copy(made, tmp_path / "copy")
    for path in sorted(copy.rglob("*.wav")):
        samples, rate_hz = soundfile.read(path, dtype="int16")
        soundfile.write(path.with_suffix(".flac"), samples, rate_hz, subtype="PCM_16")
        path.unlink()
    fetched = get(copy)
    assert (fetched.how, fetched.accepted) == ("copy", ())
    assert (folder / "songs" / "か0.flac").is_file()


def test_a_changed_copy_is_refused_by_name_until_it_is_accepted(
    made: Made, tmp_path: Path, folder: Path, get: Get
) -> None:
    copy = plain_copy(made, tmp_path / "copy")
    write_tone(copy / "songs" / "か1.wav", 500)
    (copy / "oto.ini").unlink()
    write_tone(copy / "songs" / "more.wav", 500)
    with pytest.raises(CorpusError, match=r"oto\.ini is missing \(and 2 more files differ\)") as caught:
        get(copy)
    assert "--accept-changes" in (caught.value.fix or "") and not folder.exists()
    fetched = get(copy, accept=True)
    assert fetched.accepted == (
        "oto.ini is missing", "songs/more does not belong to it", "songs/か1 has other content",
    )  # fmt: skip
    assert get().how == "present"  # accepted once is accepted
    write_tone(folder / "songs" / "か1.wav", 600)
    with pytest.raises(CorpusError, match="is there, but is not made"):
        get()


def test_links_out_of_a_copy_are_not_followed(made: Made, tmp_path: Path, folder: Path, get: Get) -> None:
    copy = plain_copy(made, tmp_path / "copy")
    (tmp_path / "secret").write_text("secret")
    (copy / "LICENSE").unlink()
    (copy / "LICENSE").symlink_to(tmp_path / "secret")
    with pytest.raises(CorpusError, match="LICENSE is missing"):
        get(copy)
    get(copy, accept=True)
    assert not (folder / "LICENSE").exists()


def test_a_full_disk_leaves_nothing_behind(
    made: Made, tmp_path: Path, folder: Path, get: Get, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy, copyfile = plain_copy(made, tmp_path / "copy"), shutil.copyfile

    def full(source: Path, target: Path) -> None:
        if source.suffix == ".wav":
            raise OSError(28, "No space left on device", str(target))
        copyfile(source, target)

    monkeypatch.setattr(fetching.shutil, "copyfile", full)
    with pytest.raises(CorpusError, match="No space left"):
        get(copy)
    assert names(folder) == []


def test_other_peoples_files_are_not_touched(folder: Path, get: Get) -> None:
    folder.mkdir(parents=True)
    (folder / "diary.txt").write_text("mine")
    with pytest.raises(CorpusError, match="is there, but is not made"):
        get()
    assert names(folder) == ["made/diary.txt"]


def test_an_empty_folder_is_filled(folder: Path, get: Get) -> None:
    folder.mkdir(parents=True)
    assert get().how == "git"


def test_what_is_missing_is_named(made: Made, tmp_path: Path, get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="no folder"):
        get(tmp_path / "absent")
    with pytest.raises(UsageError, match="no source is called"):
        fetch("nobody")
    with pytest.raises(MissingError, match="program that speaks") as caught:
        fetch("kokoro")
    assert "teach" in (caught.value.fix or "")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingError, match="needs git"):
        get()


def test_paths_that_leave_the_folder_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    listed = b"".join(
        mode + b" " + kind + b" " + b"a" * 40 + b"\t" + path + b"\x00"
        for mode, kind, path in (
            (b"100644", b"blob", b"%s"), (b"120000", b"blob", b"link"), (b"160000", b"commit", b"module"),
        )
    )  # fmt: skip
    monkeypatch.setattr(git_objects, "run_git", lambda *_: listed % b"songs/a.wav")
    assert list(git_objects.files_of_commit(tmp_path, "x")) == ["songs/a.wav"]
    for bad in (b"../up", b"/etc/x", b"a/.git/config", b"a\\..\\b"):
        monkeypatch.setattr(git_objects, "run_git", lambda *_, bad=bad: listed % bad)
        with pytest.raises(CorpusError, match="leaves its folder"):
            git_objects.files_of_commit(tmp_path, "x")


def test_git_gets_no_settings_of_another_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", "/elsewhere")
    monkeypatch.setenv("GIT_SSH_COMMAND", "sh")
    environment = git_objects.environment("https")
    assert "GIT_DIR" not in environment and "GIT_SSH_COMMAND" not in environment
    assert environment["GIT_ALLOW_PROTOCOL"] == "https" and environment["PATH"] == os.environ["PATH"]


@pytest.mark.parametrize("name", ["dorodoro", "no7"])
@pytest.mark.skipif(not (SHARED / "corpus").is_dir(), reason="needs the shared corpora")
def test_the_copies_at_hand_are_what_the_table_says(name: str, tmp_path: Path) -> None:
    fetched = fetch(name, origin=SHARED / "corpus" / name, output=tmp_path / name)
    assert (fetched.how, fetched.files, fetched.accepted) == ("copy", find_source(name).files, ())
