"""What a user and an operator of a stack do, as few calls: submit, wait, look, and set the simulator's faults."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.sandbox.stack_file import Stack

PATIENCE_SECONDS = 60
LONG_PATIENCE_SECONDS = 150
SWEEP_SECONDS = 5  # instead of every minute
TERMINAL = ("succeeded", "failed", "cancelled")
SETTLED = (*TERMINAL, "parked")


@dataclass(frozen=True)
class DoubtfulJob:
    """A job each of whose calls gets an answer that says nothing, as long as the simulator's fault is on."""

    id: str
    fault: str


@dataclass
class User:
    stack: Stack
    api_key: str = ""
    _http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30))
    _swept: float = 0.0

    def close(self) -> None:
        self._http.close()

    def call(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        sent = {"x-api-key": self.api_key or self.stack.api_key} | dict(headers or {})
        return self._http.request(method, f"{self.stack.api_url}{path}", json=body, headers=sent)

    def submit(self, job: Mapping[str, Any], **headers: str) -> dict[str, Any]:
        response = self.call("POST", "/v1/jobs", job, headers)
        assert response.status_code == 202, response.text
        accepted: dict[str, Any] = response.json()
        return accepted

    def send(self, body: str) -> str:
        """Puts a message on the Jobs queue and returns its id."""
        sent = self.client("sqs").send_message(QueueUrl=self.stack.outputs["JobsQueueUrl"], MessageBody=body)
        return str(sent["MessageId"])

    def job(self, job_id: str) -> dict[str, Any]:
        response = self.call("GET", f"/v1/jobs/{job_id}")
        assert response.status_code == 200, response.text
        job: dict[str, Any] = response.json()
        return job

    def wait(self, job_id: str, statuses: Collection[str] = TERMINAL) -> dict[str, Any]:
        """The job once it has one of these statuses."""
        return eventually(lambda: job if (job := self.job(job_id))["status"] in statuses else None)

    def wait_and_sweep(self, job_id: str, statuses: Collection[str] = SETTLED) -> dict[str, Any]:
        """The same for jobs that get on only by being looked after."""

        def look() -> dict[str, Any] | None:
            if time.monotonic() > self._swept + SWEEP_SECONDS:
                self.sweep()
                self._swept = time.monotonic()
            job = self.job(job_id)
            return job if job["status"] in statuses else None

        return eventually(look, LONG_PATIENCE_SECONDS)

    def resolve(self, job_id: str, action: str, **more: str) -> httpx.Response:
        return self.call("POST", f"/v1/jobs/{job_id}/resolve", {"action": action, **more})

    def cancel(self, job_id: str) -> httpx.Response:
        return self.call("POST", f"/v1/jobs/{job_id}/cancel")

    def cancel_and_wait(self, job_id: str) -> dict[str, Any]:
        """The job once it has ended, after a cancel that was taken down."""
        answer = self.cancel(job_id)
        assert (answer.status_code, answer.json()["cancel_requested"]) == (202, True), answer.text
        job = self.wait_and_sweep(job_id)
        assert job["cancel_requested"]
        return job

    def store_input(self, name: str, body: bytes, content_type: str = "application/octet-stream") -> str:
        """The s3:// URL of a new file among the default owner's inputs."""
        bucket, key = self.stack.outputs["MediaBucketName"], f"inputs/default/e2e/{name}"
        self.client("s3").put_object(Bucket=bucket, Key=key, Body=body, ContentType=content_type)
        return f"s3://{bucket}/{key}"

    def sweep(self) -> None:
        self.client("lambda").invoke(FunctionName=self.stack.outputs["SweepOverdueFunctionName"])

    def dead_letters(self) -> list[dict[str, Any]]:
        received = self.client("sqs").receive_message(
            QueueUrl=self.stack.outputs["JobsDeadLettersUrl"],
            MessageAttributeNames=["All"],
            MaxNumberOfMessages=10,
            VisibilityTimeout=0,
        )
        return [dict(message) for message in received.get("Messages", [])]

    def client(self, service: str) -> Any:
        session: Any = self.stack.aws.session  # typed clients are made by literal names, this one by any
        return session.client(service, endpoint_url=self.stack.aws.endpoint_url)

    def fault(
        self, fault: str, prompt: str, times: int | None = None, provider: str = "runware", **options: object
    ) -> str:
        """Switches a fault on for this provider's tasks with this prompt; what `end_fault` takes."""
        rule: dict[str, Any] = {"fault": fault, "match": {"prompt_contains": prompt}, "options": options}
        if times:
            rule["times"] = times
        response = self._http.post(f"{self._control(provider)}/faults", json=rule)
        assert response.status_code == 201, response.text
        return str(response.json()["id"])

    def end_fault(self, rule_id: str, provider: str = "runware") -> None:
        response = self._http.delete(f"{self._control(provider)}/faults/{rule_id}")
        assert response.status_code == 204, response.text

    @contextmanager
    def defaults(self, provider: str, **changed: object) -> Iterator[None]:
        """Other defaults of the simulator for all tasks that are submitted inside the block."""
        control = self._control(provider)
        before = self._http.get(control).json()["defaults"]
        self._http.patch(control, json={"defaults": changed}).raise_for_status()
        try:
            yield
        finally:
            self._http.patch(control, json={"defaults": {name: before[name] for name in changed}})

    def seen(self, job: Mapping[str, Any]) -> list[dict[str, Any]]:
        """What the simulator of the job's provider knows of each of the job's tasks that has a name there."""
        control = self._control(job["provider"])
        ids = [task["provider_task_id"] for attempt in job["attempts"] for task in attempt["tasks"]]
        return [self._http.get(control, params={"task_uuid": task_id}).json() for task_id in ids if task_id]

    def accepted(self, provider: str, prompt: str) -> list[dict[str, Any]]:
        """All tasks with this prompt that the simulator took, whether the job knows of them or not."""
        tasks = self._http.get(self._control(provider)).json()["accepted"]
        return [task for task in tasks if prompt in json.dumps(task["request"])]

    def _control(self, provider: str) -> str:
        return self.stack.simulators[provider].control_url


def eventually[T](look: Callable[[], T | None], seconds: float = PATIENCE_SECONDS) -> T:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found is not None:
            return found
        time.sleep(0.2)
    raise AssertionError(f"nothing came within {seconds:.0f} s")


def unique_prompt(text: str = "a mangrove forest glows in monsoon twilight") -> str:
    """A prompt of its own for each test, so that faults meet no other test's tasks."""
    return f"{text} {uuid.uuid4().hex}"


def submit_doubtful(user: User) -> DoubtfulJob:
    prompt = unique_prompt()
    fault = user.fault("non_json_body", prompt, accept=False)
    return DoubtfulJob(user.submit(video(prompt))["id"], fault)


def video(prompt: str, **changed: Any) -> dict[str, Any]:
    return {"model": "sora-2-pro", "input": {"prompt": prompt, "seconds": 4, "size": "1280x720"} | changed}


def message(**fields: Any) -> str:
    return json.dumps(fields)
