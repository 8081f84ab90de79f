"""When an open job is next looked at if nothing happens. Pure arithmetic over the job and the policy.

Moving `due_at` costs two writes to the index, so a due time that is only a little late is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from framehook.jobs import Job, Status

SECOND = 1_000
MINUTE = 60 * SECOND
_HOUR = 60 * MINUTE
_LONGEST_BACK_OFF = _HOUR


@dataclass(frozen=True, slots=True)
class Policy:
    """How long each state may last, in milliseconds."""

    call_timeout: int = 60 * SECOND  # the longest a call may take, however its answer trickles in
    lease: int = 75 * SECOND  # longer than a call may take
    queue_patience: int = 2 * MINUTE  # before a queued job is sent to the queue again
    queue_deadline: int = 24 * _HOUR
    resend_pause: int = 10 * SECOND
    proof_window: int = 15 * MINUTE
    parked_for: int = 7 * 24 * _HOUR
    first_look_up: int | None = None  # None: by the model's usual run time
    run_deadline: int = 24 * _HOUR
    upload_grace: int = 3 * MINUTE
    store_deadline: int = 24 * _HOUR


def first_due(now: int, policy: Policy) -> int:
    return now + policy.queue_patience


def rescheduled(job: Job, now: int, policy: Policy) -> Job:
    """`job` with the due time its state calls for; the present one is kept where that is good enough."""
    wanted = _wanted(job, now, policy)
    if wanted is None:
        return replace(job, due_at=None)
    in_doubt = job.status in (Status.SUBMITTING, Status.STORING)  # usually over before anybody has to look
    slack = policy.queue_patience if in_doubt else (wanted - now) // 2
    if job.due_at is not None and wanted <= job.due_at <= wanted + slack:
        return job
    return replace(job, due_at=wanted)


def look_up_due(job: Job, now: int, policy: Policy) -> int:
    """The next look-up of a running job: after its usual run time, then backing off."""
    first = policy.first_look_up
    if first is None:
        first = max(2 * job.usual_seconds * SECOND, job.usual_seconds * SECOND + 2 * MINUTE)
    return now + min(first << min(job.look_ups, 16), max(first, _LONGEST_BACK_OFF))


def refusal_back_off(refusals: int, fraction: float) -> int:
    """How long to wait after the nth refusal: 5 s doubling to 5 min, its upper half by chance (`fraction`, 0 to 1)."""
    longest = min((5 * SECOND) << min(refusals, 10), 5 * MINUTE)
    return int(longest * (0.5 + fraction / 2))


def _wanted(job: Job, now: int, policy: Policy) -> int | None:
    match job.status:
        case Status.QUEUED:
            return max(job.not_before, now) + (0 if job.not_before > now else policy.queue_patience)
        case Status.SUBMITTING:
            return job.lease_until or now
        case Status.RUNNING:
            return look_up_due(job, now, policy)
        case Status.STORING:
            return now + policy.upload_grace
        case Status.PARKED:
            return now + policy.parked_for
        case _:
            return None
