"""What the figures depend on: processor, memory, system, versions, threads, and the size of the models."""

from __future__ import annotations

import json
import math
import os
import platform
import struct
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from svs_cli import __version__
from svs_cli.batch.workers import usable_cores
from svs_cli.voices.card import RULE_ACOUSTIC, WORLD_VOCODER
from svs_cli.voices.library import find_model

GIBIBYTE = 2**30
WEIGHTS_FILE = "model.safetensors"


@dataclass(frozen=True)
class Machine:
    """Where the figures were measured; `load` is the number of busy processes before, over the last minute."""

    processor: str
    cores: int
    memory_gib: float
    system: str
    python: str
    torch: str
    svs: str
    load: float


@dataclass(frozen=True)
class ModelSize:
    """One model; no parameters for those that work by rule."""

    stage: str
    name: str
    parameters: int = 0
    size_bytes: int = 0


def this_machine() -> Machine:
    """The machine that runs this."""
    return Machine(
        processor=processor_name(),
        cores=usable_cores(),
        memory_gib=round(memory_bytes() / GIBIBYTE, 1),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        torch=metadata.version("torch"),
        svs=__version__,
        load=round(os.getloadavg()[0], 1),
    )


def processor_name() -> str:
    """The processor's name as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def memory_bytes() -> int:
    """Memory of the machine."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def model_sizes(acoustic: str, vocoder: str) -> list[ModelSize]:
    """The models that sing, by the names that `voices.singer.model_name` gives them. Raises VoiceMissingError."""
    found = []
    for stage, name, by_rule in (("acoustic", acoustic, RULE_ACOUSTIC), ("vocoder", vocoder, WORLD_VOCODER)):
        if name == by_rule:
            found.append(ModelSize(stage, name))
        else:
            weights = find_model(name, stage) / WEIGHTS_FILE
            found.append(ModelSize(stage, name, parameters_in(weights), weights.stat().st_size))
    return found


def parameters_in(weights: Path) -> int:
    """Number of values in a safetensors file: read from its header, without its content."""
    with weights.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
    return sum(math.prod(entry["shape"]) for name, entry in header.items() if name != "__metadata__")
