"""Why a queued job is not sent yet, and until when. Pure."""

from __future__ import annotations

from dataclasses import replace

from framehook.due_times import SECOND, Policy, refusal_back_off, rescheduled
from framehook.jobs import Job

INPUT_UNAVAILABLE = "input_unavailable"
_LONGEST_SPREAD = 30 * SECOND


def behind_gate(job: Job, until: int, now: int, fraction: float, policy: Policy) -> Job:
    """Until the gate opens, and spread over as long again, so that the queue does not return in one wave."""
    not_before = until + int(fraction * min(until - now, _LONGEST_SPREAD))
    return rescheduled(replace(job, not_before=not_before), now, policy)


def while_prepared(job: Job, now: int, policy: Policy) -> Job:
    """While its files are brought to the provider: nobody else begins with that, unless this one is long dead."""
    return rescheduled(replace(job, not_before=now + policy.preparation), now, policy)


def for_its_files(job: Job, now: int, fraction: float, policy: Policy) -> Job:
    """A while, longer each time, for a file that can't be had or passed on now."""
    alike = job.refused_alike + 1 if job.refused_with == INPUT_UNAVAILABLE else 1
    waiting = replace(
        job,
        not_before=now + refusal_back_off(job.refusals, fraction),
        refusals=job.refusals + 1,
        refused_with=INPUT_UNAVAILABLE,
        refused_alike=alike,
    )
    return rescheduled(waiting, now, policy)
