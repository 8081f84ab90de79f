"""One look-up at a provider, and what it tells put into the job: where a call's outcome or a webhook is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from framehook.calling import AccountKey, Calling
from framehook.completion import Completion
from framehook.errors import NeverSent, ReplyLost, Unavailable
from framehook.jobs import Job, Task, TaskState
from framehook.providers.contract import (
    Inquiry,
    KeyRefused,
    Missing,
    Provider,
    UnreadableAnswer,
)
from framehook.tasks import is_open


@dataclass(frozen=True, slots=True)
class LookingUp:
    completion: Completion
    calling: Calling
    providers: Mapping[str, Provider]

    def look_up(self, job: Job) -> Job:
        """The job with what the provider says of every task that something new can be told about.

        Raises NeverSent, ReplyLost, UnreadableAnswer or Unavailable: then nothing is known of some task, above all not
        that there is none. What was learnt of the others is stored all the same.
        """
        ids = [task.id for task in job.tasks if is_open(task)]
        if not ids:
            return job
        try:
            known = self.calling.account_for(job)
        except Unavailable as unavailable:
            raise NeverSent("the API key can't be read right now") from unavailable
        if known is None:
            raise NeverSent(f"there is no API key for {job.account or job.provider} in this stack")
        trouble: Exception | None = None
        for inquiry in self.providers[job.provider].look_ups(job.offering, ids, known.api_key):
            try:
                job = self._answered(job, inquiry, known)
            except (NeverSent, ReplyLost, UnreadableAnswer) as unclear:
                if isinstance(unclear, KeyRefused):
                    self.calling.secrets.forget(known.account)
                trouble = trouble or unclear
        if trouble:
            raise trouble
        return job

    def _answered(self, job: Job, inquiry: Inquiry, known: AccountKey) -> Job:
        """The job with what the answer to one question tells."""
        provider = self.providers[job.provider]
        response = self.calling.send(known.account, inquiry.request)
        reports = list(provider.read_look_up(inquiry.task_ids, response))
        told = {report.task_id for report in reports if not isinstance(report, Missing)}
        for task_id in [each for each in inquiry.task_ids if each not in told]:
            request = provider.second_question(job.offering, task_id, known.api_key)
            if request is not None:
                response = self.calling.send(known.account, request)
                second = provider.read_second_answer(task_id, response)
                if second:  # it is the better word on a task that had seemed to be missing
                    reports = [*(report for report in reports if report.task_id != task_id), *second]
        return self.completion.record(job, reports, response.body, looked_up=True)

    def can_ask(self, job: Job) -> bool:
        """Whether the provider can be asked at all about any task that something new can be told about."""
        return self._can_ask(job, [task for task in job.tasks if is_open(task)])

    def can_settle(self, job: Job) -> bool:
        """Whether the provider can be asked about a task of which nobody knows whether it was accepted."""
        return self._can_ask(job, [task for task in job.tasks if task.state is TaskState.UNKNOWN])

    def can_be_proven(self, job: Job) -> bool:
        """Whether a webhook or a look-up may still tell what became of such a task."""
        return job.is_called_about or self.can_settle(job)

    def _can_ask(self, job: Job, about: Sequence[Task]) -> bool:
        return bool(self.providers[job.provider].look_ups(job.offering, [task.id for task in about], ""))
