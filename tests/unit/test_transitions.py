"""The table of transitions beside a drawing of it, and how far a job goes by itself."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from framehook import tasks
from framehook.errors import Failure
from framehook.jobs import (
    TIMELINE_LIMIT,
    Cancel,
    Job,
    Kind,
    Output,
    OutputState,
    Status,
    Task,
    TaskState,
    TimelineEntry,
)
from framehook.transitions import Event, ForbiddenTransition, may, move, settle

NOW = 1_700_000_000_000
FAILURE = Failure("provider_failed", "no luck", "timeoutProvider")

LEADS_TO = {
    Event.CALLED: Status.SUBMITTING,
    Event.ACCEPTED: Status.RUNNING,
    Event.REPORTED: Status.STORING,
    Event.LANDED: Status.SUCCEEDED,
    Event.REFUSED_FOR_NOW: Status.QUEUED,
    Event.RESENT: Status.QUEUED,
    Event.UNPROVEN: Status.PARKED,
    Event.REFUSED: Status.FAILED,
    Event.PROVIDER_FAILED: Status.FAILED,
    Event.OUTPUT_LOST: Status.FAILED,
    Event.EXPIRED: Status.FAILED,
    Event.ABANDONED: Status.FAILED,
    Event.CANCELLED: Status.CANCELLED,
}
LEAVES_BY = {
    Status.QUEUED: "called accepted reported refused provider_failed unproven expired cancelled",
    Status.SUBMITTING: "accepted reported refused_for_now provider_failed unproven cancelled",
    Status.PARKED: "accepted reported provider_failed resent abandoned expired cancelled",
    Status.RUNNING: "reported provider_failed unproven cancelled",
    Status.STORING: "landed output_lost unproven",
    Status.SUCCEEDED: "",
    Status.FAILED: "",
    Status.CANCELLED: "",
}
LINES = [(status, Event(name)) for status, names in LEAVES_BY.items() for name in names.split()]
OTHERS = [pair for pair in product(Status, Event) if pair not in LINES]
RANK = {status: rank for rank, status in enumerate(LEAVES_BY)} | {
    Status.SUCCEEDED: 6,
    Status.CANCELLED: 6,
}


def a_job(status: Status, **changed: Any) -> Job:
    job = Job(
        id="0c9d6d6c-44c5-4a5b-8a33-1f5a2f6d9a01",
        owner="ada",
        model="sora-2-pro",
        provider="runware",
        offering="openai:3@2",
        kind=Kind.VIDEO,
        status=status,
        created_at=NOW - 60_000,
        updated_at=NOW - 60_000,
        due_at=None if status.terminal else NOW + 60_000,
        lease_until=NOW + 125_000 if status is Status.SUBMITTING else None,
        timeline=(TimelineEntry(status, NOW - 60_000),),
    )
    return replace(job, **changed)


@pytest.mark.parametrize(("status", "event"), LINES)
def test_line_of_the_table_leads_where_it_says(status: Status, event: Event) -> None:
    job = move(a_job(status, error=FAILURE), event, NOW)

    assert may(a_job(status), event)
    assert (job.status, job.updated_at, job.error) == (LEADS_TO[event], NOW, None)
    assert job.timeline[-1] == TimelineEntry(LEADS_TO[event], NOW)


@pytest.mark.parametrize(("status", "event"), OTHERS)
def test_any_other_pair_is_forbidden(status: Status, event: Event) -> None:
    assert not may(a_job(status), event)
    with pytest.raises(ForbiddenTransition, match=f"{status} does not allow {event}"):
        move(a_job(status), event, NOW)


@pytest.mark.parametrize(("status", "event"), LINES)
def test_status_never_decreases_within_an_attempt_except_on_proof_or_into_doubt(
    status: Status, event: Event
) -> None:
    """A person's `resend` begins another attempt."""
    falls = RANK[move(a_job(status), event, NOW).status] <= RANK[status]
    refused_or_resent = event in (Event.REFUSED_FOR_NOW, Event.RESENT)

    into_doubt = status in (Status.RUNNING, Status.STORING) and event is Event.UNPROVEN
    assert falls == (refused_or_resent or into_doubt)


@pytest.mark.parametrize(("status", "event"), [line for line in LINES if LEADS_TO[line[1]].terminal])
def test_end_keeps_its_time_and_reason_and_nothing_that_only_an_open_job_needs(
    status: Status, event: Event
) -> None:
    job = move(a_job(status), event, NOW, FAILURE)

    assert (job.finished_at, job.due_at, job.lease_until) == (NOW, None, None)
    assert job.error == FAILURE
    assert job.timeline[-1].reason == "provider_failed"


def test_lease_ends_with_the_call_and_the_first_acceptance_counts() -> None:
    running = move(a_job(Status.SUBMITTING), Event.ACCEPTED, NOW)
    storing = move(running, Event.REPORTED, NOW + 5)

    assert (running.lease_until, running.finished_at) == (None, None)
    assert storing.accepted_at == running.accepted_at == NOW
    assert move(a_job(Status.SUBMITTING), Event.REPORTED, NOW).accepted_at == NOW


def test_timeline_is_bounded_and_keeps_the_first_entry_and_the_latest() -> None:
    job = a_job(Status.QUEUED)
    for at in range(1, 101):
        job = move(job, Event.CALLED if at % 2 else Event.REFUSED_FOR_NOW, NOW + at)

    assert job.timeline[0] == TimelineEntry(Status.QUEUED, NOW - 60_000)
    assert [entry.at - NOW for entry in job.timeline[1:]] == list(range(102 - TIMELINE_LIMIT, 101))


tasks_that_count = st.sampled_from([state for state in TaskState if state.counts])
tasks_of_earlier_attempts = st.lists(st.sampled_from([TaskState.SUPERSEDED, TaskState.SPARE]), max_size=2)
costs = st.none() | st.integers(1, 10**7)


@st.composite
def jobs(draw: st.DrawFn) -> Job:
    """Any job whose every slot has one task that counts, whether or not its status fits its tasks."""
    count = draw(st.integers(1, 3))
    made: list[Task] = []
    outputs: list[Output] = []
    for slot in range(count):
        states = [*draw(tasks_of_earlier_attempts), draw(tasks_that_count)]
        for attempt, state in enumerate(states, start=1):
            failure = FAILURE if state is TaskState.FAILED else None
            made.append(Task(f"{slot}.{attempt}", slot, attempt, state, failure, draw(costs)))
        for index in range(slot, draw(st.integers(1, 2)) * count, count):
            place = draw(st.sampled_from(OutputState))
            lost = FAILURE if place is OutputState.LOST else None
            outputs.append(Output(index, len(states), place, lost))
    return a_job(
        draw(st.sampled_from(Status)),
        count=count,
        tasks=tuple(made),
        outputs=tuple(outputs),
        charged=tasks.charged(made),
        cancel=draw(st.none() | st.sampled_from(Cancel)),
    )


@settings(max_examples=400, deadline=None)
@given(jobs())
def test_settling_twice_is_settling_once_and_never_goes_back(job: Job) -> None:
    settled = settle(job, NOW)

    assert settle(settled, NOW) == settled
    assert settle(settled, NOW + 1) == settled
    assert RANK[settled.status] >= RANK[job.status] or settled.status is Status.PARKED


@settings(deadline=None)
@given(jobs())
def test_settling_leaves_a_finished_job_alone(job: Job) -> None:
    for status in (Status.SUCCEEDED, Status.FAILED, Status.CANCELLED):
        ended = replace(job, status=status, due_at=None)
        assert settle(ended, NOW) is ended


@settings(max_examples=400, deadline=None)
@given(jobs())
def test_settled_job_has_ended_exactly_when_nothing_is_open_any_more(job: Job) -> None:
    settled = settle(job, NOW)
    states = {task.state for task in tasks.counting(settled)}
    paid = TaskState.REPORTED in states
    assume(not job.status.terminal and (paid or job.status is not Status.STORING))

    places = {output.state for output in settled.outputs}
    waits = paid and bool(places & {OutputState.AWAITED, OutputState.TO_FETCH})
    is_open = bool(states - {TaskState.REPORTED, TaskState.FAILED})
    whole = states == {TaskState.REPORTED} and places == {OutputState.LANDED}

    assert settled.status.terminal == (not is_open and not waits)
    assert (settled.status is Status.SUCCEEDED) == whole
    assert (whole or settled.status is Status.CANCELLED) == (
        settled.error is None
    ) or not settled.status.terminal
    assert settled.status is not Status.CANCELLED or (job.cancel is not None and not paid)


@pytest.mark.parametrize(
    ("landed", "code"), [(OutputState.LANDED, "partial_failure"), (OutputState.LOST, "provider_failed")]
)
def test_what_landed_of_a_failed_job_makes_it_a_partial_failure(landed: OutputState, code: str) -> None:
    lost = FAILURE if landed is OutputState.LOST else None
    job = a_job(
        Status.RUNNING,
        count=2,
        tasks=(
            Task("a", 0, state=TaskState.REPORTED),
            Task("b", 1, state=TaskState.FAILED, failure=FAILURE),
        ),
        outputs=(Output(0, state=landed, failure=lost), Output(1, state=OutputState.LOST, failure=FAILURE)),
    )

    settled = settle(job, NOW)

    assert settled.error is not None
    assert (settled.status, settled.error.code) == (Status.FAILED, code)
    assert settled.error.provider_code == "timeoutProvider"
    assert [entry.status for entry in settled.timeline[1:]] == [Status.STORING, Status.FAILED]


@pytest.mark.parametrize(
    ("status", "after"), [(Status.SUBMITTING, Status.SUBMITTING), (Status.PARKED, Status.STORING)]
)
def test_spare_takes_the_place_of_an_unknown_task_only_when_nothing_else_would_tell(
    status: Status, after: Status
) -> None:
    made = (Task("a", 0, 1, TaskState.SPARE), Task("b", 0, 2, TaskState.UNKNOWN))
    assert settle(a_job(status, attempt=2, tasks=made, outputs=(Output(0, 2),)), NOW).status is after


@pytest.mark.parametrize("status", [Status.QUEUED, Status.SUBMITTING, Status.RUNNING, Status.PARKED])
def test_failure_of_a_resend_leaves_the_first_send_in_doubt(status: Status) -> None:
    made = (Task("a", 0, 1, TaskState.SUPERSEDED), Task("b", 0, 2, TaskState.FAILED, FAILURE))
    job = a_job(status, attempt=2, tasks=made, outputs=(Output(0, 2, OutputState.LOST, FAILURE),))

    job = settle(job, NOW)

    assert (job.status, job.outputs) == (Status.PARKED, (Output(0, 1),))
    assert [task.state for task in job.tasks] == [TaskState.UNKNOWN, TaskState.SUPERSEDED]


def test_spare_is_delivered_when_the_task_in_its_place_fails() -> None:
    spare = Task("a", 0, 1, TaskState.SPARE, cost=5)
    again = Task("b", 0, 2, TaskState.FAILED, FAILURE)
    lost = Output(0, 2, OutputState.LOST, FAILURE)

    job = settle(a_job(Status.RUNNING, attempt=2, tasks=(spare, again), outputs=(lost,)), NOW)

    assert (job.status, job.charged, job.outputs) == (Status.STORING, 5, (Output(0, 1),))
    assert [task.state for task in job.tasks] == [TaskState.REPORTED, TaskState.SUPERSEDED]
