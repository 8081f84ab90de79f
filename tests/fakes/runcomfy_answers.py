"""What RunComfy answers and calls, in its own words, for use cases over the in-memory stack."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from framehook.providers.contract import HttpRequest, HttpResponse

REQUEST = "11111111-2222-4333-8444-555555555555"
OTHER = "11111111-2222-4333-8444-666666666666"
DEPLOYMENT = "99999999-8888-4777-8666-555555555555"
VIDEO_URL = "https://playgrounds-storage-public.runcomfy.net/a.mp4"
PICTURE_URL = (
    f"https://serverless-api-storage.runcomfy.net/deployment_requests/{REQUEST}/output/ComfyUI_00001_.png"
)


def answer(body: object, status: int = 200, **headers: str) -> HttpResponse:
    return HttpResponse(status, {"content-type": "application/json", **headers}, json.dumps(body).encode())


def taken(request_id: str = REQUEST) -> HttpResponse:
    base = f"https://model-api.runcomfy.net/v1/requests/{request_id}"
    urls = {f"{name}_url": f"{base}/{name}" for name in ("status", "result", "cancel")}
    return answer({"request_id": request_id, **urls})


def refused(status: int, code: int, message: str = "…", **headers: str) -> HttpResponse:
    return answer({"error_code": code, "error_message": message}, status, **headers)


def state(word: str, request_id: str = REQUEST, **fields: Any) -> HttpResponse:
    return answer({"request_id": request_id, "status": word, **fields})


def finished(request_id: str = REQUEST, cost: float | None = 1.2, **output: Any) -> HttpResponse:
    told = {} if cost is None else {"cost": cost}
    return state("succeeded", request_id, output=output or {"video": VIDEO_URL}, **told)


def not_ready() -> HttpResponse:
    return refused(400, 400005, "Request is not completed")


def called(status: str, request_id: str = REQUEST, **fields: Any) -> dict[str, Any]:
    """The body of a webhook of a deployment."""
    return {"request_id": request_id, "deployment_id": DEPLOYMENT, "status": status, **fields}


def pictures(*urls: str) -> dict[str, Any]:
    """What a ComfyUI workflow made, by the node that saved it."""
    images = [{"url": url, "filename": url.rpartition("/")[2], "type": "output"} for url in urls]
    return {"58": {"images": images}}


def webhook_of(request: HttpRequest) -> dict[str, str]:
    """The URL that this call told the provider to call, in the form that the stack's `webhook` takes."""
    (url,) = parse_qs(urlsplit(request.path).query)["webhook"]
    return {"webhookUrl": url}
