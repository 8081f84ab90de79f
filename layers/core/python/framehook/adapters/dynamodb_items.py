"""What the items of the table look like: jobs, requests, outputs and attempts as attributes, and back. Pure.

STATE stays under 1 KB for an ordinary job, so that a write costs one unit: nothing empty is stored, and inner
names are short. Only STATE has `owner` and `created_at` (the listing index) and, while open, `due_shard` and
`due_at`.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from framehook.adapters.dynamodb_parts import (
    entry_from,
    entry_values,
    failure_from,
    failure_values,
    output_from,
    output_values,
    result_file_from,
    result_file_values,
    task_from,
    task_values,
)
from framehook.adapters.dynamodb_values import Item, decode_item, encode_item, packed, unpacked
from framehook.adapters.job_index import due_shard, expires_at, notice
from framehook.errors import UnreadableItem
from framehook.jobs import AttemptRecord, Cancel, Job, Kind, LandedFile, OutputRecord, Request, Status

STATE = "STATE"
REQUEST = "REQUEST"
OUTPUT = "OUTPUT#"
ATTEMPT = "ATTEMPT#"
_JOB = "JOB#"
_ERROR_BYTES = 300
_END_OF_TIME = 253_402_300_800_000  # the year 10000, which no date can show
_UNREADABLE = (
    *(KeyError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError),
    zlib.error,
)
_TEXTS = ("owner", "model", "provider", "offering")
_NUMBERS = (
    "created_at",
    "updated_at",
    "queued_at",
    "count",
    "version",
    "attempt",
    "due_at",
    "lease_until",
    "first_sent_at",
    "accepted_at",
    "finished_at",
    "usual_seconds",
    "look_up_growth",
    "quoted",
    "charged",
)
_USUALLY_ZERO = ("not_before", "refusals", "refused_with", "refused_alike", "look_ups")


def job_pk(job_id: str) -> str:
    return f"{_JOB}{job_id}"


def output_sk(index: int, attempt: int) -> str:
    """A later attempt's output has an item of its own: what is known of the first one's stays true."""
    return f"{OUTPUT}{index}" if attempt == 1 else f"{OUTPUT}{index}.{attempt}"


def job_id_of(pk: str) -> str:
    return pk.removeprefix(_JOB)


def job_item(job: Job, seen: Job | None, retention_days: int | None) -> Item:
    """The STATE item of `job`, replacing `seen`."""
    values: dict[str, Any] = {"pk": job_pk(job.id), "sk": STATE, "notify": notice(seen, job)}
    values |= {name: getattr(job, name) for name in (*_TEXTS, *_NUMBERS)}
    values |= {name: getattr(job, name) or None for name in _USUALLY_ZERO}
    values |= {
        "status": job.status,
        "kind": job.kind,
        "uploads": job.uploads or None,
        "account": job.account or None,
        "cancel": job.cancel,
        "due_shard": str(due_shard(job.id)) if job.due_at is not None else None,
        "expires_at": expires_at(job, retention_days),
        "error": failure_values(job.error, _ERROR_BYTES),
        "token_hashes": list(job.token_hashes) or None,
        "tasks": [task_values(task) for task in job.tasks] or None,
        "outputs": [output_values(output) for output in job.outputs] or None,
        "timeline": [entry_values(entry) for entry in job.timeline] or None,
    }
    return encode_item(values)


def job_from_image(image: Mapping[str, Any]) -> Job:
    """The job in a STATE item or in an image of the stream. Raises UnreadableItem for anything else."""
    return _read(image, _job)


def request_values(request: Request) -> dict[str, Any]:
    return {
        "model": request.model,
        "input": packed(json.dumps(request.input, ensure_ascii=False, separators=(",", ":"), default=dict)),
        "count": request.count,
        "fingerprint": request.fingerprint,
        "metadata": dict(request.metadata) or None,
        "spilled_key": request.spilled_key,
    }


def request_from_item(item: Mapping[str, Any]) -> Request:
    return _read(item, _request)


def result_values(record: OutputRecord, text_parts: int | None = None) -> dict[str, Any]:
    """What a provider reported of an output; never what landed. `text_parts`: its text is kept apart."""
    result = record.result
    return {
        "n": record.index,
        "attempt": record.attempt,
        "result": result and result_file_values(result, text_parts),
        "seed": record.seed,
        "video_id": record.video_id,
    }


def landed_values(landed: LandedFile) -> dict[str, Any]:
    return {
        "key": landed.key,
        "bytes": landed.bytes,
        "type": landed.content_type,
        "checksum": landed.checksum,
    }


def output_from_item(item: Mapping[str, Any]) -> OutputRecord:
    return _read(item, _output_record)


def text_parts_of(item: Mapping[str, Any]) -> int:
    """In how many parts the text of an output is kept apart; 0: it is not."""

    def parts(values: dict[str, Any]) -> int:
        return int((values.get("result") or {}).get("text_parts", 0))

    return _read(item, parts)


def attempt_from_item(item: Mapping[str, Any]) -> AttemptRecord:
    return _read(item, _attempt_record)


def _read[T](item: Mapping[str, Any], build: Callable[[dict[str, Any]], T]) -> T:
    try:
        return build(decode_item(item))
    except _UNREADABLE as error:
        raise UnreadableItem(f"stored data can't be read: {type(error).__name__}") from error


def _check_bounds(values: Mapping[str, Any]) -> None:
    """Raises for what no date can show, nor anybody reckon with. An item that a person has edited may hold it."""
    moments = [values["created_at"], values["updated_at"]]
    moments += [each["at"] for each in values.get("timeline", ())]
    if values["count"] < 1 or not all(0 <= moment < _END_OF_TIME for moment in moments):
        raise ValueError("a number of the job is out of all bounds")
    if not all(isinstance(values[name], str) for name in _TEXTS):
        raise TypeError("a name of the job is no text")


def _job(values: dict[str, Any]) -> Job:
    if values["sk"] != STATE or not values["pk"].startswith(_JOB):
        raise ValueError("not the state of a job")
    _check_bounds(values)
    return Job(
        id=job_id_of(values["pk"]),
        status=Status(values["status"]),
        kind=Kind(values["kind"]),
        uploads=values.get("uploads", False),
        account=values.get("account", ""),
        cancel=Cancel(values["cancel"]) if "cancel" in values else None,
        error=failure_from(values.get("error")),
        token_hashes=tuple(values.get("token_hashes", ())),
        tasks=tuple(map(task_from, values.get("tasks", ()))),
        outputs=tuple(map(output_from, values.get("outputs", ()))),
        timeline=tuple(map(entry_from, values.get("timeline", ()))),
        **{name: values[name] for name in _TEXTS},
        **{name: values[name] for name in (*_NUMBERS, *_USUALLY_ZERO) if name in values},
    )


def _request(values: dict[str, Any]) -> Request:
    return Request(
        model=values["model"],
        input=json.loads(unpacked(values["input"])),
        count=values["count"],
        fingerprint=values["fingerprint"],
        metadata=values.get("metadata", {}),
        spilled_key=values.get("spilled_key"),
    )


def _output_record(values: dict[str, Any]) -> OutputRecord:
    result, landed = values.get("result"), values.get("landed")
    index, _, attempt = values["sk"].removeprefix(OUTPUT).partition(".")
    return OutputRecord(
        index=int(index),
        attempt=int(attempt or 1),
        result=result_file_from(result) if result is not None else None,
        seed=values.get("seed"),
        video_id=values.get("video_id"),
        landed=LandedFile(landed["key"], landed["bytes"], landed["type"], landed["checksum"])
        if landed
        else None,
    )


def _attempt_record(values: dict[str, Any]) -> AttemptRecord:
    return AttemptRecord(
        number=int(values["sk"].removeprefix(ATTEMPT)),
        answers=tuple(map(unpacked, values.get("answers", ()))),
    )
