"""What `svs corpus prepare` did: shards, speakers, and what was left out and why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from svs_cli.corpus.manifest import Recording

MENDED = "f0_mended_frames"


@dataclass(frozen=True)
class Rejected:
    """A recording that is left out, and why."""

    audio: Path
    speaker: str
    reason: str

    def to_json(self) -> str:
        """One line, without line feed."""
        item = {"audio": str(self.audio), "speaker": self.speaker, "reason": self.reason}
        return json.dumps(item, ensure_ascii=False)


@dataclass
class SpeakerSummary:
    """What was prepared of one speaker in one style."""

    speaker: str
    style: str
    recordings: int = 0
    minutes: float = 0.0
    timed: int = 0
    train: int = 0
    dev: int = 0
    test: int = 0
    gains_db: list[float] = field(default_factory=list)
    f0_mended_frames: int = 0

    def add(self, info: Mapping[str, Any], seconds: float) -> None:
        """Count one recording."""
        self.recordings += 1
        self.minutes += seconds / 60
        self.timed += "ends_seconds" in info
        setattr(self, info["split"], getattr(self, info["split"]) + 1)
        self.f0_mended_frames += info.get(MENDED, 0)
        if info["gain_db"] not in self.gains_db:
            self.gains_db.append(info["gain_db"])

    def line(self) -> str:
        """For people."""
        name = f"{self.speaker} ({self.style})" if self.style else self.speaker
        gains = sorted(self.gains_db)
        gain = f"{gains[0]:+.1f}" if len(gains) == 1 else f"{gains[0]:+.1f} to {gains[-1]:+.1f}"
        return (
            f"{name}: {self.recordings} recordings, {self.minutes:.1f} minutes, {self.timed} with times; "
            f"train {self.train}, dev {self.dev}, test {self.test}; gain {gain} dB; "
            f"F0 mended in {self.f0_mended_frames} frames"
        )


@dataclass
class Prepared:
    """What `prepare` did."""

    shards: list[Path] = field(default_factory=list)
    speakers: dict[tuple[str, str], SpeakerSummary] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)

    def reject(self, recording: Recording, reason: str) -> None:
        """Note that a recording is left out."""
        self.rejected.append(Rejected(recording.audio, recording.speaker, reason))

    def count(self, info: Mapping[str, Any], seconds: float) -> None:
        """Add one recording to its speaker's summary."""
        who = info["speaker"], info["style"]
        self.speakers.setdefault(who, SpeakerSummary(*who)).add(info, seconds)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "shards": [str(path) for path in self.shards],
            "speakers": [{**asdict(s), "minutes": round(s.minutes, 3)} for s in self.speakers.values()],
            "rejected": [json.loads(item.to_json()) for item in self.rejected],
        }
