"""The job as everybody outside sees it: one resource for the API, the events and the callbacks. Pure.

Never shows tokens, presigned URLs, provider credentials, credentials in an input or where a provider keeps a result.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from framehook.accounts import currency_of
from framehook.credential_fields import without_credentials
from framehook.errors import Failure
from framehook.identifiers import is_unnamed
from framehook.jobs import Job, Output, OutputRecord, OutputState, Request, Status, Task
from framehook.money import to_decimal
from framehook.ports import JobFile

_USD = "USD"


def resource(file: JobFile, bucket: str, api_base: str) -> dict[str, Any]:
    """The full resource, as documented in the OpenAPI description."""
    job = file.job
    records = {(record.index, record.attempt): record for record in file.outputs}
    return {
        **summary(job),
        "input": shown_input(file.request, bucket),
        "outputs": [
            _output(job, output, records.get((output.index, output.attempt)), bucket, api_base)
            for output in job.outputs
        ],
        "attempts": _attempts(job),
        "timeline": [
            {"status": entry.status.value, "at": timestamp(entry.at)}
            | ({"reason": entry.reason} if entry.reason else {})
            for entry in job.timeline
        ],
        "metadata": dict(file.request.metadata),
    }


def summary(job: Job) -> dict[str, Any]:
    """What a list shows of a job: everything that its state alone tells."""
    return {
        "id": job.id,
        "status": job.status.value,
        "owner": job.owner,
        "model": job.model,
        "provider": job.provider,
        "account": job.account or (job.provider if job.tasks else None),
        "cost": _cost(job),
        "error": shown_failure(job.error),
        "cancel_requested": job.cancel is not None,
        "cancellation": _cancellation(job),
        "created_at": timestamp(job.created_at),
        "updated_at": timestamp(job.updated_at),
        "finished_at": timestamp(job.finished_at) if job.finished_at is not None else None,
    }


def shown_input(request: Request, bucket: str) -> dict[str, Any]:
    """Without credentials. A long input is shown as where it is kept."""
    if request.spilled_key:
        return {"stored_at": f"s3://{bucket}/{request.spilled_key}"}
    shown: dict[str, Any] = without_credentials(request.input)
    return shown


def shown_failure(failure: Failure | None) -> dict[str, Any] | None:
    if failure is None:
        return None
    return {"code": failure.code, "message": failure.message, "provider_code": failure.provider_code}


def timestamp(milliseconds: int) -> str:
    """RFC 3339 in UTC, with milliseconds."""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _named(task: Task) -> str | None:
    """What its provider calls it; None as long as it has not said."""
    return None if is_unnamed(task.id) else task.id


def _cancellation(job: Job) -> str | None:
    """What becomes of the wish that the job be stopped; nothing more once it has come true."""
    return None if job.cancel is None or job.status is Status.CANCELLED else job.cancel.value


def _cost(job: Job) -> dict[str, Any]:
    currency = currency_of(job.account)
    known = job.charged if job.charged is not None else job.quoted
    source = "provider" if job.charged is not None else "catalogue" if job.quoted is not None else "unknown"
    return {
        "quoted": to_decimal(job.quoted),
        "actual": to_decimal(job.charged),
        "currency": currency,
        "usd": to_decimal(known) if currency == _USD else None,
        "source": source,
    }


def _output(
    job: Job, output: Output, record: OutputRecord | None, bucket: str, api_base: str
) -> dict[str, Any]:
    record = record or OutputRecord(output.index)
    landed = record.landed if output.state is OutputState.LANDED else None
    slot, attempt = output.index % job.count, output.attempt
    made_by = (_named(task) for task in job.tasks if (task.slot, task.attempt) == (slot, attempt))
    return {
        "index": output.index,
        "status": output.state.value,
        "provider_task_id": next(made_by, None),
        "bucket": bucket if landed else None,
        "key": landed.key if landed else None,
        "content_type": landed.content_type if landed else None,
        "bytes": landed.bytes if landed else None,
        "checksum": landed.checksum if landed else None,
        "url": f"{api_base}/v1/jobs/{job.id}/outputs/{output.index}" if landed else None,
        "error": shown_failure(output.failure),
        "provider": {
            "id": record.result.provider_id if record.result else None,
            "seed": record.seed,
            "video_id": record.video_id,
        },
    }


def _attempts(job: Job) -> list[dict[str, Any]]:
    """Every attempt that has tasks, with what is known of each and what it cost."""
    return [
        {
            "number": number,
            "tasks": [
                {
                    "provider_task_id": _named(task),
                    "output": task.slot,
                    "status": task.state.value,
                    "cost": to_decimal(task.cost),
                    "usage": dict(task.usage) or None,
                    "error": shown_failure(None if task.failing_since else task.failure),
                }
                for task in job.tasks
                if task.attempt == number
            ],
        }
        for number in sorted({task.attempt for task in job.tasks})
    ]
