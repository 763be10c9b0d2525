"""Where shipped content and the user's own content live.

A *shelf* is a folder of content that is no code (`data`, `models`, `recipes`): inside the package in an installed
wheel (`svs_cli/_bundled/`), beside the package in a checkout. The *home* is the user's: voices, corpora, caches.
"""

from __future__ import annotations

import os
from pathlib import Path

from svs_cli.errors import MissingError

PACKAGE_FOLDER = Path(__file__).parent


def shelf(name: str) -> Path:
    """The folder of shipped content called `name`. Raises MissingError if this installation lacks it.

    >>> shelf("data").is_dir()
    True
    """
    for folder in (PACKAGE_FOLDER / "_bundled" / name, PACKAGE_FOLDER.parent / name):
        if folder.is_dir():
            return folder
    raise MissingError(
        f"the folder {name!r} that belongs to svs is not installed",
        fix="pip install --force-reinstall --no-deps svs-cli",
    )


def home() -> Path:
    """The user's own folder: $SVS_HOME, or the platform's user data folder. It need not exist yet."""
    chosen = os.environ.get("SVS_HOME")
    if chosen:
        return Path(chosen).expanduser()
    import platformdirs

    return platformdirs.user_data_path("svs", appauthor=False)
