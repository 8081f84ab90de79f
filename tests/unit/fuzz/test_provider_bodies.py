"""Every body that providers send, with any one value of it changed: no reader breaks, and no change makes a refusal of
what was none, or a charge of less than nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

import pytest

from framehook.identifiers import is_unnamed
from framehook.providers.contract import (
    Accepted,
    CancelAnswer,
    Failed,
    HttpResponse,
    Refused,
    RefusedForNow,
    Report,
    Succeeded,
    Unknown,
    UnreadableAnswer,
)
from framehook.providers.questions import AccountFacts, Form, QuestionRefused
from tests.contracts.provider_cases import OURS
from tests.unit.fuzz.provider_bodies import (
    Example,
    Told,
    cancellations,
    facts,
    look_ups,
    submissions,
    tasks_of,
    webhooks,
)

CODELESS = b'{"error": {"message": "no"}}'
NO_CHARGE = (Refused, RefusedForNow)
OTHER_STATUSES = (0, 100, 204, 302, 400, 401, 404, 429, 499, 500, 502, 503, 504, 599)


def sent(example: Example) -> list[str]:
    """As many tasks as one call may carry, and at most two."""
    return [example.task, OURS[1]][: example.case.provider.TASKS_PER_CALL]


def checked(reports: Sequence[Report], example: Example) -> None:
    known = [task.id for task in tasks_of(example)]
    for report in reports:
        assert report.task_id in known
        if isinstance(report, Succeeded | Failed):
            assert report.cost is None or (0 <= report.cost < 10**12)
            assert all(len(text) < 200 for pair in report.usage for text in pair)
        if isinstance(report, Succeeded):
            assert report.seed is None or abs(report.seed) < 2**63
            assert all(file.url is None or file.url.startswith("http") for file in report.files)
        json.dumps(asdict(report), allow_nan=False, ensure_ascii=False).encode()


def read(reader: Callable[[], Sequence[Report]], example: Example) -> Sequence[Report]:
    """Nothing for what can't be read; that is the only thing that may be raised."""
    try:
        reports = reader()
    except UnreadableAnswer as unreadable:
        str(unreadable).encode()
        return []
    checked(reports, example)
    return reports


@pytest.mark.parametrize("example", submissions(), ids=str)
def test_changed_answer_to_a_submission_proves_no_more_than_it_did(example: Example) -> None:
    """A refusal is a proof that nothing is paid. What was none must not become one by a slip of the provider's."""
    provider, ids = example.case.provider, sent(example)
    before = provider.read_submission(ids, example.response)
    by_status = provider.read_submission(ids, HttpResponse(example.response.status, {}, CODELESS))
    for answer in example.changed():
        after = provider.read_submission(ids, answer)
        assert list(after) == ids
        for task_id, verdict in after.items():
            assert isinstance(verdict, Accepted | Refused | RefusedForNow | Unknown)
            was_refused = isinstance(before[task_id], NO_CHARGE)
            refusable = (
                was_refused or isinstance(by_status[task_id], NO_CHARGE) or _lost_its_name(example, answer)
            )
            assert refusable or not isinstance(verdict, NO_CHARGE), (answer.body, verdict)
            if isinstance(verdict, Accepted):
                assert not is_unnamed(verdict.task_id)
                assert not was_refused or _tells_more(answer, example.response, verdict.task_id), answer.body
                checked([verdict.report] if verdict.report else [], _named(example, verdict.task_id))


def _lost_its_name(example: Example, answer: HttpResponse) -> bool:
    """A failure of a task is the refusal of a call where it names none: its code says the same of both."""
    return example.name == "failed at once" and example.case.theirs.encode() not in answer.body


def _tells_more(answer: HttpResponse, before: HttpResponse, task_id: str) -> bool:
    """Whether the change is that the answer names this task, or names it once more."""
    return answer.body.count(task_id.encode()) > before.body.count(task_id.encode())


def _named(example: Example, task_id: str) -> Example:
    return Example(example.case, example.name, example.response, task_id)


@pytest.mark.parametrize("example", submissions(), ids=str)
def test_answer_to_a_submission_cut_short_proves_nothing(example: Example) -> None:
    provider, ids, whole = example.case.provider, sent(example), example.response
    before = provider.read_submission(ids, whole)
    for length in range(len(whole.body)):
        cut = HttpResponse(whole.status, whole.headers, whole.body[:length])
        for task_id, verdict in provider.read_submission(ids, cut).items():
            assert not isinstance(verdict, Accepted)
            assert isinstance(before[task_id], NO_CHARGE) or isinstance(verdict, Unknown)


@pytest.mark.parametrize("example", [each for each in submissions() if "taken" in each.name], ids=str)
def test_acceptance_with_any_status_is_never_sent_again(example: Example) -> None:
    """It names a task of the provider's: whatever the status says, that may be under way."""
    ids = sent(example)
    for status in OTHER_STATUSES:
        answer = HttpResponse(status, {}, example.response.body)
        verdict = example.case.provider.read_submission(ids, answer)[ids[-1]]
        assert not isinstance(verdict, RefusedForNow), status


@pytest.mark.parametrize("example", look_ups(), ids=str)
def test_changed_answer_to_a_look_up_is_about_its_task_or_unreadable(example: Example) -> None:
    provider, task_id = example.case.provider, example.task
    assert (
        read(partial(provider.read_look_up, [task_id], example.response), example)
        or example.response.status != 200
    )
    for answer in example.changed():
        read(partial(provider.read_look_up, [task_id], answer), example)
        read(partial(provider.read_second_answer, task_id, answer), example)


@pytest.mark.parametrize("example", look_ups(), ids=str)
def test_look_up_that_failed_is_no_end_whatever_its_body_says(example: Example) -> None:
    provider, task_id = example.case.provider, example.task
    for status in (500, 502, 503, 504, 599):
        for answer in (HttpResponse(status, {}, each.body) for each in example.changed()):
            for question in (
                partial(provider.read_look_up, [task_id]),
                partial(provider.read_second_answer, task_id),
            ):
                read(partial(question, answer), example)


@pytest.mark.parametrize("example", webhooks(), ids=str)
def test_changed_call_is_about_its_task_or_unreadable(example: Example) -> None:
    tasks = tasks_of(example)
    assert read(partial(example.case.provider.read_webhook, example.response.body, tasks, tasks[0]), example)
    for answer in example.changed():
        for about in (tasks[0], None):
            read(partial(example.case.provider.read_webhook, answer.body, tasks, about), example)


@pytest.mark.parametrize("example", cancellations(), ids=str)
def test_changed_answer_to_a_cancel_is_an_answer(example: Example) -> None:
    for answer in example.changed():
        for status in (answer.status, *OTHER_STATUSES):
            again = HttpResponse(status, {}, answer.body)
            assert example.case.provider.read_cancellation(again) in CancelAnswer


@pytest.mark.parametrize("told", facts(), ids=lambda told: told.name)
def test_changed_facts_can_be_shown_or_are_unreadable(told: Told) -> None:
    example = Example(submissions()[0].case, told.name, told.response, "")
    shown = 0
    for answer in (told.response, *example.changed()):
        for status in (answer.status, *OTHER_STATUSES):
            shown += _is_shown(told, HttpResponse(status, {}, answer.body))
    assert shown or told.name == "refused"


def _is_shown(told: Told, answer: HttpResponse) -> bool:
    try:
        found = told.read(answer)
    except (UnreadableAnswer, QuestionRefused) as odd:
        str(odd).encode()
        return False
    assert isinstance(found, AccountFacts | Form)
    text = json.dumps(asdict(found), allow_nan=False, ensure_ascii=False)
    assert len(text.encode()) < 4_000_000
    _no_nonsense(asdict(found))
    return True


def _no_nonsense(found: dict[str, Any]) -> None:
    for name in ("running", "queued", "limit"):
        assert found.get(name) is None or found[name] >= 0
    for name in ("balance", "coins"):
        assert found.get(name) is None or float(found[name]) == float(found[name])
