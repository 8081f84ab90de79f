"""What the answers of a provider that a `queue_api.QueueApi` describes say of a task that it has: how the task is, or
only how the question fared. Builds no requests; what a report does to a job is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from framehook.errors import Failure
from framehook.providers.contract import (
    Failed,
    HttpResponse,
    KeyRefused,
    Missing,
    Report,
    StillRunning,
    Succeeded,
    UnknownState,
    UnreadableAnswer,
)
from framehook.providers.error_meanings import cancelled_at, failure_of
from framehook.providers.provider_words import retry_after, without_secrets
from framehook.providers.queue_answers import Answer, cost_of, made, read, state_of
from framehook.providers.queue_api import QueueApi, Reading
from framehook.providers.task_states import State

_OK = range(200, 300)
_REFUSALS = range(400, 500)


def told(api: QueueApi, reading: Reading, task_id: str, response: HttpResponse) -> Sequence[Report]:
    """What an answer to a question about this task says; empty where the question came too early, or was refused for a
    reason that says nothing. Raises UnreadableAnswer."""
    wait, ok = retry_after(response.headers), response.status in _OK
    if response.status == 429 or not (ok or response.status in _REFUSALS):
        raise UnreadableAnswer(f"HTTP {response.status}", wait)
    try:
        answer = read(api, response.body)
    except UnreadableAnswer as unreadable:
        if ok:
            raise UnreadableAnswer(str(unreadable), wait) from None
        answer = Answer()
    if answer.strange_id or answer.id not in ("", task_id):
        raise UnreadableAnswer("the answer is about another task")
    report = report_of(api, reading, answer, task_id) if ok else None
    if report is not None and not _is_about_the_call(api, answer, report):
        return [report]
    return _of_call(api, reading, answer, task_id, response)


def report_of(
    api: QueueApi, reading: Reading, answer: Answer, task_id: str, named: str | None = None
) -> Report | None:
    """How the task is, by the word for its state. None: there is none, or nobody has told us of it.

    Raises UnreadableAnswer where it has ended, and how it did is told elsewhere."""
    _, state = state_of(answer, reading)
    if state is State.ENDED and answer.is_error and reading.ended_with_error:
        state = State.FAILED
    cost = cost_of(api, answer)
    if state is None:
        return None
    if state is State.ENDED:
        raise UnreadableAnswer("the task has ended, and this does not tell how")
    if state is State.ALIVE:
        return StillRunning(task_id, named)
    if state is State.SUCCEEDED:
        files = made(api, reading, answer)
        if files or not answer.is_error:
            return Succeeded(task_id, files, cost=cost, named=named)
    failure = _failure(api, answer, cancelled=state is State.CANCELLED)
    return Failed(task_id, failure, cost, named=named, doubtful_for=reading.doubtful_for)


def wordless(api: QueueApi, reading: Reading, answer: Answer) -> UnreadableAnswer:
    """Why an answer that should say how a task is does not."""
    word, _ = state_of(answer, reading)
    if word:
        return UnknownState(f"{api.title} has a word that is not known: {without_secrets(word)}")
    return UnreadableAnswer("the answer does not say how the task is")


def _failure(api: QueueApi, answer: Answer, *, cancelled: bool) -> Failure:
    if cancelled:
        return cancelled_at(api.title, answer.code)
    meaning = api.errors.of_code(answer.code) or api.errors.other
    return failure_of(meaning, answer.code, answer.message)


def _is_about_the_call(api: QueueApi, answer: Answer, report: Report) -> bool:
    """A known error and no task's name: a word such as "error" beside it says how the question fared. A success is one
    only where it has files, and then whatever stands beside it."""
    known = api.errors.of_code(answer.code) is not None
    return known and not answer.id and not isinstance(report, Succeeded)


def _of_call(
    api: QueueApi, reading: Reading, answer: Answer, task_id: str, response: HttpResponse
) -> Sequence[Report]:
    """What an answer says that does not tell how the task is. Raises UnreadableAnswer."""
    errors, status = api.errors, response.status
    http = errors.http_of(answer.code, status)
    if answer.code in errors.not_ready:
        return []
    if errors.refuse_key(answer.code, status):
        raise KeyRefused(f"HTTP {status} {answer.code}".rstrip())
    if http == 403:  # not the key's: it may not see the task, which may be under way all the same
        raise UnreadableAnswer(f"HTTP {status} {answer.code}".rstrip())
    if http == 429:
        raise UnreadableAnswer("too many questions", retry_after(response.headers))
    if http == 404:
        return [Missing(task_id)]
    if status in _OK and not answer.code and (state_of(answer, reading)[0] or not answer.message):
        raise wordless(api, reading, answer)
    return []
