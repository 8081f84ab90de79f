"""What every JSON value from outside must be before any rule looks at it: finite, of bounded depth and size.

A JSON parser lets more through than the readers further on can carry: NaN, integers of a thousand digits,
half surrogate pairs, a million levels. Knows no fields.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

MAX_DEPTH = 32
MAX_VALUES = 20_000
MAX_INTEGER = 2**63 - 1  # what every JSON library and database on the way can carry
MAX_NAME = 200

_UNFIT_NAME = object()


def unfit_parts(body: object, path: str) -> Iterator[tuple[str, str, str]]:
    """(path, what is wrong, code) of every part that is unfit. Takes any value; does not recurse."""
    pending: list[tuple[object, str, int]] = [(body, path, 0)]
    seen = 0
    while pending:
        value, where, depth = pending.pop()
        seen += 1
        if depth > MAX_DEPTH:
            yield path, f"is nested more than {MAX_DEPTH} levels deep", "too_large"
            return
        if isinstance(value, Mapping | list | tuple):
            room = MAX_VALUES - seen - len(pending)
            pending += reversed(list(islice(_children(value, where, depth + 1), room + 1)))
            if seen + len(pending) > MAX_VALUES:
                yield path, f"has more than {MAX_VALUES} values", "too_large"
                return
        elif wrong := _unfit(value):
            yield where, wrong, "invalid_value"


def _children(value: Any, path: str, depth: int) -> Iterator[tuple[object, str, int]]:
    if not isinstance(value, Mapping):
        yield from ((item, f"{path}[{index}]", depth) for index, item in enumerate(value))
        return
    for name, item in value.items():
        fit = isinstance(name, str) and len(name) <= MAX_NAME and _is_unicode(name)
        yield (item, f"{path}.{name}", depth) if fit else (_UNFIT_NAME, path, depth)


def _unfit(value: object) -> str | None:
    """What is wrong with a value that is no container; None when nothing is."""
    if value is _UNFIT_NAME:
        return f"has a field name that is not text of at most {MAX_NAME} characters"
    if isinstance(value, float):
        return None if math.isfinite(value) else "must be a finite number"
    if isinstance(value, int):
        return None if abs(value) <= MAX_INTEGER else "must be an integer of at most 64 bits"
    if isinstance(value, str):
        return None if _is_unicode(value) else "must be valid Unicode text"
    return None if value is None else "must be JSON"


def _is_unicode(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair: JSON can spell it, UTF-8 can't
        return False
    return True
