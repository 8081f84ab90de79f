"""Jobs on RunningHub, on the deployed stack: its models, workflows and AI apps, its faults, and cancels.

All jobs but a few are submitted before the first test and wait side by side; each test looks at its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from tests.e2e.cases import (
    LONG,
    NO_LOOK_UP,
    ONE_LOOK_UP,
    PICTURE,
    Batch,
    Case,
    assert_delivered_and_paid_once,
    batch,
    charges,
    file_types,
    look_ups,
    statuses,
)
from tests.e2e.user import User, unique_prompt, video
from tests.sandbox.simulators.runninghub.workflows import (
    ANIMATE_APP,
    IMAGE_TO_VIDEO,
    PORTRAIT_APP,
    TEXT_TO_IMAGE,
)
from tests.sandbox.stack_file import Stack

PICTURE_INLINE = f"data:image/png;base64,{PICTURE}"


def sora(prompt: str) -> Mapping[str, Any]:
    return video(prompt) | {"provider": "runninghub"}


def model(endpoint: str, prompt_name: str = "prompt", **more: Any) -> Callable[[str], Mapping[str, Any]]:
    return lambda prompt: {"model": f"runninghub/{endpoint}", "input": {prompt_name: prompt, **more}}


def workflow(workflow_id: str, node_id: str) -> Callable[[str], Mapping[str, Any]]:
    """A run of the workflow with the prompt in this node."""
    return lambda prompt: {
        "model": f"runninghub/workflow/{workflow_id}",
        "input": {"nodeInfoList": [{"nodeId": node_id, "fieldName": "text", "fieldValue": prompt}]},
    }


def app_with_a_picture(prompt: str) -> Mapping[str, Any]:
    """A run of an AI app whose picture is to be uploaded, since its node knows files by their names only."""
    values = [("26", "image", {"upload": PICTURE_INLINE}), ("40", "text", prompt), ("41", "select", "2")]
    return {"model": f"runninghub/ai-app/{ANIMATE_APP}", "input": {"nodeInfoList": [*map(filled, values)]}}


def workflow_with_a_lora(url: str) -> Callable[[str], Mapping[str, Any]]:
    lora = {"upload": url, "as": "lora", "name": "e2e-style"}

    def job(prompt: str) -> Mapping[str, Any]:
        values = [("6", "text", prompt), ("7", "file_name", lora)]
        return {
            "model": f"runninghub/workflow/{TEXT_TO_IMAGE}",
            "input": {"nodeInfoList": [*map(filled, values)]},
        }

    return job


def filled(value: tuple[str, str, Any]) -> dict[str, Any]:
    return dict(zip(("nodeId", "fieldName", "fieldValue"), value, strict=True))


MODELS = {
    "video": Case(job=model("minimax/hailuo-02/t2v-standard", enablePromptExpansion=True, duration="6")),
    "image": Case(job=model("rhart-image-g-2/text-to-image")),
    "audio": Case(job=model("rhart-audio/suno-v5/single", "description")),
    "3d": Case(job=model("meshy6/text-to-3d")),
    "text": Case(job=model("rhart-text-g-25-flash/text-to-text")),
}
FILES = {"video": "video/mp4", "image": "image/png", "audio": "audio/mpeg", "3d": "model/gltf-binary"}
SUCCEEDS = {
    "webhook delivered twice": Case("webhook_duplicate", {"copies": 2}, look_ups=NO_LOOK_UP),
    "webhook of three megabytes": Case("webhook_large", look_ups=NO_LOOK_UP),
    "webhook lost": Case("webhook_drop", look_ups=ONE_LOOK_UP),
    "accepted, then cut off": Case("accept_then_timeout", {"mode": "cut"}, times=1, look_ups=NO_LOOK_UP),
    "called failed before it succeeds": Case("failed_then_success", {"where": "webhook"}),
    "account full": Case("submit_error", {"code": 421}, times=1, look_ups=NO_LOOK_UP),
    "user's tasks at their limit": Case("submit_error", {"code": 1520}, times=1, look_ups=NO_LOOK_UP),
}
FULL = ("account full", "user's tasks at their limit")
FAILS = {
    "failed for good": (Case("outcome", {"outcome": "1015"}, look_ups=ONE_LOOK_UP), "provider_error", "1015"),
    "key of another kind": (
        Case("submit_error", {"code": 1014}, look_ups=NO_LOOK_UP),
        "wrong_key_kind",
        "1014",
    ),
}
FAULTS = {
    name: replace(case, job=sora)
    for name, case in [*SUCCEEDS.items(), *((name, case) for name, (case, _, _) in FAILS.items())]
}
OTHERS = {
    "documented sora job": Case(job=sora),
    "sora job with a picture": Case(
        job=lambda prompt: dict(sora(prompt)) | {"input": {"prompt": prompt, "image": PICTURE_INLINE}}
    ),
    "workflow with four files": Case(job=workflow(IMAGE_TO_VIDEO, "24")),
    "app with a picture": Case(job=app_with_a_picture),
}


def stored_lora(stack: Stack) -> str:
    """The address of a small LoRA among the default owner's inputs."""
    body = (64).to_bytes(8, "little") + b'{"__metadata__": {}}'.ljust(64) + bytes(range(256)) * 4
    with closing(User(stack)) as user:
        return user.store_input("style.safetensors", body)


def nodes(user: User, job: Mapping[str, Any]) -> dict[str, Any]:
    """What the job's task was sent with, by node."""
    [task] = user.seen(job)[0]["accepted"]
    return {node["nodeId"]: node["fieldValue"] for node in task["request"]["nodeInfoList"]}


@pytest.fixture(scope="module")
def jobs(stack: Stack) -> Iterator[Batch]:
    # Last those that keep the account closed for a while.
    lora = {"workflow with a lora": Case(job=workflow_with_a_lora(stored_lora(stack)))}
    cases = OTHERS | lora | MODELS | {name: FAULTS[name] for name in sorted(FAULTS, key=FULL.__contains__)}
    with batch(stack, cases, "runninghub") as jobs:
        yield jobs


def test_documented_sora_job_lands_with_its_cost_and_currency(user: User, jobs: Batch) -> None:
    job = jobs.settled("documented sora job")

    assert (job["status"], job["provider"], job["account"]) == ("succeeded", "runninghub", "runninghub-ai")
    [output] = job["outputs"]
    assert output["key"] == f"outputs/default/{job['id']}/0.mp4"
    assert output["content_type"] == "video/mp4"
    assert output["bytes"] > 1000
    assert (job["cost"]["actual"], job["cost"]["currency"]) == ("1.20", "USD")
    assert job["cost"]["source"] == "provider"
    seen = user.seen(job)
    [sent] = [task["request"] for task in seen[0]["accepted"]]
    assert (sent["prompt"], sent["size"], sent["duration"]) == (job["input"]["prompt"], "1280x720", "4")
    assert (charges(seen), look_ups(seen)) == (1, NO_LOOK_UP)


@pytest.mark.parametrize("kind", FILES)
def test_native_model_lands_its_own_kind(jobs: Batch, kind: str) -> None:
    job = jobs.succeeded(kind)

    assert [output["content_type"] for output in job["outputs"]] == [FILES[kind]]


def test_text_result_becomes_a_text_file(jobs: Batch) -> None:
    job = jobs.succeeded("text")

    assert job["outputs"][0]["key"].endswith(".txt")


def test_workflow_lands_all_its_files(user: User, jobs: Batch) -> None:
    job = jobs.succeeded("workflow with four files")

    assert file_types(job) == {"png", "mp4", "flac", "txt"}
    assert len({output["provider_task_id"] for output in job["outputs"]}) == 1
    assert charges(user.seen(job)) == 1


def test_picture_of_a_sora_job_reaches_the_model_as_a_url(user: User, jobs: Batch) -> None:
    job = jobs.succeeded("sora job with a picture")

    [task] = user.seen(job)[0]["accepted"]
    assert task["request"]["imageUrl"].startswith("http")
    assert task["request"]["resolution"] == "720p"


def test_picture_of_an_app_is_uploaded_and_named(user: User, jobs: Batch) -> None:
    job = jobs.succeeded("app with a picture")

    assert nodes(user, job)["26"].startswith("openapi/")
    assert job["input"]["nodeInfoList"][0]["fieldValue"]["upload"].startswith("s3://")


def test_lora_of_a_workflow_is_uploaded_and_named(user: User, jobs: Batch) -> None:
    job = jobs.succeeded("workflow with a lora")

    assert nodes(user, job)["7"].endswith(".safetensors")


def test_ai_app_runs_as_its_form_says(user: User) -> None:
    app = f"runninghub/ai-app/{PORTRAIT_APP}"
    form = user.call("GET", f"/v1/models?id={app}").json()

    job = user.wait_and_sweep(user.submit(form["example"])["id"])  # the account was full just before

    [field] = form["fields"]
    assert (form["id"], field["node_id"], field["field_name"]) == (app, "122", "prompt")
    assert (job["status"], job["model"]) == ("succeeded", app), job["error"]
    assert [output["content_type"] for output in job["outputs"]] == ["image/png"]


def test_form_of_a_workflow_names_the_inputs_of_its_nodes(user: User) -> None:
    name = f"runninghub/workflow/{TEXT_TO_IMAGE}"

    answer = user.call("GET", f"/v1/models?id={name}")

    assert answer.status_code == 200, answer.text
    form = answer.json()
    assert (form["id"], form["provider"]) == (name, "runninghub")
    fields = {(field["node_id"], field["field_name"]): field["default"] for field in form["fields"]}
    assert fields["6", "text"] == "a cute panda"
    assert fields["3", "steps"] == 20
    assert ("3", "model") not in fields  # a link to another node


def test_form_of_a_workflow_that_does_not_exist_is_not_found(user: User) -> None:
    assert user.call("GET", "/v1/models?id=runninghub/workflow/1").status_code == 404


def test_accounts_are_told_without_their_keys(stack: Stack, user: User) -> None:
    answer = user.call("GET", "/v1/providers")

    assert answer.status_code == 200, answer.text
    accounts = {
        account["id"]: account for provider in answer.json()["providers"] for account in provider["accounts"]
    }
    assert accounts.keys() == {"runware", "runninghub-ai", "runninghub-cn", "runcomfy"}
    assert {account["configured"] for account in accounts.values()} == {True}
    assert [account["error"] for account in accounts.values()] == [None] * len(accounts)
    selected = [name for name, account in accounts.items() if account["selected"]]
    assert selected == ["runware", "runninghub-ai", "runcomfy"]
    assert (accounts["runninghub-ai"]["currency"], accounts["runninghub-cn"]["currency"]) == ("USD", "CNY")
    assert accounts["runninghub-ai"]["limit"] == 100
    for simulator in stack.simulators.values():
        for _, api_key in simulator.sites:
            assert api_key not in answer.text


@pytest.mark.parametrize("name", SUCCEEDS)
def test_job_succeeds_and_is_paid_once_despite(user: User, jobs: Batch, name: str) -> None:
    job = jobs.succeeded(name)

    assert_delivered_and_paid_once(user, job)
    if FAULTS[name].look_ups is not None:
        assert look_ups(user.seen(job)) == FAULTS[name].look_ups


def test_webhook_delivered_twice_is_answered_twice(user: User, jobs: Batch) -> None:
    [seen] = user.seen(jobs.settled("webhook delivered twice"))

    assert [call["status"] for call in seen["webhooks"]] == [200, 200]


@pytest.mark.parametrize("name", FULL)
def test_job_waits_in_the_queue_while_the_account_is_full(jobs: Batch, name: str) -> None:
    passed = statuses(jobs.settled(name))

    assert passed[:4] == ["queued", "submitting", "queued", "submitting"]
    assert passed[-1] == "succeeded"


@pytest.mark.parametrize("name", FAILS)
def test_job_fails_with_a_stable_code_at_no_cost_when(user: User, jobs: Batch, name: str) -> None:
    job = jobs.settled(name)

    case, code, provider_code = FAILS[name]
    assert job["status"] == "failed"
    assert (job["error"]["code"], job["error"]["provider_code"]) == (code, provider_code)
    assert job["cost"]["actual"] is None
    seen = user.seen(job)
    assert (charges(seen), look_ups(seen)) == (0, case.look_ups)


def test_workflow_that_waits_at_the_provider_is_cancelled(user: User) -> None:
    with user.defaults("runninghub", submit_status="QUEUED", queue_seconds=LONG):
        job_id = user.submit(workflow(TEXT_TO_IMAGE, "6")(unique_prompt()))["id"]
        user.wait_and_sweep(job_id, ("running", "failed"))

    job = user.cancel_and_wait(job_id)

    assert job["status"] == "cancelled"
    [seen] = user.seen(job)
    assert [task["state"] for task in seen["accepted"]] == ["CANCEL"]
    assert charges([seen]) == 0
    again = user.cancel(job_id)
    assert (again.status_code, again.json()["status"]) == (200, "cancelled")


def test_runware_job_that_is_cancelled_while_it_runs_is_delivered(user: User) -> None:
    prompt = unique_prompt()
    user.fault("run_time", prompt, seconds=LONG / 2)
    job_id = user.submit(video(prompt))["id"]
    user.wait(job_id, ("running", "failed"))

    job = user.cancel_and_wait(job_id)

    assert job["status"] == "succeeded", job["error"]
    assert charges(user.seen(job)) == 1
    late = user.cancel(job_id)
    assert (late.status_code, late.json()["code"]) == (409, "wrong_state")
