"""Lumen's own form of a request, made from what the user sent: checked where the model's fields are known. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from framehook.coercion import fitted
from framehook.errors import FieldProblem
from framehook.jobs import Kind
from framehook.providers.prepared import Prepared
from framehook.rules import Rule, check, media_values
from framehook.wording import shown
from tests.imaginary_provider.lumen.provider import LUMEN

NATIVE_FORM = "lumen/glow/text-to-video"

_ROUTE = LUMEN.routes[0]
# A provider of more than a few models has these in `catalogue/<name>.json`.
_RULES: Mapping[str, Rule] = {
    "glow/text-to-video": {
        "fields": {
            "prompt": "string",
            "duration": ["4", "8", "12"],
            "aspect_ratio": ["16:9", "9:16"],
            "image_url": {"media": ["jpg", "png", "webp"], "max_mb": 20, "forms": ["https", "s3", "data"]},
        },
        "required": ["prompt"],
    },
}


def from_native(offering: str, given: Mapping[str, Any], path: str) -> Prepared | list[FieldProblem]:
    """The input of a job for `lumen/<offering>`, or everything that is wrong with it."""
    if not _ROUTE.offerings.fullmatch(offering):
        message = f"{shown(offering)} is not a model of Lumen; one is written like {NATIVE_FORM}"
        return [FieldProblem("model", message, "unknown_model")]
    rule = _RULES.get(offering, {})
    body = fitted(rule, given)
    problems = check(rule, body, path)
    if problems:
        return problems
    stored = (each for each in media_values(rule, body, path) if each.value.startswith("s3://"))
    return Prepared(
        offering=offering,
        kind=Kind.VIDEO if rule else Kind.ANY,
        body=dict(body),
        uploads=False,
        usual_seconds=60,
        media=tuple(stored),
        warnings=()
        if rule
        else (f"the fields of {offering} of Lumen are unknown: its input was not checked",),
    )
