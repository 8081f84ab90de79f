"""Changes of a provider's settings, checked against the values that stand there. Provider-neutral.

A provider's settings are a dataclass whose every field has a default.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any


class InvalidSettingError(ValueError):
    """A default that does not exist or has the wrong type."""


def change(settings: Any, changes: Mapping[str, Any], choices: Mapping[str, Sequence[str]]) -> None:
    """All or nothing, or an InvalidSettingError; objects are merged, `choices` lists allowed words."""
    current = {item.name: getattr(settings, item.name) for item in fields(settings)}
    for name, value in changes.items():
        if name not in current:
            raise InvalidSettingError(f"unknown default {name!r}; known: {', '.join(sorted(current))}")
        if not _same_kind(current[name], value) or value not in choices.get(name, (value,)):
            raise InvalidSettingError(f"{value!r} is not a value for {name}")
    for name, value in changes.items():
        if isinstance(value, dict):
            current[name].update(value)
        else:
            # A whole number stays a number of its field's kind, or the next change could be no fraction.
            setattr(settings, name, float(value) if isinstance(current[name], float) else value)


def restore(settings: Any) -> None:
    """Every field back to its default, in this same object: its users hold on to it."""
    fresh = type(settings)()
    for item in fields(fresh):
        setattr(settings, item.name, getattr(fresh, item.name))


def _same_kind(current: object, value: object) -> bool:
    if isinstance(current, bool) or isinstance(value, bool):
        return isinstance(current, bool) and isinstance(value, bool)
    if isinstance(current, float):
        return isinstance(value, int | float) and value >= 0
    if isinstance(current, dict):
        return isinstance(value, dict) and all(_same_kind(0.0, number) for number in value.values())
    if isinstance(current, int):
        return isinstance(value, int) and value >= 1
    return isinstance(value, type(current))
