"""Corpora of every format become `Recording`s: one module a format, all of them listed in `formats.py`."""
