"""What a provider's reports make of a job: its tasks and outputs brought up to date, and the job moved as far as that
allows. Pure; every function is safe to apply twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from framehook import tasks
from framehook.due_times import SECOND
from framehook.errors import Failure
from framehook.jobs import (
    Cancel,
    Job,
    Kind,
    Output,
    OutputRecord,
    OutputState,
    ResultFile,
    Status,
    Task,
    TaskState,
    kind_of,
)
from framehook.providers.contract import Failed, Missing, Report, StillRunning, Succeeded
from framehook.tasks import OUTPUT_MISSING
from framehook.transitions import CANCELLED, settle

# Between two look-ups that find no task, before it counts as stopped: a provider may lose sight of a task for a while
# that its cancel came too late for, and that is still paid.
_MISSING_SECONDS = 10 * 60
_EMPTY_SECONDS = 10  # between two words of a success without files, before it is believed


def applied(job: Job, reports: Sequence[Report], now: int, *, looked_up: bool = False) -> Job:
    """The job after these reports: tasks and outputs brought up to date, and moved as far as that allows."""
    updated = job
    for report in reports:
        updated = _with_report(updated, report, now, looked_up=looked_up)
    if updated == job or job.status.terminal:
        return updated
    return settle(updated, now)


def renewed(report: Report, read: Job, seen: Job) -> Report:
    """A report on a task of the job as it was `read`, under the name that the task has by now."""
    known = tasks.find(read, report.task_id)
    if known is None:
        return report
    place = (known.slot, known.attempt)
    same = (task for task in seen.tasks if (task.slot, task.attempt) == place)
    task = next(same, known)
    return report if task.id == report.task_id else replace(report, task_id=task.id)


def files_in_order(kind: Kind, report: Report) -> Report:
    """The report with the files that were ordered before those that come with them, such as a preview."""
    if not isinstance(report, Succeeded):
        return report
    ordered = sorted(report.files, key=lambda file: _extra_kind(kind, file, report.files) is not None)
    return replace(report, files=tuple(ordered))


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


def _with_report(job: Job, report: Report, now: int, *, looked_up: bool) -> Job:
    task = tasks.find(job, report.task_id)
    if task is None:
        return job
    if isinstance(report, Missing):
        if not _may_be_stopped(job, task):
            return job
        report = Failed(task.id, CANCELLED, doubtful_for=_MISSING_SECONDS)
    named = report.named or task.id
    job = _with_measures(tasks.renamed(job, task.id, named), named, report)
    task = tasks.find(job, named) or task
    if job.status.terminal:
        return job
    news = _News(report, now, looked_up)
    if news.is_known_to_be_empty(job, task):
        return job
    return news.of_current(job, task) if task.state.counts else news.of_earlier(job, task)


def _may_be_stopped(job: Job, task: Task) -> bool:
    """Whether a task that can't be found may be gone because the provider has said that it would stop it."""
    return job.cancel is Cancel.ASKED and task.state is TaskState.ACCEPTED


@dataclass(frozen=True, slots=True)
class _News:
    """What a provider said of one task, when, and whether we had asked."""

    report: Succeeded | Failed | StillRunning
    now: int
    looked_up: bool

    def is_known_to_be_empty(self, job: Job, task: Task) -> bool:
        """Whether this is a success without a file that changes nothing: of a task that has failed it is no better end,
        and files may still be told; of an earlier one it was believed before."""
        if not isinstance(self.report, Succeeded) or self.report.files or job.uploads:
            return False
        believed = task.state is TaskState.SUPERSEDED and task.failure == OUTPUT_MISSING
        return believed or task.state is TaskState.FAILED

    def of_current(self, job: Job, task: Task) -> Job:
        """The job after news of a task that its end depends on."""
        open_still = task.state in (TaskState.UNKNOWN, TaskState.ACCEPTED)
        match self.report:
            case StillRunning() if task.state is TaskState.UNKNOWN or task.failing_since is not None:
                alive = replace(task, state=TaskState.ACCEPTED, failing_since=None, failure=None)
                return tasks.with_task(job, alive)
            case Succeeded() as done if open_still and self._is_doubtful(job, task, done):
                return tasks.with_task(job, self._in_doubt(task, OUTPUT_MISSING))
            case Succeeded() as done if task.state is not TaskState.REPORTED or _is_better(job, task, done):
                return _reported(job, task, done)
            case Failed(failure=failure) as failed if open_still and self._proves(failed, task):
                return tasks.failed(job, task, failure)
            case Failed() if open_still:
                return tasks.with_task(job, self._in_doubt(task))
        return job

    def of_earlier(self, job: Job, task: Task) -> Job:
        """An earlier attempt's task turns out to be under way or done: it takes its place back where nothing else was
        paid for; otherwise its result is kept in reserve. Its failure says nothing about its successor."""
        free = tasks.can_be_reinstated(job, task)
        superseded = task.state is TaskState.SUPERSEDED
        doubted = superseded and task.failure is None
        match self.report:
            case StillRunning() if free and doubted and job.status is not Status.STORING:
                alive = replace(task, failing_since=None)
                return tasks.reinstated(tasks.with_task(job, alive), alive, TaskState.ACCEPTED)
            case Succeeded() as done if superseded and self._is_doubtful(job, task, done):
                return self._with_empty_earlier(job, task, free=free)
            case Succeeded() if free:
                return _reported(tasks.reinstated(job, task, TaskState.ACCEPTED), task, self.report)
            case Succeeded() as done:
                kinds = tuple(_extra_kind(job.kind, file, done.files) for file in done.files)
                kinds = kinds or task.spare_files
                spare = replace(task, state=TaskState.SPARE, failing_since=None, spare_files=kinds)
                return tasks.with_task(job, spare)
            case Failed(failure=failure) as failed if doubted:
                proven = replace(task, failure=failure, failing_since=None)
                return tasks.with_task(job, proven if self._proves(failed, task) else self._failing(task))
        return job

    def _with_empty_earlier(self, job: Job, task: Task, *, free: bool) -> Job:
        """An earlier attempt's success without a file, which a look-up is still to say as well."""
        if not free or job.status is Status.STORING:
            return tasks.with_task(job, self._failing(task))
        reinstated = tasks.reinstated(job, task, TaskState.ACCEPTED)
        return tasks.with_task(reinstated, self._in_doubt(task, OUTPUT_MISSING))

    def _proves(self, failed: Failed, task: Task) -> bool:
        """Whether a failure is certain: at once, or because a look-up says so again some time after the first word."""
        since = task.failing_since
        again = since is not None and task.failure is None
        later = again and self.now >= (since or 0) + failed.doubtful_for * SECOND
        return not failed.doubtful_for or (self.looked_up and later)

    def _is_doubtful(self, job: Job, task: Task, done: Succeeded) -> bool:
        """Whether a success came without a file, and a look-up is still to say so as well."""
        since = task.failing_since
        again = since is not None and (task.failure == OUTPUT_MISSING or not task.state.counts)
        told_twice = self.looked_up and again and self.now >= (since or 0) + _EMPTY_SECONDS * SECOND
        return not done.files and not job.uploads and not told_twice

    def _in_doubt(self, task: Task, failure: Failure | None = None) -> Task:
        return replace(self._failing(task, failure), state=TaskState.ACCEPTED)

    def _failing(self, task: Task, failure: Failure | None = None) -> Task:
        """In doubt since the first word of just this. `failure`: of a success that seems to have no files."""
        if task.failing_since is not None and task.failure == failure:
            return task
        return replace(task, failing_since=self.now, failure=failure)


def _is_better(job: Job, task: Task, done: Succeeded) -> bool:
    """Whether files come after all for a task that had seemed to have none."""
    places = list(tasks.outputs_of(job, task.slot))
    missing = (place.failure == OUTPUT_MISSING and place.state is OutputState.LOST for place in places)
    return bool(done.files) and all(missing)


def _with_measures(job: Job, task_id: str, report: Succeeded | Failed | StillRunning) -> Job:
    """Whatever has become of the task since: what it cost and used is taken down. The first success is believed, and
    before it the first that was told."""
    task = tasks.find(job, task_id)
    if task is None or isinstance(report, StillRunning):
        return job
    better = isinstance(report, Succeeded) and task.state not in (TaskState.REPORTED, TaskState.SPARE)
    told, known = (report.cost, task.cost) if better else (task.cost, report.cost)
    usage = (report.usage or task.usage) if better else (task.usage or report.usage)
    return tasks.with_task(job, replace(task, cost=known if told is None else told, usage=usage))


def _reported(job: Job, task: Task, report: Succeeded) -> Job:
    reported = replace(task, state=TaskState.REPORTED, failure=None, failing_since=None)
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
        if file is not None:
            place = replace(place, kind=_extra_kind(job.kind, file, report.files))
        uploaded = job.uploads and index in expected and place.failure is None
        places[index] = _awaiting(place, file is not None and bool(file.url or file.text), uploaded)
    return replace(job, outputs=tuple(places[index] for index in sorted(places)))


def _extra_kind(ordered: Kind, file: ResultFile, files: Sequence[ResultFile]) -> Kind | None:
    """What a file is that only comes along with what was ordered; None for what was, or may be."""
    told = [kind_of(each.media_type) for each in files]
    kind = kind_of(file.media_type)
    return kind if kind not in (None, ordered) and ordered is not Kind.ANY and ordered in told else None


def _awaiting(place: Output, fetchable: bool, uploaded: bool) -> Output:
    if place.state is OutputState.LANDED or uploaded:
        return place
    if fetchable:
        return replace(place, state=OutputState.TO_FETCH, failure=None)
    return replace(place, state=OutputState.LOST, failure=place.failure or OUTPUT_MISSING)
