"""POST /v1: authentication, the array of tasks, the envelope of answers, and faults of the connection.

https://runware.ai/docs/platform/authentication and https://runware.ai/docs/platform/errors
"""

import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.sandbox.simulators.api_keys import bearer_key, is_same_key
from tests.sandbox.simulators.clock import Clock
from tests.sandbox.simulators.connection_faults import (
    broken_answer,
    starts_task,
    take_connection_fault,
    wait_for_webhooks,
)
from tests.sandbox.simulators.fault_rules import FaultBook, FaultRule
from tests.sandbox.simulators.runware.job_runner import subject_of
from tests.sandbox.simulators.runware.journal import RunwareJournal
from tests.sandbox.simulators.runware.lookups import final_response
from tests.sandbox.simulators.runware.outcome import Outcome
from tests.sandbox.simulators.runware.submission import Submission
from tests.sandbox.simulators.runware.task_errors import TaskError, alone, common_status
from tests.sandbox.simulators.runware.task_validation import INFERENCE_TASK_TYPES

MOST_TASKS = 100
MOST_BYTES = 20 * 1024 * 1024


class Endpoint:
    """The one HTTP endpoint of the API."""

    def __init__(
        self, api_key: str, clock: Clock, faults: FaultBook, journal: RunwareJournal, submission: Submission
    ) -> None:
        self._api_key = api_key
        self._clock = clock
        self._faults = faults
        self._journal = journal
        self._submission = submission

    async def __call__(self, request: Request) -> Response:
        body = await request.body()
        entry: dict[str, Any] = {"at": self._clock.wall(), "taskTypes": [], "taskUUIDs": [], "status": None}
        self._journal.requests.append(entry)
        response = await self._respond(request, body, entry)
        entry["status"] = response.status_code if response is not None else None
        return response if response is not None else Response()

    async def _respond(self, request: Request, body: bytes, entry: dict[str, Any]) -> Response | None:
        """None if the connection was cut."""
        tasks = _parse(body)
        if isinstance(tasks, TaskError):
            return _refusal(tasks, {})
        objects = [task for task in tasks if isinstance(task, dict)]
        entry["taskTypes"] = [task.get("taskType") for task in objects]
        entry["taskUUIDs"] = [task.get("taskUUID") for task in objects if "taskUUID" in task]
        if not self._is_authorized(request, tasks):
            message = "Invalid API key. Get one at https://runware.ai/signup"
            error = TaskError("invalidApiKey", message, 401, {"parameter": "apiKey"})
            return _refusal(error, {"taskType": "authentication"})
        tasks = [task for task in tasks if not _is_authentication(task)]
        dry_run = request.headers.get("x-runware-dry-run") == "1"
        entry["dryRun"] = dry_run
        fault = self._connection_fault(tasks) if not dry_run else None
        outcome = Outcome()
        for task in tasks:
            outcome.add(self._submission.decide(task, dry_run=dry_run, may_start=starts_task(fault)))
        await self._wait(outcome, fault)
        if fault is not None and not outcome.refused:
            return await self._broken(fault, request)
        return _envelope(outcome)

    def _is_authorized(self, request: Request, tasks: list[Any]) -> bool:
        given = bearer_key(request)
        if not given and tasks and _is_authentication(tasks[0]):
            given = str(tasks[0].get("apiKey", ""))
        return is_same_key(given, self._api_key)

    def _connection_fault(self, tasks: list[Any]) -> FaultRule | None:
        for task in tasks:
            if isinstance(task, dict) and task.get("taskType") in INFERENCE_TASK_TYPES:
                subject = subject_of(task)
                if rule := take_connection_fault(self._faults, subject):
                    return rule
                if rule := self._faults.take("ack_without_task", subject):
                    return rule
        return None

    async def _wait(self, outcome: Outcome, fault: FaultRule | None) -> None:
        for job in outcome.accepted:
            if job.ack_delay is not None:
                await wait_for_webhooks(job.all_webhooks_over, job.ack_delay)
        # Sync delivery: the connection is held until the results are there. A broken answer needs no results.
        for job in outcome.awaited if fault is None else []:
            await job.done.wait()
            final = final_response(job)
            outcome.data += final["data"]
            outcome.errors += final.get("errors", [])

    async def _broken(self, fault: FaultRule, request: Request) -> Response | None:
        if fault.fault == "ack_without_task":
            return JSONResponse({"data": []})
        return await broken_answer(fault, request)


def _parse(body: bytes) -> list[Any] | TaskError:
    if len(body) > MOST_BYTES:
        return TaskError("payloadTooLarge", "The request body is too large.", 413)
    try:
        tasks = json.loads(body)
    except ValueError:
        return TaskError("invalidJSON", "The request body is not valid JSON.")
    if not isinstance(tasks, list) or not 1 <= len(tasks) <= MOST_TASKS:
        return TaskError("invalidRequest", f"The body must be an array of 1 to {MOST_TASKS} tasks.")
    return tasks


def _is_authentication(task: object) -> bool:
    return isinstance(task, dict) and task.get("taskType") == "authentication"


def _refusal(error: TaskError, task: Mapping[str, Any]) -> Response:
    return JSONResponse({"errors": [error.document(task)]}, status_code=error.status)


def _envelope(outcome: Outcome) -> Response:
    refused = [error for _, error in outcome.refused]
    errors = outcome.errors + [error.document(task) for task, error in outcome.refused]
    nothing_done = bool(refused) and not outcome.data and not outcome.errors
    status = common_status(refused) if nothing_done else 200
    if nothing_done and len(refused) == 1 and refused[0].form != "errors":
        return JSONResponse(alone(errors[0], refused[0].form), status_code=status)
    return JSONResponse(
        {"data": outcome.data, "errors": errors} if errors else {"data": outcome.data}, status
    )
