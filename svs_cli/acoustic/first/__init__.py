"""The first generation of acoustic models, which `models/acoustic-ja` is: sung as before, trained no more."""
