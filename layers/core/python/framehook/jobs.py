"""A job and its parts as plain frozen values: what is stored, and all that decisions are made from.

Holds no decisions (see transitions) and no wire formats (see providers, adapters). Times are whole milliseconds since
1970, UTC; money is in millionths of the account's currency.
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
    CANCELLED = "cancelled"

    @property
    def terminal(self) -> bool:
        return self in (Status.SUCCEEDED, Status.FAILED, Status.CANCELLED)


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


class Cancel(StrEnum):
    """What has become of somebody's wish that the job be stopped."""

    REQUESTED = "requested"  # the provider is to be asked as soon as it is known to have a task
    ASKED = "asked"  # the provider has said yes; a look-up tells whether it came in time
    IMPOSSIBLE = "impossible"  # the provider can't stop this task: it is delivered


class Kind(StrEnum):
    """What a generation makes."""

    VIDEO = "video"
    IMAGE = "image"
    AUDIO = "audio"
    MODEL_3D = "3d"
    TEXT = "text"
    ANY = "any"


_KIND_OF_TYPE = {
    "video": Kind.VIDEO,
    "image": Kind.IMAGE,
    "audio": Kind.AUDIO,
    "model": Kind.MODEL_3D,
    "text": Kind.TEXT,
}


def kind_of(media_type: str | None) -> Kind | None:
    """What a file of this media type holds; None for one that may hold anything."""
    if media_type == "application/json":
        return Kind.TEXT
    return _KIND_OF_TYPE.get(media_type.partition("/")[0]) if media_type else None


@dataclass(frozen=True, slots=True)
class Task:
    """One generation. `id` is the provider's name for it, which for Runware is a UUID that we made; as long as others
    have not named it, a name of ours that can't be one of theirs (see `identifiers.unnamed`). `slot` is which of the
    job's `count` generations it is, so that a task that was sent again in a later attempt has the slot of the first.
    `usage` is what the provider measured, by name, as it said it.

    `failing_since`: when the provider first said that it failed, where a look-up must say so again. `spare_files`: the
    files of a task in reserve, each with its `Output.kind`.
    """

    id: str
    slot: int
    attempt: int = 1
    state: TaskState = TaskState.PLANNED
    failure: Failure | None = None
    cost: int | None = None
    usage: tuple[tuple[str, str], ...] = ()
    failing_since: int | None = None
    spare_files: tuple[Kind | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Output:
    """One media file of the job. `attempt` and `index` name its key under `incoming/`; the nth file of a slot has the
    index `slot + n * count`. A failure on an awaited output says that its upload was unusable. `kind`: what the
    provider calls it where that is not what the job ordered (a preview beside a video)."""

    index: int
    attempt: int = 1
    state: OutputState = OutputState.AWAITED
    failure: Failure | None = None
    kind: Kind | None = None


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
    # Where its provider never calls: by how many percent the time since its acceptance grows from one look-up to the
    # next; the first is after its usual run time. None: the provider calls, and look-ups are for when it fails to.
    look_up_growth: int | None = None
    refusals: int = 0
    refused_with: str | None = (
        None  # the code of the latest refusal for now, and how often in a row it was this one
    )
    refused_alike: int = 0
    look_ups: int = 0
    account: str = ""  # which of a provider's several accounts has its tasks; chosen when it is first sent
    quoted: int | None = None
    charged: int | None = None
    cancel: Cancel | None = None
    error: Failure | None = None
    timeline: tuple[TimelineEntry, ...] = ()

    @property
    def is_called_about(self) -> bool:
        """Whether the provider calls our webhook with news of it."""
        return self.look_up_growth is None


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
    """One file of a finished task: a URL to fetch, or the text itself. `media_type` is the provider's word."""

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
