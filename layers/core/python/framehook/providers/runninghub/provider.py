"""RunningHub's wire format: the paid call, the look-up, the webhook. Pure; `contract.Provider` has the promises.

A model is an endpoint below /openapi/v2; workflows and AI apps are run by their id. Every call makes one task, which
RunningHub names: until then it goes by a UUID of ours, which RunningHub never sees, so after a lost answer there is
nothing to look up. Answers come with HTTP 200 whatever they say (github.com/HM-RunningHub/ComfyUI_RH_OpenAPI,
developer-kit). Imported by the webhook receiver: must stay small and must not import the catalogue.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from framehook.jobs import Task
from framehook.providers import result_hosts
from framehook.providers.contract import (
    Accepted,
    CancelAnswer,
    Failed,
    HttpRequest,
    HttpResponse,
    Inquiry,
    KeyRefused,
    Missing,
    Report,
    StillRunning,
    Succeeded,
    TaskToSend,
    Unknown,
    UnreadableAnswer,
    Verdict,
)
from framehook.providers.error_meanings import cancelled_at, failure_of, verdict_of
from framehook.providers.provider_words import retry_after
from framehook.providers.runninghub.answers import TASK_ID, Answer, parse
from framehook.providers.runninghub.calls import CANCEL, WEBHOOK_RECORD, old_post, post
from framehook.providers.runninghub.errors import Tells, meaning_of, refusal_of, refuses_key
from framehook.providers.runninghub.ids import path_of, run_of
from framehook.providers.runninghub.results import cost_of
from framehook.providers.task_states import State
from framehook.providers.webhook_names import addressee, result_of_misnamed

NAME = "runninghub"
RESENDS_SAME_TASK_SECONDS = 0  # a repeated call makes a second task, and bills it
TASKS_PER_CALL = 1
OWN_TASK_ID: re.Pattern[str] | None = TASK_ID

# A look-up may say FAILED shortly before the task ends well.
_DOUBTFUL_SECONDS = 10

_RESULT_HOSTS = re.compile(r"(?:[a-z0-9-]+\.)+(?:myqcloud|xiaoyaoyou)\.com")

_OK = range(200, 300)
_STATES: Mapping[str, State] = {
    "SUCCESS": State.SUCCEEDED,
    "FAILED": State.FAILED,
    **dict.fromkeys(("CANCEL", "CANCELLED", "CANCELED"), State.CANCELLED),
}
_OTHER_STATUS = State.ALIVE
_TOLD: Mapping[Tells, State] = {Tells.FAILED: State.FAILED, Tells.ALIVE: State.ALIVE}
_TOLD_IN_EVENT: Mapping[Tells, State] = {**_TOLD, Tells.FAILED_IN_EVENT: State.FAILED}
_END = "TASK_END"
# By code; these say that the task is over, or not there. A key or a purse that is refused says nothing of it.
_CANCEL: Mapping[str, CancelAnswer] = dict.fromkeys(("423", "805", "807", "1004"), CancelAnswer.REFUSED)
_GRAPH = "workflow"  # an object until it is sent, so that what it names can be signed; sent as text


def is_result_host(host: str) -> bool:
    """Whether RunningHub serves results from this host name (without port)."""
    return result_hosts.is_among(_RESULT_HOSTS, host)


def submission(model: str, body: Mapping[str, Any], tasks: Sequence[TaskToSend], api_key: str) -> HttpRequest:
    """The one paid call for the one task."""
    if len(tasks) != 1:
        raise ValueError("RunningHub takes one task per call")
    path = path_of(model)
    if path is None:
        raise ValueError("this is no model of RunningHub")
    document = {**body, "webhookUrl": tasks[0].webhook_url}
    if run_of(model) and isinstance(body.get(_GRAPH), Mapping):
        document[_GRAPH] = json.dumps(body[_GRAPH], ensure_ascii=False, separators=(",", ":"))
    return post(f"/openapi/v2/{path}", document, api_key)


def read_submission(task_ids: Sequence[str], response: HttpResponse) -> Mapping[str, Verdict]:
    """A verdict for every task id. Never raises."""
    try:
        answer = parse(response.body)
    except UnreadableAnswer:
        answer = Answer()
    if len(task_ids) > 1:
        return dict.fromkeys(task_ids, Unknown("one answer can't be about several tasks"))
    named = bool(answer.ids or answer.strange_id)
    return {each: _taken(answer, response) if named else _not_taken(answer, response) for each in task_ids}


def look_ups(_model: str, task_ids: Sequence[str], api_key: str) -> Sequence[Inquiry]:
    return [
        Inquiry((task_id,), post("/openapi/v2/query", {"taskId": task_id}, api_key))
        for task_id in task_ids
        if TASK_ID.fullmatch(task_id)
    ]


def read_look_up(task_ids: Sequence[str], response: HttpResponse) -> Sequence[Report]:
    """What the answer says of the one task that was asked about. Raises UnreadableAnswer."""
    if response.status not in _OK:
        kind = KeyRefused if refuses_key("", response.status) else UnreadableAnswer
        raise kind(f"HTTP {response.status}")
    answer = parse(response.body)
    if len(task_ids) != 1 or answer.strange_id or not set(answer.ids) <= set(task_ids):
        raise UnreadableAnswer("the answer is about another task")
    report = _report(answer, task_ids[0])
    if report is None and _says_missing(answer):
        report = Missing(task_ids[0])
    if report is None:
        kind = KeyRefused if refuses_key(answer.code, response.status) else UnreadableAnswer
        raise kind(f"the answer tells nothing of the task: {answer.code or 'no status'}")
    return [report]


def second_question(_model: str, task_id: str, api_key: str) -> HttpRequest | None:
    """The record of its webhook holds the event: www.runninghub.ai/runninghub-api-doc/api-276642713."""
    return _about_task(WEBHOOK_RECORD, task_id, api_key)


def read_second_answer(task_id: str, response: HttpResponse) -> Sequence[Report]:
    return read_look_up([task_id], response)


def read_webhook(body: bytes, tasks: Sequence[Task], about: Task | None) -> Sequence[Report]:
    """What a call says of the task whose URL it used. Raises UnreadableAnswer.

    It names its task by RunningHub's id, which may be news; one that belongs to another task is never taken.
    """
    answer = parse(body)
    if len(answer.ids) > 1:
        raise UnreadableAnswer("the call names several tasks")
    named = answer.ids[0] if answer.ids else None
    to = addressee(named, answer.strange_id, tasks, about, TASK_ID)
    ended = answer.event in ("", _END)
    if to.misnamed:
        return [result_of_misnamed(_report(answer, to.task.id) if ended else None)]
    alive = StillRunning(to.task.id, to.named)
    if not ended:
        return [alive]
    report = _report(answer, to.task.id, to.named) or (alive if to.named else None)
    if report is None:
        raise UnreadableAnswer("the call does not say how the task is")
    return [report]


def can_cancel(model: str) -> bool:
    """Only ComfyUI's tasks: there is no such call for standard models."""
    return run_of(model) is not None


def cancellation(_model: str, task_id: str, api_key: str) -> HttpRequest | None:
    return _about_task(CANCEL, task_id, api_key)


def read_cancellation(response: HttpResponse) -> CancelAnswer:
    """Never raises."""
    try:
        answer = parse(response.body)
    except UnreadableAnswer:
        return CancelAnswer.UNCLEAR
    if response.status in _OK and answer.fine:
        return CancelAnswer.TAKEN
    said = _CANCEL.get(answer.code, CancelAnswer.UNCLEAR)
    return said if response.status < 500 else CancelAnswer.UNCLEAR


def _about_task(path: str, task_id: str, api_key: str) -> HttpRequest | None:
    return old_post(path, {"taskId": task_id}, api_key) if TASK_ID.fullmatch(task_id) else None


def _taken(answer: Answer, response: HttpResponse) -> Verdict:
    """An answer that names a task: there is one, unless it is too strange to tell."""
    if response.status not in _OK or answer.strange_id or len(answer.ids) != 1:
        return Unknown(f"HTTP {response.status} with a task id that can't be relied on")
    task_id = answer.ids[0]
    report = _report(answer, task_id)
    if isinstance(report, Failed) or (isinstance(report, Succeeded) and report.files):
        return Accepted(task_id, report)
    if answer.code and meaning_of(answer.code).tells is not Tells.ALIVE:
        return Accepted(task_id, _failed(answer, task_id, None))
    return Accepted(task_id)


def _not_taken(answer: Answer, response: HttpResponse) -> Verdict:
    meaning = refusal_of(answer.code, response.status)
    failure = failure_of(meaning, answer.code, answer.message)
    why = f"HTTP {response.status} {answer.code or 'without a word on the task'}"
    return verdict_of(meaning, failure, why, retry_after(response.headers))


def _report(answer: Answer, task_id: str, named: str | None = None) -> Report | None:
    """None: the answer says nothing of its task."""
    match _state(answer):
        case State.SUCCEEDED:
            cost = cost_of(answer.usage)
            return Succeeded(task_id, answer.files, cost=cost, usage=answer.usage, named=named)
        case State.CANCELLED:
            failure = cancelled_at("RunningHub", answer.code)
            return Failed(task_id, failure, cost_of(answer.usage), answer.usage, named)
        case State.FAILED:
            return _failed(answer, task_id, named)
        case State.ALIVE:
            return StillRunning(task_id, named)
        case _:
            return None


def _state(answer: Answer) -> State | None:
    """By its status, or by its code where it has none."""
    if answer.status:
        return _STATES.get(answer.status, _OTHER_STATUS)
    if answer.old_success:
        return State.SUCCEEDED
    told = _TOLD_IN_EVENT if answer.in_event else _TOLD
    return told.get(meaning_of(answer.code).tells)


def _failed(answer: Answer, task_id: str, named: str | None) -> Failed:
    failure = failure_of(meaning_of(answer.code), answer.code, answer.message, answer.reason)
    return Failed(task_id, failure, cost_of(answer.usage), answer.usage, named, _DOUBTFUL_SECONDS)


def _says_missing(answer: Answer) -> bool:
    """The code 1 is a generic one; only the old calls say with it that there is no such thing."""
    missing = meaning_of(answer.code).tells is Tells.MISSING and not answer.in_event
    return missing and (answer.code != "1" or answer.code_key == "code")
