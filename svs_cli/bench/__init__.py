"""How long singing takes, and how much memory: every stage, every length, each measured in a process of its own."""
