"""`svs doctor`: what is here, what is missing, and the command that fixes it."""

from __future__ import annotations

import json
import os
import platform
import re
import sys
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import import_module
from typing import Literal

import typer

from svs_cli import __version__
from svs_cli.cli.options import JsonOption
from svs_cli.errors import MissingError, SvsError

DISTRIBUTION = "svs-cli"
BINARY_PACKAGES = ("torch", "pyworld", "parselmouth", "soundfile", "espeakng_loader")  # may break when loaded
REINSTALL = f"pip install --force-reinstall {DISTRIBUTION}"
DEVELOPMENT_EXTRAS = ("test", "lint")


@dataclass(frozen=True)
class Finding:
    """One thing looked at. "absent" is something optional that is not there; "broken" stops svs from singing."""

    name: str
    status: Literal["ok", "absent", "broken"]
    detail: str
    fix: str = ""


def doctor_command(as_json: JsonOption = False) -> None:
    """Show versions, devices and voices, and how to mend what is missing."""
    findings = list(examine())
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=1))
    else:
        width = max(len(finding.name) for finding in findings)
        for finding in findings:
            print(f"{finding.status:<6}  {finding.name:<{width}}  {finding.detail}")
            if finding.fix:
                print(f"{'':<6}  {'':<{width}}  fix: {finding.fix}")
    if any(finding.status == "broken" for finding in findings):
        raise typer.Exit(MissingError.exit_code)


def examine() -> Iterator[Finding]:
    """Everything that `svs doctor` looks at, in order."""
    yield Finding("svs", "ok", __version__)
    yield Finding("python", "ok", f"{platform.python_version()} at {sys.executable}")
    yield Finding("system", "ok", f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPU threads")
    yield from packages()
    yield from (loading(name) for name in BINARY_PACKAGES)
    yield devices_found()
    yield home_found()
    yield from voices_found()


def packages() -> Iterator[Finding]:
    """Each declared dependency and its version; those of development extras are left out."""
    from importlib import metadata  # a tenth of the time that --help may take

    try:
        declared = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        yield Finding("packages", "absent", "svs runs from a checkout that is not installed", "pip install -e .")
        return
    for requirement in declared:
        name = re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
        extra = re.search(r"extra\s*==\s*['\"]([\w-]+)", requirement)
        if extra and extra[1] in DEVELOPMENT_EXTRAS:
            continue
        try:
            yield Finding(name, "ok", metadata.version(name))
        except metadata.PackageNotFoundError:
            if extra:
                yield Finding(name, "absent", f"extra {extra[1]!r}", f"pip install '{DISTRIBUTION}[{extra[1]}]'")
            else:
                yield Finding(name, "broken", "not installed", f"pip install '{requirement.split(';')[0].strip()}'")


def loading(module: str) -> Finding:
    """Whether a package with binary parts really loads."""
    name = f"import {module}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import_module(module)
    except Exception as error:  # whatever a damaged package raises is what the user needs to know
        return Finding(name, "broken", f"{type(error).__name__}: {error}", REINSTALL)
    return Finding(name, "ok", "loads")


def devices_found() -> Finding:
    """The devices that --device takes."""
    try:
        from svs_cli.voices.singer import devices

        return Finding("devices", "ok", ", ".join(devices()))
    except ImportError as error:
        return Finding("devices", "broken", str(error), "pip install torch")


def home_found() -> Finding:
    """The user's own folder."""
    from svs_cli.bundled import home

    folder = home()
    if not folder.exists():
        return Finding("home", "ok", f"{folder} (made when it is needed; SVS_HOME changes it)")
    if not os.access(folder, os.W_OK):
        return Finding("home", "broken", f"{folder} cannot be written to", "set SVS_HOME to a folder of yours")
    return Finding("home", "ok", str(folder))


def voices_found() -> Iterator[Finding]:
    """Every voice folder, and whether the models that it names are there."""
    from svs_cli.voices.card import RULE_ACOUSTIC, WORLD_VOCODER
    from svs_cli.voices.library import find_model, load_voice, model_folders, read_voice

    for folder in model_folders("voice"):
        name = f"voice {folder.name}"
        try:
            card = read_voice(folder).card
            if card.acoustic != RULE_ACOUSTIC:
                find_model(card.acoustic, "acoustic")
            if card.vocoder != WORLD_VOCODER:
                find_model(card.vocoder, "vocoder")
        except SvsError as error:
            yield Finding(name, "broken", error.message, error.fix or "install the voice again")
        else:
            yield Finding(name, "ok", f"{card.title}; {' '.join(card.languages)}; {card.licence}")
    try:
        yield Finding("default voice", "ok", load_voice().name)
    except SvsError as error:
        yield Finding("default voice", "broken", error.message, REINSTALL)
