"""When an open job is next looked at, and when its due time is worth moving."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framehook.claims import Claim
from framehook.due_times import (
    LATE_PAUSE,
    MINUTE,
    SECOND,
    Policy,
    first_due,
    has_look_ups_to_spare,
    next_bringing_in,
    next_look_up,
    pause_after_look_up,
    refusal_back_off,
    rescheduled,
)
from framehook.jobs import Cancel, Job, Output, OutputState, Status, Task, TaskState
from tests.unit.test_transitions import NOW, a_job, jobs

POLICY = Policy()
HOUR = 60 * MINUTE


def running(usual_seconds: int = 60, look_ups: int = 0) -> Job:
    return a_job(Status.RUNNING, accepted_at=NOW, usual_seconds=usual_seconds, look_ups=look_ups)


def half_done(waiting: OutputState) -> Job:
    made = (Task("a", 0, state=TaskState.REPORTED), Task("b", 1, state=TaskState.ACCEPTED))
    return replace(running(600), count=2, tasks=made, outputs=(Output(0, state=waiting), Output(1)))


def test_look_ups_of_a_job_that_was_parked_before_its_second_send_grow_apart() -> None:
    parked = a_job(Status.PARKED, queued_at=NOW, look_up_growth=20, usual_seconds=180)

    assert pause_after_look_up(parked, NOW + 20 * HOUR, POLICY) == HOUR


def test_cancel_is_passed_on_soon_although_a_file_is_waited_for_as_well() -> None:
    job = replace(half_done(OutputState.TO_FETCH), cancel=Cancel.REQUESTED, due_at=NOW)

    assert (Claim(NOW, POLICY, can_ask=True).on(job).due_at or 0) <= NOW + 15 * SECOND


def test_look_ups_back_off_to_an_hour_apart() -> None:
    minutes = [(next_look_up(running(60, number), POLICY) - NOW) // MINUTE for number in range(8)]

    assert minutes == [4, 8, 16, 32, 64, 124, 184, 244]


@given(usual=st.integers(0, 1_800), look_ups=st.integers(0, POLICY.most_look_ups - 5))
def test_next_look_up_is_always_later_and_at_most_an_hour(usual: int, look_ups: int) -> None:
    this, following = (next_look_up(running(usual, number), POLICY) for number in (look_ups, look_ups + 1))

    assert NOW + usual * SECOND < this < following <= this + HOUR


def test_look_ups_count_from_the_acceptance_or_what_is_known_of_it() -> None:
    eager = Policy(first_look_up=2 * SECOND)

    assert next_look_up(replace(running(), accepted_at=NOW + 7), eager) == NOW + 7 + 2 * SECOND
    assert next_look_up(a_job(Status.PARKED, first_sent_at=NOW - 5), eager) == NOW - 5 + 2 * SECOND
    assert next_look_up(a_job(Status.PARKED, queued_at=NOW - 7), eager) == NOW - 7 + 2 * SECOND


@given(usual=st.integers(0, 3_600), delay=st.integers(0, 15_000))
def test_first_due_time_serves_as_that_of_the_first_look_up(usual: int, delay: int) -> None:
    due = first_due(a_job(Status.QUEUED, created_at=NOW, usual_seconds=usual), POLICY)
    accepted = replace(running(usual), accepted_at=NOW + delay, due_at=due)

    assert NOW + POLICY.queue_patience <= due <= NOW + 5 * MINUTE
    if usual <= 120:
        assert rescheduled(accepted, NOW + delay, POLICY).due_at == due


@pytest.mark.parametrize(
    ("job", "wanted"),
    [
        (a_job(Status.QUEUED), NOW + POLICY.queue_patience),
        (a_job(Status.QUEUED, not_before=NOW + 7_000), NOW + 7_000),
        (a_job(Status.QUEUED, not_before=NOW - 7_000), NOW + POLICY.queue_patience),
        (a_job(Status.SUBMITTING), NOW + 125_000),
        (a_job(Status.SUBMITTING, lease_until=None), NOW),
        (running(60), NOW + 4 * MINUTE),
        (replace(running(60), accepted_at=NOW - HOUR), NOW),
        (half_done(OutputState.AWAITED), NOW + POLICY.upload_grace),
        (half_done(OutputState.TO_FETCH), NOW + POLICY.upload_grace),
        (half_done(OutputState.LANDED), NOW + 20 * MINUTE),
        (a_job(Status.STORING), NOW + POLICY.upload_grace),
        (a_job(Status.PARKED, first_sent_at=NOW - MINUTE), NOW + 3 * MINUTE),
        (a_job(Status.PARKED, first_sent_at=NOW - HOUR), NOW + MINUTE),
        (a_job(Status.PARKED, first_sent_at=NOW - 24 * HOUR), NOW + POLICY.parked_for),
        (a_job(Status.SUCCEEDED), None),
        (a_job(Status.FAILED), None),
    ],
)
def test_every_status_has_its_due_time(job: Job, wanted: int | None) -> None:
    assert rescheduled(replace(job, due_at=None), NOW, POLICY).due_at == wanted
    assert rescheduled(replace(job, due_at=1), NOW, POLICY).due_at == wanted


@pytest.mark.parametrize(
    ("seconds", "kept"), [(-5, False), (104, False), (105, True), (120, True), (180, True), (181, False)]
)
def test_good_due_time_is_kept_and_a_bad_one_moved(seconds: int, kept: bool) -> None:
    """120 s are wanted here: 15 too early or 60 too late is good enough."""
    due_at = NOW + seconds * SECOND

    job = rescheduled(a_job(Status.QUEUED, due_at=due_at), NOW, POLICY)

    assert job.due_at == (due_at if kept else NOW + 120 * SECOND)


def test_slack_says_how_late_is_too_late() -> None:
    job = a_job(Status.QUEUED, due_at=NOW + 5 * MINUTE)

    assert rescheduled(job, NOW, POLICY, slack=3 * MINUTE) == job
    assert rescheduled(job, NOW, POLICY, slack=3 * MINUTE - 1).due_at == NOW + 2 * MINUTE


@settings(deadline=None)
@given(jobs(), st.none() | st.integers(NOW - HOUR, NOW + 8 * 24 * HOUR))
def test_rescheduling_moves_only_the_due_time_and_only_once(job: Job, due_at: int | None) -> None:
    job = replace(job, due_at=due_at)

    moved = rescheduled(job, NOW, POLICY)

    assert replace(moved, due_at=due_at) == job
    assert rescheduled(moved, NOW, POLICY) == moved
    assert (moved.due_at is None) == job.status.terminal


def test_only_files_of_finished_tasks_are_looked_for() -> None:
    unreported = a_job(Status.RUNNING, tasks=(Task("a", 0, state=TaskState.ACCEPTED),), outputs=(Output(0),))

    assert next_bringing_in(unreported, NOW, POLICY) is None
    assert next_bringing_in(half_done(OutputState.LOST), NOW, POLICY) is None
    assert next_bringing_in(half_done(OutputState.AWAITED), NOW, POLICY) == NOW + POLICY.upload_grace


def test_refusals_back_off_from_seconds_to_minutes() -> None:
    assert [refusal_back_off(number, 1) // SECOND for number in range(8)] == [
        5,
        10,
        20,
        40,
        80,
        160,
        300,
        300,
    ]


@given(refusals=st.integers(0, 10_000), fraction=st.floats(0, 1))
def test_chance_is_in_the_upper_half_of_a_back_off(refusals: int, fraction: float) -> None:
    longest = refusal_back_off(refusals, 1)

    assert longest // 2 <= refusal_back_off(refusals, fraction) <= longest <= 5 * MINUTE


def polled(look_ups: int = 0, growth: int = 20, usual_seconds: int = 180) -> Job:
    return replace(running(usual_seconds, look_ups), look_up_growth=growth)


def test_look_ups_of_a_provider_that_never_calls_start_at_the_usual_run_time_and_grow() -> None:
    seconds = [(next_look_up(polled(number), POLICY) - NOW) // SECOND for number in range(10)]

    assert seconds == [180, 216, 259, 311, 373, 447, 537, 644, 773, 928]


@given(
    usual=st.integers(0, 3_600),
    growth=st.integers(10, 100),
    look_ups=st.integers(0, POLICY.most_look_ups - 5),
)
def test_grown_look_ups_are_later_each_time_and_at_most_an_hour_apart(
    usual: int, growth: int, look_ups: int
) -> None:
    this, following = (
        next_look_up(polled(number, growth, usual), POLICY) for number in (look_ups, look_ups + 1)
    )

    assert NOW + SECOND <= NOW + max(usual, 1) * SECOND <= this < following <= this + HOUR


def test_pause_after_a_late_look_up_makes_up_for_none_that_was_missed() -> None:
    """An outage of an hour, then a look-up: the next is a fifth of that hour later, not the many that were due."""
    late = NOW + HOUR

    assert pause_after_look_up(polled(1), late, POLICY) == HOUR // 5
    assert pause_after_look_up(polled(1), NOW + 20 * HOUR, POLICY) == HOUR
    assert pause_after_look_up(polled(1), NOW + SECOND, POLICY) == 36 * SECOND
    assert pause_after_look_up(running(), NOW + 10 * MINUTE, POLICY) == 10 * MINUTE
    assert pause_after_look_up(running(), NOW + 20 * HOUR, POLICY) == HOUR


def test_parked_job_is_asked_about_once_a_day_when_it_is_old() -> None:
    parked = a_job(Status.PARKED, accepted_at=NOW)

    assert pause_after_look_up(parked, NOW + 23 * HOUR, POLICY) == HOUR
    assert pause_after_look_up(parked, NOW + 24 * HOUR, POLICY) == 24 * HOUR


def test_first_poll_can_be_set_for_all_models_and_the_rest_keeps_in_step() -> None:
    policy = Policy(first_poll=60 * SECOND)

    assert [next_look_up(polled(number), policy) - NOW for number in range(3)] == [60_000, 72_000, 86_400]
    assert next_look_up(running(60), policy) == next_look_up(running(60), POLICY)


@pytest.mark.parametrize("job", [running(), polled()])
@pytest.mark.parametrize("left", [3, 2, 1, 0])
def test_last_look_ups_are_kept_for_the_deadline(job: Job, left: int) -> None:
    last = replace(job, look_ups=POLICY.most_look_ups - left)

    assert not has_look_ups_to_spare(last, POLICY)
    assert has_look_ups_to_spare(replace(job, look_ups=POLICY.most_look_ups - 4), POLICY)
    assert next_look_up(last, POLICY) == NOW + POLICY.run_deadline + (3 - left) * LATE_PAUSE


def test_look_ups_are_seconds_apart_at_least() -> None:
    hasty = Policy(first_poll=SECOND)

    assert [next_look_up(polled(number), hasty) - NOW for number in range(3)] == [1_000, 11_000, 21_000]
    assert pause_after_look_up(polled(), NOW + SECOND, hasty) == 10 * SECOND


def test_late_look_up_costs_a_result_so_its_due_time_has_little_slack() -> None:
    assert rescheduled(replace(polled(), due_at=NOW + 202 * SECOND), NOW, POLICY).due_at == NOW + 202 * SECOND
    assert rescheduled(replace(polled(), due_at=NOW + 203 * SECOND), NOW, POLICY).due_at == NOW + 180 * SECOND
