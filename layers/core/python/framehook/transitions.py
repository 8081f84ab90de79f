"""The one table of allowed transitions, and the only two functions that change a job's status. Pure.

`move` takes a job along one line of the table; `settle` takes it as far as its tasks and outputs allow.
(attempt, status) never decreases, except by `refused_for_now`, the proof that nothing was accepted, and back to
`parked` when an attempt that a person asked for came to nothing while the one before may still be paid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from types import MappingProxyType

from framehook import tasks
from framehook.errors import Failure, FramehookError
from framehook.jobs import TIMELINE_LIMIT, Job, OutputState, Status, TaskState, TimelineEntry


class Event(StrEnum):
    """Why a job changes its status. The names are shown in logs and timelines."""

    CALLED = "called"
    ACCEPTED = "accepted"
    REPORTED = "reported"
    LANDED = "landed"
    REFUSED_FOR_NOW = "refused_for_now"
    REFUSED = "refused"
    PROVIDER_FAILED = "provider_failed"
    OUTPUT_LOST = "output_lost"
    UNPROVEN = "unproven"
    EXPIRED = "expired"
    RESENT = "resent"
    ABANDONED = "abandoned"
    CANCELLED = "cancelled"


_S, _E = Status, Event
_UNDER_WAY = (Status.RUNNING, Status.STORING)

TRANSITIONS: Mapping[tuple[Status, Event], Status] = MappingProxyType(
    {
        (_S.QUEUED, _E.CALLED): _S.SUBMITTING,
        # An older attempt, or a send that had seemed refused, turns out to be under way or finished:
        (_S.QUEUED, _E.ACCEPTED): _S.RUNNING,
        (_S.QUEUED, _E.REPORTED): _S.STORING,
        (_S.QUEUED, _E.REFUSED): _S.FAILED,
        (_S.QUEUED, _E.PROVIDER_FAILED): _S.FAILED,  # a part had failed, and the rest was never taken
        (_S.QUEUED, _E.EXPIRED): _S.FAILED,
        (_S.SUBMITTING, _E.ACCEPTED): _S.RUNNING,
        (_S.SUBMITTING, _E.REPORTED): _S.STORING,
        (_S.SUBMITTING, _E.REFUSED_FOR_NOW): _S.QUEUED,
        (_S.SUBMITTING, _E.PROVIDER_FAILED): _S.FAILED,
        (_S.SUBMITTING, _E.UNPROVEN): _S.PARKED,
        (_S.RUNNING, _E.REPORTED): _S.STORING,
        (_S.RUNNING, _E.PROVIDER_FAILED): _S.FAILED,
        # A `resend` came to nothing, and the first send may still be paid:
        (_S.QUEUED, _E.UNPROVEN): _S.PARKED,
        (_S.RUNNING, _E.UNPROVEN): _S.PARKED,
        (_S.STORING, _E.UNPROVEN): _S.PARKED,
        (_S.STORING, _E.LANDED): _S.SUCCEEDED,
        (_S.STORING, _E.OUTPUT_LOST): _S.FAILED,
        (_S.PARKED, _E.ACCEPTED): _S.RUNNING,
        (_S.PARKED, _E.REPORTED): _S.STORING,
        (_S.PARKED, _E.PROVIDER_FAILED): _S.FAILED,
        (_S.PARKED, _E.RESENT): _S.QUEUED,
        (_S.PARKED, _E.ABANDONED): _S.FAILED,
        (_S.PARKED, _E.EXPIRED): _S.FAILED,
        # Somebody wanted it stopped, and no task of it is under way or done:
        (_S.QUEUED, _E.CANCELLED): _S.CANCELLED,
        (_S.SUBMITTING, _E.CANCELLED): _S.CANCELLED,
        (_S.RUNNING, _E.CANCELLED): _S.CANCELLED,
        (_S.PARKED, _E.CANCELLED): _S.CANCELLED,
    }
)


OUTCOME_UNKNOWN = Failure(
    "outcome_unknown",
    "nobody can tell whether the provider accepted the call; resolve the job by resend, adopt or abandon",
)


CANCELLED = Failure("cancelled", "the job was cancelled")


class ForbiddenTransition(FramehookError):
    """A use case asked for a line that is not in the table: a defect of ours, never of the input."""

    code = "forbidden_transition"


def may(job: Job, event: Event) -> bool:
    return (job.status, event) in TRANSITIONS


def move(job: Job, event: Event, now: int, failure: Failure | None = None) -> Job:
    """The job after `event`. Ending it clears what only an open job needs. Raises ForbiddenTransition."""
    try:
        status = TRANSITIONS[job.status, event]
    except KeyError:
        raise ForbiddenTransition(f"{job.status} does not allow {event}") from None
    reason = failure.code if failure else None
    begins = status in _UNDER_WAY and job.status not in _UNDER_WAY
    asked_anew = begins or (job.status in _UNDER_WAY and status is Status.PARKED)
    moved = replace(
        job,
        status=status,
        updated_at=now,
        lease_until=job.lease_until if status is Status.SUBMITTING else None,
        accepted_at=now if begins else job.accepted_at,
        look_ups=0 if asked_anew else job.look_ups,
        error=failure,
        timeline=_extended(job.timeline, TimelineEntry(status, now, reason)),
    )
    return replace(moved, finished_at=now, due_at=None) if status.terminal else moved


def settle(job: Job, now: int) -> Job:
    """The job moved as far as its tasks and outputs allow; unchanged where the outcome of a call is still open."""
    if job.status.terminal or not job.tasks:
        return job
    job = tasks.reconciled(job)
    if job.cancel:
        job = tasks.without_planned(job, CANCELLED)
    doubted = tasks.doubted(job)
    if doubted != job and may(job, Event.UNPROVEN):
        return settle(move(doubted, Event.UNPROVEN, now, OUTCOME_UNKNOWN), now)
    if job.status is Status.PARKED:
        job = doubted
    states = {task.state for task in tasks.counting(job)}
    if states & {TaskState.PLANNED, TaskState.UNKNOWN}:
        return job
    if TaskState.ACCEPTED in states:
        return _once(job, Event.ACCEPTED, now)
    if TaskState.REPORTED in states:
        return _stored(_once(job, Event.REPORTED, now), now)
    return _without_result(job, now)


def _without_result(job: Job, now: int) -> Job:
    """A job none of whose tasks came to anything."""
    if _was_cancelled(job):
        return _once(job, Event.CANCELLED, now)
    return _once(job, Event.PROVIDER_FAILED, now, _shortfall(job))


def _was_cancelled(job: Job) -> bool:
    """Whether a job without results ended because somebody wanted it to, or by the provider's own failure after that.

    What only ran out of time while it could not be stopped may still be paid."""
    out_of_time = any(task.failure == tasks.RUN_DEADLINE for task in tasks.counting(job))
    return job.cancel is not None and not out_of_time


def _stored(job: Job, now: int) -> Job:
    """A job whose tasks are all done, ended once nothing is waited for any more."""
    if any(output.state in (OutputState.AWAITED, OutputState.TO_FETCH) for output in job.outputs):
        return job
    failure = _shortfall(job)
    return _once(job, Event.OUTPUT_LOST if failure else Event.LANDED, now, failure)


def _once(job: Job, event: Event, now: int, failure: Failure | None = None) -> Job:
    """Moved if the table leads somewhere from here; a job that is there already stays."""
    return move(job, event, now, failure) if may(job, event) else job


def _shortfall(job: Job) -> Failure | None:
    """What is missing of a finished job: None when every task reported and every output landed."""
    failures = [task.failure for task in tasks.counting(job) if task.failure]
    failures += [
        output.failure for output in job.outputs if output.failure and output.state is OutputState.LOST
    ]
    if not failures:
        return None
    if any(output.state is OutputState.LANDED for output in job.outputs):
        first = failures[0]
        return Failure(
            "partial_failure", f"some outputs could not be had: {first.message}", first.provider_code
        )
    return failures[0]


def _extended(timeline: tuple[TimelineEntry, ...], entry: TimelineEntry) -> tuple[TimelineEntry, ...]:
    """Bounded: when full, the oldest entries after the first make room."""
    if len(timeline) < TIMELINE_LIMIT:
        return (*timeline, entry)
    return (timeline[0], *timeline[2:], entry)
