"""What a provider says of a job's tasks, by webhook or look-up, becomes part of the job: once, whatever is repeated.

Used by receive_webhook on its way to a five-second answer: nothing here calls anything but the job store.
Next: publish_change (fetches what was not uploaded), land_output (checks what was).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from framehook import tasks, tokens
from framehook.changes import Changes
from framehook.errors import Failure, NotFound, ResultTooLarge
from framehook.identifiers import is_job_id
from framehook.jobs import Job, Output, OutputRecord, OutputState, Status, Task, TaskState
from framehook.ports import JobStore
from framehook.providers.contract import Failed, Provider, Report, StillRunning, Succeeded, UnreadableAnswer
from framehook.transitions import settle

_KEPT_ANSWER_BYTES = 2_000
_ATTEMPT = re.compile(r"[1-9][0-9]{0,5}")


@dataclass(frozen=True, slots=True)
class WebhookCall:
    """One call on our webhook, as its path names it. Nothing of it is trusted."""

    provider: str
    job_id: str
    attempt: str
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
        job = self._authentic(call)
        try:
            reports = self.providers[job.provider].read_webhook(call.body, job.tasks)
        except UnreadableAnswer:
            return self._keep_unreadable(job, int(call.attempt), call.body)
        return self.record(job, reports, call.body)

    def record(self, job: Job, reports: Sequence[Report], answer: bytes) -> Job:
        """The job with these reports in it, stored. What is known already changes nothing.

        Results are stored before the job says that it has them. Raises Unavailable.
        """
        if applied(job, reports, self.changes.clock.now()) == job:
            return job
        kept = [self._kept(job, report) for report in reports]
        for report in kept:
            task = tasks.find(job, report.task_id)
            worth_keeping = isinstance(report, Failed) or job.status.terminal
            if task and (worth_keeping or not task.state.counts):
                self.jobs.record_answer(job.id, task.attempt, _bounded(answer))
        return self.changes.apply(job, lambda seen, now: applied(seen, kept, now))

    def _kept(self, job: Job, report: Report) -> Report:
        """The report, with its results stored. A text too large to be kept is a failure that has its price."""
        try:
            for record in result_records(job, report):
                self.jobs.record_result(job.id, record)
        except ResultTooLarge as too_large:
            cost = report.cost if isinstance(report, Succeeded) else None
            return Failed(report.task_id, Failure(too_large.code, str(too_large)), cost)
        return report

    def _authentic(self, call: WebhookCall) -> Job:
        plausible = is_job_id(call.job_id) and _ATTEMPT.fullmatch(call.attempt)
        if not plausible or not tokens.is_well_formed(call.token):
            raise NotFound("no such webhook")
        job = self.jobs.get(call.job_id)
        given = tokens.hash_token(call.job_id, int(call.attempt), call.token)
        known = job.token_hashes if job else ()
        if not tokens.matches_any(given, known) or job is None or job.provider != call.provider:
            raise NotFound("no such webhook")
        return job

    def _keep_unreadable(self, job: Job, attempt: int, body: bytes) -> Job:
        """An authentic call that nobody understands is kept, and the job looked at now."""
        self.jobs.record_answer(job.id, attempt, _bounded(body))
        return self.changes.apply(
            job, lambda seen, now: seen if seen.status.terminal else replace(seen, due_at=now)
        )


def applied(job: Job, reports: Sequence[Report], now: int) -> Job:
    """The job after these reports: tasks and outputs brought up to date, and moved as far as that allows."""
    updated = job
    for report in reports:
        task = tasks.find(updated, report.task_id)
        if task is not None:
            updated = _with_report(updated, task, report)
    if updated == job or job.status.terminal:
        return updated
    return settle(updated, now)


def result_records(job: Job, report: Report) -> Iterator[OutputRecord]:
    """What is stored of each reported file, at the place the job has for it."""
    task = tasks.find(job, report.task_id)
    if task is None or not isinstance(report, Succeeded):
        return
    for number, file in enumerate(report.files or (None,)):
        yield OutputRecord(
            index=task.slot + number * job.count,
            attempt=task.attempt,
            result=file,
            seed=report.seed,
            video_id=report.video_id,
        )


def _with_report(job: Job, task: Task, report: Report) -> Job:
    if job.status.terminal or not task.state.counts:
        job = _with_late_cost(job, task, report)
        return job if job.status.terminal else _with_late_news(job, task, report)
    match report:
        case StillRunning() if task.state is TaskState.UNKNOWN:
            return tasks.with_task(job, replace(task, state=TaskState.ACCEPTED))
        case Succeeded() if task.state is TaskState.REPORTED:
            return _with_late_cost(job, task, report)
        case Succeeded():
            return _reported(job, task, report)
        case Failed() if task.state in (TaskState.UNKNOWN, TaskState.ACCEPTED):
            return tasks.failed(job, task, report.failure, report.cost)
    return job


def _with_late_cost(job: Job, task: Task, report: Report) -> Job:
    """Whatever has become of the task since: a charge that was not known yet is taken down."""
    if isinstance(report, StillRunning) or report.cost is None or task.cost is not None:
        return job
    return tasks.with_task(job, replace(task, cost=report.cost))


def _with_late_news(job: Job, task: Task, report: Report) -> Job:
    """An earlier attempt's task turns out to be under way or done: it takes its place back where nothing else was paid
    for; otherwise its result is kept in reserve. Its failure says nothing about its successor."""
    task = tasks.find(job, task.id) or task
    free = tasks.can_be_reinstated(job, task)
    match report:
        case StillRunning() if free and tasks.is_open(task) and job.status is not Status.STORING:
            return tasks.reinstated(job, task, TaskState.ACCEPTED)
        case Succeeded() if free:
            return _reported(tasks.reinstated(job, task, TaskState.ACCEPTED), task, report)
        case Succeeded():
            return tasks.with_task(job, replace(task, state=TaskState.SPARE))
        case Failed() if task.state is TaskState.SUPERSEDED:
            return tasks.with_task(job, replace(task, failure=report.failure))
    return job


def _reported(job: Job, task: Task, report: Succeeded) -> Job:
    cost = report.cost if report.cost is not None else task.cost
    reported = replace(task, state=TaskState.REPORTED, failure=None, cost=cost)
    return _with_files(tasks.with_task(job, reported), reported, report)


def _with_files(job: Job, task: Task, report: Succeeded) -> Job:
    """A place for every file of the task: uploads are waited for, everything else is fetched."""
    places = {output.index: output for output in job.outputs}
    expected = [output.index for output in tasks.outputs_of(job, task.slot)]
    found = [task.slot + number * job.count for number in range(len(report.files))]
    for index in sorted({*expected, *found}):
        place = places.get(index, Output(index, task.attempt))
        number = (index - task.slot) // job.count
        file = report.files[number] if number < len(report.files) else None
        uploaded = job.uploads and index in expected and place.failure is None
        places[index] = _awaiting(place, file is not None and bool(file.url or file.text), uploaded)
    return replace(job, outputs=tuple(places[index] for index in sorted(places)))


def _awaiting(place: Output, fetchable: bool, uploaded: bool) -> Output:
    if place.state is OutputState.LANDED or uploaded:
        return place
    if fetchable:
        return replace(place, state=OutputState.TO_FETCH, failure=None)
    failure = place.failure or Failure("output_missing", "the provider reported a success without a file")
    return replace(place, state=OutputState.LOST, failure=failure)


def _bounded(answer: bytes) -> str:
    return answer[:_KEPT_ANSWER_BYTES].decode("utf-8", "replace")
