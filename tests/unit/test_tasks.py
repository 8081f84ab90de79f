"""What becomes of a job's tasks: one counts for each slot, and none that may be paid is forgotten."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from framehook import tasks
from framehook.jobs import Job, Output, OutputState, Status, Task, TaskState
from tests.unit.test_transitions import FAILURE, a_job, costs

numbers = st.integers(0, 11)


def three_tasks() -> Job:
    """A parked job: one part is done and landed, one unknown, one surely not taken."""
    return a_job(
        Status.PARKED,
        count=3,
        tasks=(
            Task("done", 0, state=TaskState.REPORTED, cost=5),
            Task("unknown", 1, state=TaskState.UNKNOWN),
            Task("planned", 2),
        ),
        outputs=(Output(0, state=OutputState.LANDED), Output(1), Output(2)),
        charged=5,
    )


def again(job: Job) -> Job:
    ids = (f"new-{number}" for number in count())
    return tasks.sent_again(job, lambda: next(ids))


def test_sent_again_keeps_what_may_be_paid_and_replaces_what_is_not_proven() -> None:
    job = again(three_tasks())

    assert job.attempt == 2
    assert [(task.id, task.slot, task.attempt, task.state) for task in job.tasks] == [
        ("done", 0, 1, TaskState.REPORTED),
        ("unknown", 1, 1, TaskState.SUPERSEDED),
        ("new-0", 1, 2, TaskState.PLANNED),
        ("new-1", 2, 2, TaskState.PLANNED),
    ]
    assert job.outputs == (Output(0, 1, OutputState.LANDED), Output(1, 2), Output(2, 2))


def test_task_takes_its_place_back_from_a_planned_one_that_is_dropped() -> None:
    job = again(three_tasks())
    unknown = tasks.find(job, "unknown")
    assert unknown is not None
    assert tasks.can_be_reinstated(job, unknown)

    back = tasks.reinstated(job, unknown, TaskState.ACCEPTED)

    assert [task.id for task in back.tasks] == ["done", "unknown", "new-1"]
    assert back.outputs[1] == Output(1, 1)
    assert tasks.reinstated(back, unknown, TaskState.ACCEPTED) == back


def test_task_takes_no_place_where_another_is_under_way() -> None:
    job = again(three_tasks())
    job = tasks.with_task(job, Task("new-0", 1, 2, TaskState.ACCEPTED))
    unknown = tasks.find(job, "unknown")

    assert unknown is not None
    assert not tasks.can_be_reinstated(job, unknown)
    spare = tasks.with_task(job, replace(unknown, state=TaskState.SPARE))
    assert tasks.reconciled(spare) == spare


def test_spare_takes_the_place_of_a_failed_task_once() -> None:
    job = again(three_tasks())
    unknown = tasks.find(job, "unknown")
    assert unknown is not None
    job = tasks.with_task(job, replace(unknown, state=TaskState.SPARE, cost=7))
    job = tasks.failed(job, Task("new-0", 1, 2, TaskState.ACCEPTED, cost=2), FAILURE)

    back = tasks.reconciled(job)

    assert [task.state for task in back.tasks if task.slot == 1] == [
        TaskState.REPORTED,
        TaskState.SUPERSEDED,
    ]
    assert back.charged == 5 + 7 + 2
    assert tasks.reconciled(back) == back


def test_failed_task_loses_its_outputs_but_not_what_has_landed() -> None:
    places = (
        Output(0, state=OutputState.LANDED),
        Output(1),
        Output(2, state=OutputState.TO_FETCH),
        Output(3),
    )
    made = (Task("a", 0, state=TaskState.ACCEPTED), Task("b", 1, state=TaskState.ACCEPTED))
    job = a_job(Status.RUNNING, count=2, tasks=made, outputs=places)

    failed = tasks.failed(job, replace(made[0], cost=3), FAILURE)

    assert failed.outputs == (
        places[0],
        places[1],
        Output(2, state=OutputState.LOST, failure=FAILURE),
        places[3],
    )
    assert failed.tasks == (Task("a", 0, 1, TaskState.FAILED, FAILURE, 3), made[1])
    assert tasks.failed(failed, replace(made[0], cost=3), FAILURE) == failed


def test_renamed_task_keeps_everything_else() -> None:
    job = tasks.renamed(three_tasks(), "done", "provider-7")

    assert tasks.find(job, "done") is None
    assert tasks.find(job, "provider-7") == Task("provider-7", 0, 1, TaskState.REPORTED, cost=5)
    assert tasks.renamed(job, "done", "another") == job


def test_nothing_reported_is_not_a_charge_of_nothing() -> None:
    assert tasks.charged([]) is None
    assert tasks.charged([Task("a", 0)]) is None
    assert tasks.charged([Task("a", 0, cost=2), Task("b", 0), Task("c", 1, cost=3)]) == 5


class LifeOfTasks(RuleBasedStateMachine):
    """Any order of what calls, reports and people do to the tasks of one job."""

    @initialize(slots=st.integers(1, 3), status=st.sampled_from([Status.SUBMITTING, Status.PARKED]))
    def begin(self, slots: int, status: Status) -> None:
        self.ids = count()
        planned = tuple(Task(self.new_id(), slot) for slot in range(slots))
        outputs = tuple(Output(slot) for slot in range(slots))
        self.job = a_job(status, count=slots, tasks=planned, outputs=outputs)
        self.may_be_paid: set[str] = set()

    def new_id(self) -> str:
        return f"task-{next(self.ids)}"

    def one_of(self, number: int, *states: TaskState) -> Task | None:
        found = [task for task in self.job.tasks if task.state in states]
        return found[number % len(found)] if found else None

    @rule()
    def call(self) -> None:
        for task in self.job.tasks:
            if task.state is TaskState.PLANNED:
                self.job = tasks.with_task(self.job, replace(task, state=TaskState.UNKNOWN))

    @rule(number=numbers)
    def refuse_for_now(self, number: int) -> None:
        if task := self.one_of(number, TaskState.UNKNOWN):
            self.may_be_paid.discard(task.id)
            self.job = tasks.with_task(self.job, replace(task, state=TaskState.PLANNED))

    @rule(number=numbers)
    def accept(self, number: int) -> None:
        if task := self.one_of(number, TaskState.UNKNOWN):
            provider_id = self.new_id()
            self.may_be_paid.discard(task.id)
            self.job = tasks.with_task(self.job, replace(task, state=TaskState.ACCEPTED))
            self.job = tasks.renamed(self.job, task.id, provider_id)

    @rule(number=numbers, cost=costs)
    def report(self, number: int, cost: int | None) -> None:
        if task := self.one_of(number, TaskState.UNKNOWN, TaskState.ACCEPTED):
            self.job = tasks.with_task(self.job, replace(task, state=TaskState.REPORTED, cost=cost))

    @rule(number=numbers, cost=costs)
    def fail(self, number: int, cost: int | None) -> None:
        if task := self.one_of(number, TaskState.UNKNOWN, TaskState.ACCEPTED):
            ended = replace(task, cost=cost)
            self.job = tasks.failed(self.job, ended, FAILURE)
            assert tasks.failed(self.job, ended, FAILURE) == self.job

    @rule(number=numbers, cost=costs, state=st.sampled_from([TaskState.ACCEPTED, TaskState.REPORTED]))
    def turn_up_late(self, number: int, cost: int | None, state: TaskState) -> None:
        task = self.one_of(number, TaskState.SUPERSEDED, TaskState.SPARE)
        if task is None:
            return
        late = replace(task, cost=cost if task.cost is None else task.cost)
        if tasks.can_be_reinstated(self.job, task):
            self.job = tasks.reinstated(self.job, late, state)
        elif state is TaskState.REPORTED:
            self.job = tasks.with_task(self.job, replace(late, state=TaskState.SPARE))

    @rule()
    def send_again(self) -> None:
        self.job = tasks.sent_again(self.job, self.new_id)

    @rule()
    def reconcile(self) -> None:
        self.job = tasks.reconciled(self.job)
        assert tasks.reconciled(self.job) == self.job

    @rule()
    def doubt(self) -> None:
        self.job = tasks.doubted(self.job)
        assert tasks.doubted(self.job) == self.job

    @invariant()
    def one_task_counts_for_each_slot(self) -> None:
        counting = tasks.counting(self.job)
        assert sorted(task.slot for task in counting) == list(range(self.job.count))
        attempts = {task.slot: task.attempt for task in counting}
        assert all(output.attempt == attempts[output.index] for output in self.job.outputs)

    @invariant()
    def nothing_that_may_be_paid_is_dropped(self) -> None:
        known = {task.id for task in self.job.tasks}
        assert len(known) == len(self.job.tasks)
        assert self.may_be_paid <= known
        self.may_be_paid |= {task.id for task in self.job.tasks if task.state is not TaskState.PLANNED}

    @invariant()
    def charge_is_the_sum_over_all_attempts(self) -> None:
        found = [task.cost for task in self.job.tasks if task.cost is not None]
        assert self.job.charged == (sum(found) if found else None)


TestLifeOfTasks = LifeOfTasks.TestCase
TestLifeOfTasks.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
