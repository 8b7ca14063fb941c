"""The console command `pulse`."""

from orchestration.cli.command import main as main
