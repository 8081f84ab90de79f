"""Bodies that RunComfy sends, as its pages and its public clients have them, and ways to put them to the provider.

docs.runcomfy.com/model-apis/async-queue-endpoints, docs.runcomfy.com/serverless/async-queue-endpoints and
docs.runcomfy.com/serverless/webhooks; what is only in clients says so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from framehook.jobs import Task
from framehook.providers.contract import CancelAnswer, HttpResponse, Report, Verdict
from framehook.providers.runcomfy.provider import PROVIDER

MODEL = "openai/sora-2/pro/text-to-video"
DEPLOYMENT = "deployment/99999999-8888-4777-8666-555555555555"
OURS = "~982c01aa-813a-4434-aa42-3e512808fd94"
THEIRS = "11111111-2222-4333-8444-555555555555"
OTHER = "11111111-2222-4333-8444-666666666666"
HOST = "https://playgrounds-storage-public.runcomfy.net"
VIDEO = f"{HOST}/a.mp4"
PICTURE = (
    f"https://serverless-api-storage.runcomfy.net/deployment_requests/{THEIRS}/output/ComfyUI_00001_.png"
)
TIMES = {
    "created_at": "2026-01-15T10:00:00.123456+00:00",
    "finished_at": "2026-01-15T10:02:31.654321+00:00",
}

_QUEUE = f"https://model-api.runcomfy.net/v1/requests/{THEIRS}"
_DEPLOYED = (
    f"https://api.runcomfy.net/prod/v1/deployments/99999999-8888-4777-8666-555555555555/requests/{THEIRS}"
)
LINKS = {"status_url": f"{_QUEUE}/status", "result_url": f"{_QUEUE}/result"}
SUBMITTED = {"request_id": THEIRS, **LINKS, "cancel_url": f"{_QUEUE}/cancel"}
DEPLOYMENT_SUBMITTED = {
    "request_id": THEIRS,
    "status_url": f"{_DEPLOYED}/status",
    "result_url": f"{_DEPLOYED}/result",
    "cancel_url": f"{_DEPLOYED}/cancel",
}
IN_QUEUE = {"request_id": THEIRS, "status": "in_queue", "queue_position": 3, **LINKS}
DONE = {"request_id": THEIRS, "status": "succeeded", "output": {"video": VIDEO}, **TIMES}
# The result with `include_cost` of github.com/runcomfy-com/comfyui-runcomfy-partner-nodes (runcomfy/client.py).
PRICED = {
    "request_id": THEIRS,
    "model_id": MODEL,
    "status": "completed",
    "output": {"videos": [VIDEO]},
    "cost": 1.2,
    **TIMES,
}
FAILED = {"request_id": THEIRS, "status": "failed", "error": "model refused the prompt", **TIMES}
# The errors of a workflow's run: github.com/iguanesolutions/go-runcomfyserverless.
RUN_ERROR = {"errorCode": 99999, "error": "execution failed", "debugInfo": "python traceback"}
RUN_FAILED = {"request_id": THEIRS, "status": "failed", "error": [RUN_ERROR], **TIMES}
NODES = {
    "58": {
        "images": [
            {"url": PICTURE, "filename": "ComfyUI_00001_.png", "subfolder": "", "type": "output"},
        ]
    }
}
RUN_DONE = {"request_id": THEIRS, "status": "succeeded", "outputs": NODES, **TIMES, "instance_id": "1697cb1a"}
NOT_READY = {"error_code": 400005, "error_message": "Request is not completed"}
NOT_FOUND = {"error_code": 404001, "error_message": "ResourceNotFound"}
NO_CREDIT = {"error_code": 400002, "error_message": "InsufficientResources"}
BAD_TOKEN = {"error_code": 400004, "error_message": "UserAccountError"}
INVALID = {
    "error_code": 422001,
    "error_message": "Validation Error",
    "detail": [
        {
            "loc": ["body", "seconds"],
            "msg": "value is not a valid enumeration member; permitted: 4, 8, 12",
            "type": "type_error.enum",
        }
    ],
}


def answer(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpResponse(status, headers or {}, raw)


def verdict(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Verdict:
    return PROVIDER.read_submission([OURS], answer(body, status, headers))[OURS]


def looked_up(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> list[Report]:
    return list(PROVIDER.read_look_up([THEIRS], answer(body, status, headers)))


def asked_again(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> list[Report]:
    return list(PROVIDER.read_second_answer(THEIRS, answer(body, status, headers)))


def webhook(body: object, about: str | None = THEIRS, *others: str) -> list[Report]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    tasks = [Task(each, slot) for slot, each in enumerate([*([about] if about else []), *others])]
    return list(PROVIDER.read_webhook(raw, tasks, tasks[0] if about else None))


def cancelled(body: object, status: int = 202) -> CancelAnswer:
    return PROVIDER.read_cancellation(answer(body, status))


def only(reports: list[Report]) -> Any:
    [report] = reports
    return report


_IDS: list[Any] = [THEIRS, OTHER, OURS, "x" * 129, "", 7, {}]
_WORDS = ["succeeded", "COMPLETED", "failed", "in_queue", "canceled", "not_cancellable", "temp", "input"]
_CODES = [400004, "404001", 429001, 400005, 0, -1, "\ud800", 10**30, 1e300]
_TEXTS = [VIDEO, PICTURE, "https://[", "0.14", "\ud800", "x" * 600]
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text("aZ0 ./:é\u0661\ud800\n", max_size=8)
)
VALUES = SCALARS | st.sampled_from([*_IDS, *_WORDS, *_CODES, *_TEXTS])
NAMES = st.sampled_from(
    [
        *("request_id", "status", "outcome", "output", "outputs", "error", "cost", "input", "deployment_id"),
        *(
            "error_code",
            "errorCode",
            "error_message",
            "message",
            "detail",
            "details",
            "debugInfo",
            "loc",
            "msg",
        ),
        *("58", "image", "videos", "text", "url", "filename", "type", "content_type", "subfolder"),
    ]
)
JSON = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=12,
)
OBJECTS = st.dictionaries(NAMES, JSON, max_size=6)
TWICE = OBJECTS.map(lambda each: f"{json.dumps(each)[:-1]},{json.dumps(each)[1:]}".encode())  # keys repeated
NASTY = st.sampled_from(
    [
        *(b"", b"no", b"<html>", b"\xff\xfe\x00", b"[" * 100_000, b'{"a":' * 100_000, b"9" * 5000),
        *(
            b"1",
            b"null",
            b"[]",
            b"{}",
            b'"text"',
            b'{"status": NaN}',
            b'{"cost": 1e999, "status": "success"}',
        ),
        b'{"request_id": "' + THEIRS.encode() + b'", "status": "success", "cost": -Infinity}',
        json.dumps({"status": "success", "output": json.loads("[" * 500 + "]" * 500)}).encode(),
    ]
)
BODIES = OBJECTS.map(lambda value: json.dumps(value).encode()) | TWICE | NASTY | st.binary(max_size=100)
STATUSES = st.sampled_from(
    [100, 200, 202, 204, 302, 400, 401, 402, 403, 404, 408, 413, 422, 425, 429, 499, 500, 503]
)
