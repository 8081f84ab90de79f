"""What RunComfy's pages and clients leave open, on the deployed stack: other words, forms and orders end as they do.

Jobs wait side by side. Those of another edition of the API come before the rest, as its switches hold for all at once.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pytest

from tests.e2e.cases import LONG, NO_LOOK_UP, PICTURE, Batch, Case, batch, charges, look_ups, statuses
from tests.e2e.test_runcomfy import WORKFLOW, model, sora, workflow
from tests.e2e.user import User, unique_prompt
from tests.sandbox.stack_file import Stack

type Fault = tuple[str, Mapping[str, object]]

image = model("google/nano-banana-2/text-to-image")
graph = workflow(WORKFLOW, "6")
TWO_PICTURES = "blackforestlabs/flux-1-schnell/text-to-image"
UNDER_WAY = ("running", "failed")
RETRY_AFTER = 8  # real seconds: longer than the first pause without it
EDITION = {
    "submit_answer": "202",
    "upper_case_states": True,
    "failed_status": "failed",
    "success_result": "completed",
    "cancelled_word": "canceled",
    "cancel_status": "state",
    "webhook_on_cancel": False,
}


@dataclass(frozen=True)
class Variant:
    """What RunComfy does, and what comes of it: so many files, or an error; the charges in its books."""

    faults: tuple[Fault, ...]
    files: int = 1
    code: str | None = None
    provider_code: str | None = None
    charges: int = 1
    job: Callable[[str], Mapping[str, Any]] = image
    times: int | None = None  # of the first fault

    def case(self) -> Case:
        (fault, options), *more = self.faults
        return Case(fault, options, self.times, job=self.job, more=more)


def word(said: str, state: str, at: str = "both") -> Fault:
    """This word for the state."""
    return "state_word", {"word": said, "state": state, "at": at}


def shape(of: str, *more: Fault, files: int = 1, job: Callable[[str], Mapping[str, Any]] = image) -> Variant:
    """Another form of `output`."""
    return Variant((("output_shape", {"shape": of}), *more), files, job=job)


def no_output(of: str) -> Variant:
    return replace(shape(of, files=0), code="output_missing")


def failed(error: str, code: str | None = None) -> Variant:
    """A run that fails, with this form of the error and the code in it."""
    outcome = ("outcome", {"outcome": "failed", "error_form": error})
    return Variant((outcome,), 0, "provider_error", code, charges=0)


FORGOTTEN, ONLY_STATUS = "not found (404001) at first", "status says failed before the result does"
# Those that are looked up more than once come first. A look-up is two questions where the result is not told.
VARIANTS = {
    FORGOTTEN: Variant((("request_expired", {}),), times=4),
    ONLY_STATUS: Variant(
        (
            ("lookup_error", {"status": 400, "error_code": 400005, "at": "result"}),
            ("outcome", {"outcome": "failed"}),
            word("failed", "failed", "status"),
        ),
        files=0,
        code="provider_error",
        charges=0,
        times=1,
    ),
    "states in upper case": Variant(
        (
            word("IN_PROGRESS", "in_progress"),
            word("COMPLETED", "succeeded", "status"),
            word("SUCCEEDED", "succeeded", "result"),
            ("run_time", {"seconds": 300}),
        )
    ),
    "webhook lost": Variant((("webhook_drop", {}),), job=graph),
    "webhook with a wrong token": Variant((("webhook_wrong_token", {}),), job=graph),
    "webhook with a wrong token first": Variant((("webhook_wrong_token", {"then_right": True}),), job=graph),
    "webhook before the answer": Variant((("webhook_before_ack", {"ack_delay": 1}),), job=graph),
    "result says completed": Variant((word("completed", "succeeded", "result"),)),
    "cancelled by RunComfy, spelt canceled": Variant(
        (("outcome", {"outcome": "cancelled"}), word("canceled", "cancelled")),
        files=0,
        code="provider_cancelled",
        charges=0,
    ),
    "no credit, in a 200": Variant(
        (("submit_error", {"status": 200, "error_code": 400002}),),
        files=0,
        code="no_credit",
        provider_code="400002",
        charges=0,
    ),
    "output is a text": shape("text"),
    "output is a list": shape("list", files=2, job=model(TWO_PICTURES)),
    "output is empty": no_output("empty"),
    "output is absent": no_output("absent"),
    "error is a text": failed("text"),
    "error is an object": failed("object", code="99999"),
    "error is an array": failed("array", code="99999"),
    "error is absent": failed("absent"),
}
MIXED = "output of several kinds, after the input"
RACE, SILENT, LATER = (
    "cancel that comes too late",
    "cancel that no webhook tells of",
    "asks to come back later",
)
CANCELS = {
    RACE: Case("cancel_race", job=image, more=[("queue_time", {"seconds": 240})]),
    SILENT: Case("run_time", {"seconds": LONG}, job=graph),
}
REFUSED_FOR_NOW = Case("submit_error", {"status": 429, "retry_after": RETRY_AFTER}, times=1, job=image)


def edited(stack: Stack) -> Variant:
    """A picture that is made of one in the bucket; the result repeats its address."""
    with closing(User(stack)) as user:
        url = user.store_input("to-be-edited.png", b64decode(PICTURE), "image/png")
    edit = model("blackforestlabs/flux-1-kontext/pro/edit")
    return shape("mixed", ("echo_input", {}), files=2, job=lambda prompt: with_input(edit(prompt), url))


def with_input(job: Mapping[str, Any], image_url: str) -> Mapping[str, Any]:
    return {**job, "input": {**job["input"], "image_url": image_url}}


@pytest.fixture(scope="module", autouse=True)
def edition(stack: Stack) -> Mapping[str, Mapping[str, Any]]:
    """Jobs that ended while RunComfy had other words for everything; no others run meanwhile."""
    cases = {
        "cancelled": Case("queue_time", {"seconds": LONG}, job=image),
        "succeeded": Case(job=image),
        "failed": Case("outcome", {"outcome": "failed"}, job=image),
        "deployment": Case(job=graph),
    }
    with (
        closing(User(stack)) as user,
        user.defaults("runcomfy", **EDITION),
        batch(stack, cases, "runcomfy") as jobs,
    ):
        user.wait(jobs.ids["cancelled"], UNDER_WAY)
        cancelled = user.cancel_and_wait(jobs.ids["cancelled"])
        return {name: jobs.settled(name) for name in cases} | {"cancelled": cancelled}


@pytest.fixture(scope="module")
def variants(stack: Stack) -> Mapping[str, Variant]:
    return VARIANTS | {MIXED: edited(stack)}


@pytest.fixture(scope="module")
def jobs(stack: Stack, variants: Mapping[str, Variant]) -> Iterator[Batch]:
    cases = {name: variant.case() for name, variant in variants.items()}
    with batch(stack, cases | CANCELS | {LATER: REFUSED_FOR_NOW}, "runcomfy") as jobs:
        for name in CANCELS:
            job = jobs.user.wait(jobs.ids[name], UNDER_WAY)
            if name == SILENT:
                prompt = job["input"]["overrides"]["6"]["inputs"]["text"]
                jobs.user.fault("webhook_drop", prompt, provider="runcomfy")
            assert jobs.user.cancel(job["id"]).status_code == 202
        yield jobs


def asked(user: User, job: Mapping[str, Any], end: str) -> list[int]:
    """The statuses of RunComfy's answers to the calls about the job's task whose path ends so."""
    [seen] = user.seen(job)
    return [call["status"] for call in seen["requests"] if call["path"].endswith(end)]


def landed(job: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [output for output in job["outputs"] if output["status"] == "landed"]


@pytest.mark.parametrize(
    ("name", "status", "code", "charged"),
    [
        ("succeeded", "succeeded", None, 1),
        ("failed", "failed", "provider_error", 0),
        ("cancelled", "cancelled", None, 0),
        ("deployment", "succeeded", None, 1),
    ],
)
def test_another_edition_of_the_api_ends_the_same(
    user: User,
    edition: Mapping[str, Mapping[str, Any]],
    name: str,
    status: str,
    code: str | None,
    charged: int,
) -> None:
    job = edition[name]

    assert (job["status"], job["error"] and job["error"]["code"]) == (status, code)
    assert len(landed(job)) == (status == "succeeded")
    assert charges(user.seen(job)) == charged
    assert asked(user, job, "/inference" if name == "deployment" else "/text-to-image") == [202]


@pytest.mark.parametrize("name", [*VARIANTS, MIXED])
def test_variant_ends_as_it_should(
    user: User, jobs: Batch, variants: Mapping[str, Variant], name: str
) -> None:
    variant, job = variants[name], jobs.settled(name)
    error = job["error"] or {"code": None, "provider_code": None}

    assert job["status"] == ("failed" if variant.code else "succeeded"), error
    assert (error["code"], error["provider_code"]) == (variant.code, variant.provider_code)
    assert len(landed(job)) == len({output["checksum"] for output in landed(job)}) == variant.files
    assert [attempt["number"] for attempt in job["attempts"]] == [1]
    assert charges(user.seen(job)) == variant.charges


def test_job_that_is_not_found_goes_on_until_it_is(user: User, jobs: Batch) -> None:
    job = jobs.settled(FORGOTTEN)

    assert (asked(user, job, "/result"), asked(user, job, "/status")) == ([404, 404, 200], [404, 404])
    assert statuses(job) == ["queued", "submitting", "running", "storing", "succeeded"]


def test_failure_that_only_the_status_tells_is_confirmed(user: User, jobs: Batch) -> None:
    job = jobs.settled(ONLY_STATUS)

    assert (asked(user, job, "/result"), asked(user, job, "/status")) == ([400, 200], [200])


def test_result_without_a_file_is_paid(jobs: Batch) -> None:
    for name in ("output is empty", "output is absent"):
        assert jobs.settled(name)["cost"]["actual"] == "0.04"


@pytest.mark.parametrize(
    ("name", "answered", "looked_up"),
    [
        ("webhook lost", set(), True),
        ("webhook with a wrong token", {("wrong_token", 404)}, True),
        ("webhook with a wrong token first", {("wrong_token", 404), ("succeeded", 200)}, False),
        ("webhook before the answer", {("succeeded", 200)}, False),
    ],
)
def test_webhook_is_answered_and_missed_only_if_it_does_not_come(
    user: User, jobs: Batch, name: str, answered: set[tuple[str, int]], looked_up: bool
) -> None:
    seen = user.seen(jobs.settled(name))

    calls = {(call["kind"], call["status"]) for call in seen[0]["webhooks"]}
    assert {call for call in calls if call[0] in ("succeeded", "wrong_token")} == answered
    assert (look_ups(seen) > NO_LOOK_UP) == looked_up


def test_cancel_that_loses_the_race_delivers_what_is_paid(user: User, jobs: Batch) -> None:
    job = jobs.succeeded(RACE)

    assert asked(user, job, "/cancel") == [202]
    assert (job["cancel_requested"], len(landed(job)), job["cost"]["actual"]) == (True, 1, "0.04")
    assert charges(user.seen(job)) == 1


def test_cancel_is_noticed_without_a_webhook(user: User, jobs: Batch) -> None:
    job = jobs.settled(SILENT)

    assert (job["status"], job["cancel_requested"], landed(job)) == ("cancelled", True, [])
    [seen] = user.seen(job)
    assert {call["kind"] for call in seen["webhooks"]} == {"in_queue", "in_progress"}
    assert (charges([seen]), look_ups([seen])) == (1, 1)  # machine time that was used is paid for


def test_job_comes_back_when_it_was_asked_to(user: User, jobs: Batch) -> None:
    job = jobs.succeeded(LATER)

    assert statuses(job)[:4] == ["queued", "submitting", "queued", "submitting"]
    refused, again = (datetime.fromisoformat(entry["at"]) for entry in job["timeline"][2:4])
    assert (again - refused).total_seconds() >= RETRY_AFTER - 1
    assert (len(landed(job)), charges(user.seen(job))) == (1, 1)
    assert len(user.accepted("runcomfy", job["input"]["prompt"])) == 1


def test_token_that_is_refused_three_times_in_any_form_fails_the_job(user: User) -> None:
    """Last, because each time closes the account for a while."""
    prompt = unique_prompt()
    for refusal in (
        {"status": 400, "error_code": 400004},
        {"status": 403, "form": "message"},
        {"status": 401, "error_code": 401001},
    ):
        user.fault("submit_error", prompt, 1, "runcomfy", **refusal)

    job = user.wait_and_sweep(user.submit(sora(prompt))["id"])

    assert (job["status"], job["error"]["code"]) == ("failed", "provider_auth_failed")
    assert job["error"]["provider_code"] == "401001"
    assert statuses(job).count("submitting") == 3
    assert user.accepted("runcomfy", prompt) == []
