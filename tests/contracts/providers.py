"""What every provider promises, whether its wire format is code or a table: no answer breaks it, none proves more than
it says, and nothing but the header of a call has the key.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import unquote

import pytest
from hypothesis import given, settings

import framehook
from framehook import accounts
from framehook.errors import NeverSent, ReplyLost
from framehook.identifiers import unnamed
from framehook.jobs import Status, Task, TaskState
from framehook.offerings import READERS, plan
from framehook.providers.contract import (
    Accepted,
    CancelAnswer,
    HttpResponse,
    Refused,
    RefusedForNow,
    Report,
    Unknown,
    UnreadableAnswer,
)
from framehook.providers.prepared import Prepared
from framehook.wiring.providers import PROVIDERS
from tests.contracts.hostile_answers import GARBAGE, STATUSES, bodies
from tests.contracts.provider_cases import KEY, OURS, TOKEN, WEBHOOK, ProviderCase
from tests.fakes.exchanges import Answer
from tests.fakes.stack import KEYS, InMemoryStack

HEAVY = {"pydantic", "httpx", "boto3", "framehook.catalogue", "urllib.request"}
OUTAGES = (500, 502, 503, 504, 520)
PROJECT = Path(__file__).parents[2]


class ProviderContract:
    case: ClassVar[ProviderCase]

    @pytest.fixture(autouse=True)
    def _registered(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """For a provider that the product does not know, what makes it known."""

    def test_it_is_registered_under_its_name(self) -> None:
        name = self.case.provider.NAME
        assert PROVIDERS[name] is self.case.provider
        assert name in READERS
        assert self.case.account in [account.id for account in accounts.ALL if account.provider == name]

    def test_native_form_is_one_that_is_planned_for_it(self) -> None:
        reader = READERS[self.case.provider.NAME]
        provider, _, own_id = reader.NATIVE_FORM.partition("/")
        assert provider == self.case.provider.NAME
        made = reader.from_native(own_id, {}, "input")
        assert isinstance(made, Prepared) or "model" not in [problem.field for problem in made]

    def test_names_of_ours_are_none_of_its_own(self) -> None:
        own = self.case.provider.OWN_TASK_ID
        assert own is None or own.fullmatch(self.case.theirs)
        for odd in (
            unnamed(OURS[0]),
            "~",
            "",
            f"{self.case.theirs}\n",
            f"../{self.case.theirs}",
            "a?b",
            "a/b",
        ):
            assert own is None or not own.fullmatch(odd)

    def test_what_is_sent_again_is_proven_to_be_the_same(self) -> None:
        """A task that the provider names has nothing that a second call could be known by."""
        provider = self.case.provider
        assert provider.OWN_TASK_ID is None or (
            provider.RESENDS_SAME_TASK_SECONDS,
            provider.TASKS_PER_CALL,
        ) == (0, 1)

    def test_key_is_in_the_header_alone(self) -> None:
        for request in (*(request for _, request in self.case.submissions()), *self.case.questions()):
            assert KEY in request.headers["Authorization"]
            assert KEY not in request.path
            assert KEY.encode() not in request.body or request.path in self.case.keys_in_bodies

    def test_path_can_change_no_host(self) -> None:
        for request in (*(request for _, request in self.case.submissions()), *self.case.questions()):
            assert request.path[:1] in ("", "/", "?")
            assert not request.path.startswith("//")
            services = next(each.services for each in accounts.ALL if each.id == self.case.account)
            assert request.service in services

    def test_provider_that_calls_is_told_where(self) -> None:
        for offering, request in self.case.submissions():
            told = WEBHOOK in unquote(request.path) or WEBHOOK.encode() in request.body
            assert told is (offering not in self.case.silent)

    def test_job_is_looked_up_early_only_where_nobody_calls(self) -> None:
        for job in self.case.jobs:
            planned = plan(job["model"], job["input"], job.get("provider"))
            assert (planned.look_up_growth is not None) is (planned.offering in self.case.silent)

    def test_task_without_a_name_is_never_asked_for(self) -> None:
        if self.case.provider.OWN_TASK_ID is None:
            return
        for offering, _ in self.case.offerings():
            assert not self.case.provider.look_ups(offering, [unnamed(OURS[0])], KEY)
            assert self.case.provider.second_question(offering, unnamed(OURS[0]), KEY) is None
            assert self.case.provider.cancellation(offering, unnamed(OURS[0]), KEY) is None

    def test_look_ups_ask_for_every_task_once(self) -> None:
        for offering, _ in self.case.offerings():
            inquiries = self.case.provider.look_ups(offering, [self.case.known_as], KEY)
            assert [each for inquiry in inquiries for each in inquiry.task_ids] == [self.case.known_as]

    def test_any_answer_to_a_submission_is_a_verdict_on_every_task(self) -> None:
        provider, ids = self.case.provider, self._ids()

        @settings(deadline=None)
        @given(status=STATUSES, body=bodies(*ids, self.case.theirs))
        def check(status: int, body: bytes) -> None:
            found = provider.read_submission(ids, HttpResponse(status, {}, body))
            assert list(found) == ids
            for verdict in found.values():
                str(verdict).encode()
                if isinstance(verdict, Accepted):
                    assert self._is_name(verdict.task_id)

        check()

    @pytest.mark.parametrize("status", [200, 202, 302, *OUTAGES])
    def test_garbage_proves_nothing_about_money(self, status: int) -> None:
        ids = self._ids()
        for body in GARBAGE:
            found = self.case.provider.read_submission(ids, HttpResponse(status, {}, body))
            assert [type(verdict) for verdict in found.values()] == [Unknown] * len(ids), body

    def test_words_of_a_refusal_hold_no_secret(self) -> None:
        quoted = f"can't call {WEBHOOK}: no answer"
        [verdict] = self.case.provider.read_submission(
            [self.case.sent_as], self.case.refuses(quoted)
        ).values()
        assert isinstance(verdict, Refused)
        assert TOKEN not in str(verdict)

    @pytest.mark.parametrize(
        ("answer", "status", "state"),
        [
            ("takes", Status.RUNNING, TaskState.ACCEPTED),
            ("busy", Status.QUEUED, TaskState.PLANNED),
            (NeverSent("ConnectError"), Status.QUEUED, TaskState.PLANNED),
            (ReplyLost("ReadTimeout"), Status.SUBMITTING, TaskState.UNKNOWN),
            (HttpResponse(502, {}, b"<html>"), Status.SUBMITTING, TaskState.UNKNOWN),
        ],
        ids=["taken", "busy", "never sent", "reply lost", "broken"],
    )
    def test_job_is_where_the_answer_leaves_it(
        self, answer: str | HttpResponse | Exception, status: Status, state: TaskState
    ) -> None:
        stack, answers = self._stack()
        answers.append(getattr(self.case, answer) if isinstance(answer, str) else answer)
        job = stack.submit(stack.accept(**self.case.jobs[0]).id)
        assert (job.status, [task.state for task in job.tasks]) == (status, [state])
        assert len(stack.scripted[self.case.account].requests) == 1

    def test_refused_job_has_failed(self) -> None:
        stack, answers = self._stack()
        answers.append(self.case.refuses("no"))
        job = stack.submit(stack.accept(**self.case.jobs[0]).id)
        assert (job.status, job.charged) == (Status.FAILED, None)

    def test_busy_is_no_refusal_for_good(self) -> None:
        [verdict] = self.case.provider.read_submission([self.case.sent_as], self.case.busy).values()
        assert isinstance(verdict, RefusedForNow)

    def test_any_call_on_our_webhook_is_about_the_jobs_own_tasks_or_unreadable(self) -> None:
        tasks = [Task(self.case.sent_as, 0), Task(self.case.theirs, 1)]

        @settings(deadline=None)
        @given(body=bodies(*(task.id for task in tasks)))
        def check(body: bytes) -> None:
            for about in (*tasks, None):
                self._check_reports(partial(self.case.provider.read_webhook, body, tasks, about), tasks)

        check()

    def test_any_answer_to_a_question_is_about_its_task_or_unreadable(self) -> None:
        provider, task_id = self.case.provider, self.case.known_as

        @settings(deadline=None)
        @given(status=STATUSES, body=bodies(task_id))
        def check(status: int, body: bytes) -> None:
            response, asked = HttpResponse(status, {}, body), [Task(task_id, 0)]
            self._check_reports(partial(provider.read_look_up, [task_id], response), asked)
            self._check_reports(partial(provider.read_second_answer, task_id, response), asked)

        check()

    @pytest.mark.parametrize("status", OUTAGES)
    def test_outage_says_nothing_of_a_task(self, status: int) -> None:
        for body in GARBAGE:
            response = HttpResponse(status, {}, body)
            for read in (self._looked_up, self._asked_again):
                assert not self._reports(partial(read, response))

    def test_any_answer_to_a_cancel_is_an_answer(self) -> None:
        @settings(deadline=None)
        @given(status=STATUSES, body=bodies(self.case.known_as))
        def check(status: int, body: bytes) -> None:
            assert self.case.provider.read_cancellation(HttpResponse(status, {}, body)) in CancelAnswer

        check()

    def test_outage_leaves_a_cancel_open(self) -> None:
        if not any(self.case.provider.can_cancel(offering) for offering, _ in self.case.offerings()):
            return
        for status in OUTAGES:
            for body in GARBAGE:
                answer = self.case.provider.read_cancellation(HttpResponse(status, {}, body))
                assert answer is CancelAnswer.UNCLEAR

    def test_results_are_fetched_from_its_own_hosts_alone(self) -> None:
        assert all(map(self.case.provider.is_result_host, self.case.hosts))
        lookalikes = [
            *(f"evil{'.'.join(host.split('.')[-2:])}" for host in self.case.hosts),
            *(f"{host}.evil.com" for host in self.case.hosts),
            *("x".join(host.rsplit(".", 1)) for host in self.case.hosts),
            *(f"{host}{end}" for host in self.case.hosts for end in ("\n", ":443", "/", ".", "@evil.com")),
            *(f"{start}{host}" for host in self.case.hosts for start in (".", "x@", "evil.com/", "a..")),
        ]
        assert not [
            host for host in (*lookalikes, *self.case.foreign) if self.case.provider.is_result_host(host)
        ]

    def test_importing_it_is_light(self) -> None:
        """The webhook receiver must answer within seconds even cold."""
        code = (
            "import importlib, sys; sys.path[:0] = sys.argv[2:]; importlib.import_module(sys.argv[1]); "
            "print(*sys.modules)"
        )
        places = [str(Path(framehook.__path__[0]).parent), str(PROJECT)]
        command = [sys.executable, "-c", code, self.case.module, *places]
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - ours
        loaded = set(done.stdout.split())
        assert self.case.module in loaded
        assert not HEAVY & loaded

    def _ids(self) -> list[str]:
        """As many tasks as one call may carry, and at most two."""
        return [self.case.sent_as, OURS[1]][: self.case.provider.TASKS_PER_CALL]

    def _is_name(self, task_id: str) -> bool:
        own = self.case.provider.OWN_TASK_ID
        return task_id in OURS if own is None else own.fullmatch(task_id) is not None

    def _stack(self) -> tuple[InMemoryStack, list[Answer]]:
        """A stack, and where the answers of the account are scripted."""
        stack = InMemoryStack(keys={**KEYS, self.case.account: KEY})
        answers: Any = stack.scripted[self.case.account].answers
        return stack, answers

    def _looked_up(self, response: HttpResponse) -> Sequence[Report]:
        return self.case.provider.read_look_up([self.case.known_as], response)

    def _asked_again(self, response: HttpResponse) -> Sequence[Report]:
        return self.case.provider.read_second_answer(self.case.known_as, response)

    def _reports(self, read: Callable[[], Sequence[Report]]) -> Sequence[Report]:
        """What is said; nothing where nobody can read it. Anything else that is raised is a defect."""
        try:
            return read()
        except UnreadableAnswer as unreadable:
            str(unreadable).encode()
            return []

    def _check_reports(self, read: Callable[[], Sequence[Report]], tasks: Sequence[Task]) -> None:
        for report in self._reports(read):
            str(report).encode()
            assert report.task_id in [task.id for task in tasks]
            named = getattr(report, "named", None)
            assert named is None or self._is_name(named)
