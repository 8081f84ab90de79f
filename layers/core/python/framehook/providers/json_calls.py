"""Requests that ask for JSON, with JSON in them or nothing, and a credential in the header. Knows no provider. Pure.

`authorization` is the header's value.
"""

from __future__ import annotations

import json
from typing import Any

from framehook.providers.contract import HttpRequest


def headers(authorization: str) -> dict[str, str]:
    return {"Authorization": authorization, "Accept": "application/json"}


def get(path: str, authorization: str, service: str = "") -> HttpRequest:
    return HttpRequest("GET", path, headers(authorization), b"", service)


def post(path: str, document: Any, authorization: str, service: str = "") -> HttpRequest:
    sent = {**headers(authorization), "Content-Type": "application/json"}
    return HttpRequest("POST", path, sent, encoded(document), service)


def encoded(document: Any) -> bytes:
    """Raises ValueError for what JSON has no number for."""
    return json.dumps(document, separators=(",", ":"), allow_nan=False).encode()
