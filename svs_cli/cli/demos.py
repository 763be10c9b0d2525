"""`svs voices demo`: what a voice sounds like, with a picture to look at and figures to compare.

Conventions
-----------
- A demo is the beginning of a shipped score in a language that the voice speaks, up to the last note that ends within
  `DEMO_SECONDS`, moved to the key that suits the voice: into its comfortable range as far as that goes, and no farther.
- For each voice `NAME.wav`, `NAME.ds` and `NAME.png` are written, and for all of them a table, `README.md`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from svs_cli.cli.completion import complete_voice
from svs_cli.cli.console import Console
from svs_cli.cli.options import DeviceOption, JsonOption, QuietOption, SeedOption, StepsOption
from svs_cli.errors import ExtraMissingError

if TYPE_CHECKING:
    from svs_cli.evaluation.judges import Bench
    from svs_cli.pipeline import Rendering
    from svs_cli.score.model import Part, Score
    from svs_cli.voices.card import VoiceCard
    from svs_cli.voices.singer import Take

DEMO_SECONDS = 15.0
SONGS = {"ja": "sakura", "en": "amazing_grace", "de": "stille_nacht"}  # in data/scores
USUAL_SONG = "sakura"
WIDEST_KEY = 24
HEADS = ("voice", "song", "key", "seconds", "DistillMOS", "F0 cents", "in tune %", "roughness dB")


@dataclass(frozen=True)
class Demo:
    """One voice's demo; figures by the names of `evaluation.takes.FIGURES`."""

    voice: str
    title: str
    song: str
    key_semitones: int
    seconds: float
    sound: str
    picture: str
    figures: dict[str, float | None]
    warnings: tuple[str, ...] = ()

    def cells(self) -> tuple[str, ...]:
        """The line of a table."""
        share = self.figures.get("note_accuracy")
        return (
            self.voice, self.song, f"{self.key_semitones:+d}", f"{self.seconds:.1f}",
            shown(self.figures.get("naturalness_mos"), 2), shown(self.figures.get("f0_median_absolute_cents"), 1),
            shown(None if share is None else 100 * share, 1), shown(self.figures.get("roughness_db"), 1),
        )  # fmt: skip


def demo_command(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME", help="Voices; by default all that there are.",
                       autocompletion=complete_voice),
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for sounds, pictures and table.")
    ] = Path("demos"),
    seed: SeedOption = 0,
    steps: StepsOption = None,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:  # fmt: skip
    """Let voices sing 15 seconds each, draw what they sang, and list how natural and how exact it was.

    How natural is asked of DistillMOS, where that is installed.
    """
    from svs_cli.voices.singer import Take

    console = Console(quiet)
    found = list(demos(names or (), output, Take(seed, steps, console.stage), device, console))
    console.finish()
    print(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=1) if as_json else as_text(found))


def demos(
    names: Sequence[str], folder: Path, take: Take, device: str = "auto", console: Console | None = None
) -> Iterator[Demo]:
    """Sing, draw and measure a demo of each voice (none named: all) into the folder. Raises SvsError."""
    from svs_cli.atomic import write_text
    from svs_cli.cli.job import make_folder
    from svs_cli.voices.library import list_voices, load_voice

    console = console or Console(quiet=True)
    voices = [load_voice(name) for name in names] or list_voices()
    make_folder(folder)
    bench = bench_at_hand(console)
    found = []
    for voice in voices:
        found.append(demo(voice.name, folder, take, device, bench))
        console.warn(f"{voice.name}: {warning}" for warning in found[-1].warnings)
        yield found[-1]
    write_text(folder / "README.md", as_markdown(found))


def demo(name: str, folder: Path, take: Take, device: str, bench: Bench) -> Demo:
    """One voice's demo. Raises SvsError."""
    from svs_cli.cli.job import unique_names
    from svs_cli.cli.sound import tags_for, write_sound
    from svs_cli.evaluation.takes import figures_of
    from svs_cli.pipeline import synth
    from svs_cli.units import GRID
    from svs_cli.voices.library import load_voice
    from svs_cli.voices.singer import load_singer

    singer = load_singer(load_voice(name), device=device)
    song = song_for(singer.card)
    score, part, key = material(song, singer.card)
    rendering = synth(score, part, singer, take=take)
    (stem,) = unique_names([name])
    sound, picture = folder / f"{stem}.wav", folder / f"{stem}.png"
    loud = write_sound(sound, rendering.samples, "wav", tags_for(singer.card, score.title))
    write_picture(rendering, picture)
    figures = figures_of(rendering.performance, rendering.samples, bench)
    warnings = (*rendering.performance.warnings, *loud)
    return Demo(
        name, singer.card.title, song, key, len(rendering.samples) / GRID.sample_rate_hz, sound.name, picture.name,
        figures, warnings,
    )  # fmt: skip


def song_for(card: VoiceCard) -> str:
    """The shipped song in the first of a voice's languages that has one."""
    return next((SONGS[language] for language in card.languages if language in SONGS), USUAL_SONG)


def material(song: str, card: VoiceCard) -> tuple[Score, Part, int]:
    """The beginning of a shipped song in a voice's key, with the key in semitones. Raises SvsError."""
    from svs_cli.bundled import shelf
    from svs_cli.score.read import read_score
    from svs_cli.score.transform import select_part, transpose

    score = read_score(shelf("data") / "scores" / f"{song}.musicxml")
    score = beginning(score, select_part(score, None), DEMO_SECONDS)
    key = suiting_key([note.midi for note in score.parts[0].notes], card)
    score = transpose(score, key)
    return score, score.parts[0], key


def beginning(score: Score, part: Part, seconds: float) -> Score:
    """The score with this part alone, up to the last note that ends in time; at least one note."""
    inside = [note for note in part.notes if score.tempo.seconds_at(note.end_quarters) <= seconds] or [part.notes[0]]
    return replace(score, parts=(replace(part, notes=tuple(inside)),), end_quarters=inside[-1].end_quarters)


def suiting_key(notes: Iterable[float], card: VoiceCard) -> int:
    """By how many semitones a tune has to be moved so that it lies in a voice's comfortable range.

    Where it is wider than that, what lies outside does so by as little as can be, on both sides alike.
    """
    low, high = card.comfortable_midi or card.range_midi
    tune = list(notes)

    def cost(key: int) -> tuple[float, int]:
        return sum(max(low - note - key, note + key - high, 0.0) ** 2 for note in tune), abs(key)

    return min(range(-WIDEST_KEY, WIDEST_KEY + 1), key=cost)


def write_picture(rendering: Rendering, target: Path) -> None:
    """Score, F0, dynamics and spectrogram of what was sung, and the document beside it."""
    from svs_cli.atomic import write_bytes, write_text
    from svs_cli.performance.ds_file import to_json
    from svs_cli.plots.bars import Stretch
    from svs_cli.plots.figure import draw
    from svs_cli.plots.scene import scene_of
    from svs_cli.plots.sound import heard_in

    scene = scene_of(rendering.performance, heard_in(rendering.samples), target.stem)
    write_bytes(target, draw(scene, [Stretch(0.0, scene.duration_seconds)], "png"))
    write_text(target.with_suffix(".ds"), to_json(rendering.performance))


def bench_at_hand(console: Console) -> Bench:
    """The judge of naturalness, if it is installed; a note if not."""
    from svs_cli.evaluation.judges import Bench

    bench = Bench(("naturalness",))
    try:
        bench.check()
    except ExtraMissingError as error:
        console.note(f"{error.message}: demos are not judged ({error.fix})")
        return Bench()
    return bench


def shown(value: float | None, decimals: int) -> str:
    """A cell of a table."""
    return "-" if value is None else f"{value:.{decimals}f}"


def as_text(found: Sequence[Demo]) -> str:
    """The table for a terminal."""
    from svs_cli.evaluation.report import aligned

    return aligned([list(HEADS), *(list(one.cells()) for one in found)])


def as_markdown(found: Sequence[Demo]) -> str:
    """The table with pictures, for the folder."""
    lines = ["# Demos", "", f"| {' | '.join(HEADS)} |", f"|{' --- |' * len(HEADS)}"]
    lines += [f"| {' | '.join((f'[{one.title}]({one.sound})', *one.cells()[1:]))} |" for one in found]
    lines += [f"\n## {one.title}\n\n![{one.title}]({one.picture})" for one in found]
    return "\n".join(lines) + "\n"
