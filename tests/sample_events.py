"""The sample events under `events/`, which `sam local invoke` takes too, and the job that all of them are about."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EVENTS = Path(__file__).parents[1] / "events"
JOB_ID = "3b0f2c5e-7d0a-4c4e-9f3b-5a1d2e6c8f70"
TASK_ID = "9c1f0a52-6d3e-4b7a-8f21-0d5e7c3b9a64"
TOKEN = "sample-token-0123456789-0123456789-01234567"
API_KEY = "sample-key-that-opens-nothing"

type Event = dict[str, Any]


def sample_event(function: str, case: str) -> Event:
    """A fresh copy of `events/<function>/<case>.json`."""
    event: Event = json.loads((EVENTS / function / f"{case}.json").read_text(encoding="utf-8"))
    return event


def rest_call(
    method: str,
    path: str,
    body: object = None,
    *,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
) -> Event:
    """A call of the HTTP API, after the sample. A `str` is sent as it is, `bytes` as base64, anything else as JSON."""
    event = sample_event("serve_api", "submit_job")
    given = event["headers"] | dict(headers or {})
    return event | {
        "httpMethod": method,
        "path": path,
        "headers": given,
        "multiValueHeaders": {name: [value] for name, value in given.items()},
        "queryStringParameters": dict(query) if query else None,
        "multiValueQueryStringParameters": {name: [value] for name, value in (query or {}).items()} or None,
        "body": _sent(body),
        "isBase64Encoded": isinstance(body, bytes),
    }


def messages(*bodies: object, first: int = 1) -> Event:
    """A batch of the Jobs queue, after the sample; messages are numbered from `first`."""
    (record,) = sample_event("submit_job", "stored_job")["Records"]
    return {
        "Records": [
            record | {"messageId": message_id(number), "body": _sent(body)}
            for number, body in enumerate(bodies, first)
        ]
    }


def message_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def _sent(body: object) -> str | None:
    if body is None or isinstance(body, str):
        return body
    return base64.b64encode(body).decode() if isinstance(body, bytes) else json.dumps(body)


@dataclass(frozen=True, slots=True)
class SampleContext:
    """What handlers use of Lambda's context."""

    aws_request_id: str = "6f1c9a3e-2b5d-4e8f-a7c0-1d2e3f4a5b6c"
    milliseconds: int = 290_000

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds
