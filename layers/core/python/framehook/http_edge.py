"""The HTTP API: routes, owners, and the one place where typed errors become problem+json (RFC 9457)."""

from __future__ import annotations

import hashlib
import http
import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, override

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from framehook.errors import (
    FieldProblem,
    FramehookError,
    IdempotencyConflict,
    InvalidRequest,
    NotFound,
    Unavailable,
    UnreadableRequest,
    WrongState,
)
from framehook.identifiers import derive_job_id, is_job_id
from framehook.intake import Intake
from framehook.job_view import resource, summary
from framehook.jobs import Job, OutputState, Status
from framehook.ports import Chance, JobFile, JobQueue, MediaStore, OwnerDirectory
from framehook.requests import JobRequest, ResolveRequest, parse, parse_json_object
from framehook.resolution import Resolution
from framehook.settings import public_base
from framehook.telemetry import note

logger = logging.getLogger(__name__)

_STATUS: dict[type[FramehookError], int] = {
    UnreadableRequest: 400,
    InvalidRequest: 400,
    NotFound: 404,
    IdempotencyConflict: 409,
    WrongState: 409,
    Unavailable: 503,
}
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_MOST_LISTED = 100
_DEFAULT_LISTED = 20
_LISTING = ("status", "limit", "cursor")


@dataclass(frozen=True, slots=True)
class HttpEdge:
    intake: Intake
    resolution: Resolution
    queue: JobQueue
    owners: OwnerDirectory
    media: MediaStore
    chance: Chance
    bucket: str
    default_owner: str
    public_base_url: str
    description: Path

    def resolver(self) -> APIGatewayRestResolver:
        """The routes. What each answers is described in `api_description`; a test holds the two together."""
        app = _Resolver()
        app.post("/v1/jobs")(lambda: self.submit(app.current_event))
        app.get("/v1/jobs")(lambda: self.list_jobs(app.current_event))
        app.get("/v1/jobs/<job_id>")(lambda job_id: self.show(app.current_event, job_id))
        app.post("/v1/jobs/<job_id>/resolve")(lambda job_id: self.resolve(app.current_event, job_id))
        app.get("/v1/jobs/<job_id>/outputs/<index>")(
            lambda job_id, index: self.show_output(app.current_event, job_id, index)
        )
        app.get("/v1/openapi.json")(self.describe)
        app.not_found(lambda _error: problem(NotFound("there is no such resource")))
        app.exception_handler(FramehookError)(problem)
        app.exception_handler(Exception)(_defect)
        return app

    def submit(self, event: APIGatewayProxyEvent) -> Response[str]:
        """202 with a new job, 200 with the one that the same key and request made before."""
        owner = self._owner(event)
        asked = parse(JobRequest, parse_json_object(_body(event)))
        key = _idempotency_key(event)
        job_id = derive_job_id(owner, f"key:{key}") if key else self.chance.uuid()
        accepted = self.intake.accept(owner, job_id, asked)
        if accepted.job.status is Status.QUEUED:
            self._ask_for_submission(accepted.job)
        note(job_id=job_id, replayed=accepted.replayed)
        location = {"Location": f"{self._base(event)}/v1/jobs/{job_id}"}
        if accepted.replayed:
            replayed = self.show(event, job_id)
            replayed.headers.update(location | {"Idempotent-Replayed": "true"})
            return replayed
        shown = resource(JobFile(accepted.job, accepted.request), self.bucket, self._base(event))
        return _json(202, shown | {"warnings": list(accepted.warnings)}, location)

    def list_jobs(self, event: APIGatewayProxyEvent) -> Response[str]:
        owner = self._owner(event)
        asked = _listing(event)
        limit = _limit(asked.get("limit"))
        status = _status(asked.get("status"))
        page = self.intake.changes.jobs.page(owner, status, limit, asked.get("cursor"))
        return _json(200, {"jobs": [summary(job) for job in page.jobs], "cursor": page.cursor})

    def show(self, event: APIGatewayProxyEvent, job_id: str) -> Response[str]:
        """Another owner's job does not exist for the caller."""
        owner = self._owner(event)
        file = self.intake.changes.jobs.get_file(job_id) if _is_noted(job_id) else None
        if file is None or file.job.owner != owner:
            raise NotFound("there is no such job")
        return _json(200, resource(file, self.bucket, self._base(event)))

    def resolve(self, event: APIGatewayProxyEvent, job_id: str) -> Response[str]:
        job = self._job(event, job_id)
        asked = parse(ResolveRequest, parse_json_object(_body(event)))
        note(action=asked.action)
        self.resolution.resolve(job.owner, job_id, asked)
        return self.show(event, job_id)

    def show_output(self, event: APIGatewayProxyEvent, job_id: str, index: str) -> Response[str]:
        """307 to a link of the bucket, which a browser can play."""
        job = self._job(event, job_id)
        number = int(index) if re.fullmatch(r"[0-9]{1,3}", index) else -1
        place = next((output for output in job.outputs if output.index == number), None)
        record = self.intake.changes.jobs.get_output(job_id, number, place.attempt) if place else None
        if place is None or place.state is not OutputState.LANDED or record is None or record.landed is None:
            raise NotFound(f"the job has no output {index[:10]} yet, or never will")
        landed = record.landed
        name = f"{job_id}-{number}.{landed.key.rsplit('.', 1)[-1]}"
        link = self.media.sign_get(landed.key, name, landed.content_type)
        return Response(307, "application/json", "", {"Location": link, "Cache-Control": "no-store"})

    def describe(self) -> Response[str]:
        return Response(200, "application/json", self.description.read_text(encoding="utf-8"))

    def _job(self, event: APIGatewayProxyEvent, job_id: str) -> Job:
        """The caller's own job; another owner's does not exist for the caller."""
        owner = self._owner(event)
        job = self.intake.changes.jobs.get(job_id) if _is_noted(job_id) else None
        if job is None or job.owner != owner:
            raise NotFound("there is no such job")
        return job

    def _owner(self, event: APIGatewayProxyEvent) -> str:
        """API Gateway has checked the key; whose it is the table says. An unregistered one is the default owner's."""
        key = _header(event, "x-api-key") or ""
        return self.owners.owner_of(hashlib.sha256(key.encode()).hexdigest()) or self.default_owner

    def _base(self, event: APIGatewayProxyEvent) -> str:
        context = event.request_context
        if self.public_base_url:
            return public_base(self.public_base_url, context.api_id)
        return f"https://{context.domain_name}/{context.stage}"

    def _ask_for_submission(self, job: Job) -> None:
        """The job is stored and due: if this message is lost, the sweep sends another."""
        try:
            self.queue.send(job.id)
        except Unavailable:
            logger.warning("the job is sent by the sweep", extra={"job_id": job.id}, exc_info=True)


class _Resolver(APIGatewayRestResolver):
    @override
    def resolve(self, event: Any, context: Any) -> dict[str, Any]:
        """With what every call has in its line of the log. Of the path only the template: the rest is the caller's."""
        note(route=f"{event['httpMethod']} {event.get('resource')}")
        answer = super().resolve(event, context)
        note(http_status=answer["statusCode"])
        return answer


def problem(error: FramehookError) -> Response[str]:
    """A problem+json for a typed error. `field` names the first wrong field, `errors` all of them."""
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
    if status == http.HTTPStatus.INTERNAL_SERVER_ERROR:
        return _defect(error)
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": http.HTTPStatus(status).phrase,
        "status": status,
        "code": error.code,
        "detail": str(error),
    }
    if isinstance(error, InvalidRequest):
        body |= {"field": error.problems[0].field, "errors": [_shown(found) for found in error.problems]}
    note(outcome=error.code)
    retry = {"Retry-After": "2"} if error.retryable else {}
    return Response(status, "application/problem+json", json.dumps(body, default=str), retry)


def _defect(error: Exception) -> Response[str]:
    """Ours to mend: the log has the stack, the caller a code."""
    logger.error("an unexpected error", exc_info=error)
    body = {"type": "about:blank", "title": "Internal Server Error", "status": 500, "code": "internal_error"}
    return Response(500, "application/problem+json", json.dumps(body))


def _shown(found: FieldProblem) -> dict[str, Any]:
    shown = {"field": found.field, "code": found.code, "message": found.message}
    if found.value is not None:
        shown["value"] = found.value
    if found.allowed is not None:
        shown["allowed"] = found.allowed
    return shown


def _json(status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response[str]:
    return Response(status, "application/json", json.dumps(body, ensure_ascii=False), dict(headers or {}))


def _body(event: APIGatewayProxyEvent) -> str:
    try:
        return event.decoded_body or ""
    except ValueError:  # base64 that is none, or bytes that are not UTF-8
        raise UnreadableRequest("the body is not UTF-8 text") from None


def _header(event: APIGatewayProxyEvent, name: str) -> str | None:
    return event.headers.get(name)


def _idempotency_key(event: APIGatewayProxyEvent) -> str | None:
    key = _header(event, "idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        allowed = "1 to 255 visible ASCII characters"
        raise InvalidRequest(
            FieldProblem("Idempotency-Key", "is not a usable key", value=key[:60], allowed=allowed)
        )
    return key


def _is_noted(job_id: str) -> bool:
    """Whether this is an id; then the log tells it, whoever's it is."""
    known = is_job_id(job_id)
    if known:
        note(job_id=job_id)
    return known


def _listing(event: APIGatewayProxyEvent) -> Mapping[str, str]:
    asked = event.query_string_parameters or {}
    unknown = [name for name in asked if name not in _LISTING]
    if unknown:
        message, allowed = "is not a parameter of this listing", list(_LISTING)
        raise InvalidRequest(
            *(FieldProblem(name[:60], message, "unknown_field", allowed=allowed) for name in unknown[:20])
        )
    return asked


def _limit(text: str | None) -> int:
    if text is None:
        return _DEFAULT_LISTED
    if not re.fullmatch(r"[0-9]{1,3}", text) or not 1 <= int(text) <= _MOST_LISTED:
        allowed = f"1 to {_MOST_LISTED}"
        raise InvalidRequest(
            FieldProblem("limit", "is not a usable page size", value=text[:20], allowed=allowed)
        )
    return int(text)


def _status(text: str | None) -> Status | None:
    if text is None:
        return None
    try:
        return Status(text)
    except ValueError:
        allowed = [status.value for status in Status]
        raise InvalidRequest(
            FieldProblem("status", "is not a status", value=text[:40], allowed=allowed)
        ) from None
