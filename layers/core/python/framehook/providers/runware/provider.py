"""Runware's wire format: the paid call, the look-up, the webhook. Pure; `contract.Provider` has the promises.

One POST to one endpoint carries an array of tasks (docs.runware.ai/en/getting-started/how-to-connect). Every
output is a task of its own, with our UUID, our webhook and our upload URL; answers are matched by that UUID,
never by position. Imported by the webhook receiver: must stay small and must not import the catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from framehook.jobs import Task
from framehook.providers import json_calls, result_hosts
from framehook.providers.contract import (
    Accepted,
    CancelAnswer,
    Failed,
    HttpRequest,
    HttpResponse,
    Inquiry,
    KeyRefused,
    Report,
    StillRunning,
    Succeeded,
    TaskToSend,
    Unknown,
    UnreadableAnswer,
    Verdict,
)
from framehook.providers.error_meanings import Effect, failure_of, verdict_of
from framehook.providers.runware.answers import Answer, parse, task_id_of
from framehook.providers.runware.errors import RunwareError, Tells, meaning_of, of_submission
from framehook.providers.runware.reports import errors_of, one_each, results

NAME = "runware"

# A UUID that was sent before is refused with conflictTaskUUID while its task runs; once that has finished, it
# may be billed again. Nobody says for how long it is remembered, so only a short while is relied on.
RESENDS_SAME_TASK_SECONDS = 600
TASKS_PER_CALL = 4
OWN_TASK_ID: re.Pattern[str] | None = None  # tasks go by our UUIDs

_RESULT_HOSTS = re.compile(r"(?:[a-z0-9-]+\.)*runware\.ai")  # vm. for videos, im. for images

_LARGEST_SEED = 2**63 - 1
_OK = range(200, 300)

# Of several errors of one task, the one that proves least decides.
_CAUTION = (Effect.UNKNOWN, Effect.REFUSED, Effect.REFUSED_FOR_NOW)
_NOT_FOUND = "taskNotFound"


def is_result_host(host: str) -> bool:
    """Whether Runware serves results from this host name (without port)."""
    return result_hosts.is_among(_RESULT_HOSTS, host)


def submission(model: str, body: Mapping[str, Any], tasks: Sequence[TaskToSend], api_key: str) -> HttpRequest:
    """The one paid call for these tasks. Task i gets `seed` + i: one seed for all would pay twice for one."""
    return _request([_task(model, body, task, place) for place, task in enumerate(tasks)], api_key)


def look_ups(_model: str, task_ids: Sequence[str], api_key: str) -> Sequence[Inquiry]:
    asked = [{"taskType": "getResponse", "taskUUID": task_id} for task_id in task_ids]
    return [Inquiry(tuple(task_ids), _request(asked, api_key))] if asked else []


def second_question(_model: str, _task_id: str, _api_key: str) -> HttpRequest | None:
    return None


def read_second_answer(task_id: str, response: HttpResponse) -> Sequence[Report]:
    return read_look_up([task_id], response)


def can_cancel(_model: str) -> bool:
    """Runware documents no way to stop a task."""
    return False


def cancellation(_model: str, _task_id: str, _api_key: str) -> HttpRequest | None:
    return None


def read_cancellation(_response: HttpResponse) -> CancelAnswer:
    return CancelAnswer.REFUSED


def read_submission(task_ids: Sequence[str], response: HttpResponse) -> Mapping[str, Verdict]:
    """A verdict for every task id. Never raises."""
    try:
        answer = parse(response.body)
    except UnreadableAnswer as unreadable:
        return {task_id: Unknown(f"HTTP {response.status}: {unreadable}") for task_id in task_ids}
    reports = results(answer, task_ids)
    verdicts: dict[str, Verdict] = {}
    for task_id in task_ids:
        report = reports.get(task_id)
        if report:
            verdicts[task_id] = Accepted(task_id, report if isinstance(report, Succeeded) else None)
        else:
            errors = _errors_for(task_id, answer, len(task_ids), response.status, accepted=bool(reports))
            verdicts[task_id] = _verdict(task_id, errors, response.status)
    return verdicts


def read_look_up(task_ids: Sequence[str], response: HttpResponse) -> Sequence[Report]:
    """What a getResponse answer says of these tasks. Raises UnreadableAnswer.

    An error is about the look-up, and no verdict, unless it names the task and says that it ended with it.
    """
    answer = parse(response.body)
    ok = response.status in _OK
    if not ok and not answer.items and not any(error.marked for error in answer.errors):
        raise _failed_look_up(answer.errors, response.status)
    failures = []
    for error, task_id, meaning in errors_of(answer, task_ids):
        telling = meaning.tells in (Tells.ALWAYS, Tells.IN_LOOK_UP) and ok
        if telling or (error.marked and meaning.tells is not Tells.NEVER):
            failures.append(Failed(task_id, failure_of(meaning, error.code, error.message), error.cost))
    reports = one_each([*results(answer, task_ids).values(), *failures])
    ours = [error for error in answer.errors if error.task_id is None or error.task_id in task_ids]
    if not reports and any(error.code != _NOT_FOUND for error in ours):
        raise _failed_look_up(ours, response.status)  # not "there is no such task"
    return reports


def _failed_look_up(errors: Sequence[RunwareError], status: int) -> UnreadableAnswer:
    """That the question was refused, which says nothing of the tasks it was about."""
    alarm = any(meaning_of(error.code, status).alarm for error in errors)
    codes = " ".join(error.code for error in errors[:1])
    return (KeyRefused if alarm else UnreadableAnswer)(f"the look-up failed: HTTP {status} {codes}".rstrip())


def read_webhook(body: bytes, tasks: Sequence[Task], about: Task | None) -> Sequence[Report]:
    """What a call says of the job's tasks. Raises UnreadableAnswer.

    News without a UUID belongs to the task whose URL was called, or to the only one: the call was authentic.
    """
    answer = parse(body)
    if not answer.items and not answer.errors:
        raise UnreadableAnswer("the call holds neither results nor errors")
    task_ids = [task.id for task in tasks]
    nameless = about.id if about else task_ids[0] if len(task_ids) == 1 else None
    reports = [*results(answer, task_ids, nameless).values()]
    for error, task_id, meaning in errors_of(answer, task_ids, nameless):
        if meaning.tells in (Tells.ALWAYS, Tells.IF_MARKED):
            reports.append(Failed(task_id, failure_of(meaning, error.code, error.message), error.cost))
        elif meaning.alive:
            reports.append(StillRunning(task_id))
    unnamed = any(task_id_of(item) is None for item in answer.items)
    if not reports and (unnamed or any(error.task_id is None for error in answer.errors)):
        raise UnreadableAnswer("the call does not say which task it is about")
    return one_each(reports)


def _request(tasks: Sequence[Mapping[str, Any]], api_key: str) -> HttpRequest:
    return json_calls.post("", tasks, f"Bearer {api_key}")


def _task(model: str, body: Mapping[str, Any], task: TaskToSend, place: int) -> dict[str, Any]:
    sent = {**body, "taskUUID": task.id, "model": model}
    if task.webhook_url:
        sent["webhookURL"] = task.webhook_url
    if task.upload_url:
        sent["uploadEndpoint"] = task.upload_url
    if "numberResults" in sent:
        sent["numberResults"] = 1
    seed = sent.get("seed")
    if isinstance(seed, int) and not isinstance(seed, bool):
        place = place if task.position is None else task.position
        sent["seed"] = seed + place if seed <= _LARGEST_SEED - place else seed - place
    return sent


def _errors_for(
    task_id: str, answer: Answer, sent: int, status: int, *, accepted: bool
) -> list[RunwareError]:
    """The errors that surely are about this task of a submission."""
    own = [error for error in answer.errors if error.task_id == task_id.lower()]
    shared = [error for error in answer.errors if error.task_id is None]
    if own or sent == 1:
        return own or shared
    if accepted:
        return []
    meanings = [(error, meaning_of(error.code, status)) for error in shared]
    if status in _OK:  # only what concerns the account concerns every task
        return [error for error, meaning in meanings if meaning.alarm]
    return [error for error, meaning in meanings if not meaning.accepted]


def _verdict(task_id: str, errors: Sequence[RunwareError], status: int) -> Verdict:
    judged = [(of_submission(error.code, status), error) for error in errors]
    if not judged:
        return Unknown(f"HTTP {status} without a word on the task")
    if any(meaning.accepted for meaning, _ in judged):
        return Accepted(task_id)
    meaning, error = min(judged, key=lambda each: _CAUTION.index(each[0].effect))
    failure = failure_of(meaning, error.code, error.message)
    return verdict_of(meaning, failure, f"HTTP {status} {error.code}".rstrip(), error.retry_after)
