"""One job from each way in to the file in the bucket and the event on the bus."""

from __future__ import annotations

import hashlib
import io
import uuid
from typing import Any

import av
import httpx
import pytest

from tests.e2e.cases import announced
from tests.e2e.user import User, eventually, message, unique_prompt, video
from tests.sandbox.stack_file import Stack


def test_documented_sora_job_lands_checked_and_is_announced(stack: Stack, user: User) -> None:
    told, job = announced(stack, user, video(unique_prompt(), seconds=8, size="1792x1024"))

    [output] = job["outputs"]
    assert told[-1] == "succeeded"
    assert job["cost"] == {
        "quoted": "4.00",
        "actual": "4.00",
        "currency": "USD",
        "usd": "4.00",
        "source": "provider",
    }
    assert output["key"] == f"outputs/default/{job['id']}/0.mp4"
    [seen] = user.seen(job)
    [sent] = [accepted["request"] for accepted in seen["accepted"]]
    assert sent["model"] == "openai:3@2"
    assert (sent["width"], sent["height"], sent["duration"], sent["includeCost"]) == (1792, 1024, 8, True)
    assert len(seen["billed"]) == 1
    assert not seen["lookups"]


def test_output_plays_from_its_link(user: User) -> None:
    job = user.wait(user.submit(video(unique_prompt()))["id"])

    redirect = user.call("GET", f"/v1/jobs/{job['id']}/outputs/0")
    file = httpx.get(redirect.headers["location"])

    assert redirect.status_code == 307
    assert file.headers["content-type"] == "video/mp4"
    with av.open(io.BytesIO(file.content), mode="r") as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.width, stream.height) == ("h264", 1280, 720)
        assert len(list(container.decode(stream))) > 10


def test_metadata_of_the_object_tells_whose_it_is(stack: Stack, user: User) -> None:
    job = user.wait(user.submit(video(unique_prompt()))["id"])
    [output] = job["outputs"]

    head = user.client("s3").head_object(Bucket=output["bucket"], Key=output["key"])

    assert head["ContentType"] == "video/mp4"
    assert head["Metadata"]["job-id"] == job["id"]
    assert head["ContentLength"] == output["bytes"]
    listed = user.client("s3").list_objects_v2(
        Bucket=stack.outputs["MediaBucketName"], Prefix=f"incoming/{job['id']}"
    )
    assert listed["KeyCount"] == 0


def test_idempotency_key_makes_one_job(user: User) -> None:
    asked, key = video(unique_prompt()), {"Idempotency-Key": uuid.uuid4().hex}

    first = user.call("POST", "/v1/jobs", asked, key)
    again = user.call("POST", "/v1/jobs", asked, key)
    other = user.call("POST", "/v1/jobs", video(unique_prompt()), key)

    assert (first.status_code, again.status_code, other.status_code) == (202, 200, 409)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json()["id"] == first.json()["id"]
    assert other.json()["code"] == "idempotency_conflict"
    job = user.wait(first.json()["id"])
    assert sum(len(seen["billed"]) for seen in user.seen(job)) == 1


def test_message_on_the_queue_becomes_a_job_of_its_owner(user: User) -> None:
    owner, prompt = f"studio-{uuid.uuid4().hex[:8]}", unique_prompt()
    key = owned_key(user, owner)
    body = message(**video(prompt), owner=owner, idempotency_key="frame-1")

    user.send(body)
    user.send(body)

    theirs = User(user.stack, key)
    listed = eventually(lambda: theirs.call("GET", "/v1/jobs").json()["jobs"] or None)
    job = theirs.wait(listed[0]["id"])
    assert (job["status"], job["owner"], len(listed)) == ("succeeded", owner, 1)
    assert sum(len(seen["billed"]) for seen in user.seen(job)) == 1
    assert user.call("GET", f"/v1/jobs/{job['id']}").status_code == 404
    assert user.call("GET", f"/v1/jobs/{job['id']}/outputs/0").status_code == 404
    theirs.close()


def test_invalid_message_becomes_a_failed_job_and_unreadable_one_a_dead_letter(user: User) -> None:
    owner = f"studio-{uuid.uuid4().hex[:8]}"
    theirs = User(user.stack, owned_key(user, owner))
    mark = uuid.uuid4().hex

    user.send(message(**video("too long a video", seconds=7), owner=owner))
    user.send(f"not json {mark}")

    listed = eventually(lambda: theirs.call("GET", "/v1/jobs").json()["jobs"] or None)
    assert (listed[0]["status"], listed[0]["error"]["code"]) == ("failed", "invalid_request")
    [letter] = eventually(lambda: [found for found in user.dead_letters() if mark in found["Body"]] or None)
    assert letter["MessageAttributes"]["reason"]["StringValue"] == "the body is not valid JSON"
    theirs.close()


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"model": "sora-2-pro", "input": {"prompt": "x" * 10, "seconds": 7}}, "input.seconds"),
        ({"model": "sora-2-pro", "input": {"prompt": "x" * 10, "size": "10x10"}}, "input.size"),
        ({"model": "sora-2-pro", "input": {"prompt": "x" * 6001}}, "input.prompt"),
        ({"model": "sora-2-pro", "input": {"prompt": "mangroves", "fps": 3}}, "input.fps"),
        (
            {"model": "sora-2-pro", "input": {"prompt": "mangroves"}, "callback_url": "https://x"},
            "callback_url",
        ),
    ],
)
def test_invalid_request_is_refused_before_anything_is_written(
    user: User, asked: dict[str, Any], field: str
) -> None:
    response = user.call("POST", "/v1/jobs", asked)

    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["field"] == field


def test_wrong_or_missing_api_key_is_refused(stack: Stack) -> None:
    for headers in ({}, {"x-api-key": "wrong"}):
        assert httpx.get(f"{stack.api_url}/v1/jobs", headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("model", "asked", "content_type"),
    [
        ("runware:400@2", {"positivePrompt": "mangroves", "width": 512, "height": 512}, "image/jpeg"),
        ("minimax:music@2.6", {"positivePrompt": "rain on leaves, slow"}, "audio/mpeg"),
    ],
)
def test_native_model_lands_its_own_kind(
    user: User, model: str, asked: dict[str, Any], content_type: str
) -> None:
    job = user.wait(user.submit({"model": f"runware/{model}", "input": asked})["id"])

    assert job["status"] == "succeeded", job["error"]
    assert job["outputs"][0]["content_type"] == content_type


def test_text_result_becomes_a_text_file(user: User) -> None:
    asked = {
        "taskType": "textInference",
        "messages": [{"role": "user", "content": "two words about mangroves"}],
    }
    job = user.wait(user.submit({"model": "runware/google:gemini@3.1-pro", "input": asked})["id"])

    assert job["status"] == "succeeded", job["error"]
    assert job["outputs"][0]["key"].endswith(".txt")


def test_count_makes_that_many_files(user: User) -> None:
    job = user.wait(user.submit(video(unique_prompt(), count=3))["id"])

    assert [output["status"] for output in job["outputs"]] == ["landed"] * 3
    assert len({output["checksum"] for output in job["outputs"]}) == 3
    assert sum(len(seen["billed"]) for seen in user.seen(job)) == 3


def test_listing_is_newest_first_with_a_cursor(user: User) -> None:
    theirs = User(user.stack, owned_key(user, f"studio-{uuid.uuid4().hex[:8]}"))
    submitted = [theirs.submit(video(unique_prompt()))["id"] for _ in range(3)]

    first = theirs.call("GET", "/v1/jobs?limit=2").json()
    rest = theirs.call("GET", f"/v1/jobs?limit=2&cursor={first['cursor']}").json()

    assert [job["id"] for job in first["jobs"] + rest["jobs"]] == submitted[::-1]
    for job_id in submitted:
        theirs.wait(job_id)
    theirs.close()


def test_description_of_the_api_is_served(user: User) -> None:
    described = user.call("GET", "/v1/openapi.json").json()

    assert described["openapi"].startswith("3.1")
    assert "/v1/jobs" in described["paths"]


def owned_key(user: User, owner: str) -> str:
    """A second API key, registered for `owner` as the README says."""
    gateway, value = user.client("apigateway"), uuid.uuid4().hex
    key = gateway.create_api_key(name=owner, enabled=True, value=value)
    [plan] = [
        plan
        for plan in gateway.get_usage_plans()["items"]
        if plan["apiStages"][0]["apiId"] == user.stack.outputs["ApiId"]
    ]
    gateway.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
    user.client("dynamodb").put_item(
        TableName=user.stack.outputs["JobsTableName"],
        Item={
            "pk": {"S": f"KEY#{hashlib.sha256(value.encode()).hexdigest()}"},
            "sk": {"S": "KEY"},
            "owner_id": {"S": owner},
        },
    )
    return value
