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

from tests.e2e.cases import NO_LOOK_UP, Case, charges, look_ups, submitted
from tests.e2e.user import User, eventually, unique_prompt, video
from tests.sandbox.completion_events import subscription
from tests.sandbox.role_sessions import physical_ids
from tests.sandbox.stack_file import Stack

WORKFLOW, MOTION, LORA = (
    "4c1f7a52-9c1e-4d0b-8f0e-2f6a1b7c9d01",
    "4c1f7a52-9c1e-4d0b-8f0e-2f6a1b7c9d02",
    "7d2b9e34-51f6-4a83-b1c7-8e5d3f0a2c01",
)
# A picture of 9 by 16 points.
PICTURE = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAkAAAAQCAIAAABLKsIUAAAAE0lEQVR42mNQaEjAhRhG5Qa9HADlE5AB3JTU5QAAAABJRU5ErkJggg=="
)
LONG = 600  # simulated seconds: too long to end while a test is at it
FEW = 3  # look-ups of a job that takes about as long as it usually does
TWICE = {"copies": 2}
Settled = Callable[[str], dict[str, Any]]


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
    bucket, key = stack.outputs["MediaBucketName"], "inputs/default/e2e/first-frame.png"
    with closing(User(stack)) as user:
        user.client("s3").put_object(Bucket=bucket, Key=key, Body=PICTURE, ContentType="image/png")
    return lambda prompt: sora(prompt, image=f"s3://{bucket}/{key}")


def statuses(job: Mapping[str, Any]) -> list[str]:
    return [entry["status"] for entry in job["timeline"]]


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
def settled(stack: Stack) -> Iterator[Settled]:
    """The job of a case, by its name, once it has ended."""
    picture = {"picture from the bucket": Case(job=animated(stack))}
    faults = {name: FAULTS[name] for name in sorted(FAULTS, key=CLOSING.__eq__)}
    cases = DEPLOYMENTS | picture | MODELS | faults
    with closing(User(stack)) as user:
        jobs = submitted(user, {name: replace(case, provider="runcomfy") for name, case in cases.items()})
        yield lambda name: user.wait_and_sweep(jobs[name])


def test_documented_sora_job_is_looked_up_by_delayed_messages_and_announced(stack: Stack, user: User) -> None:
    with subscription(stack) as events:
        accepted = user.submit(sora(unique_prompt(), seconds=8, size="1792x1024"))
        announced = []
        for detail in events.changes(accepted["id"], timeout=60):
            announced.append(detail["status"])
            if detail["status"] in ("succeeded", "failed"):
                break

    job = user.job(accepted["id"])
    assert announced == ["running", "succeeded"], job["error"]
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


def test_all_files_of_a_native_model_land(user: User, settled: Settled) -> None:
    job = settled("two pictures")

    assert job["status"] == "succeeded", job["error"]
    assert [output["content_type"] for output in job["outputs"]] == ["image/png"] * 2
    assert len({output["checksum"] for output in job["outputs"]}) == 2
    assert charges(user.seen(job)) == 1


def test_native_model_lands_its_own_kind(settled: Settled) -> None:
    job = settled("audio")

    assert job["status"] == "succeeded", job["error"]
    assert job["outputs"][0]["content_type"].startswith("audio/")


def test_picture_from_the_bucket_is_read_by_a_signed_url(user: User, settled: Settled) -> None:
    job = settled("picture from the bucket")

    assert job["status"] == "succeeded", job["error"]
    assert job["input"]["image"].startswith("s3://")
    assert "X-Amz-Signature" in request_of(user, job)["input_reference"]


@pytest.mark.parametrize(
    ("name", "files"),
    [("workflow", {"png"}), ("workflow with four files", {"txt", "mp4", "mp3"}), ("lora", {"png"})],
)
def test_deployment_calls_back_and_all_its_files_land(
    user: User, settled: Settled, name: str, files: set[str]
) -> None:
    job = settled(name)

    assert job["status"] == "succeeded", job["error"]
    assert {output["key"].rsplit(".", 1)[-1] for output in job["outputs"]} == files
    assert {output["status"] for output in job["outputs"]} == {"landed"}
    [seen] = user.seen(job)
    assert (charges([seen]), look_ups([seen])) == (1, NO_LOOK_UP)
    assert {call["status"] for call in seen["webhooks"]} == {200}
    assert len(seen["webhooks"]) > len({call["kind"] for call in seen["webhooks"]})


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
def test_job_succeeds_and_is_paid_once_despite(user: User, settled: Settled, name: str) -> None:
    job = settled(name)

    assert job["status"] == "succeeded", job["error"]
    assert job["outputs"][0]["bytes"] > 1000
    assert [attempt["number"] for attempt in job["attempts"]] == [1]
    assert charges(user.seen(job)) == 1
    assert len(user.accepted("runcomfy", job["input"]["prompt"])) == 1
    assert job["cost"]["actual"] == "1.20"


def test_job_that_is_refused_for_now_waits_in_the_queue(settled: Settled) -> None:
    assert statuses(settled(CLOSING))[:4] == ["queued", "submitting", "queued", "submitting"]


@pytest.mark.parametrize("name", FAILS)
def test_job_fails_with_a_stable_code_at_no_cost_when(user: User, settled: Settled, name: str) -> None:
    job = settled(name)

    assert (job["status"], job["error"]["code"]) == ("failed", FAILS[name][1])
    assert job["cost"]["actual"] in (None, "0.00")  # the result of a job that failed says so
    assert charges(user.seen(job)) == 0


def test_job_that_waits_at_the_provider_is_cancelled(user: User) -> None:
    prompt = unique_prompt()
    user.fault("queue_time", prompt, provider="runcomfy", seconds=LONG)
    job_id = user.submit(sora(prompt))["id"]
    user.wait_and_sweep(job_id, ("running", "failed"))

    answer = user.cancel(job_id)
    job = user.wait_and_sweep(job_id)

    assert (answer.status_code, answer.json()["cancel_requested"]) == (202, True), answer.text
    assert (job["status"], job["cancel_requested"]) == ("cancelled", True)
    assert charges(user.seen(job)) == 0


def test_job_that_runs_can_not_be_cancelled_and_is_delivered(user: User) -> None:
    prompt = unique_prompt()
    user.fault("queue_time", prompt, provider="runcomfy", seconds=0)
    job_id = user.submit(sora(prompt))["id"]
    user.wait_and_sweep(job_id, ("running", "failed"))

    answer = user.cancel(job_id)
    job = user.wait_and_sweep(job_id)

    assert (answer.status_code, answer.json()["cancel_requested"]) == (202, True), answer.text
    assert (job["status"], job["cancel_requested"]) == ("succeeded", True), job["error"]
    assert (charges(user.seen(job)), job["cost"]["actual"]) == (1, "1.20")


def test_deployment_that_runs_is_cancelled(user: User) -> None:
    prompt = unique_prompt()
    user.fault("queue_time", prompt, provider="runcomfy", seconds=0)
    user.fault("run_time", prompt, provider="runcomfy", seconds=LONG)
    job_id = user.submit(workflow(WORKFLOW, "6")(prompt))["id"]
    user.wait_and_sweep(job_id, ("running", "failed"))

    answer = user.cancel(job_id)
    job = user.wait_and_sweep(job_id)

    assert (answer.status_code, answer.json()["cancel_requested"]) == (202, True), answer.text
    assert (job["status"], job["cancel_requested"]) == ("cancelled", True)


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


def test_key_that_is_refused_three_times_fails_the_job(user: User) -> None:
    """Last, because each time closes the account for a while."""
    prompt = unique_prompt()
    user.fault("submit_error", prompt, provider="runcomfy", status=400, error_code=400004)

    job = user.wait_and_sweep(user.submit(sora(prompt))["id"])

    assert (job["status"], job["error"]["code"]) == ("failed", "provider_auth_failed")
    assert job["error"]["provider_code"] == "400004"
    assert statuses(job).count("submitting") == 3
    assert user.accepted("runcomfy", prompt) == []


def delayed(sqs: Any, queue: str) -> int:
    """How many messages of the queue wait for their time."""
    name = "ApproximateNumberOfMessagesDelayed"
    return int(sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=[name])["Attributes"][name])
