"""Let `python -m sparkc` do what `sparkc` does."""

from sparkc.cli.entry import main

main()
