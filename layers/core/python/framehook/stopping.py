"""A cancel that somebody asked for, passed on to the provider that has the job's tasks. Used by follow_up_job.

The provider's yes is no end yet: a look-up tells whether it came in time. What was finished first is delivered.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

from framehook.calling import Calling
from framehook.changes import Changes
from framehook.due_times import is_to_be_cancelled
from framehook.errors import NeverSent, ReplyLost
from framehook.jobs import Cancel, Job, Task, TaskState
from framehook.providers.contract import CancelAnswer, Provider

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stopping:
    changes: Changes
    calling: Calling
    providers: Mapping[str, Provider]

    def stop(self, job: Job) -> Job:
        """The job after its provider was asked to stop every task it has. Idempotent: a stopped task is none to stop.

        Raises Unavailable. Where no clear answer came, the job stays as it was, to be asked about again.
        """
        running = [task for task in job.tasks if task.state is TaskState.ACCEPTED]
        answers = {task.id: self._asked(job, task) for task in running}
        return self.changes.apply(job, lambda seen, now: asked(seen, answers, now))

    def _asked(self, job: Job, task: Task) -> CancelAnswer:
        provider, known = self.providers[job.provider], self.calling.account_for(job)
        request = provider.cancellation(task.id, known.api_key) if known else None
        if known is None or request is None:
            return CancelAnswer.REFUSED
        try:
            response = self.calling.send(known.account, request)
        except (NeverSent, ReplyLost) as unclear:
            logger.warning("the cancel did not get through", extra={"job_id": job.id, "why": str(unclear)})
            return CancelAnswer.UNCLEAR
        return provider.read_cancellation(response)


def asked(job: Job, answers: Mapping[str, CancelAnswer], now: int) -> Job:
    """The job after these answers: a task that is to be stopped counts as failing from now on, until a look-up says how
    it ended."""
    if not is_to_be_cancelled(job):
        return job
    tasks = tuple(
        replace(task, failing_since=now)
        if answers.get(task.id) is CancelAnswer.TAKEN and task.failing_since is None
        else task
        for task in job.tasks
    )
    if CancelAnswer.UNCLEAR in answers.values():
        return replace(job, tasks=tasks)
    taken = CancelAnswer.TAKEN in answers.values()
    return replace(job, tasks=tasks, cancel=Cancel.ASKED if taken else Cancel.IMPOSSIBLE)
