"""Runs accepted jobs on the simulated clock: queued, running, ended, charged, announced.

How they look from outside is views.py; how they are announced is announcements.py.
"""

import uuid
from typing import Any

from tests.sandbox.simulators.background import Background
from tests.sandbox.simulators.input_fetch import fetch_failure
from tests.sandbox.simulators.runcomfy.announcements import Announcements
from tests.sandbox.simulators.runcomfy.jobs import (
    CANCELLED,
    FAILED,
    QUEUED,
    RUNNING,
    SUCCEEDED,
    Ending,
    Job,
    JobStore,
    Order,
)
from tests.sandbox.simulators.runcomfy.orders import HOOK_KEYS
from tests.sandbox.simulators.runcomfy.outcomes import Outcome, outcome_of
from tests.sandbox.simulators.runcomfy.results import publish
from tests.sandbox.simulators.runcomfy.shared import Shared

MEBIBYTE = 1 << 20
LARGEST_INPUTS = {"image": 50 * MEBIBYTE, "video": 100 * MEBIBYTE}


class JobRunner:
    """Owns the background work; `stop` ends it all."""

    def __init__(self, shared: Shared, jobs: JobStore, announcements: Announcements) -> None:
        self._shared = shared
        self._jobs = jobs
        self._announcements = announcements
        self._background = Background()

    def accept(self, order: Order, *, at_once: bool) -> Job:
        """Store the job, charge for it and start it; `at_once` skips queue and run time."""
        settings, clock = self._shared.settings, self._shared.clock
        request_id = str(uuid.uuid4())
        queue_seconds = self._time("queue_time", order, request_id, settings.queue_seconds)
        run_seconds = self._time("run_time", order, request_id, settings.run_seconds[order.run_kind])
        job = Job(
            id=request_id,
            order=order,
            instance_id=str(uuid.uuid4()),
            queue_seconds=0.0 if at_once else queue_seconds,
            run_seconds=0.0 if at_once else run_seconds,
            accepted_at=clock.wall(),
            queued=clock.now(),
        )
        self._jobs.add(job)
        self._charge(job)
        self._background.start(self._announcements.announce(job))
        self._background.start(self._run(job))
        return job

    def cancel(self, job: Job) -> None:
        """End it now. What waited costs nothing; what ran is paid for."""
        was_queued = job.state == QUEUED
        self._end(job, Ending(CANCELLED), charged=not was_queued)
        self._background.start(self._announce_end(job))

    def cancel_later(self, job: Job, seconds: float) -> None:
        """End it then, unless it has ended by itself."""

        async def cancelled() -> None:
            await self._shared.clock.sleep(seconds)
            if job.under_way:
                self.cancel(job)

        self._background.start(cancelled())

    async def stop(self) -> None:
        await self._background.stop()
        # Answers that wait for a webhook would be held for ever.
        for job in self._jobs:
            job.webhooks_over.set()

    async def _run(self, job: Job) -> None:
        await self._shared.clock.sleep(job.queue_seconds)
        if not job.under_way:
            return
        job.state = RUNNING
        self._background.start(self._announcements.announce(job))
        outcome = outcome_of(job, self._shared.faults)
        if not outcome.ends:
            return
        unreadable = await self._unreadable_input(job)
        if unreadable is None:
            await self._shared.clock.sleep(job.run_seconds)
        if job.under_way:
            ending = self._ending(job, outcome) if unreadable is None else Ending(FAILED, message=unreadable)
            charged = ending.state == SUCCEEDED or self._shared.settings.charge_failed
            self._end(job, ending, charged=charged)
            await self._announce_end(job)

    def _ending(self, job: Job, outcome: Outcome) -> Ending:
        if outcome.ending is not None:
            return outcome.ending
        return Ending(SUCCEEDED, publish(job, self._shared) if outcome.has_output else ())

    async def _unreadable_input(self, job: Job) -> str | None:
        if not self._shared.settings.fetch_inputs:
            return None
        inputs = {name: value for name, value in job.order.body.items() if name not in (*HOOK_KEYS, "prompt")}
        reason = await fetch_failure(self._shared.client, inputs, LARGEST_INPUTS)
        return None if reason is None else f"Failed to download an input file: {reason}"

    def _end(self, job: Job, ending: Ending, *, charged: bool) -> None:
        job.state, job.ending = ending.state, ending
        job.ended, job.ended_at = self._shared.clock.now(), self._shared.clock.wall()
        if not charged and job.charge is not None:
            self._shared.journal.billed.remove(dict(job.charge))
            job.charge = None

    async def _announce_end(self, job: Job) -> None:
        try:
            await self._announcements.announce(job)
        finally:
            job.webhooks_over.set()

    def _time(self, fault: str, order: Order, request_id: str, usual: float) -> float:
        rule = self._shared.faults.take(fault, order.subject(request_id))
        return float(rule.options["seconds"]) if rule else usual

    def _charge(self, job: Job) -> None:
        charge: dict[str, Any] = {
            "request_id": job.id,
            "target": job.order.target,
            "prompt": job.order.prompt,
            "cost": job.order.price,
            "currency": "USD",
            "at": self._shared.clock.wall(),
        }
        self._shared.journal.billed.append(charge)
        job.charge = charge
