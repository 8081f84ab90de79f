"""Whether the simulation would notice: each of these breaks the product in one place, and has to be found."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from framehook import landing, queue_edge, tasks
from framehook.catalogue import formats
from framehook.completion import Completion
from framehook.following import Following
from framehook.identifiers import derive_job_id
from framehook.jobs import Job
from framehook.paid_call import PaidCall
from framehook.providers.contract import RefusedForNow, Unknown
from framehook.wiring.providers import PROVIDERS
from tests.chaos.simulation import Simulation
from tests.fakes import FakeJobStore

_MOST_SEEDS = 400

type Sabotage = Callable[[pytest.MonkeyPatch], None]


def resends_whatever_is_unknown(patch: pytest.MonkeyPatch) -> None:
    """As if RunningHub took the same task for the same."""
    patch.setattr(PROVIDERS["runninghub"], "RESENDS_SAME_TASK_SECONDS", 600)


def takes_silence_for_a_refusal(patch: pytest.MonkeyPatch) -> None:
    before = PaidCall._answered  # noqa: SLF001

    def answered(self: PaidCall, *args: Any) -> Any:
        found, body = before(self, *args)
        return {
            task_id: RefusedForNow(tasks.RUN_DEADLINE) if isinstance(verdict, Unknown) else verdict
            for task_id, verdict in found.items()
        }, body

    patch.setattr(PaidCall, "_answered", answered)


def calls_before_it_writes_down(patch: pytest.MonkeyPatch) -> None:
    """A crash after the call leaves no trace of it: the job still waits to be sent."""
    before = PaidCall.make

    def make(self: PaidCall, job: Job, account: Any, planned: Any, gate: Any) -> Any:
        provider = self.providers[job.provider]
        sends = [self._task_to_send(job, task, self.chance.token()) for task in self.sendable(job)]
        request = provider.submission(planned.offering, planned.body, sends[:1], account.api_key)
        with contextlib.suppress(Exception):
            self.calling.send(account.account, request)
        return before(self, job, account, planned, gate)

    patch.setattr(PaidCall, "make", make)


def ignores_versions(patch: pytest.MonkeyPatch) -> None:
    before = FakeJobStore.replace

    def overwrite(self: FakeJobStore, job: Job, seen: Job) -> Job:
        return before(self, job, replace(seen, version=self.jobs[job.id].version))

    patch.setattr(FakeJobStore, "replace", overwrite)


def lands_what_it_has_not_checked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(landing, "inspect", lambda *_: formats.MP4)


def forgets_the_result(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Completion, "_kept", lambda _self, _job, report: report)


def never_follows_up(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Following, "_act", lambda *_, **__: None)


def gives_up_without_a_look(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Following, "_look_up", lambda _self, job: (job, True))


def forgets_its_due_time(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("framehook.changes.rescheduled", lambda job, *_: replace(job, due_at=None))


def makes_a_new_job_of_each_delivery(patch: pytest.MonkeyPatch) -> None:
    def job_id(owner: str, key: str) -> str:
        return derive_job_id(owner, f"{key} {next(_numbers)}")

    patch.setattr(queue_edge, "derive_job_id", job_id)


_numbers = itertools.count()


SABOTAGES: tuple[tuple[Sabotage, str], ...] = (
    (resends_whatever_is_unknown, "paid twice"),
    (takes_silence_for_a_refusal, "paid twice"),
    (calls_before_it_writes_down, "paid twice"),
    (ignores_versions, ""),  # any of them may come of it
    (lands_what_it_has_not_checked, "not a whole file"),
    (forgets_the_result, "lost"),
    (never_follows_up, "never"),
    (gives_up_without_a_look, "lost"),
    (forgets_its_due_time, "nothing is due"),
    (makes_a_new_job_of_each_delivery, "jobs for one request each"),
)


@pytest.mark.parametrize(("sabotage", "finding"), SABOTAGES, ids=lambda each: getattr(each, "__name__", ""))
def test_sabotage_is_found(sabotage: Sabotage, finding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sabotage(monkeypatch)
    assert any(finding in problem for problem in _problems())


def _problems() -> Iterator[str]:
    for seed in range(_MOST_SEEDS):
        yield from Simulation(seed).run().problems
