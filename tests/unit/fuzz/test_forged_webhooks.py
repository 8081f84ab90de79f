"""Ten thousand calls on webhook URLs by others than providers: none is taken, none costs more than one read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any, cast, get_protocol_members

from framehook.changes import Changes
from framehook.completion import Completion
from framehook.jobs import Status
from framehook.ports import JobStore
from framehook.requests import ResolveRequest
from framehook.webhook_edge import answer
from framehook.wiring.providers import PROVIDERS
from tests.fakes import runcomfy_answers as comfy
from tests.fakes import runninghub_answers as hub
from tests.fakes.stack import OWNER, InMemoryStack, call_for, success
from tests.sample_events import Event, sample_event
from tests.unit import runcomfy_stories, runninghub_stories
from tests.unit.fuzz.forgeries import Address, Forger, Forgery
from tests.unit.fuzz.watched import held

FORGERIES = 10_000
OTHER_BODIES = (
    hub.event(hub.finished()),
    hub.event(hub.finished(hub.OTHER_TASK)),
    hub.event(hub.broken()),
    comfy.called("succeeded", outputs=comfy.pictures(comfy.PICTURE_URL)),
    comfy.called("cancelled"),
)


class Counted:
    """The store, and every call on it by its name."""

    def __init__(self, store: JobStore) -> None:
        self.calls: Counter[str] = Counter()
        for name in get_protocol_members(JobStore):
            setattr(self, name, self._counting(name, getattr(store, name)))

    def _counting(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.calls[name] += 1
            return method(*args, **kwargs)

        return call


class Receiver:
    """The receiver over a stack with jobs at every provider, in several states, all of whose URLs are known."""

    def __init__(self) -> None:
        self.stack = InMemoryStack()
        runware = self._runware()
        urls = [*runware, *self._runninghub(), *self._runcomfy()]
        self.bodies = [json.dumps(body).encode() for body in (*map(success, runware), *OTHER_BODIES)]
        self.urls = [Address(call.provider, call.job_id, call.place, call.token) for call in map(_call, urls)]
        self.store = Counted(self.stack.jobs)
        changes = Changes(cast("JobStore", self.store), self.stack.clock, self.stack.policy)
        self.completion = Completion(changes, PROVIDERS)

    def status(self, forged: Forgery) -> int:
        self.store.calls.clear()
        answered = answer(self.completion, _event(forged.address, forged.body))
        assert answered["statusCode"] in (200, 404)
        assert answered["body"] in ('{"ok":true}', '{"code":"not_found"}')
        return int(answered["statusCode"])

    def _runware(self) -> list[dict[str, Any]]:
        """One that runs, one of two outputs, one that was sent again as another attempt, and one that has ended."""
        stack = self.stack
        stack.running()
        stack.running(input={"prompt": "mangroves glow", "count": 2})
        sent = [stack.sent(call) for call in range(2)]
        stack.answer(runcomfy_stories.LOST)
        parked = stack.submit(stack.accept().id)
        while parked.status is not Status.PARKED:
            stack.answer(*[runcomfy_stories.LOST] * 9)
            parked = stack.follow_up_when_due(parked.id)
            stack.submit(parked.id)
            stack.runware.answers.clear()
        stack.resolution.resolve(OWNER, parked.id, ResolveRequest(action="resend"))
        stack.acknowledge()
        assert stack.submit(parked.id).attempt == 2
        done = stack.running()
        stack.webhook(stack.sent()[0], success(stack.sent()[0]))
        assert stack.job(done.id).status is not Status.RUNNING
        sent += [stack.sent(call) for call in (2, -2, -1)]
        return [task for tasks in sent for task in tasks]

    def _runninghub(self) -> list[dict[str, Any]]:
        answers = (hub.taken(), hub.taken(hub.OTHER_TASK))
        runninghub_stories.submitted(self.stack, runninghub_stories.TWO, *answers)
        return [hub.sent(request) for request in self.stack.runninghub.requests]

    def _runcomfy(self) -> list[dict[str, Any]]:
        runcomfy_stories.submitted(self.stack, runcomfy_stories.WORKFLOW, comfy.taken())
        return [comfy.webhook_of(request) for request in self.stack.runcomfy.requests]


def _call(task: dict[str, Any]) -> Any:
    return call_for(task, b"")


def _event(address: Address, body: bytes) -> Event:
    event = sample_event("receive_webhook", "success_wrapped")
    names = {
        "provider": address.provider,
        "job_id": address.job_id,
        "attempt": address.place,
        "token": address.token,
    }
    path = f"/webhooks/{'/'.join(names.values())}"
    return event | {"pathParameters": names, "path": path, "body": body.decode(), "isBase64Encoded": False}


def test_forged_call_is_refused_and_costs_at_most_one_read() -> None:
    receiver = Receiver()
    assert (len({url.job_id for url in receiver.urls}), len({url.opens for url in receiver.urls})) == (6, 8)
    before, made = held(receiver.stack), Counter[str]()
    for forged in Forger(receiver.urls, receiver.bodies).forgeries(FORGERIES):
        assert receiver.status(forged) == 404, forged
        assert receiver.store.calls == ({} if forged.malformed else {"get": 1}), forged
        made[forged.kind] += 1
    assert held(receiver.stack) == before
    assert made.total() == FORGERIES
    assert min(made.values()) > FORGERIES // 30


def test_true_call_is_taken_by_the_same_receiver() -> None:
    """That forgeries are refused means something only if the URLs they are made of are good."""
    receiver = Receiver()
    for address in receiver.urls:
        assert receiver.status(Forgery("none", address, b"{}")) == 200, address
