"""Job ids, owners and object keys: how they are made, recognised and taken apart. No storage.

A job id that can be derived again is what makes a submission idempotent: the conditional put of that id is the check.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import override

_JOBS = uuid.UUID(
    "6f2a41de-52d8-5d7c-9e1b-6f1d3f5b8a10"
)  # the namespace of our version 5 ids; must never change
_JOB_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[45][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_OWNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_UNNAMED = "~"
_INCOMING = re.compile(r"incoming/([^/]+)/([1-9][0-9]{0,5})/(0|[1-9][0-9]{0,2})")


@dataclass(frozen=True, slots=True)
class IncomingKey:
    """Where a file enters: `incoming/{job}/{attempt}/{n}`, whoever writes it."""

    job_id: str
    attempt: int
    index: int

    @override
    def __str__(self) -> str:
        return f"incoming/{self.job_id}/{self.attempt}/{self.index}"


def derive_job_id(owner: str, key: str) -> str:
    """The id of the job that `owner` asked for under `key`: always the same one."""
    return str(uuid.uuid5(_JOBS, f"{len(owner)}:{owner}:{key}"))


def is_job_id(text: str) -> bool:
    return _JOB_ID.fullmatch(text) is not None


def is_owner(text: str) -> bool:
    """Owners appear in object keys and IAM conditions, so they are kept plain."""
    return _OWNER.fullmatch(text) is not None and ".." not in text


def parse_incoming_key(key: str) -> IncomingKey | None:
    """None for a key that is not one of ours."""
    match = _INCOMING.fullmatch(key)
    if match is None or not is_job_id(match[1]):
        return None
    return IncomingKey(match[1], int(match[2]), int(match[3]))


def unnamed(made: str) -> str:
    """Our own name, from a UUID, for a task that its provider has not named yet. No provider's ids look like it."""
    return f"{_UNNAMED}{made}"


def is_unnamed(task_id: str) -> bool:
    return task_id.startswith(_UNNAMED)


def output_key(owner: str, job_id: str, index: int, extension: str, attempt: int = 1) -> str:
    """Where a checked file is kept. Each attempt has names of its own: a file of an earlier one that lands late must
    not be written over the one that was delivered."""
    number = f"{index}" if attempt == 1 else f"{index}.attempt-{attempt}"
    return f"outputs/{owner}/{job_id}/{number}.{extension}"
