"""A provider made of a `queue_api.QueueApi`: submissions, look-ups, webhooks and cancels. Pure; `contract.Provider` has
the promises, the description all that differs from provider to provider.

A task goes by a name of ours until the provider has named it: after a lost answer there is nothing to ask for. Imported
by the webhook receiver: must stay small and must not import the catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from framehook.jobs import Task
from framehook.providers import json_calls, result_hosts
from framehook.providers.contract import (
    Accepted,
    CancelAnswer,
    HttpRequest,
    HttpResponse,
    Inquiry,
    RefusedForNow,
    Report,
    StillRunning,
    Succeeded,
    TaskToSend,
    Unknown,
    UnreadableAnswer,
    Verdict,
)
from framehook.providers.error_meanings import failure_of, verdict_of
from framehook.providers.provider_words import retry_after
from framehook.providers.queue_answers import Answer, read, read_or_empty, word_of
from framehook.providers.queue_api import QueueApi, Route
from framehook.providers.queue_reports import report_of, told, wordless
from framehook.providers.webhook_names import addressee, result_of_misnamed

_OK = range(200, 300)
_REFUSALS = range(400, 500)

type _Found = tuple[Route, Mapping[str, str]]
"""The API that serves an offering, and what its paths may name."""


class QueueProvider:
    def __init__(self, api: QueueApi) -> None:
        self.api = api
        self.NAME = api.name
        self.RESENDS_SAME_TASK_SECONDS = 0  # a repeated call makes a second task, and bills it
        self.TASKS_PER_CALL = 1
        self.OWN_TASK_ID: re.Pattern[str] | None = api.task_id

    def is_result_host(self, host: str) -> bool:
        """Whether the provider serves results from this host name (without port)."""
        return result_hosts.is_among(self.api.result_hosts, host)

    def submission(
        self, model: str, body: Mapping[str, Any], tasks: Sequence[TaskToSend], api_key: str
    ) -> HttpRequest:
        """The one paid call for the one task. Raises ValueError for what this provider has no call for."""
        if len(tasks) != 1:
            raise ValueError(f"{self.api.title} takes one task per call")
        found = self._route(model)
        if found is None:
            raise ValueError(f"this is nothing that {self.api.title} offers")
        route, names = found
        url = tasks[0].webhook_url
        webhook = {key: value.format(url=url) for key, value in (route.webhook_query or {}).items()}
        path = _path(route.submit, names, webhook if url else None)
        return json_calls.post(path, body, self._authorization(api_key), route.service)

    def read_submission(self, task_ids: Sequence[str], response: HttpResponse) -> Mapping[str, Verdict]:
        """A verdict for every task id. Never raises."""
        if len(task_ids) > 1:
            return dict.fromkeys(task_ids, Unknown("one answer can't be about several tasks"))
        return dict.fromkeys(task_ids, self._verdict(read_or_empty(self.api, response.body), response))

    def look_ups(self, model: str, task_ids: Sequence[str], api_key: str) -> Sequence[Inquiry]:
        asked = [(each, self._of_task(model, each)) for each in task_ids]
        return [
            Inquiry((task_id,), self._call("GET", found, found[0].result, api_key, found[0].result_query))
            for task_id, found in asked
            if found
        ]

    def read_look_up(self, task_ids: Sequence[str], response: HttpResponse) -> Sequence[Report]:
        """What the answer says of the one task that was asked about. Raises UnreadableAnswer."""
        if len(task_ids) != 1:
            raise UnreadableAnswer("one answer can't be about several tasks")
        return told(self.api, self.api.result, task_ids[0], response)

    def second_question(self, model: str, task_id: str, api_key: str) -> HttpRequest | None:
        """The state alone, where it can be asked for by itself."""
        found = self._of_task(model, task_id)
        return self._call("GET", found, found[0].status, api_key) if found and found[0].status else None

    def read_second_answer(self, task_id: str, response: HttpResponse) -> Sequence[Report]:
        return told(self.api, self.api.status, task_id, response)

    def read_webhook(self, body: bytes, tasks: Sequence[Task], about: Task | None) -> Sequence[Report]:
        """What a call says of the task whose URL it used. Raises UnreadableAnswer.

        It names its task by the provider's id, which may be news; one that belongs to another task is never taken.
        """
        answer = read(self.api, body)
        to = addressee(answer.id or None, answer.strange_id, tasks, about, self.api.task_id)
        report = report_of(self.api, self.api.webhook, answer, to.task.id, to.named)
        if to.misnamed:
            has_files = isinstance(report, Succeeded) and report.files
            return [result_of_misnamed(report if has_files else None)]
        if report is None and to.named is None:
            raise wordless(self.api, self.api.webhook, answer)
        return [report or StillRunning(to.task.id, to.named)]

    def can_cancel(self, model: str) -> bool:
        found = self._route(model)
        return found is not None and bool(found[0].cancel)

    def cancellation(self, model: str, task_id: str, api_key: str) -> HttpRequest | None:
        found = self._of_task(model, task_id)
        if not found or not found[0].cancel:
            return None
        return self._call(found[0].cancel_method, found, found[0].cancel, api_key)

    def read_cancellation(self, response: HttpResponse) -> CancelAnswer:
        """Never raises. What is refused to the key says nothing of the task; after a 5xx it may be stopped all the
        same."""
        answer, ok = read_or_empty(self.api, response.body), response.status in _OK
        errors, http = self.api.errors, self.api.errors.http_of(answer.code, response.status)
        unclear = http in (403, 429) or errors.refuse_key(answer.code, response.status)
        if unclear or not (ok or response.status in _REFUSALS):
            return CancelAnswer.UNCLEAR
        if http == 404:
            return CancelAnswer.REFUSED
        words = self.api.cancel.fields
        field, word = word_of(answer.document, tuple(words))
        said = words[field].get(word, CancelAnswer.UNCLEAR) if field else CancelAnswer.UNCLEAR
        return said if ok or said is CancelAnswer.REFUSED else CancelAnswer.UNCLEAR

    def _route(self, model: str) -> _Found | None:
        for route in self.api.routes:
            found = route.offerings.fullmatch(model)
            if found:
                return route, {**found.groupdict(""), "model": model}
        return None

    def _of_task(self, model: str, task_id: str) -> _Found | None:
        """None as well for a task that the provider has not named yet."""
        found = self._route(model) if self.api.task_id.fullmatch(task_id) else None
        return (found[0], {**found[1], "id": task_id}) if found else None

    def _authorization(self, api_key: str) -> str:
        return self.api.authorization.format(key=api_key)

    def _call(
        self, method: str, found: _Found, template: str, api_key: str, query: Mapping[str, str] | None = None
    ) -> HttpRequest:
        route, names = found
        headers = json_calls.headers(self._authorization(api_key))
        return HttpRequest(method, _path(template, names, query), headers, b"", route.service)

    def _verdict(self, answer: Answer, response: HttpResponse) -> Verdict:
        """A documented refusal with HTTP 4xx is one whatever id stands in it: many APIs number errors as well. But
        nothing is sent again that may have a name at the provider."""
        status = response.status
        if answer.id and status in _OK:
            return Accepted(answer.id)
        named = answer.id or answer.strange_id
        word = "with a task id that can't be relied on" if named else "without a word on the task"
        if named and status not in _REFUSALS:
            return Unknown(f"HTTP {status} {word}")
        meaning = self.api.errors.of_submission(answer.code, status)
        failure = failure_of(meaning, answer.code, answer.message)
        why = f"HTTP {status} {answer.code or word}"
        verdict = verdict_of(meaning, failure, why, retry_after(response.headers))
        return Unknown(why) if answer.id and isinstance(verdict, RefusedForNow) else verdict


def _path(template: str, names: Mapping[str, str], query: Mapping[str, str] | None) -> str:
    return template.format_map(names) + (f"?{urlencode(query)}" if query else "")
