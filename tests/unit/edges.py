"""The edges over the stack in memory, as `wiring` makes them over AWS, and the job that the sample events expect."""

from __future__ import annotations

import hashlib
import io
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, override

from aws_lambda_powertools.utilities.typing import LambdaContext

from framehook.account_overview import AccountOverview
from framehook.adapters.dynamodb_items import job_from_image
from framehook.errors import UnreadableItem
from framehook.http_edge import HttpEdge
from framehook.jobs import Job, LandedFile, Output, OutputRecord, OutputState, Status, Task, TaskState
from framehook.model_forms import ModelForms
from framehook.ports import JobFile
from framehook.providers.runcomfy import account as runcomfy_account
from framehook.providers.runninghub import account as runninghub_account
from framehook.providers.runware import account as runware_account
from framehook.queue_edge import QueueEdge
from framehook.stream_edge import StreamEdge
from framehook.telemetry import observed
from framehook.tokens import hash_token
from tests.fakes import FakeJobStore, FakeOwnerDirectory, RecordingDeadLetters, Trouble
from tests.fakes.stack import BUCKET, OWNER, InMemoryStack
from tests.fakes.trouble import may_fail
from tests.sample_events import API_KEY, JOB_ID, TASK_ID, TOKEN, Event, SampleContext, rest_call
from tests.unit.described_api import DescribedApi

OTHER_KEY = "another-key-that-opens-nothing"
OTHER_OWNER = "bob"
DEFAULT_OWNER = "default"
DESCRIPTION = Path(__file__).parents[2] / "functions" / "serve_api" / "openapi.json"
ASKED: Mapping[str, Any] = {
    "model": "sora-2-pro",
    "input": {"prompt": "mangroves glow", "size": "1280x720", "seconds": 8},
}
_API = DescribedApi()


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def code(self) -> str:
        return str(self.body["code"])


@dataclass
class Api:
    """The HTTP API over the stack in memory. Every answer is held against the description."""

    stack: InMemoryStack = field(default_factory=InMemoryStack)
    public_base_url: str = ""

    def __post_init__(self) -> None:
        self.owners = FakeOwnerDirectory({_hash(API_KEY): OWNER, _hash(OTHER_KEY): OTHER_OWNER})
        self.edge = HttpEdge(
            intake=self.stack.intake,
            resolution=self.stack.resolution,
            cancelling=lambda: self.stack.cancelling,
            overview=lambda: overview(self.stack),
            forms=lambda: ModelForms(self.stack.calling),
            queue=self.stack.queue,
            owners=self.owners,
            media=self.stack.media,
            chance=self.stack.chance,
            bucket=BUCKET,
            default_owner=DEFAULT_OWNER,
            public_base_url=self.public_base_url,
            description=DESCRIPTION,
        )
        self.resolver = self.edge.resolver()

    def send(self, event: Event) -> Answer:
        answer = self.resolver.resolve(event, LambdaContext())
        headers = {name: values[0] for name, values in answer["multiValueHeaders"].items()}
        body = json.loads(answer["body"], parse_constant=_no_constant) if answer["body"] else None
        _API.check(event["httpMethod"], event["path"], answer["statusCode"], headers, body)
        return Answer(answer["statusCode"], headers, body)

    def submit(self, body: object = ASKED, **headers: str) -> Answer:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send(rest_call("POST", "/v1/jobs", body, headers=given))

    def post(self, path: str, body: object = None, *, key: str = API_KEY) -> Answer:
        return self.send(rest_call("POST", path, body, headers={"x-api-key": key}))

    def get(self, path: str, query: Mapping[str, str] | None = None, *, key: str = API_KEY) -> Answer:
        return self.send(rest_call("GET", path, query=query, headers={"x-api-key": key}))


def overview(stack: InMemoryStack) -> AccountOverview:
    readers = {"runware": runware_account, "runninghub": runninghub_account, "runcomfy": runcomfy_account}
    return AccountOverview(stack.calling, readers, stack.gates, stack.clock, stack.chance)


class RecordingPoison:
    def __init__(self) -> None:
        self.trouble = Trouble()
        self.records: list[tuple[Any, str]] = []

    @may_fail
    def send(self, record: str, reason: str) -> None:
        self.records.append((json.loads(record), reason))


def queue_edge(stack: InMemoryStack, letters: RecordingDeadLetters | None = None) -> QueueEdge:
    return QueueEdge(stack.intake, stack.submission, letters or RecordingDeadLetters(), DEFAULT_OWNER)


def stream_edge(stack: InMemoryStack, poison: RecordingPoison | None = None) -> StreamEdge:
    return StreamEdge(stack.publication, poison or RecordingPoison(), job_from_image)


def sample_job(stack: InMemoryStack, **changed: Any) -> Job:
    """The job of the sample events, running, with the task and the token that the recorded calls name."""
    job = replace(
        stack.running(job_id=JOB_ID),
        tasks=(Task(TASK_ID, 0, state=TaskState.ACCEPTED),),
        token_hashes=(hash_token(JOB_ID, 1, TOKEN),),
    )
    return stored(stack, replace(job, **changed))


def parked_job(stack: InMemoryStack) -> Job:
    unknown = (Task(TASK_ID, 0, state=TaskState.UNKNOWN),)
    return sample_job(stack, status=Status.PARKED, tasks=unknown, accepted_at=None)


def landed_job(stack: InMemoryStack) -> Job:
    """The job of the sample events with its one file in the bucket."""
    landed = LandedFile(f"outputs/{OWNER}/{JOB_ID}/0.mp4", 2048, "video/mp4", "sha256:abcd")
    stack.jobs.outputs[JOB_ID, 0, 1] = OutputRecord(0, seed=7, video_id="v", landed=landed)
    return sample_job(
        stack,
        status=Status.SUCCEEDED,
        tasks=(Task(TASK_ID, 0, state=TaskState.REPORTED, cost=4_000_000),),
        outputs=(Output(0, state=OutputState.LANDED),),
        charged=4_000_000,
        due_at=None,
        finished_at=stack.clock.now(),
    )


def stored(stack: InMemoryStack, job: Job) -> Job:
    """`job` in the table as it is, whatever was there."""
    stack.jobs.jobs[job.id] = job
    return job


def line_of(handle: Callable[[Event], object], event: Event) -> dict[str, Any]:
    """The one line that an invocation with this event writes when it is done."""
    (done,) = (line for line in lines_of(handle, event) if line["message"] == "done")
    return done


def lines_of(handle: Callable[[Event], object], event: Event) -> list[dict[str, Any]]:
    """All that an invocation with this event writes."""
    observed(lambda _event, _context: None)(None, None)  # makes the logger, if nothing has yet
    (handler,) = logging.getLogger("framehook").handlers
    assert isinstance(handler, logging.StreamHandler)
    before = handler.setStream(written := io.StringIO())
    observed(lambda given, _context: handle(given))(event, SampleContext())
    handler.setStream(before)
    return [json.loads(line) for line in written.getvalue().splitlines()]


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _no_constant(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")


class StoreWithUnreadableParts(FakeJobStore):
    """A job's state can be read, and what is stored beside it can't."""

    @override
    def get_file(self, job_id: str) -> JobFile | None:
        raise UnreadableItem("stored data can't be read")
