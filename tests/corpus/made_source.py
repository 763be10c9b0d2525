"""A public corpus that was made for a test: a git repository, its source, its listing."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile

from svs_cli.corpus.sources.listing import digest_of, list_folder, listing_text
from svs_cli.corpus.sources.table import Source, SourceFolder

URL = "https://example.org/somebody/corpus"
PATHS = ("songs/*.wav", "oto.ini", "LICENSE")


@dataclass(frozen=True)
class Made:
    """A repository with more than the source needs."""

    source: Source
    repository: Path


def git(folder: Path, *arguments: str) -> str:
    """Run git as somebody, without the settings of whoever runs the test."""
    settings = {"HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_DATE": "@0 +0000"}
    settings |= {f"GIT_{who}_{what}": "x@y" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=os.environ | settings, capture_output=True, check=True, text=True
    )
    return done.stdout.strip()


def write_tone(path: Path, hz: float, seconds: float = 0.05) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    time = np.arange(int(44_100 * seconds)) / 44_100
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * hz * time), 44_100, subtype="PCM_16")


def make_source(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    """A repository under `folder`, whose listing is on the shelf, and which the source's URL leads to."""
    repository = folder / "upstream"
    for number in range(5):
        write_tone(repository / "songs" / f"か{number}.wav", 220 + 10 * number)
    (repository / "oto.ini").write_bytes(b"a.wav=a,1,2,3,4,5\n")
    (repository / "LICENSE").write_bytes(b"be nice\n")
    (repository / "film.mp4").write_bytes(b"large" * 1000)
    # Whoever checks this out gets other line ends, and whoever exports it gets no LICENSE
    (repository / ".gitattributes").write_bytes(b"*.ini text eol=crlf\nLICENSE export-ignore\n")
    git(repository, "init", "--quiet")
    git(repository, "config", "uploadpack.allowFilter", "true")
    git(repository, "config", "uploadpack.allowAnySHA1InWant", "true")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message", "all")
    listing = list_folder(repository, PATHS)
    shelf = folder / "shelf"
    (shelf / "listings").mkdir(parents=True)
    (shelf / "listings" / "made.txt").write_text(listing_text(listing), encoding="utf-8")
    monkeypatch.setattr("svs_cli.corpus.sources.listing.corpora_shelf", lambda: shelf)
    home = folder / "git-home"
    home.mkdir()
    (home / ".gitconfig").write_text(f'[url "file://{repository}"]\n\tinsteadOf = {URL}\n')
    monkeypatch.setenv("HOME", str(home))
    source = Source(
        name="made", url=URL, format="utau", licence="CC-BY-4.0", credit="somebody", consent="own voice",
        language="ja", about="tones", commit=git(repository, "rev-parse", "HEAD"), paths=PATHS,
        files=len(listing), digest=digest_of(listing), folders=(SourceFolder("songs", "someone"),),
    )  # fmt: skip
    return Made(source, repository)
