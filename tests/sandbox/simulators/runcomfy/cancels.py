"""Cancelling: what waits can be cancelled; what runs only on a deployment. Decide on `outcome`, not on `status`.

https://docs.runcomfy.com/model-apis/async-queue-endpoints
"""

from starlette.responses import JSONResponse, Response

from tests.sandbox.simulators.runcomfy.gateway import Call
from tests.sandbox.simulators.runcomfy.job_runner import JobRunner
from tests.sandbox.simulators.runcomfy.jobs import MODEL, QUEUED, RUNNING, Job
from tests.sandbox.simulators.runcomfy.lookups import Lookups
from tests.sandbox.simulators.runcomfy.refusals import refusal_by
from tests.sandbox.simulators.runcomfy.shared import Shared
from tests.sandbox.simulators.runcomfy.views import COMPLETED, cased, status_word

REQUESTED = "cancellation_requested"


class Cancels:
    """Answers 202 whatever comes of it; repeating a cancel does no harm."""

    def __init__(self, shared: Shared, lookups: Lookups, runner: JobRunner) -> None:
        self._shared = shared
        self._lookups = lookups
        self._runner = runner

    async def cancel(self, call: Call, deployment_id: str | None = None) -> Response:
        job = self._lookups.find(call, deployment_id)
        call.concerns(job.id)
        take, settings = self._shared.faults.take, self._shared.settings
        if rule := take("cancel_error", job.subject):
            raise refusal_by(rule)
        if not self._is_cancellable(job):
            return _answer(job, cased(status_word(job, settings), settings), "not_cancellable")
        if slow := take("cancel_answer", job.subject):
            self._runner.cancel_later(job, float(slow.options["seconds"]))
            if slow.options["form"] == "legacy":
                return _answer(job, REQUESTED, None)
            return _answer(job, settings.cancelled_word, REQUESTED)
        if not take("cancel_race", job.subject):
            self._runner.cancel(job)
        # The documented example has `completed` here, beside the outcome.
        word = COMPLETED if settings.cancel_status == COMPLETED else settings.cancelled_word
        return _answer(job, cased(word, settings), settings.cancelled_word)

    def _is_cancellable(self, job: Job) -> bool:
        if job.state == RUNNING:
            return job.order.api != MODEL and self._shared.settings.cancel_running_deployments
        return job.state == QUEUED


def _answer(job: Job, status: str, outcome: str | None) -> Response:
    body = {"request_id": job.id, "status": status}
    return JSONResponse(body | ({"outcome": outcome} if outcome else {}), 202)
