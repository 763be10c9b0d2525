"""A safetensors file written piece by piece and read without loading it.

Conventions
-----------
- While a file grows, its tensors wait in nameless temporary files beside it, so memory holds one of them at a time.
- Tensors of four bytes come first, then those of two, then bytes: each is aligned, so it can be used where it lies.
- What is read is mapped from the disk: pages come into memory when they are touched, and leave it when it is scarce.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from svs_cli.atomic import writing
from svs_cli.errors import CorpusError, UsageError

NAMES = {"float32": "F32", "float16": "F16", "int16": "I16", "uint8": "U8"}
TYPES = {name: np.dtype(numpy_name).newbyteorder("<") for numpy_name, name in NAMES.items()}
LONGEST_HEADER_BYTES = 100_000_000
MADE_BY = "make it again with 'svs corpus prepare'"


@dataclass
class TensorFile:
    """Takes tensors one by one; `metadata` may be filled until the end."""

    spools: Mapping[int, IO[bytes]]
    metadata: dict[str, str] = field(default_factory=dict)
    entries: dict[int, list[tuple[str, str, list[int], int]]] = field(default_factory=lambda: {4: [], 2: [], 1: []})

    def add(self, name: str, tensor: NDArray[Any]) -> None:
        """Append one tensor; its type must be one of `NAMES`."""
        content = np.ascontiguousarray(tensor)
        self.spools[content.itemsize].write(content.data if content.size else b"")
        entry = (name, NAMES[content.dtype.name], list(content.shape), content.nbytes)
        self.entries[content.itemsize].append(entry)

    def header(self) -> bytes:
        """The head of the file, padded to eight bytes."""
        described: dict[str, Any] = {"__metadata__": self.metadata}
        offset = 0
        for entries in self.entries.values():
            for name, kind, shape, size in entries:
                described[name] = {"dtype": kind, "shape": shape, "data_offsets": [offset, offset + size]}
                offset += size
        text = json.dumps(described, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
        return text + b" " * (-len(text) % 8)


@contextmanager
def writing_tensors(path: Path) -> Iterator[TensorFile]:
    """A file that takes tensors and appears whole when the block ends well. Raises UsageError if the disk is full."""
    with ExitStack() as stack:
        try:
            spools: dict[int, IO[bytes]] = {
                size: stack.enter_context(tempfile.TemporaryFile(dir=path.parent)) for size in (4, 2, 1)
            }
            tensors = TensorFile(spools)
            yield tensors
            header = tensors.header()
            with writing(path) as part, part.open("wb") as out:
                out.write(len(header).to_bytes(8, "little") + header)
                for spool in spools.values():
                    spool.seek(0)
                    shutil.copyfileobj(spool, out, 1 << 20)
        except OSError as error:
            raise UsageError(
                f"{path} cannot be written: {error.strerror or error}",
                fix="make room or choose another folder; finished recordings are kept",
            ) from error


@dataclass(frozen=True)
class MappedTensors:
    """The tensors of a file by name, and its metadata."""

    metadata: Mapping[str, str]
    places: Mapping[str, tuple[str, tuple[int, ...], int, int]]
    content: NDArray[np.uint8]

    def __getitem__(self, name: str) -> NDArray[Any]:
        """The tensor as it lies in the file, read-only. Raises KeyError."""
        kind, shape, begin, end = self.places[name]
        return self.content[begin:end].view(TYPES[kind]).reshape(shape)

    def __contains__(self, name: object) -> bool:
        return name in self.places


def map_tensors(path: Path) -> MappedTensors:
    """Open a safetensors file without reading its tensors. Raises CorpusError if it is damaged or absent."""
    try:
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            if not 2 <= size <= min(LONGEST_HEADER_BYTES, path.stat().st_size - 8):
                raise ValueError("its head has an impossible length")
            described = json.loads(file.read(size))
        metadata = described.pop("__metadata__", {})
        content = np.memmap(path, np.uint8, mode="r", offset=8 + size) if described else np.zeros(0, np.uint8)
        places = {name: place_of(entry, len(content)) for name, entry in described.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorpusError(f"{path} is no feature shard: {error}", fix=MADE_BY) from error
    return MappedTensors(metadata, places, np.asarray(content))


def place_of(entry: dict[str, Any], size: int) -> tuple[str, tuple[int, ...], int, int]:
    """Type, shape, begin and end of a tensor. Raises ValueError if they contradict each other or the file's size."""
    begin, end = entry["data_offsets"]
    shape = tuple(int(extent) for extent in entry["shape"])
    kind = entry["dtype"]
    if kind not in TYPES or not 0 <= begin <= end <= size:
        raise ValueError("it ends before its tensors do" if kind in TYPES else f"it holds tensors of type {kind}")
    if TYPES[kind].itemsize * int(np.prod(shape, dtype=np.int64)) != end - begin:
        raise ValueError("a tensor's shape does not fit its size")
    return kind, shape, int(begin), int(end)
