"""Text results that are too long for one item: kept in parts, apart from the job, until they have landed in the bucket.

A provider may send a text of megabytes with its webhook and nowhere else; it is paid for.
"""

from __future__ import annotations

from framehook.adapters.dynamodb_table import Table
from framehook.adapters.dynamodb_values import decode_item
from framehook.errors import ResultTooLarge, Unavailable

PART_BYTES = 350 * 1024  # an item holds 400 KB
_MOST_PARTS = 24
_KEPT_SECONDS = 30 * 86_400  # longer than any job may take to store its outputs


def save(table: Table, job_id: str, place: str, text: bytes) -> int:
    """Stores a compressed text and returns in how many parts. Idempotent. Raises ResultTooLarge."""
    parts = [text[start : start + PART_BYTES] for start in range(0, len(text), PART_BYTES)]
    if len(parts) > _MOST_PARTS:
        raise ResultTooLarge(f"the text is larger than {_MOST_PARTS * PART_BYTES} bytes when compressed")
    expires_at = table.clock.now() // 1000 + _KEPT_SECONDS
    for number, part in enumerate(parts):
        table.set(_key(job_id, place, number), {"text": part, "expires_at": expires_at})
    return len(parts)


def load(table: Table, job_id: str, place: str, parts: int) -> bytes:
    """Raises Unavailable when a part can't be read."""
    items = [table.get(*_key(job_id, place, number)) for number in range(parts)]
    found = [decode_item(item)["text"] for item in items if item]
    if len(found) < parts:
        raise Unavailable("DynamoDB: a part of a text is missing")
    return b"".join(found)


def _key(job_id: str, place: str, number: int) -> tuple[str, str]:
    return f"TEXT#{job_id}", f"{place}/{number}"
