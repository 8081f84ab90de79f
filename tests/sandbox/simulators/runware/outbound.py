"""What Runware sends on its own: a webhook per finished result, and the file to the task's uploadEndpoint.

Webhooks: https://runware.ai/docs/platform/webhooks. The file follows the webhook, once, and silently. Faults
of uploads are applied here, those of webhooks in webhook_delivery; what a result contains is decided before.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from tests.sandbox.simulators.runware.jobs import Job, Result
from tests.sandbox.simulators.runware.shared import Shared
from tests.sandbox.simulators.runware.task_errors import alone
from tests.sandbox.simulators.webhook_delivery import Letter, WebhookDelivery
from tests.sandbox.simulators.webhook_sender import WebhookAttempt


class Outbound:
    """Delivers finished results; one call per result, to be awaited off the request path."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._delivery = WebhookDelivery(shared.client, shared.clock, shared.faults, self._record_attempt)

    async def announce_start(self, job: Job) -> None:
        """Normally nothing: Runware documents no calls before a result."""
        rule = self._shared.faults.take(
            "webhook_stray_processing", job.subject, lambda rule: not rule.options["late"]
        )
        if rule is not None:
            await self._send_processing(job)

    async def deliver(self, job: Job, result: Result) -> None:
        """The webhook with its retries, and beside it the upload. Ends when both have."""
        uploads = result.media is not None and "uploadEndpoint" in job.task
        if uploads and self._shared.faults.take("upload_before_webhook", job.subject):
            await self._upload(job, result)
            uploads = False
        attempted = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._webhook(job, result, attempted))
            if uploads:
                group.create_task(self._upload_after(attempted, job, result))

    async def _webhook(self, job: Job, result: Result, attempted: asyncio.Event) -> None:
        try:
            await self._webhook_with_faults(job, result, attempted)
        finally:
            job.webhook_over()

    async def _webhook_with_faults(self, job: Job, result: Result, attempted: asyncio.Event) -> None:
        take, subject, schedule = self._shared.faults.take, job.subject, self._shared.settings.retry_schedule
        unwanted = result.error is not None and (
            not self._shared.settings.failure_webhook or take("failure_webhook_off", subject)
        )
        if "webhookURL" not in job.task or unwanted:
            attempted.set()
            return
        letter = self._letter(job, lambda: self._body(job, result))
        sent = await self._delivery.deliver(letter, schedule, attempted)
        if sent and take("webhook_stray_processing", subject, lambda rule: bool(rule.options["late"])):
            await self._send_processing(job)

    async def _send_processing(self, job: Job) -> None:
        if "webhookURL" not in job.task:
            return
        item = {"taskType": job.task["taskType"], "taskUUID": job.task_uuid, "status": "processing"}
        body = json.dumps(item if self._shape(job) == "flat" else {"data": [item]}).encode()
        letter = self._letter(job, lambda: body, "processing")
        await self._delivery.send_as_is(letter, self._shared.settings.retry_schedule)

    def _letter(self, job: Job, body: Callable[[], bytes], kind: str = "result") -> Letter:
        return Letter(job.task_uuid, job.subject, str(job.task["webhookURL"]), body, kind)

    def _body(self, job: Job, result: Result) -> bytes:
        shape = self._shape(job)
        document: Mapping[str, Any]
        if result.error is not None:
            form = result.error_form or self._shared.settings.failed_item_form
            document = alone(result.error, "flat" if shape == "flat" and form == "errors" else form)
        else:
            item = result.item or {}
            document = item if shape == "flat" else {"data": [item]}
        return json.dumps(document).encode()

    def _shape(self, job: Job) -> str:
        rule = self._shared.faults.take("webhook_shape", job.subject)
        return str(rule.options["shape"]) if rule else self._shared.settings.webhook_shape

    async def _upload_after(self, attempted: asyncio.Event, job: Job, result: Result) -> None:
        await attempted.wait()
        if self._shared.faults.take("upload_never", job.subject):
            return
        late = self._shared.faults.take("upload_delayed", job.subject)
        await self._shared.clock.sleep(
            late.options["seconds"] if late else self._shared.settings.upload_delay
        )
        await self._upload(job, result)

    async def _upload(self, job: Job, result: Result) -> None:
        assert result.media is not None
        take, subject = self._shared.faults.take, job.subject
        content = await self._shared.media.content_of(result.media)
        if truncated := take("upload_truncated", subject):
            content = content[: int(len(content) * truncated.options["fraction"])]
        if take("upload_corrupted", subject):
            content = content.translate(bytes(value ^ 0x5A for value in range(256)))
        if take("upload_empty", subject):
            content = b""
        kind = take("upload_wrong_content_type", subject)
        content_type = kind.options["content_type"] if kind else self._content_type(result.media.content_type)
        await self._put(job, result, content, content_type)

    def _content_type(self, of_media: str) -> str | None:
        kinds = {"media": of_media, "octet-stream": "application/octet-stream", "absent": None}
        return kinds[self._shared.settings.upload_content_type]

    async def _put(self, job: Job, result: Result, content: bytes, content_type: str | None) -> None:
        url, status, error = str(job.task["uploadEndpoint"]), None, None
        headers = {"Content-Length": str(len(content))}
        if content_type is not None:
            headers["Content-Type"] = content_type
        started_at = self._shared.clock.wall()
        try:
            answer = await self._shared.client.put(url, content=content, headers=headers, timeout=60)
            status = answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL) as failure:
            error = f"{type(failure).__name__}: {failure}"
        self._shared.journal.uploads.append(
            {
                "taskUUID": job.task_uuid,
                "mediaUUID": result.media_uuid,
                "url": url,
                "started_at": started_at,
                "finished_at": self._shared.clock.wall(),
                "bytes": len(content),
                "content_type": content_type,
                "status": status,
                "error": error,
            }
        )

    def _record_attempt(self, attempt: WebhookAttempt) -> None:
        document = attempt.document()
        self._shared.journal.webhooks.append({"taskUUID": document.pop("task_uuid"), **document})
