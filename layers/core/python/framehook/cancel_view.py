"""What becomes of a job after somebody wanted it stopped, in a sentence. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from framehook.jobs import Cancel, Job, Status

_NOTHING_SENT = "The job is cancelled; nothing was sent to the provider."
_CANCELLED = "The job is cancelled; nothing of it runs at the provider."
_TO_BE_ASKED = "The provider is asked to stop the job; if it finishes first, it is delivered and charged."
_ASKED = "The provider was asked to stop the job; if it finishes anyway, it is delivered and charged."
_IMPOSSIBLE = "The provider can't stop this job, or not any more: it runs on, and is delivered and charged."

_SPECIAL: Mapping[Status, str] = {
    Status.SUBMITTING: "The job is being sent right now; the provider is asked to stop it as soon as it has it.",
    Status.PARKED: "Nobody knows whether the provider has the job. It is asked to stop it as soon as that is known; "
    "resolve the job with `abandon` to give it up now.",
    Status.STORING: "The results are there already; they are delivered and charged.",
}
_SPECIAL_AND_IMPOSSIBLE: Mapping[Status, str] = {
    Status.SUBMITTING: "The job is being sent right now, and this provider can't stop what it has taken: unless it "
    "refuses the job, that is delivered and charged.",
    Status.PARKED: "Nobody knows whether the provider has the job, and it could not stop it: what turns out to be "
    "finished is delivered and charged. Resolve the job with `abandon` to give it up.",
    Status.STORING: _SPECIAL[Status.STORING],
}


def told_of_cancel(job: Job) -> str:
    """For a job that was cancelled, or is to be if that is possible."""
    if job.status is Status.CANCELLED:
        return _CANCELLED if job.first_sent_at is not None else _NOTHING_SENT
    if job.cancel is Cancel.IMPOSSIBLE:
        return _SPECIAL_AND_IMPOSSIBLE.get(job.status, _IMPOSSIBLE)
    return _SPECIAL.get(job.status, _ASKED if job.cancel is Cancel.ASKED else _TO_BE_ASKED)
