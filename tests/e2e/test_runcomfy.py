"""Jobs on RunComfy, on the deployed stack: models, which never call back, and deployments, which do; its faults, and
cancels.

All jobs but a few are submitted before the first test and wait side by side; each test looks at its own.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.e2e.cases import (
    LONG,
    NO_LOOK_UP,
    PICTURE,
    Batch,
    Case,
    announced,
    assert_delivered_and_paid_once,
    assert_delivered_twice,
    batch,
    charges,
    file_types,
    look_ups,
    statuses,
)
from tests.e2e.user import User, eventually, unique_prompt, video
from tests.sandbox.role_sessions import physical_ids
from tests.sandbox.stack_file import Stack

WORKFLOW, MOTION, LORA = (
    "4c1f7a52-9c1e-4d0b-8f0e-2f6a1b7c9d01",
    "4c1f7a52-9c1e-4d0b-8f0e-2f6a1b7c9d02",
    "7d2b9e34-51f6-4a83-b1c7-8e5d3f0a2c01",
)
FEW = 3  # look-ups of a job that takes about as long as it usually does
TWICE = {"copies": 2}


def sora(prompt: str, **changed: Any) -> Mapping[str, Any]:
    return video(prompt, **changed) | {"provider": "runcomfy"}


def model(model_id: str) -> Callable[[str], Mapping[str, Any]]:
    return lambda prompt: {"model": f"runcomfy/{model_id}", "input": {"prompt": prompt}}


def workflow(deployment_id: str, node_id: str) -> Callable[[str], Mapping[str, Any]]:
    """A run of this ComfyUI workflow with the prompt in this node."""
    return lambda prompt: {
        "model": f"runcomfy/deployment/{deployment_id}",
        "input": {"overrides": {node_id: {"inputs": {"text": prompt}}}},
    }


def lora(prompt: str) -> Mapping[str, Any]:
    return {"model": f"runcomfy/deployment/{LORA}", "input": {"prompt": prompt, "seed": 7}}


MODELS = {
    "two pictures": Case(job=model("blackforestlabs/flux-1-schnell/text-to-image")),
    "audio": Case(job=model("acestep-ai/ace-step/text-to-audio")),
}
DEPLOYMENTS = {
    "workflow": Case("webhook_duplicate", TWICE, job=workflow(WORKFLOW, "6")),
    "workflow with four files": Case("webhook_duplicate", TWICE, job=workflow(MOTION, "12")),
    "lora": Case("webhook_duplicate", TWICE, job=lora),
}
SUCCEEDS = {
    "result not ready": Case("lookup_error", {"status": 400, "error_code": 400005, "at": "result"}, times=1),
    "status long before the result": Case("result_late", {"seconds": 45}),
    "look-up out of order": Case("lookup_error", {"status": 503}, times=1),
    "state that nobody has told of": Case(
        "state_word", {"word": "polishing", "state": "in_progress"}, times=1
    ),
    "several videos, and the input before them": Case("output_shape", {"shape": "plural"}),
    "file not there at first": Case("media_404", times=1),
    "refused for now": Case("submit_error", {"status": 429}, times=1),
}
FAILS = {
    "generation failed": (Case("outcome", {"outcome": "failed"}), "provider_error"),
    "no credit": (Case("submit_error", {"status": 402, "error_code": 400002}), "no_credit"),
    "input refused": (Case("submit_error", {"status": 422}), "invalid_request"),
}
CLOSING = "refused for now"  # keeps the account closed for a while
FAULTS = {
    name: replace(case, job=sora)
    for name, case in [*SUCCEEDS.items(), *((name, case) for name, (case, _) in FAILS.items())]
}


def animated(stack: Stack) -> Callable[[str], Mapping[str, Any]]:
    """A video that begins with a picture among the default owner's inputs."""
    with closing(User(stack)) as user:
        url = user.store_input("first-frame.png", b64decode(PICTURE), "image/png")
    return lambda prompt: sora(prompt, image=url)


def request_of(user: User, job: Mapping[str, Any]) -> dict[str, Any]:
    """The body that the job's one task was sent with."""
    [task] = user.seen(job)[0]["accepted"]
    request: dict[str, Any] = task["request"]
    return request


@dataclass(frozen=True)
class LostJob:
    """A job that RunComfy has taken, and whose answer never came."""

    id: str
    prompt: str


@pytest.fixture(scope="module", autouse=True)
def lost_answer(stack: Stack) -> LostJob:
    """Submitted before the others: its lease has to end before it is parked."""
    prompt = unique_prompt()
    with closing(User(stack)) as user:
        user.fault("accept_then_timeout", prompt, 1, "runcomfy", mode="cut")
        return LostJob(user.submit(sora(prompt))["id"], prompt)


@pytest.fixture(scope="module")
def jobs(stack: Stack) -> Iterator[Batch]:
    picture = {"picture from the bucket": Case(job=animated(stack))}
    faults = {name: FAULTS[name] for name in sorted(FAULTS, key=CLOSING.__eq__)}
    with batch(stack, DEPLOYMENTS | picture | MODELS | faults, "runcomfy") as jobs:
        yield jobs


def test_documented_sora_job_is_looked_up_by_delayed_messages_and_announced(stack: Stack, user: User) -> None:
    told, job = announced(stack, user, sora(unique_prompt(), seconds=8, size="1792x1024"))

    assert told == ["running", "succeeded"], job["error"]
    assert statuses(job) == ["queued", "submitting", "running", "storing", "succeeded"]
    assert job["provider"] == "runcomfy"
    [output] = job["outputs"]
    assert output["key"] == f"outputs/default/{job['id']}/0.mp4"
    assert (output["content_type"], output["bytes"] > 1000) == ("video/mp4", True)
    assert (job["cost"]["actual"], job["cost"]["currency"], job["cost"]["source"]) == (
        "4.00",
        "USD",
        "provider",
    )
    seen = user.seen(job)
    assert request_of(user, job) == {
        "prompt": job["input"]["prompt"],
        "seconds": 8,
        "size": "1792x1024",
    }
    assert (charges(seen), seen[0]["webhooks"]) == (1, [])
    assert 1 <= look_ups(seen) <= FEW


@pytest.mark.parametrize(
    "words",
    [
        {"webhook_shape": "both", "webhook_outputs": "output"},
        {"webhook_shape": "outcome", "webhook_outputs": "outputs"},
    ],
    ids=["status and outcome", "outcome alone"],
)
def test_other_forms_of_the_webhook_are_understood(user: User, words: Mapping[str, str]) -> None:
    prompt = unique_prompt()
    user.fault("webhook_duplicate", prompt, provider="runcomfy", **TWICE)
    with user.defaults("runcomfy", **words):
        job = user.wait_and_sweep(user.submit(workflow(WORKFLOW, "6")(prompt))["id"])

    assert job["status"] == "succeeded", job["error"]
    assert (charges(user.seen(job)), look_ups(user.seen(job))) == (1, NO_LOOK_UP)
    assert_delivered_twice(user, job)


def test_all_files_of_a_native_model_land(user: User, jobs: Batch) -> None:
    job = jobs.succeeded("two pictures")

    assert [output["content_type"] for output in job["outputs"]] == ["image/png"] * 2
    assert len({output["checksum"] for output in job["outputs"]}) == 2
    assert charges(user.seen(job)) == 1


def test_native_model_lands_its_own_kind(jobs: Batch) -> None:
    assert jobs.succeeded("audio")["outputs"][0]["content_type"].startswith("audio/")


def test_picture_from_the_bucket_is_read_by_a_signed_url(user: User, jobs: Batch) -> None:
    job = jobs.succeeded("picture from the bucket")

    assert job["input"]["image"].startswith("s3://")
    assert "X-Amz-Signature" in request_of(user, job)["input_reference"]


@pytest.mark.parametrize(
    ("name", "files"),
    [("workflow", {"png"}), ("workflow with four files", {"txt", "mp4", "mp3"}), ("lora", {"png"})],
)
def test_deployment_calls_back_and_all_its_files_land(
    user: User, jobs: Batch, name: str, files: set[str]
) -> None:
    job = jobs.succeeded(name)

    assert file_types(job) == files
    seen = user.seen(job)
    assert (charges(seen), look_ups(seen)) == (1, NO_LOOK_UP)
    assert_delivered_twice(user, job)


def test_form_of_a_deployment_names_the_inputs_of_its_nodes(user: User) -> None:
    name = f"runcomfy/deployment/{WORKFLOW}"

    form = user.call("GET", f"/v1/models?id={name}").json()

    fields = {(field["node_id"], field["field_name"]): field["default"] for field in form["fields"]}
    assert (form["id"], form["provider"]) == (name, "runcomfy")
    assert fields["6", "text"] == "a red sneaker"
    assert fields["31", "steps"] == 20
    assert ("31", "model") not in fields  # a link to another node


def test_account_is_told_with_its_balance(user: User) -> None:
    told = {found["name"]: found for found in user.call("GET", "/v1/providers").json()["providers"]}

    [account] = told["runcomfy"]["accounts"]
    assert (account["id"], account["currency"], account["error"]) == ("runcomfy", "USD", None)
    assert float(account["balance"]) > 0


@pytest.mark.parametrize("name", SUCCEEDS)
def test_job_succeeds_and_is_paid_once_despite(user: User, jobs: Batch, name: str) -> None:
    job = jobs.succeeded(name)

    assert_delivered_and_paid_once(user, job)


def test_job_that_is_refused_for_now_waits_in_the_queue(jobs: Batch) -> None:
    assert statuses(jobs.settled(CLOSING))[:4] == ["queued", "submitting", "queued", "submitting"]


@pytest.mark.parametrize("name", FAILS)
def test_job_fails_with_a_stable_code_at_no_cost_when(user: User, jobs: Batch, name: str) -> None:
    job = jobs.settled(name)

    assert (job["status"], job["error"]["code"]) == ("failed", FAILS[name][1])
    assert job["cost"]["actual"] in (None, "0.00")  # the result of a job that failed says so
    assert charges(user.seen(job)) == 0


def test_job_that_waits_at_the_provider_is_cancelled(user: User) -> None:
    prompt = unique_prompt()
    user.fault("queue_time", prompt, provider="runcomfy", seconds=LONG)
    job_id = user.submit(sora(prompt))["id"]
    user.wait_and_sweep(job_id, ("running", "failed"))

    job = user.cancel_and_wait(job_id)

    assert job["status"] == "cancelled"
    assert charges(user.seen(job)) == 0


def test_job_that_runs_can_not_be_cancelled_and_is_delivered(user: User) -> None:
    prompt = unique_prompt()
    user.fault("queue_time", prompt, provider="runcomfy", seconds=0)
    job_id = user.submit(sora(prompt))["id"]
    user.wait_and_sweep(job_id, ("running", "failed"))

    job = user.cancel_and_wait(job_id)

    assert job["status"] == "succeeded", job["error"]
    assert (charges(user.seen(job)), job["cost"]["actual"]) == (1, "1.20")


def test_deployment_that_runs_is_cancelled(user: User) -> None:
    prompt = unique_prompt()
    user.fault("queue_time", prompt, provider="runcomfy", seconds=0)
    user.fault("run_time", prompt, provider="runcomfy", seconds=LONG)
    job_id = user.submit(workflow(WORKFLOW, "6")(prompt))["id"]
    user.wait_and_sweep(job_id, ("running", "failed"))

    job = user.cancel_and_wait(job_id)

    assert job["status"] == "cancelled"


def test_job_whose_delayed_message_is_lost_is_found_by_the_sweep(stack: Stack, user: User) -> None:
    sqs, queue = user.client("sqs"), physical_ids(stack)["FollowUpsQueue"]
    job_id = user.submit(sora(unique_prompt()))["id"]
    user.wait_and_sweep(job_id, ("running", "failed"))
    eventually(lambda: delayed(sqs, queue) or None)

    sqs.purge_queue(QueueUrl=queue)

    assert delayed(sqs, queue) == 0
    job = user.wait_and_sweep(job_id)
    assert job["status"] == "succeeded", job["error"]
    assert charges(user.seen(job)) == 1


def test_job_whose_answer_was_lost_is_finished_by_the_id_that_a_person_finds(
    user: User, lost_answer: LostJob
) -> None:
    """RunComfy can't be asked about a job whose id nobody has, and does not call: so nothing is guessed."""
    parked = user.wait_and_sweep(lost_answer.id)
    [task] = user.accepted("runcomfy", lost_answer.prompt)

    answer = user.resolve(parked["id"], "adopt", provider_task_id=task["request_id"])
    job = user.wait_and_sweep(parked["id"], ("succeeded", "failed"))

    assert (parked["status"], parked["error"]["code"]) == ("parked", "outcome_unknown")
    assert answer.status_code == 200, answer.text
    assert (job["status"], job["error"]) == ("succeeded", None)
    assert [attempt["number"] for attempt in job["attempts"]] == [1]
    assert (charges(user.seen(job)), job["cost"]["actual"]) == (1, "1.20")
    assert len(user.accepted("runcomfy", lost_answer.prompt)) == 1


def delayed(sqs: Any, queue: str) -> int:
    """How many messages of the queue wait for their time."""
    name = "ApproximateNumberOfMessagesDelayed"
    return int(sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=[name])["Attributes"][name])
