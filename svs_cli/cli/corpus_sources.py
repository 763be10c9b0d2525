"""`svs corpus sources`: the public corpora that recipes know."""

from __future__ import annotations


def sources_command() -> None:
    """List the voicebanks that recipes use: where to get them, and their terms."""
    from svs_cli.corpus.banks import BANKS

    for bank in BANKS.values():
        print(f"{bank.name}\n  fetch    {bank.repository} at {bank.commit}")
        print(f"  speakers {' '.join(dict.fromkeys(folder.speaker for folder in bank.folders))}")
        print(f"  licence  {bank.licence}\n  credit   {bank.credit}")
