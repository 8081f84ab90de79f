"""One body of each thing that providers say, as their pages have it: what the readers of answers are given, changed.

Of Runware, RunningHub, RunComfy and the imaginary Lumen, by what was asked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, override

from framehook.jobs import Task
from framehook.providers.contract import HttpRequest, HttpResponse
from framehook.providers.runcomfy import account as comfy_account
from framehook.providers.runcomfy import forms as comfy_forms
from framehook.providers.runninghub import account as hub_account
from framehook.providers.runninghub import forms as hub_forms
from framehook.providers.runware import account as runware_account
from tests.contracts.provider_cases import OURS, WEBHOOK, ProviderCase
from tests.fakes import runcomfy_answers as comfy
from tests.fakes import runninghub_answers as hub
from tests.fakes.stack import refusal, response, success
from tests.imaginary_provider import answers as lumen
from tests.sample_events import EVENTS, TASK_ID, sample_event
from tests.unit.fuzz.json_values import every_change, spelled
from tests.unit.providers import runcomfy_payloads as comfy_bodies
from tests.unit.providers import test_account_questions as accounts
from tests.unit.providers import test_runcomfy_account as comfy_accounts
from tests.unit.providers import test_runcomfy_forms as comfy_models
from tests.unit.providers import test_runninghub_forms as hub_models
from tests.unit.providers.test_runware_reports import TIMEOUT, VIDEO
from tests.unit.test_provider_contract import TestLumen, TestRunComfy, TestRunningHub, TestRunware

CASES = {
    case.provider.NAME: case
    for case in (TestRunware.case, TestRunningHub.case, TestRunComfy.case, TestLumen.case)
}
ASKED_ABOUT = str(VIDEO["taskUUID"])


@dataclass(frozen=True, slots=True)
class Example:
    """What a provider answered; `task` is the one that it is about, where it is about one."""

    case: ProviderCase
    name: str
    response: HttpResponse
    task: str

    def changed(self) -> Iterator[HttpResponse]:
        """The same answer with any one value of its body changed."""
        for document in every_change(json.loads(self.response.body)):
            yield replace(self.response, body=spelled(document))

    @override
    def __str__(self) -> str:
        return f"{self.case.provider.NAME}-{self.name}"


@dataclass(frozen=True, slots=True)
class Told:
    """An answer to a question that is about no task, and who reads it."""

    name: str
    response: HttpResponse
    read: Callable[[HttpResponse], Any]


def submissions() -> list[Example]:
    found = []
    for case in CASES.values():
        request = HttpRequest("POST", "", {}, _runware_tasks())
        answers = {"taken": case.takes(request), "refused": case.refuses("no"), "busy": case.busy}
        answers["broken"] = response(502, {"message": "Bad Gateway", "error": {"code": "x"}})
        found += [Example(case, name, each, case.sent_as) for name, each in answers.items()]
    more = {
        "runware": {
            "duplicate": refusal(400, "conflictTaskUUID", taskUUID=OURS[0]),
            "half taken": response(
                200,
                {
                    "data": [{"taskType": "videoInference", "taskUUID": OURS[1]}],
                    "errors": [{"code": "invalidSeed", "message": "…", "taskUUID": OURS[0]}],
                },
            ),
            "no credit": refusal(402, "insufficientCredits"),
            "done": response(200, success({"taskType": "videoInference", "taskUUID": OURS[0]})),
        },
        "runninghub": {
            "taken by a run": hub.answer(
                {
                    "code": 0,
                    "msg": "success",
                    "data": {
                        "taskId": hub.TASK,
                        "taskStatus": "RUNNING",
                        "clientId": "x",
                        "promptTips": "{}",
                    },
                }
            ),
            "failed at once": hub.answer(hub.broken(code="1501")),
        },
        "runcomfy": {
            "no credit": comfy.answer(comfy_bodies.NO_CREDIT, 400),
            "invalid": comfy.answer(comfy_bodies.INVALID, 422),
        },
    }
    for name, answers in more.items():
        found += [Example(CASES[name], each, answer, CASES[name].sent_as) for each, answer in answers.items()]
    return found


def look_ups() -> list[Example]:
    """Answers to look-ups and to second questions alike."""
    runware = {
        "done": response(200, {"data": [VIDEO]}),
        "processing": response(
            200, {"data": [{"taskUUID": ASKED_ABOUT, "status": "processing", "progress": 7}]}
        ),
        "failed": response(200, {"errors": [TIMEOUT | {"cost": 0.5}]}),
        "unknown": refusal(400, "taskNotFound", taskUUID=ASKED_ABOUT),
    }
    running_hub = {
        "done": hub.answer(hub.finished()),
        "running": hub.answer(hub.task("RUNNING")),
        "failed": hub.answer(hub.broken()),
        "unknown": hub.refused("1004"),
        "webhook": hub.answer({"code": 0, "data": hub.event(hub.finished())}),
    }
    run_comfy = {
        name: comfy.answer(body, status)
        for name, body, status in (
            ("queued", comfy_bodies.IN_QUEUE, 200),
            ("done", comfy_bodies.DONE, 200),
            ("priced", comfy_bodies.PRICED, 200),
            ("failed", comfy_bodies.FAILED, 200),
            ("run failed", comfy_bodies.RUN_FAILED, 200),
            ("run done", comfy_bodies.RUN_DONE, 200),
            ("too early", comfy_bodies.NOT_READY, 400),
            ("unknown", comfy_bodies.NOT_FOUND, 404),
            ("key refused", comfy_bodies.BAD_TOKEN, 401),
        )
    }
    imaginary = {"running": lumen.state("IN_PROGRESS"), "done": lumen.state("COMPLETED", **lumen.MADE)}
    answers = {"runware": runware, "runninghub": running_hub, "runcomfy": run_comfy, "lumen": imaginary}
    return [
        Example(CASES[provider], name, each, ASKED_ABOUT if provider == "runware" else CASES[provider].theirs)
        for provider, named in answers.items()
        for name, each in named.items()
    ]


def webhooks() -> list[Example]:
    """The recorded calls and Lumen's, as if they were answers."""
    found = []
    for path in sorted((EVENTS / "receive_webhook").glob("*.json")):
        event = sample_event("receive_webhook", path.stem)
        provider, body = event["pathParameters"]["provider"], event["body"]
        if body.startswith("{") and path.stem != "malformed_path":
            told = json.loads(body)
            task = TASK_ID if provider == "runware" else str(told.get("request_id") or told["taskId"])
            found.append(Example(CASES[provider], path.stem, HttpResponse(200, {}, body.encode()), task))
    calls = {"lumen-done": lumen.called(), "lumen-failed": lumen.called(None, error="no luck")}
    return found + [
        Example(CASES["lumen"], name, lumen.answer(body), lumen.REQUEST) for name, body in calls.items()
    ]


def cancellations() -> list[Example]:
    answers = {
        "runninghub": [hub.answer({"code": 0, "msg": "success", "data": None}), hub.refused("807")],
        "runcomfy": [
            comfy.answer({"request_id": comfy.REQUEST, "status": "cancellation_requested"}, 202),
            comfy.answer({"request_id": comfy.REQUEST, "outcome": "not_cancellable", "status": "completed"}),
            comfy.answer(comfy_bodies.NOT_FOUND, 404),
        ],
        "lumen": [lumen.answer({"status": "CANCELLATION_REQUESTED"}, 202), lumen.refused(404)],
    }
    return [
        Example(CASES[provider], str(number), each, CASES[provider].theirs)
        for provider, listed in answers.items()
        for number, each in enumerate(listed)
    ]


def facts() -> list[Told]:
    """How accounts stand, and what models can be filled in with."""
    workflow, app = hub_models.workflow(hub_models.GRAPH), hub_models.app(hub_models.APP_NODE)
    graph = comfy_models.DEPLOYMENT["payload"]
    return [
        Told("runware account", accounts.details(), runware_account.read_details),
        Told("runninghub queue", accounts.told(accounts.QUEUE), hub_account.read_queue),
        Told("runninghub account", accounts.told(accounts.STATUS), hub_account.read_status),
        Told("runcomfy account", comfy_accounts.told(), comfy_account.read_balance),
        Told("runninghub workflow", workflow, hub_forms.read_workflow),
        Told(
            "runninghub workflow as an object",
            accounts.told({"prompt": hub_models.GRAPH}),
            hub_forms.read_workflow,
        ),
        Told("runninghub app", app, hub_forms.read_app),
        Told("runcomfy model", comfy_models.model(), comfy_forms.read_model),
        Told("runcomfy deployment", comfy_models.deployment(graph), comfy_forms.read_deployment),
        Told("refused", hub.refused("901"), hub_forms.read_app),
    ]


def tasks_of(example: Example) -> list[Task]:
    return [Task(example.task, 0), Task(example.case.sent_as if example.task != OURS[0] else OURS[1], 1)]


def _runware_tasks() -> bytes:
    sent = [{"taskType": "videoInference", "taskUUID": each, "webhookURL": WEBHOOK} for each in OURS]
    return json.dumps(sent).encode()
