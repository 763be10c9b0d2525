"""Between which MIDI notes anything is sung: apart from the types of scores, so that cards and completion load fast."""

LOWEST_MIDI = 24
HIGHEST_MIDI = 96
