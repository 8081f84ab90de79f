"""How values, choices and near misses are put into messages: bounded, and safe for any value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from framehook.plain_json import MAX_INTEGER

MAX_TEXT = 60
MAX_SHOWN = 40


def closest(name: str, names: Sequence[str], count: int = 3, likeness: float = 0.5) -> list[str]:
    """The names somebody may have meant, best first. Compares without case; a likeness of 1 is the same."""
    by_lower = {known.lower(): known for known in names}
    return [
        by_lower[found] for found in get_close_matches(name[:MAX_TEXT].lower(), by_lower, count, likeness)
    ]


def shown(value: object) -> str:
    """A value as a message may quote it: bounded, and safe for any value."""
    if isinstance(value, str):
        return f'"{shortened(value)}"'
    if value is None or isinstance(value, bool):
        return str(value).lower().replace("none", "null")
    if isinstance(value, int):
        return str(value) if abs(value) <= MAX_INTEGER else "an integer of more than 64 bits"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, Mapping):
        return "an object"
    return "an array" if isinstance(value, list | tuple) else "something that is not JSON"


def shortened(text: str) -> str:
    short = text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + "…"
    return short.encode("utf-8", "backslashreplace").decode()


def either(options: Sequence[object]) -> str:
    """`4, 8 or 12`, at most so many of them."""
    words = [shown(option) for option in options[:MAX_SHOWN]]
    if len(options) > len(words):
        return ", ".join(words) + f" … ({len(options)} in all)"
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def articled(name: str) -> str:
    return f"an {name}" if name[0] in "aio" else f"a {name}"
