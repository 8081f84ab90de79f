"""One look-up at a provider, and what it tells put into the job: where a call's outcome or a webhook is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from framehook.calling import AccountKey, Calling
from framehook.completion import Completion
from framehook.errors import NeverSent, ReplyLost
from framehook.jobs import Job, Task, TaskState
from framehook.providers.contract import (
    HttpResponse,
    Inquiry,
    Missing,
    Provider,
    Report,
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
        known = self.calling.account_for(job)
        if known is None:
            raise NeverSent(f"there is no API key for {job.account or job.provider} in this stack")
        trouble: Exception | None = None
        for inquiry in self.providers[job.provider].look_ups(ids, known.api_key):
            try:
                job = self._answered(job, inquiry, known)
            except (NeverSent, ReplyLost, UnreadableAnswer) as unclear:
                trouble = trouble or unclear
        if trouble:
            raise trouble
        return job

    def _answered(self, job: Job, inquiry: Inquiry, known: AccountKey) -> Job:
        """The job with what the answer to one question tells."""
        provider = self.providers[job.provider]
        response = self.calling.send(known.account, inquiry.request)
        reports = list(provider.read_look_up(inquiry.task_ids, response))
        for missing in [report for report in reports if isinstance(report, Missing)]:
            response, found = self._recovered(provider, missing, known, response)
            reports += found
        return self.completion.record(job, reports, response.body, looked_up=True)

    def _recovered(
        self, provider: Provider, missing: Missing, known: AccountKey, response: HttpResponse
    ) -> tuple[HttpResponse, Sequence[Report]]:
        """What the provider's second memory says of a task that its first has lost, and the answer that says so."""
        request = provider.recovery(missing.task_id, known.api_key)
        if request is None:
            return response, []
        response = self.calling.send(known.account, request)
        return response, provider.read_look_up([missing.task_id], response)

    def can_ask(self, job: Job) -> bool:
        """Whether the provider can be asked at all about any task that something new can be told about."""
        return self._can_ask(job, [task for task in job.tasks if is_open(task)])

    def can_settle(self, job: Job) -> bool:
        """Whether the provider can be asked about a task of which nobody knows whether it was accepted."""
        return self._can_ask(job, [task for task in job.tasks if task.state is TaskState.UNKNOWN])

    def _can_ask(self, job: Job, about: Sequence[Task]) -> bool:
        return bool(self.providers[job.provider].look_ups([task.id for task in about], ""))
