"""Bytes that came from outside, as JSON. Knows no provider, and decides nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from framehook.providers.contract import UnreadableAnswer
from framehook.providers.provider_words import MAX_BODY


def load(text: bytes | str) -> Any:
    """JSON of bounded size; what JSON itself does not allow (NaN) is null. Raises UnreadableAnswer."""
    if len(text) > MAX_BODY:
        raise UnreadableAnswer("the body is too large")
    try:
        return json.loads(text, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        raise UnreadableAnswer("the body is not JSON") from None


def load_object(text: bytes | str) -> Mapping[str, Any]:
    """Raises UnreadableAnswer for anything but a JSON object."""
    document = load(text)
    if not isinstance(document, dict):
        raise UnreadableAnswer("the body is not a JSON object")
    return document
