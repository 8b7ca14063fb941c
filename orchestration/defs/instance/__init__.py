"""Dagster's own databases and settings in a workspace, for one machine."""
