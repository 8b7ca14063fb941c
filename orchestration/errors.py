"""The one kind of error that people see."""


class PulseError(Exception):
    """One clear line: what, where, expected, found, what to do next."""


def one_line(problem: Exception) -> str:
    """What a library says, on one line."""
    return " ".join(str(problem).split())[:300]
