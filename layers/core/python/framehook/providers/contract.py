"""What every provider module offers the use cases, and the values that pass between them. Pure: builds requests and
reads answers, never sends them. A provider module decides from status, codes and structure, never from message text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from framehook.errors import Failure
from framehook.jobs import ResultFile, Task


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """`path` is appended to the provider's base URL: a credential never goes to a host taken from an answer."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


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
class Accepted:
    """The provider has the task; it will be paid. `task_id` is the provider's name for it.

    `report` is there when the result came with the answer.
    """

    task_id: str
    report: Succeeded | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Proof that nothing is paid, for good."""

    failure: Failure
    alarm: bool = False


@dataclass(frozen=True, slots=True)
class RefusedForNow:
    """Proof that nothing is paid, and worth another try. `retry_after` in seconds where the provider said so."""

    failure: Failure
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody can tell from this answer whether the task was accepted."""

    reason: str


Verdict = Accepted | Refused | RefusedForNow | Unknown


@dataclass(frozen=True, slots=True)
class Succeeded:
    task_id: str
    files: tuple[ResultFile, ...]
    seed: int | None = None
    video_id: str | None = None
    cost: int | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    task_id: str
    failure: Failure
    cost: int | None = None


@dataclass(frozen=True, slots=True)
class StillRunning:
    task_id: str


Report = Succeeded | Failed | StillRunning


class UnreadableAnswer(ValueError):
    """A body that can't be understood. Never a verdict on a job."""


class Provider(Protocol):
    """Implemented by the modules of this package; a module is passed as the object."""

    NAME: str
    RESENDS_SAME_TASK_SECONDS: int
    """How long after the first send the same task may be sent again without being paid twice; 0: never."""

    def submission(
        self, model: str, body: Mapping[str, Any], tasks: Sequence[TaskToSend], api_key: str
    ) -> HttpRequest:
        """The one paid call for these tasks. `body` is the provider's own form of the input."""
        ...

    def read_submission(self, task_ids: Sequence[str], response: HttpResponse) -> Mapping[str, Verdict]:
        """A verdict for every task id. Never raises."""
        ...

    def look_up(self, task_ids: Sequence[str], api_key: str) -> HttpRequest: ...

    def read_look_up(self, task_ids: Sequence[str], response: HttpResponse) -> Sequence[Report]:
        """What the answer says of these tasks; silent about those it does not show. Raises UnreadableAnswer."""
        ...

    def read_webhook(self, body: bytes, tasks: Sequence[Task]) -> Sequence[Report]:
        """What a call on our webhook says of the job's tasks. Raises UnreadableAnswer."""
        ...
