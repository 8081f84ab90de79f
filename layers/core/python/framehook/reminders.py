"""Has a job that its provider never calls about followed up at the second it is due. Used after each write that may
have set that time. What is lost here costs a minute: the sweep finds the job as well.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from framehook.due_times import MINUTE, SECOND
from framehook.errors import Unavailable
from framehook.jobs import Job, Status
from framehook.ports import Clock, DueJob, FollowUpQueue

logger = logging.getLogger(__name__)

# docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-delay-queues.html; later is the sweep's
_LONGEST_DELAY = 15 * MINUTE


@dataclass(frozen=True, slots=True)
class Reminders:
    queue: FollowUpQueue
    clock: Clock

    def remind(self, job: Job) -> None:
        """Sends a message that arrives when the job is due, if a look-up is all that can tell of it. Never raises."""
        if job.is_called_about or job.status is not Status.RUNNING or job.due_at is None:
            return
        wait = max(job.due_at - self.clock.now(), 0)
        if wait > _LONGEST_DELAY:
            return
        try:
            self.queue.send(DueJob(job.id, job.due_at), -(-wait // SECOND))
        except Unavailable:
            logger.warning("the look-up waits for the sweep", extra={"job_id": job.id}, exc_info=True)
