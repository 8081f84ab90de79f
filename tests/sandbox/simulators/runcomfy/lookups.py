"""Status, result and cancel of one job, with their faults; both APIs share them, each sees its own jobs only."""

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.responses import JSONResponse, Response

from tests.sandbox.simulators.fault_rules import FaultRule, FaultSubject
from tests.sandbox.simulators.runcomfy.gateway import Call
from tests.sandbox.simulators.runcomfy.jobs import Job, JobStore
from tests.sandbox.simulators.runcomfy.refusals import FOREIGN_REQUEST, NOT_FOUND, Refusal, refusal_by
from tests.sandbox.simulators.runcomfy.shared import Shared
from tests.sandbox.simulators.runcomfy.views import Views

# A request of another account, for clients that want to see how that is refused.
FOREIGN_REQUEST_ID = "00000000-0000-4000-8000-000000403001"


class Lookups:
    """Finds the job that a call is about and answers with a view of it."""

    def __init__(self, shared: Shared, jobs: JobStore, views: Views) -> None:
        self._shared = shared
        self._jobs = jobs
        self._views = views

    async def status(self, call: Call, deployment_id: str | None = None) -> Response:
        return await self._look_up(call, deployment_id, "status", self._views.status)

    async def result(self, call: Call, deployment_id: str | None = None) -> Response:
        with_cost = call.request.query_params.get("include_cost", "").lower() == "true"
        return await self._look_up(
            call, deployment_id, "result", lambda job: self._views.result(job, with_cost=with_cost)
        )

    def find(self, call: Call, deployment_id: str | None) -> Job:
        """The job of the call; raises a Refusal if it is unknown, too old or another account's."""
        request_id = call.parameter("request_id")
        job = self._jobs.find(request_id, deployment_id)
        if job is None or self._is_expired(job):
            raise Refusal(FOREIGN_REQUEST if request_id == FOREIGN_REQUEST_ID else NOT_FOUND)
        return job

    async def _look_up(
        self, call: Call, deployment_id: str | None, at: str, view: Callable[[Job], dict[str, Any]]
    ) -> Response:
        request_id = call.parameter("request_id")
        known = self._jobs.find(request_id, deployment_id)
        subject = known.subject if known else FaultSubject(request_id)
        call.concerns(request_id)
        self._shared.journal.lookups[request_id] += 1
        if slow := self._take("lookup_slow", subject, at):
            await asyncio.sleep(slow.options["seconds"])
        if broken := self._take("lookup_non_json_body", subject, at):
            return Response(broken.options["body"], broken.options["status"], media_type="text/html")
        if rule := self._take("lookup_error", subject, at):
            raise refusal_by(rule)
        return JSONResponse(view(self.find(call, deployment_id)))

    def _take(self, fault: str, subject: FaultSubject, at: str) -> FaultRule | None:
        return self._shared.faults.take(fault, subject, lambda rule: rule.options["at"] in (at, "both"))

    def _is_expired(self, job: Job) -> bool:
        if job.ended is None:
            return False
        age = self._shared.clock.now() - job.ended
        expired = self._shared.faults.take("request_expired", job.subject) is not None
        return expired or age > self._shared.settings.retention
