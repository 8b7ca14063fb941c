"""Filters that stand in the page's address, so that a link shows to others what one sees, in any language.

Streamlit's own binding writes labels there, which differ from language to language; these are the marts' values.
"""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

KEPT = "kept"  # what was chosen on pages that are not shown now


def one(
    place: DeltaGenerator,
    label: str,
    options: Sequence[Any],
    key: str,
    *,
    shown: Callable[[Any], str] = str,
    default: Any = None,
    may_be_none: bool = False,
    always: bool = False,
    placeholder: str | None = None,
) -> Any:
    """One of the options; at first the address's, then the last one chosen, then the default or the first.

    A default is not written into the address, unless it always is.
    """
    first = default if default is not None or may_be_none else options[0]
    known = {str(option): option for option in options}
    widget = _begin(key, options, lambda asked: known.get(asked[-1], first) if asked else first)
    value = place.selectbox(
        label,
        options,
        index=None if may_be_none else 0,
        format_func=shown,
        key=widget,
        placeholder=placeholder,
    )
    _keep(key, [] if value is None or (value == first and not always) else [value])
    return value


def segment(
    place: DeltaGenerator, label: str, options: Sequence[Any], key: str, *, shown: Callable[[Any], str], default: Any
) -> Any:
    """One of a few options, side by side."""
    known = {str(option): option for option in options}
    widget = _begin(key, options, lambda asked: known.get(asked[-1], default) if asked else default)
    value = place.segmented_control(label, options, required=True, format_func=shown, key=widget)
    _keep(key, [] if value == default else [value])
    return value


def some(
    place: DeltaGenerator,
    label: str,
    options: Sequence[str],
    key: str,
    *,
    shown: Callable[[str], str],
    placeholder: str,
    default: Sequence[str] = (),
) -> tuple[str, ...]:
    """Any of the options."""
    first = list(default)
    widget = _begin(key, options, lambda asked: [text for text in asked if text in options] or first)
    values = place.multiselect(label, options, format_func=shown, placeholder=placeholder, key=widget)
    _keep(key, [] if values == first else values)
    return tuple(values)


def text(place: DeltaGenerator, label: str, key: str, *, placeholder: str) -> str:
    widget = _begin(key, None, lambda asked: asked[-1] if asked else "")
    value = place.text_input(label, placeholder=placeholder, key=widget).strip()
    _keep(key, [value] if value else [])
    return value


def page_number(place: DeltaGenerator, label: str, pages: int, key: str) -> int:
    numbers = range(1, pages + 1)

    def first(asked: list[str]) -> int:
        return int(asked[-1]) if asked and asked[-1].isdecimal() and int(asked[-1]) in numbers else 1

    widget = _begin(key, numbers, first)
    value = int(place.number_input(label, 1, pages, step=1, key=widget, width=240))
    _keep(key, [] if value == 1 else [value])
    return value


def asked_for(key: str) -> str | None:
    """What the address or an earlier page says, before there is a widget for it."""
    return next(iter(reversed(st.query_params.get_all(key) or _kept().get(key, []))), None)


def _begin(key: str, options: Sequence[Any] | None, read: Callable[[list[str]], Any]) -> str:
    """The widget's key, with a value that is among its options; another language has a widget of its own."""
    widget = key if key == "language" else f"{key} {_kept()['language'][-1]}"
    value = st.session_state.get(widget)
    gone = options is not None and any(one not in options for one in (value if isinstance(value, list) else [value]))
    if widget not in st.session_state or (gone and value is not None):
        st.session_state[widget] = read(st.query_params.get_all(key) or _kept().get(key, []))
    return widget


def _keep(key: str, values: list) -> None:
    texts = [str(value) for value in values]
    _kept()[key] = texts
    if texts:
        st.query_params[key] = texts
    elif key in st.query_params:
        del st.query_params[key]


def _kept() -> dict[str, list[str]]:
    return st.session_state.setdefault(KEPT, {})
