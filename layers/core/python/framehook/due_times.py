"""When an open job is next looked at if nothing happens. Pure arithmetic over the job and the policy.

Moving `due_at` costs two writes to the index, so a due time that is only a little late is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from framehook.jobs import Cancel, Job, OutputState, Status, TaskState
from framehook.tasks import is_out_of_time

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
_LONGEST_BACK_OFF = HOUR
_SHORTEST_BACK_OFF = 10 * SECOND
_KEPT_FOR_THE_DEADLINE = 3  # look-ups: one of them may tell nothing
_LATE = 6  # look-ups at most from the deadline of a running job on, so far apart:
LATE_PAUSE = 30 * MINUTE
LONGEST_REST = HOUR  # that a provider can ask for
_LONGEST_WITHOUT_A_LOOK = 5 * MINUTE


@dataclass(frozen=True, slots=True)
class Policy:
    """How long each state may last, in milliseconds."""

    call_timeout: int = 110 * SECOND  # the longest a call may take, however its answer trickles in
    lease: int = 125 * SECOND  # longer than a call may take
    preparation: int = (
        5 * MINUTE
    )  # the longest that input files are uploaded, as long as the function may run
    queue_patience: int = 2 * MINUTE  # before a queued job is sent to the queue again
    queue_deadline: int = 24 * HOUR
    resend_pause: int = 10 * SECOND
    proof_window: int = 15 * MINUTE
    parked_for: int = 7 * 24 * HOUR
    # Of providers that call us, and of those that never do. None: by the model's usual run time
    first_look_up: int | None = None
    first_poll: int | None = None
    most_look_ups: int = 60  # of an attempt that was accepted; the last ones are kept for its deadline
    run_deadline: int = 24 * HOUR
    upload_grace: int = 3 * MINUTE
    confirmation: int = (
        15 * SECOND
    )  # between a failure and the look-up that proves it; longer than any provider asks
    store_deadline: int = 24 * HOUR


def first_due(job: Job, policy: Policy) -> int:
    """Late enough to be the first look-up of a job that is sent at once: then it never has to be moved."""
    return job.created_at + max(
        policy.queue_patience, min(_first_look_up(job, policy), _LONGEST_WITHOUT_A_LOOK)
    )


def rescheduled(job: Job, now: int, policy: Policy, slack: int | None = None) -> Job:
    """`job` with the due time its state calls for; the present one is kept where it is good enough: hardly too early,
    or late by no more than `slack` (by default half of the wait)."""
    wanted = _wanted(job, now, policy)
    if wanted is None:
        return replace(job, due_at=None)
    if slack is None:
        slack = 3 * policy.upload_grace if job.status is Status.STORING else (wanted - now) // _patience(job)
    if job.due_at is not None and wanted - (wanted - now) // 8 <= job.due_at <= wanted + slack:
        return job
    return replace(job, due_at=wanted)


def next_look_up(job: Job, policy: Policy) -> int:
    """When a running job is looked up next, if nothing tells of it before; its last look-ups are for its deadline."""
    since = job.accepted_at or job.first_sent_at or job.queued_at
    spent = job.look_ups - (policy.most_look_ups - _KEPT_FOR_THE_DEADLINE)
    if spent >= 0:
        return since + policy.run_deadline + spent * LATE_PAUSE
    return since + (_doubled(job, policy) if job.is_called_about else _grown(job, policy))


def next_late_look_up(job: Job, policy: Policy) -> int:
    """When a running job whose deadline is over is looked up next, whatever else it waits for."""
    since = job.accepted_at or job.first_sent_at or job.queued_at
    made = max(job.look_ups - (policy.most_look_ups - _LATE), 0)
    return since + policy.run_deadline + made * LATE_PAUSE


def has_look_ups_to_spare(job: Job, policy: Policy) -> bool:
    """Whether there are more of them left than those that are kept for the deadline."""
    return job.look_ups < policy.most_look_ups - _KEPT_FOR_THE_DEADLINE


def looked_up(job: Job, now: int, policy: Policy) -> Job:
    """With one more look-up, and with those that an outage of ours has skipped: none is made up for. From the deadline
    of a running job on only those are left that are kept for it."""
    since = job.accepted_at or job.first_sent_at or job.queued_at
    deadline = since + policy.run_deadline
    late = job.status is Status.RUNNING and now >= deadline
    job = replace(job, look_ups=max(job.look_ups, policy.most_look_ups - _LATE if late else 0) + 1)
    while now < deadline and has_look_ups_to_spare(job, policy) and next_look_up(job, policy) <= now:
        job = replace(job, look_ups=job.look_ups + 1)
    return job


def brought_forward(job: Job, now: int, policy: Policy) -> Job:
    """`job` due no later than its errands call for; when it is looked up stays as it is."""
    errand = next_errand(job, now, policy)
    if errand is None or job.due_at is None:
        return job
    wanted = max(errand, now)
    slack = 3 * policy.upload_grace if job.status is Status.STORING else (wanted - now) // _patience(job)
    return job if job.due_at <= wanted + slack else replace(job, due_at=wanted)


def pause_after_look_up(job: Job, now: int, policy: Policy) -> int:
    """The time between a look-up at `now` and the next one, by the job's age: after an outage none is made up for, and
    an early one does not put off the next."""
    since = job.accepted_at or job.first_sent_at or job.queued_at
    waited = max(now - since, _first_look_up(job, policy))
    if job.status is Status.PARKED and waited >= policy.run_deadline:
        return policy.run_deadline
    growth = 100 if job.look_up_growth is None else job.look_up_growth
    return _growth(waited, growth)


def _grown(job: Job, policy: Policy) -> int:
    """After its usual run time, then each time so many percent later, at most an hour."""
    after, growth = _first_look_up(job, policy), job.look_up_growth or 0
    for _ in range(job.look_ups):
        after += _growth(after, growth)
    return after


def _growth(age: int, percent: int) -> int:
    return min(max(age * percent // 100, _SHORTEST_BACK_OFF), _LONGEST_BACK_OFF)


def _doubled(job: Job, policy: Policy) -> int:
    """After its usual run time, then at twice that, four times, …, later at most an hour apart, or as far apart as the
    first."""
    first = _first_look_up(job, policy)
    doubled = first << min(job.look_ups, 16)
    if job.look_ups and doubled // 2 > _LONGEST_BACK_OFF:
        doublings = max(1, (_LONGEST_BACK_OFF // first).bit_length())
        doubled = (first << doublings) + (job.look_ups - doublings) * _LONGEST_BACK_OFF
    return doubled


def is_worth_a_look(job: Job, now: int, policy: Policy) -> bool:
    """Whether the provider may still know the results of a parked job's tasks: of those that it is known to have, for
    as long as the job is parked."""
    if any(task.state is TaskState.ACCEPTED or is_out_of_time(task) for task in job.tasks):
        return True
    return now < max(job.first_sent_at or job.queued_at, job.accepted_at or 0) + policy.run_deadline


def _first_look_up(job: Job, policy: Policy) -> int:
    """How long after its acceptance a task is first looked up, in ms."""
    usual = job.usual_seconds * SECOND
    if not job.is_called_about:
        return max(policy.first_poll or usual, SECOND)
    return policy.first_look_up or max(2 * usual, usual + policy.upload_grace)


def _patience(job: Job) -> int:
    """Which part of a wait may be added to it: little, where a look-up is all that tells of a result."""
    return 2 if job.is_called_about else 8


def next_bringing_in(job: Job, now: int, policy: Policy) -> int | None:
    """When to look for files that were reported and have not landed; None when none is waited for."""
    done = {task.slot for task in job.tasks if task.state is TaskState.REPORTED}
    waiting = (OutputState.AWAITED, OutputState.TO_FETCH)
    is_missing = any(output.state in waiting and output.index % job.count in done for output in job.outputs)
    return now + policy.upload_grace if is_missing else None


def next_confirmation(job: Job, policy: Policy) -> int | None:
    """When a look-up may prove a failure that the provider has told once; None where there is nothing to prove."""
    told = [task.failing_since for task in job.tasks if task.failing_since is not None]
    looked_at = job.status in (Status.SUBMITTING, Status.RUNNING, Status.PARKED)
    return min(told) + policy.confirmation if told and looked_at else None


def next_errand(job: Job, now: int, policy: Policy) -> int | None:
    """When something is to be done that does not wait for the provider: files to bring in, a failure to prove, a cancel
    to pass on. None: nothing is."""
    cancel = now if is_to_be_cancelled(job) else None
    times = (next_bringing_in(job, now, policy), next_confirmation(job, policy), cancel)
    return min((time for time in times if time is not None), default=None)


def is_to_be_cancelled(job: Job) -> bool:
    """Whether the provider has tasks that it is still to be asked to stop."""
    taken = any(task.state is TaskState.ACCEPTED for task in job.tasks)
    return job.cancel is Cancel.REQUESTED and taken and not job.status.terminal


def refusal_back_off(refusals: int, fraction: float) -> int:
    """How long to wait after the nth refusal: 5 s doubling to 5 min, its upper half by chance (`fraction`, 0 to 1)."""
    longest = min((5 * SECOND) << min(refusals, 10), 5 * MINUTE)
    return int(longest * (0.5 + fraction / 2))


def _wanted(job: Job, now: int, policy: Policy) -> int | None:
    match job.status:
        case Status.QUEUED:
            wanted = job.not_before if job.not_before > now else now + policy.queue_patience
        case Status.SUBMITTING:
            wanted = job.lease_until or now
            if any(task.state is TaskState.ACCEPTED for task in job.tasks):
                wanted = min(wanted, max(next_look_up(job, policy), now + MINUTE))
        case Status.RUNNING:
            wanted = max(next_look_up(job, policy), now)
        case Status.STORING:
            return now + policy.upload_grace
        case Status.PARKED:
            wanted = now + policy.parked_for
            if is_worth_a_look(job, now, policy):
                wanted = min(wanted, max(next_look_up(job, policy), now + MINUTE))
        case _:
            return None
    sooner = next_errand(job, now, policy)
    return wanted if sooner is None else min(wanted, max(sooner, now))
