"""How jobs are found again: shards of the index of due times, cursors of the listing, expiry, and which
writes are worth announcing. Pure; no DynamoDB.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from dataclasses import dataclass

from framehook.errors import FieldProblem, InvalidRequest
from framehook.jobs import Job, OutputState
from framehook.ports import DUE_SHARDS

_DIGEST_BYTES = 8
_DAY = 86_400
FETCH = "fetch"  # no status is called so
KEPT_ANSWERS = 4  # of an attempt: enough to see what happened, far from the size limit of an item


@dataclass(frozen=True, slots=True)
class Position:
    """A place in an owner's listing."""

    created_at: int
    job_id: str


def due_shard(job_id: str) -> int:
    """Spreads due jobs over the partitions of the index. Must never change: open jobs are stored under it."""
    return zlib.crc32(job_id.encode()) % DUE_SHARDS


def parts_expire_at(job: Job, retention_days: int | None) -> int | None:
    """Seconds since 1970 after which what is stored beside a finished job may be deleted. Derived from
    `finished_at`, so that a later write of a finished job does not move it."""
    if retention_days is None or job.finished_at is None:
        return None
    return job.finished_at // 1000 + retention_days * _DAY


def expires_at(job: Job, retention_days: int | None) -> int | None:
    """The state itself outlives its parts by a week: when its id is free again, nothing of the old job is left
    that a new one could take for its own. DynamoDB deletes within days of the time, in no order:
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
    """
    parts = parts_expire_at(job, retention_days)
    return None if parts is None else parts + 7 * _DAY


def notice(seen: Job | None, job: Job) -> str | None:
    """What this write has to say to publish_change, which filters by it: that there is an output to fetch, or the
    status of a new job, of one that has changed it, or of one whose charge arrived after its end."""
    if _to_fetch(job) - (_to_fetch(seen) if seen else set()):
        return FETCH
    told_late = job.status.terminal and seen is not None and job.charged != seen.charged
    return job.status if seen is None or job.status is not seen.status or told_late else None


def _to_fetch(job: Job) -> set[tuple[int, int]]:
    return {(output.attempt, output.index) for output in job.outputs if output.state is OutputState.TO_FETCH}


def cursor_after(owner: str, created_at: int, job_id: str) -> str:
    """An opaque cursor. The digest ties it to the owner and catches damage; it is no secret and needs none:
    the owner whose jobs are read never comes from the cursor."""
    text = json.dumps([created_at, job_id], separators=(",", ":"))
    return base64.urlsafe_b64encode(_digest(owner, text) + text.encode()).rstrip(b"=").decode()


def position_of(owner: str, cursor: str) -> Position:
    """Raises InvalidRequest for a cursor that was not made for this owner."""
    position = _decoded(cursor)
    if position is None or cursor_after(owner, position.created_at, position.job_id) != cursor:
        raise InvalidRequest(FieldProblem("cursor", "is not a cursor of this listing"))
    return position


def _decoded(cursor: str) -> Position | None:
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        match json.loads(raw[_DIGEST_BYTES:]):
            case [int(created_at), str(job_id)]:
                return Position(created_at, job_id)
    except (ValueError, RecursionError):
        pass
    return None


def _digest(owner: str, text: str) -> bytes:
    return hashlib.sha256(f"{owner}\n{text}".encode()).digest()[:_DIGEST_BYTES]
