"""A trained model on disk: `model.toml` says what it is, `model.safetensors` holds the weights (float16).

Nothing is unpickled. A folder of the wrong kind, with a different mel grid or with weights that do not fit, is refused.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from svs_cli.analysis.mel import MEL
from svs_cli.errors import DataError, UsageError, VoiceMissingError


def read_description(folder: Path, kind: str) -> dict[str, Any]:
    """The model.toml of a folder. Raises VoiceMissingError if there is none, DataError if it is of another kind."""
    path = folder / "model.toml"
    try:
        description = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise VoiceMissingError(
            f"{folder} holds no model.toml", fix="see 'svs doctor' for what is installed"
        ) from error
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {error}") from error
    if description.get("kind") != kind:
        raise DataError(f"{folder} holds a model of kind {description.get('kind')!r}, not {kind!r}")
    if description.get("mel", asdict(MEL)) != asdict(MEL):
        raise DataError(f"{path}: the model was trained on another mel grid", fix="train it again on this one")
    return description


@contextmanager
def understood(folder: Path) -> Iterator[None]:
    """The block makes a network of the folder's description; raises DataError for one of which none can be made."""
    try:
        yield
    except (UsageError, LookupError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise DataError(
            f"{folder / 'model.toml'} is damaged: {error}", fix="reinstall svs-cli, or run the model's recipe"
        ) from error


def load_weights(folder: Path, network: Any) -> None:
    """Put the folder's weights into a module, in float32. Raises DataError if they do not fit."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = folder / "model.safetensors"
    try:
        weights = {name: tensor.float() for name, tensor in load_file(path).items()}
        missing, unexpected = network.load_state_dict(weights, strict=False)
    except FileNotFoundError as error:
        raise VoiceMissingError(f"{path} is missing", fix="reinstall svs-cli, or run the model's recipe") from error
    except (SafetensorError, RuntimeError, OSError) as error:
        raise DataError(f"{path} cannot be loaded: {error}") from error
    if missing or unexpected:
        raise DataError(f"{path} does not fit its model.toml: lacks {missing[:3]}, has beyond it {unexpected[:3]}")
