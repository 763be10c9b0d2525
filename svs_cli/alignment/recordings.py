"""Aligning a whole manifest: one recording after another on all cores, and what was done is never done again.

Conventions
-----------
- Hand-made and the teacher's labels are kept, and those of breaths alone. Those read off an oto.ini are aligned anew,
  with its vowel onsets as known nuclei; a score guides what has one (`score_clock.py`). What has phones is aligned by
  them, what has only a text by its pronunciation.
- While a run lasts, finished recordings stand in `.<output>.done.jsonl` beside the output; a run that was stopped takes
  them over. The key of a recording is everything that its result depends on.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from svs_cli.alignment.aligner import Aligner, Alignment
from svs_cli.alignment.recognise import recognise
from svs_cli.alignment.score_clock import aligned_by_score
from svs_cli.alignment.text import pausable, phones_of_text
from svs_cli.corpus.audio_file import read_at
from svs_cli.corpus.manifest import Recording
from svs_cli.errors import CorpusError, LyricsError, SvsError, UsageError
from svs_cli.frontend.inventory import BREATH, SILENCE, load_inventory
from svs_cli.parallel import each

KEPT_ORIGINS = ("hand", "teacher")
LOW_CONFIDENCE = 0.25
LOW_PHONE_CONFIDENCE = 0.02
MOST_LOW_PHONES = 0.33
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Outcome:
    """A recording with its phones timed, or the reason why it could not be; `kept` if it had labels already."""

    recording: Recording
    reason: str = ""
    kept: bool = False

    @property
    def confidence(self) -> float:
        """Mean confidence of its phones, 0..1; 1 for labels that were kept."""
        phones, values = self.recording.phones, self.recording.phone_confidences
        spoken = [v for p, v in zip(phones, values, strict=False) if p not in (SILENCE, BREATH)]
        return sum(spoken) / len(spoken) if spoken else float(self.kept)

    @property
    def doubts(self) -> str:
        """Why a person should look at it; empty if nobody need."""
        if self.reason or self.kept:
            return self.reason
        if self.confidence < LOW_CONFIDENCE:
            return f"mean confidence {self.confidence:.2f}: does the text fit the sound?"
        phones, values = self.recording.phones, self.recording.phone_confidences
        low = [p for p, v in zip(phones, values, strict=True) if v < LOW_PHONE_CONFIDENCE and p != BREATH]
        if len(low) > MOST_LOW_PHONES * len(phones):
            return f"{len(low)} of {len(phones)} phones are hardly heard: {' '.join(low[:8])}"
        return ""


def is_spoken(recording: Recording) -> bool:
    """Whether its labels hold a phone that is neither silence nor breath."""
    return not set(recording.phones) <= {SILENCE, BREATH}


def is_kept(recording: Recording) -> bool:
    """Whether its labels are not to be found anew: see the module's conventions."""
    known = not is_spoken(recording) or recording.label_origin in KEPT_ORIGINS
    return bool(recording.phone_ends_seconds) and known


def words_of(recording: Recording) -> list[list[str]]:
    """What is said: the known phones, with a pause wherever one may be, or the pronounced text.

    Phones that are the text's are parted as its words are: "laughed, and" pauses before a vowel, which phones alone
    would join to the consonant. Raises CorpusError without either, LyricsError for a text that cannot be read.
    """
    spoken = [phone for phone in recording.phones if phone not in (SILENCE, BREATH)]
    if spoken:
        written = written_words(recording)
        return written if [phone for word in written for phone in word] == spoken else pausable(spoken)
    if not recording.text.strip():
        raise CorpusError(f"{recording.audio} has neither text nor phones", fix="put its words into the manifest")
    if not recording.language:
        raise CorpusError(f"{recording.audio}: its language is not known", fix="import it again with --language")
    return phones_of_text(recording.text, recording.language)


def written_words(recording: Recording) -> list[list[str]]:
    """The words of its text as phones; none if it has no text that can be read in a known language."""
    try:
        return phones_of_text(recording.text, recording.language) if recording.language else []
    except (LyricsError, UsageError):
        return []


def nuclei_of(recording: Recording) -> tuple[float, ...]:
    """Known starts of the syllable nuclei: given ones, or those of labels from an oto.ini."""
    if recording.nuclei_seconds or recording.label_origin != "oto":
        return recording.nuclei_seconds
    nuclei = load_inventory().nuclei
    pairs = zip(recording.phones, recording.phone_starts_seconds, strict=True)
    return tuple(start for phone, start in pairs if phone in nuclei)


def align_recording(aligner: Aligner, recording: Recording) -> Recording:
    """The recording with phones, ends and confidences. Raises CorpusError or LyricsError with the reason."""
    words = words_of(recording)
    samples, _ = read_at(recording.audio)
    known = nuclei_of(recording)
    if known or not recording.score_nuclei_seconds:
        alignment = aligner.align(aligner.hear(samples), words, known)
    else:
        alignment = aligned_by_score(aligner, samples, words, recording.score_nuclei_seconds)
    return with_alignment(recording, alignment)


def with_alignment(recording: Recording, alignment: Alignment) -> Recording:
    """The recording with an alignment's phones in place of its own."""
    return replace(
        recording,
        phones=alignment.phones,
        phone_ends_seconds=alignment.ends_seconds,
        phone_confidences=tuple(round(value, 3) for value in alignment.confidences),
        label_origin="aligned",
    )


def outcome_of(aligner: Aligner, recording: Recording, recognised: bool = False) -> Outcome:
    """Align one recording; what cannot be aligned keeps its reason."""
    try:
        if recognised:
            samples, _ = read_at(recording.audio)
            return Outcome(with_alignment(recording, recognise(aligner, aligner.hear(samples))))
        if is_kept(recording):
            return Outcome(recording, kept=True)
        return Outcome(align_recording(aligner, recording))
    except SvsError as error:
        return Outcome(recording, reason=error.message)


def align_recordings(
    aligner: Aligner,
    recordings: Sequence[Recording],
    journal: Path | None = None,
    model_digest: str = "",
    progress: Progress = lambda stage, share: None,
    recognised: bool = False,
) -> Iterator[Outcome]:
    """Outcomes in the order of the recordings; `journal` remembers them until the caller removes it.

    With `recognised` the phones are found in the sound, whatever text or labels there are.
    """
    done = read_journal(journal) if journal else {}

    def work(recording: Recording) -> tuple[str, Outcome]:
        key = key_of(recording, model_digest) if journal else ""
        return key, done.get(key) or outcome_of(aligner, recording, recognised)

    for key, outcome in each(work, recordings, aligner, "aligning", progress):
        if journal and key not in done:
            with journal.open("a", encoding="utf-8") as lines:
                item = {"key": key, "reason": outcome.reason, "kept": outcome.kept}
                lines.write(json.dumps(item | {"recording": outcome.recording.to_json()}, ensure_ascii=False) + "\n")
        yield outcome


def key_of(recording: Recording, model_digest: str) -> str:
    """Digest of everything that a recording's outcome depends on."""
    try:
        status = recording.audio.stat()
        content = f"{status.st_size} {status.st_mtime_ns}"
    except OSError:
        content = "missing"
    return hashlib.sha256(f"{model_digest}\n{content}\n{recording.to_json()}".encode()).hexdigest()


def read_journal(path: Path) -> dict[str, Outcome]:
    """Outcomes of an earlier run; a last line that was cut off is passed over."""
    from svs_cli.corpus.manifest import recording_of_json

    done: dict[str, Outcome] = {}
    if not path.is_file():
        return done
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            item = json.loads(line)
            done[item["key"]] = Outcome(recording_of_json(item["recording"]), item["reason"], item["kept"])
        except (ValueError, KeyError, TypeError, CorpusError):
            continue
    return done
