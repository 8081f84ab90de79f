"""What a provider says of a job's tasks, by webhook or look-up, becomes part of the job: once, whatever is repeated.

Used by receive_webhook on its way to a five-second answer: nothing here calls anything but the job store.
Next: publish_change (fetches what was not uploaded), land_output (checks what was).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from framehook import tokens
from framehook.changes import Changes
from framehook.errors import Failure, NotFound
from framehook.identifiers import is_job_id
from framehook.jobs import AttemptRecord, Job, Output, OutputRecord, OutputState, Status, Task, TaskState
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
        attempt = int(call.attempt)
        try:
            reports = self.providers[job.provider].read_webhook(call.body, self._tasks_of(job, attempt))
        except UnreadableAnswer:
            return self._keep_unreadable(job, attempt, call.body)
        return self.record(job, attempt, reports, call.body)

    def record(self, job: Job, attempt: int, reports: Sequence[Report], answer: bytes) -> Job:
        """The job with what was reported of `attempt` in it, stored. What is known already changes nothing.

        Results are stored before the job says that it has them. Raises Unavailable.
        """
        older = self.jobs.get_attempt(job.id, attempt) if attempt < job.attempt else None
        if older:
            self.jobs.record_answer(job.id, attempt, _bounded(answer))

        def decide(seen: Job, now: int) -> Job:
            return applied(seen, reports, now) if older is None else applied_late(seen, older, reports, now)

        if decide(job, self.changes.clock.now()) == job:
            return job
        if older is None and (job.status.terminal or any(isinstance(report, Failed) for report in reports)):
            self.jobs.record_answer(job.id, attempt, _bounded(answer))
        for record in result_records(older.tasks if older else job.tasks, reports):
            self.jobs.record_result(job.id, record)
        return self.changes.apply(job, decide)

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

    def _tasks_of(self, job: Job, attempt: int) -> Sequence[Task]:
        older = self.jobs.get_attempt(job.id, attempt) if attempt < job.attempt else None
        return older.tasks if older else job.tasks

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
        position = _position(updated.tasks, report.task_id)
        if position is not None:
            updated = _with_report(updated, position, report)
    if updated == job:
        return job
    if job.status.terminal:
        return updated
    return settle(updated, now)


def applied_late(job: Job, older: AttemptRecord, reports: Sequence[Report], now: int) -> Job:
    """The job after an older attempt's late news: it completes the job only while nothing else is paid for.

    A late failure of an older attempt says nothing about the current one.
    """
    news = [report for report in reports if not isinstance(report, Failed)]
    if job.status not in (Status.QUEUED, Status.PARKED) or not news:
        return job
    reinstated = replace(job, tasks=older.tasks, outputs=older.outputs)
    updated = applied(reinstated, news, now)
    return job if updated == reinstated else updated


def result_records(tasks: Sequence[Task], reports: Sequence[Report]) -> list[OutputRecord]:
    """What is stored of each reported file, at the place the job has for it."""
    records = []
    for report in reports:
        position = _position(tasks, report.task_id)
        if position is None or not isinstance(report, Succeeded):
            continue
        for number, file in enumerate(report.files or (None,)):
            records.append(
                OutputRecord(
                    index=position + number * len(tasks),
                    task_id=report.task_id,
                    result=file,
                    seed=report.seed,
                    video_id=report.video_id,
                    cost=report.cost if number == 0 else None,
                )
            )
    return records


def with_task(job: Job, position: int, task: Task) -> Job:
    """The job with this task in its place, and with what its tasks cost."""
    tasks = (*job.tasks[:position], task, *job.tasks[position + 1 :])
    return replace(job, tasks=tasks, charged=charged(tasks))


def failed_task(job: Job, position: int, failure: Failure, cost: int | None = None) -> Job:
    """The job with one task failed, and its outputs with it; what has landed stays."""
    failed = replace(job.tasks[position], state=TaskState.FAILED, failure=failure, cost=cost)
    outputs = tuple(
        replace(output, state=OutputState.LOST, failure=failure)
        if output.task == position and output.state is not OutputState.LANDED
        else output
        for output in job.outputs
    )
    return with_task(replace(job, outputs=outputs), position, failed)


def charged(tasks: Sequence[Task]) -> int | None:
    """The sum of what the provider reported; None while it reported nothing."""
    costs = [task.cost for task in tasks if task.cost is not None]
    return sum(costs) if costs else None


def _with_report(job: Job, position: int, report: Report) -> Job:
    task = job.tasks[position]
    if job.status.terminal:
        return _with_late_cost(job, position, report)
    match report:
        case StillRunning() if task.state is TaskState.UNKNOWN:
            return with_task(job, position, replace(task, state=TaskState.ACCEPTED))
        case Succeeded() if task.state is not TaskState.REPORTED:
            reported = Task(task.id, TaskState.REPORTED, cost=report.cost)
            return _with_files(with_task(job, position, reported), position, report)
        case Failed() if task.state in (TaskState.UNKNOWN, TaskState.ACCEPTED):
            return failed_task(job, position, report.failure, report.cost)
    return job


def _with_late_cost(job: Job, position: int, report: Report) -> Job:
    """A job that is over keeps its state; only a charge that was not known yet is still taken down."""
    task = job.tasks[position]
    if isinstance(report, StillRunning) or report.cost is None or task.cost is not None:
        return job
    return with_task(job, position, replace(task, cost=report.cost))


def _with_files(job: Job, position: int, report: Succeeded) -> Job:
    """A place for every file of the task: uploads are waited for, everything else is fetched."""
    places = {output.index: output for output in job.outputs}
    expected = [output.index for output in job.outputs if output.task == position]
    found = [position + number * len(job.tasks) for number in range(len(report.files))]
    for index in sorted({*expected, *found}):
        place = places.get(index, Output(index, position, job.attempt))
        number = (index - position) // len(job.tasks)
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


def _position(tasks: Sequence[Task], task_id: str) -> int | None:
    return next((position for position, task in enumerate(tasks) if task.id == task_id), None)


def _bounded(answer: bytes) -> str:
    return answer[:_KEPT_ANSWER_BYTES].decode("utf-8", "replace")
