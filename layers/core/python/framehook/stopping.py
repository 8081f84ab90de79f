"""A cancel that somebody asked for, passed on to the provider that has the job's tasks. Used by follow_up_job.

The provider's yes is no end yet: a look-up tells whether it came in time. What was finished first is delivered.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

from framehook.calling import Calling
from framehook.changes import Changes
from framehook.due_times import SECOND, is_to_be_cancelled
from framehook.errors import NeverSent, ReplyLost, Unavailable
from framehook.jobs import Cancel, Job, Task, TaskState
from framehook.providers.contract import CancelAnswer, Provider

logger = logging.getLogger(__name__)

_FIRST_LOOK = 15 * SECOND


@dataclass(frozen=True, slots=True)
class Stopping:
    changes: Changes
    calling: Calling
    providers: Mapping[str, Provider]

    def stop(self, job: Job) -> Job:
        """The job after its provider was asked to stop every task it has. Idempotent: it may be asked twice.

        Raises Unavailable. Where no clear answer came, the job stays as it was, to be asked about again.
        """
        running = [task for task in job.tasks if task.state is TaskState.ACCEPTED]
        answers = {task.id: self._asked(job, task) for task in running}
        return self.changes.apply(job, lambda seen, now: asked(seen, answers, now))

    def _asked(self, job: Job, task: Task) -> CancelAnswer:
        provider = self.providers[job.provider]
        try:
            known = self.calling.account_for(job)
        except Unavailable:
            logger.warning("the cancel waits for the API key", extra={"job_id": job.id}, exc_info=True)
            return CancelAnswer.UNCLEAR
        if known is None:
            logger.error("there is no key to pass the cancel on with", extra={"job_id": job.id})
            return CancelAnswer.UNCLEAR
        request = provider.cancellation(job.offering, task.id, known.api_key)
        if request is None:
            return CancelAnswer.REFUSED
        try:
            response = self.calling.send(known.account, request)
        except (NeverSent, ReplyLost) as unclear:
            logger.warning("the cancel did not get through", extra={"job_id": job.id, "why": str(unclear)})
            return CancelAnswer.UNCLEAR
        answer = provider.read_cancellation(response)
        if answer is CancelAnswer.UNCLEAR:
            logger.warning(
                "the cancel was not answered clearly", extra={"job_id": job.id, "http": response.status}
            )
        return answer


def asked(job: Job, answers: Mapping[str, CancelAnswer], now: int) -> Job:
    """The job after these answers. They are looked into soon: only a look-up tells how the task ended, and a no may be
    about a task that was stopped already, by a cancel that nobody could note down."""
    if not is_to_be_cancelled(job) or CancelAnswer.UNCLEAR in answers.values():
        return job
    cancel = Cancel.ASKED if CancelAnswer.TAKEN in answers.values() else Cancel.IMPOSSIBLE
    due_at = now + _FIRST_LOOK if job.due_at is None else min(job.due_at, now + _FIRST_LOOK)
    return replace(job, cancel=cancel, due_at=due_at)
