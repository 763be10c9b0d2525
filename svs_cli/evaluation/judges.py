"""Optional predictors that listen without a reference: naturalness, words and phones understood, speaker similarity.

Conventions
-----------
- None is needed, each is imported when it is asked for: `pip install 'svs-cli[judges]'`; phones are heard by the
  aligner that ships with svs. They were trained on speech,
  so a figure means something only beside the same figure of a real recording or of another system.
- Naturalness: DistillMOS, 1 to 5, of the first 60 s at a peak of 0.7. Words: faster-whisper, which hears all of the
  sound, with a model folder that is already on this machine. Similarity: cosine of Resemblyzer's embeddings, which it
  cuts silence from first.
"""

from __future__ import annotations

import re
import sys
import types
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from functools import lru_cache
from io import StringIO
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from svs_cli.analysis.edits import edits
from svs_cli.errors import ExtraMissingError, MissingError, UsageError
from svs_cli.units import GRID

Samples = NDArray[np.float32]
Judge = Literal["naturalness", "words", "phones", "speaker"]
JUDGES: tuple[Judge, ...] = get_args(Judge)
JUDGE_RATE_HZ = 16_000
LONGEST_JUDGED_SECONDS = 60
PEAK = 0.7
STUCK_COMPRESSION = 2.4  # Whisper's own limit: text that gzip makes so many times smaller repeats itself
EXTRA = "judges"


@dataclass(frozen=True)
class Bench:
    """Which judges sit, and what they need: Whisper's model folder, the singer's own recording at 44.1 kHz."""

    judges: tuple[Judge, ...] = ()
    whisper_folder: Path | None = None
    speaker: Samples | None = None

    def __post_init__(self) -> None:
        for judge in self.judges:
            if judge not in JUDGES:
                raise UsageError(f"there is no judge {judge!r}", fix=f"use one of: {', '.join(JUDGES)}")
        if "words" in self.judges and self.whisper_folder is None:
            raise UsageError("the judge 'words' needs a Whisper model", fix="name its folder with --whisper-model")

    def check(self) -> None:
        """Raise ExtraMissingError or MissingError before any work is done, if a judge cannot come."""
        if "naturalness" in self.judges:
            distillmos()
        if "words" in self.judges:
            whisper(self.whisper_folder or Path())
        if "phones" in self.judges:
            aligner()
        if "speaker" in self.judges:
            resemblyzer()

    def metrics(
        self,
        samples: Samples,
        lyrics: Sequence[str],
        language: str,
        reference: Samples | None,
        phones: Sequence[str] = (),
    ) -> dict[str, float | None]:
        """What the judges say of 44.1 kHz samples; only their own figures."""
        figures: dict[str, float | None] = {}
        if "naturalness" in self.judges:
            figures["naturalness_mos"] = naturalness_mos(samples)
        if "words" in self.judges:
            text = heard_text(samples, language, self.whisper_folder or Path())
            figures["character_error_rate"] = character_error_rate("".join(lyrics), text, language)
        if "phones" in self.judges:
            figures["phone_error_rate"] = heard_phone_error_rate(samples, phones)
        if "speaker" in self.judges:
            other = self.speaker if self.speaker is not None else reference
            figures["speaker_similarity"] = None if other is None else speaker_similarity(samples, other)
        return figures


def at_judge_rate(samples: Samples, longest_seconds: int | None = LONGEST_JUDGED_SECONDS) -> Samples:
    """16 kHz samples of the first minute, or of all, at a peak of 0.7."""
    import librosa

    cut = samples if longest_seconds is None else samples[: longest_seconds * GRID.sample_rate_hz]
    slow = librosa.resample(cut, orig_sr=GRID.sample_rate_hz, target_sr=JUDGE_RATE_HZ)
    return (slow / max(1e-9, float(np.abs(slow).max(initial=0.0))) * PEAK).astype(np.float32)


def naturalness_mos(samples: Samples) -> float:
    """DistillMOS of 44.1 kHz samples. Raises ExtraMissingError."""
    import torch

    with torch.no_grad():
        return float(distillmos()(torch.as_tensor(at_judge_rate(samples))[None]))


@lru_cache(maxsize=1)
def distillmos() -> Any:
    """The loaded predictor. Raises ExtraMissingError."""
    try:
        with torchaudio_or_placeholder():
            from distillmos import ConvTransformerSQAModel
    except ImportError:
        raise ExtraMissingError("distillmos", extra=EXTRA, purpose="the judge 'naturalness'") from None
    with redirect_stdout(StringIO()):  # it announces its weights where results belong
        return ConvTransformerSQAModel().eval()


@contextmanager
def torchaudio_or_placeholder() -> Iterator[None]:
    """DistillMOS imports torchaudio for its own command line only: where there is none, an empty module will do."""
    try:
        import torchaudio  # type: ignore[import-not-found,unused-ignore]  # noqa: F401
    except (ImportError, OSError):
        import torch

        module, transforms = types.ModuleType("torchaudio"), types.ModuleType("torchaudio.transforms")
        transforms.MFCC = torch.nn.Identity  # type: ignore[attr-defined]
        module.transforms = transforms  # type: ignore[attr-defined]
        placeholders = {"torchaudio": module, "torchaudio.transforms": transforms}
        sys.modules.update(placeholders)
        try:
            yield
        finally:
            for name in placeholders:
                sys.modules.pop(name, None)
        return
    yield


@lru_cache(maxsize=1)
def whisper(folder: Path) -> Any:
    """The loaded recogniser. Raises ExtraMissingError, or MissingError where the folder holds no model."""
    try:
        from faster_whisper import WhisperModel
    except ImportError:
        raise ExtraMissingError("faster-whisper", extra=EXTRA, purpose="the judge 'words'") from None
    if not (folder / "model.bin").is_file():
        raise MissingError(
            f"{folder} holds no Whisper model (model.bin)", fix="name the folder of a model in faster-whisper's format"
        )
    return WhisperModel(str(folder), device="cpu", compute_type="int8")


def heard_text(samples: Samples, language: str, folder: Path) -> str:
    """What Whisper understands; `language` "" lets it guess.

    Its usual cure for repeating itself is to guess by chance, which made errors of the same sound differ threefold.
    Instead nothing is left to chance, no window knows of the one before, and a sound in which it got stuck is heard
    again without any three tokens twice.
    """
    whole = at_judge_rate(samples, longest_seconds=None)  # Whisper has windows of its own; all words are asked

    def pieces(**rules: int) -> list[Any]:
        told = {"language": language or None, "beam_size": 5, "temperature": 0.0, "condition_on_previous_text": False}
        return list(whisper(folder).transcribe(whole, **told, **rules)[0])

    heard = pieces()
    if any(piece.compression_ratio > STUCK_COMPRESSION for piece in heard):
        heard = pieces(no_repeat_ngram_size=3)
    return " ".join(piece.text for piece in heard)


def character_error_rate(asked: str, heard: str, language: str = "") -> float | None:
    """Edits over the asked length, None where nothing is asked.

    >>> character_error_rate("Sakura!", "sakula")
    0.16666666666666666
    """
    if language == "ja":
        asked, heard = in_kana(asked), in_kana(heard)
    asked, heard = plain(asked), plain(heard)
    return edits(asked, heard) / len(asked) if asked else None


def plain(text: str) -> str:
    """Letters alone: no case, spaces, punctuation, or width of characters."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text).casefold())


def in_kana(text: str) -> str:
    """Japanese by its sound where pyopenjtalk is installed, else as written."""
    try:
        import pyopenjtalk
    except ImportError:
        return text
    return str(pyopenjtalk.g2p(text, kana=True))


@lru_cache(maxsize=1)
def aligner() -> Any:
    """The loaded aligner. Raises VoiceMissingError if none is installed."""
    from svs_cli.alignment.aligner import load_aligner
    from svs_cli.voices.library import DEFAULT_ALIGNER, find_model

    return load_aligner(find_model(DEFAULT_ALIGNER, "aligner"))


def heard_phone_error_rate(samples: Samples, phones: Sequence[str]) -> float | None:
    """Errors of the phones that the aligner recognises against the asked ones, None where none are asked."""
    from svs_cli.alignment.recognise import phone_error_rate, recognise

    return phone_error_rate(phones, recognise(aligner(), aligner().hear(samples)).phones)


@lru_cache(maxsize=1)
def resemblyzer() -> Any:
    """The loaded encoder. Raises ExtraMissingError."""
    try:
        from resemblyzer import VoiceEncoder
    except ImportError:
        raise ExtraMissingError("resemblyzer", extra=EXTRA, purpose="the judge 'speaker'") from None
    return VoiceEncoder("cpu", verbose=False)


def speaker_similarity(samples: Samples, other: Samples) -> float:
    """Cosine of two embeddings, of 44.1 kHz samples. Raises ExtraMissingError."""
    encoder = resemblyzer()
    from resemblyzer import preprocess_wav

    pair = [encoder.embed_utterance(preprocess_wav(at_judge_rate(one), JUDGE_RATE_HZ)) for one in (samples, other)]
    return float(np.dot(pair[0], pair[1]) / (np.linalg.norm(pair[0]) * np.linalg.norm(pair[1])))
