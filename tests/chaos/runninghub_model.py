"""RunningHub: one task in a call, no idempotency, its own ids, told by webhook; a failure may be taken back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, override

from framehook.providers.contract import HttpRequest, HttpResponse
from tests.chaos.generations import Generation
from tests.chaos.provider_model import Answered, ProviderModel, Send
from tests.chaos.world import HOUR, MINUTE, SECOND
from tests.fakes import runninghub_answers as hub

_FOR_NOW = ("421", "1003", "1011", "415")
_FOR_GOOD = ("1501", "803")
_DOUBTFUL = ("1000", "1005", "1003")
_TAKEN_BACK_AFTER = 20 * SECOND


class RunningHubModel(ProviderModel):
    name = "runninghub"
    retries = (60 * SECOND, 2 * MINUTE, 3 * MINUTE)
    takes_failures_back = True
    keeps_results = 24 * HOUR

    @override
    def sends(self, request: HttpRequest) -> Sequence[Send] | None:
        body = json.loads(request.body)
        url = body.get("webhookUrl")
        if url is None:
            return None
        _, _, job_id, place, _ = url.rsplit("/", 4)
        attempt, slot = place.split(".")
        return [Send(job_id, int(attempt), int(slot), webhook=url)]

    @override
    def new_id(self) -> str:
        return str(2013508786110730000 + self.world.random.randrange(10**15))

    @override
    def taken(self, request: HttpRequest, taken: Sequence[Generation]) -> HttpResponse:
        (generation,) = taken
        return hub.answer(hub.task(self.world.random.choice(("RUNNING", "QUEUED", "CREATE")), generation.id))

    @override
    def refused(self, sends: Sequence[Send], *, for_now: bool) -> HttpResponse:
        return hub.refused(self.world.random.choice(_FOR_NOW if for_now else _FOR_GOOD))

    @override
    def garbled(self) -> HttpResponse:
        if self.world.random.random() < 0.5:
            return HttpResponse(200, {}, b"<html>")
        return hub.refused("1000")

    @override
    def look_up_refused(self) -> HttpResponse:
        return hub.refused(self.world.random.choice(_DOUBTFUL))

    @override
    def ask(self, request: HttpRequest) -> HttpResponse:
        task_id = str(json.loads(request.body)["taskId"])
        if request.path.endswith("/cancel"):
            return self._cancel(task_id)
        if request.path.endswith("/query"):
            self.looked_at(task_id)
        try:
            self.trouble(task_id)
        except Answered as instead:
            return instead.response
        if request.path.endswith("/getWebhookDetail"):
            return self._detail(self.find(task_id))
        return self._query(self.find(task_id))

    def _query(self, found: Generation | None) -> HttpResponse:
        if found is None:
            return hub.answer(hub.task("", "", errorCode="1004"))
        if found.stopped:
            if self.world.random.random() < 0.5:
                return hub.answer(hub.task("CANCEL", found.id))
            return hub.answer(hub.broken(found.id, "805"))
        if not found.ended:
            return hub.answer(hub.task("RUNNING", found.id))
        return hub.answer(self._end_of(found))

    def _end_of(self, generation: Generation) -> dict[str, Any]:
        if not generation.succeeds:
            return hub.broken(generation.id)
        self.told(generation)
        return self._finished(generation)

    def _detail(self, found: Generation | None) -> HttpResponse:
        if found is None or not found.ended:
            return hub.answer({"code": 1, "msg": "webhook event not exists"})
        data = {"id": "1", "taskId": found.id, "eventData": json.dumps(self._end_of(found))}
        return hub.answer({"code": 0, "msg": "success", "data": data})

    def _cancel(self, task_id: str) -> HttpResponse:
        self.lose_cancel()
        found = self.setting.ledger.by_id.get(task_id)
        if found is None or found.ended or found.stopped:
            return hub.answer({"code": 807, "msg": "APIKEY_TASK_NOT_FOUND", "data": None})
        if not self.faults.strikes("cancel too late"):
            self.stop(found)
        return hub.answer({"code": 0, "msg": "success", "data": None})

    def _finished(self, generation: Generation) -> dict[str, Any]:
        file = {"url": self.url(generation, 0), "outputType": "mp4", "text": None}
        return hub.finished(generation.id, file, price=str(generation.cost / 1_000_000))

    @override
    def ended_body(self, generation: Generation, *, succeeded: bool) -> Any:
        data = self._finished(generation) if succeeded else hub.broken(generation.id)
        if not self.faults.strikes("webhook in another form"):
            return hub.event(data)
        return self.world.random.choice(
            (
                {"event": "TASK_END", "taskId": generation.id, "eventData": json.dumps(data)},
                {"event": "TASK_END", "taskId": int(generation.id), "eventData": data},
                {"event": "TASK_END", "taskId": generation.id, "eventData": {"code": 0, "data": data}},
                data,
            )
        )

    @override
    def encoded(self, body: Any) -> bytes:
        return json.dumps(body).encode()

    @override
    def url(self, generation: Generation, number: int) -> str:
        return f"{hub.HOST}/{generation.id}@{number}.mp4"
