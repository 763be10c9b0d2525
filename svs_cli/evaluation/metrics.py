"""Every figure of `svs evaluate`: its name, unit, and the convention of the field that it follows.

Conventions
-----------
- A metric's value is a float of one song, or None where there was nothing to measure; None is left out of means.
- Shares are 0..1 in code and JSON, per cent in tables. Cents and milliseconds are positive where the heard sound is
  sharp or late.
- "Asked" is what the document or score says, "heard" what was found in the audio.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Group = Literal["asked", "reference", "judges"]
Values = Mapping[str, float | None]


@dataclass(frozen=True)
class Metric:
    """What a figure is called, and how it is shown. `better` is "" where neither end of the scale is good."""

    name: str
    label: str
    unit: Literal["", "cents", "ms", "dB", "%"]
    decimals: int
    better: Literal["less", "more", "zero", ""]
    group: Group
    convention: str

    def shown(self, value: float | None) -> str:
        """The value as a table shows it, without its unit; shares become per cent.

        >>> metric("note_accuracy").shown(0.973), metric("f0_bias_cents").shown(None)
        ('97.3', '-')
        """
        if value is None:
            return "-"
        text = f"{value * 100 if self.unit == '%' else value:.{self.decimals}f}"
        return text.removeprefix("-") if not text.strip("-0.") else text


METRICS: tuple[Metric, ...] = (
    Metric("f0_median_absolute_cents", "F0 error, median", "cents", 1, "less", "asked",
           "median |heard - asked| over frames that both call voiced"),
    Metric("f0_bias_cents", "F0 bias", "cents", 1, "zero", "asked",
           "median of heard - asked over frames that both call voiced; positive is sharp"),
    Metric("f0_rmse_cents", "F0 RMSE", "cents", 1, "less", "asked",
           "root of the mean squared error over frames that both call voiced"),
    Metric("within_50_cents", "within 50 cents", "%", 1, "more", "asked",
           "share of the frames that both call voiced where |heard - asked| < 50 cents"),
    Metric("raw_pitch_accuracy", "raw pitch accuracy", "%", 1, "more", "asked",
           "mir_eval.melody: share of the frames asked voiced where |heard - asked| < 50 cents; a frame without "
           "a heard pitch counts as wrong, except two beside a voiced stretch, which take its pitch"),
    Metric("note_accuracy", "notes in tune", "%", 1, "more", "asked",
           "share of notes whose median heard F0 in the nucleus is within 50 cents of the written pitch; a note that "
           "is not heard counts as wrong"),
    Metric("voicing_recall", "voicing recall", "%", 1, "more", "asked",
           "mir_eval.melody: share of the frames asked voiced that are heard voiced"),
    Metric("voicing_false_alarm", "voicing false alarm", "%", 1, "less", "asked",
           "mir_eval.melody: share of the frames asked unvoiced (silence too) that are heard voiced"),
    Metric("gross_pitch_error", "gross pitch error", "%", 1, "less", "asked",
           "share of the frames that both call voiced where F0 is off by over 20 %"),
    Metric("f0_frame_error", "F0 frame error", "%", 1, "less", "asked",
           "Chu and Alwan 2009: share of all frames with a voicing error or a gross pitch error (over 20 %)"),
    Metric("onset_median_ms", "onset error, median", "ms", 1, "zero", "asked",
           "median of heard - asked onsets of syllable nuclei; positive is late"),
    Metric("onset_mean_ms", "onset error, mean", "ms", 1, "zero", "asked",
           "mean of heard - asked onsets of syllable nuclei; positive is late"),
    Metric("onset_median_absolute_ms", "onset error, median absolute", "ms", 1, "less", "asked",
           "median |heard - asked| onset of syllable nuclei"),
    Metric("onset_detected", "onsets heard", "%", 1, "more", "asked",
           "share of the nuclei after a consonant, breath or silence whose onset was found; after a vowel nothing in "
           "the sound marks a point, so those are not asked for"),
    Metric("duration_mean_ms", "duration error, mean", "ms", 1, "zero", "asked",
           "mean of heard - asked length of a syllable (one or more slurred notes), from nucleus to the next "
           "nucleus, or to the end of voicing before a rest"),
    Metric("duration_median_absolute_ms", "duration error, median absolute", "ms", 1, "less", "asked",
           "median |heard - asked| length of a syllable"),
    Metric("mcd_db", "MCD, no time warping", "dB", 2, "less", "reference",
           "mel-cepstral distortion 10/ln 10 sqrt(2 sum d^2), coefficients 1-39, all-pass 0.53, WORLD envelopes, frame "
           "by frame where the reference sounds"),
    Metric("mcd_dtw_db", "MCD, time-warped (DTW)", "dB", 2, "less", "reference",
           "the same along the cheapest path of dynamic time warping, which hides errors of timing"),
    Metric("log_f0_rmse", "log-F0 RMSE", "", 4, "less", "reference",
           "natural logarithm, frames that both call voiced, no time warping"),
    Metric("log_f0_correlation", "log-F0 correlation", "", 3, "more", "reference",
           "Pearson, frames that both call voiced, no time warping"),
    Metric("energy_correlation", "energy correlation", "", 3, "more", "reference",
           "Pearson of the level in dB, frames where the reference sounds, no time warping"),
    Metric("stft_distance", "multi-resolution STFT distance", "", 3, "less", "reference",
           "spectral convergence and log magnitude together (Yamamoto et al. 2020): windows of 240, 600 and 1200 "
           "samples, at equal RMS"),
    Metric("stft_convergence", "STFT convergence", "", 3, "less", "reference",
           "multi-resolution STFT distance, linear part: |A - B| / |B|"),
    Metric("stft_log_magnitude", "STFT log magnitude", "", 3, "less", "reference",
           "multi-resolution STFT distance, logarithmic part: mean |ln a - ln b|, floored 80 dB below the peak"),
    Metric("mcd_stft_db", "MCD of short-time spectra", "dB", 2, "less", "reference",
           "mel-cepstral distortion of plain spectra (Hann window of 2048 samples) instead of WORLD's envelopes"),
    Metric("level_difference_db", "level difference", "dB", 2, "zero", "reference",
           "RMS of the sound over that of the recording"),
    Metric("voicing_error", "voicing error", "%", 1, "less", "reference",
           "share of the frames where one has a voice and the other none (Nakatani et al. 2008); frames whose asked F0 "
           "lies outside 65 to 1,100 Hz do not count"),
    Metric("f0_99th_absolute_cents", "F0 error, 99th percentile", "cents", 1, "less", "reference",
           "99th percentile of |heard - asked| over frames that both call voiced, asked between 65 and 1,100 Hz"),
    Metric("within_20_cents", "within 20 cents", "%", 1, "more", "reference",
           "share of the same frames where |heard - asked| < 20 cents"),
    Metric("within_20_cents_of_exact", "within 20 cents of an exact tone", "%", 1, "more", "reference",
           "the same share against what the extractor hears in a tone of exactly the asked F0: its own errors cancel"),
    Metric("silence_db", "silence", "dB", 1, "less", "reference",
           "loudest frame of the sound, re full scale, where the recording lies below -90 dB for 47 ms around"),
    Metric("dc_db", "DC", "dB", 1, "less", "reference", "absolute mean of the samples, re full scale"),
    Metric("naturalness_mos", "naturalness (DistillMOS)", "", 2, "more", "judges",
           "1-5, predicted by a model trained on speech: compare like with like"),
    Metric("naturalness_difference_mos", "naturalness against the recording", "", 2, "more", "judges",
           "DistillMOS of the sound less that of the recording; negative is worse"),
    Metric("naturalness_to_copy_mos", "naturalness against the copy", "", 2, "more", "judges",
           "DistillMOS of the sound less that of the recording's copy-synthesis, which no acoustic model should beat"),
    Metric("character_error_rate", "character error rate (Whisper)", "%", 1, "less", "judges",
           "edits over the lyrics' length, without case, spaces and punctuation; Japanese is compared as kana"),
    Metric("character_error_ratio", "character errors against the recording", "", 2, "less", "judges",
           "character error rate of the sound over that of the recording of the same words"),
    Metric("phone_error_rate", "phone error rate (svs align)", "%", 1, "less", "judges",
           "substituted, missing and added phones over the asked ones, pauses aside, as the shipped aligner recognises "
           "them without the text"),
    Metric("speaker_similarity", "speaker similarity (Resemblyzer)", "", 3, "more", "judges",
           "cosine of the speaker embeddings of the audio and of the reference"),
)  # fmt: skip
BY_NAME = {one.name: one for one in METRICS}


def metric(name: str) -> Metric:
    """The metric of a name in `METRICS`."""
    return BY_NAME[name]
