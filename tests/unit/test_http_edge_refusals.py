"""What the HTTP API refuses, and how: problem+json with a stable code that names field, value and what is allowed."""

from __future__ import annotations

from typing import Any

import pytest

from framehook.jobs import Status
from tests.sample_events import JOB_ID, rest_call
from tests.unit.edges import ASKED, OTHER_KEY, Answer, Api, landed_job, parked_job, sample_job

INPUT = ASKED["input"]


@pytest.fixture
def api() -> Api:
    return Api()


def with_input(**changed: Any) -> dict[str, Any]:
    return {**ASKED, "input": {**INPUT, **changed}}


def refused(api: Api, answer: Answer) -> dict[str, Any]:
    """The first problem of a refusal before anything was written."""
    assert (answer.status, answer.code) == (400, "invalid_request")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.body["field"] == answer.body["errors"][0]["field"]
    assert not api.stack.jobs.jobs
    assert not api.stack.jobs.requests
    first: dict[str, Any] = answer.body["errors"][0]
    return first


@pytest.mark.parametrize(
    ("body", "field", "code", "value"),
    [
        ({**ASKED, "mode": "fast"}, "mode", "unknown_field", None),
        ({**ASKED, "idempotency_key": "k"}, "idempotency_key", "unknown_field", None),
        ({**ASKED, "callback_url": "https://example.com"}, "callback_url", "not_supported_yet", None),
        ({**ASKED, "max_cost_usd": "1.00"}, "max_cost_usd", "not_supported_yet", None),
        ({**ASKED, "provider": "acme"}, "provider", "unsupported_provider", None),
        ({**ASKED, "provider": ["runware", "acme"]}, "provider", "unsupported_provider", None),
        ({**ASKED, "provider": 7}, "provider", "invalid_value", 7),
        ({**ASKED, "provider": []}, "provider", "invalid_type", None),
        ({"input": INPUT}, "model", "missing_field", None),
        ({"model": "sora-2-pro"}, "input", "missing_field", None),
        ({**ASKED, "model": "sora-3"}, "model", "unknown_model", None),
        ({**ASKED, "model": "acme/some/model"}, "model", "unsupported_provider", None),
        ({**ASKED, "model": "x" * 201}, "model", "invalid_value", "x" * 200),
        ({**ASKED, "input": "a fox"}, "input", "invalid_value", "a fox"),
        ({**ASKED, "metadata": {"no spaces": "x"}}, "metadata.no spaces", "invalid_value", "no spaces"),
        ({**ASKED, "metadata": {"a": 1}}, "metadata.a", "invalid_value", 1),
        ({**ASKED, "metadata": {"a": "x" * 513}}, "metadata.a", "invalid_value", "x" * 200),
        (with_input(size="640x480"), "input.size", "invalid_value", "640x480"),
        (with_input(seconds=5), "input.seconds", "invalid_value", 5),
        (with_input(seconds="8"), "input.seconds", "invalid_type", "8"),
        (with_input(count=5), "input.count", "out_of_range", 5),
        (with_input(prompt="x" * 6001), "input.prompt", "out_of_range", "x" * 60 + "…"),
        (with_input(promt="a fox"), "input.promt", "unknown_field", None),
        (
            {**with_input(image="https://example.com/fox.png"), "provider": "runware"},
            "input.size",
            "no_eligible_offering",
            "1280x720",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 40 else "",
)
def test_submit_wrong_field_is_named(api: Api, body: object, field: str, code: str, value: object) -> None:
    problem = refused(api, api.submit(body))
    assert (problem["field"], problem["code"], problem.get("value")) == (field, code, value)


@pytest.mark.parametrize(
    ("body", "allowed"),
    [
        ({**ASKED, "mode": "fast"}, ["input", "metadata", "model", "provider"]),
        ({**ASKED, "provider": "acme"}, ["runware", "runninghub", "runcomfy"]),
        (with_input(seconds=5), [4, 8, 12, 16, 20]),
        (with_input(count=5), {"min": 1, "max": 4}),
        (with_input(prompt="x" * 6001), {"min": 2, "max": 6000}),
        (with_input(promt="a fox"), ["prompt"]),
    ],
)
def test_submit_wrong_field_tells_what_is_allowed(api: Api, body: object, allowed: object) -> None:
    assert refused(api, api.submit(body))["allowed"] == allowed


def test_submit_several_wrong_fields_names_all_of_them(api: Api) -> None:
    answer = api.submit({"model": 1, "colour": "red"})
    assert {error["field"] for error in answer.body["errors"]} == {"model", "input", "colour"}


def test_submit_foreign_object_is_refused(api: Api) -> None:
    body = {"model": "sora-2-pro", "input": {"prompt": "a fox", "image": "s3://media/inputs/bob/fox.png"}}
    problem = refused(api, api.submit(body))
    assert (problem["field"], problem["code"]) == ("input.image", "foreign_object")


def test_submit_more_data_uris_than_are_taken_is_refused(api: Api) -> None:
    native = {"taskType": "imageInference", "images": ["data:image/png;base64,AAAA"] * 17}
    problem = refused(api, api.submit({"model": "runware/acme:1@1", "input": native}))
    assert (problem["field"], problem["code"]) == ("input.images[16]", "too_many_data_uris")
    assert problem["allowed"] == 16
    assert api.stack.media.objects == {}


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "{",
        "[]",
        '"text"',
        "null",
        '{"model": NaN, "input": {}}',
        '{"model": "sora-2-pro", "input": {"prompt": "a", "seconds": Infinity}}',
        "[" * 100_000 + "]" * 100_000,
        '{"model": "sora-2-pro", "input": ' + '{"a":' * 50_000 + "1" + "}" * 50_001,
        '{"model": ' + "1" * 5_000 + "}",
        b"\xff\xfe{}",
        b'{"model": "\xe9"}',
    ],
    ids=lambda text: repr(text)[:24],
)
def test_submit_unreadable_body_is_400(api: Api, text: object) -> None:
    answer = api.submit(text)
    assert (answer.status, answer.code) == (400, "unreadable_request")
    assert not api.stack.jobs.requests


def test_submit_base64_that_is_none_is_400(api: Api) -> None:
    event = rest_call("POST", "/v1/jobs", "abc") | {"isBase64Encoded": True}
    assert api.send(event).code == "unreadable_request"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"model": "sora-2-pro", "input": {"prompt": "a fox", "seconds": 1e999}}', "input.seconds"),
        ('{"model": 1e999, "input": {}}', "model"),
        ('{"model": "\\ud800", "input": {}}', "model"),
        ('{"model": "sora-2-pro", "input": {"prompt": "\\ud83d"}}', "input.prompt"),
        ('{"model": "sora-2-pro", "input": {"prompt": "a fox", "count": ' + "9" * 30 + "}}", "input.count"),
        ('{"model": "sora-2-pro", "input": ' + '{"a":' * 900 + "1" + "}" * 901, "input"),
        (
            '{"model": "sora-2-pro", "input": {}, "metadata": {"a": ' + "[" * 900 + "]" * 900 + "}}",
            "metadata",
        ),
        ('{"model": "sora-2-pro", "input": {}, "provider": [' + "1," * 30_000 + "1]}", "provider"),
    ],
    ids=lambda text: text[:60],
)
def test_submit_json_that_nobody_can_carry_on_is_refused(api: Api, body: str, field: str) -> None:
    assert refused(api, api.submit(body))["field"] == field


def test_submit_many_wrong_values_answers_a_bounded_list(api: Api) -> None:
    answer = api.submit({**ASKED, "provider": [1] * 10_000})
    assert refused(api, answer)
    assert len(answer.body["errors"]) == 50


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "ключ", "a\n"])
def test_idempotency_key_unusable_is_400(api: Api, key: str) -> None:
    problem = refused(api, api.submit(Idempotency_Key=key))
    assert (problem["field"], problem["value"]) == ("Idempotency-Key", key[:60])
    assert "ASCII" in problem["allowed"]


@pytest.mark.parametrize(
    ("method", "route"), [("GET", ""), ("POST", "/resolve"), ("POST", "/cancel"), ("GET", "/outputs/0")]
)
@pytest.mark.parametrize("job_id", [JOB_ID, "00000000-0000-4000-8000-000000000000", "1", JOB_ID.upper()])
def test_job_of_another_owner_is_404_as_if_there_were_none(
    api: Api, method: str, route: str, job_id: str
) -> None:
    landed_job(api.stack)
    body = {"action": "abandon"} if route == "/resolve" else None
    path = f"/v1/jobs/{job_id}{route}"
    answer = api.send(rest_call(method, path, body, headers={"x-api-key": OTHER_KEY}))
    assert (answer.status, answer.code, answer.body["detail"]) == (404, "not_found", "there is no such job")


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/nothing"), ("DELETE", "/v1/jobs"), ("GET", "/")])
def test_unknown_route_is_a_404_problem(api: Api, method: str, path: str) -> None:
    assert api.send(rest_call(method, path)).code == "not_found"


@pytest.mark.parametrize("limit", ["0", "101", "-1", "x", "", "1e1", "\u0661"])
def test_list_wrong_limit_is_400(api: Api, limit: str) -> None:
    problem = refused(api, api.get("/v1/jobs", {"limit": limit}))
    assert (problem["field"], problem["value"], problem["allowed"]) == ("limit", limit, "1 to 100")


@pytest.mark.parametrize("name", ["state", "Limit", "owner", "page", "", "x" * 300])
def test_list_unknown_parameter_is_named(api: Api, name: str) -> None:
    problem = refused(api, api.get("/v1/jobs", {"limit": "5", name: "1"}))
    assert (problem["field"], problem["code"]) == (name[:60], "unknown_field")
    assert problem["allowed"] == ["status", "limit", "cursor"]


def test_list_unknown_parameters_are_all_named_within_bounds(api: Api) -> None:
    answer = api.get("/v1/jobs", {f"p{number}": "" for number in range(100)})
    assert [error["field"] for error in answer.body["errors"]] == [f"p{number}" for number in range(20)]


def test_list_wrong_status_names_the_statuses(api: Api) -> None:
    problem = refused(api, api.get("/v1/jobs", {"status": "done"}))
    assert (problem["field"], problem["value"]) == ("status", "done")
    assert problem["allowed"] == [status.value for status in Status]


def test_list_tampered_cursor_is_400(api: Api) -> None:
    api.submit()
    api.stack.clock.advance(seconds=1)
    api.submit()
    cursor = api.get("/v1/jobs", {"limit": "1"}).body["cursor"]
    swapped = ("A" if cursor[12] != "A" else "B").join((cursor[:12], cursor[13:]))
    for wrong in ("", "x", "é", cursor[:-2], cursor + "AAAA", swapped, cursor.swapcase()):
        answer = api.get("/v1/jobs", {"cursor": wrong})
        assert (answer.status, answer.body["field"]) == (400, "cursor")


def test_list_cursor_of_another_owner_is_400(api: Api) -> None:
    api.submit()
    api.stack.clock.advance(seconds=1)
    api.submit()
    cursor = api.get("/v1/jobs", {"limit": "1"}).body["cursor"]
    assert api.get("/v1/jobs", {"cursor": cursor}, key=OTHER_KEY).status == 400


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "action"),
        ({"action": "retry"}, "action"),
        ({"action": "adopt"}, "provider_task_id"),
        ({"action": "adopt", "provider_task_id": "of another job"}, "provider_task_id"),
        ({"action": "resend", "provider_task_id": "x"}, "provider_task_id"),
        ({"action": "resend", "force": True}, "force"),
    ],
)
def test_resolve_wrong_field_is_named(api: Api, body: object, field: str) -> None:
    job = parked_job(api.stack)
    answer = api.post(f"/v1/jobs/{JOB_ID}/resolve", body)
    assert (answer.status, answer.body["field"]) == (400, field)
    assert api.stack.job(JOB_ID) == job


def test_resolve_job_that_is_not_parked_is_409(api: Api) -> None:
    sample_job(api.stack)
    answer = api.post(f"/v1/jobs/{JOB_ID}/resolve", {"action": "resend"})
    assert (answer.status, answer.code) == (409, "wrong_state")


def test_table_out_of_order_is_503_with_a_time_to_wait(api: Api) -> None:
    api.stack.jobs.trouble.fail_next()
    answer = api.submit()
    assert (answer.status, answer.code) == (503, "unavailable")
    assert answer.headers["Retry-After"] == "2"


def test_defect_of_ours_is_500_and_tells_nothing(api: Api) -> None:
    job = sample_job(api.stack)
    del api.stack.jobs.requests[job.id]
    answer = api.get(f"/v1/jobs/{job.id}")
    assert (answer.status, answer.body) == (
        500,
        {"type": "about:blank", "title": "Internal Server Error", "status": 500, "code": "internal_error"},
    )
