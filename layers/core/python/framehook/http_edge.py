"""The HTTP API: its routes, and whose call it is. Errors become problem+json in http_answers."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, override

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from framehook import http_requests as reading
from framehook.account_overview import AccountOverview
from framehook.cancel_view import told_of_cancel
from framehook.cancelling import Cancelling
from framehook.errors import FieldProblem, FramehookError, InvalidRequest, NotFound, Unavailable
from framehook.http_answers import defect, json_answer, problem
from framehook.identifiers import derive_job_id, is_job_id
from framehook.intake import Intake
from framehook.job_view import resource, summary
from framehook.jobs import Job, OutputState, Status
from framehook.model_forms import ModelForms
from framehook.ports import Chance, JobFile, JobQueue, MediaStore, OwnerDirectory
from framehook.provider_view import model_shown, providers_shown
from framehook.requests import JobRequest, ResolveRequest, parse, parse_json_object
from framehook.resolution import Resolution
from framehook.settings import public_base
from framehook.telemetry import note

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HttpEdge:
    """`overview` and `forms` are made when somebody asks for them: few calls need the way to the providers."""

    intake: Intake
    resolution: Resolution
    cancelling: Callable[[], Cancelling]
    overview: Callable[[], AccountOverview]
    forms: Callable[[], ModelForms]
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
        app.post("/v1/jobs/<job_id>/cancel")(lambda job_id: self.cancel(app.current_event, job_id))
        app.get("/v1/jobs/<job_id>/outputs/<index>")(
            lambda job_id, index: self.show_output(app.current_event, job_id, index)
        )
        app.get("/v1/providers")(lambda: self.list_providers(app.current_event))
        app.get("/v1/models")(lambda: self.show_model(app.current_event))
        app.get("/v1/openapi.json")(self.describe)
        app.not_found(lambda _error: problem(NotFound("there is no such resource")))
        app.exception_handler(FramehookError)(problem)
        app.exception_handler(Exception)(defect)
        return app

    def submit(self, event: APIGatewayProxyEvent) -> Response[str]:
        """202 with a new job, 200 with the one that the same key and request made before."""
        owner = self._owner(event)
        asked = parse(JobRequest, parse_json_object(reading.body(event)))
        key = reading.idempotency_key(event)
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
        return json_answer(202, shown | {"warnings": list(accepted.warnings)}, location)

    def list_jobs(self, event: APIGatewayProxyEvent) -> Response[str]:
        owner = self._owner(event)
        asked = reading.query(event, "status", "limit", "cursor")
        limit = reading.limit(asked.get("limit"))
        status = reading.status(asked.get("status"))
        page = self.intake.changes.jobs.page(owner, status, limit, asked.get("cursor"))
        return json_answer(200, {"jobs": [summary(job) for job in page.jobs], "cursor": page.cursor})

    def show(self, event: APIGatewayProxyEvent, job_id: str) -> Response[str]:
        """Another owner's job does not exist for the caller."""
        file = self._file(event, job_id)
        return json_answer(200, resource(file, self.bucket, self._base(event)))

    def resolve(self, event: APIGatewayProxyEvent, job_id: str) -> Response[str]:
        job = self._job(event, job_id)
        asked = parse(ResolveRequest, parse_json_object(reading.body(event)))
        note(action=asked.action)
        self.resolution.resolve(job.owner, job_id, asked)
        return self.show(event, job_id)

    def cancel(self, event: APIGatewayProxyEvent, job_id: str) -> Response[str]:
        """200 once the job is cancelled, 202 while that is open or is not to be."""
        job = self._job(event, job_id)
        reading.check_no_body(event)
        self.cancelling().cancel(job.owner, job_id)
        file = self._file(event, job_id)
        status = 200 if file.job.status is Status.CANCELLED else 202
        note(cancellation=file.job.cancel)
        shown = resource(file, self.bucket, self._base(event))
        return json_answer(status, shown | {"message": told_of_cancel(file.job)})

    def list_providers(self, event: APIGatewayProxyEvent) -> Response[str]:
        reading.query(event)
        return json_answer(200, providers_shown(self.overview().providers()))

    def show_model(self, event: APIGatewayProxyEvent) -> Response[str]:
        model_id = reading.query(event, "id").get("id")
        if not model_id:
            raise InvalidRequest(FieldProblem("id", "is required: which model", "missing_field"))
        return json_answer(200, model_shown(self.forms().describe(model_id)))

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

    def _file(self, event: APIGatewayProxyEvent, job_id: str) -> JobFile:
        """All of the caller's own job; another owner's does not exist for the caller."""
        owner = self._owner(event)
        file = self.intake.changes.jobs.get_file(job_id) if _is_noted(job_id) else None
        if file is None or file.job.owner != owner:
            raise NotFound("there is no such job")
        return file

    def _job(self, event: APIGatewayProxyEvent, job_id: str) -> Job:
        """The caller's own job; another owner's does not exist for the caller."""
        owner = self._owner(event)
        job = self.intake.changes.jobs.get(job_id) if _is_noted(job_id) else None
        if job is None or job.owner != owner:
            raise NotFound("there is no such job")
        return job

    def _owner(self, event: APIGatewayProxyEvent) -> str:
        """API Gateway has checked the key; whose it is the table says. An unregistered one is the default owner's."""
        key = reading.header(event, "x-api-key") or ""
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


def _is_noted(job_id: str) -> bool:
    """Whether this is an id; then the log tells it, whoever's it is."""
    known = is_job_id(job_id)
    if known:
        note(job_id=job_id)
    return known
