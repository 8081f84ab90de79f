"""The use cases over the fakes: one stack in memory, with the provider's answers scripted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from framehook import accounts
from framehook.calling import Calling
from framehook.cancelling import Cancelling
from framehook.changes import Changes
from framehook.completion import Completion, WebhookCall
from framehook.due_times import Policy
from framehook.fetching import Fetching
from framehook.following import Following
from framehook.inputs import InputKeeper, InputSigner
from framehook.intake import Intake
from framehook.jobs import Job, Status
from framehook.landing import Landing
from framehook.looking_up import LookingUp
from framehook.paid_call import PaidCall
from framehook.ports import Transport
from framehook.preparation import Preparation
from framehook.providers.contract import HttpRequest, HttpResponse
from framehook.publication import Publication, StoredChange
from framehook.reminders import Reminders
from framehook.requests import JobRequest
from framehook.resolution import Resolution
from framehook.stopping import Stopping
from framehook.submission import Submission
from framehook.sweeping import Sweeping
from framehook.wiring.provider_calls import preferred
from framehook.wiring.providers import PROVIDERS
from tests.fakes.chance import FakeClock, SeededChance
from tests.fakes.directories import FakeGateStore, FakeResources, FakeSecrets
from tests.fakes.exchanges import FakeDownloader, ScriptedTransport
from tests.fakes.job_store import FakeJobStore
from tests.fakes.media import FakeMediaStore, FakeUploadSigner
from tests.fakes.messages import (
    RecordingBus,
    RecordingFollowUps,
    RecordingQueue,
    RecordingStarter,
)

BUCKET = "media"
OWNER = "ada"
PLENTY = 290_000
VIDEO_URL = "https://vm.runware.ai/video/1.mp4"
KEYS = {"runware": "key", "runninghub-ai": "hub-key", "runcomfy": "comfy-key"}


@dataclass
class InMemoryStack:
    """`keys` are those of the accounts that have one. An account in `transports` is reached by what stands there, every
    other one by answers scripted in `scripted`."""

    policy: Policy = field(default_factory=Policy)
    keys: Mapping[str, str] = field(default_factory=lambda: dict(KEYS))
    transports: Mapping[str, Transport] = field(default_factory=dict)
    webhook_base: str = "https://hooks.example"
    clock: FakeClock = field(default_factory=FakeClock)
    chance: SeededChance = field(default_factory=SeededChance)

    def __post_init__(self) -> None:
        self.jobs = FakeJobStore(self.clock)
        self.gates = FakeGateStore()
        self.media = FakeMediaStore()
        self.signer = FakeUploadSigner()
        self.queue = RecordingQueue()
        self.follow_ups = RecordingFollowUps()
        self.starter = RecordingStarter()
        self.bus = RecordingBus()
        self.secrets = FakeSecrets(dict(self.keys))
        self.scripted = {account.id: ScriptedTransport() for account in accounts.ALL}
        self.runware = self.scripted["runware"]
        self.runninghub = self.scripted["runninghub-ai"]
        self.runninghub_cn = self.scripted["runninghub-cn"]
        self.runcomfy = self.scripted["runcomfy"]
        self.resources = FakeResources()
        self.downloader = FakeDownloader()
        self.changes = Changes(self.jobs, self.clock, self.policy)
        self.completion = Completion(self.changes, PROVIDERS)
        keeper = InputKeeper(self.media, BUCKET)
        self.intake = Intake(self.changes, keeper)
        self.calling = calling = Calling(self.secrets, {**self.scripted, **self.transports}, preferred("ai"))
        reminders = Reminders(self.follow_ups, self.clock)
        looking_up = LookingUp(self.completion, calling, PROVIDERS)
        self.submission = Submission(
            changes=self.changes,
            gates=self.gates,
            chance=self.chance,
            calling=calling,
            preparation=Preparation(self.jobs, keeper, InputSigner(self.signer, BUCKET), self.resources),
            looking_up=looking_up,
            paid_call=PaidCall(
                changes=self.changes,
                gates=self.gates,
                chance=self.chance,
                calling=calling,
                signer=self.signer,
                providers=PROVIDERS,
                completion=self.completion,
                webhook_base=self.webhook_base,
            ),
            reminders=reminders,
        )
        self.landing = Landing(self.changes, self.media, 2**31)
        downloaders = dict.fromkeys(PROVIDERS, self.downloader)
        self.fetching = Fetching(self.changes, self.media, downloaders, 2**31)
        self.following = Following(
            changes=self.changes,
            looking_up=looking_up,
            queue=self.queue,
            media=self.media,
            starter=self.starter,
            stopping=Stopping(self.changes, calling, PROVIDERS),
            reminders=reminders,
        )
        self.cancelling = Cancelling(self.changes, self.starter, PROVIDERS)
        self.sweeping = Sweeping(self.jobs, self.starter, self.clock)
        self.resolution = Resolution(self.changes, self.queue, self.chance, PROVIDERS)
        self.publication = Publication(
            self.jobs, self.bus, self.starter, BUCKET, "https://api.example", frozenset(Status)
        )

    def accept(self, job_id: str | None = None, **changed: Any) -> Job:
        """A job of the documented Sora 2 Pro kind, stored and queued."""
        asked = {
            "model": "sora-2-pro",
            "input": {"prompt": "mangroves glow", "seconds": 8, "size": "1792x1024"},
        }
        request = JobRequest.model_validate(asked | changed)
        return self.intake.accept(OWNER, job_id or self.chance.uuid(), request).job

    def submit(self, job_id: str) -> Job:
        self.submission.submit(job_id, lambda: PLENTY)
        return self.job(job_id)

    def answer(self, *answers: HttpResponse | Exception) -> None:
        """What the provider answers to the next calls, in this order."""
        self.runware.answers.extend(answers)

    def acknowledge(self) -> None:
        """The provider takes the next call's tasks, whatever they are."""
        self.runware.answers.append(acknowledged)

    def running(self, **changed: Any) -> Job:
        """A job that the provider has acknowledged."""
        job = self.accept(**changed)
        self.acknowledge()
        return self.submit(job.id)

    def job(self, job_id: str) -> Job:
        job = self.jobs.get(job_id)
        assert job is not None
        return job

    def sent(self, call: int = -1) -> list[dict[str, Any]]:
        """The tasks of one call to the provider."""
        tasks: list[dict[str, Any]] = json.loads(self.runware.requests[call].body)
        return tasks

    def webhook(self, task: Mapping[str, Any], body: Mapping[str, Any] | bytes) -> Job:
        """The provider calls the URL it was given for this task: twice, as it may."""
        call = call_for(task, body)
        self.completion.receive(call)
        return self.completion.receive(call)

    def upload(self, task: Mapping[str, Any], body: bytes) -> str:
        """The provider PUTs its result; returns the key. The bucket's notification is not delivered."""
        key = str(task["uploadEndpoint"]).split("/", 3)[3].split("?")[0]
        self.media.put(key, body, "")
        return key

    def follow_up_when_due(self, job_id: str) -> Job:
        """Waits until the job is due, sweeps, and follows up what the sweep found."""
        due_at = self.job(job_id).due_at
        assert due_at is not None
        self.clock.advance(ms=max(0, due_at - self.clock.now()))
        self.starter.follow_ups.clear()
        self.sweeping.sweep(lambda: PLENTY)
        for due in self.starter.follow_ups:
            self.following.follow_up(due)
        return self.job(job_id)

    def message(self) -> Job:
        """Delivers the latest delayed message when its time has come: twice, as a queue may."""
        due, delay = self.follow_ups.sent[-1]
        self.clock.advance(seconds=delay)
        self.following.follow_up(due)
        self.following.follow_up(due)
        return self.job(due.job_id)

    def deliver_files(self, job_id: str, *bodies: bytes) -> Job:
        """Fetches and lands every output, in order, as the stream and the bucket would have it."""
        for index, body in enumerate(bodies):
            attempt = self.job(job_id).outputs[index].attempt
            record = self.jobs.get_output(job_id, index, attempt)
            assert record
            assert record.result
            if record.result.url:
                self.downloader.bodies[record.result.url] = body
            self.fetching.fetch(job_id, index)
            self.landing.land(f"incoming/{job_id}/{attempt}/{index}")
        return self.job(job_id)

    def publish(self) -> None:
        """Delivers what the table's stream holds, twice."""
        changes = [StoredChange(change.before, change.after) for change in self.jobs.changes if change.notify]
        self.jobs.changes.clear()
        self.publication.publish(changes)
        self.publication.publish(changes)


def call_for(task: Mapping[str, Any], body: Mapping[str, Any] | bytes) -> WebhookCall:
    url = str(task.get("webhookURL") or task["webhookUrl"])
    _, _, _, provider, job_id, place, token = url.rsplit("/", 6)
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return WebhookCall(provider, job_id, place, token, raw)


def acknowledged(request: HttpRequest) -> HttpResponse:
    """The plain answer of an asynchronous submission: runware.ai/docs/en/video-inference/api-reference."""
    tasks = json.loads(request.body)
    data = [{"taskType": task["taskType"], "taskUUID": task["taskUUID"]} for task in tasks]
    return response(200, {"data": data})


def response(status: int, body: object) -> HttpResponse:
    return HttpResponse(status, {"content-type": "application/json"}, json.dumps(body).encode())


def refusal(status: int, code: str, **fields: object) -> HttpResponse:
    return response(status, {"errors": [{"code": code, "message": "…", **fields}]})


def success(task: Mapping[str, Any], **changed: Any) -> dict[str, Any]:
    """The body of a webhook for a finished video."""
    item = {
        "taskType": task["taskType"],
        "taskUUID": task["taskUUID"],
        "videoUUID": "93666777-2328-4441-a0d4-b6df40eb0a1a",
        "videoURL": VIDEO_URL,
        "seed": 443404476,
        "cost": 4,
    }
    return {"data": [item | changed]}


def failure(task: Mapping[str, Any], code: str = "timeoutProvider") -> dict[str, Any]:
    return {"errors": [{"code": code, "message": "no luck", "taskUUID": task["taskUUID"]}]}
