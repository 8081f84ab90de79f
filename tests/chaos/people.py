"""Those outside: a client that asks for jobs and repeats itself, somebody who cancels, an operator who decides about
parked jobs, and a forger of webhooks.
"""

from __future__ import annotations

import functools
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from framehook.errors import InvalidRequest, Unavailable, WrongState
from framehook.identifiers import derive_job_id
from framehook.jobs import Status, TaskState
from framehook.requests import JobRequest, ResolveRequest
from tests.chaos.cloud import Cloud
from tests.chaos.generations import Generation, Ledger
from tests.chaos.world import HOUR, MINUTE, SECOND, World
from tests.fakes.runcomfy_answers import DEPLOYMENT
from tests.fakes.stack import OWNER, InMemoryStack

_SORA: Mapping[str, Any] = {"prompt": "mangroves glow", "seconds": 8, "size": "1792x1024"}
REQUESTS: tuple[Mapping[str, Any], ...] = (
    {"model": "sora-2-pro", "provider": "runware", "input": _SORA},
    {"model": "sora-2-pro", "provider": "runware", "input": {**_SORA, "count": 2}},
    {"model": "sora-2-pro", "provider": "runninghub", "input": {"prompt": "mangroves", "seconds": 8}},
    {
        "model": "sora-2-pro",
        "provider": "runninghub",
        "input": {"prompt": "mangroves", "seconds": 8, "count": 2},
    },
    {
        "model": "runninghub/workflow/1904136902449209346",
        "input": {"nodeInfoList": [{"nodeId": "6", "fieldName": "text", "fieldValue": "a lake"}]},
    },
    {"model": "sora-2-pro", "provider": "runcomfy", "input": _SORA},
    {"model": "sora-2-pro", "provider": "runcomfy", "input": {**_SORA, "count": 2}},
    {
        "model": f"runcomfy/deployment/{DEPLOYMENT}",
        "input": {"overrides": {"6": {"inputs": {"text": "a lake"}}}},
    },
)
_TRIES = 4
_ACTIONS: tuple[Literal["resend", "adopt", "abandon"], ...] = (
    "resend",
    "resend",
    "adopt",
    "adopt",
    "abandon",
)
_PARKED_FOR_AT_MOST = 2 * 24 * HOUR


@functools.cache
def _request(kind: int) -> JobRequest:
    return JobRequest.model_validate(REQUESTS[kind])


@dataclass(slots=True)
class People:
    """`promised`: jobs that somebody was told to exist; `asked`: how many were asked for; `words`: how often somebody
    has decided to have a job sent again."""

    world: World
    cloud: Cloud
    ledger: Ledger
    promised: set[str] = field(default_factory=set)
    asked: int = 0
    words: Counter[str] = field(default_factory=Counter)

    @property
    def stack(self) -> InMemoryStack:
        return self.cloud.stack

    # ------------------------------------------------------------------ asking

    def ask_for_jobs(self, count: int) -> None:
        self.asked = count
        for number in range(count):
            kind = self.world.random.randrange(len(REQUESTS))
            ask = self._send_message if self.world.random.random() < 0.3 else self._post
            at = self.world.within(10 * MINUTE) if number else 0
            self.world.scheduler.after(at, functools.partial(ask, kind, f"order-{number}"))

    def _post(self, kind: int, key: str) -> None:
        copies = 2 if self.world.faults.strikes("request twice") else 1
        for _ in range(copies):
            self.world.scheduler.after(self.world.within(SECOND), lambda: self._try(kind, key, 1))

    def _try(self, kind: int, key: str, tries: int) -> None:
        job_id = derive_job_id(OWNER, f"key:{key}")

        def act() -> str:
            accepted = self.stack.intake.accept(OWNER, job_id, _request(kind))
            if accepted.job.status is Status.QUEUED:
                try:
                    self.stack.queue.send(job_id)
                except Unavailable:
                    self.world.story.tell("serve_api", job_id, "leaves it to the sweep")
            return job_id

        def ended(result: object) -> None:
            if isinstance(result, str):
                self.promised.add(result)
                self._maybe_cancel(result)
            elif tries < _TRIES:
                self.world.scheduler.after(
                    self.world.within(10 * SECOND), lambda: self._try(kind, key, tries + 1)
                )

        self.cloud.functions.run("serve_api", job_id, act, ended)

    def _send_message(self, kind: int, key: str) -> None:
        """With a key of its own, or by the message's id."""
        own = {"idempotency_key": key} if self.world.random.random() < 0.5 else {}
        self.cloud.messages.send(json.dumps({**REQUESTS[kind], **own}))

    # ------------------------------------------------------------------ cancelling

    def _maybe_cancel(self, job_id: str) -> None:
        if self.world.faults.strikes("cancelled"):
            at = self.world.within(2 * HOUR)
            self.world.scheduler.after(at, lambda: self._cancel(job_id))

    def _cancel(self, job_id: str) -> None:
        self.world.story.tell("somebody", "cancels", job_id)

        def act() -> object:
            try:
                return self.stack.cancelling.cancel(OWNER, job_id)
            except WrongState as over:
                return str(over)

        self.cloud.functions.run("serve_api", job_id, act, lambda _: None)

    # ------------------------------------------------------------------ parked jobs

    def job_parked(self, job_id: str) -> None:
        """Somebody looks at it, or nobody does."""
        quick = self.world.faults.strikes("operator is quick")
        at = self.world.within(5 * MINUTE if quick else _PARKED_FOR_AT_MOST) + SECOND
        chosen = self.world.random.random()
        if chosen < 0.6:
            self.world.scheduler.after(at, lambda: self._decide(job_id))
        elif chosen < 0.7:
            self.world.scheduler.after(at, lambda: self._cancel(job_id))
        if chosen < 0.2:
            self.world.scheduler.after(self.world.within(3 * at), lambda: self._cancel(job_id))

    def _decide(self, job_id: str) -> None:
        job = self.stack.jobs.jobs[job_id]
        if job.status is not Status.PARKED:
            return
        action = self.world.random.choice(_ACTIONS)
        adopted = self._what_the_site_shows(job_id) if action == "adopt" else None
        if action == "adopt" and adopted is None:
            return
        asked = ResolveRequest.model_construct(
            action=action, provider_task_id=adopted.id if adopted else None, attempt=job.attempt
        )
        self.world.story.tell("operator", action, job_id, adopted.short if adopted else "")
        self.words[job_id] += action == "resend"
        self._resolve(job_id, asked, 1)

    def _resolve(self, job_id: str, asked: ResolveRequest, tries: int) -> None:
        """Repeated as long as nobody answers: it is one decision."""

        def act() -> object:
            try:
                return self.stack.resolution.resolve(OWNER, job_id, asked)
            except (WrongState, InvalidRequest) as refused:
                return str(refused)

        def ended(result: object) -> None:
            if isinstance(result, BaseException) and tries < _TRIES:
                again = self.world.within(HOUR)
                self.world.scheduler.after(again, lambda: self._resolve(job_id, asked, tries + 1))

        self.cloud.functions.run("serve_api", job_id, act, ended)

    def _what_the_site_shows(self, job_id: str) -> Generation | None:
        """The generation in the place of the first unknown task: of the provider's own list, the one that fits."""
        job = self.stack.jobs.jobs[job_id]
        unknown = next((task for task in job.tasks if task.state is TaskState.UNKNOWN), None)
        if unknown is None:
            return None
        known = {task.id for task in job.tasks if task is not unknown}
        fitting = (
            each
            for each in self.ledger.of_job(job_id)
            if (each.slot, each.attempt) == (unknown.slot, unknown.attempt)
            and each.id not in known
            and self.world.now < each.kept_until - HOUR
        )
        return next(fitting, None)

    # ------------------------------------------------------------------ forging

    def forge(self, job_id: str, answered: Callable[[int], None]) -> None:
        """A call with a token that nobody has given out."""
        path = {"provider": "runware", "job_id": job_id, "attempt": "1.0", "token": "A" * 43}
        body = json.dumps(
            {"data": [{"taskType": "videoInference", "videoURL": "https://vm.runware.ai/x.mp4"}]}
        )
        self.cloud.receive(path, body.encode(), answered)
