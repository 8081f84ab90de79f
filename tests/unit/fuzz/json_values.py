"""JSON that is odd, and JSON that was right until one thing in it was changed. Knows the meaning of no field."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

type Path = tuple[str | int, ...]

DEEP = "[" * 100_000
_CODECLESS = "\ud800"
# What one value of a document is replaced by, whatever it was. None of it is a word that any format knows.
REPLACEMENTS: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 2**63, 10**30, 0.5, -4.5, 1e300),
    *(float("nan"), float("inf"), float("-inf")),
    *("", " ", "0", "-4", "NaN", "x" * 600, "a\x00b", _CODECLESS, "é\u202e", "../..", "https://[", "{}"),
    *([], [[]], [None], {}, {"": ""}, {_CODECLESS: _CODECLESS}),
)
_NOTHING: Any = object()
_WRAPPINGS = ("data", "error", "result", "x")

TEXTS = st.text(max_size=12) | st.text(st.characters(categories=["Cs", "Cc", "Lu", "Nd"]), max_size=6)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.sampled_from(REPLACEMENTS)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


def paths(document: Any, start: Path = ()) -> Iterator[Path]:
    """Where every value of the document is, the document itself included."""
    yield start
    if isinstance(document, dict):
        for name, value in document.items():
            yield from paths(value, (*start, name))
    elif isinstance(document, list):
        for number, value in enumerate(document):
            yield from paths(value, (*start, number))


def every_change(document: Any) -> Iterator[Any]:
    """The document with one value dropped, replaced, doubled, wrapped, made text, or taken from elsewhere in it."""
    for path in paths(document):
        value = found(document, path)
        yield from (_with(document, path, other) for other in _others(document, value))
        if path:
            yield _without(document, path)


@st.composite
def changed(draw: st.DrawFn, document: Any, changes: int = 1) -> Any:
    """The document with so many of its values changed, at places that may lie within one another."""
    for _ in range(changes):
        path = draw(st.sampled_from(list(paths(document))))
        value = found(document, path)
        kept = st.sampled_from([*_wrapped(value), *_elsewhere(document)])
        other = draw(VALUES | kept | (st.just(_NOTHING) if path else st.nothing()))
        document = _without(document, path) if other is _NOTHING else _with(document, path, other)
    return document


def found(document: Any, path: Path) -> Any:
    for step in path:
        document = document[step]
    return document


def spelled(document: Any) -> bytes:
    """As Python's JSON spells it: NaN, and escapes for what UTF-8 does not have."""
    return json.dumps(document).encode()


def _others(document: Any, value: Any) -> Iterator[Any]:
    yield from REPLACEMENTS
    yield from _wrapped(value)
    yield from _elsewhere(document)


def _wrapped(value: Any) -> Iterator[Any]:
    yield from ({name: value} for name in _WRAPPINGS)
    yield from ([value], [value, value], json.dumps(value))
    if isinstance(value, str):
        yield from (value.upper(), value + value, value[:-1])


def _elsewhere(document: Any) -> list[Any]:
    """The document's plain values, each once."""
    values = (found(document, path) for path in paths(document))
    plain = (value for value in values if not isinstance(value, dict | list))
    return list(dict.fromkeys(plain))


def _with(document: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    copied = copy.deepcopy(document)
    found(copied, path[:-1])[path[-1]] = value
    return copied


def _without(document: Any, path: Path) -> Any:
    copied = copy.deepcopy(document)
    del found(copied, path[:-1])[path[-1]]
    return copied
