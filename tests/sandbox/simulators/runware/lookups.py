"""Answers to getResponse and getTaskDetails.

https://runware.ai/docs/platform/task-polling and https://runware.ai/docs/platform/task-details
"""

from collections.abc import Mapping
from typing import Any

from tests.sandbox.simulators.clock import Clock
from tests.sandbox.simulators.fault_rules import FaultBook, FaultSubject
from tests.sandbox.simulators.runware.jobs import Job, JobStore, Result
from tests.sandbox.simulators.runware.journal import RunwareJournal
from tests.sandbox.simulators.runware.outcome import Outcome
from tests.sandbox.simulators.runware.settings import Settings
from tests.sandbox.simulators.runware.submit_faults import rejection
from tests.sandbox.simulators.runware.task_errors import TaskError, polled


class Lookups:
    """Reads jobs, never changes them."""

    def __init__(
        self, clock: Clock, jobs: JobStore, journal: RunwareJournal, faults: FaultBook, settings: Settings
    ) -> None:
        self._clock = clock
        self._jobs = jobs
        self._journal = journal
        self._faults = faults
        self._settings = settings

    def response(self, task: Mapping[str, Any]) -> Outcome:
        """All results of a task in stable order; an unknown id is answered like one that has nothing yet."""
        task_uuid = str(task["taskUUID"])
        self._journal.lookups[task_uuid] += 1
        job = self._jobs.latest(task_uuid)
        subject = job.subject if job else FaultSubject(task_uuid)
        if broken := self._faults.take("lookup_error", subject):
            return Outcome(refused=[(task, rejection(broken.options))])
        if expired := self._faults.take("lookup_expired", subject):
            if code := expired.options["code"]:
                error = TaskError(code, "The task is unknown or its result has expired.")
                return Outcome(errors=[error.document(task)])
            return Outcome()
        if job is None or self._is_expired(job) or self._faults.take("lookup_empty", subject):
            return Outcome()
        return self._current(job)

    def details(self, task: Mapping[str, Any]) -> Outcome:
        """The last request and answer for the id: a refused replay hides the outcome of the real task."""
        task_uuid = str(task["taskUUID"])
        job = self._jobs.latest(task_uuid)
        if task_uuid in self._journal.refusals:
            request, response = self._journal.refusals[task_uuid]
        elif job is not None:
            request, response = dict(job.task), final_response(job)
        else:
            error = TaskError("taskNotFound", "No task with this taskUUID.", status=404)
            return Outcome(refused=[(task, error)])
        named = {"taskType": "getTaskDetails", "taskUUID": task_uuid}
        return Outcome(data=[{**named, "request": [request], "response": response}])

    def _is_expired(self, job: Job) -> bool:
        return job.finished is not None and self._clock.now() - job.finished > self._settings.retention

    def _current(self, job: Job) -> Outcome:
        item_rule = self._faults.take("lookup_item_error", job.subject)
        progress = self._settings.progress or self._faults.take("lookup_progress", job.subject) is not None
        outcome = Outcome()
        for result in job.results:
            if result.error is not None:
                default_form = result.error_form or self._settings.failed_item_form
                form = item_rule.options["form"] if item_rule else default_form
                (outcome.errors if form == "errors" else outcome.data).append(polled(result.error, form))
            else:
                outcome.data.append(self._running_or_done(job, result, progress=progress))
        return outcome

    def _running_or_done(self, job: Job, result: Result, *, progress: bool) -> dict[str, Any]:
        if result.item is not None and result.state == "success":
            return {**result.item, "status": "success"}
        item = {"taskType": job.task["taskType"], "taskUUID": job.task_uuid, "status": "processing"}
        if progress:
            done = (self._clock.now() - job.started) / max(job.run_seconds, 0.001)
            item["progress"] = min(99, int(100 * done))
        return item


def final_response(job: Job) -> dict[str, Any]:
    """The finished results as a direct response would hold them, without `status`."""
    data = [result.item for result in job.results if result.item is not None]
    errors = [result.error for result in job.results if result.error is not None]
    return {"data": data, "errors": errors} if errors else {"data": data}
