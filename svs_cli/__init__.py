"""svs: a command-line toolkit that turns scores into singing."""

__version__ = "0.1.0"
