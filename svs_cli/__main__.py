"""`python -m svs_cli` is `svs`."""

from svs_cli.cli import main

if __name__ == "__main__":
    main()
