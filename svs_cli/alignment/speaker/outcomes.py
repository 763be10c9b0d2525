"""A manifest aligned speaker by speaker; see `learned`.

Conventions
-----------
- Labels of people and of the teacher are kept, and learned from: a speaker without any starts from those of all others
  in the manifest.
- Where the manifest has none, a trained aligner labels each speaker's recordings first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from svs_cli.alignment.aligner import Aligner, Alignment
from svs_cli.alignment.recordings import Outcome, is_kept, is_spoken, with_alignment, words_of
from svs_cli.alignment.speaker.learned import Progress, Spoken, align_speaker, scaled
from svs_cli.corpus.audio_file import read_at
from svs_cli.corpus.manifest import Recording
from svs_cli.errors import CorpusError, SvsError
from svs_cli.parallel import single_threaded
from svs_cli.units import GRID

LEAST_SECONDS = 120.0  # of a speaker, to learn from; ten minutes are better
LONGEST_SECONDS = 60.0


@single_threaded()  # its steps are small: on two threads that other programs disturb, they took ten times as long
def align_speakers(
    recordings: Sequence[Recording], aligner: Aligner, progress: Progress = lambda stage, share: None
) -> list[Outcome]:
    """Outcomes in the order of the recordings; see the module's conventions."""
    outcomes: dict[int, Outcome] = {}
    heard: dict[str, dict[int, Spoken]] = defaultdict(dict)
    labelled = any(is_kept(recording) and is_spoken(recording) for recording in recordings)
    for index, recording in enumerate(recordings):
        progress("reading", index / len(recordings))
        try:
            heard[recording.speaker][index] = spoken_of(recording, None if labelled else aligner)
        except SvsError as error:
            outcomes[index] = Outcome(recording, reason=error.message)
        if is_kept(recording):
            outcomes[index] = Outcome(recording, kept=True)
    speakers = {name: dict(zip(own, scaled(list(own.values())), strict=True)) for name, own in heard.items()}
    examples = [spoken for own in speakers.values() for spoken in own.values() if spoken.labels]
    for name, own in speakers.items():
        if all(index in outcomes for index in own):
            continue
        seconds = sum(spoken.seconds for spoken in own.values())
        if seconds < LEAST_SECONDS:
            reason = f"{name or 'the speaker'} is heard for {seconds:.0f} s: too little to learn from"
            outcomes |= {index: Outcome(recordings[index], reason=reason) for index in own if index not in outcomes}
            continue
        found = align_speaker(list(own.values()), examples, progress)
        for index, alignment in zip(own, found, strict=True):
            outcomes.setdefault(index, outcome_of(recordings[index], alignment))
    return [outcomes[index] for index in range(len(recordings))]


def outcome_of(recording: Recording, alignment: Alignment | None) -> Outcome:
    """What became of a recording that was not kept."""
    if alignment is None:
        return Outcome(recording, reason=f"{recording.audio} is too short for what is said in it")
    return Outcome(with_alignment(recording, alignment))


def spoken_of(recording: Recording, aligner: Aligner | None) -> Spoken:
    """A recording's frames, words, and labels if it has some or gets them from an aligner.

    Raises CorpusError or LyricsError with the reason why it cannot be aligned.
    """
    samples, _ = read_at(recording.audio)
    seconds = len(samples) / GRID.sample_rate_hz
    if seconds > LONGEST_SECONDS:
        raise CorpusError(
            f"{recording.audio} lasts {seconds:.0f} s, longer than {LONGEST_SECONDS:.0f} s", fix="cut it at its pauses"
        )
    words = words_of(recording)
    labels = (recording.phones, recording.phone_ends_seconds) if is_kept(recording) else None
    if aligner is not None:
        rough = aligner.align(aligner.hear(samples), words)
        labels = (rough.phones, rough.ends_seconds)
    return Spoken.of(samples, GRID.sample_rate_hz, words, labels)
