"""Measuring what was sung: against its score, against a recording, and beside a floor and a ceiling."""
