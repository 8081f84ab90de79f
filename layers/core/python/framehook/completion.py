"""What a provider says of a job's tasks, by webhook or look-up, becomes part of the job: once, whatever is repeated.

Used by receive_webhook on its way to a five-second answer: nothing here calls anything but the job store.
Next: publish_change (fetches what was not uploaded), land_output (checks what was).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from framehook import tasks, tokens
from framehook.changes import Changes
from framehook.errors import Failure, NotFound, ResultTooLarge
from framehook.identifiers import is_job_id
from framehook.jobs import Job, Task
from framehook.ports import JobStore
from framehook.providers.contract import Failed, Provider, Report, Succeeded, UnreadableAnswer
from framehook.reports import applied, files_in_order, renewed, result_records

_KEPT_ANSWER_BYTES = 2_000
_PLACE = re.compile(r"([1-9][0-9]{0,5})(?:\.([0-9]))?")


@dataclass(frozen=True, slots=True)
class WebhookCall:
    """One call on our webhook, as its path names it. Nothing of it is trusted.

    `place` is the attempt, and after a dot the slot of the task whose URL it is.
    """

    provider: str
    job_id: str
    place: str
    token: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Completion:
    changes: Changes
    providers: Mapping[str, Provider]

    @property
    def jobs(self) -> JobStore:
        return self.changes.jobs

    def receive(self, call: WebhookCall) -> Job:
        """Takes a provider's call at its word and returns the job as it is then. Idempotent.

        Raises NotFound for anything that is not authentic, Unavailable when the provider should call again.
        """
        job, attempt, about = self._authentic(call)
        try:
            reports = self.providers[job.provider].read_webhook(call.body, job.tasks, about)
        except UnreadableAnswer:
            return self._keep_unreadable(job, attempt, call.body)
        return self.record(job, reports, call.body)

    def record(self, job: Job, reports: Sequence[Report], answer: bytes, *, looked_up: bool = False) -> Job:
        """The job with these reports in it, stored. What is known already changes nothing.

        Results are stored before the job says that it has them. `looked_up`: we asked for them. Raises Unavailable.
        """
        arranged = [files_in_order(job.kind, report) for report in reports]
        if applied(job, arranged, self.changes.clock.now(), looked_up=looked_up) == job:
            return job
        kept = [self._kept(job, report) for report in arranged]
        for report in kept:
            task = tasks.find(job, report.task_id)
            worth_keeping = isinstance(report, Failed) or job.status.terminal
            if task and (worth_keeping or not task.state.counts):
                self.jobs.record_answer(job.id, task.attempt, _bounded(answer))

        def decided(seen: Job, now: int) -> Job:
            return applied(seen, [renewed(report, job, seen) for report in kept], now, looked_up=looked_up)

        return self.changes.apply(job, decided)

    def _kept(self, job: Job, report: Report) -> Report:
        """The report, with its results stored. A text too large to be kept is a failure that has its price."""
        try:
            for record in result_records(job, report):
                self.jobs.record_result(job.id, record)
        except ResultTooLarge as too_large:
            if not isinstance(report, Succeeded):
                raise
            failure = Failure(too_large.code, str(too_large))
            return Failed(report.task_id, failure, report.cost, report.usage, report.named)
        return report

    def _authentic(self, call: WebhookCall) -> tuple[Job, int, Task | None]:
        """The job, the attempt, and the task that the call is about."""
        place = _PLACE.fullmatch(call.place)
        if place is None or not is_job_id(call.job_id) or not tokens.is_well_formed(call.token):
            raise NotFound("no such webhook")
        attempt, slot = int(place[1]), place[2]
        job = self.jobs.get(call.job_id)
        given = tokens.hash_token(call.job_id, attempt, call.token)
        known = job.token_hashes if job else ()
        if not tokens.matches_any(given, known) or job is None or job.provider != call.provider:
            raise NotFound("no such webhook")
        theirs = (task for task in job.tasks if task.attempt == attempt and str(task.slot) == slot)
        return job, attempt, next(theirs, None)

    def _keep_unreadable(self, job: Job, attempt: int, body: bytes) -> Job:
        """An authentic call that nobody understands is kept, and the job looked at now."""
        self.jobs.record_answer(job.id, attempt, _bounded(body))
        return self.changes.apply(
            job, lambda seen, now: seen if seen.status.terminal else replace(seen, due_at=now)
        )


def _bounded(answer: bytes) -> str:
    return answer[:_KEPT_ANSWER_BYTES].decode("utf-8", "replace")
