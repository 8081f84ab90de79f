"""POST /v1/jobs/{id}/cancel: what is stopped, what is not, and that the caller is told which."""

from __future__ import annotations

from dataclasses import replace

import pytest

from framehook.jobs import Cancel, Output, OutputState, Status, Task, TaskState
from tests.sample_events import JOB_ID, TASK_ID
from tests.unit.edges import Answer, Api, landed_job, parked_job, sample_job, stored

PATH = f"/v1/jobs/{JOB_ID}/cancel"


@pytest.fixture
def api() -> Api:
    return Api()


def outcome(answer: Answer) -> tuple[int, str, object]:
    return answer.status, answer.body["status"], answer.body["cancellation"]


@pytest.mark.parametrize("body", [None, "", " \n", {}, "{ }", b"{}"])
def test_cancel_queued_job_is_cancelled_at_once(api: Api, body: object) -> None:
    api.stack.accept(job_id=JOB_ID)
    answer = api.post(PATH, body)
    assert (answer.status, answer.body["status"]) == (200, "cancelled")
    assert answer.body["cancel_requested"] is True
    assert "nothing was sent" in answer.body["message"]
    assert api.stack.runware.requests == []


def test_cancel_again_answers_the_same(api: Api) -> None:
    api.stack.accept(job_id=JOB_ID)
    assert api.post(PATH).body == api.post(PATH).body


def test_cancel_running_job_of_a_provider_that_can_not_says_that_it_runs_on(api: Api) -> None:
    sample_job(api.stack)
    answer = api.post(PATH)
    assert outcome(answer) == (202, "running", "impossible")
    assert "it runs on" in answer.body["message"]
    assert "charged" in answer.body["message"]


@pytest.mark.parametrize(
    ("cancel", "words"), [(Cancel.REQUESTED, "is asked to stop"), (Cancel.ASKED, "was asked to stop")]
)
def test_cancel_running_job_of_a_provider_that_can_tells_what_it_was_asked(
    api: Api, cancel: Cancel, words: str
) -> None:
    sample_job(api.stack, cancel=cancel)
    answer = api.post(PATH)
    assert outcome(answer) == (202, "running", cancel)
    assert words in answer.body["message"]
    assert "delivered" in answer.body["message"]


@pytest.mark.parametrize("cancel", [None, Cancel.REQUESTED])
def test_cancel_parked_job_tells_that_nobody_knows_and_of_abandon(api: Api, cancel: Cancel | None) -> None:
    stored(api.stack, replace(parked_job(api.stack), cancel=cancel))
    answer = api.post(PATH)
    assert (answer.status, answer.body["status"]) == (202, "parked")
    assert "Nobody knows" in answer.body["message"]
    assert "abandon" in answer.body["message"]


def test_cancel_job_that_is_being_sent_tells_so(api: Api) -> None:
    unknown = (Task(TASK_ID, 0, state=TaskState.UNKNOWN),)
    sample_job(api.stack, status=Status.SUBMITTING, tasks=unknown, accepted_at=None, cancel=Cancel.REQUESTED)
    answer = api.post(PATH)
    assert outcome(answer) == (202, "submitting", "requested")
    assert "being sent" in answer.body["message"]


def test_cancel_job_with_results_tells_that_they_are_there(api: Api) -> None:
    reported = (Task(TASK_ID, 0, state=TaskState.REPORTED),)
    waiting = (Output(0, state=OutputState.TO_FETCH),)
    sample_job(api.stack, status=Status.STORING, tasks=reported, outputs=waiting)
    answer = api.post(PATH)
    assert outcome(answer) == (202, "storing", "impossible")
    assert "there already" in answer.body["message"]


def test_cancel_ended_job_is_409(api: Api) -> None:
    landed_job(api.stack)
    answer = api.post(PATH)
    assert (answer.status, answer.code) == (409, "wrong_state")
    assert api.stack.job(JOB_ID).cancel is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"force": True}, "invalid_request"),
        ({f"f{number}": 1 for number in range(100)}, "invalid_request"),
        ('{"\\ud800": 1}', "invalid_request"),
        ("[]", "unreadable_request"),
        ("null", "unreadable_request"),
        ('"now"', "unreadable_request"),
        ("{", "unreadable_request"),
        (b"\xff", "unreadable_request"),
    ],
)
def test_cancel_with_anything_in_the_body_is_400_and_stops_nothing(api: Api, body: object, code: str) -> None:
    api.stack.accept(job_id=JOB_ID)
    answer = api.post(PATH, body)
    assert (answer.status, answer.code) == (400, code)
    assert len(answer.body.get("errors", [])) <= 20
    assert api.stack.job(JOB_ID).status is Status.QUEUED


def test_cancelled_job_is_listed_by_its_status(api: Api) -> None:
    api.stack.accept(job_id=JOB_ID)
    api.stack.accept()
    api.post(PATH)
    page = api.get("/v1/jobs", {"status": "cancelled"}).body
    assert [job["id"] for job in page["jobs"]] == [JOB_ID]
