"""RunComfy: the Model API, which never calls and knows no id of ours, and deployments, which call by webhook."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, override
from urllib.parse import parse_qs, urlsplit

from framehook.providers.contract import HttpRequest, HttpResponse
from tests.chaos.generations import Generation
from tests.chaos.provider_model import Answered, ProviderModel, Send
from tests.chaos.world import HOUR, MINUTE, SECOND
from tests.fakes import runcomfy_answers as comfy

_STARTS_WITHIN = 2 * MINUTE


class RunComfyModel(ProviderModel):
    """What both of its APIs have in common."""

    name = "runcomfy"
    retries = tuple((10 * SECOND) << n for n in range(9))
    takes_failures_back = True
    keeps_results = 7 * 24 * HOUR

    @override
    def new_id(self) -> str:
        number = self.world.random.getrandbits(80)
        return f"{number >> 48:08x}-0000-4000-8000-{number & 0xFFFFFFFFFFFF:012x}"

    @override
    def taken(self, request: HttpRequest, taken: Sequence[Generation]) -> HttpResponse:
        return comfy.taken(taken[0].id)

    @override
    def refused(self, sends: Sequence[Send], *, for_now: bool) -> HttpResponse:
        if for_now:
            wait = {"Retry-After": "30"} if self.world.random.random() < 0.5 else {}
            return comfy.answer({}, 429, **wait)
        return comfy.refused(422, 422001)

    @override
    def garbled(self) -> HttpResponse:
        return HttpResponse(200, {}, b"<html>") if self.world.random.random() < 0.5 else comfy.answer({})

    @override
    def look_up_refused(self) -> HttpResponse:
        chance = self.world.random
        return chance.choice((comfy.answer({}, 429), comfy.answer({}, 401), comfy.refused(500, 500001)))

    @override
    def ask(self, request: HttpRequest) -> HttpResponse:
        *_, request_id, verb = urlsplit(request.path).path.split("/")
        if verb == "cancel":
            return self._cancel(request_id)
        if verb == "result":
            self.looked_at(request_id)
        try:
            self.trouble(request_id)
        except Answered as instead:
            return instead.response
        found = self.find(request_id)
        if found is None:
            return comfy.refused(404, 404001)
        return self._status(found) if verb == "status" else self._result(found)

    def _result(self, found: Generation) -> HttpResponse:
        if found.stopped:
            return comfy.state("cancelled", found.id)
        if not found.ended:
            return comfy.not_ready() if self.world.random.random() < 0.5 else self._status(found)
        if not found.succeeds:
            return comfy.state("failed", found.id, error="…")
        self.told(found)
        return comfy.state("succeeded", found.id, cost=found.cost / 1_000_000, **self.output(found))

    @abstractmethod
    def output(self, generation: Generation) -> dict[str, Any]: ...

    def _status(self, found: Generation) -> HttpResponse:
        if found.stopped:
            return comfy.state("cancelled", found.id)
        if found.ended:
            return comfy.state("completed" if found.succeeds else "failed", found.id)
        waits = self.world.now < found.accepted_at + _STARTS_WITHIN
        return comfy.state("in_queue" if waits else "in_progress", found.id)

    def _cancel(self, request_id: str) -> HttpResponse:
        self.lose_cancel()
        found = self.setting.ledger.by_id.get(request_id)
        if found is None:
            return comfy.refused(404, 404001)
        waits = self.world.now < found.accepted_at + _STARTS_WITHIN
        if found.ended or found.stopped or not (waits or found.webhook):
            outcome = "cancelled" if found.stopped else "not_cancellable"
            return comfy.answer({"request_id": found.id, "status": "completed", "outcome": outcome}, 202)
        if not self.faults.strikes("cancel too late"):
            self.stop(found)
        return comfy.answer({"request_id": found.id, "status": "cancellation_requested"}, 202)

    @override
    def ended_body(self, generation: Generation, *, succeeded: bool) -> Any:
        if not succeeded:
            return comfy.called("failed", generation.id, error=[{"errorCode": 9, "error": "…"}])
        fields = {"cost": generation.cost / 1_000_000, **self.output(generation)}
        if self.faults.strikes("webhook in another form"):
            return comfy.called("completed", generation.id, outcome="succeeded", **fields)
        return comfy.called("succeeded", generation.id, **fields)

    @override
    def encoded(self, body: Any) -> bytes:
        return json.dumps(body).encode()


class RunComfyModelApi(RunComfyModel):
    @override
    def sends(self, request: HttpRequest) -> Sequence[Send] | None:
        if request.method != "POST" or not request.path.startswith("/v1/models/"):
            return None
        return [self.under_way()]

    def under_way(self) -> Send:
        """Nothing in the request names our task: it is the one that the calling function wrote down just before."""
        current = self.world.scheduler.current
        assert current is not None
        assert current.sends is not None
        return Send(*current.sends)

    @override
    def output(self, generation: Generation) -> dict[str, Any]:
        return {"output": {"video": self.url(generation, 0)}}

    @override
    def url(self, generation: Generation, number: int) -> str:
        return f"https://playgrounds-storage-public.runcomfy.net/{generation.id}@{number}.mp4"


class RunComfyDeployments(RunComfyModel):
    @override
    def sends(self, request: HttpRequest) -> Sequence[Send] | None:
        if request.method != "POST" or not urlsplit(request.path).path.endswith("/inference"):
            return None
        (url,) = parse_qs(urlsplit(request.path).query)["webhook"]
        _, _, job_id, place, _ = url.rsplit("/", 4)
        attempt, slot = place.split(".")
        return [Send(job_id, int(attempt), int(slot), webhook=url)]

    @override
    def accepted(self, send: Send) -> Generation:
        generation = super().accepted(send)
        if self.faults.strikes("webhook reordered"):
            self.call(generation, comfy.called("in_progress", generation.id), tells=False)
        else:
            self.call(generation, comfy.called("in_queue", generation.id), tells=False)
        return generation

    @override
    def output(self, generation: Generation) -> dict[str, Any]:
        url = self.url(generation, 0)
        video = {"url": url, "filename": url.rpartition("/")[2], "type": "output"}
        return {"outputs": {"58": {"images": [video]}}}

    @override
    def url(self, generation: Generation, number: int) -> str:
        name = f"{generation.id}@{number}.mp4"
        return (
            f"https://serverless-api-storage.runcomfy.net/deployment_requests/{generation.id}/output/{name}"
        )
