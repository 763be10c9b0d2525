"""What phones sound like, as few numbers as possible: formants, murmurs and noises.

Conventions
-----------
- Formants are Hz for a man: F1, F2, F3. A woman's are scaled by `FormantSpeaker.formant_scale`.
- Levels are dB relative to a mezzo-forte vowel; `SILENT_DB` is off. A *murmur* is the low hum behind closed lips
  (nasals, voiced stops); *noise* has its own spectrum, *aspiration* is noise in the shape of the vowel around it.
- Vowels follow Peterson and Barney (1952), Hillenbrand et al. (1995) and, for Japanese, Hirahara and Akahane-Yamada
  (2004); consonant loci and noise bands follow Stevens, "Acoustic Phonetics" (1998), rounded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

SILENT_DB = -200.0
Formants = tuple[float, float, float]


@dataclass(frozen=True)
class Noise:
    """A band of noise: a bump on the octave scale, `level_db` its whole level."""

    centre_hz: float
    width_octaves: float
    level_db: float


@dataclass(frozen=True)
class Sound:
    """One phone; `formants` None means: those of the neighbours."""

    formants: Formants | None = None
    voice_db: float = SILENT_DB
    murmur_db: float = SILENT_DB
    aspiration_db: float = SILENT_DB
    noise: Noise | None = None
    shape: str = "steady"  # steady, stop, affricate, tap, trill, breath


@dataclass(frozen=True)
class FormantSpeaker:
    """A body: size of the vocal tract and brightness of the source."""

    formant_scale: float
    fourth_formant_hz: float
    tilt_db_per_octave: float
    breathiness_db: float


SPEAKERS = {
    "man": FormantSpeaker(1.0, 3300.0, -0.8, -33.0),
    "woman": FormantSpeaker(1.16, 3900.0, -1.5, -30.0),
}
VOWELS: dict[str, Formants] = {
    "a": (740, 1230, 2500), "ɑ": (720, 1090, 2450), "ɐ": (650, 1350, 2480),
    "ʌ": (640, 1190, 2390), "æ": (670, 1720, 2410),
    "ɛ": (560, 1800, 2500), "e": (440, 2000, 2560), "ə": (500, 1450, 2500), "ɚ": (490, 1350, 1700),
    "ɪ": (400, 1950, 2550),
    "i": (300, 2250, 3000), "ɨ": (320, 1700, 2450), "ɯ": (340, 1250, 2300), "y": (300, 1850, 2250),
    "ʏ": (380, 1650, 2250),
    "ø": (400, 1550, 2250), "œ": (530, 1500, 2300), "u": (320, 800, 2250), "ʊ": (430, 1020, 2250),
    "o": (450, 850, 2450),
    "ɔ": (580, 900, 2450), "ɤ": (450, 1150, 2400), "ɹ̩": (450, 1300, 1700), "ɻ̩": (400, 1400, 1800),
}  # fmt: skip
CLOSED_VOWELS_DB = {"i": -2.5, "ɯ": -2.0, "u": -2.0, "y": -2.5, "ɨ": -2.0}

LABIAL: Formants = (300, 950, 2300)
DENTAL: Formants = (320, 1750, 2650)
PALATAL: Formants = (290, 2200, 2950)
VELAR: Formants = (300, 1500, 2250)
LOCI: dict[str, Formants] = {
    **dict.fromkeys(("p", "b", "m", "f", "v", "ɸ", "β", "pf"), LABIAL),
    **dict.fromkeys(("t", "d", "n", "s", "z", "θ", "ð", "ts", "dz", "l"), DENTAL),
    **dict.fromkeys(("ɲ", "ɕ", "ʑ", "ç", "ʝ", "tɕ", "dʑ", "j", "ʎ", "ɪ̯"), PALATAL),
    **dict.fromkeys(("ʃ", "ʒ", "tʃ", "dʒ"), (300.0, 1900.0, 2500.0)),
    **dict.fromkeys(("ʂ", "ʐ", "ʈʂ"), (320.0, 1700.0, 2100.0)),
    **dict.fromkeys(("k", "ɡ", "ŋ", "x", "ɣ", "ɴ"), VELAR),
    "w": (320, 740, 2200), "ʊ̯": (380, 900, 2250), "ɥ": (300, 1850, 2250), "ʁ": (450, 1200, 2350),
    "r": (420, 1350, 2400), "ɾ": (380, 1600, 2550), "ɹ": (350, 1200, 1650),
}  # fmt: skip
FRICATION = {
    "s": Noise(7200, 0.5, -11), "θ": Noise(6500, 1.3, -24), "f": Noise(6000, 1.6, -23), "ɸ": Noise(2500, 1.6, -24),
    "ʃ": Noise(3700, 0.55, -10), "ɕ": Noise(4400, 0.5, -11), "ʂ": Noise(3200, 0.55, -11), "ç": Noise(3700, 0.5, -17),
    "x": Noise(1500, 0.8, -19), "ʁ": Noise(1300, 0.8, -26),
}  # fmt: skip
VOICELESS_PARTNER = {
    "z": "s", "dz": "s", "ts": "s", "ʒ": "ʃ", "dʒ": "ʃ", "tʃ": "ʃ", "ʑ": "ɕ", "dʑ": "ɕ", "tɕ": "ɕ", "ʐ": "ʂ", "ʈʂ": "ʂ",
    "v": "f", "pf": "f", "β": "ɸ", "ð": "θ", "ɣ": "x", "ʝ": "ç",
}  # fmt: skip
BURSTS = {"p": Noise(900, 1.5, -18), "t": Noise(4800, 0.9, -11), "k": Noise(1900, 0.4, -9), "ʔ": Noise(1500, 1.5, -30)}
PALATAL_BURST = Noise(3200, 0.5, -10)
BURST_PARTNER = {"b": "p", "d": "t", "ɡ": "k"}
BREATH = Noise(2200, 1.3, -27)
BREATHINESS = Noise(7500, 1.1, 0)  # the noise of the glottis in every voiced sound, above the harmonics' reach


def sound_of(phone: str, phone_class: str, voiced: bool) -> Sound:
    """The sound of an inventory phone; one without an entry of its own gets that of its class."""
    base = phone.rstrip("ʰʲ\u0329\u0303") if phone not in VOWELS and phone not in LOCI else phone
    palatal = phone.endswith("ʲ")
    locus = PALATAL if palatal else LOCI.get(base)
    match phone_class:
        case "vowel":
            level = CLOSED_VOWELS_DB.get(base, 0.0)
            formants = VOWELS.get(base, VOWELS["ə"])
            nasal = phone.endswith("\u0303")
            return Sound(formants, level - (3.0 if nasal else 0.0), murmur_db=-10.0 if nasal else SILENT_DB)
        case "nasal":
            return Sound(locus or VELAR, -16.0, murmur_db=-6.0)
        case "glide":
            return Sound(locus or PALATAL, -3.0)
        case "liquid":
            shape = {"ɾ": "tap", "r": "trill"}.get(base, "steady")
            liquid = Sound(locus or DENTAL, -5.0, shape=shape)
            return replace(liquid, noise=FRICATION["ʁ"]) if base == "ʁ" else liquid
        case "fricative" if base == "h":
            return Sound(None, aspiration_db=-17.0)
        case "stop" | "affricate" | "fricative":
            return obstruent(base, phone_class, voiced, locus, palatal, phone.endswith("ʰ"))
        case "breath":
            return Sound(None, noise=BREATH, shape="breath")
    return Sound()


def obstruent(
    base: str, phone_class: str, voiced: bool, locus: Formants | None, palatal: bool, aspirated: bool
) -> Sound:
    """Stops, affricates and fricatives: where the noise lies, and how much voice goes with it."""
    if base == "cl":
        return Sound()
    if phone_class == "stop":
        burst = PALATAL_BURST if palatal else BURSTS.get(BURST_PARTNER.get(base, base), BURSTS["k"])
        aspiration = SILENT_DB if voiced or base == "ʔ" else -16.0 if aspirated else -22.0
        return Sound(locus, SILENT_DB, -16.0 if voiced else SILENT_DB, aspiration, burst, "stop")
    noise = FRICATION.get(VOICELESS_PARTNER.get(base, base), FRICATION["f"])
    shape = "affricate" if phone_class == "affricate" else "steady"
    if voiced:
        return Sound(locus, -13.0, -10.0, SILENT_DB, replace(noise, level_db=noise.level_db - 6.0), shape)
    return Sound(locus, noise=noise, shape=shape)
