"""What RunningHub answers and calls, in its own words, for use cases over the in-memory stack."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from framehook.providers.contract import HttpRequest, HttpResponse

TASK = "2013508786110730241"
OTHER_TASK = "2013508786110730242"
HOST = "https://rh-images-1252422369.cos.ap-beijing.myqcloud.com"
VIDEO_URL = f"{HOST}/0123456789abcdef0123456789abcdef/output/feb9246e.mp4"
PREVIEW_URL = f"{HOST}/0123456789abcdef0123456789abcdef/output/feb9246e.png"
VIDEO = {"url": VIDEO_URL, "outputType": "mp4", "text": None}
PREVIEW = {"url": PREVIEW_URL, "outputType": "png", "text": None}


def answer(body: object, status: int = 200) -> HttpResponse:
    return HttpResponse(status, {"content-type": "application/json"}, json.dumps(body).encode())


def task(status: str, task_id: str = TASK, **fields: Any) -> dict[str, Any]:
    """The flat task object of a submission, a query, and inside a webhook."""
    empty = {"errorCode": "", "errorMessage": "", "results": None, "clientId": "", "promptTips": ""}
    return {"taskId": task_id, "status": status, **empty, **fields}


def taken(task_id: str = TASK) -> HttpResponse:
    return answer(task("RUNNING", task_id))


def refused(code: str, message: str = "…") -> HttpResponse:
    return answer(task("", "", errorCode=code, errorMessage=message))


def finished(task_id: str = TASK, *results: Mapping[str, Any], price: str | None = "0.8") -> dict[str, Any]:
    usage = {
        "consumeMoney": None,
        "consumeCoins": None,
        "taskCostTime": "0",
        "thirdPartyConsumeMoney": price,
    }
    return task("SUCCESS", task_id, results=list(results or (VIDEO,)), usage=usage)


def broken(task_id: str = TASK, code: str = "1000") -> dict[str, Any]:
    return task("FAILED", task_id, errorCode=code, errorMessage="unknown error")


def event(data: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a webhook of the v2 endpoints."""
    return {"eventData": data, "event": "TASK_END", "taskId": data["taskId"]}


def sent(request: HttpRequest) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(request.body)
    return body
