"""What every provider module offers the use cases, and the values that pass between them. Pure: builds requests and
reads answers, never sends them. A provider module decides from status, codes and structure, never from message text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from framehook.errors import Failure
from framehook.jobs import ResultFile, Task


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """`path` is appended to the provider's base URL: a credential never goes to a host taken from an answer.

    `service` names which of an account's several APIs it is for; the first one where it has only one.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    service: str = ""


@dataclass(frozen=True, slots=True)
class HttpResponse:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class TaskToSend:
    """One task of a submission: our place for its answer and its file.

    `position` is its place among the job's tasks; None: its place in this call. They differ when only some of the
    tasks are sent again.
    """

    id: str
    webhook_url: str
    upload_url: str | None
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One request that asks for the state of these tasks."""

    task_ids: tuple[str, ...]
    request: HttpRequest


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has the task; it will be paid. `task_id` is the provider's name for it.

    `report` is there when news of the task, under that name, came with the answer.
    """

    task_id: str
    report: Report | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Proof that nothing is paid, for good. `alarm`: only a person can mend it (a key, the balance)."""

    failure: Failure
    alarm: bool = False


@dataclass(frozen=True, slots=True)
class RefusedForNow:
    """Proof that nothing is paid, and worth another try. `retry_after` in seconds where the provider said so.

    `tries`: after so many refusals in a row it is for good, and then only a person can mend it; None: never.
    """

    failure: Failure
    retry_after: float | None = None
    tries: int | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody can tell from this answer whether the task was accepted."""

    reason: str


Verdict = Accepted | Refused | RefusedForNow | Unknown


@dataclass(frozen=True, slots=True)
class Succeeded:
    """`task_id` is the task as the job knows it; `named` the provider's own name for it, where it told one.

    `cost` is in millionths of the account's currency; `usage` is what else the provider measured, as it said it.
    """

    task_id: str
    files: tuple[ResultFile, ...]
    seed: int | None = None
    video_id: str | None = None
    cost: int | None = None
    usage: tuple[tuple[str, str], ...] = ()
    named: str | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """`doubtful_for`: seconds after the first word of this failure from which on a look-up that repeats it proves it;
    0: it is certain at once."""

    task_id: str
    failure: Failure
    cost: int | None = None
    usage: tuple[tuple[str, str], ...] = ()
    named: str | None = None
    doubtful_for: int = 0


@dataclass(frozen=True, slots=True)
class StillRunning:
    task_id: str
    named: str | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """A look-up found no such task. Says nothing of how it ended, unless the provider was asked to cancel it."""

    task_id: str


Report = Succeeded | Failed | StillRunning | Missing


class CancelAnswer(StrEnum):
    """What a provider says when it is asked to stop a task."""

    TAKEN = "taken"  # it is stopped, or will be: a look-up tells
    REFUSED = "refused"  # it can't be, or not any more
    UNCLEAR = "unclear"


class UnreadableAnswer(ValueError):
    """A body that can't be understood. Never a verdict on a job. `alarm`: only a person can mend that.

    `retry_after`: the seconds that the provider wants to be left alone, where it said so.
    """

    alarm = False

    def __init__(self, why: str, retry_after: float | None = None) -> None:
        super().__init__(why)
        self.retry_after = retry_after


class KeyRefused(UnreadableAnswer):
    """An answer that is about our key, or what it may do, and nothing else."""

    alarm = True


class UnknownState(UnreadableAnswer):
    """A state that nobody has told us of: it is no end, and somebody should read the provider's pages."""

    alarm = True


class Provider(Protocol):
    """Implemented by the modules of this package; a module is passed as the object."""

    NAME: str
    RESENDS_SAME_TASK_SECONDS: int
    """How long after the first send the same task may be sent again without being paid twice; 0: never."""
    TASKS_PER_CALL: int
    """How many tasks one paid call may carry."""
    OWN_TASK_ID: re.Pattern[str] | None
    """What the provider's own task ids look like; None where tasks go by the UUIDs we made."""

    def is_result_host(self, host: str) -> bool:
        """Whether the provider serves results from this host (lower case, without port)."""
        ...

    def submission(
        self, model: str, body: Mapping[str, Any], tasks: Sequence[TaskToSend], api_key: str
    ) -> HttpRequest:
        """The one paid call for these tasks. `body` is the provider's own form of the input."""
        ...

    def read_submission(self, task_ids: Sequence[str], response: HttpResponse) -> Mapping[str, Verdict]:
        """A verdict for every task id. Never raises."""
        ...

    def look_ups(self, model: str, task_ids: Sequence[str], api_key: str, /) -> Sequence[Inquiry]:
        """What to send to learn the state of these tasks; silent about those that can't be asked for."""
        ...

    def read_look_up(self, task_ids: Sequence[str], response: HttpResponse) -> Sequence[Report]:
        """What the answer says of these tasks; silent about those it does not show. Raises UnreadableAnswer."""
        ...

    def second_question(self, model: str, task_id: str, api_key: str, /) -> HttpRequest | None:
        """Another way to learn how a task is of which a look-up shows nothing, or that it is missing; None: no such
        way."""
        ...

    def read_second_answer(self, task_id: str, response: HttpResponse, /) -> Sequence[Report]:
        """Like read_look_up. Raises UnreadableAnswer."""
        ...

    def read_webhook(self, body: bytes, tasks: Sequence[Task], about: Task | None) -> Sequence[Report]:
        """What a call on our webhook says of the job's tasks. `about` is the one whose URL was called.

        Raises UnreadableAnswer.
        """
        ...

    def can_cancel(self, model: str, /) -> bool:
        """Whether a task of this model can be stopped once the provider has it."""
        ...

    def cancellation(self, model: str, task_id: str, api_key: str, /) -> HttpRequest | None:
        """What to send to have a task stopped; None where nothing can be."""
        ...

    def read_cancellation(self, response: HttpResponse, /) -> CancelAnswer:
        """Never raises."""
        ...
