"""What the imaginary Lumen answers and calls, in its own words, for use cases over the in-memory stack."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from framehook.providers.contract import HttpRequest, HttpResponse

REQUEST = "764cabcf-b745-4b3e-ae38-1200304cf45b"
MODEL = "glow/text-to-video"
VIDEO_URL = "https://v3.media.lumen.example/files/a.mp4"
MADE = {"video": {"url": VIDEO_URL, "content_type": "video/mp4", "file_name": "a.mp4"}, "seed": 7}
REFUSED_PROMPT = [{"loc": ["body", "prompt"], "msg": "the prompt was refused", "type": "model_error"}]


def answer(body: object, status: int = 200, **headers: str) -> HttpResponse:
    return HttpResponse(status, {"content-type": "application/json", **headers}, json.dumps(body).encode())


def taken() -> HttpResponse:
    base = f"https://queue.lumen.example/{MODEL}/requests/{REQUEST}"
    urls = {"response_url": base, "status_url": f"{base}/status", "cancel_url": f"{base}/cancel"}
    return answer({"request_id": REQUEST, "status": "IN_QUEUE", "queue_position": 0, **urls})


def refused(status: int, detail: object = "…", **headers: str) -> HttpResponse:
    return answer({"detail": detail}, status, **headers)


def not_ready() -> HttpResponse:
    return refused(400, "Request is still in progress")


def state(word: str, **fields: object) -> HttpResponse:
    return answer({"status": word, "request_id": REQUEST, **fields}, 200 if word == "COMPLETED" else 202)


def called(payload: object = MADE, error: str | None = None) -> dict[str, Any]:
    """The body of a webhook. After a retry of Lumen's the two ids differ."""
    return {
        "request_id": REQUEST,
        "gateway_request_id": REQUEST.replace("7", "8"),
        "status": "ERROR" if error else "OK",
        "error": error,
        "payload": payload,
    }


def webhook_of(request: HttpRequest) -> dict[str, str]:
    """The URL that this call told Lumen to call, in the form that the stack's `webhook` takes."""
    (url,) = parse_qs(urlsplit(request.path).query)["lumen_webhook"]
    return {"webhookUrl": url}
