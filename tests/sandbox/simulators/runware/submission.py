"""Decides about each task of a request: look-up, utility, refusal, price only, or a new job.

https://runware.ai/docs/platform/errors. Works on parsed tasks; HTTP is endpoint.py's.
"""

from collections.abc import Mapping
from typing import Any

from tests.sandbox.simulators.fault_rules import FaultBook
from tests.sandbox.simulators.runware.job_runner import JobRunner, subject_of
from tests.sandbox.simulators.runware.jobs import JobStore
from tests.sandbox.simulators.runware.journal import RunwareJournal
from tests.sandbox.simulators.runware.lookups import Lookups
from tests.sandbox.simulators.runware.model_registry import ModelRegistry
from tests.sandbox.simulators.runware.outcome import Outcome, refuse
from tests.sandbox.simulators.runware.parameter_checks import invalid, missing
from tests.sandbox.simulators.runware.pricing import as_json_number, price_per_result
from tests.sandbox.simulators.runware.settings import Settings
from tests.sandbox.simulators.runware.submit_faults import rejection
from tests.sandbox.simulators.runware.task_errors import TaskError
from tests.sandbox.simulators.runware.task_validation import (
    INFERENCE_TASK_TYPES,
    check_inference,
    check_task_uuid,
    delivery_method,
)
from tests.sandbox.simulators.runware.utility_tasks import UTILITY_TASK_TYPES, UtilityTasks

TASK_TYPES = (*INFERENCE_TASK_TYPES, "getResponse", "getTaskDetails", *UTILITY_TASK_TYPES)


class Submission:
    """One task in, one outcome out; a job is started here and nowhere else."""

    def __init__(
        self,
        *,
        registry: ModelRegistry,
        settings: Settings,
        faults: FaultBook,
        jobs: JobStore,
        journal: RunwareJournal,
        runner: JobRunner,
        lookups: Lookups,
        utilities: UtilityTasks,
    ) -> None:
        self._registry = registry
        self._settings = settings
        self._faults = faults
        self._jobs = jobs
        self._journal = journal
        self._runner = runner
        self._lookups = lookups
        self._utilities = utilities

    def decide(self, task: object, *, dry_run: bool, may_start: bool = True) -> Outcome:
        """`may_start` false: everything but the job, for requests a fault swallows."""
        if not isinstance(task, dict):
            return refuse({}, TaskError("invalidTask", "Every task must be an object."))
        if problem := _check_envelope(task):
            return refuse(task, problem)
        match task["taskType"]:
            case "getResponse":
                return self._lookups.response(task)
            case "getTaskDetails":
                return self._lookups.details(task)
            case utility if utility in UTILITY_TASK_TYPES:
                return self._utilities.answer(task)
        outcome = self._inference(task, dry_run=dry_run, may_start=may_start)
        self._remember_refusal(task, outcome)
        return outcome

    def _inference(self, task: Mapping[str, Any], *, dry_run: bool, may_start: bool) -> Outcome:
        if problems := self._problems(task, dry_run=dry_run):
            return refuse(task, *problems)
        acknowledgement = {"taskType": task["taskType"], "taskUUID": task["taskUUID"]}
        if dry_run:
            return Outcome(data=[{**acknowledgement, "cost": as_json_number(_price(task))}])
        return self._start(task, acknowledgement) if may_start else Outcome(data=[acknowledgement])

    def _problems(self, task: Mapping[str, Any], *, dry_run: bool) -> list[TaskError]:
        """Everything that keeps the task from being accepted, in the order in which it is checked."""
        if injected := self._injected(task):
            return [injected]
        if not dry_run and self._is_taken(task):
            message = "This taskUUID is already in use. Use a unique UUID for each task."
            return [TaskError("conflictTaskUUID", message, fields={"parameter": "taskUUID"})]
        if problems := check_inference(task, self._registry, self._settings):
            return problems
        if _price(task) > self._settings.balance - self._journal.spent:
            return [TaskError("insufficientCredits", "Insufficient credits.", status=402)]
        return []

    def _injected(self, task: Mapping[str, Any]) -> TaskError | None:
        subject = subject_of(task)
        if rule := self._faults.take("reject", subject):
            return rejection(rule.options)
        if rule := self._faults.take("model_retired", subject):
            code, message, status = (rule.options[name] for name in ("code", "message", "status"))
            return TaskError(code, message, status, {"parameter": "model"})
        return None

    def _start(self, task: Mapping[str, Any], acknowledgement: dict[str, Any]) -> Outcome:
        at_once = self._faults.take("webhook_before_ack", subject_of(task))
        job = self._runner.accept(task, at_once=at_once is not None)
        self._journal.refusals.pop(job.task_uuid, None)
        job.ack_delay = at_once.options["ack_delay"] if at_once else None
        if delivery_method(task) == "sync":
            return Outcome(accepted=[job], awaited=[job])
        return Outcome(data=[acknowledgement], accepted=[job])

    def _is_taken(self, task: Mapping[str, Any]) -> bool:
        job = self._jobs.latest(str(task["taskUUID"]))
        if job is None:
            return False
        if job.state == "processing":
            return True
        if self._faults.take("reuse_bills_again", job.subject):
            return False
        return self._settings.reuse_after_completion == "conflict"

    def _remember_refusal(self, task: Mapping[str, Any], outcome: Outcome) -> None:
        if outcome.refused:
            errors = [error.document(task) for _, error in outcome.refused]
            self._journal.refusals[str(task["taskUUID"])] = (dict(task), {"data": [], "errors": errors})


def _price(task: Mapping[str, Any]) -> float:
    """USD for all results."""
    return price_per_result(task) * int(task.get("numberResults", 1))


def _check_envelope(task: Mapping[str, Any]) -> TaskError | None:
    if "taskType" not in task:
        return missing("taskType")
    if task["taskType"] not in TASK_TYPES:
        rule = f"must be one of: {', '.join(TASK_TYPES)}."
        return invalid("taskType", rule, type="string", allowedValues=list(TASK_TYPES))
    if task["taskType"] == "ping":
        return None
    return check_task_uuid(task)
