"""What names a generation of RunningHub: an endpoint below /openapi/v2, or a workflow or an AI app by its number. Pure.

Imported by the webhook receiver: knows no list of endpoints. A name must not be able to be another call than its own.
"""

from __future__ import annotations

import re

KINDS = ("workflow", "ai-app")

_LONGEST = 200
_RUN = re.compile(r"(workflow|ai-app)/([0-9]{1,30})")
_SEGMENT = r"[A-Za-z0-9][A-Za-z0-9._-]*"
_ENDPOINT = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT}){{0,2}}")
_NO_MODELS = ("api-key", "media", "price-preview", "query", "queue", "run")  # other calls below /openapi/v2


def run_of(offering: str) -> tuple[str, str] | None:
    """The kind and the number of a workflow or an AI app; None for an endpoint, and for what is nothing at all."""
    match = _RUN.fullmatch(offering)
    return (match[1], match[2]) if match else None


def path_of(offering: str) -> str | None:
    """Its path below /openapi/v2; None for what names no generation."""
    if run_of(offering):
        return f"run/{offering}"
    first = offering.partition("/")[0].lower()
    is_endpoint = len(offering) <= _LONGEST and _ENDPOINT.fullmatch(offering)
    return offering if is_endpoint and first not in (*_NO_MODELS, *KINDS) else None
