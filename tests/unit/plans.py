"""Requests to plan, and what is wrong with them: shared by the tests of catalogue names and of native models."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from framehook.errors import FieldProblem, InvalidRequest
from framehook.offerings import plan

IMAGE = "https://example.com/a.png"
IMAGES = [
    IMAGE,
    "https://example.com/a.png?X-Amz-Signature=0a%2F",
    "s3://bucket/inputs/ada/key.png",
    "data:image/png;base64,AAAA",
    "data:image/svg+xml;charset=utf-8;base64," + "A" * 100_000,
    "59a2edc2-45e6-429f-be5f-7ded59b92046",
    "59A2EDC2-45E6-429F-BE5F-7DED59B92046",
]
PRO = "runware/openai:3@2"
NATIVE: dict[str, Any] = {"positivePrompt": "a cat", "width": 1280, "height": 720}


def data_uri(content_type: str, size: int) -> str:
    """One of so many bytes."""
    return f"data:{content_type};base64,{base64.b64encode(bytes(size)).decode()}"


def problems(model: str, given_input: dict[str, Any], provider: Any = None) -> list[FieldProblem]:
    with pytest.raises(InvalidRequest) as raised:
        plan(model, given_input, provider)
    return list(raised.value.problems)


def fields(model: str, given_input: dict[str, Any], provider: Any = None) -> list[str]:
    return [problem.field for problem in problems(model, given_input, provider)]


def refused_fields(model: str, given_input: dict[str, Any]) -> list[str]:
    """The fields that are wrong; none when there is a plan, which then must be one that can be sent."""
    try:
        found = plan(model, given_input)
    except InvalidRequest as refused:
        return [problem.field for problem in refused.problems]
    json.dumps(found.body, allow_nan=False)
    return [] if 1 <= found.count <= 4 else ["count"]
