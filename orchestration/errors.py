"""The one kind of error that people see."""


class PulseError(Exception):
    """One clear line: what, where, expected, found, what to do next."""
