"""Calls on the deployed webhook URLs of running jobs by others than their providers: refused, all of them, without a
trace in the table. Then the providers call, and the jobs are delivered."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.e2e.user import User, unique_prompt, video
from tests.sandbox.stack_file import Stack
from tests.unit.fuzz.forgeries import Address, Forger, Forgery

FORGERIES = 500
LONG = 6_000  # simulated seconds: the jobs run until the test has its way
HURRIED = 3_000  # simulated seconds per second; at much more of them the files would be gone before they are fetched
AT_ONCE = 4
URL_FIELDS = {"runware": "webhookURL", "runninghub": "webhookUrl"}
JOBS = {
    "runware": video,
    "runninghub": lambda prompt: {
        "model": "runninghub/workflow/1904136902449209346",
        "input": {"nodeInfoList": [{"nodeId": "6", "fieldName": "text", "fieldValue": prompt}]},
    },
}
# The gateway has no such route.
NO_ROUTE = (403, "Missing Authentication Token")
REFUSED = (404, '{"code":"not_found"}')


class Running:
    """A job that its provider is at, and the URL that the provider is going to call."""

    def __init__(self, user: User, provider: str) -> None:
        prompt = unique_prompt()
        user.fault("run_time", prompt, provider=provider, seconds=LONG)
        self.id = str(user.submit(JOBS[provider](prompt))["id"])
        user.wait_and_sweep(self.id, ("running", "failed"))
        [task] = user.accepted(provider, prompt)
        self.url = str(task["request"][URL_FIELDS[provider]])

    def item(self, user: User) -> dict[str, Any]:
        key = {"pk": {"S": f"JOB#{self.id}"}, "sk": {"S": "STATE"}}
        table = user.stack.outputs["JobsTableName"]
        found = user.client("dynamodb").get_item(TableName=table, Key=key, ConsistentRead=True)
        return dict(found["Item"])


@pytest.fixture
def jobs(user: User) -> list[Running]:
    return [Running(user, provider) for provider in JOBS]


def body(job: Running) -> bytes:
    """A success, as Runware tells it."""
    task = {
        "taskType": "videoInference",
        "taskUUID": job.id,
        "videoURL": "https://vm.runware.ai/a.mp4",
        "cost": 9,
    }
    return json.dumps({"data": [task]}).encode()


def parts(address: Address) -> list[str]:
    """The parts of the path as the local gateway finds them: it takes %2F for a slash, and several slashes for one."""
    path = f"{address.provider}/{address.job_id}/{address.place}/{address.token}"
    return [part for part in path.split("/") if part]


def forged(jobs: Sequence[Running]) -> list[Forgery]:
    """None of them a URL of the jobs, not even to that gateway."""
    known = [Address.of(job.url) for job in jobs]
    forger = Forger(known, [body(job) for job in jobs])
    made = forger.forgeries(2 * FORGERIES)
    others = (
        each
        for each in made
        if len(parts(each.address)) != 4 or Address(*parts(each.address)).opens not in forger.good
    )
    return [forgery for forgery, _ in zip(others, range(FORGERIES), strict=False)]


def answered(client: httpx.Client, base: str, forgery: Forgery) -> tuple[int, str]:
    address = forgery.address
    named = (address.provider, address.job_id, address.place, address.token)
    path = "/".join(quote(part.encode("utf-8", "replace"), safe="") for part in named)
    answer = client.post(f"{base}/{path}", content=forgery.body, headers={"Content-Type": "application/json"})
    return answer.status_code, answer.text


@contextmanager
def hurried(stack: Stack) -> Iterator[None]:
    """Inside, what takes minutes takes seconds; the providers' simulators share one clock."""
    control = stack.simulators["runware"].control_url
    speed = httpx.get(control).json()["speed"]
    httpx.patch(control, json={"speed": HURRIED}).raise_for_status()
    try:
        yield
    finally:
        httpx.patch(control, json={"speed": speed}).raise_for_status()


def test_forged_calls_are_refused_and_the_true_one_is_taken(
    stack: Stack, user: User, jobs: list[Running]
) -> None:
    before = [job.item(user) for job in jobs]
    base = jobs[0].url.rsplit("/", 4)[0]
    forgeries = forged(jobs)
    assert len(forgeries) == FORGERIES
    with httpx.Client(timeout=30) as client, ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda forgery: answered(client, base, forgery), forgeries))

    assert [job.item(user) for job in jobs] == before
    for forgery, (status, text) in zip(forgeries, answers, strict=True):
        no_route = (status, json.loads(text).get("message")) == NO_ROUTE
        assert (status, text) == REFUSED or (no_route and _misses_the_route(forgery.address)), forgery
    counted = Counter(status for status, _ in answers)
    assert counted[404] > counted[403] > 0

    with hurried(stack):
        ended = [user.wait_and_sweep(job.id) for job in jobs]
    assert [job["status"] for job in ended] == ["succeeded"] * len(jobs)
    for job in ended:
        [seen] = user.seen(job)
        assert [call["status"] for call in seen["webhooks"]] == [200]


def _misses_the_route(address: Address) -> bool:
    found = parts(address)
    return len(found) != 4 or bool({".", ".."} & set(found))
