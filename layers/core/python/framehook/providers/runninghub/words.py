"""How RunningHub says in a JSON object whether something went wrong: `code` and `msg`, or `errorCode` and
`errorMessage`. Of its bodies, only what all their readers share. Decides nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from framehook.providers.contract import UnreadableAnswer
from framehook.providers.provider_words import MAX_BODY, bounded_code, without_secrets

CODES = ("errorCode", "code")
UNREADABLE = "unreadable"
"""The code of what has one that can't be read."""

_FINE = ("", "0", "200", "null")  # one public client takes 200 for 0
_MESSAGES = ("errorMessage", "msg", "message")


def load(text: bytes | str) -> Any:
    """JSON of bounded size; what JSON itself does not allow (NaN) is null. Raises UnreadableAnswer."""
    if len(text) > MAX_BODY:
        raise UnreadableAnswer("the body is too large")
    try:
        return json.loads(text, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        raise UnreadableAnswer("the body is not JSON") from None


def code_of(value: Any) -> str:
    """An error code as text; empty where it says that there is no error."""
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str):
        value = value.strip()
    code = "" if value == "" else without_secrets(bounded_code(value)) or UNREADABLE
    return "" if code.lower() in _FINE else code


def error_of(document: Mapping[str, Any]) -> tuple[str, str]:
    """The error code that stands in the object itself, and its key; both empty where there is none."""
    return next(((code, key) for key in CODES if (code := code_of(document.get(key)))), ("", ""))


def said(document: Mapping[str, Any]) -> str:
    """The message in the object itself, without secrets."""
    return next((text for key in _MESSAGES if (text := without_secrets(document.get(key)))), "")
