"""Shelves of content, and the user's home."""

from __future__ import annotations

from pathlib import Path

import pytest

from svs_cli import bundled
from svs_cli.errors import MissingError


def test_the_wheel_comes_before_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundled, "PACKAGE_FOLDER", tmp_path / "svs_cli")
    with pytest.raises(MissingError, match="'data'") as caught:
        bundled.shelf("data")
    assert caught.value.exit_code == 4
    checkout, wheel = tmp_path / "data", tmp_path / "svs_cli" / "_bundled" / "data"
    checkout.mkdir()
    assert bundled.shelf("data") == checkout
    wheel.mkdir(parents=True)
    assert bundled.shelf("data") == wheel


def test_home_can_be_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SVS_HOME", "~/singers")
    assert bundled.home() == Path("~/singers").expanduser()
    monkeypatch.delenv("SVS_HOME")
    assert bundled.home().name == "svs"
