"""Runware: several tasks in a call, known by the client's UUIDs, one of which is not billed twice while it runs, nor
for ten minutes; looked up by `getResponse`; files are PUT to us after the webhook.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, override

from framehook.providers.contract import HttpRequest, HttpResponse
from tests.chaos.generations import Generation
from tests.chaos.provider_model import Answered, ProviderModel, Send
from tests.chaos.world import HOUR, MINUTE, SECOND
from tests.fakes.stack import refusal, response

_KNOWN_FOR = 10 * MINUTE
_UPLOAD_LATE = 30 * MINUTE


class RunwareModel(ProviderModel):
    name = "runware"
    retries = tuple(min(250 << n, 8_000) for n in range(8))
    keeps_results = 7 * 24 * HOUR

    @override
    def sends(self, request: HttpRequest) -> Sequence[Send] | None:
        tasks = json.loads(request.body)
        if tasks[0]["taskType"] == "getResponse":
            return None
        return [_send(task) for task in tasks]

    @override
    def accepted(self, send: Send) -> Generation:
        """A UUID that is known, and young or under way, is the same generation; another is paid again."""
        known = self.setting.ledger.by_id.get(send.id or "")
        if known is None:
            return super().accepted(send)
        if not known.ended or self.world.now - known.accepted_at < _KNOWN_FOR:
            self._tell("knows", known.short)
            known.sent_again = True
            return known
        self._tell("takes a finished UUID for a new task", known.short)
        self.setting.ledger.by_id[f"{known.id} before {self.world.now}"] = known
        return super().accepted(send)

    @override
    def taken(self, request: HttpRequest, taken: Sequence[Generation]) -> HttpResponse:
        tasks = zip(json.loads(request.body), taken, strict=True)
        data = [
            {"taskType": task["taskType"], "taskUUID": generation.id}
            for task, generation in tasks
            if not generation.sent_again
        ]
        errors = [
            {"code": "conflictTaskUUID", "message": "…", "taskUUID": generation.id}
            for generation in taken
            if generation.sent_again
        ]
        return response(200 if data else 400, {"data": data, "errors": errors})

    @override
    def refused(self, sends: Sequence[Send], *, for_now: bool) -> HttpResponse:
        if for_now:
            return refusal(429, "rateLimitExceeded", retryAfter=self.world.random.choice((1, 30, 600)))
        return refusal(400, "invalidPositivePrompt")

    @override
    def garbled(self) -> HttpResponse:
        return HttpResponse(
            200, {}, self.world.random.choice((b"<html>", b"{}", b'{"data": [], "errors": []}'))
        )

    @override
    def look_up_refused(self) -> HttpResponse:
        return refusal(self.world.random.choice((401, 429, 500)), "rateLimitExceeded")

    @override
    def ask(self, request: HttpRequest) -> HttpResponse:
        ids = [task["taskUUID"] for task in json.loads(request.body)]
        for each in ids:
            self.looked_at(each)
        try:
            self.trouble(*ids)
        except Answered as instead:
            return instead.response
        found = [generation for each in ids if (generation := self.find(each)) is not None]
        answers = [self._state(each) for each in found]
        data = [each for each in answers if "code" not in each]
        errors = [each for each in answers if "code" in each]
        return response(200, {"data": data, "errors": errors})

    def _state(self, generation: Generation) -> dict[str, Any]:
        if not generation.ended:
            return {"taskType": "videoInference", "taskUUID": generation.id, "status": "processing"}
        if not generation.succeeds:
            return _error(generation)
        self.told(generation)
        return self._result(generation)

    def _result(self, generation: Generation) -> dict[str, Any]:
        return {
            "taskType": "videoInference",
            "taskUUID": generation.id,
            "videoUUID": generation.id,
            "videoURL": self.url(generation, 0),
            "cost": generation.cost / 1_000_000,
        }

    @override
    def ended_body(self, generation: Generation, *, succeeded: bool) -> Any:
        if not succeeded:
            return {"errors": [_error(generation)]}
        result = self._result(generation)
        return result if self.faults.strikes("webhook in another form") else {"data": [result]}

    @override
    def encoded(self, body: Any) -> bytes:
        return json.dumps(body).encode()

    @override
    def after_success(self, generation: Generation) -> None:
        late = self.world.within(_UPLOAD_LATE) if self.faults.strikes("upload late") else 0
        copies = 2 if self.faults.strikes("upload twice") else 1
        for _ in range(copies):
            self.world.scheduler.after(late + self.world.within(40 * SECOND), lambda: self.upload(generation))

    @override
    def new_id(self) -> str:
        raise AssertionError("Runware takes the client's ids")

    @override
    def url(self, generation: Generation, number: int) -> str:
        return f"https://vm.runware.ai/video/{generation.id}@{number}.mp4"


def _send(task: dict[str, Any]) -> Send:
    url = task["webhookURL"]
    _, _, job_id, place, _ = url.rsplit("/", 4)
    attempt, slot = place.split(".")
    key = str(task["uploadEndpoint"]).split("/", 3)[3].split("?")[0] if "uploadEndpoint" in task else None
    return Send(job_id, int(attempt), int(slot), task["taskUUID"], url, key)


def _error(generation: Generation) -> dict[str, Any]:
    return {
        "code": "timeoutProvider",
        "status": "error",
        "message": "…",
        "taskType": "videoInference",
        "taskUUID": generation.id,
    }
