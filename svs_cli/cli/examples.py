"""One command line for every command: --help ends with it, and the README has it in a block that a test runs."""

from __future__ import annotations

UNWRAPPED = "\b\n"  # what tells the help to leave a paragraph's lines as they are
EXAMPLES = {
    "synth": "svs synth song.musicxml --key -3 --tempo 0.9",
    "batch": "svs batch song.musicxml choir.musicxml -o sung",
    "score": "svs score song.musicxml -o song.ds",
    "duration": "svs duration song.ds -o song.ds",
    "pitch": "svs pitch song.ds -o song.ds",
    "retake": "svs retake song.ds --bars 1 --seed 3 -o retaken.ds",
    "takes": "svs takes song.musicxml --n 3 -o takes",
    "acoustic": "svs acoustic song.ds -o song.mel.npz",
    "vocode": "svs vocode song.mel.npz -o song.wav",
    "evaluate": "svs evaluate song.wav --ds stages/song.pitch.ds",
    "plot": "svs plot stages/song.pitch.ds --audio song.wav --bars 1 -o song.svg",
    "report": "svs report stages/song.pitch.ds song.wav -o song.html",
    "voices list": "svs voices list",
    "voices show": "svs voices show formant",
    "voices demo": "svs voices demo formant -o demos",
    "corpus sources": "svs corpus sources",
    "corpus fetch": "svs corpus fetch dorodoro --from dorodoro-ja-vcv --accept-changes",
    "corpus import": "svs corpus import dorodoro -o dorodoro.jsonl",
    "corpus check": "svs corpus check my-aligned.jsonl --plots worst",
    "corpus prepare": "svs corpus prepare my-aligned.jsonl",
    "corpus measure": "svs corpus measure \"$SVS_HOME/shards/dorodoro-core.safetensors\"",
    "corpus shift": "svs corpus shift \"$SVS_HOME/shards/dorodoro-core.safetensors\" "
    "-o \"$SVS_HOME/shards/dorodoro-more.safetensors\"",
    "corpus sing": "svs corpus sing \"$SVS_HOME/shards/dorodoro-core.safetensors\" "
    "-o \"$SVS_HOME/shards/dorodoro-sung.safetensors\" --low G2 --high C4",
    "corpus teach": "svs corpus teach --lang fr --voice alpha --limit 2 -o spoken",
    "align": "svs align my.jsonl -o my-aligned.jsonl",
    "train": "svs train acoustic --recipe my-voice.toml optimiser.steps=4 --resume",
    "export vocoder": "svs export vocoder vocoder-universal -o exported",
    "bench": "svs bench --quick --json -o bench.json",
    "doctor": "svs doctor",
}


def show_example(command: object, words: str) -> None:
    """Let the help of a command, and of the commands in a group, end with its example."""
    children = getattr(command, "commands", None)
    for name, child in (children or {}).items():
        show_example(child, f"{words} {name}")
    if children is None and words in EXAMPLES:
        command.epilog = f"{UNWRAPPED}Example: {EXAMPLES[words]}"  # type: ignore[attr-defined]
