"""Puts the content folders into the wheel: they have no package of their own, and live under `svs_cli/_bundled/` there.

A checkout that is installed in place (`pip install -e`) finds them beside the package and needs no copy.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SHELVES = ("data", "models", "recipes")
LEFT_OUT = {"data/pictures"}


class BundledContent(BuildHookInterface):  # type: ignore[misc]
    """Adds every folder of every shelf by name; files that lie loose on a shelf are left out."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        for shelf in SHELVES:
            for folder in sorted(Path(self.root, shelf).iterdir()):
                name = f"{shelf}/{folder.name}"
                if folder.is_dir() and name not in LEFT_OUT:
                    build_data["force_include"][str(folder)] = f"svs_cli/_bundled/{name}"
