"""A person's order to redrive a queue, as JSON, and what came of it. Refuses what it does not know: a misspelt
`dry_run` must not redrive anything.
"""

from __future__ import annotations

from typing import Any

from framehook.errors import FieldProblem, InvalidRequest
from framehook.redriving import Order, Outcome
from framehook.telemetry import note

QUEUES = ("jobs", "invocations", "changes")
MOST_JOB_IDS = 1_000
_FIELDS = ("queue", "most", "dry_run", "job_ids")


def order_in(event: object) -> Order:
    """Raises InvalidRequest naming the first field that is wrong."""
    match event:
        case {"queue": queue, **others} if queue in QUEUES:
            _check_names(others)
        case _:
            raise InvalidRequest(FieldProblem("queue", "must be one of " + ", ".join(QUEUES), allowed=QUEUES))
    most, dry_run, job_ids = others.get("most"), others.get("dry_run", False), others.get("job_ids")
    if most is not None and (type(most) is not int or most < 1):
        raise InvalidRequest(FieldProblem("most", "must be a whole number from 1 on"))
    if type(dry_run) is not bool:
        raise InvalidRequest(FieldProblem("dry_run", "must be true or false"))
    return Order(str(queue), most, dry_run, None if job_ids is None else _job_ids(queue, job_ids))


def answer(order: Order, outcome: Outcome) -> dict[str, Any]:
    """What the person sees, and what the log keeps."""
    told = {
        "queue": order.queue,
        "dry_run": order.dry_run,
        "redriven": outcome.redriven,
        "passed_over": dict(sorted(outcome.passed_over.items())),
        "left": outcome.left,
    }
    note(**told)
    return told


def _check_names(others: dict[Any, Any]) -> None:
    for name in others:
        if name not in _FIELDS:
            known = ", ".join(_FIELDS)
            raise InvalidRequest(FieldProblem(str(name)[:100], f"is not a field; there are {known}"))


def _job_ids(queue: str, given: object) -> tuple[str, ...]:
    if queue != "changes":
        raise InvalidRequest(FieldProblem("job_ids", "is only for the queue changes"))
    if not isinstance(given, list) or not all(isinstance(job_id, str) for job_id in given):
        raise InvalidRequest(FieldProblem("job_ids", "must be a list of job ids"))
    if not 1 <= len(given) <= MOST_JOB_IDS:
        raise InvalidRequest(FieldProblem("job_ids", f"takes 1 to {MOST_JOB_IDS} job ids"))
    return tuple(given)
