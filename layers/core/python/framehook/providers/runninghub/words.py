"""How RunningHub says in a JSON object whether something went wrong: `code` and `msg`, or `errorCode` and
`errorMessage`. Of its bodies, only what all their readers share. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from framehook.providers.answer_json import load
from framehook.providers.contract import UnreadableAnswer
from framehook.providers.provider_words import error_code, without_secrets

CODES = ("errorCode", "code")
_MESSAGES = ("errorMessage", "msg", "message")


def opened(body: bytes) -> Mapping[str, Any] | None:
    """The object in a body; None for anything else."""
    try:
        document = load(body)
    except UnreadableAnswer:
        return None
    return document if isinstance(document, Mapping) else None


def error_of(document: Mapping[str, Any]) -> tuple[str, str]:
    """The error code that stands in the object itself, and its key; both empty where there is none."""
    return next(((code, key) for key in CODES if (code := error_code(document.get(key)))), ("", ""))


def said(document: Mapping[str, Any]) -> str:
    """The message in the object itself, without secrets."""
    return next((text for key in _MESSAGES if (text := without_secrets(document.get(key)))), "")
