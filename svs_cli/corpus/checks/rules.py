"""The table of what `svs corpus check` looks for, and how much of it is too much.

Conventions
-----------
- A rule measures one figure of a recording, in its `unit`. `warn_at` and `reject_at` are thresholds of that figure;
  None means that the rule never warns, or never rejects. `worse` says on which side of a threshold the fault lies.
- A rule without a figure (`unit` is empty) is a statement; it is given the value 1 and its thresholds are 1.
- Rejected recordings are left out of training; a warning is worth a look and changes nothing.
- Levels are dB of full scale; shares are 0..1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from svs_cli.config import suggestion
from svs_cli.errors import UsageError

Severity = Literal["reject", "warn"]


@dataclass(frozen=True)
class Rule:
    """One thing that is looked for; see the module's conventions."""

    code: str
    finds: str
    fix: str
    warn_at: float | None = None
    reject_at: float | None = None
    unit: str = ""
    worse: Literal["above", "below"] = "above"

    def severity(self, value: float) -> Severity | None:
        """How bad a figure is, None if it is well.

        >>> RULES["snr"].severity(5.0), RULES["snr"].severity(50.0)
        ('reject', None)
        """
        if self.reject_at is not None and self._reaches(value, self.reject_at):
            return "reject"
        if self.warn_at is not None and self._reaches(value, self.warn_at):
            return "warn"
        return None

    def _reaches(self, value: float, threshold: float) -> bool:
        return value >= threshold if self.worse == "above" else value <= threshold


@dataclass(frozen=True)
class Problem:
    """One fault of one recording: what, how much, where in the file (seconds), and what to do."""

    code: str
    severity: Severity
    audio: Path
    what: str
    value: float | None
    unit: str
    fix: str
    spans: tuple[tuple[float, float], ...] = ()
    other: Path | None = None

    @property
    def value_text(self) -> str:
        """The figure with its unit, as a table shows it; shares in percent."""
        if self.value is None or not self.unit:
            return ""
        if self.unit == "share":
            return f"{self.value:.1%}"
        return f"{self.value:.0f} {self.unit}" if abs(self.value) >= 1000 else f"{self.value:.3g} {self.unit}"


Rules = dict[str, Rule]


def statement(code: str, finds: str, fix: str, severity: Severity) -> Rule:
    """A rule that holds or not."""
    return Rule(code, finds, fix, 1.0 if severity == "warn" else None, 1.0 if severity == "reject" else None)


RULES: Rules = {
    rule.code: rule
    for rule in (
        # the file
        statement("unreadable", "the file cannot be decoded", "fetch or export it again", "reject"),
        statement("empty", "the file holds no samples", "fetch or export it again", "reject"),
        Rule("truncated", "the file ends before its header says", "fetch it again", 0.02, 0.5, "s"),
        statement("not_finite", "samples that are not numbers", "export it again, as 16 or 24 bit", "reject"),
        Rule("too_short", "too short to learn from", "join it with its neighbour", None, 0.2, "s", "below"),
        Rule("too_long", "too long for one recording", "cut it into songs or phrases", 600.0, 900.0, "s"),
        Rule("sample_rate", "low sample rate", "use the original, 44.1 kHz or more", 44_099.0, 15_999.0, "Hz", "below"),
        # the signal
        Rule("clipping", "flat tops where the signal was cut off", "record softer, or take the file before mastering",
             1e-5, 3e-3, "share"),
        Rule("over_full_scale", "float samples above full scale", "lower the gain before export", 1.0, None, "x"),
        Rule("silent", "nothing but silence", "remove the file, or check the channel", None, -60.0, "dB", "below"),
        Rule("quiet", "very low level", "record with more gain", -45.0, None, "dB", "below"),
        Rule("silence_share", "most of the file is silence", "trim it", 0.75, 0.97, "share"),
        Rule("snr", "noise in the pauses", "record in a quieter room, or denoise", 25.0, 10.0, "dB", "below"),
        Rule("dc_offset", "the signal's middle is not zero", "high-pass it; preparing does it too", 0.01, 0.3, "x"),
        Rule("dropout", "gaps of digital silence inside sound", "record or fetch it again", 1.0, 20.0, "gaps"),
        Rule("bandwidth", "nothing above this frequency", "use the original, not an MP3 or a telephone copy",
             16_600.0, 4_500.0, "Hz", "below"),
        # channels
        statement("channel_silent", "one channel is silent", "export the other channel as mono", "warn"),
        Rule("out_of_phase", "the channels cancel each other", "invert one channel, or use only one", -0.4, -0.8,
             "corr.", "below"),
        Rule("channels_differ", "the channels hold different content", "use one channel as mono", 0.5, 0.2, "corr.",
             "below"),
        Rule("channel_delay", "one channel is late against the other", "use one channel as mono", 0.1, None, "ms"),
        statement("dual_mono", "two equal channels", "nothing to do; mono files are half as large", "warn"),
        # against the speaker's other recordings
        Rule("rate_changes", "another sample rate than the speaker's other files", "use one rate for all", 1.0, None,
             "Hz"),
        Rule("bandwidth_outlier", "a lower bandwidth than the speaker's others", "use the original", 0.6, None, "x",
             "below"),
        Rule("loudness_outlier", "louder or softer than the speaker's other files", "check the gain", 12.0, None, "dB"),
        Rule("pace_outlier", "text and length disagree: phones a second against the speaker's median",
             "check that the text belongs to this file", 2.0, 3.0, "x"),
        # pitch
        Rule("octave_label", "the label is an octave off", "correct the label by 12 semitones", 0.1, 0.5, "share"),
        Rule("octave_tracker", "the pitch tracker errs by an octave, not the label",
             "nothing to do; preparing follows the label", 0.3, None, "share"),
        Rule("pitch_off", "sung away from the label", "correct the label to what is sung", 1.0, 3.0, "semitones"),
        Rule("notes_off", "notes whose pitch is not heard", "check that notes fit the audio", 0.3, 0.7, "share"),
        Rule("notes_outside", "notes after the end of the file", "check that the score belongs to this file", 0.1, 1.0,
             "s"),
        # labels
        statement("phone_unknown", "a phone that is not in the inventory", "map it to data/phones/inventory.toml",
                  "reject"),
        Rule("label_end", "the labels do not end with the file", "align again", 0.05, 0.5, "s"),
        Rule("phone_short", "phones too short to be said", "align again, or correct by hand", 0.05, 0.4, "share"),
        Rule("consonant_long", "a consonant too long to be said", "align again, or correct it by hand", 0.6, 1.5, "s"),
        Rule("vowel_unvoiced", "vowels without a pitch", "align again; give whispered ones a style with 'whisper'",
             0.35, 0.75, "share"),
        Rule("phone_silent", "silence labelled as sound", "align again", 0.2, 0.5, "share"),
        Rule("silence_sung", "sound labelled as silence", "align again", 0.3, 0.7, "share"),
        Rule("confidence", "the aligner was not sure", "look at it; does the text belong to this file?", 0.25, 0.1,
             "", "below"),
        # text
        statement("text_empty", "neither text nor phones", "write what is said, or remove the file", "reject"),
        statement("text_script", "the text's script is not the language's", "check text and language", "reject"),
        statement("text_unreadable", "the text cannot be read aloud", "correct the text", "reject"),
        statement("language_unknown", "no language, or one that svs does not sing", "import with --lang", "reject"),
        statement("language_other", "the speaker's texts look like another language", "check --lang", "warn"),
        # the corpus
        statement("duplicate", "the same audio as another file", "remove one of the two", "reject"),
        statement("near_duplicate", "the same take as another file, re-encoded or cut", "remove one", "warn"),
        statement("duplicate_leak", "the same take in two splits", "run with --fix-splits move", "reject"),
        statement("group_leak", "its song or prompt is in two splits", "run with --fix-splits move", "reject"),
        statement("licence_missing", "neither a licence nor the speaker's consent is stated",
                  "import with a licence or a consent", "warn"),
        statement("credit_missing", "the licence asks for a credit, and there is none", "import with a credit", "warn"),
    )
}  # fmt: skip


def with_limits(rules: Rules, settings: list[str]) -> Rules:
    """Rules with other thresholds: "snr=20:8" (warn:reject), "snr=:8", "clipping=warn" (never reject), "dual_mono=off".

    Raises UsageError for an unknown rule or a form that is none of these.
    """
    changed = dict(rules)
    for setting in settings:
        code, equals, wanted = setting.partition("=")
        if code not in rules or not equals:
            raise UsageError(f"{setting!r} is no limit of a rule", fix=suggestion(code, list(rules)))
        rule = changed[code]
        if wanted == "off":
            changed[code] = replace(rule, warn_at=None, reject_at=None)
        elif wanted == "warn":
            strictest = rule.warn_at if rule.warn_at is not None else rule.reject_at
            changed[code] = replace(rule, warn_at=strictest, reject_at=None)
        else:
            warn_at, reject_at = thresholds(setting, wanted)
            changed[code] = replace(rule, warn_at=warn_at, reject_at=reject_at)
    return changed


def thresholds(setting: str, wanted: str) -> tuple[float | None, float | None]:
    """ "20:8" as two numbers, of which either may be left out. Raises UsageError."""
    warn, colon, reject = wanted.partition(":")
    try:
        pair = (float(warn) if warn else None, float(reject) if reject else None)
    except ValueError:
        pair = (None, None)
    if not colon or pair == (None, None):
        raise UsageError(f"{setting!r} is no limit of a rule", fix="write RULE=WARN:REJECT, RULE=warn or RULE=off")
    return pair
