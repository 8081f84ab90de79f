"""A simulated Lumen, which is imaginary: requests that wait, run and end on the simulated clock, and its webhooks.

Modelled on the pages that `lumen.provider` names. Assumed, as everything here is: input is checked at once, a failed
request is free, and ten webhook attempts are spread over two hours.
"""

import json
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from tests.sandbox.simulators.api_keys import header_key, is_same_key
from tests.sandbox.simulators.background import Background
from tests.sandbox.simulators.clock import Clock
from tests.sandbox.simulators.connection_faults import (
    CONNECTION_FAULTS,
    broken_answer,
    starts_task,
    take_connection_fault,
)
from tests.sandbox.simulators.controls import Controls
from tests.sandbox.simulators.fault_rules import FaultBook, FaultKind, FaultSubject, one_of
from tests.sandbox.simulators.journal import Journal
from tests.sandbox.simulators.json_values import is_web_address
from tests.sandbox.simulators.media_faults import MEDIA_FAULTS, damage_by, lifetime_by
from tests.sandbox.simulators.media_host import MediaHost
from tests.sandbox.simulators.media_spec import MediaSpec, play_time
from tests.sandbox.simulators.prompt_markers import marked_outcome
from tests.sandbox.simulators.surroundings import Surroundings
from tests.sandbox.simulators.webhook_delivery import WEBHOOK_FAULTS, Letter, WebhookDelivery
from tests.sandbox.simulators.webhook_sender import RetrySchedule, WebhookAttempt

BASE = "/lumen"
QUEUED, RUNNING, COMPLETED = "IN_QUEUE", "IN_PROGRESS", "COMPLETED"
OUTCOMES = ("success", "failed", "never")
SIZES = {"16:9": (1280, 720), "9:16": (720, 1280)}
CHOICES: Mapping[str, Sequence[Any]] = {"duration": ("4", "8", "12"), "aspect_ratio": tuple(SIZES)}
MODELS: Mapping[str, tuple[str, ...]] = {"glow/text-to-video": ("prompt", "image_url", *CHOICES)}
DAY = 86_400.0
FAULTS: Mapping[str, FaultKind] = {
    **CONNECTION_FAULTS,
    **WEBHOOK_FAULTS,
    **MEDIA_FAULTS,
    "submit_error": FaultKind("refuse the submission with this status", {"status": 429, "retry_after": None}),
    "outcome": FaultKind(
        "end like this; `status` is that of the result of a failure",
        {"outcome": "failed", "status": 422},
        {"outcome": one_of(*OUTCOMES)},
    ),
    "lookup_error": FaultKind("look-ups answer this status", {"status": 503}),
}


@dataclass
class Settings:
    """Times are simulated seconds, except `webhook_timeout`."""

    queue_seconds: float = 5.0
    run_seconds: float = 60.0
    webhook_timeout: float = 15.0
    price: float = 0.4
    media_lifetime: float = DAY

    @property
    def retry_schedule(self) -> RetrySchedule:
        return RetrySchedule(10, self.webhook_timeout, first_delay=30.0, longest_delay=1200.0)


@dataclass
class Run:
    """A request that was accepted. `payload` and `status` are what its result answers once it is completed."""

    subject: FaultSubject
    body: Mapping[str, Any]
    webhook: str | None
    state: str = QUEUED
    status: int = 200
    payload: Any = None
    error: str | None = None

    @property
    def id(self) -> str:
        return self.subject.task_uuid

    def document(self) -> dict[str, Any]:
        ended = {"error": self.error, "error_type": "model_error"} if self.error else {}
        return {"status": self.state, "request_id": self.id, **ended}


class Refusal(Exception):
    def __init__(self, status: int, detail: object, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.response = JSONResponse({"detail": detail}, status, headers)


type Handler = Callable[[Request, dict[str, Any]], Awaitable[Response | None]]


class LumenSimulator:
    """A ProviderSimulator. State is in memory and gone with the process."""

    name = "lumen"

    def __init__(
        self, origin: str, api_key: str, clock: Clock, media: MediaHost, client: httpx.AsyncClient
    ) -> None:
        self._origin = origin
        self._api_key = api_key
        self._settings, self._journal = Settings(), Journal("request_id")
        self._faults = FaultBook(FAULTS)
        self._shared = Surroundings(clock, client, media, self._faults, self._settings, self._journal)
        self._delivery = WebhookDelivery(client, clock, self._faults, self._note)
        self._background = Background()
        self._runs: dict[str, Run] = {}
        self.controls = Controls(self._shared, {}, stop=self._background.stop, forget=(self._runs.clear,))

    def routes(self) -> Sequence[BaseRoute]:
        request = f"{BASE}/{{model:path}}/requests/{{request_id}}"
        return [
            self._route("GET", f"{request}/status", self._status),
            self._route("PUT", f"{request}/cancel", self._cancel),
            self._route("GET", request, self._result),
            self._route("POST", f"{BASE}/{{model:path}}", self._submit),
        ]

    def access(self) -> Mapping[str, str]:
        return {"base_url": f"{self._origin}{BASE}", "api_key": self._api_key}

    def records(self, task_uuid: str | None) -> dict[str, Any]:
        accepted = [
            run.document() | {"model": run.subject.model, "request": dict(run.body)}
            for run in self._runs.values()
            if task_uuid in (None, run.id)
        ]
        return {"accepted": accepted, **self._journal.document(task_uuid)}

    def _route(self, method: str, path: str, handler: Handler) -> Route:
        async def endpoint(request: Request) -> Response:
            entry: dict[str, Any] = {"method": method, "path": request.url.path, "request_id": None}
            self._journal.requests.append(entry)
            try:
                self._require_key(request)
                response = await handler(request, entry)
            except Refusal as refused:
                response = refused.response
            entry["status"] = response.status_code if response else None  # the connection was cut
            return response or Response()

        return Route(path, endpoint, methods=[method])

    def _require_key(self, request: Request) -> None:
        if not is_same_key(header_key(request, "key"), self._api_key):
            raise Refusal(401, "Cannot access the model: the key is invalid")

    async def _submit(self, request: Request, entry: dict[str, Any]) -> Response | None:
        model, raw = str(request.path_params["model"]), await request.body()
        body = _checked(model, raw)
        subject = FaultSubject(str(uuid.uuid4()), model, "model", str(body["prompt"]))
        if rule := self._faults.take("submit_error", subject):
            wait = rule.options["retry_after"]
            headers = {"Retry-After": str(wait)} if wait is not None else {}
            raise Refusal(int(rule.options["status"]), "refused by a fault rule", headers)
        broken = take_connection_fault(self._faults, subject)
        webhook = request.query_params.get("lumen_webhook")
        if webhook is not None and not is_web_address(webhook):
            raise _invalid("query", "lumen_webhook", "must be a URL")
        run = Run(subject, body, webhook)
        if starts_task(broken):
            entry["request_id"] = run.id
            self._runs[run.id] = run
            self._background.start(self._live(run))
        if broken is not None:
            return await broken_answer(broken, request)
        url = f"{self._origin}{BASE}/{model}/requests/{run.id}"
        urls = {"response_url": url, "status_url": f"{url}/status", "cancel_url": f"{url}/cancel"}
        return JSONResponse({**run.document(), **urls, "queue_position": 0})

    async def _status(self, request: Request, entry: dict[str, Any]) -> Response:
        run = self._looked_up(request, entry)
        return JSONResponse(run.document(), 200 if run.state == COMPLETED else 202)

    async def _result(self, request: Request, entry: dict[str, Any]) -> Response:
        run = self._looked_up(request, entry)
        if run.state != COMPLETED:
            raise Refusal(400, "Request is still in progress")
        return JSONResponse(run.payload, run.status)

    async def _cancel(self, request: Request, entry: dict[str, Any]) -> Response:
        """What waits is taken out of the queue; what runs is only asked, and here goes on."""
        run = self._found(request, entry)
        if run.state == COMPLETED:
            return JSONResponse({"status": "ALREADY_COMPLETED"}, 400)
        if run.state == QUEUED:
            self._end(run, 400, "Request was cancelled")
        return JSONResponse({"status": "CANCELLATION_REQUESTED"}, 202)

    def _looked_up(self, request: Request, entry: dict[str, Any]) -> Run:
        run = self._found(request, entry)
        self._journal.lookups[run.id] += 1
        if rule := self._faults.take("lookup_error", run.subject):
            raise Refusal(int(rule.options["status"]), "broken by a fault rule")
        return run

    def _found(self, request: Request, entry: dict[str, Any]) -> Run:
        run = self._runs.get(request.path_params["request_id"])
        if run is None or run.subject.model != request.path_params["model"]:
            raise Refusal(404, "Request not found")
        entry["request_id"] = run.id
        return run

    async def _live(self, run: Run) -> None:
        rule = self._faults.take("outcome", run.subject)
        outcome = (
            rule.options["outcome"] if rule else marked_outcome(run.subject.prompt, OUTCOMES.__contains__)
        )
        await self._shared.clock.sleep(self._settings.queue_seconds)
        if run.state != QUEUED:
            return
        run.state = RUNNING
        if outcome == "never":
            return
        await self._shared.clock.sleep(self._settings.run_seconds)
        if outcome == "failed":
            self._end(run, int(rule.options["status"]) if rule else 422, "The model refused the prompt")
        else:
            self._journal.billed.append({"request_id": run.id, "cost": self._settings.price})
            run.state, run.payload = COMPLETED, {"video": self._file(run), "seed": 7}
        await self._announce(run)

    def _end(self, run: Run, status: int, error: str) -> None:
        detail = [{"loc": ["body", "prompt"], "msg": error, "type": "model_error"}]
        run.state, run.status, run.error, run.payload = COMPLETED, status, error, {"detail": detail}

    def _file(self, run: Run) -> dict[str, Any]:
        width, height = SIZES[run.body.get("aspect_ratio", "16:9")]
        seconds = play_time(run.body.get("duration"))
        spec = MediaSpec("MP4", run.subject.prompt, 7, width, height, seconds)
        url = self._shared.media.publish(
            f"lumen/{run.id}.mp4",
            spec,
            spec.content_type,
            lifetime=lifetime_by(self._faults, run.subject, self._settings.media_lifetime),
            subject=run.subject,
            damage=damage_by(self._faults),
        )
        return {"url": url, "content_type": spec.content_type, "file_name": f"{run.id}.mp4"}

    async def _announce(self, run: Run) -> None:
        if run.webhook is None:
            return
        ok = run.error is None
        body = {
            "request_id": run.id,
            "gateway_request_id": run.id,
            "status": "OK" if ok else "ERROR",
            "error": None if ok else f"Invalid status code: {run.status}",
            "payload": run.payload,
        }
        letter = Letter(run.id, run.subject, run.webhook, lambda: json.dumps(body).encode())
        await self._delivery.deliver(letter, self._settings.retry_schedule)

    def _note(self, attempt: WebhookAttempt) -> None:
        entry = attempt.document()
        self._journal.webhooks.append({"request_id": entry.pop("task_uuid"), **entry})


def _checked(model: str, raw: bytes) -> dict[str, Any]:
    """The body of a submission; raises a Refusal."""
    if model not in MODELS:
        raise Refusal(404, f"Model {model} not found")
    try:
        body = json.loads(raw)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Refusal(422, [{"loc": ["body"], "msg": "not a JSON object", "type": "json_invalid"}])
    for name, value in body.items():
        if name not in MODELS[model]:
            raise _invalid("body", name, "extra fields are not permitted")
        if not isinstance(value, str) or value not in CHOICES.get(name, (value,)):
            raise _invalid("body", name, "is not one of the permitted values")
    if not body.get("prompt"):
        raise _invalid("body", "prompt", "field required")
    return body


def _invalid(place: str, name: str, message: str) -> Refusal:
    return Refusal(422, [{"loc": [place, name], "msg": message, "type": "value_error"}])
