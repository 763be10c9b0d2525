"""The teacher: exactly labelled speech from a public text-to-speech model whose durations and pitch can be set.

It speaks phones that no corpus at hand has, at known times: to train the aligner, and to fill gaps in an inventory.
"""
