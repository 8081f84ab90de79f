"""Takes valid orders: the one place where a job begins, and where the faults of a submission show."""

import asyncio

from starlette.responses import JSONResponse, Response

from tests.sandbox.simulators.connection_faults import (
    broken_answer,
    starts_task,
    take_connection_fault,
    wait_for_webhooks,
)
from tests.sandbox.simulators.connections import cut
from tests.sandbox.simulators.fault_rules import FaultRule
from tests.sandbox.simulators.runcomfy.gateway import Call
from tests.sandbox.simulators.runcomfy.job_runner import JobRunner
from tests.sandbox.simulators.runcomfy.jobs import MODEL, QUEUED, Job, Order
from tests.sandbox.simulators.runcomfy.refusals import NO_FUNDS, NO_RESOURCES, Refusal, refusal_by
from tests.sandbox.simulators.runcomfy.shared import Shared
from tests.sandbox.simulators.runcomfy.views import Views, cased


class Submission:
    """One order in, one answer out. There are no client ids: the same order again is another job."""

    def __init__(self, shared: Shared, runner: JobRunner, views: Views) -> None:
        self._shared = shared
        self._runner = runner
        self._views = views

    async def submit(self, call: Call, order: Order) -> Response | None:
        """None if the connection was cut; raises a Refusal, after which the job may exist if a rule says so."""
        take, subject = self._shared.faults.take, order.subject()
        if take("submit_dropped", subject):
            await cut(call.request)
            return None
        refused = take("submit_error", subject)
        if refused is not None and not refused.options["accept"]:
            raise refusal_by(refused)
        self._check_balance(order)
        without_id = take("ack_without_id", subject)
        broken = take_connection_fault(self._shared.faults, subject)
        job = None
        if starts_task(broken) and starts_task(without_id):
            job = await self._start(call, order)
        if refused is not None:
            raise refusal_by(refused)
        if broken is not None:
            return await broken_answer(broken, call.request)
        return self._answer(job if without_id is None else None)

    def _answer(self, job: Job | None) -> Response:
        """Without a job: an answer that looks like an acknowledgement and has no id in it."""
        waiting = {"status": cased(QUEUED, self._shared.settings)}
        if job is None:
            return JSONResponse(waiting)
        acknowledged = self._views.acknowledgement(job)
        if self._shared.settings.submit_answer == "202":
            return JSONResponse(acknowledged | waiting, 202)
        return JSONResponse(acknowledged)

    async def _start(self, call: Call, order: Order) -> Job:
        take, subject = self._shared.faults.take, order.subject()
        slow = take("submit_slow", subject)
        await _pause(slow, "last")
        before_ack = take("webhook_before_ack", subject)
        job = self._runner.accept(order, at_once=before_ack is not None)
        call.concerns(job.id)
        if before_ack is not None:
            await wait_for_webhooks(job.webhooks_over, float(before_ack.options["ack_delay"]))
        await _pause(slow, "first")
        return job

    def _check_balance(self, order: Order) -> None:
        settings = self._shared.settings
        spent = sum(float(charge["cost"]) for charge in self._shared.journal.billed)
        if order.price > settings.balance - spent:
            code = NO_RESOURCES if order.api == MODEL else NO_FUNDS
            raise Refusal(code, status=int(settings.no_balance))


async def _pause(slow: FaultRule | None, begins: str) -> None:
    if slow is not None and slow.options["begins"] == begins:
        await asyncio.sleep(slow.options["seconds"])
