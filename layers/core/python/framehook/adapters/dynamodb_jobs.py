"""Jobs in DynamoDB (JobStore): one small STATE item that every change replaces by version, and items of their
own for what is large, or written by others at the same time.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from framehook.adapters.dynamodb_items import (
    ATTEMPT,
    OUTPUT,
    REQUEST,
    STATE,
    attempt_from_item,
    attempt_values,
    job_from_image,
    job_item,
    job_pk,
    landed_values,
    output_from_item,
    request_from_item,
    request_values,
    result_values,
)
from framehook.adapters.dynamodb_listing import due_jobs, page_of
from framehook.adapters.dynamodb_table import Table
from framehook.adapters.dynamodb_values import Item, encode_item, packed
from framehook.adapters.job_index import KEPT_ANSWERS
from framehook.errors import StaleJob, Unavailable, UnreadableItem
from framehook.jobs import AttemptRecord, Job, LandedFile, Output, OutputRecord, Request, Status, Task
from framehook.ports import DueJob, JobFile, Page


class DynamoJobStore:
    """A finished job expires `retention_days` after its end; None keeps it for good."""

    def __init__(self, table: Table, retention_days: int | None = None) -> None:
        self._table = table
        self._retention_days = retention_days

    def get(self, job_id: str) -> Job | None:
        item = self._table.get(job_pk(job_id), STATE)
        return job_from_image(item) if item else None

    def get_file(self, job_id: str) -> JobFile | None:
        items = {item["sk"]["S"]: item for item in self._table.all_of(job_pk(job_id))}
        state = items.get(STATE)
        if state is None or self._table.expired(state):
            return None
        if REQUEST not in items:  # it is stored before the state
            raise UnreadableItem("a job without its request")
        outputs = [output_from_item(item) for sk, item in items.items() if sk.startswith(OUTPUT)]
        attempts = [attempt_from_item(item) for sk, item in items.items() if sk.startswith(ATTEMPT)]
        return JobFile(
            job=job_from_image(state),
            request=request_from_item(items[REQUEST]),
            outputs=tuple(sorted(outputs, key=lambda output: output.index)),
            attempts=tuple(sorted(attempts, key=lambda attempt: attempt.number)),
        )

    def get_request(self, job_id: str) -> Request | None:
        item = self._table.get(job_pk(job_id), REQUEST)
        return request_from_item(item) if item else None

    def put_request(self, job_id: str, request: Request) -> Request:
        item = encode_item({"pk": job_pk(job_id), "sk": REQUEST, **request_values(request)})
        refusal = self._table.put(item, "attribute_not_exists(pk)")
        if refusal is None:
            return request
        return request_from_item(_stored(refusal.item))

    def put_new(self, job: Job) -> Job | None:
        """An expired job exists until DynamoDB has deleted it: its other items are still there."""
        item = job_item(job, None, self._retention_days)
        refusal = self._table.put(item, "attribute_not_exists(pk)")
        return job_from_image(_stored(refusal.item)) if refusal else None

    def replace(self, job: Job, seen: Job) -> Job:
        stored = dataclasses.replace(job, version=seen.version + 1)
        item = job_item(stored, seen, self._retention_days)
        refusal = self._table.put(item, "version = :seen", {":seen": seen.version})
        if refusal is None:
            return stored
        raise StaleJob(job_from_image(refusal.item) if refusal.item else None)

    def get_output(self, job_id: str, index: int) -> OutputRecord | None:
        item = self._table.get(*_output_key(job_id, index))
        return output_from_item(item) if item else None

    def record_result(self, job_id: str, record: OutputRecord) -> None:
        """What the report is silent about stays as it was. Raises ResultTooLarge."""
        self._table.set(_output_key(job_id, record.index), result_values(record))

    def claim_landing(self, job_id: str, index: int, etag: str, now: int, until: int) -> bool:
        free = "attribute_not_exists(claim_etag) OR claim_etag = :claim_etag OR claim_until < :now"
        return self._table.set(
            _output_key(job_id, index),
            {"claim_etag": etag, "claim_until": until},
            f"attribute_not_exists(landed) AND ({free})",
            {":now": now},
        )

    def record_landing(self, job_id: str, index: int, etag: str, landed: LandedFile) -> bool:
        return self._table.set(
            _output_key(job_id, index),
            {"landed": landed_values(landed)},
            "claim_etag = :etag",
            {":etag": etag},
        )

    def release_landing(self, job_id: str, index: int, etag: str) -> None:
        self._table.update(
            _output_key(job_id, index),
            "REMOVE claim_etag, claim_until",
            {":etag": etag},
            "claim_etag = :etag AND attribute_not_exists(landed)",
        )

    def get_attempt(self, job_id: str, number: int) -> AttemptRecord | None:
        item = self._table.get(*_attempt_key(job_id, number))
        return attempt_from_item(item) if item else None

    def record_attempt(
        self, job_id: str, number: int, *, tasks: Sequence[Task], outputs: Sequence[Output], ended: str
    ) -> None:
        self._table.set(_attempt_key(job_id, number), attempt_values(tasks, outputs, ended))

    def record_answer(self, job_id: str, number: int, answer: str) -> None:
        value = packed(answer)
        self._table.update(
            _attempt_key(job_id, number),
            "SET answers = list_append(if_not_exists(answers, :none), :added)",
            {":answer": value, ":added": [value], ":none": [], ":most": KEPT_ANSWERS},
            "attribute_not_exists(answers) OR (size(answers) < :most AND NOT contains(answers, :answer))",
        )

    def due(self, shard: int, now: int, limit: int) -> Sequence[DueJob]:
        return due_jobs(self._table, shard, now, limit)

    def page(self, owner: str, status: Status | None, limit: int, cursor: str | None) -> Page:
        return page_of(self._table, owner, status, limit, cursor)


def _output_key(job_id: str, index: int) -> tuple[str, str]:
    return job_pk(job_id), f"{OUTPUT}{index}"


def _attempt_key(job_id: str, number: int) -> tuple[str, str]:
    return job_pk(job_id), f"{ATTEMPT}{number}"


def _stored(item: Item | None) -> Item:
    if item is None:  # deleted between the check and the answer
        raise Unavailable("DynamoDB: refused by an item that it does not show")
    return item
