"""A faulty recording as a picture: waveform, spectrogram, pitch against its label, phones; the fault is marked.

Conventions: one time axis in seconds; at most `SHOWN_SECONDS` around the first marked place. Equal files give equal
pictures.
"""

from __future__ import annotations

from collections import defaultdict, deque
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from svs_cli.atomic import write_bytes
from svs_cli.corpus.checks.check import Checked, Report
from svs_cli.corpus.checks.listen import F0_GRID, f0_of, resampled
from svs_cli.corpus.checks.rules import Problem
from svs_cli.plots.figure import saved
from svs_cli.plots.fonts import Typeface
from svs_cli.plots.view import ASKED, FAINT, HEARD, INK, PAPER
from svs_cli.units import hz_to_midi

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN_SECONDS = 15.0
LEAD_SECONDS = 1.0
MARK = "#f2c14e"
WIDTH_INCHES, HEIGHT_INCHES = 14.0, 8.0
DOTS_PER_INCH = 90
SHOWN_DB = 90.0
MOST_PHONES = 90
NARROWEST_MARK_SHARE = 0.002
WHOLE_SHARE = 0.9


def worst_of(report: Report, count: int) -> list[Checked]:
    """Recordings to look at: rejected ones first, each rule in turn, so that one fault does not hide the others."""
    queues: dict[tuple[bool, str], deque[Checked]] = defaultdict(deque)
    for item in report.checked:
        for problem in item.problems[:1] if not item.rejected else item.problems:
            if (problem.severity == "reject") == item.rejected:
                queues[not item.rejected, problem.code].append(item)
                break
    chosen: list[Checked] = []
    for is_warning in (False, True):
        waiting = [queue for (warned, _), queue in queues.items() if warned == is_warning]
        while any(waiting) and len(chosen) < count:
            for queue in waiting:
                if queue and len(chosen) < count:
                    chosen.append(queue.popleft())
    return chosen


def draw_problems(item: Checked, target: Path) -> None:
    """Write a PNG of one recording and its problems, atomically; one that cannot be decoded is drawn as its text."""
    import matplotlib

    texts = [item.recording.audio.name, item.recording.text, *item.recording.phones]
    settings = {"font.family": Typeface(texts).families, "text.parse_math": False, "axes.unicode_minus": False}
    with matplotlib.rc_context(settings):  # type: ignore[arg-type]
        write_bytes(target, saved([figure_of(item)], "png", DOTS_PER_INCH))


def figure_of(item: Checked) -> Figure:
    """The whole picture."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_INCHES, HEIGHT_INCHES), dpi=DOTS_PER_INCH, facecolor=PAPER)
    problems = sorted(item.problems, key=lambda problem: problem.severity)
    title = "\n".join(
        f"{problem.severity}: {problem.what}"[:150] for problem in problems[:4]
    )
    figure.text(0.06, 0.975, item.recording.audio.name[:110], fontsize=13, color=INK, va="top")
    figure.text(0.06, 0.94, title, fontsize=9, color=HEARD, va="top")
    start_seconds, samples, rate_hz = excerpt(item)
    if not len(samples):
        figure.text(0.5, 0.5, "no sound", fontsize=16, color=FAINT, ha="center")
        return figure
    axes = figure.subplots(3, 1, sharex=True, height_ratios=[1.0, 1.8, 1.6])
    figure.subplots_adjust(left=0.06, right=0.985, top=0.84, bottom=0.06, hspace=0.07)
    draw_wave(axes[0], samples, start_seconds, rate_hz)
    draw_spectrogram(axes[1], samples.mean(axis=1), start_seconds, rate_hz)
    draw_pitch(axes[2], item, samples.mean(axis=1), start_seconds, rate_hz)
    end_seconds = start_seconds + len(samples) / rate_hz
    for axis in axes:
        mark(axis, problems, (start_seconds, end_seconds))
    draw_phones(axes[1], item, (start_seconds, end_seconds))
    axes[2].set_xlim(start_seconds, end_seconds)
    axes[2].set_xlabel("seconds", color=FAINT)
    return figure


def excerpt(item: Checked) -> tuple[float, NDArray[np.float32], int]:
    """Start in seconds, samples of shape (n, channels) and rate of what is shown; nothing of a broken file."""
    import soundfile

    places = [span[0] for problem in item.problems for span in problem.spans[:1]]
    try:
        with soundfile.SoundFile(item.recording.audio) as file:
            rate_hz, seconds = file.samplerate, file.frames / file.samplerate
            latest = max(0.0, seconds - SHOWN_SECONDS)
            start_seconds = min(latest, max(0.0, min(places, default=0.0) - LEAD_SECONDS))
            file.seek(int(start_seconds * rate_hz))
            samples = file.read(int(SHOWN_SECONDS * rate_hz), dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError, RuntimeError, ValueError, ZeroDivisionError):
        return 0.0, np.zeros((0, 1), np.float32), 1
    return start_seconds, np.nan_to_num(samples, posinf=1.0, neginf=-1.0), rate_hz


def draw_wave(axis: Axes, samples: NDArray[np.float32], start_seconds: float, rate_hz: int) -> None:
    """Highest and lowest sample of each dot, a shade a channel."""
    step = max(1, len(samples) // 2400)
    whole = len(samples) // step * step
    times = start_seconds + np.arange(whole // step) * step / rate_hz
    for number, channel in enumerate(samples.T[:2]):
        rows = channel[:whole].reshape(-1, step)
        low, high = rows.min(axis=1), rows.max(axis=1)
        axis.fill_between(times, low, high, color=(INK, ASKED)[number], alpha=0.75, linewidth=0)
    limit = max(1.02, float(np.abs(samples).max()) * 1.02)
    axis.set_ylim(-limit, limit)
    axis.set_ylabel("wave", color=FAINT)


def draw_spectrogram(axis: Axes, mono: NDArray[np.float32], start_seconds: float, rate_hz: int) -> None:
    """Linear frequency up to half of the rate, so that a band limit shows."""
    size = 1024
    if len(mono) < size:
        return
    step = max(1, (len(mono) - size) // 1400)
    framed = np.lib.stride_tricks.sliding_window_view(mono, size)[::step]
    power_db = 20 * np.log10(np.abs(np.fft.rfft(framed * np.hanning(size), axis=1)).T + 1e-7)
    end_seconds = start_seconds + ((len(framed) - 1) * step + size) / rate_hz
    top = float(power_db.max())
    axis.imshow(
        power_db, origin="lower", aspect="auto", cmap="magma", vmin=top - SHOWN_DB, vmax=top,
        extent=(start_seconds, end_seconds, 0.0, rate_hz / 2000.0),
    )  # fmt: skip
    axis.set_ylabel("kHz", color=FAINT)


def draw_pitch(axis: Axes, item: Checked, mono: NDArray[np.float32], start_seconds: float, rate_hz: int) -> None:
    """Heard F0 as dots, asked notes as lines."""
    f0_hz = f0_of(resampled(mono - mono.mean(), rate_hz))
    times = start_seconds + F0_GRID.seconds_of(np.arange(len(f0_hz)))
    voiced = f0_hz > 0
    axis.plot(times[voiced], hz_to_midi(f0_hz[voiced]), ".", color=HEARD, markersize=3, label="heard")
    for note in item.recording.notes:
        axis.hlines(note.midi, note.start_seconds, note.end_seconds, color=ASKED, linewidth=4, alpha=0.6)
    if item.recording.pitch_midi is not None and not item.recording.notes:
        axis.axhline(item.recording.pitch_midi, color=ASKED, linewidth=3, alpha=0.6, label="label")
    axis.set_ylabel("MIDI", color=FAINT)
    axis.grid(True, axis="y", alpha=0.3)
    axis.set_ylim(*pitch_limits(item, hz_to_midi(f0_hz[voiced])))


def pitch_limits(item: Checked, heard_midi: NDArray[np.floating]) -> tuple[float, float]:
    """Room for what is heard and asked."""
    asked = [note.midi for note in item.recording.notes]
    asked += [item.recording.pitch_midi] if item.recording.pitch_midi is not None else []
    values = np.concatenate([np.asarray(asked, np.float64), np.asarray(heard_midi, np.float64)])
    return (float(values.min()) - 3.0, float(values.max()) + 3.0) if len(values) else (36.0, 84.0)


def draw_phones(axis: Axes, item: Checked, shown: tuple[float, float]) -> None:
    """Phones and where they meet, if they can be read."""
    recording = item.recording
    if not recording.phone_ends_seconds:
        return
    inside = [
        (phone, start, end)
        for phone, start, end in zip(
            recording.phones, recording.phone_starts_seconds, recording.phone_ends_seconds, strict=True
        )
        if end > shown[0] and start < shown[1]
    ]
    top = axis.get_ylim()[1]
    for phone, start, end in inside if len(inside) <= MOST_PHONES else ():
        axis.axvline(end, color="white", linewidth=0.6, alpha=0.7)
        middle = (max(start, shown[0]) + min(end, shown[1])) / 2
        axis.text(middle, top * 0.97, phone, color="white", fontsize=8, ha="center", va="top", clip_on=True)


def mark(axis: Axes, problems: list[Problem], shown: tuple[float, float]) -> None:
    """Shade the marked places; a very short one is widened until it can be seen."""
    least = NARROWEST_MARK_SHARE * (shown[1] - shown[0])
    for problem in problems:
        for start, end in problem.spans:
            inside = end >= shown[0] and start <= shown[1]
            if inside and end - start < WHOLE_SHARE * (shown[1] - shown[0]):  # all of it marked would mark nothing
                axis.axvspan(start, max(end, start + least), color=MARK, alpha=0.28, linewidth=0, zorder=3)
