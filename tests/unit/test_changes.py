"""How a decision reaches the table: about what is stored, once, and not for ever."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import override

import pytest

from framehook.changes import Changes
from framehook.due_times import MINUTE, Policy
from framehook.errors import StaleJob, Unavailable, WrongState
from framehook.jobs import Job, Output, Status, Task, TaskState
from framehook.transitions import Event, move
from tests.fakes import FakeClock, FakeJobStore
from tests.unit.test_transitions import NOW, a_job


class Table:
    """A job in a table, and somebody else who is first as often as they are asked to be."""

    def __init__(self, job: Job) -> None:
        self.clock = FakeClock()
        self.jobs = FakeJobStore(self.clock)
        self.changes = Changes(self.jobs, self.clock, Policy())
        self.jobs.put_new(job)
        self.job = job
        self.seen: list[Job] = []

    @property
    def stored(self) -> Job:
        return self.jobs.jobs[self.job.id]

    def overtaken(self, times: int, decide: Callable[[Job, int], Job]) -> Callable[[Job, int], Job]:
        """The decision, during which somebody else changes the job."""

        def decided(job: Job, now: int) -> Job:
            self.seen.append(job)
            if len(self.seen) <= times:
                self.jobs.replace(replace(self.stored, look_ups=self.stored.look_ups + 1), self.stored)
            return decide(job, now)

        return decided


@pytest.fixture
def table() -> Table:
    return Table(a_job(Status.RUNNING, tasks=(Task("a", 0, state=TaskState.ACCEPTED),), outputs=(Output(0),)))


def charged(job: Job, _: int) -> Job:
    return replace(job, charged=5)


def test_decision_that_changes_nothing_writes_nothing(table: Table) -> None:
    table.jobs.changes.clear()

    assert table.changes.apply(table.job, lambda job, _: replace(job)) is table.job
    assert not table.jobs.changes


def test_decision_is_stored_with_its_time_and_a_new_version(table: Table) -> None:
    table.clock.advance(seconds=7)

    job = table.changes.apply(table.job, charged)

    assert job == table.stored == replace(table.job, charged=5, updated_at=table.clock.now(), version=1)


def test_stale_decision_is_made_again_about_the_newer_job(table: Table) -> None:
    job = table.changes.apply(table.job, table.overtaken(2, charged))

    assert [seen.look_ups for seen in table.seen] == [0, 1, 2]
    assert job == table.stored
    assert (job.look_ups, job.charged, job.version) == (2, 5, 3)


def test_newer_job_that_needs_no_change_any_more_is_left_as_it_is(table: Table) -> None:
    def once(job: Job, now: int) -> Job:
        return job if job.look_ups else charged(job, now)

    job = table.changes.apply(table.job, table.overtaken(1, once))

    assert job == table.stored
    assert (job.charged, job.version) == (None, 1)


def test_decision_may_refuse_the_newer_job(table: Table) -> None:
    def only_once(job: Job, now: int) -> Job:
        if job.look_ups:
            raise WrongState("decided by somebody else")
        return charged(job, now)

    with pytest.raises(WrongState):
        table.changes.apply(table.job, table.overtaken(1, only_once))
    assert table.stored.charged is None


def test_gives_up_when_others_keep_being_first(table: Table) -> None:
    with pytest.raises(Unavailable):
        table.changes.apply(table.job, table.overtaken(100, charged))

    assert len(table.seen) == 5
    assert table.stored.charged is None


def test_fifth_try_still_counts(table: Table) -> None:
    assert table.changes.apply(table.job, table.overtaken(4, charged)).charged == 5


def test_refusal_that_does_not_tell_the_newer_job_makes_it_read_it() -> None:
    class SilentStore(FakeJobStore):
        @override
        def replace(self, job: Job, seen: Job) -> Job:
            try:
                return super().replace(job, seen)
            except StaleJob:
                raise StaleJob from None

    table = Table(a_job(Status.RUNNING))
    silent = SilentStore(table.clock)
    silent.put_new(replace(table.job, version=3))
    changes = Changes(silent, table.clock, Policy())

    assert changes.apply(table.job, charged).version == 4


def test_job_that_is_gone_and_a_table_that_is_away_are_unavailable(table: Table) -> None:
    table.jobs.trouble.fail_next(1, method="replace")
    with pytest.raises(Unavailable):
        table.changes.apply(table.job, charged)

    table.jobs.jobs.clear()
    with pytest.raises(Unavailable):
        table.changes.apply(table.job, charged)
    with pytest.raises(Unavailable):
        table.changes.existing(table.job.id)


def test_new_status_has_a_new_due_time_and_the_same_status_keeps_it(table: Table) -> None:
    assert table.changes.apply(table.job, charged).due_at == table.job.due_at

    stored = table.changes.apply(table.stored, lambda job, now: move(job, Event.REPORTED, now))

    assert stored.due_at == table.clock.now() + Policy().upload_grace


def test_file_that_is_newly_waited_for_brings_the_due_time_forward() -> None:
    made = (Task("a", 0, state=TaskState.ACCEPTED), Task("b", 1, state=TaskState.ACCEPTED))
    running = a_job(Status.RUNNING, count=2, tasks=made, outputs=(Output(0), Output(1)), accepted_at=NOW)
    table = Table(replace(running, usual_seconds=1_800))
    job = table.changes.apply(
        table.job, lambda seen, _: replace(seen, due_at=table.clock.now() + 60 * MINUTE)
    )

    def reported(seen: Job, _: int) -> Job:
        return replace(seen, tasks=(replace(made[0], state=TaskState.REPORTED), made[1]))

    assert table.changes.apply(job, reported).due_at == table.clock.now() + Policy().upload_grace
