"""Jobs found through the table's two indexes: `due` (sparse, open jobs by due time) and `by_owner` (newest
first). Both hold keys only and may lag behind the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from framehook.adapters.dynamodb_items import STATE, job_from_image, job_id_of, job_pk
from framehook.adapters.dynamodb_table import Table
from framehook.adapters.dynamodb_values import Item, encode_item
from framehook.adapters.job_index import Position, cursor_after, position_of
from framehook.jobs import Job
from framehook.ports import DueJob, Page

_MOST_AT_ONCE = 100  # keys in one BatchGetItem
_MOST_QUERIES = 10  # for one page of a listing with a filter, so that a request has an end


def due_jobs(table: Table, shard: int, now: int, limit: int) -> Sequence[DueJob]:
    items, _ = table.query(
        "due_shard = :shard AND due_at <= :now",
        {":shard": str(shard), ":now": now},
        IndexName="due",
        Limit=limit,
    )
    return [DueJob(job_id_of(item["pk"]["S"]), int(item["due_at"]["N"])) for item in items]


def page_of(table: Table, owner: str, listed: Callable[[Job], bool], limit: int, cursor: str | None) -> Page:
    """A page may be short, even empty, and have a cursor: few jobs were of those that are listed."""
    start = position_of(owner, cursor) if cursor is not None else None
    found: list[Job] = []
    for _ in range(_MOST_QUERIES):
        positions, end = _positions(table, owner, min(limit, _MOST_AT_ONCE), start)
        for position, job in _jobs(table, positions):
            if listed(job):
                found.append(job)
            if len(found) == limit:
                more = end is not None or position != positions[-1]
                return Page(tuple(found), _cursor(owner, position) if more else None)
        if end is None:
            return Page(tuple(found), None)
        start = end
    return Page(tuple(found), _cursor(owner, start) if start else None)


def _positions(
    table: Table, owner: str, limit: int, start: Position | None
) -> tuple[Sequence[Position], Position | None]:
    """Places in the listing after `start`, and where the next ones begin."""
    items, end = table.query(
        "#owner = :owner",
        {":owner": owner},
        start=_index_key(owner, start) if start else None,
        IndexName="by_owner",
        ExpressionAttributeNames={"#owner": "owner"},
        ScanIndexForward=False,
        Limit=limit,
    )
    return [_position(item) for item in items], _position(end) if end else None


def _jobs(table: Table, positions: Sequence[Position]) -> Iterator[tuple[Position, Job]]:
    items = table.get_many([(job_pk(position.job_id), STATE) for position in positions])
    jobs = {job.id: job for job in map(job_from_image, items)}
    return ((position, jobs[position.job_id]) for position in positions if position.job_id in jobs)


def _position(item: Item) -> Position:
    return Position(int(item["created_at"]["N"]), job_id_of(item["pk"]["S"]))


def _index_key(owner: str, position: Position) -> Item:
    return encode_item(
        {"pk": job_pk(position.job_id), "sk": STATE, "owner": owner, "created_at": position.created_at}
    )


def _cursor(owner: str, position: Position) -> str:
    return cursor_after(owner, position.created_at, position.job_id)
