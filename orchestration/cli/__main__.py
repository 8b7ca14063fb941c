"""`python -m orchestration.cli` is `pulse`."""

from orchestration.cli.command import main

main()
