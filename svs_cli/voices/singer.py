"""A voice at work: the four stages that sing it, loaded on a device."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from svs_cli.acoustic.mixture import parse_mixture
from svs_cli.acoustic.protocol import AcousticModel
from svs_cli.duration.protocol import DurationModel
from svs_cli.errors import UsageError
from svs_cli.performance.document import Performance, Segment, part_seed
from svs_cli.performance.ds_file import note_name
from svs_cli.performance.spectrogram import Spectrogram
from svs_cli.pitch.protocol import PitchModel
from svs_cli.vocoder.protocol import Vocoder
from svs_cli.voices.card import RULE_ACOUSTIC, WORLD_VOCODER, VoiceCard
from svs_cli.voices.choir import helpful_key, outside, voices_at_home_in, voices_for
from svs_cli.voices.library import Voice, find_model, find_vocoder, model_folders

NEURAL = "neural"
RULE_TIMING, SHIPPED_TIMING = "rule", "duration"
RULE_PITCH, SHIPPED_PITCH = "rule", "pitch"
FORMANT_SPEAKERS = ("woman", "man")
HIGHEST_MAN_MIDI = 55  # a voice whose range is centred below G3 is stood in for by the man


@dataclass(frozen=True)
class Singer:
    """One stage of each kind, and the speaker that the acoustic model sings as."""

    card: VoiceCard
    duration: DurationModel
    pitch: PitchModel
    acoustic: AcousticModel
    vocoder: Vocoder
    speaker: str


@dataclass(frozen=True)
class Take:
    """One way of singing a piece: equal takes of equal documents give equal samples."""

    seed: int = 0
    steps: int | None = None  # of the acoustic model's sampler; None: the model's own
    progress: Callable[[str, float], None] = lambda stage, share_done: None
    expression: float = 1.0  # how far the marks of a score are followed, 0 to 2; a document has settled that
    key_semitones: float = 0.0  # how much higher than it is written the score was read
    choir: tuple[Counter[float], ...] = ()  # how often each part that is sung along has each note

    def own_seed_of(self, phrase: Segment, number: int) -> int:
        """The seed of a piece's phrase of that number; its own one wins."""
        return self.seed + number if phrase.seed is None else phrase.seed

    def seed_of(self, performance: Performance, number: int) -> int:
        """The seed of a phrase's sound, in each part of a choir another."""
        return part_seed(self.own_seed_of(performance.segments[number], number), performance.part_number)

    def seed_at(self, start_frame: int, song: Spectrogram) -> int:
        """The seed of the vocoder's noise from a frame on, in each part of a choir another."""
        return part_seed(self.seed + start_frame, song.part_number)


def load_singer(
    voice: Voice, *, device: str = "auto", acoustic: str | None = None, vocoder: str | None = None
) -> Singer:
    """Load a voice's models; `acoustic` and `vocoder` may replace its own, see `model_name`.

    Raises VoiceMissingError if a model is on no shelf, UsageError if the model lacks the speaker or the device is
    not there.
    """
    model, speaker = load_speaker(voice, device=device, acoustic=acoustic)
    sound = load_vocoder_model(model_name(vocoder, voice.card.vocoder, WORLD_VOCODER), device)
    return Singer(voice.card, load_duration_model(), load_pitch_model(), model, sound, speaker)


def load_speaker(
    voice: Voice, *, device: str = "auto", acoustic: str | None = None
) -> tuple[AcousticModel, str]:
    """A voice's acoustic model, and the speaker to ask it for. Raises like `load_singer`."""
    name = model_name(acoustic, voice.card.acoustic, RULE_ACOUSTIC)
    model = load_acoustic_model(name, device)
    stands_in = name == RULE_ACOUSTIC and voice.card.acoustic != RULE_ACOUSTIC
    speaker = formant_speaker(voice.card) if stands_in else voice.card.speaker
    absent = [part.speaker for part in parse_mixture(speaker) if part.speaker not in model.speakers()]
    if absent:
        raise UsageError(
            f"the acoustic model {model.name!r} has no speaker {absent[0]!r}",
            fix=f"name one of these in {voice.folder / 'model.toml'}: {', '.join(model.speakers())}",
        )
    return model, speaker


def model_name(choice: str | None, own: str, by_rule: str) -> str:
    """Which model to load: the voice's own (None or "neural"), the one by rule, or any other by its folder's name.

    Raises UsageError if "neural" is asked of a voice that sings by rule.

    >>> model_name(None, "first", "rule"), model_name("rule", "first", "rule")
    ('first', 'rule')
    """
    if choice not in (None, NEURAL):
        return str(choice)
    if choice == NEURAL and own == by_rule:
        raise UsageError("this voice has no neural model there", fix="choose a trained voice: svs voices list")
    return own


def load_duration_model(name: str | None = None) -> DurationModel:
    """The timing stage called "rule", "neural" (the model that ships), or after a folder.

    None takes the model that ships, or the rule where there is none. Raises VoiceMissingError if it is on no shelf.
    """
    if name is None:
        name = NEURAL if any(folder.name == SHIPPED_TIMING for folder in model_folders("duration")) else RULE_TIMING
    if name == RULE_TIMING:
        from svs_cli.duration.rule import RuleDuration

        return RuleDuration()
    folder = find_model(SHIPPED_TIMING if name == NEURAL else name, "duration")
    from svs_cli.duration.load import load_duration

    return load_duration(folder)


def load_pitch_model(name: str | None = None, style: str | None = None) -> PitchModel:
    """The pitch stage called "rule", or after a folder, in a style (None: its own).

    None takes the model that ships, or the rule where there is none. Raises VoiceMissingError if it is on no shelf,
    UsageError for a style that is unknown.
    """
    from svs_cli.pitch.manner import PLAIN, manner_of

    manner_of(style or PLAIN)
    if name is None:
        shipped = any(folder.name == SHIPPED_PITCH for folder in model_folders("pitch"))
        name = SHIPPED_PITCH if shipped else RULE_PITCH
    if name == RULE_PITCH:
        from svs_cli.pitch.rule import RulePitch

        return RulePitch(style=style or PLAIN)
    folder = find_model(name, "pitch")
    from svs_cli.pitch.load import load_pitch

    return load_pitch(folder, style)


def pitch_model_of(performance: Performance, name: str | None = None, style: str | None = None) -> PitchModel:
    """The pitch stage that drew a document's F0, unless another or another style is asked for; else the default.

    Raises what `load_pitch_model` raises.
    """
    return load_pitch_model(name or performance.pitch_model or None, style or performance.style or None)


def load_acoustic_model(name: str, device: str = "auto") -> AcousticModel:
    """The acoustic model of a folder name, or the formant model for "rule"."""
    check_device(device)
    if name == RULE_ACOUSTIC:
        from svs_cli.acoustic.formant import FormantAcoustic

        return FormantAcoustic()
    folder = find_model(name, "acoustic")
    from svs_cli.acoustic.load import load_acoustic

    return load_acoustic(folder, resolve_device(device))


def load_vocoder_model(name: str, device: str = "auto") -> Vocoder:
    """The vocoder of a folder's name or path, or WORLD for "world"."""
    check_device(device)
    if name == WORLD_VOCODER:
        from svs_cli.vocoder.world import WorldVocoder

        return WorldVocoder()
    folder = find_vocoder(name)
    from svs_cli.vocoder.load import load_vocoder

    return load_vocoder(folder, resolve_device(device))


def check_device(asked: str) -> None:
    """Raise UsageError for a device that is not there, also where nothing would have run on it."""
    if asked not in ("auto", "cpu"):  # torch need not be loaded to know these
        resolve_device(asked)


def resolve_device(asked: str) -> str:
    """A torch device that is there; "auto" takes the first accelerator. Raises UsageError."""
    present = devices()
    if asked == "auto":
        return present[-1]
    if asked.split(":")[0] not in present:
        raise UsageError(f"there is no device {asked!r} here", fix=f"use one of: auto, {', '.join(present)}")
    return asked


def devices() -> list[str]:
    """The kinds of torch devices of this machine, the CPU first."""
    import torch

    found = ["cpu"]
    if torch.backends.mps.is_available():
        found.append("mps")
    if torch.cuda.is_available():
        found.append("cuda")
    return found


def formant_speaker(card: VoiceCard) -> str:
    """Which formant speaker stands in for a voice."""
    woman, man = FORMANT_SPEAKERS
    return man if sum(card.range_midi) / 2 < HIGHEST_MAN_MIDI else woman


def advised(performance: Performance, card: VoiceCard, take: Take = Take()) -> Performance:
    """The document with what a singer would say about it: a foreign language, and notes out of range."""
    warnings = []
    language = performance.language
    if language and language not in card.languages:
        natives = " or ".join(voices_at_home_in(language))
        help = f"; --voice {natives} is at home in it" if natives else ""
        warnings.append(f"the voice {card.name!r} sings {', '.join(card.languages)}: {language} is approximated{help}")
    sung = Counter(note for segment in performance.segments for note in segment.notes if note is not None)
    low, high = card.range_midi
    if count := outside(sung, low, high):
        notes, verb = ("1 note", "is") if count == 1 else (f"{count} notes", "are")
        whose = f" of {performance.part}" if performance.part else ""
        span = f"{note_name(low)} to {note_name(high)}"
        parts = take.choir or (sung,)
        others = " or ".join(voices_for(sung, card, language, take.choir))
        help = f"no key suits all parts: sing this one with --part {performance.part_number} --voice {others}"
        help = help if others else helpful_key(parts, low, high, take.key_semitones)
        warnings.append(f"{notes}{whose} {verb} outside the range of {card.name!r} ({span}); {help}")
    new = tuple(warning for warning in warnings if warning not in performance.warnings)
    return performance.with_(warnings=(*performance.warnings, *new))
