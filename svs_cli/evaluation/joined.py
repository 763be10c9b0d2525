"""Short recordings of one speaker, one after the other in one: a recogniser takes as long for 3 seconds as for 30.

Conventions
-----------
- Joined are neighbours that agree in all labels (speaker, style, language) and have phones with times; others stay
  alone. Each is as long as its labels say, in whole frames, and a pause of digital silence follows it.
- A joined source has no recording or place of its own, only its parts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from svs_cli.errors import UsageError
from svs_cli.evaluation.judges import LONGEST_JUDGED_SECONDS
from svs_cli.evaluation.sources import Original, Source, info_of
from svs_cli.frontend.inventory import SILENCE
from svs_cli.units import GRID

PAUSE_FRAMES = 26  # 0.3 s


def joined(sources: Sequence[Source], longest_seconds: float) -> list[Source]:
    """The sources, neighbours joined as long as that lasts at most `longest_seconds`. Raises UsageError."""
    if not 0 < longest_seconds <= LONGEST_JUDGED_SECONDS:
        fix = f"use up to {LONGEST_JUDGED_SECONDS}: judges listen no longer"
        raise UsageError(f"recordings cannot be joined to {longest_seconds:g} seconds", fix=fix)
    return [source_of(parts) for parts in runs(sources, GRID.frame_of(longest_seconds))]


def runs(sources: Sequence[Source], longest_frames: int) -> Iterator[list[Source]]:
    """Neighbours that fit together."""
    run: list[Source] = []
    filled = 0
    for source in sources:
        frames = frames_of(info_of(source))
        fits = run and frames and filled and source.labels == run[0].labels and filled + frames <= longest_frames
        if run and not fits:
            yield run
            run, filled = [], 0
        run.append(source)
        filled += frames
    if run:
        yield run


def source_of(parts: Sequence[Source]) -> Source:
    """One source, its own part where there is no other."""
    if len(parts) == 1:
        return parts[0]
    title = f"{parts[0].title} and {len(parts) - 1} more"
    return replace(parts[0], title=title, index=None, recording=None, parts=tuple(parts))


def frames_of(info: Mapping[str, Any]) -> int:
    """How many frames a recording has in a joined one, with its pause; 0 if its phones have no times."""
    ends_seconds = info.get("ends_seconds") or ()
    return GRID.frame_of(ends_seconds[-1]) + PAUSE_FRAMES if ends_seconds and info.get("phones") else 0


def joined_original(originals: Sequence[Original], infos: Sequence[Mapping[str, Any]]) -> Original:
    """The sound of all, of shape (512 * frames,)."""
    frames = [frames_of(info) for info in infos]
    pairs = list(zip(originals, frames, strict=True))
    samples = [fitted(one.samples, count * GRID.hop_samples, GRID.hop_samples) for one, count in pairs]
    f0_hz = [fitted(one.f0_hz, count, 1) for one, count in pairs]
    return Original(np.concatenate(samples), np.concatenate(f0_hz), min(one.band_hz for one in originals))


def fitted(values: np.ndarray, length: int, for_each_frame: int) -> np.ndarray:
    """`values` of shape (n,) as long as the labels, then the pause: shape (length,)."""
    sounding = values[: length - PAUSE_FRAMES * for_each_frame]
    return np.pad(sounding, (0, length - len(sounding))).astype(np.float32)


def joined_info(infos: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What is known of all, by the keys of shards: words and notes only where each recording has them.

    >>> one = {"language": "en", "text": "oh", "phones": ["oʊ"], "ends_seconds": [0.5]}
    >>> [round(end, 2) for end in joined_info([one, one])["ends_seconds"]], joined_info([one, one])["text"]
    ([0.5, 0.8, 1.3, 1.6], 'oh oh')
    """
    phones: list[str] = []
    ends_seconds: list[float] = []
    notes: list[dict[str, Any]] = []
    frames = 0
    for info in infos:
        start_seconds = float(GRID.seconds_of(frames))
        frames += frames_of(info)
        phones += [*info["phones"], SILENCE]
        ends_seconds += [start_seconds + end for end in info["ends_seconds"]] + [float(GRID.seconds_of(frames))]
        notes += [later(note, start_seconds) for note in info.get("notes") or ()]
    texts = [str(info.get("text") or "") for info in infos]
    return {
        **infos[0],
        "phones": phones,
        "ends_seconds": ends_seconds,
        "text": " ".join(texts) if all(texts) else "",
        "notes": notes if all(info.get("notes") for info in infos) else [],
    }


def later(note: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """A note, so much later."""
    return {**note, **{key: note[key] + seconds for key in ("start_seconds", "end_seconds")}}
