"""What the answer to one send proves, and of which tasks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framehook.due_times import Policy
from framehook.errors import Failure
from framehook.jobs import Job, Output, OutputState, Status, Task, TaskState
from framehook.providers.contract import Accepted, Refused, RefusedForNow, Unknown, Verdict
from framehook.verdicts import Call
from tests.unit.test_transitions import NOW, a_job

POLICY = Policy()
BUSY = RefusedForNow(Failure("provider_busy", "later"))
INVALID = Refused(Failure("invalid_request", "never"))
LOST = Unknown("timed out")
OLDER, LATEST = b"older", b"latest"


def sent(*states: TaskState, status: Status = Status.SUBMITTING) -> Job:
    """A job whose tasks `0`, `1`, … have been sent, for the second time."""
    return a_job(
        status,
        count=len(states),
        tasks=tuple(Task(str(slot), slot, state=state) for slot, state in enumerate(states)),
        outputs=tuple(Output(slot) for slot in range(len(states))),
        token_hashes=(OLDER, LATEST),
        first_sent_at=NOW - 60_000,
    )


def concluded(job: Job, *verdicts: Verdict, before: str = "", token: bytes = LATEST) -> Job:
    """The job after a send with these verdicts on its tasks `0`, `1`, …; `before`: those sent earlier."""
    answers = {str(number): verdict for number, verdict in enumerate(verdicts)}
    return Call(job.tasks, answers, frozenset(before), token).concluded(job, NOW, POLICY, 0.5)


@pytest.mark.parametrize("refusal", [BUSY, INVALID])
@pytest.mark.parametrize(("before", "token"), [("0", LATEST), ("", OLDER), ("0", OLDER)])
def test_refusal_of_one_send_proves_nothing_of_another(refusal: Verdict, before: str, token: bytes) -> None:
    job = concluded(sent(TaskState.UNKNOWN), refusal, before=before, token=token)

    assert (job.status, job.tasks[0].state) == (Status.SUBMITTING, TaskState.UNKNOWN)


@pytest.mark.parametrize(("before", "token"), [("", LATEST), ("0", LATEST), ("0", OLDER)])
def test_acceptance_is_proof_whichever_send_it_answers(before: str, token: bytes) -> None:
    job = concluded(sent(TaskState.UNKNOWN), Accepted("provider-7"), before=before, token=token)

    assert (job.status, job.accepted_at, job.lease_until) == (Status.RUNNING, NOW, None)
    assert job.tasks == (Task("provider-7", 0, state=TaskState.ACCEPTED),)


def test_only_send_refused_for_good_ends_the_job() -> None:
    job = concluded(sent(TaskState.UNKNOWN), INVALID)

    assert (job.status, job.error, job.due_at) == (Status.FAILED, INVALID.failure, None)


def test_only_send_refused_for_now_queues_the_same_attempt_again() -> None:
    job = concluded(replace(sent(TaskState.UNKNOWN), refusals=2), BUSY)

    assert (job.status, job.attempt, job.tasks[0].state) == (Status.QUEUED, 1, TaskState.PLANNED)
    assert (job.refusals, job.first_sent_at, job.lease_until) == (3, None, None)
    assert job.not_before == NOW + 15_000  # 5 s, 10 s, 20 s, of which the upper half is by chance
    assert job.timeline[-1].reason == "provider_busy"


def test_longest_retry_after_is_respected() -> None:
    patient = replace(BUSY, retry_after=90.5)

    job = concluded(sent(TaskState.UNKNOWN, TaskState.UNKNOWN), BUSY, patient)

    assert job.not_before == NOW + 90_500


@pytest.mark.parametrize(
    ("verdicts", "status", "states"),
    [
        ((Accepted("0"), BUSY), Status.SUBMITTING, [TaskState.ACCEPTED, TaskState.PLANNED]),
        ((Accepted("0"), INVALID), Status.RUNNING, [TaskState.ACCEPTED, TaskState.FAILED]),
        ((Accepted("0"), LOST), Status.SUBMITTING, [TaskState.ACCEPTED, TaskState.UNKNOWN]),
        ((BUSY, LOST), Status.SUBMITTING, [TaskState.PLANNED, TaskState.UNKNOWN]),
        ((BUSY, INVALID), Status.SUBMITTING, [TaskState.PLANNED, TaskState.FAILED]),
        ((INVALID, INVALID), Status.FAILED, [TaskState.FAILED, TaskState.FAILED]),
        ((BUSY,), Status.SUBMITTING, [TaskState.PLANNED, TaskState.UNKNOWN]),
    ],
)
def test_mixed_answer_decides_about_each_task(
    verdicts: tuple[Verdict, ...], status: Status, states: list[TaskState]
) -> None:
    job = concluded(sent(TaskState.UNKNOWN, TaskState.UNKNOWN), *verdicts)

    assert job.status is status
    assert [task.state for task in job.tasks] == states


def test_job_whose_outcome_stays_open_is_looked_at_after_a_pause() -> None:
    job = concluded(sent(TaskState.UNKNOWN), LOST)

    assert job.lease_until == job.due_at == NOW + POLICY.resend_pause
    assert concluded(job, LOST) == job


def test_what_a_webhook_has_told_meanwhile_is_not_undone() -> None:
    known = sent(TaskState.REPORTED, TaskState.UNKNOWN)
    landed = replace(known, outputs=(Output(0, state=OutputState.LANDED), Output(1)))

    job = concluded(landed, BUSY, INVALID)

    assert [task.state for task in job.tasks] == [TaskState.REPORTED, TaskState.FAILED]
    assert job.error is not None
    assert (job.status, job.error.code) == (Status.FAILED, "partial_failure")


@pytest.mark.parametrize("status", [Status.SUCCEEDED, Status.FAILED])
@pytest.mark.parametrize("verdict", [Accepted("0"), BUSY, INVALID])
def test_finished_job_is_left_alone(status: Status, verdict: Verdict) -> None:
    job = sent(TaskState.UNKNOWN, status=status)
    assert concluded(job, verdict) is job


def test_late_acceptance_brings_a_parked_job_back() -> None:
    job = concluded(sent(TaskState.UNKNOWN, status=Status.PARKED), Accepted("provider-7"))
    assert (job.status, job.error) == (Status.RUNNING, None)


def test_acceptance_after_a_resend_takes_the_place_of_what_was_not_sent_yet() -> None:
    made = (Task("0", 0, 1, TaskState.SUPERSEDED), Task("again", 0, 2))
    job = replace(sent(TaskState.UNKNOWN, status=Status.QUEUED), tasks=made, attempt=2)

    after = concluded(job, Accepted("0"), token=OLDER)

    assert (after.status, after.tasks) == (Status.RUNNING, (Task("0", 0, 1, TaskState.ACCEPTED),))
    under_way = replace(
        job, tasks=(made[0], replace(made[1], state=TaskState.ACCEPTED)), status=Status.RUNNING
    )
    assert concluded(under_way, Accepted("0"), token=OLDER) == under_way


verdicts_of_any_kind = st.sampled_from([Accepted("7"), BUSY, INVALID, LOST])


@settings(deadline=None)
@given(
    states=st.lists(st.sampled_from([state for state in TaskState if state.counts]), min_size=1, max_size=3),
    status=st.sampled_from(Status),
    verdicts=st.lists(verdicts_of_any_kind, max_size=3),
    before=st.sets(st.sampled_from("012")),
    token=st.sampled_from([OLDER, LATEST]),
)
def test_unknown_task_is_taken_for_unpaid_only_on_proof(
    states: list[TaskState], status: Status, verdicts: list[Verdict], before: set[str], token: bytes
) -> None:
    job = sent(TaskState.UNKNOWN, *states, status=status)

    after = concluded(job, *verdicts, before="".join(before), token=token)

    for task, known in zip(job.tasks, after.tasks, strict=True):
        if task.state is TaskState.UNKNOWN and known.state in (TaskState.PLANNED, TaskState.FAILED):
            assert token == LATEST
            assert task.id not in before
            assert verdicts[task.slot] in (BUSY, INVALID)
