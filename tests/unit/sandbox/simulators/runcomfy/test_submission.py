"""Submissions to the Model API: acknowledgements, tokens, refusals, charges, and the faults on the way."""

import asyncio
import json
import uuid
from typing import Any

import pytest

from tests.sandbox.simulators.runcomfy.sora import PRO_IMAGE, PRO_TEXT, TEXT
from tests.unit.sandbox.simulators.runcomfy.comfy import Comfy, clip, simulate_comfy
from tests.unit.sandbox.simulators.simulation import ORIGIN, settle

SUBMISSION = f"/v1/models/{PRO_TEXT}"


def test_accepted_call_is_acknowledged_with_an_id_and_three_urls() -> None:
    async def scenario(comfy: Comfy) -> None:
        response = await comfy.send("POST", SUBMISSION, clip())
        acknowledged = response.json()
        request_id = acknowledged["request_id"]
        assert (response.status_code, uuid.UUID(request_id).version) == (200, 4)
        path = f"{ORIGIN}/runcomfy/v1/requests/{request_id}"
        urls = {f"{name}_url": f"{path}/{name}" for name in ("status", "result", "cancel")}
        assert acknowledged == {"request_id": request_id, **urls}

    simulate_comfy(scenario)


def test_acknowledgement_may_be_a_202_with_the_state() -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.defaults(submit_answer="202", upper_case_states=True)
        response = await comfy.send("POST", SUBMISSION, clip())
        assert (response.status_code, response.json()["status"]) == (202, "IN_QUEUE")

    simulate_comfy(scenario)


@pytest.mark.parametrize(
    ("model_id", "body", "price"),
    [
        (TEXT, {"prompt": ""}, 0.4),
        (PRO_TEXT, clip(), 2.4),
        (PRO_TEXT, clip(size="1792x1024", seconds=12), 6.0),
        (PRO_TEXT, {"prompt": "x"}, 1.2),
        ("google/nano-banana-2/edit", {"anything": True}, 0.04),
        ("nobody/unheard-of/text-to-video", {}, 0.5),
    ],
)
def test_job_is_charged_once_when_it_is_accepted(model_id: str, body: Any, price: float) -> None:
    async def scenario(comfy: Comfy) -> None:
        await comfy.send("POST", f"/v1/models/{model_id}", body)
        (charge,) = comfy.records("billed")
        (job,) = comfy.records("accepted")
        assert (charge["cost"], charge["request_id"]) == (price, job["request_id"])
        balance = (await comfy.send("GET", "/prod/v2/balance")).json()
        assert balance == {
            "balance_usd": pytest.approx(1_000_000 - price),
            "balance_microdollars": 1_000_000_000_000 - round(price * 1_000_000),
            "currency": "USD",
        }

    simulate_comfy(scenario)


def test_same_body_again_is_a_second_job_and_a_second_charge() -> None:
    async def scenario(comfy: Comfy) -> None:
        first, second = await comfy.submit(prompt="twice"), await comfy.submit(prompt="twice")
        assert first["request_id"] != second["request_id"]
        assert comfy.records("billed_by_prompt") == {"twice": 2}

    simulate_comfy(scenario)


@pytest.mark.parametrize(
    ("model_id", "body", "places"),
    [
        (PRO_TEXT, clip(prompt=None), ["prompt"]),
        (PRO_TEXT, clip(seconds="8"), ["seconds"]),
        (PRO_TEXT, clip(seconds=8.0), ["seconds"]),
        (PRO_TEXT, clip(seconds=True), ["seconds"]),
        (PRO_TEXT, clip(seconds=5), ["seconds"]),
        (TEXT, clip(size="1792x1024"), ["size"]),
        (
            PRO_TEXT,
            clip(prompt=7, webhook="https://gateway.test", size="huge"),
            ["prompt", "webhook", "size"],
        ),
        (PRO_IMAGE, clip(), ["input_reference"]),
        (PRO_IMAGE, clip(input_reference="http://example.com/a.png"), ["input_reference"]),
        (PRO_IMAGE, clip(input_reference="https://example.com/a.mp4"), ["input_reference"]),
        (PRO_IMAGE, clip(input_reference="data:image/png;base64,AA=="), ["input_reference"]),
    ],
)
def test_body_against_the_schema_is_a_422_that_names_every_key(
    model_id: str, body: Any, places: list[str]
) -> None:
    async def scenario(comfy: Comfy) -> None:
        response = await comfy.send("POST", f"/v1/models/{model_id}", body)
        refusal = response.json()
        assert (response.status_code, refusal["error_code"]) == (422, 422001)
        assert sorted(one["loc"][1] for one in refusal["detail"]) == sorted(places)
        assert comfy.records("accepted") == comfy.records("billed") == []

    simulate_comfy(scenario)


@pytest.mark.parametrize(
    "url",
    [
        "https://bucket.s3.amazonaws.com/inputs/1?X-Amz-Signature=abc",
        "https://example.com/a.AVIF",
        "http://127.0.0.1:4566/bucket/inputs/1.jpg?X-Amz-Signature=abc",
        "http://s3.localhost.localstack.cloud:4566/bucket/1",
    ],
)
def test_image_may_be_a_presigned_url_also_of_a_local_s3(url: str) -> None:
    async def scenario(comfy: Comfy) -> None:
        await comfy.submit(PRO_IMAGE, input_reference=url)

    simulate_comfy(scenario)


def test_unknown_keys_pass_and_wrong_values_are_a_400_if_the_defaults_say_so() -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.defaults(ignore_unknown_parameters=True, validation_status="400")
        await comfy.submit(seed=7)
        assert (await comfy.send("POST", SUBMISSION, clip(seconds=5))).status_code == 400

    simulate_comfy(scenario)


@pytest.mark.parametrize(
    "model_id", ["sora-2", "a/b/c/d/e/f", "a//b", "openai/../sora", "a b/c", "openai%2Fsora-2/x"]
)
def test_malformed_model_id_is_400001(model_id: str) -> None:
    async def scenario(comfy: Comfy) -> None:
        response = await comfy.send("POST", f"/v1/models/{model_id}", clip())
        assert (response.status_code, response.json()["error_code"]) == (400, 400001)

    simulate_comfy(scenario)


def test_unlisted_model_is_refused_if_the_defaults_say_so() -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.defaults(accept_unknown_models=False)
        response = await comfy.send("POST", "/v1/models/nobody/unheard-of", {})
        assert response.json()["error_code"] == 400001

    simulate_comfy(scenario)


@pytest.mark.parametrize("body", [[], "text"])
def test_body_that_is_no_object_is_a_422(body: Any) -> None:
    async def scenario(comfy: Comfy) -> None:
        assert (await comfy.send("POST", SUBMISSION, body)).status_code == 422

    simulate_comfy(scenario)


@pytest.mark.parametrize(
    ("form", "path", "status", "body"),
    [
        ("documented", "/v1/models", 400, {"error_code": 400004, "error_message": "UserAccountError"}),
        ("documented", "/prod/v2/balance", 401, {"error_code": 401001, "error_message": "Unauthorized"}),
        ("401", "/v1/models", 401, {"error_code": 401001, "error_message": "Unauthorized"}),
        ("403", "/v1/requests/1/status", 403, {"message": "Forbidden"}),
    ],
)
@pytest.mark.parametrize("key", ["", "wrong"])
def test_wrong_token_is_refused_on_every_call(form: str, path: str, status: int, body: Any, key: str) -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.defaults(bad_token=form)
        response = await comfy.send("GET", path, key=key)
        assert (response.status_code, response.json()) == (status, body)

    simulate_comfy(scenario)


@pytest.mark.parametrize(("form", "status"), [("400", 400), ("402", 402)])
def test_empty_account_is_refused(form: str, status: int) -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.defaults(balance=3, no_balance=form)
        await comfy.submit()
        response = await comfy.send("POST", SUBMISSION, clip())
        assert (response.status_code, response.json()["error_code"]) == (status, 400002)
        assert len(comfy.records("accepted")) == 1

    simulate_comfy(scenario)


@pytest.mark.parametrize(
    ("options", "status", "body"),
    [
        ({}, 503, {"error_message": "HTTP 503"}),
        ({"status": 500, "message": "busy"}, 500, {"error_code": 500001, "error_message": "busy"}),
        ({"status": 200}, 200, {"error_code": 400002, "error_message": "InsufficientResources"}),
        (
            {"status": 400, "error_code": 400004},
            400,
            {"error_code": 400004, "error_message": "UserAccountError"},
        ),
        ({"status": 403, "form": "message", "message": "no"}, 403, {"message": "no"}),
        ({"status": 429, "form": "detail", "message": "slow down"}, 429, {"detail": "slow down"}),
    ],
)
@pytest.mark.parametrize("accept", [False, True])
def test_submission_error_may_hide_an_accepted_job(
    options: dict[str, Any], status: int, body: Any, accept: bool
) -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.fault("submit_error", times=1, accept=accept, **options)
        response = await comfy.send("POST", SUBMISSION, clip())
        assert (response.status_code, response.json()) == (status, body)
        assert "retry-after" not in response.headers
        assert len(comfy.records("billed")) == accept

    simulate_comfy(scenario)


def test_too_many_requests_may_say_how_long_to_wait() -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.fault("submit_error", status=429, retry_after=7, form="empty")
        response = await comfy.send("POST", SUBMISSION, clip())
        assert (response.status_code, response.headers["retry-after"], response.content) == (429, "7", b"")

    simulate_comfy(scenario)


@pytest.mark.parametrize("accept", [False, True])
@pytest.mark.parametrize("fault", ["ack_without_id", "non_json_body"])
def test_unusable_acknowledgement_may_hide_an_accepted_job(fault: str, accept: bool) -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.fault(fault, accept=accept)
        response = await comfy.send("POST", SUBMISSION, clip())
        readable = fault == "ack_without_id"
        assert response.status_code == (200 if readable else 502)
        if readable:
            assert response.json() == {"status": "in_queue"}
        else:
            with pytest.raises(json.JSONDecodeError):
                response.json()
        assert len(comfy.records("accepted")) == accept

    simulate_comfy(scenario)


@pytest.mark.parametrize(("begins", "meanwhile"), [("first", 1), ("last", 0)])
def test_slow_submission_succeeds_after_the_client_has_given_up(begins: str, meanwhile: int) -> None:
    async def scenario(comfy: Comfy) -> None:
        comfy.fault("submit_slow", seconds=0.05, begins=begins)
        submission = asyncio.create_task(comfy.send("POST", SUBMISSION, clip()))
        await settle()
        assert len(comfy.records("billed")) == meanwhile
        assert (await submission).status_code == 200
        assert len(comfy.records("billed")) == 1

    simulate_comfy(scenario)


def test_records_of_requests_show_path_and_query() -> None:
    async def scenario(comfy: Comfy) -> None:
        await comfy.send("POST", SUBMISSION, clip(), webhook="https://gateway.test/x")
        await comfy.send("PUT", "/v2/nothing")
        shown = [
            (one["method"], one["path"], one["query"], one["status"]) for one in comfy.records("requests")
        ]
        assert shown == [
            ("POST", SUBMISSION, "webhook=https%3A%2F%2Fgateway.test%2Fx", 200),
            ("PUT", "/v2/nothing", "", 404),
        ]

    simulate_comfy(scenario)
