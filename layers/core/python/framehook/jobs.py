"""A job and its parts as plain frozen values: what is stored, and all that decisions are made from.

Holds no decisions (see transitions) and no wire formats (see providers, adapters). Times are whole milliseconds since
1970, UTC; money is micro-USD.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from framehook.errors import Failure

TIMELINE_LIMIT = 24  # keeps STATE small; the first entries and the latest are what people need


class Status(StrEnum):
    QUEUED = "queued"
    SUBMITTING = "submitting"
    PARKED = "parked"
    RUNNING = "running"
    STORING = "storing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"

    @property
    def terminal(self) -> bool:
        return self in (Status.SUCCEEDED, Status.FAILED)


class TaskState(StrEnum):
    """What is known of one provider-side generation. Only `planned` is proof that nothing is paid.

    `superseded`: its outcome was unknown when a person had it sent again; `spare`: that one succeeded after all, while
    the task in its place was under way.
    """

    PLANNED = "planned"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    REPORTED = "reported"
    FAILED = "failed"
    SUPERSEDED = "superseded"
    SPARE = "spare"

    @property
    def counts(self) -> bool:
        """Whether the job's end depends on this task."""
        return self not in (TaskState.SUPERSEDED, TaskState.SPARE)


class OutputState(StrEnum):
    AWAITED = "awaited"
    TO_FETCH = "to_fetch"
    LANDED = "landed"
    LOST = "lost"


class Kind(StrEnum):
    """What a generation makes."""

    VIDEO = "video"
    IMAGE = "image"
    AUDIO = "audio"
    MODEL_3D = "3d"
    TEXT = "text"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Task:
    """One generation. `id` is the provider's name for it (for Runware, the UUID we made); `slot` is which of the job's
    `count` generations it is, so that a task that was sent again in a later attempt has the slot of the first."""

    id: str
    slot: int
    attempt: int = 1
    state: TaskState = TaskState.PLANNED
    failure: Failure | None = None
    cost: int | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """One media file of the job. `attempt` and `index` name its key under `incoming/`; the nth file of a slot has the
    index `slot + n * count`. A failure on an awaited output says that its upload was unusable."""

    index: int
    attempt: int = 1
    state: OutputState = OutputState.AWAITED
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    status: Status
    at: int
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    id: str
    owner: str
    model: str
    provider: str
    offering: str
    kind: Kind
    status: Status
    created_at: int
    updated_at: int
    queued_at: int = 0  # when this attempt was asked for: by the request, or by a person's `resend`
    count: int = 1
    version: int = 0
    attempt: int = 1
    uploads: bool = False  # whether the provider PUTs the files itself
    tasks: tuple[Task, ...] = ()
    outputs: tuple[Output, ...] = ()
    token_hashes: tuple[bytes, ...] = ()
    due_at: int | None = None
    not_before: int = 0  # a queued job is not sent earlier: it was refused for now
    lease_until: int | None = None
    first_sent_at: int | None = None
    accepted_at: int | None = None
    finished_at: int | None = None
    usual_seconds: int = 60
    refusals: int = 0
    look_ups: int = 0
    quoted: int | None = None
    charged: int | None = None
    error: Failure | None = None
    timeline: tuple[TimelineEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asked for, as it was accepted; never changed afterwards. `spilled_key` names the object that holds
    an input too large for the table."""

    model: str
    input: Mapping[str, Any]
    count: int
    fingerprint: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    spilled_key: str | None = None


@dataclass(frozen=True, slots=True)
class ResultFile:
    """One file of a finished task: a URL to fetch, or the text itself."""

    url: str | None = None
    text: str | None = None
    provider_id: str | None = None
    media_type: str | None = None


@dataclass(frozen=True, slots=True)
class LandedFile:
    """A checked file in the user's bucket."""

    key: str
    bytes: int
    content_type: str
    checksum: str


@dataclass(frozen=True, slots=True)
class OutputRecord:
    """All that is stored of one output of one attempt beside the job's state."""

    index: int
    attempt: int = 1
    result: ResultFile | None = None
    seed: int | None = None
    video_id: str | None = None
    landed: LandedFile | None = None


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """Raw answers of an attempt that are worth keeping: failures, late ones, unreadable ones. Bounded."""

    number: int
    answers: tuple[str, ...] = ()
