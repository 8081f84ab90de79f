"""Gives a body the types that its rule wants, where nothing is lost and nothing is guessed. Pure.

The same field is a number with one model, text with another: `8` may have to be sent as `"8"`. What can't be made to
fit is left as it is, so that `rules.check` of the result says what is wrong with what was sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from framehook.rules import Rule, spelled_out

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,14})\.[0-9]{1,15}")
_SWITCH = {"true": True, "false": False}


def fitted(rule: Rule, value: Any) -> Any:
    """The value as its rule wants it: `8` for a choice of `"8"`, `7` for `"7"`, a list of one for one text."""
    rule = spelled_out(rule)
    if "fields" in rule and isinstance(value, Mapping):
        fields = rule["fields"]
        return {name: fitted(fields[name], each) if name in fields else each for name, each in value.items()}
    if "items" in rule:
        return _items(rule["items"], value)
    if "enum" in rule:
        return _chosen(rule["enum"], _typed(rule.get("type"), value))
    return _typed(rule.get("type"), value)


def _items(rule: Rule, value: Any) -> Any:
    if isinstance(value, str):
        return [fitted(rule, value)]
    return [fitted(rule, each) for each in value] if isinstance(value, list | tuple) else value


def _chosen(options: Sequence[Any], value: Any) -> Any:
    """The option that says the same as the value, where there is one."""
    if isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, int | float):
        text = str(_whole(value))
    else:
        return value
    return text if text in options else value


def _typed(wanted: str | None, value: Any) -> Any:
    if wanted == "boolean" and isinstance(value, str):
        return _SWITCH.get(value, value)
    if wanted in ("integer", "number") and isinstance(value, str):
        return _read_number(value, wanted)
    if wanted == "integer" and isinstance(value, float):
        return _whole(value)
    return value


def _read_number(text: str, wanted: str) -> str | int | float:
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if wanted == "number" and _DECIMAL.fullmatch(text) else text


def _whole(value: float) -> float:
    """8 for 8.0: they are the same number in JSON."""
    return int(value) if value.is_integer() else value
