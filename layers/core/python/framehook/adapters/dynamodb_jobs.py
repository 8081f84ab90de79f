"""Jobs in DynamoDB (JobStore): one small STATE item that every change replaces by version, and items of their
own for what is large, or written by others at the same time.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from framehook.adapters import dynamodb_texts
from framehook.adapters.dynamodb_items import (
    ATTEMPT,
    OUTPUT,
    REQUEST,
    STATE,
    attempt_from_item,
    job_from_image,
    job_item,
    job_pk,
    landed_values,
    output_from_item,
    output_sk,
    request_from_item,
    request_values,
    result_values,
    text_parts_of,
)
from framehook.adapters.dynamodb_listing import due_jobs, page_of
from framehook.adapters.dynamodb_table import Table
from framehook.adapters.dynamodb_values import Item, encode_item, packed, unpacked
from framehook.adapters.job_index import KEPT_ANSWERS, parts_expire_at
from framehook.errors import StaleJob, Unavailable
from framehook.jobs import Job, LandedFile, OutputRecord, Request, Status
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
        if REQUEST not in items or self._table.expired(items[REQUEST]):  # the parts expire first
            return None
        outputs = [output_from_item(item) for sk, item in items.items() if sk.startswith(OUTPUT)]
        attempts = [attempt_from_item(item) for sk, item in items.items() if sk.startswith(ATTEMPT)]
        return JobFile(
            job=job_from_image(state),
            request=request_from_item(items[REQUEST]),
            outputs=tuple(sorted(outputs, key=lambda output: (output.index, output.attempt))),
            attempts=tuple(
                sorted((kept for kept in attempts if kept.answers), key=lambda attempt: attempt.number)
            ),
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
        refusal = self._table.put(job_item(job, None, self._retention_days), "attribute_not_exists(pk)")
        existing = job_from_image(_stored(refusal.item)) if refusal else None
        # After the put, because the parts may be another job's; again when repeated, because it may not have got here.
        self._expire_parts(existing or job)
        return existing

    def replace(self, job: Job, seen: Job) -> Job:
        stored = dataclasses.replace(job, version=seen.version + 1)
        item = job_item(stored, seen, self._retention_days)
        refusal = self._table.put(item, "version = :seen", {":seen": seen.version})
        if refusal is not None:
            raise StaleJob(job_from_image(refusal.item) if refusal.item else None)
        # After the put: an end that came too late must not take the request of a job that goes on.
        self._expire_parts(stored)
        return stored

    def _expire_parts(self, job: Job) -> None:
        """What is stored beside a finished job goes with it, the prompt above all. An attempt's item is made where
        there is none: an answer that comes after the end must not stay for ever."""
        expiry = parts_expire_at(job, self._retention_days)
        if expiry is None:
            return
        for sk in (REQUEST, *_output_sks(job)):
            self._table.set((job_pk(job.id), sk), {"expires_at": expiry}, "attribute_exists(pk)")
        for number in range(1, job.attempt + 1):
            self._table.set(_attempt_key(job.id, number), {"expires_at": expiry})

    def get_output(self, job_id: str, index: int, attempt: int) -> OutputRecord | None:
        item = self._table.get(*_output_key(job_id, index, attempt))
        if item is None:
            return None
        record, parts = output_from_item(item), text_parts_of(item)
        if not parts or record.result is None:
            return record
        text = dynamodb_texts.load(self._table, job_id, output_sk(index, attempt), parts)
        return dataclasses.replace(record, result=dataclasses.replace(record.result, text=unpacked(text)))

    def record_result(self, job_id: str, record: OutputRecord) -> None:
        """What the report is silent about stays as it was. Raises ResultTooLarge."""
        text = packed(record.result.text) if record.result and record.result.text else ""
        parts = None
        if isinstance(text, bytes) and len(text) > dynamodb_texts.PART_BYTES:
            parts = dynamodb_texts.save(self._table, job_id, output_sk(record.index, record.attempt), text)
        self._table.set(_output_key(job_id, record.index, record.attempt), result_values(record, parts))

    def claim_landing(self, job_id: str, index: int, attempt: int, etag: str, now: int, until: int) -> bool:
        free = "attribute_not_exists(claim_etag) OR claim_etag = :claim_etag OR claim_until < :now"
        return self._table.set(
            _output_key(job_id, index, attempt),
            {"claim_etag": etag, "claim_until": until},
            f"attribute_not_exists(landed) AND ({free})",
            {":now": now},
        )

    def record_landing(self, job_id: str, index: int, attempt: int, etag: str, landed: LandedFile) -> bool:
        return self._table.set(
            _output_key(job_id, index, attempt),
            {"landed": landed_values(landed)},
            "claim_etag = :etag",
            {":etag": etag},
        )

    def release_landing(self, job_id: str, index: int, attempt: int, etag: str) -> None:
        self._table.update(
            _output_key(job_id, index, attempt),
            "REMOVE claim_etag, claim_until",
            {":etag": etag},
            "claim_etag = :etag AND attribute_not_exists(landed)",
        )

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
        def listed(job: Job) -> bool:
            return (status is None or job.status is status) and not self._is_past(job)

        return page_of(self._table, owner, listed, limit, cursor)

    def _is_past(self, job: Job) -> bool:
        """Whether only the state is left, which nobody is shown."""
        expiry = parts_expire_at(job, self._retention_days)
        return expiry is not None and self._table.past(expiry)


def _output_sks(job: Job) -> list[str]:
    """Of every output in every attempt that may have brought one."""
    places = {(output.index, output.attempt) for output in job.outputs}
    places |= {
        (output.index, task.attempt)
        for output in job.outputs
        for task in job.tasks
        if task.slot == output.index % job.count
    }
    return [output_sk(index, attempt) for index, attempt in sorted(places)]


def _output_key(job_id: str, index: int, attempt: int) -> tuple[str, str]:
    return job_pk(job_id), output_sk(index, attempt)


def _attempt_key(job_id: str, number: int) -> tuple[str, str]:
    return job_pk(job_id), f"{ATTEMPT}{number}"


def _stored(item: Item | None) -> Item:
    if item is None:  # deleted between the check and the answer
        raise Unavailable("DynamoDB: refused by an item that it does not show")
    return item
