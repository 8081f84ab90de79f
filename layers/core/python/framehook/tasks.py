"""What becomes of a job's tasks: reported, failed, sent again by a person, and their outputs with them. Pure; every
function is safe to apply twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from framehook.errors import Failure
from framehook.identifiers import unnamed
from framehook.jobs import Job, Output, OutputState, Status, Task, TaskState
from framehook.providers.contract import Provider

OUTPUT_MISSING = Failure("output_missing", "the provider reported a success without a file")
# Ours, not the provider's: it says nothing of how the task ended.
RUN_DEADLINE = Failure("run_deadline", "the provider did not report a result within the job's deadline")


def name_of_ours(made: str, provider: Provider) -> str:
    """What a new task goes by: a UUID that we made where the provider takes it, else a stand-in for its own name."""
    return made if provider.OWN_TASK_ID is None else unnamed(made)


def find(job: Job, task_id: str) -> Task | None:
    return next((task for task in job.tasks if task.id == task_id), None)


def counting(job: Job) -> list[Task]:
    """The tasks that the job's end depends on: one for each slot."""
    return [task for task in job.tasks if task.state.counts]


def is_open(task: Task) -> bool:
    """Whether a look-up can tell something new about the task."""
    unproven = task.state is TaskState.SUPERSEDED and task.failure is None
    return unproven or is_out_of_time(task) or task.state in (TaskState.UNKNOWN, TaskState.ACCEPTED)


def is_out_of_time(task: Task) -> bool:
    """Whether only our deadline ended the task, so that the provider may have its result."""
    return task.failure == RUN_DEADLINE and task.state in (TaskState.FAILED, TaskState.SUPERSEDED)


def outputs_of(job: Job, slot: int) -> Iterator[Output]:
    return (output for output in job.outputs if output.index % job.count == slot)


def with_task(job: Job, task: Task) -> Job:
    """The job with this task instead of the one of the same id, and with what all its tasks cost."""
    tasks = tuple(task if known.id == task.id else known for known in job.tasks)
    return _with_tasks(job, tasks)


def renamed(job: Job, task_id: str, provider_id: str) -> Job:
    """The job with a task under the name that the provider gave it."""
    known = (replace(task, id=provider_id) if task.id == task_id else task for task in job.tasks)
    return job if task_id == provider_id else replace(job, tasks=tuple(known))


def failed(job: Job, task: Task, failure: Failure) -> Job:
    """The job with one task failed, and its outputs with it; what has landed stays."""
    changed = with_task(job, replace(task, state=TaskState.FAILED, failure=failure, failing_since=None))

    def lose(output: Output) -> Output:
        landed = output.state is OutputState.LANDED
        return output if landed else replace(output, state=OutputState.LOST, failure=failure)

    return with_outputs(changed, task.slot, lose)


def with_outputs(job: Job, slot: int, change: Callable[[Output], Output]) -> Job:
    outputs = tuple(change(output) if output.index % job.count == slot else output for output in job.outputs)
    return replace(job, outputs=outputs)


def without_planned(job: Job, failure: Failure) -> Job:
    """The job with every task failed that nobody has been paid for and nobody is to be."""
    for task in counting(job):
        if task.state is TaskState.PLANNED:
            job = failed(job, task, failure)
    return job


def sent_again(job: Job, new_id: Callable[[], str]) -> Job:
    """The job with every task that is not known to be accepted replaced by one of the next attempt.

    A task whose outcome is unknown stays in the job: it may still be paid, and it may still succeed.
    """
    attempt = job.attempt + 1
    old, new = [], []
    for task in job.tasks:
        if task.state not in (TaskState.UNKNOWN, TaskState.PLANNED):
            old.append(task)
            continue
        if task.state is TaskState.UNKNOWN:
            old.append(replace(task, state=TaskState.SUPERSEDED))
        new.append(Task(new_id(), task.slot, attempt))
    slots = {task.slot for task in new}
    outputs = tuple(
        Output(output.index, attempt) if output.index % job.count in slots else output
        for output in job.outputs
    )
    return replace(_with_tasks(job, (*old, *new)), attempt=attempt, outputs=outputs)


def reconciled(job: Job) -> Job:
    """The job with a spare in the place of a task that is not under way and not paid: nothing is paid twice that was
    delivered once."""
    for spare in [task for task in job.tasks if task.state is TaskState.SPARE]:
        current = next((task for task in counting(job) if task.slot == spare.slot), None)
        if current is None or _is_idle(job, current):
            job = reinstated(job, spare, TaskState.REPORTED)
    return job


def doubted(job: Job) -> Job:
    """The job with every task that came to nothing replaced by the earlier one that it was sent for, where that may
    still be paid."""
    for current in [task for task in counting(job) if came_to_nothing(job, task)]:
        earlier = [
            task
            for task in job.tasks
            if task.slot == current.slot and task.state is TaskState.SUPERSEDED and task.failure is None
        ]
        if earlier:
            job = reinstated(job, earlier[-1], TaskState.UNKNOWN)
    return job


def came_to_nothing(job: Job, task: Task) -> bool:
    """Whether a task failed, or none of its files can be had."""
    return task.state is TaskState.FAILED or (task.state is TaskState.REPORTED and _is_idle(job, task))


def reinstated(job: Job, task: Task, state: TaskState) -> Job:
    """The job with an earlier task counting again, in the place of the one that had superseded it."""
    tasks = []
    for known in job.tasks:
        if known.id == task.id:
            tasks.append(replace(task, state=state, failure=None, spare_files=()))
        elif known.slot != task.slot or not known.state.counts:
            tasks.append(known)
        elif known.state is not TaskState.PLANNED:  # it may have been paid; a planned one surely was not
            tasks.append(replace(known, state=TaskState.SUPERSEDED, failure=_failure_of(job, known)))
    job = _with_tasks(job, tuple(tasks))
    kinds = task.spare_files or (None,)
    own = [Output(task.slot + n * job.count, task.attempt, kind=kind) for n, kind in enumerate(kinds)]
    others = (output for output in job.outputs if output.index % job.count != task.slot)
    return replace(job, outputs=tuple(sorted((*others, *own), key=lambda output: output.index)))


def can_be_reinstated(job: Job, task: Task) -> bool:
    """Whether an earlier task may take its place back: nothing else is under way or delivered there."""
    current = next((known for known in counting(job) if known.slot == task.slot), None)
    return task.state in (TaskState.SUPERSEDED, TaskState.SPARE) and (
        current is None or _is_idle(job, current)
    )


def charged(tasks: Sequence[Task]) -> int | None:
    """The sum of what the provider reported over all attempts; None while it reported nothing."""
    costs = [task.cost for task in tasks if task.cost is not None]
    return sum(costs) if costs else None


def _failure_of(job: Job, task: Task) -> Failure | None:
    """Why a task came to nothing: its own failure, or that of its files. There is nothing more to learn of it then."""
    if task.state is not TaskState.REPORTED:
        return task.failure
    return next((output.failure for output in outputs_of(job, task.slot) if output.failure), OUTPUT_MISSING)


def _is_idle(job: Job, task: Task) -> bool:
    """Whether nothing is under way in the task's place, and nothing was delivered there."""
    if task.state is TaskState.REPORTED:
        return all(output.state is OutputState.LOST for output in outputs_of(job, task.slot))
    waits_for_a_person = task.state is TaskState.UNKNOWN and job.status is Status.PARKED
    return waits_for_a_person or task.state in (TaskState.PLANNED, TaskState.FAILED)


def _with_tasks(job: Job, tasks: tuple[Task, ...]) -> Job:
    return replace(job, tasks=tasks, charged=charged(tasks))
