"""What can be wrong with a recording or a corpus, found before anything is learned from it.

`rules.py` is the one table of what is looked for and how much of it is too much; `check.py` runs everything.
"""
