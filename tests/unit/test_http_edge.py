"""What the HTTP API answers when all goes well; every answer here is also held against the description."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from typing import Any

import pytest

from framehook import intake
from framehook.errors import FieldProblem, InvalidRequest
from framehook.jobs import OutputState, Status
from tests.fakes.stack import BUCKET, OWNER
from tests.sample_events import API_KEY, JOB_ID, TASK_ID, rest_call, sample_event
from tests.unit.edges import (
    ASKED,
    DEFAULT_OWNER,
    OTHER_KEY,
    OTHER_OWNER,
    Api,
    landed_job,
    line_of,
    parked_job,
    sample_job,
)

HOST = "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/live"


@pytest.fixture
def api() -> Api:
    return Api()


def test_submit_new_job_is_202_with_its_location(api: Api) -> None:
    answer = api.submit()
    assert answer.status == 202
    assert answer.body["status"] == "queued"
    assert answer.body["owner"] == OWNER
    assert answer.body["input"] == ASKED["input"]
    assert answer.body["cost"]["quoted"] == "2.40"
    assert answer.headers["Location"] == f"{HOST}/v1/jobs/{answer.body['id']}"
    assert api.stack.queue.job_ids == [answer.body["id"]]


def test_submit_without_key_twice_makes_two_jobs(api: Api) -> None:
    assert api.submit().body["id"] != api.submit().body["id"]


def test_submit_same_key_and_request_replays_the_job_as_it_is_now(api: Api) -> None:
    first = api.submit(Idempotency_Key="order-17")
    api.stack.acknowledge()
    api.stack.submit(first.body["id"])
    second = api.submit(dict(reversed(list(ASKED.items()))), Idempotency_Key="order-17")
    assert (first.status, second.status) == (202, 200)
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.headers["Location"] == first.headers["Location"]
    assert (second.body["id"], second.body["status"]) == (first.body["id"], "running")
    assert "Idempotent-Replayed" not in first.headers


def test_submit_replay_works_whatever_the_catalogue_says_and_writes_nothing(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    native = {"taskType": "imageInference", "image": "data:image/png;base64,AAAA"}
    asked = {"model": "runware/acme:1@1", "input": native}
    first = api.submit(asked, Idempotency_Key="order-17")
    assert first.status == 202
    objects, changes = dict(api.stack.media.objects), list(api.stack.jobs.changes)

    def gone(*_asked: object) -> None:
        raise InvalidRequest(FieldProblem("model", "is not offered any more"))

    monkeypatch.setattr(intake, "plan", gone)
    api.stack.media.trouble.fail_next(method="put")
    second = api.submit(asked, Idempotency_Key="order-17")
    assert (second.status, second.body["id"]) == (200, first.body["id"])
    assert (api.stack.media.objects, api.stack.jobs.changes) == (objects, changes)
    assert api.submit(asked, Idempotency_Key="order-18").status == 400


def test_submit_same_key_while_queued_asks_for_submission_again(api: Api) -> None:
    api.stack.queue.trouble.fail_next()
    job_id = api.submit(Idempotency_Key="order-17").body["id"]
    assert api.stack.queue.job_ids == []
    api.submit(Idempotency_Key="order-17")
    assert api.stack.queue.job_ids == [job_id]


def test_submit_same_key_other_request_is_409_and_changes_nothing(api: Api) -> None:
    job_id = api.submit(Idempotency_Key="order-17").body["id"]
    before = api.stack.job(job_id)
    answer = api.submit({**ASKED, "metadata": {"order": "18"}}, Idempotency_Key="order-17")
    assert (answer.status, answer.code) == (409, "idempotency_conflict")
    assert api.stack.job(job_id) == before


@pytest.mark.parametrize(
    "inputs",
    [
        [{"image": f"data:image/png;base64,{data}"} for data in ("AAAA", "BBBB")],
        [{"taskType": "imageInference", "notes": [word * 2000] * 60} for word in ("a", "b")],
    ],
    ids=["data URI", "long input"],
)
def test_submit_same_key_other_request_leaves_the_stored_input_alone(api: Api, inputs: list[Any]) -> None:
    bodies = [
        {"model": "runware/acme:1@1", "input": {"taskType": "imageInference"} | each} for each in inputs
    ]
    assert api.submit(bodies[0], Idempotency_Key="order-17").status == 202
    before = dict(api.stack.media.objects)
    assert before
    assert api.submit(bodies[1], Idempotency_Key="order-17").status == 409
    assert before.items() <= api.stack.media.objects.items()


def test_submit_same_key_of_another_owner_is_another_job(api: Api) -> None:
    mine = api.submit(Idempotency_Key="order-17")
    theirs = api.send(
        rest_call("POST", "/v1/jobs", ASKED, headers={"x-api-key": OTHER_KEY, "Idempotency-Key": "order-17"})
    )
    assert theirs.status == 202
    assert (theirs.body["owner"], theirs.body["id"] != mine.body["id"]) == (OTHER_OWNER, True)


@pytest.mark.parametrize("name", ["Idempotency-Key", "idempotency-key", "IDEMPOTENCY-KEY"])
def test_idempotency_key_in_any_case_is_the_same_key(api: Api, name: str) -> None:
    first = api.submit(Idempotency_Key="order-17")
    second = api.send(rest_call("POST", "/v1/jobs", ASKED, headers={name: "order-17"}))
    assert (second.status, second.body["id"]) == (200, first.body["id"])


def test_headers_twice_in_different_case_count_as_one(api: Api) -> None:
    headers = {"Idempotency-Key": "order-17", "idempotency-key": "order-17", "X-Api-Key": API_KEY}
    first = api.send(rest_call("POST", "/v1/jobs", ASKED, headers=headers))
    assert (first.status, first.body["owner"]) == (202, OWNER)
    assert api.submit(Idempotency_Key="order-17").status == 200


def test_unregistered_key_belongs_to_the_default_owner(api: Api) -> None:
    answer = api.send(rest_call("POST", "/v1/jobs", ASKED, headers={"x-api-key": "new"}))
    assert answer.body["owner"] == DEFAULT_OWNER


def test_base64_body_is_read(api: Api) -> None:
    answer = api.send(sample_event("serve_api", "submit_job_base64"))
    assert (answer.status, answer.body["metadata"]) == (202, {"order": "17"})


def test_submit_queue_out_of_order_still_accepts(api: Api) -> None:
    api.stack.queue.trouble.fail_next()
    answer = api.submit()
    assert answer.status == 202
    assert api.stack.job(answer.body["id"]).due_at is not None


def test_warnings_of_the_plan_are_shown(api: Api) -> None:
    size = {"width": 1280, "height": 720}
    native = {
        "model": "runware/openai:3@2",
        "input": {"positivePrompt": "a fox", "duration": 4, "ttl": 60} | size,
    }
    assert any("ttl" in warning for warning in api.submit(native).body["warnings"])


def test_public_base_url_names_the_job() -> None:
    api = Api(public_base_url="http://127.0.0.1:4566/{api}/live/")
    assert api.submit().headers["Location"].startswith("http://127.0.0.1:4566/a1b2c3d4e5/live/v1/jobs/")


def test_show_job_is_the_whole_resource(api: Api) -> None:
    landed_job(api.stack)
    body = api.get(f"/v1/jobs/{JOB_ID}").body
    (output,) = body["outputs"]
    assert (body["status"], body["cost"]["usd"], body["cost"]["source"]) == ("succeeded", "4.00", "provider")
    assert (output["bucket"], output["key"]) == (BUCKET, f"outputs/{OWNER}/{JOB_ID}/0.mp4")
    assert output["url"] == f"{HOST}/v1/jobs/{JOB_ID}/outputs/0"
    assert body["attempts"][0]["tasks"][0]["provider_task_id"] == TASK_ID


def test_show_job_with_a_long_input_shows_where_it_is(api: Api) -> None:
    native = {
        "model": "runware/acme:1@1",
        "input": {"taskType": "imageInference", "notes": ["x" * 1000] * 120},
    }
    submitted = api.submit(native)
    shown = api.get(f"/v1/jobs/{submitted.body['id']}").body["input"]
    assert shown == submitted.body["input"]
    (key,) = api.stack.media.objects
    assert shown == {"stored_at": f"s3://{BUCKET}/{key}"}
    assert key.startswith(f"inputs/{OWNER}/")
    assert json.loads(api.stack.media.objects[key].body) == native["input"]


def test_list_pages_through_everything_once_newest_first(api: Api) -> None:
    made = []
    for _ in range(5):
        made.append(api.submit().body["id"])
        api.stack.clock.advance(seconds=1)
    seen: list[str] = []
    cursor = None
    for expected in (2, 2, 1):
        page = api.get("/v1/jobs", {"limit": "2"} | ({"cursor": cursor} if cursor else {})).body
        assert len(page["jobs"]) == expected
        seen += [job["id"] for job in page["jobs"]]
        cursor = page["cursor"]
    assert cursor is None
    assert seen == made[::-1]


def test_list_by_status_shows_only_those(api: Api) -> None:
    api.submit()
    sample_job(api.stack)
    page = api.get("/v1/jobs", {"status": "running"}).body
    assert [job["id"] for job in page["jobs"]] == [JOB_ID]


def test_list_shows_only_the_callers_jobs(api: Api) -> None:
    api.submit()
    assert api.get("/v1/jobs", key=OTHER_KEY).body == {"jobs": [], "cursor": None}


def test_resolve_resend_is_a_new_attempt(api: Api) -> None:
    parked_job(api.stack)
    answer = api.post(f"/v1/jobs/{JOB_ID}/resolve", {"action": "resend"})
    assert (answer.status, answer.body["status"]) == (200, "queued")
    first, second = answer.body["attempts"]
    assert (first["number"], second["number"]) == (1, 2)
    (unknown,), (planned,) = first["tasks"], second["tasks"]
    assert (unknown["provider_task_id"], unknown["status"]) == (TASK_ID, "superseded")
    assert (planned["output"], planned["status"]) == (0, "planned")
    assert planned["provider_task_id"] != TASK_ID


def test_resolve_adopt_runs_on(api: Api) -> None:
    parked_job(api.stack)
    answer = api.post(f"/v1/jobs/{JOB_ID}/resolve", {"action": "adopt", "provider_task_id": TASK_ID})
    assert (answer.status, answer.body["status"]) == (200, "running")


def test_resolve_abandon_ends_the_job(api: Api) -> None:
    parked_job(api.stack)
    body = api.post(f"/v1/jobs/{JOB_ID}/resolve", {"action": "abandon"}).body
    assert (body["status"], body["error"]["code"]) == ("failed", "abandoned")


def test_output_landed_redirects_to_the_bucket(api: Api) -> None:
    landed_job(api.stack)
    answer = api.get(f"/v1/jobs/{JOB_ID}/outputs/0")
    assert answer.status == 307
    assert f"outputs/{OWNER}/{JOB_ID}/0.mp4" in answer.headers["Location"]
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("index", ["1", "-1", "00x", "\u0660", "9999", "0.0"])
def test_output_that_is_none_is_404(api: Api, index: str) -> None:
    landed_job(api.stack)
    assert api.get(f"/v1/jobs/{JOB_ID}/outputs/{index}").status == 404


def test_output_not_landed_yet_is_404(api: Api) -> None:
    job = landed_job(api.stack)
    waiting = replace(job.outputs[0], state=OutputState.AWAITED)
    api.stack.jobs.jobs[JOB_ID] = replace(job, status=Status.STORING, outputs=(waiting,), finished_at=None)
    assert api.get(f"/v1/jobs/{JOB_ID}/outputs/0").status == 404


def test_description_is_served(api: Api) -> None:
    assert api.get("/v1/openapi.json").body["openapi"].startswith("3.1")


def test_job_ids_are_uuids(api: Api) -> None:
    assert uuid.UUID(api.submit().body["id"]).version == 4
    assert uuid.UUID(api.submit(Idempotency_Key="k").body["id"]).version == 5


@pytest.mark.parametrize(
    ("case", "route", "status"),
    [
        ("submit_job", "POST /v1/jobs", 202),
        ("submit_job_wrong_size", "POST /v1/jobs", 400),
        ("list_jobs", "GET /v1/jobs", 200),
        ("show_job", "GET /v1/jobs/{job_id}", 200),
        ("show_output", "GET /v1/jobs/{job_id}/outputs/{index}", 307),
        ("resolve_job", "POST /v1/jobs/{job_id}/resolve", 409),
        ("cancel_job", "POST /v1/jobs/{job_id}/cancel", 409),
        ("show_description", "GET /v1/openapi.json", 200),
        ("no_such_resource", "GET /v1/{other+}", 404),
    ],
)
def test_line_tells_route_status_and_job(api: Api, case: str, route: str, status: int) -> None:
    landed_job(api.stack)
    line = line_of(api.send, sample_event("serve_api", case))
    assert (line["route"], line["http_status"]) == (route, status)
    of_this_job = case in ("show_job", "show_output", "resolve_job", "cancel_job")
    assert (line.get("job_id") == JOB_ID) == of_this_job
    assert ("job_id" in line) == (of_this_job or status == 202)


def test_line_of_a_defect_has_its_status(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    sample_job(api.stack)
    monkeypatch.delitem(api.stack.jobs.requests, JOB_ID)
    line = line_of(api.send, sample_event("serve_api", "show_job"))
    assert (line["http_status"], line["job_id"]) == (500, JOB_ID)


def test_line_never_tells_what_the_caller_wrote_into_the_path(api: Api) -> None:
    event = sample_event("serve_api", "show_job") | {"path": "/v1/jobs/my-secret"}
    assert "my-secret" not in json.dumps(line_of(api.send, event))
