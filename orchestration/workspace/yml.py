"""YAML read by libyaml: Python's own parser takes ten times as long."""

from typing import Any

import yaml

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(text: str) -> Any:
    """What a text says, as plain objects; raises yaml.YAMLError."""
    return yaml.load(text, Loader=_Loader)
